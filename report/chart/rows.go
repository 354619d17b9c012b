package chart

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonogo/report/show"
)

// rows are what a chart over time draws: in order of time, each with one value a series.
type rows struct {
	x      []float64
	step   float64
	series []Series
	folded int // how many rows of the caller's each is
}

// farthest is the last place in time that is drawn, in seconds: thousands of years.
const farthest = 1e12

// mostRows is how many rows are drawn: more than the chart has places for. Where there are
// more, several become one, which has the highest of their values.
const mostRows = 1000

// inOrder makes rows of what a caller gave. Rows without a time are left out.
func inOrder(x []float64, step float64, series []Series) rows {
	order := make([]int, 0, len(x))
	for i, v := range x {
		if math.Abs(v) <= farthest {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(x[a], x[b]) })
	r := rows{step: step, folded: (len(order) + mostRows - 1) / mostRows}
	for k := 0; k < len(order); k += r.folded {
		r.x = append(r.x, x[order[k]])
	}
	for _, s := range series {
		r.series = append(r.series, Series{Name: s.Name, Y: fold(s.Y, order, r.folded), Tone: s.Tone})
	}
	switch most := usual(r.x); {
	case !(r.step > 0) || r.step > farthest:
		r.step = most
	case r.folded > 1:
		r.step = max(r.step, most)
	}
	return r
}

// fold puts the values of a series in order, n to one.
func fold(y []float64, order []int, n int) []float64 {
	var out []float64
	for k := 0; k < len(order); k += n {
		top := math.NaN()
		for _, i := range order[k:min(k+n, len(order))] {
			if i < len(y) && !math.IsNaN(y[i]) && !(y[i] <= top) {
				top = y[i]
			}
		}
		out = append(out, top)
	}
	return out
}

// usual is the distance that most rows have: the median. Of a single row it is a second.
func usual(x []float64) float64 {
	var d []float64
	for i := 1; i < len(x); i++ {
		if x[i] > x[i-1] {
			d = append(d, x[i]-x[i-1])
		}
	}
	if len(d) == 0 {
		return 1
	}
	slices.Sort(d)
	return d[len(d)/2]
}

// length is how long row i is: a row may be cut short by the next.
func (r rows) length(i int) float64 {
	if i+1 < len(r.x) && r.x[i+1] > r.x[i] {
		return min(r.step, r.x[i+1]-r.x[i])
	}
	return r.step
}

// mid is where row i is drawn: in its middle.
func (r rows) mid(i int) float64 { return r.x[i] + r.length(i)/2 }

// end is where the last row ends.
func (r rows) end() float64 { return r.x[len(r.x)-1] + r.step }

// extent is the smallest and the largest value. Above: of those over zero alone, as a log
// axis shows them.
func (r rows) extent(above bool) (lo, hi float64, ok bool) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, s := range r.series {
		for _, y := range s.Y {
			if !math.IsNaN(y) && !(above && y <= 0) {
				lo, hi, ok = min(lo, y), max(hi, y), true
			}
		}
	}
	return lo, hi, ok
}

// run is the end of the rows from from on that one stroke joins.
func (r rows) run(y []float64, from int) int {
	to := from
	for to < len(y) && !math.IsNaN(y[to]) {
		if to > from && r.x[to]-r.x[to-1] > 1.5*r.step {
			break
		}
		to++
	}
	return to
}

// places tells a script where in the plot the rows of the table lie, as runs of
// start,step,count.
func places(at []int) string {
	var b strings.Builder
	for i := 0; i < len(at); {
		n, step := 1, 0
		if i+1 < len(at) {
			step = at[i+1] - at[i]
			for n < len(at)-i && at[i+n]-at[i+n-1] == step {
				n++
			}
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strconv.Itoa(at[i]) + "," + strconv.Itoa(step) + "," + strconv.Itoa(n))
		i += n
	}
	return ` data-x="` + b.String() + `"`
}

// data are the places of the rows.
func (r rows) data(f frame) string {
	at := make([]int, len(r.x))
	for i := range at {
		at[i] = f.px(r.mid(i))
	}
	return places(at)
}

// table is the rows in words. The last column says in which bands a row lies, where there
// are any.
func (r rows) table(u Unit, bands []Band) Table {
	t := Table{Head: []string{"time"}}
	for _, s := range r.series {
		t.Head = append(t.Head, named(s.Name))
	}
	if len(bands) > 0 {
		t.Head = append(t.Head, "in")
	}
	for i, x := range r.x {
		row := []string{elapsed(x)}
		for _, s := range r.series {
			row = append(row, u.Text(s.Y[i]))
		}
		if len(bands) > 0 {
			row = append(row, within(bands, r.mid(i)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// within lists the bands at an instant.
func within(bands []Band, at float64) string {
	var names []string
	for _, b := range bands {
		if b.From <= at && at < b.To && !slices.Contains(names, b.Label) {
			names = append(names, b.Label)
		}
	}
	return strings.Join(names, ", ")
}

// mostName is the most columns of a name in a sentence or a table.
const mostName = 80

// named makes a name inert.
func named(name string) string { return show.Inert(name, mostName) }
