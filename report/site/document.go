package site

import (
	"context"
	"errors"
	"html/template"
	"io"
	"net/http"
	"strconv"
	"strings"

	"gonogo/report"
	"gonogo/report/history"
	"gonogo/report/html"
)

// documentPage is one report.
type documentPage struct {
	Row      *history.Row
	Banner   template.HTML
	Parts    []html.Section
	JSON     string // the address of the file
	Previous string // of the comparison with the run before it; "": there is none
}

// document answers with a report as a page, or with its file. The name is one of those in
// the folder, or there is no such page: it never becomes a path.
func (s *Site) document(w http.ResponseWriter, r *http.Request) {
	v, ok := s.view(w, r)
	if !ok {
		return
	}
	stem, raw := strings.CutSuffix(r.PathValue("file"), ".json")
	row := v.Row(stem + ".json")
	if row == nil {
		lines := []string{"No report here is called " + stem + "."}
		if v.Older > 0 {
			lines = append(lines, notesOf(v)...)
		}
		s.pages.fail(w, r, http.StatusNotFound, lines...)
		return
	}
	if raw {
		s.file(w, r, row)
		return
	}
	p := documentPage{Row: row, JSON: reportURL(row.File) + ".json", Previous: previous(v, row)}
	err := s.read(r, func() error {
		whole, err := s.folder.Report(row)
		if err != nil {
			return err
		}
		all := html.Sections(whole)
		p.Banner, p.Parts = all[0].HTML, all[1:]
		return nil
	})
	switch {
	case errors.Is(err, context.Canceled):
		return
	case err != nil:
		s.pages.fail(w, r, http.StatusInternalServerError, "The report cannot be shown.", err.Error())
		return
	}
	s.pages.write(w, r, http.StatusOK, "document", frame{Title: row.Verdict + ", " + row.Scenario + ", " + when(row.StartedAt), Here: "report", Body: p})
}

// previous is the address of the comparison with the run of the same scenario before one.
func previous(v *history.View, row *history.Row) string {
	found := false
	for i := range v.Rows {
		switch r := &v.Rows[i]; {
		case r == row:
			found = true
		case found && r.Scenario == row.Scenario && r.Kind != report.KindCapacity:
			return compareURL(r, row)
		}
	}
	return ""
}

// file answers with the bytes of a report.
func (s *Site) file(w http.ResponseWriter, r *http.Request, row *history.Row) {
	in, err := s.folder.Open(row)
	if err != nil {
		s.pages.fail(w, r, http.StatusInternalServerError, "The report cannot be read.", err.Error())
		return
	}
	defer in.Close()
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.FormatInt(row.Size, 10))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = io.CopyN(w, in, row.Size) // who asked may have gone
}
