package measure

import "time"

// Drop adds n requests alike that were never sent, as n Outcomes of class Dropped
// would: a target that was away for hours may leave millions of them. The
// Outcome says which step, which phase and when they were due. No group is dropped: it
// begins with a request that was sent.
func (r *Recorder) Drop(o *Outcome, n int64) {
	if n <= 0 {
		return
	}
	step := Figures{}
	step.Class[Dropped] = n
	step.Charged.recordN(max(r.config.Charge, 0), n, r.config.highest())
	i := Interval{
		Second: int(max(o.Due, 0) / time.Second), Phase: o.Phase,
		Steps: []Part{{Step: o.Step, Figures: step}},
		Errors: []ErrorGroup{{
			Phase: o.Phase, Class: Dropped, Step: o.Step, Count: n, FirstAt: o.Due,
		}},
	}
	if len(r.config.Limits) > 0 {
		i.Over = make([]int64, len(r.config.Limits))
	}
	for k, limit := range r.config.Limits {
		if r.config.isOver(limit, o.Step) {
			i.Over[k] = n
		}
	}
	r.live.settled = append(r.live.settled, i)
}

// recordN adds the duration, which is in range, n times.
func (h *Histogram) recordN(d time.Duration, n int64, highest time.Duration) {
	before := h.sum
	d = h.note(d, highest)
	h.sum += (n - 1) * (h.sum - before)
	h.count += n - 1
	h.unpack().add(bucketOf(d), n)
}
