package chart

import (
	"fmt"
	"math"
	"slices"
)

// Figure draws the points.
func (p Points) Figure() Figure {
	c, f, height := newCanvas(p.ID), figure(p.ID, p.Title), tall(p.Height)
	series := p.usable()
	xs := abscissae(series)
	f.Table = p.table(series, xs)
	if len(xs) == 0 {
		return f.empty(c, Width, height, f.Table)
	}
	f.Says = p.says(series)
	lo, hi, names := math.Inf(1), math.Inf(-1), &labels{}
	tones := make([]Tone, len(series))
	for i, s := range series {
		tones[i] = s.Tone
	}
	inks := inksOf(tones)
	for i, s := range p.Series {
		if len(series[i].X) == 0 || i >= mostSeries {
			continue
		}
		lo, hi = min(lo, slices.Min(series[i].Y)), max(hi, slices.Max(series[i].Y))
		names.add(series[i].Y[len(series[i].Y)-1], s.Name, inks[i])
	}
	for _, limit := range usable(p.Limits, p.Log) {
		lo, hi = min(lo, limit.Value), max(hi, limit.Value)
		names.add(limit.Value, limit.Label, limitInk())
	}
	fr := frame{y: top(nil, p.Log)}
	if len(p.Marks) > 0 {
		fr.y += lineHeight
	}
	fr.h = float64(height) - fr.y - 24 - lineHeight
	fr.vertical(Lines{Log: p.Log, Unit: p.Unit}.scale(lo, hi, fr.h))
	fr.x = margin(fr.ys, p.Unit)
	fr.w = Width - fr.x - names.width()
	fr.xs = p.across(xs, fr.w)
	names.place(fr)
	p.draw(c, fr, series, inks)
	names.draw(c, fr)
	f.SVG = c.draw(Width, height, f)
	return f
}

// draw draws the axes, the marks and the points, those of the first series on top.
func (p Points) draw(c *canvas, fr frame, series []PointSeries, inks []ink) {
	xs := abscissae(series)
	at := make([]int, len(xs))
	for i, x := range xs {
		at[i] = fr.px(x)
	}
	c.data = places(at)
	c.values(fr, p.Unit)
	c.printf(`<g class="xt">`)
	c.group(textInk(), "middle")
	for _, v := range fr.xs.ticks {
		c.text(fr.ox(v), fr.bottom()+16, p.XUnit.tick(v))
	}
	c.text(fr.x+fr.w/2, fr.bottom()+30, fit(p.XName, fr.w))
	c.end()
	c.end()
	p.marks(c, fr)
	c.open(fr)
	c.grid(fr)
	c.limits(fr, p.Limits, p.Log)
	for _, m := range p.Marks {
		if m.X >= fr.xs.lo && m.X <= fr.xs.hi {
			var t trace
			t.move(fr.px(m.X), 0)
			t.draw(fr.px(m.X), int(fr.tall()))
			c.stroke(markInk(), &t)
		}
	}
	last := min(len(series), mostSeries) - 1
	for i := last; i >= 0; i-- {
		series[i].line(c, fr, inks[i])
	}
	c.close()
	for i := last; i >= 0; i-- {
		series[i].shapes(c, fr, inks[i], i)
	}
}

// usable are the series without the points that have no place.
func (p Points) usable() []PointSeries {
	out := make([]PointSeries, len(p.Series))
	for i, s := range p.Series {
		out[i] = PointSeries{Name: s.Name, Join: s.Join, Tone: s.Tone}
		for k := range min(len(s.X), len(s.Y), mostRows) {
			if math.Abs(s.X[k]) <= most && !math.IsNaN(s.Y[k]) && !(p.Log && s.Y[k] <= 0) {
				out[i].X, out[i].Y = append(out[i].X, s.X[k]), append(out[i].Y, s.Y[k])
			}
		}
	}
	return out
}

// abscissae are the places on the x axis that have a point, in order.
func abscissae(series []PointSeries) []float64 {
	var out []float64
	for _, s := range series {
		out = append(out, s.X...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// across is the x axis.
func (p Points) across(xs []float64, w float64) scale {
	lo, hi := xs[0], xs[len(xs)-1]
	for _, m := range p.Marks {
		if math.Abs(m.X) <= most {
			lo, hi = min(lo, m.X), max(hi, m.X)
		}
	}
	s := linear(lo, hi, int(w/80), p.XUnit == Count)
	s.b = math.Round(w * 10)
	return s
}

// marks writes the names of the marked places above the plot.
func (p Points) marks(c *canvas, f frame) {
	marks := slices.Clone(p.Marks)
	slices.SortStableFunc(marks, func(a, b Mark) int {
		if a.X < b.X {
			return -1
		}
		return 1
	})
	last := f.x - 6
	c.group(textInk(), "")
	for _, m := range marks {
		text := fit(m.Label, 220)
		x := min(max(f.ox(m.X)-textWidth(text)/2, last+6), Width-textWidth(text)-2)
		if !(math.Abs(m.X) <= most) || x < last+6 {
			continue
		}
		last = x + textWidth(text)
		c.text(x, f.y-6, text)
	}
	c.end()
}

// line joins the points.
func (s PointSeries) line(c *canvas, f frame, i ink) {
	if !s.Join {
		return
	}
	var t trace
	for k := range s.X {
		if k == 0 {
			t.move(f.px(s.X[k]), f.py(s.Y[k]))
			continue
		}
		t.draw(f.px(s.X[k]), f.py(s.Y[k]))
	}
	if len(s.X) > 1 {
		c.stroke(i, &t)
	}
}

// shapes draws a mark at each point, whose form is that of its series.
func (s PointSeries) shapes(c *canvas, f frame, k ink, i int) {
	if len(s.X) == 0 {
		return
	}
	forms := []string{"m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z", "m-3-3h6v6h-6z", "m0-4l4 7h-8z", "m0-4.5l4.5 4.5-4.5 4.5-4.5-4.5z", "m0 4l4-7h-8z", "m-4-1h3v-3h2v3h3v2h-3v3h-2v-3h-3z"}
	c.printf(`<path class="f%s rim" fill="%s" stroke="#fff" stroke-width="1" d="`, k.name, k.colour)
	for n := range s.X {
		c.printf("M%s %s%s", num(f.ox(s.X[n])), num(f.oy(s.Y[n])), forms[i%len(forms)])
	}
	c.printf(`"/>`)
}

func (p Points) table(series []PointSeries, xs []float64) Table {
	t := Table{Head: []string{named(p.XName)}}
	for _, s := range series {
		t.Head = append(t.Head, named(s.Name))
	}
	for _, x := range xs {
		row := []string{p.XUnit.Text(x)}
		for _, s := range series {
			y := math.NaN()
			if i := slices.Index(s.X, x); i >= 0 {
				y = s.Y[i]
			}
			row = append(row, p.Unit.Text(y))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// says is the points in words.
func (p Points) says(series []PointSeries) string {
	var parts []string
	for _, s := range series {
		if len(s.X) == 0 {
			continue
		}
		lo, hi, last := extremes(s.Y)
		parts = append(parts, fmt.Sprintf("%s: lowest %s at %s, highest %s at %s, last %s at %s", named(s.Name),
			p.Unit.Text(s.Y[lo]), p.XUnit.Text(s.X[lo]), p.Unit.Text(s.Y[hi]), p.XUnit.Text(s.X[hi]), p.Unit.Text(s.Y[last]), p.XUnit.Text(s.X[last])))
	}
	out := listing(parts, mostSpoken) + "."
	for _, m := range p.Marks[:min(len(p.Marks), mostSpoken)] {
		out += fmt.Sprintf(" %s: %s.", named(m.Label), p.XUnit.Text(m.X))
	}
	return out
}
