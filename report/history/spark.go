package history

import (
	"math"
	"strconv"
)

// mostSpark is the most numbers of a row's series.
const mostSpark = 40

// mostMoments is more than any report has intervals.
const mostMoments = 1 << 20

// A moment is as much of an interval as the series takes.
type moment struct {
	Phase  string   `json:"phase"`
	T      float64  `json:"t"`
	Length float64  `json:"length_s"`
	P95    *float64 `json:"p95_ms"`
}

// add keeps a moment of the measure phase.
func (f *facts) add(m moment) bool {
	if m.Phase == "measure" {
		f.moments = append(f.moments, m)
	}
	return len(f.moments) <= mostMoments
}

// spark is the p95 over time in at most mostSpark even stretches, the worst of each, so
// that a short stall does not vanish.
func spark(moments []moment) []*float64 {
	from, to := math.Inf(1), math.Inf(-1)
	for _, m := range moments {
		from, to = min(from, m.T), max(to, m.T+m.Length)
	}
	if !(to > from) || math.IsInf(to-from, 0) {
		return []*float64{}
	}
	cells := make([]*float64, min(mostSpark, len(moments)))
	place := func(t float64) float64 { return (t - from) / (to - from) * float64(len(cells)) }
	for _, m := range moments {
		if m.P95 == nil {
			continue
		}
		first := min(max(0, int(place(m.T))), len(cells)-1)
		last := min(int(math.Ceil(place(m.T+m.Length)))-1, len(cells)-1)
		for i := first; i <= last; i++ {
			if cells[i] == nil || *cells[i] < *m.P95 {
				cells[i] = m.P95
			}
		}
	}
	for i, v := range cells {
		if v != nil {
			cells[i] = new(short(*v))
		}
	}
	return cells
}

// short keeps three digits: more cannot be seen, and would be a third of the line.
func short(v float64) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	if err != nil { // too large to be rounded up
		return v
	}
	return rounded
}
