package chart

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"

	"gonogo/report/show"
)

// fontSize is that of all text: nothing is smaller.
const fontSize = 11

// A canvas is an SVG that is being drawn.
type canvas struct {
	id   string
	body strings.Builder
}

// ident makes an id of any text: letters, digits and dashes stay, all else becomes an
// underscore and a number, so that two texts never share one.
func ident(text string) string {
	var b strings.Builder
	for i, r := range text {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '-' && i > 0, r >= '0' && r <= '9' && i > 0:
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "_%x_", r)
		}
	}
	if b.Len() == 0 {
		return "_"
	}
	return b.String()
}

// inert makes a text safe to stand in the SVG, as text or in an attribute.
func inert(text string, columns int) string {
	return html.EscapeString(show.Inert(text, columns))
}

// longest is the most columns of a title or a sentence.
const longest = 400

// draw closes the drawing: a whole <svg>.
func (c *canvas) draw(width, height int, data, title, says string) template.HTML {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 %d %d" width="100%%" role="img" aria-labelledby="%s-t %s-d"`,
		width, height, c.id, c.id)
	fmt.Fprintf(&b, ` font-family="system-ui,sans-serif" font-size="%d"%s>`, fontSize, data)
	fmt.Fprintf(&b, `<title id="%s-t">%s</title><desc id="%s-d">%s</desc>`, c.id, inert(title, longest), c.id, inert(says, longest))
	fmt.Fprintf(&b, `<rect class="bg" width="%d" height="%d" fill="#fff"/>`, width, height)
	b.WriteString(c.body.String())
	b.WriteString("</svg>")
	return template.HTML(b.String()) //nolint:gosec // every text in it went through inert
}

// printf writes markup; the texts in it are inert already.
func (c *canvas) printf(format string, args ...any) { fmt.Fprintf(&c.body, format, args...) }

// text writes a label.
func (c *canvas) text(x, y float64, l ink, anchor, text string) {
	if anchor != "" {
		anchor = ` text-anchor="` + anchor + `"`
	}
	c.printf(`<text class="%s" x="%s" y="%s" fill="%s"%s>%s</text>`, l.class, num(x), num(y), l.colour, anchor, inert(text, longest))
}

// num prints a place with at most one decimal.
func num(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10+0, 'f', -1, 64)
}

// A trace is a path in tenths of a unit, written with relative steps.
type trace struct {
	b    strings.Builder
	x, y int
	last byte
}

func tenths(v float64) int { return int(math.Round(v * 10)) }

// move starts a stroke.
func (t *trace) move(x, y float64) {
	t.step('m', 'M', tenths(x), tenths(y))
}

// line draws to a place.
func (t *trace) line(x, y float64) {
	t.step('l', 'l', tenths(x), tenths(y))
}

func (t *trace) step(rel, first byte, x, y int) {
	command, dx, dy := rel, x-t.x, y-t.y
	if t.b.Len() == 0 {
		command, dx, dy = first, x, y
	}
	if t.last != command {
		t.b.WriteByte(command)
	} else if dx >= 0 {
		t.b.WriteByte(' ')
	}
	t.b.WriteString(strconv.Itoa(dx))
	if dy >= 0 {
		t.b.WriteByte(' ')
	}
	t.b.WriteString(strconv.Itoa(dy))
	t.x, t.y, t.last = x, y, command
	if command == 'M' || command == 'm' {
		t.last = 'l' - 1 // what follows a move without a command is a line: never leave it out
	}
}

// dot is a stroke of no length: its round ends make it one.
func (t *trace) dot(x, y float64) {
	t.move(x, y)
	t.b.WriteString("h0")
	t.last = 'h'
}

func (t *trace) String() string { return t.b.String() }
