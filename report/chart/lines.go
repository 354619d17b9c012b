package chart

import (
	"math"

	"gonogo/report/show"
)

// Figure draws the lines.
func (l Lines) Figure() Figure {
	r := inOrder(l.X, l.Step, l.Series)
	c, f, height := newCanvas(l.ID), figure(l.ID, l.Title), tall(l.Height)
	lo, hi, ok := r.extent(l.Log)
	if len(r.x) == 0 || !ok {
		return f.empty(c, Width, height, r.table(l.Unit, nil))
	}
	bands := on(l.Bands, r.x[0], r.end())
	f.Says, f.Table = r.says(l.Unit, bands), r.table(l.Unit, bands)

	names := r.names()
	for _, limit := range usable(l.Limits, l.Log) {
		lo, hi = min(lo, limit.Value), max(hi, limit.Value)
		names.add(limit.Value, limit.Label, limitInk())
	}
	fr := frame{y: top(bands, l.Log)}
	fr.h = float64(height) - fr.y - 24
	clock := clocked(scale{lo: r.x[0], hi: r.end()}, l.Start)
	if clock {
		fr.h -= lineHeight
	}
	fr.vertical(l.scale(min(lo, reach(l.Low, lo)), max(hi, reach(l.High, hi)), fr.h))
	fr.x = margin(fr.ys, l.Unit)
	fr.w = Width - fr.x - names.width()
	fr.across(r.x[0], r.end(), r.step)
	fr.xs.ticks = timely(fr.xs.lo, fr.xs.hi, fr.w, clock)
	names.place(fr)

	c.data = r.data(fr)
	c.values(fr, l.Unit)
	c.times(fr, l.Start)
	c.above(fr, bands)
	c.open(fr)
	c.bands(fr, bands)
	c.grid(fr)
	c.lines(fr, r, l.Limits, l.Log)
	c.close()
	names.draw(c, fr)
	f.SVG = c.draw(Width, height, f)
	return f
}

// top is the room above a plot: for the bands' names, and for what kind of axis it is.
func top(bands []Band, log bool) float64 {
	if n := lanes(bands); n > 0 || !log {
		return float64(16 + lineHeight*n)
	}
	return 22
}

// reach is how far the axis is to go, where that is a number and any is wished.
func reach(v, otherwise float64) float64 {
	if math.IsNaN(v) || v == 0 {
		return otherwise
	}
	return v
}

// figure is one that is not drawn yet.
func figure(id, title string) Figure {
	return Figure{ID: ident(id), Title: show.Inert(title, longest)}
}

// emptyHeight is that of a chart of no data.
const emptyHeight = 72

// empty is the figure of no data.
func (f Figure) empty(c *canvas, width, height int, t Table) Figure {
	f.Says, f.Table = nothingSaid, t
	f.SVG = c.nothing(width, min(height, emptyHeight), f)
	return f
}

// tall is the height of a drawing.
func tall(height int) int {
	if height <= 0 {
		return DefaultHeight
	}
	return min(max(height, 120), 2000)
}

// scale is the axis of values for a plot that is h high.
func (l Lines) scale(lo, hi, h float64) scale {
	if l.Log {
		return logarithmic(lo, hi, int(h/(lineHeight+3)))
	}
	return linear(lo, hi, int(h/30), l.Unit == Count)
}

// usable are the limits that have a place on the axis.
func usable(limits []Limit, log bool) []Limit {
	var out []Limit
	for _, l := range limits {
		if math.Abs(l.Value) <= most && !(log && l.Value <= 0) {
			out = append(out, l)
		}
	}
	return out
}

// mostSeries is how many lines are drawn; the table has all.
const mostSeries = 12

// drawn are the series that are drawn.
func (r rows) drawn() []Series { return r.series[:min(len(r.series), mostSeries)] }

// inks are those of series.
func inks(series []Series) []ink {
	tones := make([]Tone, len(series))
	for i, s := range series {
		tones[i] = s.Tone
	}
	return inksOf(tones)
}

// names are those of the lines that are drawn, where they end.
func (r rows) names() *labels {
	out, inks := &labels{more: len(r.series) - len(r.drawn())}, inks(r.drawn())
	for i, s := range r.drawn() {
		if _, _, last := extremes(s.Y); last >= 0 {
			out.add(s.Y[last], s.Name, inks[i])
		}
	}
	return out
}

// lines draws all series, those that matter most on top, and the limits.
func (c *canvas) lines(f frame, r rows, limits []Limit, log bool) {
	c.limits(f, limits, log)
	series, inks := r.drawn(), inks(r.drawn())
	for i := len(series) - 1; i >= 0; i-- {
		if series[i].Tone != Main {
			c.series(f, r, series[i].Y, inks[i])
		}
	}
	for i, s := range series {
		if s.Tone == Main {
			c.series(f, r, s.Y, inks[i])
		}
	}
}

// limits draws a line at each.
func (c *canvas) limits(f frame, limits []Limit, log bool) {
	for _, limit := range usable(limits, log) {
		var t trace
		t.move(0, f.py(limit.Value))
		t.draw(int(f.wide()), f.py(limit.Value))
		c.stroke(limitInk(), &t)
	}
}

// series draws one line, and a dot where a row stands alone.
func (c *canvas) series(f frame, r rows, y []float64, i ink) {
	var line, dots trace
	for from := 0; from < len(y); {
		to := r.run(y, from)
		if to-from == 1 {
			dots.dot(f.px(r.mid(from)), f.py(y[from]))
		}
		for k := from; k < to && to-from > 1; k++ {
			if k == from {
				line.move(f.px(r.mid(k)), f.py(y[k]))
				continue
			}
			line.draw(f.px(r.mid(k)), f.py(y[k]))
		}
		from = max(to, from+1)
	}
	c.stroke(i, &line)
	if !dots.empty() {
		c.printf(`<path class="s%s" stroke="%s" stroke-width="%s" stroke-linecap="round" vector-effect="non-scaling-stroke" d="%s"/>`,
			i.name, i.colour, num(i.width+4), &dots)
	}
}

// Figure draws the lines at the size of a small multiple: with its title, without an axis
// but for the ends of its scales.
func (s Small) Figure() Figure {
	l := Lines(s)
	r := inOrder(l.X, l.Step, l.Series)
	c, f := newCanvas(l.ID), figure(l.ID, l.Title)
	c.printf(`<text %s x="2" y="11">%s</text>`, nameInk().fill(), escape(fit(l.Title, SmallWidth-4), longest))
	lo, hi, ok := r.extent(l.Log)
	if len(r.x) == 0 || !ok {
		return f.empty(c, SmallWidth, SmallHeight, r.table(l.Unit, nil))
	}
	bands := on(l.Bands, r.x[0], r.end())
	f.Says, f.Table = r.says(l.Unit, bands), r.table(l.Unit, bands)
	for _, limit := range usable(l.Limits, l.Log) {
		lo, hi = min(lo, limit.Value), max(hi, limit.Value)
	}
	fr := frame{y: 20, h: SmallHeight - 20 - 16}
	fr.vertical(l.scale(min(lo, reach(l.Low, lo)), max(hi, reach(l.High, hi)), fr.h))
	fr.ys.ticks = []float64{fr.ys.lo, fr.ys.hi}
	fr.x = margin(scale{ticks: fr.ys.ticks}, l.Unit)
	names := &labels{}
	if len(r.drawn()) > 1 {
		names = r.names()
	}
	fr.w = SmallWidth - fr.x - min(names.width(), 90)
	fr.across(r.x[0], r.end(), r.step)
	names.place(fr)

	c.data = r.data(fr)
	c.ticks(fr, l.Unit)
	c.group(textInk(), "")
	c.text(fr.x, SmallHeight-3, elapsed(fr.xs.lo))
	c.end()
	c.group(textInk(), "end")
	c.text(fr.right(), SmallHeight-3, elapsed(fr.xs.hi))
	c.end()
	c.open(fr)
	c.bands(fr, bands)
	c.grid(fr)
	c.lines(fr, r, l.Limits, l.Log)
	c.close()
	names.draw(c, fr)
	f.SVG = c.draw(SmallWidth, SmallHeight, f)
	return f
}
