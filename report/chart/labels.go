package chart

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"gonogo/report/show"
)

// textWidth is about how wide a label is: rather more than less, for fonts differ.
func textWidth(text string) float64 {
	sum := 0.0
	for _, r := range text {
		switch {
		case r > 0x2e80:
			sum += 1.05
		case slices.Contains([]rune("il.,:;|'!j()[]"), r):
			sum += 0.38
		case slices.Contains([]rune("mwMW%…"), r):
			sum += 0.98
		case r >= 'A' && r <= 'Z':
			sum += 0.7
		default:
			sum += 0.62
		}
	}
	return sum * fontSize
}

// fit cuts a name to a width.
func fit(text string, width float64) string {
	for columns := int(width / (0.38 * fontSize)); columns > 1; columns-- {
		if cut := show.Inert(text, columns); textWidth(cut) <= width {
			return cut
		}
	}
	return "…"
}

// labels are the names at the right end of the lines.
type labels struct {
	all  []label
	more int // lines that are not drawn
}

type label struct {
	v     float64 // the value at which its line ends
	y, at float64 // that place, and where the name stands
	text  string
	ink   ink
}

// lineHeight is the least distance of two texts.
const lineHeight = 13

// keyWidth is the piece of the line before its name.
const keyWidth = 18

// maxLabel is the most room for a name.
const maxLabel = 150

func (l *labels) add(v float64, text string, i ink) {
	l.all = append(l.all, label{v: v, text: fit(text, maxLabel), ink: i})
}

// width is the room that the names need.
func (l *labels) width() float64 {
	widest := 0.0
	for _, one := range l.all {
		widest = max(widest, textWidth(one.text))
	}
	if widest == 0 {
		return 16
	}
	return math.Ceil(widest) + keyWidth + 10
}

// place moves names apart that would meet, as little as it can, beside the plot; those for
// which there is no room are left out, the last first.
func (l *labels) place(f frame) {
	top, bottom := f.y, f.bottom()
	for i := range l.all {
		l.all[i].y = f.oy(l.all[i].v)
	}
	if room := max(int((bottom-top)/lineHeight), 1); len(l.all) > room || l.more > 0 {
		kept := min(len(l.all), room)
		l.all = append(l.all[:kept:kept], label{y: bottom, text: "and " + strconv.Itoa(len(l.all)-kept+l.more) + " more", ink: textInk()})
	}
	slices.SortStableFunc(l.all, func(a, b label) int { return cmp.Compare(a.y, b.y) })
	l.spread()
	for i := range l.all { // down from the top, then up from the bottom
		l.all[i].at = max(l.all[i].at, top+float64(i)*lineHeight)
	}
	for i := range l.all {
		l.all[i].at = min(l.all[i].at, bottom-float64(len(l.all)-1-i)*lineHeight)
	}
}

// spread puts names that would meet around the middle of the ends of their lines: groups
// are joined with those above as long as they meet them.
func (l *labels) spread() {
	type group struct {
		from int
		sum  float64 // of the ends, each less the room of the names above it in the group
		n    float64
	}
	var groups []group
	for i, one := range l.all {
		g := group{from: i, sum: one.y, n: 1}
		for len(groups) > 0 {
			above := groups[len(groups)-1]
			if g.sum/g.n >= above.sum/above.n+above.n*lineHeight {
				break
			}
			g = group{from: above.from, sum: above.sum + g.sum - g.n*above.n*lineHeight, n: above.n + g.n}
			groups = groups[:len(groups)-1]
		}
		groups = append(groups, g)
	}
	for _, g := range groups {
		for k := range int(g.n) {
			l.all[g.from+k].at = g.sum/g.n + float64(k)*lineHeight
		}
	}
}

// draw writes the names, each behind a piece of its line.
func (l *labels) draw(c *canvas, f frame) {
	c.printf(`<g class="names">`)
	for _, one := range l.all {
		if one.ink.width > 0 {
			c.rule(one.ink, f.right()+4, one.y, keyWidth-4, one.at-one.y)
		}
		c.printf(`<text %s x="%s" y="%s">%s</text>`, one.ink.fill(), num(f.right()+keyWidth+4), num(one.at+4), escape(one.text, longest))
	}
	c.end()
}
