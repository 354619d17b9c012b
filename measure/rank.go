package measure

import "time"

// AtRank returns the response time of the k-th best of all planned requests, k
// from 1, and whether that one was not answered well. Those rank last whatever
// they were charged with: behind a queue, a good answer can take longer than the
// charge of a request that failed at once.
func (f *Figures) AtRank(k int64) (response time.Duration, failed bool) {
	if good := f.Answered.Count(); k > good {
		return max(f.Charged.atRank(k-good), f.Answered.Max()), true
	}
	return f.Answered.atRank(k), false
}

// Quantile is AtRank at rank ceil(q*Planned).
func (f *Figures) Quantile(q float64) (response time.Duration, failed bool) {
	return f.AtRank(rankOf(q, f.Answered.Count()+f.Charged.Count()))
}

// atRank returns the upper edge of the bucket of the rank-th value, but never
// more than Max.
func (h *Histogram) atRank(rank int64) time.Duration {
	for i, n := range h.each() {
		if rank -= n; rank <= 0 {
			return min(topOf(i), h.max)
		}
	}
	return h.max
}
