package main

import (
	"math"
	"math/rand/v2"

	"gonogo/slo/stats"
)

// A sight is what slo/stats sees of a run.
type sight struct {
	cells      []stats.Block
	background stats.Background
}

// observe plays a run and counts, each second, what is slower than limit, and what is
// slower than the run's own median and p90, read from a histogram as in a real run.
func (w world) observe(draw *rand.Rand, seconds int, limit float64) sight {
	s := sight{cells: make([]stats.Block, seconds)}
	var histogram [buckets]int64
	ends := make([]int, seconds)
	in := make([]uint16, 0, int(w.rate*float64(seconds)*1.1)) // the bucket of each request
	w.play(draw, seconds, func(second int, latency float64) {
		s.cells[second].N++
		if latency > limit {
			s.cells[second].Bad++
		}
		b := bucket(latency)
		histogram[b]++
		in = append(in, b)
		ends[second] = len(in)
	})
	s.background.Median = beyond(in, ends, quantile(&histogram, len(in), 0.5))
	s.background.Tail = beyond(in, ends, quantile(&histogram, len(in), 0.9))
	return s
}

// buckets of a histogram, each 1/128 of its power of two wide, from 2^-20 to 2^12 s.
const buckets = 32 * 128

// bucket of a latency: its exponent and the first seven bits of its mantissa.
func bucket(latency float64) uint16 {
	const lowest = (1023 - 20) << 7
	b := int64(math.Float64bits(latency)>>45) - lowest
	return uint16(min(max(b, 0), buckets-1))
}

// quantile returns the bucket that the quantile q of n requests is in.
func quantile(histogram *[buckets]int64, n int, q float64) uint16 {
	rank := int64(math.Ceil(q * float64(n)))
	for b, count := range histogram {
		if rank -= count; rank <= 0 {
			return uint16(b)
		}
	}
	return buckets - 1
}

// beyond counts, each second, the requests in buckets above one.
func beyond(in []uint16, ends []int, above uint16) []stats.Block {
	cells := make([]stats.Block, len(ends))
	first := 0
	for s, end := range ends {
		for _, b := range in[first:max(first, end)] {
			if b > above {
				cells[s].Bad++
			}
		}
		cells[s].N = int64(max(first, end) - first)
		first = max(first, end)
	}
	return cells
}
