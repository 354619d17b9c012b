// Package html owns the page that people look at: one file, made of a report.Report
// alone, that needs no network, no JavaScript and no style sheet to be read.
//
// Write makes the whole page, Sections its parts for a page that is served while a run
// goes on (html.go). What a page is made of is plain data: parts of blocks, which are
// texts, figures, tables and lists (view.go), and page.tmpl is the one place that makes
// markup of it, by html/template, so that no text of a report can become any. The parts
// are made from the report by banner.go (the verdict and the three questions),
// objectives.go, latency.go (by percentile, over time, by step), failures.go,
// network.go, trust.go, sustained.go, compared.go, capacity.go and plan.go (the
// settings, the accounting and the data). style.css and page.js are in the page; the
// script only adds to what is there.
package html

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	_ "embed" // the template, the style sheet and the script
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"gonogo/report"
	"gonogo/report/chart"
	"gonogo/report/show"
)

//go:embed page.tmpl
var pageText string

//go:embed style.css
var styleText string

//go:embed page.js
var scriptText string

// Style is the style sheet of the page, with that of its charts.
func Style() string { return styleText + chart.Style() }

// Script is the script of the page. Nothing that it does is needed to read it.
func Script() string { return scriptText }

// A Section is a part of the page. Its ID is that of its element, and stays the same
// while a run goes on.
type Section struct {
	ID    string
	Title string // for a list of contents, as short as the page has it; "" of the verdict
	HTML  template.HTML
}

// Write writes the page of a report.
func Write(w io.Writer, r *report.Report) error {
	kept, whole := keptOf(r)
	data, err := packed(func(w io.Writer) error { return report.Encode(w, kept) })
	if err != nil {
		return err
	}
	p := page{
		Whole: whole,
		Title: show.Inert(r.Verdict, 20) + " · " + show.Inert(r.Run.Scenario, 80) + " · " + show.Inert(r.Run.ID, 40),
		Kind:  r.Kind, Banner: bannerOf(r), Parts: partsOf(r),
		Data: data, Tool: toolText(r.Run.Tool), File: fileName(r.Run.ID),
	}
	return p.write(w)
}

// keptOf is the report as the page keeps it, and whether that is all of it. The counters
// that judging again takes may be many times the size of all else: then they are left to
// the JSON file.
func keptOf(r *report.Report) (kept *report.Report, whole bool) {
	const (
		hour        = 3600
		most        = 224 << 10 // bytes, of a run that is shorter than that
		mostOfHours = 768 << 10
	)
	limit := most
	if t := r.Timeline; t != nil && len(t.Rows) > 0 && t.Rows[len(t.Rows)-1].T >= hour {
		limit = mostOfHours
	}
	if r.Evidence.Size() <= limit {
		return r, true
	}
	less := *r
	less.Evidence = nil
	return &less, false
}

// WriteComparison writes the page of a comparison of reports.
func WriteComparison(w io.Writer, c *report.ComparisonReport) error {
	data, err := packed(func(w io.Writer) error { return report.EncodeComparison(w, c) })
	if err != nil {
		return err
	}
	p := page{
		Whole: true,
		Title: show.Inert(c.Verdict, 20) + " · comparison · " + show.Inert(c.Scenario, 80),
		Kind:  c.Kind, Banner: comparisonBanner(c), Parts: shown(comparisonPart(c.Comparison)),
		Data: data, Tool: toolText(c.Tool), File: "comparison",
	}
	return p.write(w)
}

// Sections are the parts of the page, the verdict first.
func Sections(r *report.Report) []Section {
	t := templates()
	all := []Section{{ID: bannerID, HTML: render(t, "banner", bannerOf(r))}}
	for _, p := range partsOf(r) {
		all = append(all, Section{ID: p.ID, Title: cmp.Or(p.Short, p.Title), HTML: render(t, "part", p)})
	}
	return all
}

// bannerID is the id of the verdict's element.
const bannerID = "verdict"

// partsOf are the sections below the verdict, those with something to say.
func partsOf(r *report.Report) []part {
	return shown(
		objectivesPart(r), capacityPart(r), comparisonPart(r.Comparison), percentilesPart(r), timePart(r), failuresPart(r), heatPart(r),
		stepsPart(r), groupsPart(r), networkPart(r), trustPart(r), sustainedPart(r), driftPart(r),
		settingsPart(r), accountingPart(r),
	)
}

func shown(parts ...part) []part {
	var all []part
	for _, p := range parts {
		if len(p.Blocks) > 0 {
			all = append(all, p)
		}
	}
	return all
}

// page is all that the template takes.
type page struct {
	Title, Kind string
	Banner      banner
	Parts       []part
	Data        template.HTML // gzip in base64
	Whole       bool          // it is all of the report
	Tool, File  string

	Style  template.CSS
	Script template.JS
	Policy string
}

func (p page) write(w io.Writer) error {
	style, script := Style(), Script()
	p.Style, p.Script = template.CSS(style), template.JS(script) //nolint:gosec // our own files
	p.Policy = fmt.Sprintf("default-src 'none'; img-src data:; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'", hash(style), hash(script))
	return templates().ExecuteTemplate(w, "page", p)
}

// hash names a text for a content security policy.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func templates() *template.Template {
	return template.Must(template.New("").Parse(pageText)) // ours: a test fails where it does not parse
}

func render(t *template.Template, name string, data any) template.HTML {
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, name, data); err != nil {
		return template.HTML("<!-- " + template.HTMLEscapeString(err.Error()) + " -->") //nolint:gosec // escaped
	}
	return template.HTML(b.String()) //nolint:gosec // made by html/template
}

// packed is what write writes, compressed, as text. The same text always becomes the
// same bytes.
func packed(write func(io.Writer) error) (template.HTML, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := write(z); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	return template.HTML(base64.StdEncoding.EncodeToString(b.Bytes())), nil //nolint:gosec // letters, digits, "+", "/" and "="
}

func toolText(t report.Tool) string {
	return "gonogo " + show.Inert(t.Version, 40)
}

// fileName makes the name of a file of a run's.
func fileName(run string) string {
	name := []byte("load_test_report_" + show.Inert(run, 60))
	for i, c := range name {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '_' && c != '-' {
			name[i] = '_'
		}
	}
	return string(name) + ".json"
}
