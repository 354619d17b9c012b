package report

import (
	"fmt"
	"time"

	"gonogo/measure"
	"gonogo/report/show"
)

// A Generator says how the program that made the load fared: whether its figures
// can be trusted. A figure that the system does not tell is null. CPU, scheduling
// and garbage collection are of the measure phase.
type Generator struct {
	CPU          *float64 `json:"cpu_percent"`           // of CPUs, on average
	PeakCPU      *float64 `json:"cpu_peak_percent"`      // in the busiest second
	CPUs         float64  `json:"cpus"`                  // processors that it could use, a share where a control group limits them
	SchedP99     *float64 `json:"sched_p99_ms"`          // how long its work waited for a processor
	GCP99        *float64 `json:"gc_p99_ms"`             // pauses of the garbage collector
	RSSMax       *int64   `json:"rss_max"`               // the most memory that was resident, in bytes
	PortsFree    *int64   `json:"ports_free"`            // the least that were left for connections, about
	Stalls       int      `json:"stalls"`                // how often it did not run at all
	Sleeps       int      `json:"sleeps"`                // how often the machine slept
	ClockSteps   int      `json:"clock_steps"`           // how often the time of day was set
	Jolts        []Jolt   `json:"jolts"`                 // the first of these
	Timer        string   `json:"timer"`                 // what it waited with
	KernelStamps *float64 `json:"kernel_stamps_percent"` // of the good answers: those whose end the kernel stamped, not we
}

// A Jolt is a moment at which time did not pass as it should.
type Jolt struct {
	Kind     string  `json:"kind"`      // "stall", "sleep" or "clock step"
	T        float64 `json:"t"`         // when it was noticed, in seconds since the run's start
	Length   float64 `json:"length_ms"` // below 0: the clock was set back
	Measured bool    `json:"measured"`  // it may have touched requests that were judged
}

// plainTimer is the timer of a generator that can do no better, and is late by up
// to a millisecond.
const plainTimer = "Go timers"

// sealed returns the generator with what the figures tell of it.
func (g *Generator) sealed(f *measure.Figures) *Generator {
	if g == nil {
		return nil
	}
	whole := *g
	whole.Jolts = orEmpty(whole.Jolts)
	whole.KernelStamps = percent(stamped(&f.ClientDelay), f.ClientDelay.Count())
	return &whole
}

// stamped counts the answers that our code saw later than they ended: without a
// stamp of the kernel the two are one instant.
func stamped(delays *measure.Histogram) int64 {
	n := delays.Count()
	delays.Each(func(_, high time.Duration, count int64) {
		if high == 0 {
			n -= count
		}
	})
	return n
}

// vitals are the figures of the instrument that everybody should see.
func vitals(r *Report) []string {
	var figures []string
	if g := r.Generator; g != nil && g.CPU != nil {
		figures = append(figures, fmt.Sprintf("cpu %.0f%%", *g.CPU))
	}
	if r.Totals.Late.Count > 0 {
		figures = append(figures, "start lag p99 "+show.Milliseconds(r.Totals.Late.P99))
	}
	if r.Totals.ClientDelay.Count > 0 && !r.Generator.unstamped() {
		figures = append(figures, "client delay p99 "+show.Milliseconds(r.Totals.ClientDelay.P99))
	}
	figures = append(figures, show.Count(r.Totals.Accounting.Dropped)+" dropped")
	if g := r.Generator; g != nil {
		figures = append(figures, g.means()...)
	}
	return figures
}

// unstamped says that the kernel stamped no answer, as through a unix socket: then
// a client delay of nothing is not measured but unknown.
func (g *Generator) unstamped() bool {
	return g != nil && g.KernelStamps != nil && *g.KernelStamps == 0
}

// means are what the generator worked with, as far as a reader should know.
func (g *Generator) means() []string {
	const nearly = 99
	var words []string
	if g.PortsFree != nil {
		words = append(words, show.Count(*g.PortsFree)+" ports free")
	}
	if g.KernelStamps != nil && *g.KernelStamps < nearly {
		words = append(words, fmt.Sprintf("%.0f%% of the answers stamped by the kernel", *g.KernelStamps))
	}
	if g.Timer == plainTimer {
		words = append(words, "with "+show.Inert(g.Timer, 40))
	}
	return words
}
