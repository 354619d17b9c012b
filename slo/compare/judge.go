package compare

import (
	"fmt"
	"math"

	"gonogo/slo"
)

func nan() float64 { return math.NaN() }

// newRow is a row of which nothing is known.
func (o *Options) newRow(m Metric) Row {
	margin := o.Margins.Share
	if m.Kind == slo.Success {
		margin = o.Margins.Points
	}
	return Row{
		Metric: m, Margin: margin, Baseline: nan(), Candidate: nan(),
		Change: nan(), Lo: math.Inf(-1), Hi: math.Inf(1), Verdict: slo.Inconclusive,
	}
}

// doubted is the row without a verdict, and why.
func (r Row) doubted(why string) Row {
	r.Verdict, r.Rule, r.Doubt = slo.Inconclusive, r.Metric.String()+": "+why, why
	return r
}

// judge gives the verdict: a pass if the bound on the bad side lies within the margin, a
// fail if the one on the good side lies beyond it.
func (r Row) judge(confounded string) Row {
	a := r.aspect()
	switch {
	case a.hi < a.margin:
		r.Verdict, r.Rule = slo.Pass, a.passed(r.Metric)
	case a.lo > a.margin:
		r.Verdict, r.Rule = slo.Fail, a.failed(r.Metric)
	default:
		r.Verdict, r.Rule = slo.Inconclusive, a.open(r.Metric)
	}
	if confounded != "" {
		if r.Verdict == slo.Pass {
			r.Verdict = slo.Conditional
		}
		r.Rule += "; but " + confounded
	}
	return r
}

// An aspect is a row's change with the bad side up: what people want to hear of it.
type aspect struct {
	change, lo, hi, margin float64
	worse, better          string // "longer", "shorter"
	text                   func(float64) string
}

func (r *Row) aspect() aspect {
	switch r.Metric.Kind {
	case slo.Percentile:
		return aspect{r.Change, r.Lo, r.Hi, r.Margin, "longer", "shorter", shareText}
	case slo.Success:
		return aspect{-r.Change, -r.Hi, -r.Lo, r.Margin, "lower", "higher", pointsText}
	}
	return aspect{-r.Change, -r.Hi, -r.Lo, r.Margin, "lower", "higher", shareText}
}

func (a aspect) passed(m Metric) string {
	if a.hi < 0 {
		return fmt.Sprintf("%s is at least %s %s than the baseline's", m, a.text(-a.hi), a.better)
	}
	return fmt.Sprintf("%s is at most %s %s than the baseline's, %s is allowed", m, a.text(a.hi), a.worse, a.text(a.margin))
}

func (a aspect) failed(m Metric) string {
	if math.IsInf(a.lo, 1) {
		return fmt.Sprintf("%s falls on requests that failed, and the baseline's does not", m)
	}
	return fmt.Sprintf("%s is at least %s %s than the baseline's, %s is allowed", m, a.text(a.lo), a.worse, a.text(a.margin))
}

func (a aspect) open(m Metric) string {
	return fmt.Sprintf("%s may be %s, %s %s is allowed%s", m, a.between(), a.text(a.margin), a.worse, a.further())
}

// between says what the bounds leave possible: "3% shorter to 15% longer".
func (a aspect) between() string {
	side := func(x float64) string {
		if x < 0 {
			return a.text(-x) + " " + a.better
		}
		return a.text(x) + " " + a.worse
	}
	switch {
	case math.IsInf(a.hi, 1) && math.IsInf(a.lo, -1):
		return "anything"
	case math.IsInf(a.hi, 1):
		return side(a.lo) + " or any more"
	case math.IsInf(a.lo, -1):
		return side(a.hi) + " or any less"
	}
	return side(a.lo) + " to " + side(a.hi)
}

// further says how many times as long would tell, if what was seen is the truth:
// bounds close in with the root of the time.
func (a aspect) further() string {
	reach, room := a.hi-a.change, a.margin-a.change
	if room < 0 {
		reach, room = a.change-a.lo, -room
	}
	if math.IsNaN(reach) || math.IsInf(reach, 0) {
		return ""
	}
	const most = 20
	times := math.Ceil(square(reach / room))
	if !(times <= most) {
		return "; it is too near to the margin to tell"
	}
	return fmt.Sprintf("; %.0f times as long may tell", max(2, times))
}
