package compare

import (
	"math"
	"slices"
	"sort"
	"time"

	"gonogo/measure"
)

// The number of blocks that a phase is cut into; how many finer units the guard compares
// them with, and how many longer ones bound the difference, too; with how few there
// are no bounds. The first, second and last are those of package stats.
const (
	usualBlocks = 20
	fineUnits   = 40
	longBlocks  = 10
	leastBlocks = 10
)

// A tail tells how many requests of a stretch took longer than a time.
type tail struct {
	due, failed float64
	low, high   []float64 // edges of the bins that count something, in nanoseconds
	count, over []float64 // what is in each bin, and in all above it
}

func newTail(due, ok int64, response *measure.Histogram) tail {
	t := tail{due: float64(due), failed: float64(due - ok)}
	response.Each(func(low, high time.Duration, count int64) {
		t.low, t.high = append(t.low, float64(low)), append(t.high, float64(high))
		t.count = append(t.count, float64(count))
	})
	t.over = make([]float64, len(t.count))
	for i := len(t.count) - 2; i >= 0; i-- {
		t.over[i] = t.over[i+1] + t.count[i+1]
	}
	return t
}

// beyond returns how many took longer than x nanoseconds. What is in the bin of x is
// taken to be spread evenly over it, so that the count falls steadily with x. Failed
// requests are beyond any time, whatever they were charged with.
func (t *tail) beyond(x float64) float64 {
	i := sort.Search(len(t.high), func(i int) bool { return t.high[i] > x })
	if i == len(t.high) {
		return t.failed
	}
	part := min(1, (t.high[i]-x)/(t.high[i]-t.low[i]))
	return max(t.failed, t.over[i]+part*t.count[i])
}

// longest is the upper edge of the last bin.
func (t *tail) longest() float64 {
	if n := len(t.high); n > 0 {
		return t.high[n-1]
	}
	return 0
}

// A cutting is a side cut by time into equal units: forty, or one a second.
type cutting struct {
	whole  tail
	units  []tail
	ok     []float64 // answered well, by unit
	length float64   // of a unit, in seconds
	blocks int       // that the units make
	median []float64 // of the response time in each block that has requests, in nanoseconds
}

// sum is what stretches add up to.
type sum struct {
	due, ok  int64
	response measure.Histogram
}

func (n *sum) add(s *Stretch) {
	n.due, n.ok = n.due+s.Due, n.ok+s.OK
	n.response.Merge(&s.Response)
}

func (n *sum) tail() tail { return newTail(n.due, n.ok, &n.response) }

// units is how many equal parts of time a side is cut into.
func (s *Side) units() int { return max(0, min(fineUnits, int(s.Length/time.Second))) }

// unitOf returns in which of n parts a stretch begins.
func (s *Side) unitOf(st *Stretch, n int) int {
	return min(max(int(float64(n)*float64(st.Start-s.Start)/float64(s.Length)), 0), n-1)
}

// Moved returns the side by a clock that is so much ahead.
func (s *Side) Moved(by time.Duration) *Side {
	moved := *s
	moved.Start += by
	moved.Stretches = slices.Clone(s.Stretches)
	for i := range moved.Stretches {
		moved.Stretches[i].Start += by
	}
	return &moved
}

// Coarse returns the side with as few stretches as a comparison takes, forty at most.
func (s *Side) Coarse() *Side {
	n := s.units()
	coarse := *s
	if len(s.Stretches) <= n || n == 0 {
		return &coarse
	}
	coarse.Stretches = nil
	last := -1
	for i := range s.Stretches {
		st := s.Stretches[i]
		unit := s.unitOf(&st, n)
		if unit != last {
			last = unit
			coarse.Stretches = append(coarse.Stretches, Stretch{Start: st.Start})
		}
		at := &coarse.Stretches[len(coarse.Stretches)-1]
		at.Length = st.Start + st.Length - at.Start
		at.Due, at.OK = at.Due+st.Due, at.OK+st.OK
		at.Response.Merge(&st.Response)
	}
	return &coarse
}

// cut assigns every stretch to the unit of time in which it starts.
func (s *Side) cut() cutting {
	n := s.units()
	c := cutting{blocks: min(usualBlocks, n), length: s.Length.Seconds() / float64(max(n, 1))}
	units, blocks, whole := make([]sum, n), make([]sum, c.blocks), sum{}
	for i := range s.Stretches {
		st := &s.Stretches[i]
		whole.add(st)
		if n > 0 {
			unit := s.unitOf(st, n)
			units[unit].add(st)
			blocks[blockOf(unit, n, c.blocks)].add(st)
		}
	}
	c.whole = whole.tail()
	for i := range units {
		c.units = append(c.units, units[i].tail())
		c.ok = append(c.ok, float64(units[i].ok))
	}
	for i := range blocks {
		if blocks[i].due > 0 {
			c.median = append(c.median, float64(blocks[i].response.Quantile(0.5)))
		}
	}
	return c
}

// blockOf returns in which of the blocks a unit lies: block j begins with unit
// j*units/blocks, rounded down.
func blockOf(unit, units, blocks int) int { return ((unit+1)*blocks - 1) / units }

// counts are of one side, unit by unit: what is counted, and out of how much.
type counts struct{ bad, due []float64 }

// beyond counts the requests that took longer than x nanoseconds.
func (c *cutting) beyond(x float64) counts {
	n := counts{make([]float64, len(c.units)), make([]float64, len(c.units))}
	for i := range c.units {
		n.bad[i], n.due[i] = c.units[i].beyond(x), c.units[i].due
	}
	return n
}

// failed counts the requests that were not answered well.
func (c *cutting) failed() counts { return c.beyond(math.Inf(1)) }

// answers counts the good answers, out of seconds: what a rate is.
func (c *cutting) answers() counts {
	n := counts{c.ok, make([]float64, len(c.units))}
	for i := range n.due {
		n.due[i] = c.length
	}
	return n
}

// in sums units up to blocks.
func (n counts) in(blocks int) counts {
	m := counts{make([]float64, blocks), make([]float64, blocks)}
	for i := range n.bad {
		j := blockOf(i, len(n.bad), blocks)
		m.bad[j] += n.bad[i]
		m.due[j] += n.due[i]
	}
	return m
}

func (n counts) total() (bad, due float64) {
	for i := range n.bad {
		bad, due = bad+n.bad[i], due+n.due[i]
	}
	return bad, due
}

func (n counts) ratio() float64 {
	bad, due := n.total()
	return bad / due
}

// empty returns how many blocks have nothing to count.
func (n counts) empty() (blocks int) {
	for _, due := range n.due {
		if due == 0 {
			blocks++
		}
	}
	return blocks
}
