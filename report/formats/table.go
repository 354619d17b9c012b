package formats

import (
	"strings"

	"gonogo/report/show"
)

// The most rows and bytes of a table of Markdown: what is left out is counted below it.
const (
	mostRows  = 40
	mostTable = 12 << 10
)

// A markdownTable is a table of Markdown whose cells are Markdown already.
type markdownTable struct {
	out strings.Builder
}

// newMarkdownTable begins a table; a head that ends with ":" is of figures, to the right.
func newMarkdownTable(heads ...string) *markdownTable {
	t := &markdownTable{}
	rule := make([]string, len(heads))
	for i, head := range heads {
		rule[i] = "---"
		if name, figures := strings.CutSuffix(head, ":"); figures {
			heads[i], rule[i] = name, "---:"
		}
	}
	t.row(heads...)
	t.row(rule...)
	return t
}

func (t *markdownTable) row(cells ...string) {
	t.out.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// rows adds up to n rows, as many as there is room for, and returns how many.
func (t *markdownTable) rows(n int, cells func(i int) []string) int {
	for i := range min(n, mostRows) {
		row := cells(i)
		if size := len(strings.Join(row, " | ")); i > 0 && t.out.Len()+size > mostTable {
			return i
		}
		t.row(row...)
	}
	return min(n, mostRows)
}

// text is the table, with how many of n are not in it.
func (t *markdownTable) text(n, in int, noun string) string {
	if n == in {
		return t.out.String()
	}
	return t.out.String() + "\nand " + show.Counted(int64(n-in), "more "+noun) + ", in the report file\n"
}

// tableOf is a table of n things.
func tableOf(heads []string, n int, noun string, cells func(i int) []string) string {
	t := newMarkdownTable(heads...)
	return t.text(n, t.rows(n, cells), noun)
}
