package report

import (
	"slices"
	"strings"

	"gonogo/report/show"
)

// A paint colours a piece of text, where colour is wanted.
type paint string

// The paints, as terminals number them.
const (
	plain  paint = ""
	bold   paint = "1"
	dim    paint = "2"
	red    paint = "31"
	green  paint = "32"
	yellow paint = "33"
)

// A page takes lines of at most width columns.
type page struct {
	text   strings.Builder
	width  int
	colour bool
}

func (p *page) line(text string) {
	p.text.WriteString(noCommand(strings.TrimRight(text, " ")))
	p.text.WriteByte('\n')
}

// noCommand takes the meaning from what the runners of CI would obey in the log of a
// step: a line of GitHub's that starts with "::", wherever its text was broken, and "##["
// and "##vso[" anywhere. A name or an answer of the target may hold them. No line becomes
// wider by it.
func noCommand(line string) string {
	if rest, found := strings.CutPrefix(strings.TrimLeft(line, " "), "::"); found {
		line = line[:len(line)-len(rest)-2] + "\u2236:" + rest // a ratio looks like a colon
	}
	return harmless.Replace(line)
}

var harmless = strings.NewReplacer("##[", "#\u266f[", "##vso[", "#\u266fvso[")

// painted gives an inert text its colour.
func (p *page) painted(text string, with paint) string {
	if !p.colour || with == plain || text == "" {
		return text
	}
	return "\x1b[" + string(with) + "m" + text + "\x1b[0m"
}

// title starts a section: a blank line, the title in capitals, and what is said
// beside it.
func (p *page) title(title, beside string) {
	p.line("")
	p.line(p.painted(title, bold) + "  " + show.Inert(beside, p.width-show.Columns(title)-2))
}

// hang prints a text of unknown origin behind a head, wrapped and hanging, in
// at most four lines.
func (p *page) hang(head cell, text string, with paint) {
	const most = 4
	at := show.Columns(head.text)
	if 2*at > p.width { // too little room behind it
		head, text, at = own(""), head.text+text, 0
	}
	room := p.width - at
	for i, line := range show.Wrap(show.Inert(text, most*room), room) {
		start := strings.Repeat(" ", at)
		if i == 0 {
			start = p.painted(head.text, head.paint)
		}
		p.line(start + p.painted(line, with))
	}
}

// A cell is a piece of inert text and its paint.
type cell struct {
	text  string
	paint paint
}

// said makes a cell of a text of unknown origin.
func said(text string) cell {
	const widest = 300
	return cell{show.Inert(text, widest), plain}
}

// own makes a cell of a text of ours.
func own(text string) cell { return cell{text, plain} }

func (c cell) in(with paint) cell { return cell{c.text, with} }

// A table aligns rows of cells in columns. A cell that is aligned to the left
// has the place of the empty cells to its right too.
type table struct {
	right  []bool // which columns are aligned to the right
	least  []int  // how far each column gives way on a narrow page; 0: it does not
	expend []int  // which columns go when that does not suffice, first to last
	rows   []row
}

// A row is cells, or a note of unknown origin that starts at a column.
type row struct {
	cells []cell
	note  string
	at    int
}

const (
	indent = 2
	gap    = 2
)

func (t *table) add(cells ...cell) { t.rows = append(t.rows, row{cells: cells}) }

// note adds a text below the last row, which starts at a column.
func (t *table) note(at int, text string) { t.rows = append(t.rows, row{note: text, at: at}) }

// reach returns the column after the last one that cell i of the row has.
func (t *table) reach(cells []cell, i int) int {
	next := i + 1
	for !t.right[i] && next < len(t.right) && (next >= len(cells) || cells[next].text == "") {
		next++
	}
	return next
}

// widths returns the width of each column so that a row fits on the page. A
// column of width 0 is left out.
func (t *table) widths(most int) []int {
	widths, over := t.natural(), -most
	for i, w := range widths {
		over += gap + w
		if i == 0 {
			over += indent - gap
		}
	}
	for ; over > 0; over-- { // the widest gives way, so that something is left of each
		widest := -1
		for i, least := range t.least {
			if least > 0 && widths[i] > least && (widest < 0 || widths[i] >= widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	for _, i := range t.expend {
		if over > 0 {
			over -= gap + widths[i]
			widths[i] = 0
		}
	}
	for i := range slices.Backward(widths) { // absurd figures on a narrow page
		give := max(0, min(over, widths[i]-1))
		widths[i] -= give
		over -= give
	}
	return widths
}

// natural returns the width that each column would like to have.
func (t *table) natural() []int {
	widths := slices.Clone(t.least)
	for _, row := range t.rows {
		for i, c := range row.cells {
			if t.reach(row.cells, i) == i+1 {
				widths[i] = max(widths[i], show.Columns(c.text))
			}
		}
	}
	return widths
}

// print writes the rows to the page.
func (t *table) print(p *page) {
	widths := t.widths(p.width)
	for _, row := range t.rows {
		if row.cells == nil {
			p.hang(own(strings.Repeat(" ", indent+across(widths, 0, row.at))), row.note, dim)
			continue
		}
		line := strings.Repeat(" ", indent)
		for i, next := 0, 0; i < len(row.cells); i = next {
			next = t.reach(row.cells, i)
			if room := across(widths, i, next); room > 0 {
				line += fit(p, row.cells[i], room-gap, t.right[i]) + strings.Repeat(" ", gap)
			}
		}
		p.line(line)
	}
}

// across is how wide the columns from i to before next are, with their gaps.
func across(widths []int, i, next int) int {
	sum := 0
	for _, w := range widths[i:next] {
		if w > 0 {
			sum += w + gap
		}
	}
	return sum
}

func fit(p *page, c cell, room int, right bool) string {
	text := show.Inert(c.text, room)
	pad := strings.Repeat(" ", max(0, room-show.Columns(text)))
	if right {
		return pad + p.painted(text, c.paint)
	}
	return p.painted(text, c.paint) + pad
}
