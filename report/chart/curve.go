package chart

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// nines is the place of a quantile on the axis: 0.9 lies at 1, 0.99 at 2.
func nines(q float64) float64 { return -math.Log10(max(1-q, 1e-12)) }

// leastNines and mostNines are the ends of the axis: it reaches as far as there are values.
const (
	leastNines = 2
	mostNines  = 6
)

// beyond is the room for the quantile 1, the maximum, after the last of the nines.
const beyond = 0.35

// Figure draws the curve.
func (c Curve) Figure() Figure {
	cv, f, height := newCanvas(c.ID), figure(c.ID, c.Title), tall(c.Height)
	series := c.usable()
	lo, hi, end := extents(series)
	if len(series) == 0 {
		return f.empty(cv, Width, height, Table{Head: c.head()})
	}
	quantiles := listed(series)
	f.Says, f.Table = c.says(series), c.table(series, quantiles)
	for _, limit := range c.limits() {
		lo, hi = min(lo, limit.Value), max(hi, limit.Value)
	}
	tones, names := make([]Tone, len(series)), &labels{}
	for i, s := range series {
		tones[i] = s.Tone
	}
	inks := inksOf(tones)
	for i, s := range series {
		names.add(s.V[len(s.V)-1], s.Name, inks[i])
	}
	fr := frame{y: top(nil, c.Log)}
	fr.h = float64(height) - fr.y - 24
	fr.vertical(Lines{Log: c.Log, Unit: c.Unit}.scale(lo, hi, fr.h))
	fr.x = margin(fr.ys, c.Unit)
	fr.w = Width - fr.x - max(names.width(), textWidth("percentile")+14)
	fr.xs = scale{hi: end + beyond, b: math.Round(fr.w * 10)}
	names.place(fr)
	at := make([]int, len(quantiles))
	for i, q := range quantiles {
		at[i] = place(fr, q)
	}
	cv.data = places(at)
	fr.xs.ticks = cv.percentiles(fr, end, c.limits())
	cv.values(fr, c.Unit)
	cv.open(fr)
	cv.grid(fr)
	for i := len(series) - 1; i >= 0; i-- {
		cv.stroke(inks[i], series[i].path(fr))
	}
	for _, limit := range c.limits() {
		cv.stroke(limitInk(), limit.path(fr))
	}
	cv.close()
	c.name(cv, fr, series)
	names.draw(cv, fr)
	f.SVG = cv.draw(Width, height, f)
	return f
}

// usable are the series with their points in order, those without a place left out.
func (c Curve) usable() []CurveSeries {
	var out []CurveSeries
	for _, s := range c.Series {
		kept := CurveSeries{Name: s.Name, Tone: s.Tone}
		var order []int
		for i := range min(len(s.Q), len(s.V)) {
			if s.Q[i] >= 0 && s.Q[i] <= 1 && math.Abs(s.V[i]) <= most && !(c.Log && s.V[i] < 0) {
				order = append(order, i)
			}
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(s.Q[a], s.Q[b]) })
		for _, i := range order {
			kept.Q, kept.V = append(kept.Q, s.Q[i]), append(kept.V, s.V[i])
		}
		if len(kept.Q) > 0 && len(out) < mostSeries {
			out = append(out, kept)
		}
	}
	return out
}

// limits are those that have a place.
func (c Curve) limits() []CurveLimit {
	return slices.DeleteFunc(slices.Clone(c.Limits), func(l CurveLimit) bool {
		return !(math.Abs(l.Value) <= most) || c.Log && l.Value <= 0 || !(l.Q >= 0 && l.Q <= 1)
	})
}

// extents are the smallest value over zero, the largest, and how many nines there are.
func extents(series []CurveSeries) (lo, hi, end float64) {
	lo, hi, end = math.Inf(1), math.Inf(-1), leastNines
	for _, s := range series {
		for i, v := range s.V {
			if v > 0 {
				lo = min(lo, v)
			}
			hi = max(hi, v)
			if s.Q[i] < 1 {
				end = max(end, nines(s.Q[i]))
			}
		}
	}
	return min(lo, max(hi, leastLog)), hi, min(end, mostNines)
}

// place is where a quantile lies in the plot.
func place(f frame, q float64) int {
	if q >= 1 {
		return int(f.wide())
	}
	return int(math.Round(f.xs.at(min(nines(q), f.xs.hi-beyond/2))))
}

// path draws the points that can be told apart.
func (s CurveSeries) path(f frame) *trace {
	t := &trace{}
	for i, q := range s.Q {
		x, y := place(f, q), f.py(s.V[i])
		switch {
		case i == 0:
			t.move(x, y)
			if len(s.Q) == 1 {
				t.draw(x+20, y)
			}
		case i == len(s.Q)-1 || x-t.x >= 15 || y-t.y >= 15 || t.y-y >= 15:
			t.draw(x, y)
		}
	}
	return t
}

// path draws a limit as the corner that the curve has to pass below: from the left as far
// as the limit holds, and a little up.
func (l CurveLimit) path(f frame) *trace {
	t := &trace{}
	t.move(0, f.py(l.Value))
	if l.Q == 0 {
		t.draw(int(f.wide()), f.py(l.Value))
		return t
	}
	t.draw(place(f, l.Q), f.py(l.Value))
	t.draw(place(f, l.Q), max(f.py(l.Value)-20*fine, 0))
	return t
}

// percentiles writes the ticks of the x axis, as many as do not meet, and returns them: those
// of limits come before the nines, and these before what lies between them.
func (c *canvas) percentiles(f frame, end float64, limits []CurveLimit) []float64 {
	at := []float64{0}
	for _, l := range limits {
		at = append(at, nines(l.Q))
	}
	for n := 1.0; n <= end; n++ {
		at = append(at, n)
	}
	for n := 0.0; n < end; n++ {
		at = append(at, n+nines(0.5))
	}
	last := f.right() - textWidth("max")/2
	taken := []span{{last - textWidth("max")/2, last + textWidth("max")/2}}
	c.printf(`<g class="xt">`)
	c.group(textInk(), "middle")
	c.text(last, f.bottom()+16, "max")
	var ticks []float64
	for _, n := range at {
		text := strings.TrimSuffix(percentile(1-math.Pow(10, -n)), "%")
		here := span{f.ox(n) - textWidth(text)/2 - 4, f.ox(n) + textWidth(text)/2 + 4}
		if n > end || slices.ContainsFunc(taken, here.meets) {
			continue
		}
		taken, ticks = append(taken, here), append(ticks, n)
		c.text(f.ox(n), f.bottom()+16, text)
	}
	c.end()
	c.group(textInk(), "")
	c.text(f.right()+10, f.bottom()+16, "percentile")
	c.end()
	c.end()
	return ticks
}

// A span is a stretch of the drawing that a text takes.
type span struct{ from, to float64 }

func (s span) meets(other span) bool { return s.from < other.to && other.from < s.to }

// percentile prints a quantile with as many nines as it has, and a digit.
func percentile(q float64) string {
	if q >= 1 {
		return "100%"
	}
	digits := 1
	if rest := 100 * (1 - q); rest < 10 {
		digits = int(1 - math.Floor(math.Log10(rest)+1e-9))
	}
	text := strconv.FormatFloat(100*q, 'f', min(digits, 8), 64)
	if strings.Contains(text, ".") {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text + "%"
}

// judged is the series that the limits are for: the Main one, or the first.
func judged(series []CurveSeries) CurveSeries {
	if i := slices.IndexFunc(series, func(s CurveSeries) bool { return s.Tone == Main }); i >= 0 {
		return series[i]
	}
	return series[0]
}

// crosses is the quantile up to which a series stays at or below a value; false: it is
// below all along, or nowhere.
func (s CurveSeries) crosses(v float64) (q float64, ok bool) {
	for i := 1; i < len(s.V); i++ {
		if s.V[i-1] <= v && s.V[i] > v {
			a, b := nines(s.Q[i-1]), min(nines(s.Q[i]), nines(s.Q[i-1])+1)
			share := (v - s.V[i-1]) / (s.V[i] - s.V[i-1])
			return 1 - math.Pow(10, -(a+share*(b-a))), true
		}
	}
	return 0, false
}

// name writes the limits on their lines, and rings the places where the judged series
// passes them.
func (c Curve) name(cv *canvas, f frame, series []CurveSeries) {
	limits := c.limits()
	slices.SortStableFunc(limits, func(a, b CurveLimit) int { return cmp.Compare(b.Value, a.Value) })
	last := math.Inf(-1)
	for _, l := range limits {
		y := f.oy(l.Value) - 4
		if y-last < lineHeight {
			y = last + lineHeight
		}
		if y > f.bottom() {
			continue
		}
		last = y
		cv.over(f.x+4, y, limitInk(), "start", fit(l.Label, f.w/2))
	}
	for _, l := range limits {
		q, ok := judged(series).crosses(l.Value)
		if !ok {
			continue
		}
		x, y := f.x+float64(place(f, q))*f.w/f.wide(), f.oy(l.Value)
		cv.printf(`<circle class="ring" cx="%s" cy="%s" r="4" fill="none" stroke="%s" stroke-width="1.4"/>`, num(x), num(y), nameInk().colour)
		if y+lineHeight+4 > f.bottom() {
			cv.over(x-7, y-6, nameInk(), "end", percentile(q))
			continue
		}
		cv.over(x+8, y+lineHeight, nameInk(), "start", percentile(q))
	}
}

// listed are the percentiles of the table: the usual ones that a series gives exactly, or
// else those that it gives.
func listed(series []CurveSeries) []float64 {
	var out []float64
	for _, q := range []float64{0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999, 0.99999, 1} {
		if slices.ContainsFunc(series, func(s CurveSeries) bool { return !math.IsNaN(s.value(q)) }) {
			out = append(out, q)
		}
	}
	if len(out) > 0 {
		return out
	}
	q := series[0].Q
	return q[:min(len(q), 50)]
}

// value is that at a quantile which is one of Q.
func (s CurveSeries) value(q float64) float64 {
	i := slices.IndexFunc(s.Q, func(at float64) bool { return math.Abs(at-q) < 1e-9 })
	if i < 0 {
		return math.NaN()
	}
	return s.V[i]
}

func (c Curve) head() []string {
	head := []string{"percentile"}
	for _, s := range c.usable() {
		head = append(head, named(s.Name))
	}
	return head
}

func (c Curve) table(series []CurveSeries, quantiles []float64) Table {
	t := Table{Head: c.head()}
	for _, q := range quantiles {
		row := []string{percentile(q)}
		for _, s := range series {
			row = append(row, c.Unit.Text(s.value(q)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// says is the curve in words.
func (c Curve) says(series []CurveSeries) string {
	var parts []string
	for _, s := range series[:min(len(series), mostSpoken)] {
		var at []string
		for _, q := range listed([]CurveSeries{s}) {
			if q == 0.75 || q == 0.9 || q == 0.995 {
				continue
			}
			name := "p" + strings.TrimSuffix(percentile(q), "%")
			if q == 1 {
				name = "max"
			}
			if at = append(at, name+" "+c.Unit.Text(s.value(q))); len(at) == 6 {
				break
			}
		}
		if len(at) == 0 { // too few for any of these
			at = append(at, "up to "+c.Unit.Text(s.V[len(s.V)-1]))
		}
		parts = append(parts, named(s.Name)+": "+strings.Join(at, ", "))
	}
	out := strings.Join(parts, "; ") + "."
	for _, l := range c.limits() {
		if q, ok := judged(series).crosses(l.Value); ok {
			out += fmt.Sprintf(" %s passes %s at %s.", named(judged(series).Name), c.Unit.Text(l.Value), percentile(q))
		}
	}
	return out
}
