package live

import (
	_ "embed" // the page and what belongs to it
	"fmt"
	"html/template"
	"io"

	"gonogo/report/html"
)

var (
	//go:embed files/page.html
	pageHTML string
	//go:embed files/live.css
	liveStyle string
	//go:embed files/live.js
	liveScript string
)

// style is that of the report, with what stands above it.
func style() string { return html.Style() + liveStyle }

// script likewise.
func script() string { return html.Script() + liveScript }

// content is what the page is made of.
type content struct {
	Kind   string
	Seen   string
	Key    string
	Over   bool
	Head   head
	Top    map[string]template.HTML
	Report []placed
}

// placed is a part of the report.
type placed struct {
	ID   string
	HTML template.HTML
}

// content is the page at a view. The parts were made inert when they were made.
func (p *Page) content(v *view) content {
	c := content{
		Kind: p.board.kind, Seen: fmt.Sprintf("%s-%d", p.boot, v.version), Key: p.access.key, Over: v.over,
		Head: v.head, Top: map[string]template.HTML{},
	}
	for _, part := range v.top {
		c.Top[part.id] = template.HTML(part.html)
	}
	for _, part := range v.report {
		if part.html != "" {
			c.Report = append(c.Report, placed{part.id, template.HTML(part.html)})
		}
	}
	return c
}

// render writes the page.
func render(w io.Writer, c content) error {
	t, err := template.New("page").Parse(pageHTML)
	if err != nil {
		return err // a test reads it
	}
	return t.Execute(w, c)
}
