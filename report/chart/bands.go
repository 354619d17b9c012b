package chart

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// name is what a band is called.
func (b Band) name() string {
	if b.Label != "" {
		return named(b.Label)
	}
	switch b.Kind {
	case Gap:
		return "gap"
	case Breach:
		return "breach"
	}
	return "phase"
}

// on are the bands that lie on the axis lo..hi, cut at its ends, in order of
// time, each with its name.
func on(bands []Band, lo, hi float64) []Band {
	var out []Band
	for _, b := range bands {
		b.From, b.To = max(b.From, lo), min(b.To, hi)
		if b.To > b.From { // false for what is no number, too
			b.Label = b.name()
			out = append(out, b)
		}
	}
	slices.SortStableFunc(out, func(a, b Band) int { return cmp.Compare(a.From, b.From) })
	return out
}

// of are the bands of a kind.
func of(bands []Band, kind BandKind) []Band {
	return slices.DeleteFunc(slices.Clone(bands), func(b Band) bool { return b.Kind != kind })
}

// lanes is how many lines of labels the bands need above the plot.
func lanes(bands []Band) int {
	n := 0
	if len(of(bands, Phase)) > 0 {
		n++
	}
	if len(of(bands, Gap))+len(of(bands, Breach)) > 0 {
		n++
	}
	return n
}

// thinnest is the least width of a band, in units of the drawing: one second of a day
// has to be seen.
const thinnest = 1.5

// boxes is one path of all bands, those that touch joined.
func boxes(f frame, bands []Band, y, h int) *trace {
	t, least := &trace{}, int(math.Ceil(thinnest*f.wide()/f.w))
	from, to := 0, -1
	for _, b := range bands {
		a, z := f.px(b.From), f.px(b.To)
		if z-a < least {
			a = max(min(a-(least-z+a)/2, int(f.wide())-least), 0)
			z = a + least
		}
		if to >= from && a <= to+1 {
			to = max(to, z)
			continue
		}
		if to > from {
			t.box(from, y, to-from, h)
		}
		from, to = a, z
	}
	if to > from {
		t.box(from, y, to-from, h)
	}
	return t
}

// The looks of bands: tones of grey for phases, hatches that lean one way for gaps and the
// other way for breaches.
const (
	phaseColour = "#f3f5f7"
	edgeColour  = "#c3c9cf"
	gapColour   = "#aab2ba"
)

// bands draws the bands in the plot, behind everything.
func (c *canvas) bands(f frame, bands []Band) {
	phases, gaps, breaches := of(bands, Phase), of(bands, Gap), of(bands, Breach)
	tall := int(f.tall())
	var toned []Band
	var edges trace
	for i, b := range phases {
		if i%2 == 0 && len(phases) > 1 {
			toned = append(toned, b)
		}
		if i > 0 {
			edges.move(f.px(b.From), 0)
			edges.draw(f.px(b.From), tall)
		}
	}
	if t := boxes(f, toned, 0, tall); !t.empty() {
		c.printf(`<path class="bp" fill="%s" d="%s"/>`, phaseColour, t)
	}
	if !edges.empty() {
		c.printf(`<path class="be" stroke="%s" vector-effect="non-scaling-stroke" d="%s"/>`, edgeColour, &edges)
	}
	if t := boxes(f, gaps, 0, tall); !t.empty() {
		c.hatch(f, "g", "bh", gapColour, -45, 5)
		c.printf(`<path class="gap" fill="url(#%s-g)" d="%s"/>`, c.id, t)
	}
	if t := boxes(f, breaches, 0, tall); !t.empty() {
		c.hatch(f, "b", "sl", limitInk().colour, 45, 4)
		c.printf(`<path class="breach" fill="url(#%s-b)" fill-opacity=".4" d="%s"/>`, c.id, t)
		c.printf(`<path %s d="%s"/>`, limitInk().fill(), boxes(f, breaches, tall, int(3*f.tall()/f.h)))
	}
}

// hatch defines a pattern of slanted lines, which has the same look in every plot.
func (c *canvas) hatch(f frame, name, class, colour string, angle, distance int) {
	turn := fmt.Sprintf("scale(%s %s) rotate(%d)", decimal(f.wide()/f.w), decimal(f.tall()/f.h), angle)
	c.printf(`<pattern id="%s-%s" width="%[3]d" height="%[3]d" patternUnits="userSpaceOnUse" patternTransform="%[4]s"><path class="%[5]s" d="M0 0v%[3]d" stroke="%[6]s" stroke-width="1.6"/></pattern>`,
		c.id, name, distance, turn, class, colour)
}

// leastName is the least room in which a name, or its beginning, says anything.
const leastName = 22

// above writes the names of the bands over the plot: phases first, then what is marked.
// A name for which there is no room is left out: the table has it.
func (c *canvas) above(f frame, bands []Band) {
	y := f.y - 6 - float64(lineHeight*max(lanes(bands)-1, 0))
	phases := of(bands, Phase)
	if len(phases) > 0 {
		c.group(textInk(), "")
		for _, b := range phases {
			room := f.ox(b.To) - f.ox(b.From) - 4
			if room < leastName {
				continue
			}
			if text := fit(b.Label, room); textWidth(text) <= room {
				c.text(f.ox(b.From)+1, y, text)
			}
		}
		c.end()
		y += lineHeight
	}
	last := f.x - 6
	for _, b := range bands {
		if b.Kind == Phase {
			continue
		}
		if f.ox(b.From)+f.ox(b.To) < 2*last {
			continue // the middle of the name would lie in the last one
		}
		i, text := limitInk(), fit(b.Label, maxLabel)
		if b.Kind == Gap {
			i = textInk()
		}
		x := max(min((f.ox(b.From)+f.ox(b.To)-textWidth(text))/2, f.right()-textWidth(text)), f.x)
		if x < last+6 {
			continue
		}
		last = x + textWidth(text)
		c.printf(`<text %s x="%s" y="%s">%s</text>`, i.fill(), num(x), num(y), escape(text, longest))
	}
}
