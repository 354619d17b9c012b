package chart

import (
	"math"
	"time"
)

// A frame is where the plot of a chart lies in the drawing, and its scales, which lead
// from values to the units of the plot: whole numbers, upwards in fifths of the drawing's
// unit and across such that a row has a whole number of them.
type frame struct {
	x, y, w, h float64 // in the drawing
	xs, ys     scale
}

// pad is how far the plot reaches over its frame, so that lines at its edge are whole.
const pad = 3

// fine is how many units of the plot one of the drawing has upwards.
const fine = 5

// px and py are places in the plot.
func (f frame) px(v float64) int { return int(math.Round(f.xs.at(v))) }
func (f frame) py(v float64) int { return int(math.Round(f.ys.at(v))) }

// ox and oy are places in the drawing.
func (f frame) ox(v float64) float64 { return f.x + f.xs.at(v)*f.w/f.wide() }
func (f frame) oy(v float64) float64 { return f.y + f.ys.at(v)*f.h/f.tall() }

// wide and tall are how many units the plot has.
func (f frame) wide() float64   { return max(f.xs.a, f.xs.b) }
func (f frame) tall() float64   { return max(f.ys.a, f.ys.b) }
func (f frame) right() float64  { return f.x + f.w }
func (f frame) bottom() float64 { return f.y + f.h }

// vertical sets the scale of values.
func (f *frame) vertical(s scale) {
	f.ys = s
	f.ys.a, f.ys.b = f.h*fine, 0
}

// across sets the scale of time, whose rows are step long.
func (f *frame) across(lo, hi, step float64) {
	n := max((hi-lo)/step, 1)
	unit := math.Round(10 * f.w / n)
	if n >= 150 {
		unit = 8 // many rows: one digit a step, a quarter of a unit of the drawing or less
	}
	wide := math.Round(n * unit)
	if wide > 1e5 || unit < 1 {
		wide = f.w * 10
	}
	f.xs = scale{lo: lo, hi: hi, b: wide}
}

// open starts the plot: a drawing in the drawing, with units of its own, so that a page
// zooms by its viewBox alone. Strokes keep their width.
func (c *canvas) open(f frame) {
	ux := f.wide() / f.w
	over := math.Round(pad * ux)
	uy := f.tall() / f.h
	c.printf(`<svg class="plot" x="%s" y="%s" width="%s" height="%s" viewBox="%s %s %s %s" preserveAspectRatio="none" fill="none" stroke-linejoin="round">`,
		num(f.x-over/ux), num(f.y-pad), num(f.w+2*over/ux), num(f.h+2*pad), num(-over), num(-pad*uy), num(f.wide()+2*over), num(f.tall()+2*pad*uy))
}

// close ends the plot.
func (c *canvas) close() { c.printf("</svg>") }

// stroke draws a path of the plot.
func (c *canvas) stroke(i ink, t *trace) {
	if !t.empty() {
		c.printf(`<path %s vector-effect="non-scaling-stroke" d="%s"/>`, i.stroke(), t)
	}
}

// grid draws the lines at the ticks of both axes, and the base line.
func (c *canvas) grid(f frame) {
	var lines, base trace
	for _, v := range f.ys.ticks {
		lines.move(0, f.py(v))
		lines.draw(int(f.wide()), f.py(v))
	}
	for _, v := range f.xs.ticks {
		base.move(f.px(v), int(f.tall()))
		base.draw(f.px(v), int(f.tall()*(1+3/f.h)))
	}
	c.printf(`<path class="gl" stroke="%s" vector-effect="non-scaling-stroke" d="%s"/>`, gridColour, &lines)
	foot := f.py(f.ys.lo)
	if !f.ys.log && f.ys.lo < 0 {
		foot = f.py(0)
	}
	base.move(0, foot)
	base.draw(int(f.wide()), foot)
	c.stroke(baseInk(), &base)
}

// values writes the ticks of the y axis and what kind of axis it is.
func (c *canvas) values(f frame, u Unit) {
	c.ticks(f, u)
	if f.ys.log {
		c.group(textInk(), "")
		c.text(0, f.y-11, "log scale")
		c.end()
	}
}

// ticks writes the ticks of the y axis.
func (c *canvas) ticks(f frame, u Unit) {
	c.group(textInk(), "end")
	for _, v := range f.ys.ticks {
		c.text(f.x-7, f.oy(v)+4, u.tick(v))
	}
	c.end()
}

// margin is how much room the ticks of the y axis need.
func margin(s scale, u Unit) float64 {
	widest := 20.0
	if s.log {
		widest = textWidth("log scale")
	}
	for _, v := range s.ticks {
		widest = max(widest, textWidth(u.tick(v)))
	}
	return math.Ceil(widest) + 8
}

// times writes the ticks of an axis of time, and the clock below where the chart is long
// enough for one to ask for it.
func (c *canvas) times(f frame, start time.Time) {
	c.printf(`<g class="xt">`)
	c.group(textInk(), "middle")
	for _, v := range f.xs.ticks {
		c.text(f.ox(v), f.bottom()+16, elapsed(v))
	}
	if clocked(f.xs, start) {
		for i, v := range f.xs.ticks {
			c.text(f.ox(v), f.bottom()+29, clock(start, f.xs.ticks, i))
		}
	}
	c.end()
	if clocked(f.xs, start) {
		c.group(textInk(), "")
		c.text(0, f.bottom()+29, "UTC")
		c.end()
	}
	c.end()
}

// clocked tells whether an axis shows the time of day.
func clocked(s scale, start time.Time) bool {
	const century = 100 * 365 * 86400
	return !start.IsZero() && s.hi-s.lo >= 3600 && math.Abs(s.lo) < century && math.Abs(s.hi) < century
}

// clock is the time of day at tick i, with its date where that is a new one.
func clock(start time.Time, ticks []float64, i int) string {
	at := func(i int) time.Time { return start.Add(time.Duration(ticks[i] * float64(time.Second))).UTC() }
	if i > 0 && at(i).YearDay() != at(i-1).YearDay() {
		return at(i).Format("2 Jan 15:04")
	}
	return at(i).Format("15:04")
}

// elapsed prints a time since the start.
func elapsed(v float64) string { return Seconds.Text(v + 0) }

// timely are the ticks of an axis of time that is w wide: as many as do not meet.
func timely(lo, hi, w float64, clock bool) []float64 {
	for _, step := range spans() {
		room := w * step / (hi - lo)
		if room < 28 {
			continue
		}
		var out []float64
		widest := 0.0
		for i := math.Ceil(lo/step - 1e-9); i*step <= hi+step*1e-9; i++ {
			v := tidy(i*step, min(step, 1))
			out = append(out, v)
			widest = max(widest, textWidth(elapsed(v)))
		}
		if clock {
			widest = max(widest, textWidth("22 Mar 22:22"))
		}
		if room >= widest+12 {
			return out
		}
	}
	return []float64{lo}
}
