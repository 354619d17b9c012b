package site

import (
	"bytes"
	_ "embed" // the templates, the style sheet and the script
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"gonogo/report"
	"gonogo/report/chart"
	"gonogo/report/history"
	"gonogo/report/html"
	"gonogo/report/show"
)

//go:embed page.tmpl
var pageText string

//go:embed site.css
var styleText string

//go:embed site.js
var scriptText string

// barText is what the page of a report has beside its own style.
const barText = ".bar{display:flex;flex-wrap:wrap;gap:.1rem 1.4rem;padding:.7rem clamp(1rem,2.4vw,3rem);max-width:2400px;margin:0 auto;font-size:.9rem}\n@media print{.bar{display:none}}\n"

// pages makes pages of templates.
type pages struct {
	templates *template.Template
	tool      string
}

func newPages(tool report.Tool) (*pages, error) {
	t, err := template.New("").Funcs(template.FuncMap{
		"mark": report.Symbol, "tone": html.Tone, "ms": show.Milliseconds, "count": show.Count, "counted": func(n int, noun string) string { return show.Counted(int64(n), noun) },
		"rate": show.Rate, "span": show.Span, "success": report.Percent, "when": when, "minute": minute, "unbroken": unbroken, "iso": iso,
		"scenarioURL": scenarioURL, "reportURL": reportURL, "spark": sparkOf, "p95": p95,
		"percent": func(share float64) float64 { return 100 * share }, "texts": texts, "deref": func(v *string) string { return *v },
	}).Parse(pageText)
	return &pages{templates: t, tool: "gonogo " + show.Inert(tool.Version, 40)}, err
}

// A frame is what every page has around what it is about.
type frame struct {
	Title  string
	Here   string // the part of the site
	Tool   string
	Notes  []string // what there is to know of the folder
	Reload bool     // more is known in a moment
	Body   any
}

// write answers with a page. It is made as a whole before anything of it is sent, so that
// one which fails is no half of a page.
func (p *pages) write(w http.ResponseWriter, r *http.Request, status int, name string, f frame) {
	f.Tool = p.tool
	var text bytes.Buffer
	if err := p.templates.ExecuteTemplate(&text, name, f); err != nil {
		http.Error(w, "make the page: "+err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(text.Len()))
	if f.Reload {
		h.Set("Refresh", "2")
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(text.Bytes()) // who asked may have gone
	}
}

// fail answers with what is wrong.
func (p *pages) fail(w http.ResponseWriter, r *http.Request, status int, lines ...string) {
	for i := range lines {
		lines[i] = show.Inert(lines[i], 1000)
	}
	p.write(w, r, status, "failed", frame{Title: http.StatusText(status), Body: lines})
}

// asset answers with a text of ours.
func asset(kind, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind+"; charset=utf-8")
		_, _ = io.WriteString(w, text) // who asked may have gone
	}
}

// notesOf says what there is to know of the folder.
func notesOf(v *history.View) (notes []string) {
	if v.Unread > 0 {
		notes = append(notes, show.Counted(int64(v.Unread), "report")+" not read yet: the page loads again by itself")
	}
	if v.Older > 0 {
		notes = append(notes, fmt.Sprintf("the newest %s reports are shown; %s older", show.Count(history.Most), areOf(v.Older)))
	}
	return notes
}

func areOf(n int) string {
	if n == 1 {
		return "1 is"
	}
	return show.Count(int64(n)) + " are"
}

// texts are the cells of a row of a comparison.
func texts(r report.Contrast) []string {
	baseline, candidate, change, between, margin := r.Texts()
	return []string{baseline, candidate, change, between, margin}
}

// p95 prints a run's, or that it falls on a request that failed.
func p95(r *history.Row) string {
	if r.Failed("p95") {
		return "failed"
	}
	return show.Milliseconds(r.P95)
}

func when(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// unbroken keeps a comparison and its limit on one line.
func unbroken(text string) string {
	return strings.NewReplacer("< ", "<\u00a0", "> ", ">\u00a0", "= ", "=\u00a0").Replace(text)
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }
func iso(t time.Time) string    { return t.UTC().Format(time.RFC3339) }

// scenarioURL is the address of a scenario's page. A name that is a path of its own would
// not arrive as one.
func scenarioURL(name string) string {
	if strings.Trim(name, ".") == "" {
		return "/scenario?name=" + url.QueryEscape(name)
	}
	return "/scenario/" + url.PathEscape(name)
}

func reportURL(file string) string {
	return "/report/" + url.PathEscape(strings.TrimSuffix(file, ".json"))
}

// sparkOf draws the p95 of a run over its time.
func sparkOf(r *history.Row) template.HTML {
	if len(r.Spark) == 0 {
		return ""
	}
	return chart.Spark{Name: "p95 over the run", Y: valuesOf(r.Spark), Unit: chart.Milliseconds}.HTML()
}
