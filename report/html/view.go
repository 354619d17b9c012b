package html

import (
	"html/template"
	"strconv"
	"strings"

	"gonogo/report"
	"gonogo/report/chart"
	"gonogo/report/show"
)

// A part is a section: its title is a heading and an entry of the contents.
type part struct {
	ID, Title string
	Short     string // the entry of the contents; "": the title
	Lead      string // one line below the title
	Blocks    []block
}

// A block is one of these.
type block struct {
	Text    string
	Figures []figure
	Smalls  []figure // in a denser grid
	Pair    []block  // beside each other, where there is room
	Table   *table
	Facts   []fact
	Notes   []note
	Fold    *fold
}

// A fold is what is folded away until a reader asks for it.
type fold struct {
	Summary string
	Blocks  []block
}

// A figure is a chart. Where Bare, its data is in a table that it shares with others.
type figure struct {
	chart.Figure
	Bare bool
	Zoom bool // its x axis is time
}

// A fact is a name and its value.
type fact struct{ Name, Value, Tone string }

// A note is a line with a sign before it.
type note struct{ Symbol, Tone, Text, More string }

// A table is one with a caption and heads.
type table struct {
	ID      string
	Caption string
	Head    []head
	Rows    [][]cell
	Sort    bool   // a script may sort it by a column
	Filter  string // what a script asks for to filter it by; "": not
	Foot    []cell // a last row that stays where it is
	Note    string // below it
	Full    bool   // it takes the whole width
	Lean    bool   // it is the data of charts: plain texts
	Quiet   bool   // its heading says what it is: the caption is for those who do not see
}

// Class is what a style sheet and the script know the table by.
func (t *table) Class() string {
	return strings.TrimSpace(map[bool]string{true: "full "}[t.Full] + map[bool]string{true: "sort"}[t.Sort])
}

// A head is that of a column.
type head struct {
	Name, Hint string
	Left       bool
}

// A cell is inert text, and what goes with it. The first one of a row is its head.
type cell struct {
	Text  string
	Full  string // the whole, where Text is cut
	Key   string // to sort by; "": the text
	Class string
	Lines []string // smaller, below
	Draw  template.HTML
}

// longest is how much of a name of unknown length is shown; whole is how much of it is
// kept at all.
const (
	longest = 72
	whole   = 2000
)

// said makes a cell of a text of unknown origin.
func said(text string) cell {
	c := cell{Text: show.Inert(text, longest), Class: "l"}
	if all := show.Inert(text, whole); all != c.Text {
		c.Full = all
	}
	return c
}

// own makes a cell of a text of ours.
func own(text string) cell { return cell{Text: text} }

// number makes a cell that sorts by its value.
func number(text string, v float64) cell {
	return cell{Text: text, Key: strconv.FormatFloat(v, 'g', 6, 64)}
}

// ms makes a cell of a time.
func ms(v *float64) cell {
	if v == nil {
		return cell{Text: show.None, Key: "-1"}
	}
	return number(show.Milliseconds(v), *v)
}

// count makes a cell of a count.
func count(n int64) cell { return number(show.Count(n), float64(n)) }

// ranked makes a cell of a percentile, which may fall on a failed request.
func ranked(l *report.Latency, name string, v *float64) cell {
	c := ms(v)
	if c.Text = l.Text(name, v); c.Text == "failed" {
		c.Class = "stop"
	}
	return c
}

// marked makes a cell of a verdict: a sign, a word and a colour.
func marked(verdict string) cell {
	return cell{Text: report.Symbol(verdict) + " " + show.Inert(verdict, 20), Class: "l v " + Tone(verdict)}
}

// Tone is the class of a verdict, of a run or an objective, which has its colour on every
// page: "go", "warn", "stop" or "unknown".
func Tone(verdict string) string {
	switch verdict {
	case "GO", "pass":
		return "go"
	case "CONDITIONAL-GO", "conditional":
		return "warn"
	case "NO-GO", "INVALID", "fail":
		return "stop"
	}
	return "unknown"
}

func (c cell) with(lines ...string) cell {
	for _, line := range lines {
		if line != "" {
			c.Lines = append(c.Lines, show.Inert(line, 600))
		}
	}
	return c
}

// heads makes heads, the first one to the left.
func heads(names ...string) []head {
	all := make([]head, len(names))
	for i, name := range names {
		all[i] = head{Name: name, Left: i == 0}
	}
	return all
}

// drawn makes a block of charts.
func drawn(all ...chart.Figure) block {
	var b block
	for _, f := range all {
		b.Figures = append(b.Figures, figure{Figure: f})
	}
	return b
}

// overTime makes a block of charts whose x axis is time.
func overTime(all ...chart.Figure) block {
	b := drawn(all...)
	for i := range b.Figures {
		b.Figures[i].Zoom = true
	}
	return b
}

// A placed cell knows where in its row it stands.
type placed struct {
	cell
	Head, Leftwards bool
}

// At is the cell at a place of its row.
func (c cell) At(i int) placed {
	return placed{cell: c, Head: i == 0, Leftwards: len(c.Class) > 0 && c.Class[0] == 'l'}
}
