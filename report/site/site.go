// Package site shows a folder of reports as a small site that can only be read: every run
// in a table, the runs of a scenario over time, any two of them compared, and each report.
//
// It knows the folder by package history alone, so that no address can name a file which is
// no report of it. What is asked for is served whole without JavaScript.
//
//   - site.go joins it together; guard.go keeps out what must not get in: other hosts,
//     other methods, anything that a page could be made to load.
//   - page.go makes pages of templates (page.tmpl, site.css, site.js), and says figures.
//   - query.go reads what is asked of the table, and index.go is that table.
//   - scenario.go is a scenario over time, drawn by trend.go.
//   - compare.go holds two reports against each other, and document.go shows one.
package site

import (
	"context"
	"net/http"
	"time"

	"gonogo/report"
	"gonogo/report/chart"
	"gonogo/report/history"
	"gonogo/report/html"
	"gonogo/report/versus"
	"gonogo/slo/compare"
)

// A Site serves a folder.
type Site struct {
	folder *history.Folder
	how    versus.Options
	own    bool // only this machine is to see it
	pages  *pages
	heavy  chan struct{} // held while reports are read whole
}

// Options are what the site is told.
type Options struct {
	// Loopback tells that the site is served to this machine alone. It then answers to no
	// name but that of this machine: a page of another site could take one otherwise.
	Loopback bool
	Tool     report.Tool
}

// mostHeavy is how many requests read whole reports at a time: one may take as much
// memory as a large report does.
const mostHeavy = 2

// mostScanned is how many new reports a page waits for.
const mostScanned = 200

// New makes the site of a folder, whose owner closes it.
func New(folder *history.Folder, o Options) (*Site, error) {
	pages, err := newPages(o.Tool)
	if err != nil {
		return nil, err
	}
	metrics, err := compare.ParseMetrics(compare.UsualMetrics)
	if err != nil {
		return nil, err
	}
	how := versus.Options{Options: compare.Options{Metrics: metrics, Margins: compare.UsualMargins()}, Tool: o.Tool}
	return &Site{folder: folder, how: how, own: o.Loopback, pages: pages, heavy: make(chan struct{}, mostHeavy)}, nil
}

// Handler answers requests.
func (s *Site) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.index)
	mux.HandleFunc("GET /scenario", s.scenario)
	mux.HandleFunc("GET /scenario/{name}", s.scenario)
	mux.HandleFunc("GET /compare", s.compare)
	mux.HandleFunc("GET /report/{file}", s.document)
	mux.HandleFunc("GET /healthz", asset("text/plain", "ok\n"))
	mux.HandleFunc("GET /site.css", asset("text/css", styleText+chart.Style()))
	mux.HandleFunc("GET /site.js", asset("text/javascript", scriptText))
	mux.HandleFunc("GET /report.css", asset("text/css", html.Style()+barText))
	mux.HandleFunc("GET /report.js", asset("text/javascript", html.Script()))
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		s.pages.fail(w, r, http.StatusNotFound, "There is no such page.")
	})
	return s.guard(mux)
}

// view is what the folder holds now. Where that cannot be told the answer is given.
func (s *Site) view(w http.ResponseWriter, r *http.Request) (*history.View, bool) {
	const patience = 20 * time.Second
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), patience) // others wait for it, too
	defer cancel()
	v, err := s.folder.Sync(ctx, mostScanned)
	if err != nil {
		s.pages.fail(w, r, http.StatusInternalServerError, "The folder of reports cannot be read: "+err.Error())
		return nil, false
	}
	return v, true
}

// read reads whole reports, where few others do so at the time.
func (s *Site) read(r *http.Request, do func() error) error {
	select {
	case s.heavy <- struct{}{}:
		defer func() { <-s.heavy }()
		return do()
	case <-r.Context().Done():
		return r.Context().Err()
	}
}
