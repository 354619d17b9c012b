package chart

import (
	"fmt"
	"math"
)

// mostStacked is how many series of a Stack keep their own place; the others are one.
const mostStacked = 7

// Figure draws the stack: a column for each row, so that nothing is drawn between them.
func (s Stack) Figure() Figure {
	r := inOrder(s.X, s.Step, s.Series)
	c, f, height := newCanvas(s.ID), figure(s.ID, s.Title), tall(s.Height)
	if _, _, ok := r.extent(false); len(r.x) == 0 || !ok {
		return f.empty(c, Width, height, r.table(s.Unit, nil))
	}
	bands := on(s.Bands, r.x[0], r.end())
	f.Says, f.Table = r.summed(s.Unit, bands), r.table(s.Unit, bands)

	layers := r.layers()
	inks := inks(layers)
	names := 0.0
	for _, l := range layers {
		names = max(names, textWidth(fit(l.Name, maxLabel)))
	}
	fr := frame{y: top(bands, false)}
	fr.h = float64(height) - fr.y - 24
	clock := clocked(scale{lo: r.x[0], hi: r.end()}, s.Start)
	if clock {
		fr.h -= lineHeight
	}
	fr.vertical(linear(0, highest(layers), int(fr.h/30), s.Unit == Count))
	fr.x = margin(fr.ys, s.Unit)
	fr.w = Width - fr.x - names - keyWidth - 10
	fr.across(r.x[0], r.end(), r.step)
	fr.xs.ticks = timely(fr.xs.lo, fr.xs.hi, fr.w, clock)

	c.data = r.data(fr)
	c.values(fr, s.Unit)
	c.times(fr, s.Start)
	c.above(fr, bands)
	for i := range layers {
		c.texture(i, inks[i])
	}
	c.open(fr)
	c.bands(fr, bands)
	c.grid(fr)
	c.columns(fr, r, layers, inks)
	c.close()
	c.key(fr, layers, inks)
	f.SVG = c.draw(Width, height, f)
	return f
}

// layers are the series as they are stacked: never below zero, and none a number that is
// not, with the last ones as one where there are many.
func (r rows) layers() []Series {
	var out []Series
	for i, s := range r.series {
		y := make([]float64, len(s.Y))
		for k, v := range s.Y {
			if v > 0 {
				y[k] = min(v, most)
			}
		}
		if i < mostStacked || len(r.series) == mostStacked+1 {
			out = append(out, Series{Name: s.Name, Y: y, Tone: s.Tone})
			continue
		}
		if i == mostStacked {
			out = append(out, Series{Name: fmt.Sprintf("%d others", len(r.series)-mostStacked), Y: make([]float64, len(y)), Tone: Quiet})
		}
		for k, v := range y {
			out[mostStacked].Y[k] += v
		}
	}
	return out
}

// highest is the highest stack.
func highest(layers []Series) float64 {
	top := 0.0
	for k := range layers[0].Y {
		sum := 0.0
		for _, l := range layers {
			sum += l.Y[k]
		}
		top = max(top, sum)
	}
	return top
}

// texture defines how layer i is filled: in colour and, but for the first, by lines whose
// direction tells it from its neighbours without colour.
func (c *canvas) texture(i int, k ink) {
	if i == 0 {
		return
	}
	turn := []int{0, 45, -45, 0, 90, 20}[i%6]
	c.printf(`<pattern id="%s-p%d" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(%d)"><rect %s fill-opacity=".3" width="4" height="4"/><path class="s%s" d="M0 2h4" stroke="%s" stroke-width="1.6"/></pattern>`,
		c.id, i, turn, k.fill(), k.name, k.colour)
}

// filled are the attributes that fill layer i in the plot, or beside it.
func (c *canvas) filled(i int, k ink, plot string) string {
	if i == 0 {
		return k.fill()
	}
	return fmt.Sprintf(`fill="url(#%s-p%d%s)"`, c.id, i, plot)
}

// seen is the least height of a column, in units of the plot: a single error is not lost
// under a peak of thousands.
const seen = 6

// columns draws the layers.
func (c *canvas) columns(f frame, r rows, layers []Series, inks []ink) {
	foot := make([]int, len(r.x))
	for k := range foot {
		foot[k] = int(f.tall())
	}
	for i, l := range layers {
		if i > 0 {
			turn := []int{0, 45, -45, 0, 90, 20}[i%6]
			c.printf(`<pattern id="%s-p%dq" href="#%[1]s-p%d" patternTransform="scale(%s %s) rotate(%d)"/>`, c.id, i, decimal(f.wide()/f.w), decimal(f.tall()/f.h), turn)
		}
		var t trace
		for from := 0; from < len(r.x); {
			to := from
			for to < len(r.x) && l.Y[to] > 0 && (to == from || f.px(r.x[to]) == f.px(r.x[to-1]+r.length(to-1))) {
				to++
			}
			if to > from {
				r.outline(f, &t, l.Y, foot, from, to)
			}
			from = max(to, from+1)
		}
		if !t.empty() {
			c.printf(`<path %s d="%s"/>`, c.filled(i, inks[i], "q"), &t)
		}
	}
}

// outline draws the columns from..to as one shape and raises the foot of the next layer.
func (r rows) outline(f frame, t *trace, y []float64, foot []int, from, to int) {
	left := func(k int) int { return f.px(r.x[k]) }
	right := func(k int) int { return max(f.px(r.x[k]+r.length(k)), left(k)+1) }
	t.move(left(from), foot[from])
	tops := make([]int, 0, to-from)
	for k := from; k < to; k++ {
		top := foot[k] - max(int(math.Round(f.tall()*y[k]/f.ys.hi)), seen)
		t.draw(left(k), top)
		t.draw(right(k), top)
		tops = append(tops, top)
	}
	for k := to - 1; k >= from; k-- {
		t.draw(right(k), foot[k])
		if k > from {
			t.draw(left(k), foot[k])
		}
	}
	t.shut()
	copy(foot[from:to], tops)
}

// key names the layers beside the plot, in the order in which they lie.
func (c *canvas) key(f frame, layers []Series, inks []ink) {
	c.printf(`<g class="names">`)
	y := f.y + 4
	for i := len(layers) - 1; i >= 0; i-- {
		k := inks[i]
		c.printf(`<rect %s x="%s" y="%s" width="11" height="10"/>`, c.filled(i, k, ""), num(f.right()+8), num(y-8))
		c.printf(`<text %s x="%s" y="%s">%s</text>`, k.fill(), num(f.right()+24), num(y+1), escape(fit(layers[i].Name, maxLabel), longest))
		y += lineHeight + 3
	}
	c.end()
}

// summed is a stack in words: of counts, how many there were of each.
func (r rows) summed(u Unit, bands []Band) string {
	if u != Count {
		return r.says(u, bands)
	}
	var parts []string
	for _, s := range r.series {
		sum := 0.0
		for _, v := range s.Y {
			if v > 0 {
				sum += v
			}
		}
		_, hi, _ := extremes(s.Y)
		if sum == 0 {
			continue
		}
		parts = append(parts, fmt.Sprintf("%s: %s in all, most at %s: %s", named(s.Name), u.Text(sum), elapsed(r.x[hi]), u.Text(s.Y[hi])))
	}
	if len(parts) == 0 {
		return "None from " + elapsed(r.x[0]) + " to " + elapsed(r.end()) + "."
	}
	out := listing(parts, mostSpoken) + "."
	if m := marked(bands); m != "" {
		out += " " + m
	}
	return out
}
