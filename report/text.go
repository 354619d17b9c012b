package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"gonogo/report/show"
)

// A Style says how a page looks where it is shown.
type Style struct {
	Colour bool
	Width  int // in columns; 0 is 80
}

// Text prints the summary of a run, its verdict last because the eye ends there.
//
// It is a function of the Report alone: nothing is computed that another form
// would have to compute again, and a report that was read from its file prints
// what the run printed. Whatever names and errors the run met are printed as
// inert text, and no line is wider than the page, whose width is at least 40.
func Text(w io.Writer, r *Report, style Style) error {
	p := newPage(style)
	p.header(r)
	p.health(r)
	p.merged(r)
	p.latency(r)
	p.groups(r)
	p.errors(r)
	p.addresses(r)
	p.objectives(r)
	p.comparison(r.Comparison)
	p.drift(r.Drift)
	p.capacity(r)
	p.calibration(r)
	p.line("")
	p.soak(r)
	p.phases(r)
	p.connections(r)
	p.accounting(r)
	p.files(r)
	p.next(r)
	p.end(r)
	_, err := io.WriteString(w, p.text.String())
	return err
}

func newPage(style Style) *page {
	p := &page{width: max(style.Width, 40), colour: style.Colour}
	if style.Width == 0 {
		p.width = 80
	}
	return p
}

func (p *page) header(r *Report) {
	const most = 60
	p.flow(own(""),
		"gonogo "+show.Inert(r.Run.Tool.Version, most),
		r.Kind,
		"scenario "+show.Inert(r.Run.Scenario, most),
		"run "+show.Inert(r.Run.ID, most))
	early := ""
	if r.Run.StoppedEarly {
		early = "stopped early"
	}
	p.flow(own(""), show.Inert(r.Run.Target, p.width), show.Inert(r.Run.Load, p.width), early)
	p.flow(own(""),
		show.Counted(r.Totals.Requests, "request"),
		show.Rate(r.Totals.Rate)+good(r.Totals),
		show.Size(r.Totals.BytesIn)+" received"+decoded(r.Totals),
		show.Size(r.Totals.BytesOut)+" sent")
}

// good says of what the rate is, where that is not every request.
func good(t Totals) string {
	if t.Accounting.OK == t.Requests {
		return ""
	}
	return " good"
}

// decoded says what was received decodes to, where it was decoded.
func decoded(t Totals) string {
	if t.Decoded == nil {
		return ""
	}
	return ", " + show.Size(*t.Decoded) + " decoded"
}

// flow prints parts behind a head, three spaces apart, and goes on with the next
// line where one is full.
func (p *page) flow(head cell, parts ...string) { p.row(head, "   ", parts) }

// row prints parts with something between them, and none of them on two lines.
func (p *page) row(head cell, between string, parts []string) {
	start, stop := show.Columns(head.text), strings.TrimRight(between, " ")
	line, used := p.painted(head.text, head.paint), start
	for _, part := range parts {
		part = show.Inert(part, p.width-start-len(stop))
		switch wide := show.Columns(part); {
		case part == "":
			continue
		case used == start:
			line, used = line+part, used+wide
		case used+len(between)+wide+len(stop) <= p.width:
			line, used = line+between+part, used+len(between)+wide
		default:
			p.line(line + stop)
			line, used = strings.Repeat(" ", start)+part, start+wide
		}
	}
	p.line(line)
}

// health says in a line whether the instrument can be trusted, and what to do
// where it cannot.
func (p *page) health(r *Report) {
	var bad []Check
	for _, c := range r.Validity.Checks {
		if !c.OK {
			bad = append(bad, c)
		}
	}
	mark, with := "Generator healthy: ", plain
	switch {
	case !r.Validity.Valid:
		mark, with = "Measurement not valid: ", red
	case len(bad) > 0:
		mark, with = "Generator usable, "+show.Counted(int64(len(bad)), "warning")+": ", yellow
	}
	p.row(cell{mark, with}, ", ", vitals(r))
	for _, c := range bad {
		p.check(c)
	}
}

func (p *page) check(c Check) {
	mark := own("  ✖ ").in(red)
	if c.Warning {
		mark = own("  ▲ ").in(yellow)
	}
	text := fmt.Sprintf("%s %s, limit %s: %s", c.Name, c.Measured, c.Limit, c.Reason)
	p.hang(mark, text, plain)
	if c.Remedy != "" {
		p.hang(own("    "), c.Remedy, dim)
	}
}

// phases says what was sent beside the measure phase, and whether it was judged.
func (p *page) phases(r *Report) {
	var also, not []string
	for _, ph := range r.Phases {
		switch {
		case ph.Name == measurePhase:
		case r.Judged(ph.Name):
			also = append(also, r.phaseWords(ph))
		default:
			not = append(not, r.phaseWords(ph))
		}
	}
	for _, group := range []struct {
		head  string
		parts []string
	}{{"ALSO JUDGED ", also}, {"NOT JUDGED  ", not}} {
		if len(group.parts) > 0 {
			p.flow(own(group.head).in(bold), group.parts...)
		}
	}
}

func (r *Report) phaseWords(ph Phase) string {
	words := r.phaseName(ph.Name) + " " + show.Span(ph.Length)
	if ph.Accounting.Planned == 0 {
		return words
	}
	words += ": " + show.Counted(ph.Accounting.Planned, "request") + ", p95 " + ph.Latency.cell("p95", ph.Latency.P95).text
	if bad := ph.Accounting.Bad(); bad != 0 {
		words += ", " + show.Counted(bad, "error")
	}
	return words
}

// phaseName is a phase's name. What a sustained run leaves out of its measure phase is
// kept with the warm-up, and is not called so: it may be the whole of it.
func (r *Report) phaseName(name string) string {
	if name != warmUpPhase || r.Soak == nil || r.Soak.Excluded <= 0 {
		return show.Inert(name, 20)
	}
	const rounding = 0.05
	for _, ph := range r.Phases {
		if ph.Name == name && ph.Length > r.Soak.Excluded+rounding {
			return "warm-up and left out"
		}
	}
	return "left out"
}

// accounting shows that no request was lost.
func (p *page) accounting(r *Report) {
	a := r.Accounting
	p.flow(own("ACCOUNTING  ").in(bold), fmt.Sprintf("planned %s = started %s + dropped %s",
		show.Count(a.Planned), show.Count(a.Started), show.Count(a.Dropped)))
	line := fmt.Sprintf("started %s = ok %s + failed %s + censored %s",
		show.Count(a.Started), show.Count(a.OK), show.Count(a.Failed), show.Count(a.Censored))
	if !a.Closes() {
		line += " ✖ does not add up"
	}
	p.hang(own("            "), line, plain)
}

// files names what was written, the shared stem once.
func (p *page) files(r *Report) {
	if len(r.Files) == 0 {
		return
	}
	stem := strings.TrimSuffix(r.Files[0], ".json")
	parts := []string{r.Files[0]}
	for _, name := range r.Files[1:] {
		if ext, ok := strings.CutPrefix(name, stem); ok && ext != "" {
			name = ext
		}
		parts = append(parts, name)
	}
	p.flow(own("FILES       ").in(bold), parts...)
}

// next says what to do with the report, where that is not plain: measurements that no
// objective was set for can still be judged.
func (p *page) next(r *Report) {
	if len(r.Files) == 0 || r.Kind != KindLoad || r.Evidence == nil || len(r.Objectives) > 0 || r.Comparison != nil || !r.Validity.Valid {
		return
	}
	p.flow(own("NEXT        ").in(bold), "gonogo judge "+r.Files[0]+" --slo 'p95 < 200ms'")
}

// exitUnsaved is the exit code of a run whose report could not be saved.
const exitUnsaved = 1

// end ends the page with the verdict, unless there is no report that it could be read
// from again: then that is said, and what it would have been.
func (p *page) end(r *Report) {
	reasons := r.told()
	if r.ExitCode != exitUnsaved {
		p.verdict(r.Verdict, r.ExitCode, reasons, r.fine())
		return
	}
	what := "the report could not be written, so this page is all that is left of the run"
	switch {
	case len(r.Files) > 0:
		what = "the report is there, but not all that belongs to it"
	case len(r.Merged) > 0: // its parts are there
		what = "the report could not be written"
	}
	if len(reasons) == 0 {
		reasons = []string{r.fine()}
	}
	would := fmt.Sprintf("without that: %s, %s", r.Verdict, reasons[0])
	p.verdict(unsaved, r.ExitCode, append([]string{what, would}, reasons[1:]...), "")
}

// told are the reasons without what the page has said before: why a check that failed
// matters.
func (r *Report) told() []string {
	reasons := slices.Clone(r.Reasons)
	for i := range reasons {
		for _, c := range r.Validity.Checks {
			if !c.OK && !c.Warning && c.Reason != "" {
				reasons[i] = strings.TrimSuffix(reasons[i], ": "+c.Reason)
			}
		}
	}
	return reasons
}

// verdict ends the page: the word, why, and what the command ends with. fine is what
// a GO says.
func (p *page) verdict(verdict string, exitCode int, reasons []string, fine string) {
	p.line("")
	mark := verdictMark(verdict)
	head := cell{mark.text + " " + show.Inert(verdict, 20) + "   ", mark.paint}
	if len(reasons) == 0 && verdict == "GO" {
		reasons = []string{fine}
	}
	reasons = onceOnly(shortened(reasons))
	const most = 6 // lines: what to do about it is said last
	for i, reason := range reasons {
		reason = show.Inert(reason, most*(p.width-show.Columns(head.text)))
		if i == len(reasons)-1 {
			reason += fmt.Sprintf(" (exit %d)", exitCode)
		}
		p.hang(head, reason, plain)
		head = own(strings.Repeat(" ", show.Columns(head.text)))
	}
}

// noWorse is why a comparison is a GO.
const noWorse = "the candidate is no worse than the baseline, within the margins"

// fine says why a run is a GO.
func (r *Report) fine() string {
	switch {
	case r.Comparison == nil:
		return "every objective holds"
	case len(r.Objectives) == 0:
		return noWorse
	}
	return "every objective holds, and " + noWorse
}

// shortened returns the reasons that fit, at least one.
func shortened(reasons []string) []string {
	const most = 6
	switch left := len(reasons) - most; {
	case len(reasons) == 0:
		return []string{""}
	case left > 0:
		return append(reasons[:most:most], "and "+show.Counted(int64(left), "more reason")+", in the report file")
	}
	return reasons
}

// unsaved stands in the place of the verdict of a run that left no report.
const unsaved = "NOT SAVED"

// verdictMark is the symbol of a verdict, of a run or of an objective.
func verdictMark(verdict string) cell {
	switch verdict {
	case "GO", "pass":
		return own("✔").in(green)
	case "CONDITIONAL-GO", "conditional":
		return own("▲").in(yellow)
	case "NO-GO", "INVALID", "fail", unsaved:
		return own("✖").in(red)
	}
	return own("?").in(yellow)
}
