package compare

import (
	"fmt"
	"math"

	"gonogo/measure"
	"gonogo/slo"
)

// leastPairs is with how many pairs of runs there is a verdict.
const leastPairs = 5

// A Pair is a run of the baseline and the one of the candidate that was made next to it.
type Pair struct{ Baseline, Candidate *Side }

// Runs compares several runs of each side, pair by pair. A run counts as one value,
// whatever its length: so what differs from run to run, of one and the same target, is
// in the bounds too, which no bounds from within a run know of.
func Runs(pairs []Pair, o Options) Comparison {
	c := Comparison{Design: Interleaved, Margins: o.Margins, Confounded: o.Confounded, Blocks: len(pairs)}
	s := series{Options: o, pairs: pairs}
	s.doubt = s.doubts()
	var medians [2][]float64
	for _, p := range pairs {
		for i, side := range p.sides() {
			medians[i] = append(medians[i], float64(side.Response.Quantile(0.5)))
		}
	}
	c.Slower = slower(medians[0], medians[1])
	for _, m := range o.Metrics {
		c.Rows = append(c.Rows, s.row(m))
	}
	return c
}

func (p Pair) sides() [2]*Side { return [2]*Side{p.Baseline, p.Candidate} }

// A series is the pairs of runs.
type series struct {
	Options
	pairs []Pair
	doubt string
}

func (s *series) doubts() string {
	if n := len(s.pairs); n < leastPairs {
		return fmt.Sprintf("%d pairs of runs are too few, it takes %d", n, leastPairs)
	}
	for _, p := range s.pairs {
		for i, side := range p.sides() {
			if side.Due <= 0 || side.OK < 0 || side.OK > side.Due || side.Response.Count() != side.Due || side.Length <= 0 {
				return fmt.Sprintf("a run of the %s has no request, or counters that do not add up", sideName(i))
			}
		}
		if why := otherWork(p.sides()); why != "" {
			return why
		}
	}
	return ""
}

// row compares a metric: each pair gives a difference, and these are independent.
func (s *series) row(m Metric) Row {
	r := s.newRow(m)
	values, worst := s.values(m)
	r.Baseline, r.Candidate, r.Failed = mean(values[0]), mean(values[1]), worst
	switch {
	case m.Kind == slo.Rate && s.GivenRate != "":
		r.Change = r.Candidate/r.Baseline - 1
		r.Verdict, r.Rule = "", s.GivenRate
		return r
	case s.doubt != "":
		return r.doubted(s.doubt)
	case worst[0] || worst[1]:
		return r.doubted("in some runs it falls on requests that failed")
	case m.Kind == slo.Success:
		return s.points(r, values)
	}
	return s.ratios(r, values)
}

// values are the metric's, of each run of either side; failed tells whether it falls on
// requests that failed in any of them.
func (s *series) values(m Metric) (values [2][]float64, failed [2]bool) {
	for _, p := range s.pairs {
		for i, side := range p.sides() {
			v := nan()
			switch {
			case side.Due <= 0 || side.Length <= 0:
			case m.Kind == slo.Success:
				v = 100 * float64(side.OK) / float64(side.Due)
			case m.Kind == slo.Rate:
				v = float64(side.OK) / side.Length.Seconds()
			default:
				v = float64(side.Response.Quantile(1-m.rest())) / 1e6
				failed[i] = failed[i] || m.rank(side.Due) > side.OK
			}
			values[i] = append(values[i], v)
		}
	}
	return values, failed
}

// points compares shares of success by their differences.
func (s *series) points(r Row, values [2][]float64) Row {
	d := minus(values[1], values[0])
	r.Change = mean(d)
	failed := s.count(func(_ int, side *Side) float64 { return float64(side.Due - side.OK) })
	free := independent(failed[0], failed[1])
	t := student(float64(len(d) - 1))
	deff := square(spread(d)/100/t) / free
	worst, _ := failed[0].total()
	other, _ := failed[1].total()
	least := free * max(1, weighed(s.waves(), int64(min(worst, other)), deff))
	reach := max(spread(d), 100*t*math.Sqrt(least))
	r.Lo, r.Hi = r.Change-reach, r.Change+reach
	return r.judge(s.Confounded)
}

// waves is how many requests count as one, seen in those beyond the 90th percentile of
// all runs of a side: see pair.lent.
func (s *series) waves() float64 {
	var all [2]measure.Histogram
	for _, p := range s.pairs {
		for i, side := range p.sides() {
			all[i].Merge(&side.Response)
		}
	}
	slow := s.count(func(i int, side *Side) float64 {
		t := newTail(side.Due, side.OK, &side.Response)
		return t.beyond(float64(all[i].Quantile(1 - tenth)))
	})
	t := student(float64(len(s.pairs) - 1))
	return square(reach(residuals(slow[0]), residuals(slow[1]), true)/t) / independent(slow[0], slow[1])
}

// count counts bad requests of both sides, run by run.
func (s *series) count(bad func(side int, of *Side) float64) (n [2]counts) {
	for _, p := range s.pairs {
		for i, side := range p.sides() {
			n[i].bad, n[i].due = append(n[i].bad, bad(i, side)), append(n[i].due, float64(side.Due))
		}
	}
	return n
}

// ratios compares response times and rates by their logarithms: what differs from run
// to run is a factor.
func (s *series) ratios(r Row, values [2][]float64) Row {
	d := make([]float64, len(s.pairs))
	for i := range d {
		d[i] = math.Log(values[1][i] / values[0][i])
		if math.IsNaN(d[i]) || math.IsInf(d[i], 0) {
			return r.doubted("it is 0 in some runs")
		}
	}
	reach := spread(d)
	r.Change, r.Lo, r.Hi = math.Expm1(mean(d)), math.Expm1(mean(d)-reach), math.Expm1(mean(d)+reach)
	return r.judge(s.Confounded)
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// spread is how far it is from a mean to its bounds.
func spread(values []float64) float64 {
	n, m, sum := float64(len(values)), mean(values), 0.0
	for _, v := range values {
		sum += square(v - m)
	}
	return student(n-1) * math.Sqrt(sum/(n-1)/n)
}
