package report

import (
	"math"
	"time"

	"gonogo/measure"
)

// A Heat says how many response times fell where, over time.
type Heat struct {
	Edges  []float64 // in milliseconds, rising: row i lies between Edges[i] and Edges[i+1]
	Counts [][]int64 // for each row of the Timeline, by row of the map
}

// Heat sorts the response times of each row into rows of equal height on a log scale,
// at most that many. It is nil where nothing was measured.
func (t *Timeline) Heat(rows int) (*Heat, error) {
	all := make([]*measure.Histogram, len(t.Rows))
	lo, hi := math.Inf(1), 0.0
	for i := range t.Rows {
		h, err := t.Rows[i].Histogram()
		if err != nil {
			return nil, err
		}
		if all[i] = h; h.Count() > 0 {
			lo, hi = min(lo, *inMilliseconds(h.Min())), max(hi, *inMilliseconds(h.Max()))
		}
	}
	if hi == 0 {
		return nil, nil
	}
	m := &Heat{Edges: logEdges(lo, hi, rows)}
	for _, h := range all {
		m.Counts = append(m.Counts, m.sort(h))
	}
	return m, nil
}

// logEdges are those of rows between lo and hi, none thinner than the histograms tell apart.
func logEdges(lo, hi float64, rows int) []float64 {
	const (
		least    = 0.001 // a microsecond: what a histogram counts in
		thinnest = 1.05
	)
	lo, hi = max(lo, least), max(hi, 2*least)
	lo *= 0.995 // what lies on an edge is above it
	hi *= 1.005
	rows = min(rows, int(math.Log(hi/lo)/math.Log(thinnest)))
	rows = max(rows, 1)
	edges := make([]float64, rows+1)
	for i := range edges {
		edges[i] = lo * math.Pow(hi/lo, float64(i)/float64(rows))
	}
	return edges
}

// sort counts the times of a histogram by row.
func (m *Heat) sort(h *measure.Histogram) []int64 {
	rows := len(m.Edges) - 1
	counts := make([]int64, rows)
	lo, per := m.Edges[0], math.Log(m.Edges[rows]/m.Edges[0])/float64(rows)
	h.Each(func(low, high time.Duration, n int64) {
		middle := (float64(low) + float64(high)) / 2 / float64(time.Millisecond)
		i := int(math.Log(max(middle, lo)/lo) / per)
		counts[min(i, rows-1)] += n
	})
	return counts
}
