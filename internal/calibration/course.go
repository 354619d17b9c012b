package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"gonogo/slo/drift"
)

// A course is a long run of a target, with what the judge has to make of it. The page
// shows the first of its bounds as a promise; a test holds the judge to all.
type course struct {
	name, change string
	target       target
	bounds       []bound
}

// A bound limits how many runs of a course pass, or fail.
type bound struct {
	what  string
	hit   func(degradation) bool
	holds func(what string, limit float64, r rate) promise
	limit float64
}

func passes(holds func(string, float64, rate) promise, limit float64) bound {
	return bound{"judged for drift, passed", degradation.isPassed, holds, limit}
}

func fails(holds func(string, float64, rate) promise, limit float64) bound {
	return bound{"judged for drift, failed", degradation.isFailed, holds, limit}
}

// clean is for no change at all: seldom called a degradation, and often a pass.
func clean(pass float64) []bound { return []bound{fails(atMost, 0.05), passes(atLeast, pass)} }

// found is for a change of twice the margin.
func found(fail float64) []bound { return []bound{fails(atLeast, fail), passes(atMost, 0.01)} }

func atMargin() []bound { return []bound{passes(atMost, 0.10), fails(atMost, 0.30)} }

// courses are all long runs that are judged.
func courses() []course { return append(append(plainDays(), rhythms()...), errorDays()...) }

// aDay is the plainest one, changed.
func aDay(change func(*latency)) latency {
	l := latency{hours: 24, block: 20 * time.Minute, memory: 0.9, noise: 0.1}
	change(&l)
	return l
}

func plainDays() []course {
	return []course{
		{"a day", "none", aDay(func(*latency) {}), clean(0.6)},
		{"a day", "+5 %", aDay(func(l *latency) { l.drift = 0.05 }), nil},
		{"a day", "+10 %", aDay(func(l *latency) { l.drift = 0.1 }), atMargin()},
		{"a day", "+20 %", aDay(func(l *latency) { l.drift = 0.2 }), found(0.8)},
		{"a day", "+20 % in the last 3 h", aDay(func(l *latency) { l.jump, l.lasted = 0.2, 3 }), found(0.8)},
		{"a day", "+20 % from noon", aDay(func(l *latency) { l.jump, l.lasted = 0.2, 12 }), found(0.8)},
		{"throughput", "none", aDay(func(l *latency) { l.rate = true }), clean(0.6)},
		{"throughput", "−20 %", aDay(func(l *latency) { l.rate, l.drift = true, 0.25 }), found(0.8)},
		{"spikes", "none", aDay(func(l *latency) { l.spikes = 0.002 }), clean(0.5)},
		{"spikes", "+20 %", aDay(func(l *latency) { l.spikes, l.drift = 0.002, 0.2 }), found(0.7)},
		{"noise of 50 %", "none", aDay(func(l *latency) { l.noise = 0.5 }), clean(0)},
		{"memory 0.5", "none", aDay(func(l *latency) { l.memory = 0.5 }), clean(0.95)},
		{"memory 0.97", "none", aDay(func(l *latency) { l.memory = 0.97 }), clean(0)},
		{"memory 0.97", "+10 %", aDay(func(l *latency) { l.memory, l.drift = 0.97, 0.1 }), atMargin()},
		{"memory 0.97", "+20 %", aDay(func(l *latency) { l.memory, l.drift = 0.97, 0.2 }), nil},
	}
}

// rhythms are the runs that follow the time of day.
func rhythms() []course {
	days := func(drift float64) latency {
		return aDay(func(l *latency) { l.hours, l.rhythm, l.drift = 48, 0.1, drift })
	}
	against := func(drift float64) latency {
		return aDay(func(l *latency) { l.rhythm, l.quiet, l.drift = 0.1, 0.03, drift })
	}
	all := []course{
		{"two days, rhythm", "none", days(0), clean(0.6)},
		{"two days, rhythm", "+10 %", days(0.1), atMargin()},
		{"two days, rhythm", "+20 %", days(0.2), found(0.8)},
		{"rhythm, reference", "none", against(0), clean(0.5)},
		{"rhythm, reference", "+10 %", against(0.1), atMargin()},
		{"rhythm, reference", "+20 %", against(0.2), found(0.8)},
	}
	for _, phase := range []float64{0, 0.25, 0.5, 0.75} {
		name := fmt.Sprintf("a day, rhythm from %.0f h on", 24*phase)
		alone := aDay(func(l *latency) { l.rhythm, l.phase = 0.1, phase })
		drifts := alone
		drifts.drift = 0.1
		all = append(all, course{name, "none", alone, clean(0)}, course{name, "+10 %", drifts, nil})
	}
	return all
}

func errorDays() []course {
	return []course{
		{"errors, 12,000 requests", "none of 0 %", failing{requests: 12_000}, clean(1)},
		{"errors, 12,000 requests", "none of 0.0001 %", failing{requests: 12_000, share: 1e-6}, clean(0.95)},
		{"errors, 12,000 requests", "+0.1 points, of 0.2 %", failing{requests: 12_000, share: 0.002, drift: 0.001}, atMargin()},
		{"errors, 12,000 requests", "+0.3 points, of 0.2 %", failing{requests: 12_000, share: 0.002, drift: 0.003}, found(0.8)},
		{"errors, 12,000 requests", "two bursts at the end", failing{requests: 12_000, bursts: true}, []bound{passes(atMost, 0)}},
		{"errors, 200 requests", "+0.1 points, of 0 %", failing{requests: 200, drift: 0.001}, atMargin()},
		{"errors, 100 requests", "none of 0 %", failing{requests: 100}, []bound{passes(atMost, 0), fails(atMost, 0)}},
	}
}

// A degradation is what came of a course.
type degradation struct{ passed, failed, confounded bool }

func (d degradation) isPassed() bool     { return d.passed }
func (d degradation) isFailed() bool     { return d.failed }
func (d degradation) isOpen() bool       { return !d.passed && !d.failed }
func (d degradation) isConfounded() bool { return d.confounded }

// judged runs a course many times.
func (c course) judged(e effort, o drift.Options) []degradation {
	return simulate(e, "drift "+c.name+" "+c.change, func(draw *rand.Rand) degradation {
		d, err := drift.Judge(c.target.run(draw), o)
		if err != nil {
			panic(err) // it is about the arguments, which are ours
		}
		j := d.Judgements[0]
		return degradation{d.Verdict == drift.Pass, d.Verdict == drift.Fail, j.Confounded && len(j.Notes) > 0}
	})
}

func (c course) promises(all []degradation) []promise {
	var made []promise
	for _, b := range c.bounds {
		made = append(made, b.holds(fmt.Sprintf("%s: %s, %s", b.what, c.name, c.change), b.limit, count(all, always, b.hit)))
	}
	return made
}
