package validity

import (
	"fmt"
	"math"
	"time"

	"gonogo/measure"
)

// checkLag looks at how late the generator itself sent requests, which is inside
// the judged response times unless users think before they come back. The wait for
// a free connection is not in it: a slow target causes that, and rightly pays for
// it. It only warns where it spoils nothing: without an objective about latency, or
// when so few requests were late that the percentile is a matter of chance.
func checkLag(in instrument) (Check, bool) {
	if in.total.Late.Count() == 0 {
		return Check{}, false
	}
	p99, waited, limit := in.total.Late.Quantile(0.99), in.total.Lag.Quantile(0.99), in.lateLimit()
	c := Check{
		Name:     "lag",
		OK:       p99 <= limit,
		Warning:  in.tightest() == 0 || above(&in.total.Late, limit) < fewLate,
		Measured: "p99 " + roundText(p99),
		Limit:    "p99 <= " + roundText(limit),
		Reason:   "the generator itself sent requests late: the load was not the planned one, and the lateness may be inside the response times",
		Remedy:   "give the generator more CPU, or a machine to itself, or plan fewer users or a lower rate",
	}
	if waited > limit && waited > 2*p99 {
		c.Measured += fmt.Sprintf(" (%s with connecting and the wait for a connection)", roundText(waited))
	}
	return c, true
}

// fewLate requests prove no more than that something else ran on the machine for a
// moment.
const fewLate = 10

// above counts what is longer than the limit, as far as a histogram knows it.
func above(h *measure.Histogram, limit time.Duration) (n int64) {
	h.Each(func(low, _ time.Duration, count int64) {
		if low > limit {
			n += count
		}
	})
	return n
}

// lateLimit is how late a request may be before it touches what is judged: a
// twentieth of the tightest latency, or a millisecond.
func (in instrument) lateLimit() time.Duration { return max(time.Millisecond, in.tightest()/20) }

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

// checkRate compares the arrivals of an open plan with what was due. A run that
// was stopped has no planned number of arrivals. A short plan may be one off at its
// edges, and Poisson arrivals may miss by chance: by four standard deviations.
func checkRate(in instrument) (Check, bool) {
	if in.Planned <= 0 || in.StoppedEarly {
		return Check{}, false
	}
	got, slack := float64(in.total.Planned()), max(1, in.Planned/100)
	if in.Departures != nil {
		got = float64(in.Departures.Arrivals) // a flow makes several requests of one
	}
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

// checkCells compares what left with what was due in every ten seconds, the wait
// for a free connection aside. A short burst of lateness is nothing in a long run
// as a whole; here it shows.
func checkCells(in instrument) (Check, bool) {
	d := in.Departures
	if d == nil || d.Cells == 0 {
		return Check{}, false
	}
	worst := d.Worst
	return Check{
		Name:     "rate over time",
		OK:       math.Abs(float64(worst.Left-worst.Due))-1 <= float64(worst.Due)/20,
		Measured: fmt.Sprintf("worst 10s, at %s: %d of %d arrivals left", roundText(worst.Start), worst.Left, worst.Due),
		Limit:    "within 5% in each 10s",
		Reason:   "the generator held arrivals back and sent them later, all at once",
		Remedy:   "look for what took the processor then: another job, a snapshot of the machine, a full control group",
	}, true
}

// checkArrivals asks whether arrivals left by the law that the plan declares. It is
// about the size of an effect and not about chance: what the plan drew is known, so
// its own distance from the law is no fault.
func checkArrivals(in instrument) (Check, bool) {
	d := in.Departures
	if d == nil {
		return Check{}, false
	}
	c := Check{
		Name:    "arrivals",
		Warning: in.tightest() == 0,
		Reason:  "arrivals left in another rhythm than the plan's, so the target met another load",
		Remedy:  "give the generator more CPU, or a machine to itself",
	}
	if in.Poisson {
		return poissonArrivals(c, d)
	}
	p99, limit := d.Late, in.lateLimit()
	c.OK = p99 <= limit
	c.Warning = c.Warning || d.Arrivals < 100*fewLate
	c.Measured = fmt.Sprintf("p99 %s off the grid", roundText(p99))
	c.Limit = "p99 <= " + roundText(limit)
	return c, true
}

// poissonArrivals compares distances of Kolmogorov and Smirnov. Fewer gaps than
// enough say nothing.
func poissonArrivals(c Check, d *Departures) (Check, bool) {
	const enough = 100
	if d.Gaps < enough {
		return Check{}, false
	}
	more := max(0.02, 3/float64(d.Gaps)) // a single gap weighs 1/n
	c.OK = d.Left-d.Drawn <= more
	c.Measured = fmt.Sprintf("distance %.3f from the exponential law in %d gaps of %s and more, %.3f as drawn", d.Left, d.Gaps, roundText(d.Scale), d.Drawn)
	c.Limit = fmt.Sprintf("%.2g more than as drawn", more)
	return c, true
}
