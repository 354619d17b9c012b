package report

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"gonogo/report/show"
	"gonogo/slo"
)

// A View is what is shown of a run that goes on where there is room for several lines.
type View struct {
	Progress
	Scenario, Target, Load string
	Span                   time.Duration    // what the figures of the last seconds are about
	Max                    *float64         // of the response time, in milliseconds
	Bad                    map[string]int64 // Errors by class
	Dropped                int64            // since the start
	CPU                    *float64         // percent of the processors, of the generator
	Judgements             []slo.Judgement  // by the run so far

	// The run so far in stretches of one length, the oldest first; -1 is not known.
	P95s  []float64 // milliseconds
	Rates []float64 // good answers a second
	Bads  []float64 // percent of what was due
}

// The size of a screen that a View takes a line on only.
const (
	tooNarrow = 39 // and one that is left free
	tooLow    = 4
)

// Lines returns the view for a screen of that height, p.Width columns wide at most and
// a line below left free. What says least is left out on a low screen, and on one that
// is too small for any of it there is the line of ProgressLine.
func (v *View) Lines(height int, colour bool) []string {
	if v.Width < tooNarrow || height < tooLow {
		return []string{ProgressLine(v.Progress)}
	}
	lines := v.lines()
	for len(lines) > height-1 {
		least := slices.MaxFunc(lines, func(a, b viewLine) int { return cmp.Compare(a.rank, b.rank) })
		lines = slices.DeleteFunc(lines, func(l viewLine) bool { return l.rank == least.rank })
	}
	p := &page{width: v.Width, colour: colour}
	texts := make([]string, len(lines))
	for i, l := range lines {
		texts[i] = p.cut(l.cells)
	}
	return texts
}

// A viewLine is a line of a View. The lower its rank, the longer it stays.
type viewLine struct {
	rank  int
	cells []cell
}

// cut joins cells, as many as fit.
func (p *page) cut(cells []cell) string {
	var line strings.Builder
	room := p.width
	for i, c := range cells {
		text := show.Inert(c.text, room)
		if i == len(cells)-1 {
			text = strings.TrimRight(text, " ")
		}
		line.WriteString(p.painted(text, c.paint))
		if room -= show.Columns(text); room <= 0 {
			break
		}
	}
	return line.String()
}

// lines are all there are, from the top.
func (v *View) lines() []viewLine {
	all := []viewLine{
		{5, v.head()},
		{0, v.passed()},
		{1, v.now()},
		{2, v.labelled("response", "p50 "+show.Milliseconds(v.P50), "p95 "+show.Milliseconds(v.P95), "p99 "+show.Milliseconds(v.P99), "max "+show.Milliseconds(v.Max))},
		{6, v.spark("p95", v.squeezed(v.P95s, slices.Max[[]float64]), "worst "+show.Milliseconds(highest(v.P95s)), plain)},
		{20, v.spark("rate", v.squeezed(v.Rates, mean), "best "+show.Rate(highest(v.Rates)), plain)},
		{4, v.spark("errors", v.squeezed(v.Bads, slices.Max[[]float64]), v.errors(), v.alarm())},
	}
	all = append(all, v.objectives()...)
	return append(all, viewLine{7, v.generator()})
}

// head says what is run. The load in words goes where there is no room for it.
func (v *View) head() []cell {
	const most, apart = 60, "   "
	name, target, load := show.Inert(v.Scenario, most), show.Inert(v.Target, most), show.Inert(v.Load, most)
	cells := []cell{own(name).in(bold), own(apart + target)}
	if load != "" && show.Columns(name+target+load)+2*len(apart) <= v.Width {
		cells = append(cells, own(apart+load).in(dim))
	}
	return cells
}

// passed says how much of the run is over.
func (v *View) passed() []cell {
	head := fmt.Sprintf("%-*s", labelWidth, show.Inert(v.Phase, labelWidth-1))
	clock := elapsed(v.Elapsed, v.Total)
	if v.Total <= 0 {
		clock, _, _ = strings.Cut(clock, " of ")
		return []cell{own(head).in(bold), own(clock)}
	}
	done := min(1, max(0, v.Elapsed.Seconds()/v.Total.Seconds()))
	share := fmt.Sprintf("  %.0f%%", math.Floor(100*done))
	if bar := Bar(done, min(60, v.Width-labelWidth-len(clock)-len(share)-2)); bar != "" {
		share += "  " + bar
	}
	return []cell{own(head).in(bold), own(clock + share)}
}

// labelWidth is that of what stands before the figures.
const labelWidth = 11

// labelled is a line of parts behind a label, as many as fit.
func (v *View) labelled(label string, parts ...string) []cell {
	const apart = 3
	line := ""
	for i, part := range parts {
		gap := min(i, 1) * apart
		if part == "" || labelWidth+show.Columns(line)+gap+show.Columns(part) > v.Width {
			continue
		}
		line += strings.Repeat(" ", gap) + part
	}
	return []cell{own(fmt.Sprintf("%-*s", labelWidth, label)).in(dim), own(line)}
}

// now is what the target does and what is asked of it.
func (v *View) now() []cell {
	load := show.Counted(int64(v.Users), "user")
	if v.Planned != nil { // a flow of several steps arrives once
		load = strings.TrimSuffix(show.Rate(v.Planned), "/s") + " arrivals/s planned"
	}
	label := "now"
	if v.Span > 0 {
		label += " (" + show.Span(v.Span.Seconds()) + ")"
	}
	return v.labelled(label, show.Rate(v.Rate), load, "ok "+okShare(v.OK), show.Count(int64(v.InFlight))+" in flight")
}

// generator says whether the figures can be trusted.
func (v *View) generator() []cell {
	cpu := ""
	if v.CPU != nil {
		cpu = fmt.Sprintf("cpu %.0f%%", *v.CPU)
	}
	return v.labelled("generator", "start lag p99 "+show.Milliseconds(v.Lag), cpu, show.Count(v.Dropped)+" dropped")
}

// errors are how many there are, and the most frequent classes, as many as fit.
func (v *View) errors() string {
	const most = 3
	classes := slices.SortedFunc(maps.Keys(v.Bad), func(a, b string) int {
		return cmp.Or(cmp.Compare(v.Bad[b], v.Bad[a]), cmp.Compare(a, b))
	})
	text, between := show.Count(v.Errors), ": "
	for _, class := range classes[:min(most, len(classes))] {
		more := between + show.Count(v.Bad[class]) + " " + show.Inert(class, 20)
		if labelWidth+v.sparkRoom()+sparkGap+show.Columns(text+more) > v.Width {
			break
		}
		text, between = text+more, ", "
	}
	return text
}

func (v *View) alarm() paint {
	if v.Errors > 0 {
		return red
	}
	return plain
}

// sparkGap is between it and what is said beside it.
const sparkGap = 2

// sparkRoom is how many columns the run over time has.
func (v *View) sparkRoom() int {
	const mostBeside, most = 46, 120
	return max(1, min(v.Width-labelWidth-sparkGap-min(mostBeside, 2*v.Width/5), most))
}

// spark is a line of the run over time, and what is said beside it.
func (v *View) spark(label string, values []float64, beside string, with paint) []cell {
	return []cell{
		own(fmt.Sprintf("%-*s", labelWidth, label)).in(dim),
		own(fmt.Sprintf("%-*s", v.sparkRoom()+sparkGap, Spark(values))), own(beside).in(with),
	}
}

// objectives are the worst, one a line. Their rows do not change places as long as
// there is room for all.
func (v *View) objectives() []viewLine {
	const most, worstRank, nextRank = 5, 3, 8
	rows := objectivesOf(v.Judgements)
	worse := func(a, b Objective) int { return cmp.Compare(gravity(a.Verdict), gravity(b.Verdict)) }
	sorted := slices.SortedStableFunc(slices.Values(rows), worse)
	more := len(rows) - most
	if more > 0 {
		rows = sorted[:most]
	}
	t := columnsOf(rows)
	lines := make([]viewLine, len(rows))
	for i := range rows {
		place := slices.IndexFunc(sorted, func(o Objective) bool { return o.Name == rows[i].Name && o.Target == rows[i].Target })
		rank := nextRank + place
		if place == 0 {
			rank = worstRank
		}
		lines[i] = viewLine{rank, []cell{verdictMark(rows[i].Verdict), own(" " + t.row(i))}}
	}
	if more > 0 {
		lines = append(lines, viewLine{nextRank + most, []cell{own(fmt.Sprintf("  and %d more, none worse", more)).in(dim)}})
	}
	return lines
}

// viewColumns are the columns of some objectives.
type viewColumns struct{ names, targets, measured []string }

func columnsOf(rows []Objective) (t viewColumns) {
	for i := range rows {
		name, target := rows[i].named()
		t.names, t.targets = append(t.names, show.Inert(name, 24)), append(t.targets, show.Inert(target, 30))
		t.measured = append(t.measured, show.Inert(rows[i].Shown, 14))
	}
	return t
}

// row is one of them. The target is last: a narrow screen cuts it first.
func (t *viewColumns) row(i int) string {
	fill := func(texts []string) string {
		widest := 0
		for _, text := range texts {
			widest = max(widest, show.Columns(text))
		}
		return strings.Repeat(" ", widest-show.Columns(texts[i]))
	}
	return t.names[i] + fill(t.names) + "  " + fill(t.measured) + t.measured[i] + "  " + t.targets[i]
}

// gravity orders verdicts, the worst first.
func gravity(verdict string) int {
	return slices.Index([]string{string(slo.Fail), string(slo.Inconclusive), string(slo.Conditional), string(slo.Pass)}, verdict)
}

// Bar shows a share of all in so many columns, where that is enough to see it.
func Bar(done float64, width int) string {
	if width < 10 {
		return ""
	}
	full := min(width-2, max(0, int(math.Round(done*float64(width-2)))))
	return "[" + strings.Repeat("#", full) + strings.Repeat("-", width-2-full) + "]"
}

// squeezed makes the cells of the run over time that there is room for: one for each
// stretch, several where the whole plan has less seconds than there is room, or one for
// several stretches, folded. What is not known is left out of a cell.
func (v *View) squeezed(values []float64, fold func([]float64) float64) []float64 {
	room := v.sparkRoom()
	if len(values) <= room {
		times := 1
		if seconds := int(v.Total / time.Second); seconds > 0 {
			times = max(1, room/max(seconds, len(values)))
		}
		var cells []float64
		for _, value := range values {
			cells = append(cells, slices.Repeat([]float64{value}, times)...)
		}
		return cells
	}
	cells := make([]float64, room)
	for i := range cells {
		of := slices.Clone(values[i*len(values)/room : (i+1)*len(values)/room])
		known := slices.DeleteFunc(of, func(v float64) bool { return v < 0 })
		if cells[i] = -1; len(known) > 0 {
			cells[i] = fold(known)
		}
	}
	return cells
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// highest is that of what is known, or nil.
func highest(values []float64) *float64 {
	if len(values) == 0 || slices.Max(values) < 0 {
		return nil
	}
	return new(slices.Max(values))
}
