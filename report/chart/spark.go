package chart

import (
	"fmt"
	"html/template"
	"math"
	"strings"
)

// mostSparks is how many points a spark has places for.
const mostSparks = 2 * SparkWidth

// HTML is the spark as an <svg> for a line of text. Its values are at equal distances;
// where one is missing the line breaks.
func (s Spark) HTML() template.HTML {
	y := s.Y
	if n := (len(y) + mostSparks - 1) / mostSparks; n > 1 {
		order := make([]int, len(y))
		for i := range order {
			order[i] = i
		}
		y = fold(y, order, n)
	}
	c := newCanvas("")
	if lo, hi, last := extremes(y); lo >= 0 {
		c.spark(y, y[lo], y[hi], last, s.Limit)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="chart spark" viewBox="0 0 %d %d" width="%[1]d" height="%d" role="img" aria-label="%s">`,
		SparkWidth, SparkHeight, escape(s.says(), longest))
	b.WriteString(c.body.String())
	b.WriteString("</svg>")
	return template.HTML(b.String()) //nolint:gosec // every text in it went through escape
}

// spark draws the line, a dot at its end and the limit.
func (c *canvas) spark(y []float64, lo, hi float64, last int, limit float64) {
	bounded := limit != 0 && math.Abs(limit) <= most
	if bounded {
		lo, hi = min(lo, limit), max(hi, limit)
	}
	f := frame{
		xs: scale{lo: 0, hi: float64(max(len(y)-1, 1)), a: 20, b: SparkWidth*10 - 30},
		ys: scale{lo: max(min(lo, 0), -most), hi: min(hi, most), a: SparkHeight*10 - 25, b: 25},
	}
	if bounded {
		i := limitInk()
		i.width, i.dash = 0.8, "2 2"
		c.printf(`<path %s fill="none" d="M0 %sh%d"/>`, i.stroke(), num(f.ys.at(limit)/10), SparkWidth)
	}
	var line, dots trace
	for i, v := range y {
		if math.IsNaN(v) {
			continue
		}
		before, after := i > 0 && !math.IsNaN(y[i-1]), i+1 < len(y) && !math.IsNaN(y[i+1])
		switch {
		case before:
			line.draw(f.px(float64(i)), f.py(v))
		case after:
			line.move(f.px(float64(i)), f.py(v))
		default:
			dots.dot(f.px(float64(i)), f.py(v))
		}
	}
	dots.dot(f.px(float64(last)), f.py(y[last]))
	i := palette()[0]
	c.printf(`<g transform="scale(.1)" fill="none" stroke-linecap="round" stroke-linejoin="round" class="s1" stroke="%s">`, i.colour)
	if !line.empty() {
		c.printf(`<path stroke-width="13" d="%s"/>`, &line)
	}
	c.printf(`<path stroke-width="40" d="%s"/></g>`, &dots)
}

// says is the spark in words.
func (s Spark) says() string {
	lo, hi, last := extremes(s.Y)
	if lo < 0 {
		return named(s.Name) + ": nothing was measured"
	}
	return fmt.Sprintf("%s: lowest %s, highest %s, last %s", named(s.Name), s.Unit.Text(s.Y[lo]), s.Unit.Text(s.Y[hi]), s.Unit.Text(s.Y[last]))
}
