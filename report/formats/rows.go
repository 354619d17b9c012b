package formats

import (
	"cmp"
	"fmt"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"gonogo/report"
	"gonogo/report/show"
)

// The states of a row. The first four are verdicts of objectives.
const (
	pass         = "pass"
	conditional  = "conditional"
	inconclusive = "inconclusive"
	fail         = "fail"
	warned       = "warned" // a proof of validity that is short of its limit, and not so far that the run does not count
)

// The groups of rows.
const (
	objectives = "objective"
	drifts     = "drift"
	contrasts  = "comparison"
	proofs     = "validity"
	whole      = "run"
)

// A row is one thing that the run was judged by. All its texts are inert, on one line
// and of bounded length.
type row struct {
	group    string
	name     string // no other of its group has it
	state    string
	target   string
	measured string
	margin   string
	samples  string
	rule     string // which fired
	source   string // "file:line" or a flag; as it is, not inert
	remedy   string
}

// The most columns that a name and another text take.
const (
	widestName = 120
	widestText = 400
	roomNumber = len(" (100000)") // of widestName, for a number behind a name
)

// verdictRow is the name of the last row: the run as a whole. It is there even where
// nothing else is, so that no reader takes nothing for a success.
const verdictRow = "verdict"

// rowsOf returns what the run was judged by: its objectives, whether it drifted, how it
// compares, the proofs of the instrument and, last, the run as a whole.
//
// Where the measurement is not valid, nothing that was judged on it counts: it is
// inconclusive then, also what failed.
func rowsOf(r *report.Report) []row {
	var rows []row
	for i := range r.Objectives {
		rows = append(rows, objectiveRow(&r.Objectives[i]))
	}
	if r.Drift != nil {
		for _, m := range r.Drift.Measures {
			rows = append(rows, row{group: drifts, name: m.Name, state: m.Verdict, target: "no drift", rule: m.Rule})
		}
	}
	if r.Comparison != nil {
		rows = append(rows, contrastRows(r.Comparison)...)
	}
	if invalid(r) {
		for i := range rows {
			rows[i].rule = fmt.Sprintf("not counted, as the measurement is not valid; otherwise %s: %s", rows[i].state, rows[i].rule)
			rows[i].state = inconclusive
		}
	}
	for _, c := range r.Validity.Checks {
		rows = append(rows, proofRow(c))
	}
	rows = append(rows, row{group: whole, name: verdictRow, state: stateOf(r.Verdict), measured: r.Verdict, rule: r.Sentence()})
	for i := range rows {
		rows[i].inert()
	}
	named(rows)
	return rows
}

func invalid(r *report.Report) bool { return r.Verdict == "INVALID" || !r.Validity.Valid }

// stateOf is the state of a run with that verdict.
func stateOf(verdict string) string {
	switch verdict {
	case "GO":
		return pass
	case "CONDITIONAL-GO":
		return conditional
	case "NO-GO":
		return fail
	}
	return inconclusive
}

func objectiveRow(o *report.Objective) row {
	rule := o.Rule
	if o.Conditional != nil {
		rule += "; conditional: " + *o.Conditional
	}
	if o.NoGo != nil {
		rule += "; no-go: " + *o.NoGo
	}
	return row{
		group: objectives, name: o.Name, state: o.Verdict, target: o.Target, measured: o.Shown,
		margin: o.MarginText(), samples: show.Count(o.Samples), rule: rule, source: o.Source,
	}
}

// contrastRows are the metrics of a comparison that were judged.
func contrastRows(c *report.Comparison) []row {
	var rows []row
	for _, m := range c.Rows {
		if m.Verdict == nil {
			continue
		}
		unit := "%"
		if m.Unit == "%" {
			unit = "pt"
		}
		measured := show.None
		if m.Change != nil {
			measured = fmt.Sprintf("%+.2f%s", *m.Change, unit)
		}
		rows = append(rows, row{
			group: contrasts, name: m.Metric, state: *m.Verdict, target: fmt.Sprintf("no worse by %g%s", m.Margin, unit),
			measured: measured, rule: m.Rule,
		})
	}
	return rows
}

func proofRow(c report.Check) row {
	x := row{group: proofs, name: c.Name, state: inconclusive, target: c.Limit, measured: c.Measured, rule: c.Reason, remedy: c.Remedy}
	switch {
	case c.OK:
		x.state = pass
	case c.Warning:
		x.state = warned
	}
	return x
}

func (x *row) inert() {
	x.name = cmp.Or(show.Inert(x.name, widestName-roomNumber), "unnamed")
	switch x.state {
	case pass, conditional, fail, warned:
	default:
		x.state = inconclusive // what is not known is never a pass
	}
	for _, text := range []*string{&x.target, &x.measured, &x.margin, &x.samples, &x.rule, &x.remedy} {
		*text = show.Inert(*text, widestText)
	}
}

// named gives rows of one name and group numbers: readers take them for one otherwise.
func named(rows []row) {
	seen := map[string]names{}
	for i := range rows {
		x := &rows[i]
		if seen[x.group] == nil {
			seen[x.group] = names{}
		}
		x.name = seen[x.group].unique(x.name)
	}
}

// names are those that are taken.
type names map[string]bool

// unique takes a name, with a number behind it where it is taken.
func (n names) unique(name string) string {
	free := name
	for i := 2; n[free]; i++ {
		free = fmt.Sprintf("%s (%d)", name, i)
	}
	n[free] = true
	return free
}

// id names the row among all, the same in every run.
func (x *row) id() string { return x.group + ":" + x.name }

// message is what there is to know of the row, in a line.
func (x *row) message() string {
	if x.group == whole {
		return x.rule
	}
	parts := []string{"measured " + cmp.Or(x.measured, show.None)}
	if x.target != "" {
		parts = append(parts, "limit "+x.target)
	}
	if x.margin != "" {
		parts = append(parts, "margin "+x.margin)
	}
	if x.samples != "" {
		parts = append(parts, x.samples+" samples")
	}
	text := strings.Join(parts, ", ")
	if x.rule != "" {
		text += ": " + x.rule
	}
	return text
}

// alerts are the rows that somebody has to hear of: all that are no pass. The run as a
// whole is among them only where no other row says why it is as it is.
func alerts(r *report.Report) []row {
	var out []row
	explained := false
	rows := rowsOf(r)
	run := rows[len(rows)-1]
	for _, x := range rows[:len(rows)-1] {
		if x.state != pass {
			out = append(out, x)
			explained = explained || x.state == run.state
		}
	}
	if run.state != pass && !explained {
		out = append([]row{run}, out...)
	}
	return out
}

// place is where the row was written, if that is a line of a file.
func (x *row) place(at Where) (file string, line int, ok bool) {
	i := strings.LastIndexByte(x.source, ':')
	if i <= 0 {
		return "", 0, false
	}
	line, err := strconv.Atoi(x.source[i+1:])
	if err != nil || line < 1 {
		return "", 0, false
	}
	return at.relative(x.source[:i]), line, true
}

// relative names a file as somebody in Dir would, with slashes.
func (at Where) relative(file string) string {
	if at.Dir != "" && filepath.IsAbs(file) {
		if below, err := filepath.Rel(at.Dir, file); err == nil && filepath.IsLocal(below) {
			file = below
		}
	}
	return path.Clean(filepath.ToSlash(file))
}

// report is the path of the JSON report; "" where it has none.
func (at Where) report(r *report.Report) string {
	name := at.Report
	if name == "" && len(r.Files) > 0 {
		name = r.Files[0]
	}
	if name == "" {
		return ""
	}
	return at.relative(name)
}
