package chart

import (
	"cmp"
	"slices"
)

// labels are the names at the right end of the lines.
type labels struct {
	fr  frame
	all []label
}

type label struct {
	y    float64
	text string
	ink  ink
}

func newLabels(fr frame) *labels { return &labels{fr: fr} }

func (l *labels) add(y float64, text string, i ink) {
	l.all = append(l.all, label{y: y, text: text, ink: i})
}

// lineHeight is the least distance of two texts.
const lineHeight = 13

// draw writes the names beside the ends of their lines, moved apart where they would meet.
func (l *labels) draw(c *canvas) {
	slices.SortStableFunc(l.all, func(a, b label) int { return cmp.Compare(a.y, b.y) })
	for i := 1; i < len(l.all); i++ {
		l.all[i].y = max(l.all[i].y, l.all[i-1].y+lineHeight)
	}
	bottom := l.fr.y + l.fr.h
	for i := len(l.all) - 1; i >= 0; i-- {
		l.all[i].y = min(l.all[i].y, bottom)
		bottom = l.all[i].y - lineHeight
	}
	for _, one := range l.all {
		c.text(l.fr.x+l.fr.w+6, one.y+4, ink{class: "t" + one.ink.class, colour: one.ink.colour}, "", one.text)
	}
}
