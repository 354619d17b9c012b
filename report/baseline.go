package report

import (
	"errors"
	"fmt"
	"time"
)

// Quantile returns a percentile of the response times of a step or group, or of all steps
// together where step is "": what another run can be held against. p is one of 50,
// 75, 90, 95, 99 and 99.9, in percent; a report keeps no others.
func (r *Report) Quantile(step, p string) (time.Duration, error) {
	if !r.Validity.Valid {
		return 0, fmt.Errorf("the baseline, run %s, is not a valid measurement; measure it again", r.Run.ID)
	}
	latency := &r.Totals.Latency
	if step != "" {
		if latency = r.latencyOf(step); latency == nil {
			return 0, fmt.Errorf("the baseline, run %s, has no step or group %q", r.Run.ID, step)
		}
	}
	of := map[string]*float64{"50": latency.P50, "75": latency.P75, "90": latency.P90, "95": latency.P95, "99": latency.P99, "99.9": latency.P999}
	ms, known := of[p]
	switch {
	case !known:
		return 0, fmt.Errorf("a report keeps no p%s; use p50, p75, p90, p95, p99 or p99.9", p)
	case ms == nil || *ms <= 0:
		return 0, errors.New("the baseline measured nothing")
	}
	return time.Duration(*ms * float64(time.Millisecond)), nil
}

func (r *Report) latencyOf(step string) *Latency {
	for i := range r.Steps {
		if r.Steps[i].Name == step {
			return &r.Steps[i].Latency
		}
	}
	for i := range r.Groups {
		if r.Groups[i].Name == step {
			return &r.Groups[i].Latency
		}
	}
	return nil
}
