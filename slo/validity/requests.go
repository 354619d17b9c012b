package validity

import (
	"fmt"
	"strings"
	"time"

	"gonogo/measure"
	"gonogo/slo"
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
	for _, f := range in.summary.Groups() {
		equal(fmt.Sprintf("group %q: ok response times", f.Name), f.Answered.Count(), f.OK())
		equal(fmt.Sprintf("group %q: other response times", f.Name), f.Charged.Count(), f.Planned()-f.OK())
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

// roundText prints a duration to three digits.
func roundText(d time.Duration) string {
	unit := time.Duration(1)
	for d/unit >= 1000 {
		unit *= 10
	}
	return slo.DurationText(d.Round(unit))
}

// checkDrops looks at what was never sent: up to a thousandth is none.
func checkDrops(in instrument) (Check, bool) {
	planned, dropped := in.total.Planned(), in.total.Dropped()
	if planned == 0 {
		return Check{}, false
	}
	c := Check{
		Name:     "drops",
		OK:       dropped*1000 <= planned || in.StoppedEarly, // a stop drops what was waiting to be sent
		Measured: fmt.Sprintf("%d of %d", dropped, planned),
		Limit:    "0.1% of the planned requests",
		Reason:   "requests were due and never sent, so the target was given less than the planned load",
		Remedy:   "plan more connections (max-in-flight) or a lower rate",
	}
	if in.setupFailed() {
		c.Reason = "users whose setup failed did not send what was due, so the target was given less than the planned load"
		c.Remedy = setupRemedy
	}
	return in.countedAgainst(c), true
}

// setupRemedy is what to do where users could not begin.
const setupRemedy = "look at the errors of (setup): a setup has to succeed in every run, also where an earlier one left its traces"

// setupFailed tells whether steps failed that come before a user's iterations: what
// these do not send then says nothing about the connections or the length of the run.
func (in instrument) setupFailed() bool {
	return in.summary.Phase(measure.Setup).Failed() > 0
}

// checkClipping looks for times out of a histogram's range.
func checkClipping(in instrument) (Check, bool) {
	var clipped int64
	t := in.total
	for _, h := range []*measure.Histogram{&t.Answered, &t.Charged, &t.Service, &t.Lag, &t.Late, &t.Connect, &t.TLS, &t.FirstByte, &t.ClientDelay} {
		clipped += h.Clipped()
	}
	for _, f := range in.summary.Groups() {
		clipped += f.Answered.Clipped() + f.Charged.Clipped()
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
