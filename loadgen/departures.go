package loadgen

import (
	"math"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"gonogo/measure"
)

// Departures say how the arrivals of an open plan's measure phase left, against
// how they were due. The wait of an arrival for a free connection is taken out:
// it is the target's doing and not ours.
type Departures struct {
	Late measure.Histogram // from when an arrival was due, and a connection free, to when it left

	// The law of Poisson arrivals: distances of Kolmogorov and Smirnov between the
	// exponential law and the gaps between arrivals, as they left and as the plan
	// drew them. Arrivals are sampled so that the mean gap is Scale or more.
	Gaps        int64
	Left, Drawn float64
	Scale       time.Duration

	Cells int  // stretches of ten seconds or more; none in a shorter phase
	Worst Cell // the one in which departures differ most from what was due
}

// A Cell is a stretch of the measure phase: how many arrivals were due in it and
// how many left.
type Cell struct {
	Start     time.Duration // since the start of the run
	Due, Left int64
}

// off is by what share of what was due the cell is wrong. One arrival next to its
// edge is none.
func (c Cell) off() float64 {
	return (math.Abs(float64(c.Left-c.Due)) - 1) / float64(max(c.Due, 1))
}

const (
	cellLength = 10 * time.Second
	lawBins    = 4096 // of a distribution function: its steps are a hundredth of the limit
	// finest is the shortest mean gap at which the law is looked at. Closer ones
	// wait for each other in the one thread that sends, which no target can tell
	// from its network.
	finest = 10 * time.Millisecond
)

// departures observe, in the goroutine that keeps the time.
type departures struct {
	plan  *Plan
	law   bool // arrivals are a Poisson process
	curve curve
	scale float64 // seconds
	late  measure.Histogram

	picks       *rand.Rand
	begun       bool    // there is an arrival to count the next gap from
	left, drawn float64 // areas under the rate at which it left and was due
	gapsLeft    law
	gapsDrawn   law

	last  int           // the number of the last cell
	cell  int           // that of the arrivals that are due now
	due   int64         // how many of those there were
	gone  map[int]int64 // how many left in that cell and in later ones
	cells int
	worst Cell

	// Whoever watches the run asks with wanted, and later finds in told what the
	// goroutine that keeps the time put there between two cells.
	wanted atomic.Bool
	told   atomic.Pointer[Departures]
}

func newDepartures(p *Plan, o *Open, limits []measure.Limit) *departures {
	return &departures{
		plan:  p,
		law:   o.Poisson,
		curve: curve{stretches: p.stretches(o)},
		scale: lawScale(limits).Seconds(),
		picks: p.random(sampleRow),
		last:  int(p.Measure/cellLength) - 1,
		gone:  map[int]int64{},
	}
}

// lawScale is the mean gap at which the law is looked at: half of the tightest
// latency that is asked for. Lateness that is small beside it does not change who
// meets whom at the target.
func lawScale(limits []measure.Limit) time.Duration {
	scale := time.Duration(math.MaxInt64)
	for _, l := range limits {
		if l.Latency > 0 {
			scale = min(scale, l.Latency/2)
		}
	}
	if scale == math.MaxInt64 {
		return finest
	}
	return max(scale, finest)
}

// leave takes an arrival that left, and since when it could have.
func (d *departures) leave(due, free, left time.Duration) {
	if d.plan.PhaseAt(due) != measure.Measure {
		return
	}
	d.count(due, left-max(due, free))
	switch {
	case !d.law:
	case free > due:
		d.begun = false // the gap is the target's
	default:
		d.sample(due, left)
	}
}

// drop takes an arrival that was dropped, and whether it waited before.
func (d *departures) drop(due, now time.Duration, waited bool) {
	if d.plan.PhaseAt(due) != measure.Measure {
		return
	}
	if waited {
		now = due
	}
	d.count(due, now-due)
	d.begun = false
}

// sample takes the gap to the arrival before, for one in so many arrivals.
func (d *departures) sample(due, left time.Duration) {
	each := max(1, d.curve.rate(due)*d.scale)
	if d.picks.Float64()*each >= 1 {
		return
	}
	wasLeft, wasDrawn := d.left, d.drawn
	d.left, d.drawn = d.curve.area(left), d.curve.area(due)
	if d.begun {
		d.gapsLeft.add((d.left - wasLeft) / each)
		d.gapsDrawn.add((d.drawn - wasDrawn) / each)
	}
	d.begun = true
}

// count counts an arrival, that late, in the cells in which it was due and left.
func (d *departures) count(due, late time.Duration) {
	d.late.Record(late)
	if cell := d.cellOf(due); cell != d.cell {
		d.close(cell)
	}
	d.due++
	d.gone[d.cellOf(due+late)]++
}

// cellOf is the number of the cell of an instant. The last one takes what is left
// over, and instants after the phase are in none that is looked at.
func (d *departures) cellOf(t time.Duration) int {
	start := d.plan.Ramp + d.plan.WarmUp
	if t >= d.plan.Length() {
		return d.last + 1
	}
	return min(int((t-start)/cellLength), max(d.last, 0))
}

// close ends the cells before the one given: nothing that is due later can have
// left in them.
func (d *departures) close(before int) {
	for ; d.cell < before; d.cell++ {
		start := d.plan.Ramp + d.plan.WarmUp + time.Duration(d.cell)*cellLength
		c := Cell{start, d.due, d.gone[d.cell]}
		if d.cells == 0 || c.off() > d.worst.off() {
			d.worst = c
		}
		delete(d.gone, d.cell)
		d.cells, d.due = d.cells+1, 0
	}
	if d.wanted.Swap(false) {
		d.told.Store(d.sofar())
	}
}

// asked returns what was told last, and asks for news. It is for other goroutines.
func (d *departures) asked() *Departures {
	if d == nil {
		return nil
	}
	d.wanted.Store(true)
	return d.told.Load()
}

// sofar is what was observed until now, in memory of its own.
func (d *departures) sofar() *Departures {
	all := &Departures{
		Gaps: d.gapsLeft.n, Left: d.gapsLeft.distance(), Drawn: d.gapsDrawn.distance(),
		Scale: time.Duration(d.scale * float64(time.Second)),
		Cells: d.cells, Worst: d.worst,
	}
	all.Late.Merge(&d.late)
	return all
}

// end ends the observation. A run that was stopped early has no last cell.
func (d *departures) end(stoppedEarly func() bool) {
	if d.last >= 0 && !stoppedEarly() {
		d.close(d.last + 1)
	}
}

// departed is what was observed of all open loads together; nil when there are none.
func (r *run) departed() *Departures { return together(r.leaving, (*departures).sofar) }

// together merges what is known of several loads: what is worst decides.
func together(all []*departures, known func(*departures) *Departures) *Departures {
	var sum *Departures
	for _, d := range all {
		if d == nil {
			continue
		}
		switch next := known(d); {
		case next == nil:
		case sum == nil:
			sum = next
		default:
			sum = sum.with(next)
		}
	}
	return sum
}

// with changes neither of the two.
func (d *Departures) with(o *Departures) *Departures {
	sum := &Departures{Gaps: d.Gaps, Left: d.Left, Drawn: d.Drawn, Scale: d.Scale, Cells: d.Cells + o.Cells, Worst: d.Worst}
	sum.Late.Merge(&d.Late)
	sum.Late.Merge(&o.Late)
	if d.Gaps == 0 || o.Gaps > 0 && o.Left-o.Drawn > d.Left-d.Drawn {
		sum.Gaps, sum.Left, sum.Drawn, sum.Scale = o.Gaps, o.Left, o.Drawn, o.Scale
	}
	if d.Cells == 0 || o.Cells > 0 && o.Worst.off() > d.Worst.off() {
		sum.Worst = o.Worst
	}
	return sum
}

// A law is the distribution function of gaps that should be exponential with
// mean 1, in terms of that law's own: a straight line where they are.
type law struct {
	bins []int64
	n    int64
}

func (l *law) add(gap float64) {
	if l.bins == nil {
		l.bins = make([]int64, lawBins)
	}
	at := int(-math.Expm1(-gap) * lawBins)
	l.bins[min(max(at, 0), lawBins-1)]++
	l.n++
}

// distance is the largest difference to the straight line.
func (l *law) distance() float64 {
	sum, most := int64(0), 0.0
	for i, n := range l.bins {
		sum += n
		most = max(most, math.Abs(float64(sum)/float64(l.n)-float64(i+1)/lawBins))
	}
	return most
}

// A curve is the rate of an open plan over time. It is asked about instants that
// hardly go back.
type curve struct {
	stretches []stretch
	at        int
}

// stretch finds the one that holds the instant, in seconds; after the plan's end
// it is the last.
func (c *curve) stretch(t float64) stretch {
	for c.at > 0 && t < c.stretches[c.at].start {
		c.at--
	}
	for c.at < len(c.stretches)-1 && t >= c.stretches[c.at+1].start {
		c.at++
	}
	return c.stretches[c.at]
}

// rate is the arrivals a second that the plan wants at t.
func (c *curve) rate(t time.Duration) float64 {
	s := c.stretch(t.Seconds())
	in := min(max(t.Seconds()-s.start, 0), s.length)
	return s.from + (s.to-s.from)*in/s.length
}

// area is how many arrivals the plan expects until t. After its end the last rate
// goes on.
func (c *curve) area(t time.Duration) float64 {
	s := c.stretch(t.Seconds())
	in := t.Seconds() - s.start
	if in > s.length {
		return s.before + s.area() + (in-s.length)*s.to
	}
	return s.before + s.from*in + (s.to-s.from)*in*in/(2*s.length)
}
