package soak

import (
	"math"
	"time"

	"gonogo/measure"
)

// A Strip is the run over time in a few cells of equal length, from its start to its
// planned end. A cell in which nothing was due, or not yet, is -1.
type Strip struct {
	P95 []float64 `json:"p95_ms"`
	Err []float64 `json:"err_percent"`
}

// StripOf cuts a run of that length into n cells, or one for each second.
func StripOf(whole *measure.Summary, length time.Duration, n int) Strip {
	n = max(1, min(n, int(length/time.Second)))
	s := Strip{P95: make([]float64, n), Err: make([]float64, n)}
	cells := make([]struct {
		measure.Counts
		response measure.Histogram
	}, n)
	for _, b := range whole.Series() {
		at := min(int(float64(b.Start)/float64(max(length, 1))*float64(n)), n-1)
		cells[at].Add(&b.Counts)
		cells[at].response.Merge(&b.Response)
	}
	for i := range cells {
		c := &cells[i]
		s.P95[i], s.Err[i] = -1, -1
		if all := c.Planned(); all > 0 {
			s.P95[i] = tenth(float64(c.response.Quantile(0.95)) / float64(time.Millisecond))
			s.Err[i] = tenth(100 * float64(all-c.OK()) / float64(all))
		}
	}
	return s
}

// tenth rounds, but nothing that is there to nothing.
func tenth(v float64) float64 {
	if v > 0 && v < 0.1 {
		return 0.1
	}
	return math.Round(10*v) / 10
}
