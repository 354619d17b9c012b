package slo

import (
	"fmt"
	"math"
	"strings"
	"time"

	"gonogo/measure"
)

// checkAccounting adds up what became of the requests, in every step: each one
// that was due must have ended in exactly one class and in one response time.
func checkAccounting(in instrument) (Check, bool) {
	c := in.total.Counts
	wrong := in.unbalanced()
	return Check{
		Name: "accounting",
		OK:   len(wrong) == 0,
		Measured: fmt.Sprintf("planned %d = started %d + dropped %d; started %d = ok %d + failed %d + censored %d",
			c.Planned(), c.Started(), c.Dropped(), c.Started(), c.OK(), c.Failed(), c.Censored()),
		Limit:  "each request is counted once",
		Reason: strings.Join(wrong, "; "),
		Remedy: "this is a fault of gonogo itself: please report it, with the report file",
	}, true
}

// unbalanced compares what was counted in different ways.
func (in instrument) unbalanced() []string {
	var wrong []string
	equal := func(what string, got, want int64) {
		if got != want {
			wrong = append(wrong, fmt.Sprintf("%s: %d, and not %d", what, got, want))
		}
	}
	var steps int64
	for _, f := range in.summary.Steps() {
		steps += f.Planned()
		equal(fmt.Sprintf("step %q: ok response times", f.Name), f.Answered.Count(), f.OK())
		equal(fmt.Sprintf("step %q: other response times", f.Name), f.Charged.Count(), f.Planned()-f.OK())
	}
	c := in.total.Counts
	equal("planned", c.Planned(), c.Started()+c.Dropped())
	equal("started", c.Started(), c.OK()+c.Failed()+c.Censored())
	equal("planned in all steps", steps, c.Planned())
	if in.Issued != 0 {
		equal("recorded of what the engine issued", in.inAllPhases((*measure.Counts).Planned), in.Issued)
	}
	return wrong
}

// inAllPhases adds up a count over the phases.
func (in instrument) inAllPhases(count func(*measure.Counts) int64) (n int64) {
	for p := range measure.Phases {
		n += count(&in.summary.Phase(p).Counts)
	}
	return n
}

// checkLag looks at how late requests were sent. It warns and never invalidates:
// lag is inside the judged response time, so it can only make a verdict worse,
// and it holds the wait for a free connection, which a slow target causes. Only
// our own lateness could invalidate, and the two are not told apart yet.
func checkLag(in instrument) (Check, bool) {
	if in.total.Lag.Count() == 0 {
		return Check{}, false
	}
	p99, limit := in.total.Lag.Quantile(0.99), max(time.Millisecond, in.tightest()/20)
	return Check{
		Name:     "lag",
		OK:       p99 <= limit,
		Warning:  true,
		Measured: "p99 " + roundText(p99),
		Limit:    "p99 <= " + roundText(limit),
		Reason:   "requests were sent late, or waited for a free connection; both are inside the response times that were judged",
		Remedy:   "compare with the service time: where that is fast, give the generator more CPU or the plan more connections",
	}, true
}

// tightest returns the smallest latency that an objective asks for, 0 without one.
func (in instrument) tightest() time.Duration {
	tightest := time.Duration(math.MaxInt64)
	for _, o := range in.objectives {
		if o.Go.Metric.IsLatency() {
			tightest = min(tightest, o.Go.Latency())
		}
	}
	if tightest == math.MaxInt64 {
		return 0
	}
	return tightest
}

// roundText prints a duration to three digits.
func roundText(d time.Duration) string {
	unit := time.Duration(1)
	for d/unit >= 1000 {
		unit *= 10
	}
	return durationText(d.Round(unit))
}

// checkDrops looks at what was never sent: up to a thousandth is none.
func checkDrops(in instrument) (Check, bool) {
	planned, dropped := in.total.Planned(), in.total.Dropped()
	if planned == 0 {
		return Check{}, false
	}
	return in.countedAgainst(Check{
		Name:     "drops",
		OK:       dropped*1000 <= planned,
		Measured: fmt.Sprintf("%d of %d", dropped, planned),
		Limit:    "0.1% of the planned requests",
		Reason:   "requests were due and never sent, so the target was given less than the planned load",
		Remedy:   "plan more connections (max-in-flight) or a lower rate",
	}), true
}

// checkRate compares the arrivals of an open plan with what was due. A run that
// was stopped has no planned number of arrivals. A short plan may be one off at its
// edges, and Poisson arrivals may miss by chance: by four standard deviations.
func checkRate(in instrument) (Check, bool) {
	if in.Planned <= 0 || in.StoppedEarly {
		return Check{}, false
	}
	got, slack := float64(in.total.Planned()), max(1, in.Planned/100)
	if in.Poisson {
		slack = max(slack, 4*math.Sqrt(in.Planned))
	}
	return Check{
		Name:     "rate",
		OK:       math.Abs(got-in.Planned) <= slack,
		Measured: fmt.Sprintf("%.0f of %.0f arrivals, %+.2f%%", got, in.Planned, 100*(got/in.Planned-1)),
		Limit:    fmt.Sprintf("within %.2g%%", 100*slack/in.Planned),
		Reason:   "the generator did not make the arrivals that the plan asks for",
		Remedy:   "give the generator more CPU, or plan a lower rate",
	}, true
}

// checkClipping looks for times out of a histogram's range.
func checkClipping(in instrument) (Check, bool) {
	var clipped int64
	t := in.total
	for _, h := range []*measure.Histogram{&t.Answered, &t.Charged, &t.Service, &t.Lag, &t.Connect, &t.TLS, &t.FirstByte, &t.ClientDelay} {
		clipped += h.Clipped()
	}
	return in.countedAgainst(Check{
		Name:     "clipping",
		OK:       clipped == 0,
		Measured: fmt.Sprintf("%d times out of range", clipped),
		Limit:    "0",
		Reason:   "times longer than the histograms reach, or negative, were kept as the nearest that fits: mean, maximum and high percentiles are wrong",
		Remedy:   "shorten the timeout or the queue; a negative time means that a clock was set during the run",
	}), true
}

// checkLocal looks for requests that our own machine failed, in any phase: an
// ill-begun ramp is as bad as an ill-begun measurement.
func checkLocal(in instrument) (Check, bool) {
	local := in.inAllPhases(func(c *measure.Counts) int64 { return c.Class[measure.Local] })
	return Check{
		Name:     "local errors",
		OK:       local == 0,
		Measured: fmt.Sprint(local),
		Limit:    "0",
		Reason:   "requests failed for want of ports, descriptors or memory on this machine, which is not the target's failure",
		Remedy:   "raise the limit that the error names (ulimit -n, net.ipv4.ip_local_port_range), or plan fewer connections",
	}, true
}

// checkCoverage asks that each step was started at least once.
func checkCoverage(in instrument) (Check, bool) {
	var never []string
	steps := in.summary.Steps()
	for _, f := range steps {
		if f.Started() == 0 {
			never = append(never, fmt.Sprintf("%q", f.Name))
		}
	}
	c := in.countedAgainst(Check{
		Name:     "coverage",
		OK:       len(never) == 0,
		Measured: fmt.Sprintf("%d of %d steps ran", len(steps)-len(never), len(steps)),
		Limit:    "all",
		Reason:   "never started in the measure phase: " + someOf(never),
		Remedy:   "measure for longer, or give these steps more weight",
	})
	c.Warning = !c.OK && (c.Warning || in.StoppedEarly)
	return c, true
}

// someOf lists the first few of many names.
func someOf(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// checkLength asks that the measure phase ran to its end. A run that was stopped
// is not invalid: it says so itself, and is no pass either.
func checkLength(in instrument) (Check, bool) {
	if in.StoppedEarly || in.Measure <= 0 {
		return Check{}, false
	}
	return Check{
		Name:     "length",
		OK:       in.Measured >= in.Measure-in.Measure/100,
		Measured: roundText(in.Measured),
		Limit:    "at least 99% of " + roundText(in.Measure),
		Reason:   "the measure phase ended before its time although nobody stopped it",
		Remedy:   "look for a clock that was set or a machine that slept",
	}, true
}
