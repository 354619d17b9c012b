package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"gonogo/report/show"
	"gonogo/slo"
)

// objectives prints what was asked, what was measured and how far apart they are.
func (p *page) objectives(r *Report) {
	if len(r.Objectives) == 0 {
		if r.Comparison != nil {
			return // it decides
		}
		p.title("OBJECTIVES", "none were set, so nothing is proved")
		return
	}
	passed := 0
	t := &table{right: []bool{false, false, true, true, true, false}, least: []int{8, 8, 0, 0, 0, 0}, expend: []int{4, 3}}
	t.add(heads("", "target", "measured", "margin", "samples", "result")...)
	for _, o := range r.Objectives {
		name, target := o.named()
		t.add(said(name), said(target), said(o.Shown), own(o.distance()), own(show.Count(o.Samples)), o.result())
		if o.Verdict == "pass" {
			passed++
		} else {
			t.note(1, o.why())
		}
		if o.Inference != nil && o.Inference.Doubt == "" {
			t.note(1, o.inferred())
		}
	}
	p.title("OBJECTIVES", fmt.Sprintf("%d of %d pass, %s", passed, len(r.Objectives), claims(r.Objectives)))
	t.print(p)
}

// named returns the objective's name and its target, without what the name
// says already: "p95" and "< 200ms every 1m".
func (o *Objective) named() (name, target string) {
	t, err := slo.ParseTarget(o.Target)
	if err != nil && o.Name == o.Target {
		return o.Name, ""
	}
	if err != nil || o.Name != t.Subject() && o.Name != o.Target {
		return o.Name, o.Target
	}
	return t.Subject(), strings.TrimPrefix(o.Target, t.Subject()+" ")
}

// distance is the margin with its sign and unit.
func (o *Objective) distance() string {
	if o.Margin == nil {
		return show.None
	}
	switch m := *o.Margin; {
	case o.Unit == "%":
		return fmt.Sprintf("%+.2fpt", m)
	case o.Unit == "":
		return fmt.Sprintf("%+.0f", m)
	case math.Abs(m) >= 10:
		return fmt.Sprintf("%+.0fx", m)
	default:
		return fmt.Sprintf("%+.1f%%", 100*m)
	}
}

// result is the verdict with its symbol. A pass is called thin where less than a
// tenth of what was allowed is left.
func (o *Objective) result() cell {
	mark := verdictMark(o.Verdict)
	text := mark.text + " " + show.Inert(o.Verdict, 20)
	if o.Verdict == "pass" && o.thin() {
		return own(text + ", thin").in(yellow)
	}
	return own(text).in(mark.paint)
}

func (o *Objective) thin() bool {
	const tenth = 0.1
	switch {
	case o.Margin == nil || o.Unit == "" || strings.Contains(o.Target, "=="):
		return false
	case o.Unit != "%":
		return *o.Margin < tenth
	case strings.Contains(o.Target, ">"): // the share that may be missing
		return *o.Margin < tenth*(100-o.Limit)
	}
	return *o.Margin < tenth*o.Limit
}

// claims says how far the verdicts reach.
func claims(objectives []Objective) string {
	inferred := 0
	for i := range objectives {
		if objectives[i].Claim == string(slo.Inferred) {
			inferred++
		}
	}
	switch inferred {
	case 0:
		return "as observed in this run"
	case len(objectives):
		return "as inferred of the service"
	}
	return fmt.Sprintf("%d as inferred of the service, %d as observed in this run", inferred, len(objectives)-inferred)
}

// inferred says what is known of the service.
func (o *Objective) inferred() string {
	words := "of the service: "
	if o.Bounds == nil {
		words += "no bounds"
	} else {
		words += o.Bounds.text(o.Unit)
	}
	if out := o.Inference.Outages; out != nil {
		words += fmt.Sprintf("; %s seen, at that confidence up to %s an hour", show.Counted(int64(out.Count), "outage"), roughly(out.UpTo))
	}
	return words
}

// roughly prints a number to about three digits.
func roughly(v float64) string {
	if v >= 100 {
		return show.Whole(v)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// why says which rule fired and where it was written.
func (o *Objective) why() string {
	words := o.Rule
	if o.Bounds != nil && o.Inference == nil {
		words += "; " + o.Bounds.text(o.Unit)
	}
	if o.Source != "" {
		words += " (" + o.Source + ")"
	}
	return words
}

func (b *Bounds) text(unit string) string {
	sure := fmt.Sprintf(" at %.4g%% confidence", 100*b.Confidence)
	switch {
	case b.Lo != nil && b.Hi != nil:
		return fmt.Sprintf("%.4g to %.4g%s, each bound", *b.Lo, *b.Hi, unit) + sure
	case b.Lo != nil:
		return fmt.Sprintf("at least %.4g%s", *b.Lo, unit) + sure
	case b.Hi != nil:
		return fmt.Sprintf("at most %.4g%s", *b.Hi, unit) + sure
	}
	return "unbounded" + sure
}

// during is the phase that it is about.
func (o *Objective) during() string {
	if t, err := slo.ParseTarget(o.Target); err == nil && t.During != "" {
		return t.During
	}
	return measurePhase
}
