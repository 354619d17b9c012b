package soak

import (
	"math"

	"gonogo/measure"
	"gonogo/slo"
)

// A Budget is what is left of the bad requests that an objective allows in the
// whole of the run, as shares of them. Below 0 it is overspent.
//
// The run will have as many requests in each second to come as it had so far. So
// the share of bad ones now, over the share that is allowed, times the part of the
// plan that was measured, is what was spent; without that last factor it is what
// will be spent if the run goes on like this.
type Budget struct {
	Objective string
	Left      float64
	Forecast  float64
}

// Budgets are those of the objectives that allow a share of bad requests: of
// percentiles with an upper limit, success and error rate, over the whole measure
// phase. The others have none: a bad window is not made up for by good ones.
func (s *Standing) Budgets() []Budget {
	var all []Budget
	done := 0.0
	if s.planned > 0 {
		done = min(1, float64(s.last.Measured)/float64(s.planned))
	}
	for _, o := range s.objectives {
		allowed, bad, ok := s.spent(o.Go)
		if !ok {
			continue
		}
		used := 0.0
		switch {
		case bad > 0 && allowed > 0:
			used = bad / allowed
		case bad > 0:
			used = math.Inf(1) // nothing is allowed
		}
		b := Budget{Objective: o.Name, Left: 1, Forecast: 1 - used}
		if used > 0 && done > 0 {
			b.Left = 1 - used*done
		}
		all = append(all, b)
	}
	return all
}

// Forecast is what will be left of the scarcest budget, in percent; nil without any.
func (s *Standing) Forecast() *float64 {
	b, ok := scarcest(s.Budgets())
	if !ok || math.IsInf(b.Forecast, 0) {
		return nil
	}
	return share(b.Forecast)
}

// spent returns the shares of bad requests that a target allows and that there were.
func (s *Standing) spent(t slo.Target) (allowed, bad float64, ok bool) {
	upper := t.Op == slo.Less || t.Op == slo.LessEqual
	lower := t.Op == slo.Greater || t.Op == slo.GreaterEqual
	switch {
	case t.Window > 0 || t.During != "":
		return 0, 0, false
	case t.Metric == slo.Success && lower:
		allowed = 1 - t.Limit.Float()/100
	case t.Metric == slo.ErrorRate && upper:
		allowed = t.Limit.Float() / 100
	case t.Metric == slo.Percentile && upper:
		allowed = 1 - t.Quantile.Float()/100
	default:
		return 0, 0, false
	}
	over, scheduled := s.counted(t)
	if scheduled > 0 {
		bad = float64(over) / float64(scheduled)
	}
	return allowed, bad, true
}

// counted returns how many requests, or runs of a group, of the target were bad, and how many there were.
func (s *Standing) counted(t slo.Target) (over, scheduled int64) {
	if t.Metric == slo.Percentile {
		for _, l := range slo.Limits([]slo.Objective{{Go: t}}, s.names) {
			over, scheduled, _ = s.whole.Over(l)
		}
		return over, scheduled
	}
	of := measure.AllSteps
	if t.Step != "" {
		of = max(of, s.whole.Index(t.Step))
	}
	return notOK(s.whole.Of(of))
}

func notOK(f *measure.Figures) (bad, all int64) { return f.Planned() - f.OK(), f.Planned() }

// scarcest is the budget of which least is left.
func scarcest(all []Budget) (least Budget, ok bool) {
	for _, b := range all {
		if !ok || b.Left < least.Left {
			least, ok = b, true
		}
	}
	return least, ok
}
