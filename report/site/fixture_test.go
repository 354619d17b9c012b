package site

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"gonogo/report"
	"gonogo/report/history"
)

// made is the report of a real run, changed.
func made(t testing.TB, days int, change func(*report.Report)) *report.Report {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "run.json"))
	require.NoError(t, err)
	r := new(report.Report)
	require.NoError(t, json.Unmarshal(text, r))
	r.Run.Scenario, r.Run.Target = "burst", "https://staging.example.test"
	r.Run.StartedAt = time.Date(2025, 12, 1, 9, 2, 12, 0, time.UTC).AddDate(0, 0, days)
	r.Run.EndedAt = r.Run.StartedAt.Add(17 * time.Second)
	r.Run.ID = r.Run.StartedAt.Format("20060102_150405")
	if change != nil {
		change(r)
	}
	return r
}

// failing makes it a NO-GO.
func failing(r *report.Report) {
	r.Verdict, r.ExitCode, r.Objectives[0].Verdict = "NO-GO", 10, "fail"
	r.Objectives[0].Margin = new(-0.5)
}

// hostile names everything as nobody should.
func hostile(r *report.Report) {
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>&'` + "\x1b[31m\u202e\r\n\x00\xff"
	long := evil + strings.Repeat("x", 10_000)
	r.Run.Scenario, r.Run.Target, r.Run.Load = evil, long, long
	r.Objectives[0].Name = long
}

// folderOf is a folder of reports.
func folderOf(t testing.TB, all ...*report.Report) string {
	t.Helper()
	dir := t.TempDir()
	for _, r := range all {
		_, err := report.Save(dir, r)
		require.NoError(t, err)
	}
	return dir
}

// siteOf serves a folder.
func siteOf(t testing.TB, dir string) http.Handler {
	t.Helper()
	folder, err := history.Open(dir)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, folder.Close()) })
	s, err := New(folder, Options{Loopback: true, Tool: report.Tool{Version: "1.2.3"}})
	require.NoError(t, err)
	return s.Handler()
}

// ask asks for a page as a browser on this machine does.
func ask(h http.Handler, method, url string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, "http://127.0.0.1:8088"+url, http.NoBody)
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, request)
	return answer
}

// A document is a page that was parsed.
type document struct{ root *html.Node }

func parsed(t testing.TB, page string) document {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	return document{root}
}

// all are the elements of a name.
func (d document) all(name string) (found []*html.Node) {
	for n := range d.root.Descendants() {
		if n.Type == html.ElementNode && (name == "*" || n.Data == name) {
			found = append(found, n)
		}
	}
	return found
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// text is what a reader reads of a node, on one line.
func text(n *html.Node) string {
	var b bytes.Buffer
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			fmt.Fprint(&b, c.Data, " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// cells are the rows of the first table of a class.
func (d document) cells(class string) (rows [][]string) {
	for _, table := range d.all("table") {
		if !slices.Contains(strings.Fields(attribute(table, "class")), class) {
			continue
		}
		for _, tr := range (document{table}).all("tr") {
			var row []string
			for c := range tr.ChildNodes() {
				if c.Type == html.ElementNode {
					row = append(row, text(c))
				}
			}
			rows = append(rows, row)
		}
		return rows
	}
	return nil
}

func write(t testing.TB, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}
