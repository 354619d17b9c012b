package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"gonogo/report/show"
)

// measurePhase is the name of the phase that is judged.
const measurePhase = "measure"

// warmUpPhase is the name of the one that is sent at full load and not judged.
const warmUpPhase = "warm-up"

func heads(names ...string) []cell {
	row := make([]cell, len(names))
	for i, name := range names {
		row[i] = own(name).in(dim)
	}
	return row
}

// latency prints the figures of each step and of all.
func (p *page) latency(r *Report) {
	p.title("LATENCY", "from when a request was due to the end of its answer")
	if r.Totals.Requests == 0 {
		p.line("  no request was measured")
		return
	}
	p.latencyTable(r).print(p)
	p.overTime(r)
	if len(r.Totals.Latency.Charged) > 0 {
		p.hang(own("  failed: ").in(dim), "at that rank no good answer came; it counts as at least the timeout", dim)
	}
}

func (p *page) latencyTable(r *Report) *table {
	t := &table{
		right:  []bool{false, true, true, true, true, true, true, true},
		least:  []int{15, 0, 0, 0, 0, 0, 0, 0},
		expend: []int{5, 2, 1, 4, 7},
	}
	t.add(heads("", "count", "p50", "p95", "p99", "p99.9", "max", "errors")...)
	steps, left := worstSteps(r.Steps)
	for _, s := range steps {
		t.add(latencyRow(said(s.Name), s.Latency, s.Accounting)...)
	}
	if left > 0 {
		t.add(own("and " + show.Counted(int64(left), "step") + " with a lower p95, in the report file").in(dim))
	}
	if len(r.Steps) != 1 {
		t.add(latencyRow(own("all"), r.Totals.Latency, r.Totals.Accounting)...)
	}
	if r.Totals.Accounting.Bad() > 0 {
		t.add(spreadRow("answered only", show.Count(r.Totals.Answered.Count), r.Totals.Answered)...)
	}
	t.add(spreadRow("without queueing delay", "", r.Totals.Service)...)
	return t
}

// groups prints the figures of each group.
func (p *page) groups(r *Report) {
	const most = 20
	if len(r.Groups) == 0 {
		return
	}
	p.title("GROUPS", "steps as a whole, by the sum of their response times")
	t := &table{
		right:  []bool{false, true, true, true, true, true, true},
		least:  []int{15, 0, 0, 0, 0, 0, 0},
		expend: []int{2, 1, 4, 6},
	}
	t.add(heads("", "count", "p50", "p95", "p99", "max", "failed")...)
	for _, g := range r.Groups[:min(most, len(r.Groups))] {
		l := g.Latency
		t.add(said(g.Name), own(show.Count(g.Requests)),
			l.cell("p50", l.P50), l.cell("p95", l.P95), l.cell("p99", l.P99), l.cell("max", l.Max),
			own(show.Share(g.Accounting.Bad(), g.Requests)))
	}
	if more := len(r.Groups) - most; more > 0 {
		t.add(own("and " + show.Counted(int64(more), "more group") + ", in the report file").in(dim))
	}
	t.print(p)
}

func latencyRow(name cell, l Latency, a Accounting) []cell {
	return []cell{
		name, own(show.Count(a.Planned)),
		l.cell("p50", l.P50), l.cell("p95", l.P95), l.cell("p99", l.P99), l.cell("p99_9", l.P999), l.cell("max", l.Max),
		own(show.Share(a.Bad(), a.Planned)),
	}
}

func spreadRow(name, count string, s Spread) []cell {
	row := []cell{own(name), own(count)}
	for _, v := range []*float64{s.P50, s.P95, s.P99, s.P999, s.Max} {
		row = append(row, own(show.Milliseconds(v)))
	}
	return row
}

// cell prints the named figure, or that its rank falls on a failed request.
func (l *Latency) cell(name string, ms *float64) cell {
	if slices.Contains(l.Charged, name) {
		return own("failed").in(red)
	}
	return own(show.Milliseconds(ms))
}

// worstSteps returns the steps that fit on a page, in the order of the scenario,
// and how many were left out: those with the lowest p95.
func worstSteps(steps []Step) (shown []Step, left int) {
	const most = 40
	if len(steps) <= most {
		return steps, 0
	}
	byP95 := slices.Clone(steps)
	slices.SortStableFunc(byP95, func(a, b Step) int { return cmp.Compare(atLeast0(b.Latency.P95), atLeast0(a.Latency.P95)) })
	limit := atLeast0(byP95[most-1].Latency.P95)
	for _, s := range steps {
		if len(shown) < most && atLeast0(s.Latency.P95) >= limit {
			shown = append(shown, s)
		}
	}
	return shown, len(steps) - len(shown)
}

func atLeast0(v *float64) float64 {
	if v == nil {
		return 0
	}
	return max(0, *v)
}

// overTime draws the p95 of the measure phase as a line of blocks.
func (p *page) overTime(r *Report) {
	const most = 30
	line := spark(r.Intervals, most)
	if line == "" || r.WorstWindow == nil {
		return
	}
	worst := show.Milliseconds(&r.WorstWindow.P95)
	if r.WorstWindow.Charged {
		worst = "failed"
	}
	p.flow(own("  p95 over time    "), line, "worst "+show.Span(r.WorstWindow.Length)+" window "+worst)
}

// spark draws the p95 of the measured intervals over time in at most most
// blocks, from 0 to the highest; a block shows the worst of its time, so that a
// short stall does not vanish.
func spark(intervals []Interval, most int) string {
	measured := measuredOnly(intervals)
	from, to := extent(measured)
	if !(to > from) {
		return ""
	}
	cells, peak := make([]float64, min(most, len(measured))), 0.0
	at := func(t float64) float64 { return (t - from) * float64(len(cells)) / (to - from) }
	for _, in := range measured {
		last := min(int(math.Ceil(at(in.T+in.Length)))-1, len(cells)-1)
		for i := max(0, int(at(in.T))); i <= last && in.P95 != nil; i++ {
			cells[i] = max(cells[i], *in.P95)
			peak = max(peak, *in.P95)
		}
	}
	if len(cells) >= enoughCells {
		sorted := slices.Sorted(slices.Values(cells))
		peak = max(peak, 2*sorted[len(sorted)/2])
	}
	return blocks(cells, peak)
}

// enoughCells make a line that can be steady. It stands half-way up then: at the
// top it would look like a limit.
const enoughCells = 8

// levels are the blocks, from the lowest.
func levels() []rune { return []rune("▁▂▃▄▅▆▇█") }

// blocks draws each value by its share of the peak; 0 is a gap.
func blocks(values []float64, peak float64) string {
	levels := levels()
	var line strings.Builder
	for _, v := range values {
		if v <= 0 { // nothing was due
			line.WriteByte(' ')
			continue
		}
		line.WriteRune(levels[min(int(v/peak*float64(len(levels))), len(levels)-1)])
	}
	return line.String()
}

func measuredOnly(intervals []Interval) []Interval {
	var measured []Interval
	for _, in := range intervals {
		if in.Phase == measurePhase {
			measured = append(measured, in)
		}
	}
	return measured
}

// extent returns when the first interval starts and the last one ends.
func extent(intervals []Interval) (from, to float64) {
	for i, in := range intervals {
		if i == 0 {
			from, to = in.T, in.T
		}
		from, to = min(from, in.T), max(to, in.T+in.Length)
	}
	return from, to
}

// errors prints what went wrong, where, since when and an example.
func (p *page) errors(r *Report) {
	const most = 8
	if r.Totals.Accounting.Bad() == 0 && len(r.Errors) == 0 {
		p.title("ERRORS", "none")
		return
	}
	p.title("ERRORS", show.Count(r.Totals.Accounting.Bad())+" of "+show.Counted(r.Totals.Accounting.Planned, "request")+
		" ("+show.Share(r.Totals.Accounting.Bad(), r.Totals.Accounting.Planned)+")")
	groups := slices.Clone(r.Errors)
	slices.SortStableFunc(groups, func(a, b Failure) int { return cmp.Compare(b.Count, a.Count) })
	t := &table{right: []bool{true, false, false, false}, least: []int{0, 0, 8, 0}, expend: []int{3}}
	for _, g := range groups[:min(most, len(groups))] {
		t.add(own(show.Count(g.Count)), said(what(g)), said(r.where(g)), own("first "+clock(g.FirstAt)))
		if g.Example != "" {
			t.note(1, g.Example)
		}
		if todo := remedy(g); todo != "" {
			t.note(1, todo)
		}
	}
	t.print(p)
	if more := len(groups) - most; more > 0 {
		p.line("  and " + show.Counted(int64(more), "more kind") + ", in the report file")
	}
}

// remedy says what to do about a failure whose cause is how gonogo was told to connect.
func remedy(g Failure) string {
	for cause, todo := range map[string]string{
		"failed to verify certificate":   "--cacert FILE trusts the authority of a certificate, --insecure trusts any",
		"protocol version not supported": "the target speaks another version of TLS: see --tls-min and --tls-max",
		"no application protocol":        "the target does not speak this version of HTTP over TLS: try another --http",
		"the peer speaks HTTP/1 here":    "the target does not speak HTTP/2 in clear text: leave --http 2 out",
	} {
		if (g.Class == "tls" || g.Class == "malformed") && strings.Contains(g.Example, cause) {
			return todo
		}
	}
	return ""
}

func what(g Failure) string {
	if g.Status != 0 {
		return fmt.Sprintf("%s %d", g.Class, g.Status)
	}
	return g.Class
}

// where names the step, and the phase unless it is the one that is judged.
func (r *Report) where(g Failure) string {
	if g.Phase == measurePhase || g.Phase == "" {
		return g.Step
	}
	return "(" + r.phaseName(g.Phase) + ") " + g.Step
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05Z") }
