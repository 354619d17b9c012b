package chart

import (
	"fmt"
	"math"
	"strings"

	"gonogo/report/show"
)

// The most bars that are drawn, and the room for one and for its name.
const (
	mostBars = 60
	barRoom  = 21
	barThick = 11
	barName  = 190
)

// Figure draws the bars.
func (b Bars) Figure() Figure {
	c, f := newCanvas(b.ID), figure(b.ID, b.Title)
	f.Table = b.table()
	bars := b.Bars[:min(len(b.Bars), mostBars)]
	lo, hi, ok := b.extent(bars)
	if !ok {
		return f.empty(c, Width, 120, f.Table)
	}
	f.Says = b.says()
	lanes := 0
	if b.Margin != nil || len(b.Limits) > 0 {
		lanes = 1
	}
	fr := frame{y: float64(6 + lineHeight*lanes), h: float64(len(bars) * barRoom)}
	left, right := 40.0, 20.0
	for _, bar := range bars {
		left = max(left, textWidth(fit(bar.Name, barName)))
		right = max(right, textWidth(b.value(bar)))
	}
	fr.x = math.Ceil(left) + 10
	fr.w = max(Width-fr.x-min(math.Ceil(right), 240)-12, 100)
	fr.xs = linear(lo, hi, int(fr.w/70), b.Unit == Count)
	fr.xs.b = fr.w
	fr.ys = scale{lo: 0, hi: float64(len(bars)), b: fr.h}
	height := int(fr.bottom()) + 24
	if rest := len(b.Bars) - len(bars); rest > 0 {
		c.group(textInk(), "")
		c.text(fr.x, float64(height)+8, fmt.Sprintf("and %d more", rest))
		c.end()
		height += lineHeight
	}
	b.scaffold(c, fr)
	for i, bar := range bars {
		b.draw(c, fr, bar, fr.y+(float64(i)+0.5)*barRoom)
	}
	f.SVG = c.draw(Width, height, f)
	return f
}

// has tells whether a bar has an interval.
func (b Bar) has() bool { return b.Lo < b.Hi }

// extent is the smallest and the largest value that is to be drawn.
func (b Bars) extent(bars []Bar) (lo, hi float64, ok bool) {
	for _, bar := range bars {
		if !math.IsNaN(bar.Value) {
			lo, hi, ok = min(lo, bar.Value), max(hi, bar.Value), true
		}
		if bar.has() {
			lo, hi = min(lo, bar.Lo), max(hi, bar.Hi)
		}
	}
	if b.Margin != nil && b.Margin.Lo < b.Margin.Hi {
		lo, hi = min(lo, b.Margin.Lo), max(hi, b.Margin.Hi)
	}
	for _, l := range usable(b.Limits, false) {
		lo, hi = min(lo, l.Value), max(hi, l.Value)
	}
	return lo, hi, ok
}

// scaffold draws what lies behind the bars: the axis, the margin, the limits and zero.
func (b Bars) scaffold(c *canvas, f frame) {
	if m := b.Margin; m != nil && m.Lo < m.Hi {
		x, w := f.ox(m.Lo), f.ox(m.Hi)-f.ox(m.Lo)
		c.printf(`<rect class="mg" fill="%s" x="%s" y="%s" width="%s" height="%s"/>`, marginColour, num(x), num(f.y), num(w), num(f.h))
		text := fit(m.Label, 200)
		c.group(textInk(), "")
		c.text(min(max(x+(w-textWidth(text))/2, 2), Width-textWidth(text)-2), f.y-5, text)
		c.end()
	}
	c.printf(`<path class="gl" stroke="%s" d="`, gridColour)
	for _, v := range f.xs.ticks {
		c.printf("M%s %sv%s", num(f.ox(v)), num(f.y), num(f.h))
	}
	c.printf(`"/>`)
	c.group(textInk(), "middle")
	for _, v := range f.xs.ticks {
		c.text(f.ox(v), f.bottom()+16, b.Unit.tick(v))
	}
	c.end()
	c.rule(baseInk(), f.ox(0), f.y, 0, f.h)
	last := f.x
	for _, l := range usable(b.Limits, false) {
		c.rule(limitInk(), f.ox(l.Value), f.y, 0, f.h)
		text := fit(l.Label, 200)
		if x := min(max(f.ox(l.Value)-textWidth(text)/2, last), Width-textWidth(text)-2); x >= last && b.Margin == nil {
			c.group(limitInk(), "")
			c.text(x, f.y-5, text)
			c.end()
			last = x + textWidth(text) + 6
		}
	}
}

// draw draws one bar with its name and its value.
func (b Bars) draw(c *canvas, f frame, bar Bar, y float64) {
	c.printf(`<text %s x="%s" y="%s" text-anchor="end">%s</text>`, nameInk().fill(), num(f.x-9), num(y+4), escape(fit(bar.Name, barName), longest))
	c.group(textInk(), "")
	c.text(f.right()+9, y+4, b.value(bar))
	c.end()
	i := inksOf([]Tone{bar.Tone})[0]
	if !b.Dots && !math.IsNaN(bar.Value) {
		x, w := f.ox(min(bar.Value, 0)), math.Abs(f.ox(bar.Value)-f.ox(0))
		c.printf(`<rect %s fill-opacity=".75" x="%s" y="%s" width="%s" height="%d"/>`, i.fill(), num(x), num(y-barThick/2.0), num(max(w, 1)), barThick)
	}
	if bar.has() {
		x, w := f.ox(bar.Lo), f.ox(bar.Hi)-f.ox(bar.Lo)
		k := nameInk()
		if b.Dots {
			k = ink{name: i.name, colour: i.colour, width: 1.6}
		}
		c.printf(`<path %s fill="none" d="M%s %sv8m0-4h%sm0-4v8"/>`, k.stroke(), num(x), num(y-4), num(w))
	}
	if b.Dots && !math.IsNaN(bar.Value) {
		c.printf(`<circle %s cx="%s" cy="%s" r="4"/>`, i.fill(), num(f.ox(bar.Value)), num(y))
	}
}

// value is what is written at the end of a bar.
func (b Bars) value(bar Bar) string {
	text := b.Unit.Text(bar.Value)
	if bar.has() {
		text += " (" + b.interval(bar) + ")"
	}
	return fit(strings.TrimSpace(text+" "+show.Inert(bar.Note, 40)), 230)
}

func (b Bars) interval(bar Bar) string { return b.Unit.Text(bar.Lo) + " to " + b.Unit.Text(bar.Hi) }

// table has a column of intervals, and one of notes, where there are any.
func (b Bars) table() Table {
	t := Table{Head: []string{"name", "value"}}
	intervals, notes := false, false
	for _, bar := range b.Bars {
		intervals, notes = intervals || bar.has(), notes || bar.Note != ""
	}
	if intervals {
		t.Head = append(t.Head, "interval")
	}
	if notes {
		t.Head = append(t.Head, "note")
	}
	for _, bar := range b.Bars {
		row := []string{named(bar.Name), b.Unit.Text(bar.Value)}
		if intervals {
			row = append(row, show.None)
			if bar.has() {
				row[2] = b.interval(bar)
			}
		}
		if notes {
			row = append(row, named(bar.Note))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// says is the bars in words.
func (b Bars) says() string {
	var parts []string
	for _, bar := range b.Bars {
		if !math.IsNaN(bar.Value) {
			text := named(bar.Name) + " " + b.Unit.Text(bar.Value)
			if bar.has() {
				text += " (" + b.interval(bar) + ")"
			}
			parts = append(parts, text)
		}
	}
	return listing(parts, 2*mostSpoken) + "."
}
