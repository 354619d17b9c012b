package chart

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
	"time"
)

// A frame is where the plot of a chart lies, and its axes.
type frame struct {
	x, y, w, h float64
	xs, ys     scale
}

// Figure draws the lines.
func (l Lines) Figure() Figure {
	rows := l.rows()
	f := Figure{ID: l.ID, Title: l.Title, Says: l.says(rows), Table: l.table(rows)}
	height := l.Height
	if height <= 0 {
		height = DefaultHeight
	}
	c := &canvas{id: ident(l.ID)}
	if !rows.any() {
		f.SVG = nothing(c, f, Width, height)
		return f
	}
	fr := l.frame(rows, height)
	c.axes(fr, l.Unit, l.Start)
	names := newLabels(fr)
	plot := c.open(fr)
	for i, s := range rows.series {
		ink := inkOf(i, s.Tone)
		plot.series(fr, rows, s, ink)
		if y, ok := rows.lastY(s); ok {
			names.add(fr.ys.at(y), s.Name, ink)
		}
	}
	for _, limit := range l.Limits {
		plot.level(fr, limit.Value)
		names.add(fr.ys.at(limit.Value), limit.Label, limitInk())
	}
	plot.close()
	names.draw(c)
	f.SVG = c.draw(Width, height, rows.data(fr), l.Title, f.Says)
	return f
}

// A table of rows in order of time, each with one value a series.
type rows struct {
	x      []float64
	step   float64
	series []Series
}

// rows are those of the chart in order, those without a place left out.
func (l Lines) rows() rows {
	order := make([]int, 0, len(l.X))
	for i, x := range l.X {
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case l.X[a] < l.X[b]:
			return -1
		case l.X[a] > l.X[b]:
			return 1
		}
		return 0
	})
	r := rows{step: l.Step}
	for _, i := range order {
		r.x = append(r.x, min(max(l.X[i], -most), most))
	}
	for _, s := range l.Series {
		y := make([]float64, len(order))
		for k, i := range order {
			y[k] = math.NaN()
			if i < len(s.Y) {
				y[k] = s.Y[i]
			}
		}
		r.series = append(r.series, Series{Name: s.Name, Y: y, Tone: s.Tone})
	}
	if !(r.step > 0) || r.step > most {
		r.step = usual(r.x)
	}
	return r
}

// usual is the distance that most rows have: the median one; of a single row a second.
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

// mid is where row i is drawn: in its middle.
func (r rows) mid(i int) float64 { return r.x[i] + r.step/2 }

// any tells whether there is anything to draw.
func (r rows) any() bool {
	_, _, ok := r.extent()
	return ok
}

// extent is the smallest and the largest value.
func (r rows) extent() (lo, hi float64, ok bool) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, s := range r.series {
		for _, y := range s.Y {
			if !math.IsNaN(y) {
				lo, hi, ok = min(lo, y), max(hi, y), true
			}
		}
	}
	return lo, hi, ok
}

// lastY is the last value of a series.
func (r rows) lastY(s Series) (float64, bool) {
	for i := len(s.Y) - 1; i >= 0; i-- {
		if !math.IsNaN(s.Y[i]) {
			return s.Y[i], true
		}
	}
	return 0, false
}

// frame lays the plot out.
func (l Lines) frame(r rows, height int) frame {
	fr := frame{x: 52, y: 18, w: Width - 52 - 110, h: float64(height) - 18 - 32}
	lo, hi, _ := r.extent()
	for _, limit := range l.Limits {
		lo, hi = min(lo, limit.Value), max(hi, limit.Value)
	}
	fr.ys = linear(lo, hi, int(fr.h/32))
	if l.Log {
		fr.ys = logarithmic(lo, hi, int(fr.h/16))
	}
	fr.ys.a, fr.ys.b = fr.y+fr.h, fr.y
	fr.xs = scale{lo: r.x[0], hi: r.x[len(r.x)-1] + r.step, a: fr.x, b: fr.x + fr.w}
	fr.xs.ticks = timely(fr.xs.lo, fr.xs.hi, 10)
	return fr
}

// axes draws the grid and the texts of both axes.
func (c *canvas) axes(fr frame, u Unit, start time.Time) {
	grid := gridInk()
	for _, t := range fr.ys.ticks {
		y := fr.ys.at(t)
		c.printf(`<path class="%s" d="M%s %sh%s" stroke="%s"/>`, grid.class, num(fr.x), num(y), num(fr.w), grid.colour)
		c.text(fr.x-6, y+4, axisInk(), "end", u.tick(t))
	}
	for _, t := range fr.xs.ticks {
		c.text(fr.xs.at(t), fr.y+fr.h+15, axisInk(), "middle", Seconds.Text(t))
		if !start.IsZero() && fr.xs.hi-fr.xs.lo >= 3600 {
			c.text(fr.xs.at(t), fr.y+fr.h+28, axisInk(), "middle", start.Add(time.Duration(t*1e9)).UTC().Format("15:04"))
		}
	}
}

// open starts the plot: a drawing of its own, in tenths of a unit, so that a page can
// zoom by its viewBox alone.
func (c *canvas) open(fr frame) *canvas {
	c.printf(`<svg class="plot" x="%s" y="%s" width="%s" height="%s" viewBox="%d %d %d %d" preserveAspectRatio="none" fill="none">`,
		num(fr.x), num(fr.y), num(fr.w), num(fr.h), tenths(fr.x), tenths(fr.y), tenths(fr.w), tenths(fr.h))
	return c
}

func (c *canvas) close() { c.printf("</svg>") }

// stroke draws a path of the plot.
func (c *canvas) stroke(i ink, d string) {
	dash := ""
	if i.dash != "" {
		dash = ` stroke-dasharray="` + i.dash + `"`
	}
	c.printf(`<path class="%s" d="%s" stroke="%s" stroke-width="%s"%s vector-effect="non-scaling-stroke"/>`, i.class, d, i.colour, num(i.width), dash)
}

// series draws one line, and a dot where a row stands alone.
func (c *canvas) series(fr frame, r rows, s Series, i ink) {
	var line, dots trace
	for from := 0; from < len(s.Y); {
		to := r.run(s, from)
		switch {
		case to-from == 1:
			dots.dot(fr.xs.at(r.mid(from)), fr.ys.at(s.Y[from]))
		case to > from:
			line.move(fr.xs.at(r.mid(from)), fr.ys.at(s.Y[from]))
			for k := from + 1; k < to; k++ {
				line.line(fr.xs.at(r.mid(k)), fr.ys.at(s.Y[k]))
			}
		}
		from = max(to, from+1)
	}
	if line.b.Len() > 0 {
		c.stroke(i, line.String())
	}
	if dots.b.Len() > 0 {
		c.printf(`<path class="%s dot" d="%s" stroke="%s" stroke-width="5" stroke-linecap="round" vector-effect="non-scaling-stroke"/>`, i.class, dots.String(), i.colour)
	}
}

// run is the end of the rows from from on that one stroke joins.
func (r rows) run(s Series, from int) int {
	to := from
	for to < len(s.Y) && !math.IsNaN(s.Y[to]) {
		if to > from && r.x[to]-r.x[to-1] > 1.5*r.step {
			break
		}
		to++
	}
	return to
}

// level draws a limit.
func (c *canvas) level(fr frame, v float64) {
	var t trace
	t.move(fr.x, fr.ys.at(v))
	t.line(fr.x+fr.w, fr.ys.at(v))
	c.stroke(limitInk(), t.String())
}

// data tells a script where the rows of the table lie: see the package comment.
func (r rows) data(fr frame) string {
	return fmt.Sprintf(` data-plot="%s %s %s %s"`, num(fr.x), num(fr.y), num(fr.w), num(fr.h))
}

// nothing is the figure of no data.
func nothing(c *canvas, f Figure, width, height int) template.HTML {
	c.text(float64(width)/2, float64(height)/2, axisInk(), "middle", "nothing was measured")
	return c.draw(width, height, "", f.Title, f.Says)
}

// says is the chart in words.
func (l Lines) says(r rows) string {
	var parts []string
	for _, s := range r.series {
		if text := r.spoken(s, l.Unit); text != "" {
			parts = append(parts, text)
		}
	}
	if len(parts) == 0 {
		return "Nothing was measured."
	}
	return strings.Join(parts, "; ") + "."
}

// spoken is one series in words.
func (r rows) spoken(s Series, u Unit) string {
	lo, hi, last := -1, -1, -1
	for i, y := range s.Y {
		if math.IsNaN(y) {
			continue
		}
		if lo < 0 || y < s.Y[lo] {
			lo = i
		}
		if hi < 0 || y > s.Y[hi] {
			hi = i
		}
		last = i
	}
	if lo < 0 {
		return ""
	}
	return fmt.Sprintf("%s: lowest %s at %s, highest %s at %s, last %s", s.Name, u.Text(s.Y[lo]), Seconds.Text(r.x[lo]),
		u.Text(s.Y[hi]), Seconds.Text(r.x[hi]), u.Text(s.Y[last]))
}

// table is the chart as a table.
func (l Lines) table(r rows) Table {
	t := Table{Head: []string{"time"}}
	for _, s := range r.series {
		t.Head = append(t.Head, s.Name)
	}
	for i, x := range r.x {
		row := []string{Seconds.Text(x)}
		for _, s := range r.series {
			row = append(row, l.Unit.Text(s.Y[i]))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
