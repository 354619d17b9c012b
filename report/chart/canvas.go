package chart

import (
	"fmt"
	"hash/fnv"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"

	"gonogo/report/show"
)

// A canvas is an SVG that is being drawn.
type canvas struct {
	id   string
	body strings.Builder
	data string // attributes for a script
}

func newCanvas(id string) *canvas { return &canvas{id: ident(id)} }

// ident makes an id of any text. Letters, digits and dashes stay; all else becomes its
// number between underscores, so that two texts never share an id; of a long text, which may
// be hostile, a sum stands for what is cut off.
func ident(text string) string {
	var b strings.Builder
	for i, r := range text {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', i > 0 && (r == '-' || r >= '0' && r <= '9'):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "_%x_", r)
		}
	}
	switch {
	case b.Len() == 0:
		return "_"
	case b.Len() > longestID:
		sum := fnv.New64a()
		sum.Write([]byte(text))
		return fmt.Sprintf("%s__%x", b.String()[:longestID], sum.Sum64())
	}
	return b.String()
}

// longestID is the most of a text that its id repeats.
const longestID = 60

// escape makes a text inert and safe to stand in the SVG, as text or in an attribute.
func escape(text string, columns int) string {
	return html.EscapeString(show.Inert(text, columns))
}

// longest is the most columns of a title or of a sentence.
const longest = 600

// fontSize is that of all text.
const fontSize = 11

// draw closes the drawing: a whole <svg>.
func (c *canvas) draw(width, height int, f Figure) template.HTML {
	class, size := "chart", `width="100%"`
	if width == SmallWidth { // side by side without CSS, too
		class, size = "chart small", fmt.Sprintf(`width="%d" height="%d"`, width, height)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="%s" viewBox="0 0 %d %d" %s role="img" aria-labelledby="%s-t %[5]s-d"`,
		class, width, height, size, c.id)
	fmt.Fprintf(&b, ` font-family="system-ui,sans-serif" font-size="%d" font-variant="tabular-nums"%s>`, fontSize, c.data)
	fmt.Fprintf(&b, `<title id="%s-t">%s</title><desc id="%[1]s-d">%[3]s</desc>`, c.id, escape(f.Title, longest), escape(f.Says, longest))
	fmt.Fprintf(&b, `<rect class="bg" width="%d" height="%d" fill="#fff"/>`, width, height)
	b.WriteString(c.body.String())
	b.WriteString("</svg>")
	return template.HTML(b.String()) //nolint:gosec // every text in it went through escape
}

// nothing draws the chart of no data.
func (c *canvas) nothing(width, height int, f Figure) template.HTML {
	c.group(textInk(), "middle")
	c.text(float64(width)/2, float64(height)/2+4, "nothing was measured")
	c.end()
	return c.draw(width, height, f)
}

// printf writes markup; the texts in it are escaped already.
func (c *canvas) printf(format string, args ...any) { fmt.Fprintf(&c.body, format, args...) }

// group starts texts of one ink; anchor "" is "start".
func (c *canvas) group(i ink, anchor string) {
	if anchor != "" {
		anchor = ` text-anchor="` + anchor + `"`
	}
	c.printf(`<g %s%s>`, i.fill(), anchor)
}

// end closes a group.
func (c *canvas) end() { c.printf("</g>") }

// text writes a label of the group.
func (c *canvas) text(x, y float64, text string) {
	c.printf(`<text x="%s" y="%s">%s</text>`, num(x), num(y), escape(text, longest))
}

// over writes a label over what is drawn, with a rim in the colour of the ground.
func (c *canvas) over(x, y float64, i ink, anchor, text string) {
	c.printf(`<text x="%s" y="%s" class="f%s rim" fill="%s" stroke="#fff" stroke-width="3" stroke-linejoin="round" paint-order="stroke" text-anchor="%s">%s</text>`,
		num(x), num(y), i.name, i.colour, anchor, escape(text, longest))
}

// rule draws a straight line outside of the plot.
func (c *canvas) rule(i ink, x, y, dx, dy float64) {
	c.printf(`<path %s fill="none" d="M%s %sl%s %s"/>`, i.stroke(), num(x), num(y), num(dx), num(dy))
}

// num prints a number with at most one decimal.
func num(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10+0, 'f', -1, 64)
}

// decimal prints a number with at most three decimals.
func decimal(v float64) string {
	return strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64)
}

// A trace is a path in whole units, written in relative steps.
type trace struct {
	b            strings.Builder
	x, y         int
	fromX, fromY int // where the stroke started
	last         byte
}

// move lifts the pen; draw puts it down.
func (t *trace) move(x, y int) {
	t.step('m', x, y)
	t.fromX, t.fromY = x, y
}
func (t *trace) draw(x, y int) { t.step('l', x, y) }

// step writes one command. The first of a path is relative to 0,0 and so absolute.
func (t *trace) step(command byte, x, y int) {
	dx, dy := x-t.x, y-t.y
	t.x, t.y = x, y
	switch {
	case command == 'l' && dx == 0 && dy == 0:
		return
	case command == 'l' && dx == 0:
		t.one('v', dy)
		return
	case command == 'l' && dy == 0:
		t.one('h', dx)
		return
	}
	t.one(command, dx)
	if dy >= 0 {
		t.b.WriteByte(' ')
	}
	t.b.WriteString(strconv.Itoa(dy))
	if command == 'm' {
		t.last = 'l' // SVG reads on after a move as if a line had been asked for
	}
}

// one writes a command, where it is another one than before, and its first number.
func (t *trace) one(command byte, v int) {
	if t.last != command || command == 'm' {
		t.b.WriteByte(command)
	} else if v >= 0 {
		t.b.WriteByte(' ')
	}
	t.b.WriteString(strconv.Itoa(v))
	t.last = command
}

// dot is a stroke of no length, which round ends make visible.
func (t *trace) dot(x, y int) {
	t.move(x, y)
	t.b.WriteString("h0")
	t.last = 'h'
}

// box is a closed rectangle.
func (t *trace) box(x, y, w, h int) {
	t.move(x, y)
	t.draw(x+w, y)
	t.draw(x+w, y+h)
	t.draw(x, y+h)
	t.shut()
}

// shut closes the shape; the pen is back where it started.
func (t *trace) shut() {
	t.b.WriteByte('z')
	t.x, t.y, t.last = t.fromX, t.fromY, 'z'
}

func (t *trace) empty() bool    { return t.b.Len() == 0 }
func (t *trace) String() string { return t.b.String() }
