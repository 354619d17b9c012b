package report

import (
	"fmt"
	"io"
	"math"
	"slices"

	"gonogo/report/show"
	"gonogo/slo/compare"
)

// ComparisonText prints a comparison of runs as Text prints a run: the verdict last.
func ComparisonText(w io.Writer, r *ComparisonReport, style Style) error {
	p := newPage(style)
	const most = 60
	p.flow(own(""), "gonogo "+show.Inert(r.Tool.Version, most), r.Kind, "scenario "+show.Inert(r.Scenario, most))
	p.comparison(r.Comparison)
	p.verdict(r.Verdict, r.ExitCode, r.Reasons, noWorse)
	_, err := io.WriteString(w, p.text.String())
	return err
}

// Reason is why a comparison is a GO, for one that gives none.
func (*ComparisonReport) Reason() string { return noWorse }

// comparison prints what the two were, how far they are apart and whether that is too
// much.
func (p *page) comparison(c *Comparison) {
	if c == nil {
		return
	}
	p.title("COMPARISON", fmt.Sprintf("%s, each bound at %.4g%%", c.how(), 100*c.Confidence))
	runs := !slices.Equal(c.Candidate.Runs, c.Baseline.Runs)
	p.compared("candidate  ", &c.Candidate, runs)
	p.compared("baseline   ", &c.Baseline, runs)
	t := &table{
		right:  []bool{false, true, true, true, true, true, false},
		least:  []int{0, 0, 0, 0, 0, 0, 0},
		expend: []int{5, 4, 1},
	}
	t.add(heads("", "baseline", "candidate", "change", "between", "margin", "result")...)
	said := map[string]bool{}
	for i := range c.Rows {
		r := &c.Rows[i]
		t.add(own(show.Inert(r.Metric, 12)), r.value(r.Baseline, r.BaselineFailed), r.value(r.Candidate, r.CandidateFailed),
			own(r.change(r.Change)), own(r.between()), own(r.margin()), r.result())
		if why := r.why(); why != "" && !said[r.Doubt] {
			t.note(1, why)
			said[r.Doubt] = r.Doubt != ""
		}
	}
	t.print(p)
	if c.Slower != nil {
		p.hang(own("  medians: ").in(dim), fmt.Sprintf("the candidate's is the higher one in %.0f%% of all pairs of %s (even is 50%%)", 100**c.Slower, c.units()), dim)
	}
	for _, note := range c.Notes {
		p.hang(own("  note: ").in(dim), note, dim)
	}
}

// how says how the two came about.
func (c *Comparison) how() string {
	switch compare.Design(c.Design) {
	case compare.Concurrent:
		return "in the same seconds, " + show.Counted(int64(c.Blocks), "block")
	case compare.Interleaved:
		return show.Counted(int64(c.Blocks), "pair") + " of runs"
	}
	return fmt.Sprintf("one after the other, %s each", show.Counted(int64(c.Blocks), "block"))
}

func (c *Comparison) units() string {
	if compare.Design(c.Design) == compare.Interleaved {
		return "runs"
	}
	return "blocks"
}

// RunsText names the runs of one of the two; "" where they have no names.
func (c *Compared) RunsText() string {
	const most = 40
	switch n := len(c.Runs); n {
	case 0:
		return ""
	case 1:
		return "run " + show.Inert(c.Runs[0], most)
	default:
		return fmt.Sprintf("%d runs, %s to %s", n, show.Inert(c.Runs[0], most), show.Inert(c.Runs[n-1], most))
	}
}

// compared prints one of the two, on a line where it fits.
func (p *page) compared(head string, c *Compared, named bool) {
	runs := ""
	if named {
		runs = c.RunsText()
	}
	p.flow(own("  "+head).in(dim), show.Inert(c.Target, p.width), runs, show.Counted(c.Requests, "request"))
}

func (r *Contrast) value(v *float64, failed bool) cell {
	switch {
	case failed:
		return own("failed").in(red)
	case v == nil:
		return own(show.None)
	case r.Unit == "ms":
		return own(show.Milliseconds(v))
	case r.Unit == "%":
		return own(okShare(v))
	}
	return own(show.Rate(v))
}

// change prints a change with its unit.
func (r *Contrast) change(v *float64) string {
	text, unit := r.parts(v)
	return text + unit
}

// parts prints a change with as many digits as tell, and its unit.
func (r *Contrast) parts(v *float64) (text, unit string) {
	const many = 999.95
	switch {
	case v == nil:
		return show.None, ""
	case r.Unit == "%" && math.Abs(*v) < 9.995:
		return fmt.Sprintf("%+.2f", noMinus(*v, 2)), "pt"
	case r.Unit == "%":
		return fmt.Sprintf("%+.1f", *v), "pt"
	case math.Abs(*v) >= many:
		return fmt.Sprintf("%+.0f", *v/100), "x"
	}
	return fmt.Sprintf("%+.1f", noMinus(*v, 1)), "%"
}

// noMinus takes what is rounded to -0 for 0.
func noMinus(v float64, digits int) float64 {
	if math.Abs(v) < 0.5*math.Pow10(-digits) {
		return 0
	}
	return v
}

// between prints the bounds, the unit once where it is the same.
func (r *Contrast) between() string {
	if r.Lo == nil && r.Hi == nil {
		return show.None
	}
	lo, unitLo := r.parts(r.Lo)
	hi, unitHi := r.parts(r.Hi)
	switch {
	case r.Lo == nil:
		lo = "any"
	case r.Hi == nil:
		hi, lo = "any", lo+unitLo
	case unitLo != unitHi:
		lo += unitLo
	}
	return lo + ".." + hi + unitHi
}

// margin prints how far the change may go, on the side that is bad.
func (r *Contrast) margin() string {
	switch {
	case r.Verdict == nil:
		return show.None
	case r.Unit == "%":
		return fmt.Sprintf("-%.4gpt", r.Margin)
	case r.Unit == "/s":
		return fmt.Sprintf("-%.4g%%", r.Margin)
	}
	return fmt.Sprintf("+%.4g%%", r.Margin)
}

func (r *Contrast) result() cell {
	if r.Verdict == nil {
		return own("not judged").in(dim)
	}
	mark := verdictMark(*r.Verdict)
	return own(mark.text + " " + show.Inert(*r.Verdict, 20)).in(mark.paint)
}

// why is the rule of a row whose figures do not tell it.
func (r *Contrast) why() string {
	if r.Verdict != nil && (*r.Verdict == "pass" || *r.Verdict == "fail") {
		return ""
	}
	return r.Rule
}

// How says how the two came about, and in how many parts they were compared.
func (c *Comparison) How() string { return c.how() }
