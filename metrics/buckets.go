package metrics

import (
	"math"
	"slices"
	"time"

	"gonogo/measure"
)

const (
	finestSchema  = 3   // eight buckets to a doubling, each 9 % wider than the one before
	mostBuckets   = 160 // exponential ones of a Histogram
	lowest        = -20 // 2^lowest seconds, about the microsecond of our own, and less is zero
	octaves       = 39  // from there up to longer than measure.Longest
	zeroThreshold = 1.0 / (1 << -lowest)
)

// A grid is where counts of durations are divided. It never changes.
type grid struct{ fixed, exponential []float64 } // bounds in seconds, ascending

func newGrid() *grid {
	g := &grid{fixed: durationBounds()}
	for i := range octaves<<finestSchema + 1 {
		g.exponential = append(g.exponential, math.Exp2(lowest+float64(i)/(1<<finestSchema)))
	}
	return g
}

// durationBounds are those of the fixed buckets, in seconds: OpenTelemetry's for HTTP.
func durationBounds() []float64 {
	return []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}
}

// buckets count durations on a grid. Whatever is added, no count of theirs is ever less
// than before, and their sum is what was added: others take anything else for a new
// beginning.
type buckets struct {
	grid        *grid
	count       uint64
	sum         int64  // µs
	fixed       []cell // one more than bounds: what is beyond the last one; nil: nothing was counted
	exponential []cell
}

// A cell counts what is longer than the bound before and not longer than its own.
type cell struct {
	count uint64
	carry float64 // of one more, that fractions have left
}

// add counts what a histogram does.
func (b *buckets) add(h *measure.Histogram) {
	if h.Count() == 0 {
		return
	}
	if b.fixed == nil {
		b.fixed, b.exponential = make([]cell, len(b.grid.fixed)+1), make([]cell, len(b.grid.exponential)+1)
	}
	b.count += uint64(h.Count())
	b.sum += h.Exact().Sum
	h.Each(func(low, high time.Duration, n int64) {
		spread(low.Seconds(), high.Seconds(), uint64(n), b.grid.fixed, b.fixed)
		spread(low.Seconds(), high.Seconds(), uint64(n), b.grid.exponential, b.exponential)
	})
}

// spread counts n durations, of which is only known that they are longer than low and
// not longer than high, in the cells of these bounds. Where a bound lies between the
// two, each side gets its part of them, as if they were spread evenly; what makes no
// whole one is kept for the next time, so that no side is favoured in the long run.
func spread(low, high float64, n uint64, bounds []float64, cells []cell) {
	i, _ := slices.BinarySearchFunc(bounds, low, func(bound, low float64) int {
		if bound > low {
			return 1
		}
		return -1
	})
	for ; i < len(bounds) && bounds[i] < high && n > 0; i++ {
		c := &cells[i]
		share := float64(n)*(bounds[i]-low)/(high-low) + c.carry
		whole := min(uint64(share), n)
		c.carry = share - float64(whole)
		c.count += whole
		n, low = n-whole, bounds[i]
	}
	cells[i].count += n
}

// histogram returns what was counted.
func (b *buckets) histogram() *Histogram {
	h := &Histogram{
		Count: b.count, Sum: float64(b.sum) / 1e6, Bounds: b.grid.fixed, Cumulative: make([]uint64, len(b.grid.fixed)),
		Schema: finestSchema, Threshold: zeroThreshold,
	}
	if b.fixed == nil {
		return h
	}
	sum := uint64(0)
	for i := range b.grid.fixed {
		sum += b.fixed[i].count
		h.Cumulative[i] = sum
	}
	h.Zero = b.exponential[0].count
	for i, c := range b.exponential[1:] {
		if c.count > 0 {
			h.Buckets = append(h.Buckets, Bucket{lowest<<finestSchema + i + 1, c.count})
		}
	}
	for len(h.Buckets) > mostBuckets {
		h.coarsen()
	}
	return h
}

// coarsen makes the exponential buckets twice as wide.
func (h *Histogram) coarsen() {
	h.Schema--
	wider := h.Buckets[:0:0]
	for _, b := range h.Buckets {
		b.Index = (b.Index + 1) >> 1
		if last := len(wider) - 1; last >= 0 && wider[last].Index == b.Index {
			wider[last].Count += b.Count
		} else {
			wider = append(wider, b)
		}
	}
	h.Buckets = wider
}

// A span is a row of buckets without a gap, so far behind the span before.
type span struct {
	offset int32
	length uint32
}

// spans returns the exponential buckets as Prometheus writes them: where they are, and
// by how much each one counts more than the one before.
func (h *Histogram) spans() (all []span, deltas []int64) {
	next, before := 0, int64(0)
	for i, b := range h.Buckets {
		if i == 0 || b.Index != next {
			all = append(all, span{offset: int32(b.Index - next)})
		}
		all[len(all)-1].length++
		deltas = append(deltas, int64(b.Count)-before)
		next, before = b.Index+1, int64(b.Count)
	}
	return all, deltas
}
