package chart

import (
	"encoding/xml"
	"html/template"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A node is an element of a drawing.
type node struct {
	name   string
	attrs  map[string]string
	text   string
	within []*node // from the root to its parent
}

func (n *node) number(t *testing.T, name string) float64 {
	v, err := strconv.ParseFloat(n.attrs[name], 64)
	require.NoError(t, err, "%s of %s", name, n.name)
	return v
}

// inherited is an attribute of the element or of the nearest that it lies in.
func (n *node) inherited(name string) string {
	for i := len(n.within); i >= 0; i-- {
		at := n
		if i < len(n.within) {
			at = n.within[i]
		}
		if v, ok := at.attrs[name]; ok {
			return v
		}
	}
	return ""
}

// parse reads a drawing: it has to be well-formed.
func parse(t *testing.T, svg template.HTML) []*node {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(string(svg)))
	var all, open []*node
	for {
		token, err := d.Token()
		if err == io.EOF {
			require.Empty(t, open)
			return all
		}
		require.NoError(t, err, "%s", svg)
		switch e := token.(type) {
		case xml.StartElement:
			n := &node{name: e.Name.Local, attrs: map[string]string{}, within: slices.Clone(open)}
			for _, a := range e.Attr {
				require.NotContains(t, n.attrs, a.Name.Local, "an attribute stands twice in %s", svg)
				n.attrs[a.Name.Local] = a.Value
			}
			all, open = append(all, n), append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text += string(e)
			}
		}
	}
}

// named are the elements of a name and, unless it is "", of a class.
func find(all []*node, name, class string) []*node {
	var out []*node
	for _, n := range all {
		if n.name == name && (class == "" || slices.Contains(strings.Fields(n.attrs["class"]), class)) {
			out = append(out, n)
		}
	}
	return out
}

// box is where a label lies, in the drawing.
type box struct {
	left, top, right, bottom float64
	text                     string
}

// boxesOf are those of all labels.
func boxesOf(t *testing.T, all []*node) []box {
	var out []box
	for _, n := range find(all, "text", "") {
		x, y, w := n.number(t, "x"), n.number(t, "y"), textWidth(n.text)
		switch n.inherited("text-anchor") {
		case "middle":
			x -= w / 2
		case "end":
			x -= w
		}
		out = append(out, box{x, y - 9, x + w, y + 2, n.text})
	}
	return out
}

// point is a place of a path; pen tells whether the way to it was drawn.
type point struct {
	x, y float64
	pen  bool
}

// walk follows a path of the commands that a trace writes.
func walk(t *testing.T, d string) []point {
	t.Helper()
	var out []point
	var x, y, fromX, fromY float64
	command := byte(0)
	for i := 0; i < len(d); {
		if c := d[i]; c >= 'a' && c <= 'z' {
			command, i = c, i+1
			if c == 'z' {
				x, y = fromX, fromY
				out = append(out, point{x, y, true})
			}
			continue
		}
		var v [2]float64
		n := 2
		if command == 'h' || command == 'v' {
			n = 1
		}
		for k := range n {
			for i < len(d) && d[i] == ' ' {
				i++
			}
			end := i + 1
			for end < len(d) && (d[end] >= '0' && d[end] <= '9' || d[end] == '.') {
				end++
			}
			var err error
			v[k], err = strconv.ParseFloat(d[i:end], 64)
			require.NoError(t, err, d)
			i = end
		}
		switch command {
		case 'h':
			x += v[0]
		case 'v':
			y += v[0]
		case 'm', 'l':
			x, y = x+v[0], y+v[1]
		default:
			require.FailNow(t, "an unknown command", d)
		}
		out = append(out, point{x, y, command != 'm'})
		if command == 'm' {
			fromX, fromY, command = x, y, 'l'
		}
	}
	return out
}

// rowsOf reads data-x as a page's script does.
func rowsOf(t *testing.T, all []*node) []float64 {
	var out []float64
	for _, run := range strings.Fields(all[0].attrs["data-x"]) {
		part := strings.Split(run, ",")
		require.Len(t, part, 3)
		var v [3]int
		for i := range v {
			n, err := strconv.Atoi(part[i])
			require.NoError(t, err)
			v[i] = n
		}
		for k := range v[2] {
			out = append(out, float64(v[0]+k*v[1]))
		}
	}
	return out
}

// near tells whether two numbers are the same within a share.
func near(a, b, share float64) bool { return math.Abs(a-b) <= share*max(math.Abs(a), math.Abs(b)) }
