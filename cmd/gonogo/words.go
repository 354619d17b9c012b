package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"gonogo/loadgen"
	"gonogo/report"
)

// loadInWords says what the plan asks for: "1000 users, ramp 30s, hold 5m".
func loadInWords(p *loadgen.Plan) string {
	words := []string{}
	for _, l := range p.Loads() {
		if l.Closed != nil {
			words = append(words, plural(l.Closed.Users, "user"))
		} else {
			words = append(words, rateInWords(l.Open))
		}
	}
	if p.Ramp > 0 {
		words = append(words, "ramp "+short(p.Ramp))
	}
	if p.WarmUp > 0 {
		words = append(words, "warm-up "+short(p.WarmUp))
	}
	words = append(words, "hold "+short(p.Measure))
	return strings.Join(words, ", ")
}

func rateInWords(o *loadgen.Open) string {
	if r := o.Replay; r != nil {
		return fmt.Sprintf("%.0f arrivals of %s at %gx", r.Arrivals, r.Name, r.Speed)
	}
	law := "constant"
	if o.Poisson {
		law = "Poisson"
	}
	if len(o.Stages) == 1 && o.Stages[0].From == o.Stages[0].To {
		return fmt.Sprintf("%g/s %s", o.Stages[0].From, law)
	}
	first, last := o.Stages[0], o.Stages[len(o.Stages)-1]
	return fmt.Sprintf("%d stages, %.4g/s to %.4g/s, %s", len(o.Stages), first.From, last.To, law)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// short is a duration without the parts that are zero: 5m, not 5m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// host says what the load came from.
func host() report.Host {
	h := report.Host{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Memory: totalMemory()}
	h.Hostname, _ = os.Hostname() // unknown is "", and left out
	return h
}
