package site

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/report"
	"gonogo/report/history"
)

const (
	first  = "load_test_report_20251201_090212"
	second = "load_test_report_20251202_090212"
)

func TestTheTableOfRuns(t *testing.T) {
	h := siteOf(t, folderOf(t, made(t, 0, nil), made(t, 1, failing)))
	page := ask(h, "GET", "/")
	require.Equal(t, 200, page.Code)
	d := parsed(t, page.Body.String())
	require.Equal(t, [][]string{
		{"Compare", "Verdict", "Started (UTC) ↓", "Scenario", "Target · Load", "Requests", "p95", "Success", "Worst objective"},
		{"", "✖ NO-GO", "2025-12-02 09:02", "burst", "https://staging.example.test 1000 users, ramp 2s, hold 15s", "616,167", "47ms", "100.00%", "p95 47ms, want < 200ms"},
		{"", "✔ GO", "2025-12-01 09:02", "burst", "https://staging.example.test 1000 users, ramp 2s, hold 15s", "616,167", "47ms", "100.00%", "p95 47ms, want < 200ms"},
	}, d.cells("history"))
	var links []string
	for _, a := range d.all("a") {
		links = append(links, attribute(a, "href"))
	}
	require.Contains(t, links, "/report/"+first)
	require.Contains(t, links, "/scenario/burst")
	require.Contains(t, links, "/?verdict=NO-GO")
}

// Every page can be read by a reader of the screen, and loads nothing but our own files.
func TestPagesAreWellMade(t *testing.T) {
	var runs []*report.Report
	for day := range 12 {
		runs = append(runs, made(t, day, func(r *report.Report) {
			if day >= 6 {
				r.Totals.Latency.P95 = new(90.0 + float64(day))
				r.Run.SHA256 = strings.Repeat("1", 64)
			}
		}))
	}
	runs = append(runs, made(t, 20, hostile), made(t, 21, failing))
	dir := folderOf(t, runs...)
	write(t, filepath.Join(dir, "load_test_report_20250101_000000.json"), `{"<script>`)
	h := siteOf(t, dir)
	tests := []struct {
		url    string
		status int
		title  string
	}{
		{"/", 200, "Runs – gonogo"},
		{"/?q=burst&sort=p95&dir=up&verdict=GO&from=2025-12-01&to=2025-12-31", 200, "Runs – gonogo"},
		{"/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&scenario=%3Cscript%3E", 200, "Runs – gonogo"},
		{"/scenario/burst", 200, "burst – gonogo"},
		{"/scenario/none%22%3E%3Cscript%3E", 404, "Not Found – gonogo"},
		{"/compare?run=" + first + ".json&run=" + second + ".json", 200, "Comparison – gonogo"},
		{"/compare?a=" + first + "&b=" + first, 200, "Comparison – gonogo"},
		{"/compare?a=%3Cscript%3E&b=x", 400, "Bad Request – gonogo"},
		{"/report/" + first, 200, "GO, burst, 2025-12-01 09:02:12 – gonogo"},
		{"/report/load_test_report_20251221_090212", 200, ""},
		{"/report/nothing", 404, "Not Found – gonogo"},
		{"/nothing", 404, "Not Found – gonogo"},
	}
	for _, test := range tests {
		t.Run(test.url, func(t *testing.T) {
			page := ask(h, "GET", test.url)
			require.Equal(t, test.status, page.Code, page.Body.String())
			d := parsed(t, page.Body.String())
			if test.title != "" {
				require.Equal(t, test.title, text(d.all("title")[0]))
			}
			wellMade(t, d)
		})
	}
	page := ask(h, "GET", scenarioOf(t, ask(h, "GET", "/").Body.String(), "script"))
	require.Equal(t, 200, page.Code)
	wellMade(t, parsed(t, page.Body.String()))
}

// scenarioOf is the address of the scenario whose name has a word.
func scenarioOf(t *testing.T, page, word string) string {
	t.Helper()
	for _, a := range parsed(t, page).all("a") {
		if at := attribute(a, "href"); strings.HasPrefix(at, "/scenario/") && strings.Contains(at, word) {
			return at
		}
	}
	t.Fatal("no scenario has " + word)
	return ""
}

func wellMade(t *testing.T, d document) {
	t.Helper()
	require.Len(t, d.all("h1"), 1)
	require.Len(t, d.all("main"), 1)
	require.Empty(t, d.all("style"))
	require.Empty(t, d.all("img"))
	require.Empty(t, d.all("iframe"))
	ids := map[string]bool{}
	for _, n := range d.all("*") {
		for _, a := range n.Attr {
			require.False(t, strings.HasPrefix(a.Key, "on"), a)
			require.NotEqual(t, "style", a.Key)
			if a.Key == "href" {
				require.True(t, strings.HasPrefix(a.Val, "/") || strings.HasPrefix(a.Val, "#") || a.Val == "data:,", a.Val)
				require.False(t, strings.HasPrefix(a.Val, "//"), a.Val)
			}
		}
		if id := attribute(n, "id"); id != "" {
			require.False(t, ids[id], id)
			ids[id] = true
		}
		if n.Data == "script" {
			require.Contains(t, []string{"/site.js", "/report.js"}, attribute(n, "src"))
			require.Nil(t, n.FirstChild)
		}
		if n.Data == "th" && n.PrevSibling != nil { // the first of a row is the row's without saying so
			require.Contains(t, []string{"col", "row"}, attribute(n, "scope"))
		}
		if n.Data == "svg" && attribute(n, "class") != "plot" {
			require.Contains(t, []string{"img", "group", ""}, attribute(n, "role"))
		}
	}
	for _, table := range d.all("table") {
		require.NotEmpty(t, text((document{table}).all("caption")[0]))
	}
	for _, control := range slices.Concat(d.all("input"), d.all("select")) {
		named := attribute(control, "aria-label") != "" || attribute(control, "type") == "hidden" || control.Parent.Data == "label"
		require.True(t, named, attribute(control, "name"))
	}
	require.NotContains(t, text(d.root), "\x1b")
	require.NotContains(t, text(d.root), "\u202e")
}

func TestAScenarioOverTime(t *testing.T) {
	var runs []*report.Report
	for day := range 12 {
		runs = append(runs, made(t, day, func(r *report.Report) {
			r.Totals.Latency.P95 = new(50.0 + float64(day%3))
			if day >= 6 {
				r.Totals.Latency.P95 = new(90.0 + float64(day%3))
			}
			if day == 11 {
				failing(r)
			}
		}))
	}
	page := ask(siteOf(t, folderOf(t, runs...)), "GET", "/scenario/burst").Body.String()
	d := parsed(t, page)
	require.Contains(t, text(d.root), "p95 over 12 runs: lowest 50ms on 2025-12-01 09:02:12, highest 92ms on 2025-12-09 09:02:12, last 92ms, limit 200ms.")
	require.Contains(t, text(d.root), "From 2025-12-07 09:02:12 on the p95 is 91ms instead of 51ms (+78%).")
	var marks []string
	for _, a := range d.all("a") {
		if a.Parent.Data == "svg" {
			marks = append(marks, attribute(a, "aria-label"))
			require.True(t, strings.HasPrefix(attribute(a, "href"), "/report/load_test_report_"))
		}
	}
	require.Len(t, marks, 3*12)
	require.Equal(t, "GO 2025-12-01 09:02:12, p95 50ms, success 100.00%", marks[0])
	require.Equal(t, "NO-GO 2025-12-12 09:02:12, p95 92ms, success 100.00%", marks[11])
	for _, part := range strings.SplitAfter(page, "</svg>") {
		if _, svg, ok := strings.Cut(part, "<svg"); ok {
			require.NoError(t, wellFormed("<svg"+svg))
		}
	}
}

func wellFormed(text string) error {
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func TestComparing(t *testing.T) {
	invalid := made(t, 2, func(r *report.Report) {
		r.Verdict, r.ExitCode, r.Validity.Valid = "INVALID", 12, false
		r.Validity.Checks[0].OK, r.Validity.Checks[0].Warning = false, false
	})
	other := made(t, 3, func(r *report.Report) {
		r.Run.Effective = []byte(strings.Replace(string(r.Run.Effective), `"users":1000`, `"users":10`, 1))
	})
	dir := folderOf(t, made(t, 0, nil), made(t, 1, nil), invalid, other)
	h := siteOf(t, dir)
	words := func(query string) string {
		return text(parsed(t, ask(h, "GET", "/compare?"+query).Body.String()).all("main")[0])
	}
	t.Run("two runs, one after the other", func(t *testing.T) {
		page := parsed(t, ask(h, "GET", "/compare?run="+second+".json&run="+first+".json").Body.String())
		require.Equal(t, "Comparison of burst", text(page.all("h1")[0]))
		require.Contains(t, text(page.all("main")[0]), "▲ CONDITIONAL-GO comparison: p50 is at most")
		rows := page.cells("contrasts")
		require.Len(t, rows, 6)
		require.Equal(t, []string{"p95", "47ms", "47ms", "+0.0%"}, rows[2][:4])
		sides := page.cells("sides")
		require.Equal(t, "2025-12-01 09:02:12", sides[1][2]) // the earlier one is the baseline
		require.NotEmpty(t, page.all("figure"))
	})
	require.Contains(t, words("a="+first+"&b=load_test_report_20251203_090212"), "Not compared. load_test_report_20251203_090212.json is not valid")
	require.Contains(t, words("a="+first+"&b=load_test_report_20251204_090212"), "load.users is 1000 in "+first+".json and 10 in load_test_report_20251204_090212.json: measure both with the same load")
	require.Contains(t, words("a="+first+"&b="+first), first+".json and "+first+".json are one run: give two")
	for query, why := range map[string]string{
		"":                             "It takes two runs",
		"run=" + first:                 "It takes two runs",
		"run=a&run=b&run=c":            "It takes two runs",
		"a=" + first:                   "No report here is called .",
		"a=" + first + "&b=../history": "No report here is called ../history.",
	} {
		require.Equal(t, http.StatusBadRequest, ask(h, "GET", "/compare?"+query).Code)
		require.Contains(t, words(query), why)
	}
	long := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(dir, long, long))
	require.Equal(t, 200, ask(h, "GET", "/").Code)
	write(t, filepath.Join(dir, second+".json"), "{") // which the folder does not tell
	require.Contains(t, words("a="+first+"&b="+second), "Not compared. read report "+second+".json")
}

func TestAReportAndItsFile(t *testing.T) {
	dir := folderOf(t, made(t, 0, nil), made(t, 1, nil))
	h := siteOf(t, dir)
	page := ask(h, "GET", "/report/"+second)
	d := parsed(t, page.Body.String())
	require.Equal(t, "✔ GO", text(d.all("h1")[0]))
	require.Greater(t, len(d.all("section")), 5)
	require.Contains(t, page.Body.String(), "/compare?a="+first+"&amp;b="+second)
	file := ask(h, "GET", "/report/"+second+".json")
	want, err := os.ReadFile(filepath.Join(dir, second+".json"))
	require.NoError(t, err)
	require.Equal(t, "application/json", file.Header().Get("Content-Type"))
	require.Equal(t, string(want), file.Body.String())
	head := ask(h, "HEAD", "/report/"+second+".json")
	require.Equal(t, file.Header(), head.Header())
	require.Empty(t, head.Body.String())
	require.Empty(t, ask(h, "HEAD", "/").Body.String())
}

func TestNothingElseIsServed(t *testing.T) {
	outside := folderOf(t, made(t, 5, nil))
	dir := folderOf(t, made(t, 0, nil))
	write(t, filepath.Join(dir, "secret.json"), `{"kind":"load"}`)
	require.NoError(t, os.Symlink(filepath.Join(outside, "load_test_report_20251206_090212.json"), filepath.Join(dir, "load_test_report_20251206_090212.json")))
	h := siteOf(t, dir)
	for _, path := range []string{
		"/report/secret.json", "/report/history.ndjson", "/report/", "/report", "/history.ndjson", "/.git/config",
		"/report/..%2f..%2fetc%2fpasswd", "/report/..%2f" + filepath.Base(outside) + "%2fload_test_report_20251206_090212.json",
		"/report/%2e%2e", "/report/load_test_report_20251206_090212", "/report/load_test_report_20251206_090212.json",
		"/report/" + first + ".json.json", "/report/" + first + "%00", "/report/" + first + ".hlog", "/scenario/", "/site.css/x",
	} {
		t.Run(path, func(t *testing.T) {
			answer := ask(h, "GET", path)
			require.Contains(t, []int{404, 301, 307}, answer.Code, answer.Body.String())
			require.NotContains(t, answer.Body.String(), "root:")
		})
	}
}

func TestTheGuard(t *testing.T) {
	h := siteOf(t, folderOf(t, made(t, 0, nil)))
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"} {
		answer := ask(h, method, "/")
		require.Equal(t, http.StatusMethodNotAllowed, answer.Code, method)
		require.Equal(t, "GET, HEAD", answer.Header().Get("Allow"))
	}
	require.Equal(t, http.StatusRequestURITooLong, ask(h, "GET", "/?q="+strings.Repeat("x", mostQuery)).Code)
	for _, path := range []string{"/", "/nothing", "/site.css", "/site.js", "/healthz", "/report/" + first + ".json"} {
		header := ask(h, "GET", path).Header()
		require.Equal(t, policy, header.Get("Content-Security-Policy"), path)
		require.Equal(t, "nosniff", header.Get("X-Content-Type-Options"))
		require.Equal(t, "no-referrer", header.Get("Referrer-Policy"))
		require.Equal(t, "DENY", header.Get("X-Frame-Options"))
	}
	require.Equal(t, "ok\n", ask(h, "GET", "/healthz").Body.String())
}

func TestOnlyThisMachinesNamesAreAnswered(t *testing.T) {
	folder, err := history.Open(folderOf(t, made(t, 0, nil)))
	require.NoError(t, err)
	defer folder.Close()
	for host, own := range map[string]bool{
		"localhost:8088": true, "LOCALHOST": true, "localhost.": true, "127.0.0.1:8088": true, "127.1.2.3": true, "[::1]:8088": true, "[::1]": true,
		"evil.example": false, "localhost.evil.example:8088": false, "127.0.0.1.evil.example": false, "192.0.2.1:8088": false, "": false, "[::1": true, "0.0.0.0": false,
	} {
		for _, loopback := range []bool{true, false} {
			s, err := New(folder, Options{Loopback: loopback})
			require.NoError(t, err)
			request := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
			request.Host = host
			answer := httptest.NewRecorder()
			s.Handler().ServeHTTP(answer, request)
			want := http.StatusMisdirectedRequest
			if own || !loopback {
				want = http.StatusOK
			}
			require.Equal(t, want, answer.Code, host)
		}
	}
}

func TestAFolderWithoutReports(t *testing.T) {
	dir := t.TempDir()
	h := siteOf(t, dir)
	require.Contains(t, ask(h, "GET", "/").Body.String(), "There is no report here yet.")
	_, err := report.Save(dir, made(t, 0, nil))
	require.NoError(t, err)
	require.Len(t, parsed(t, ask(h, "GET", "/").Body.String()).cells("history"), 2) // without being started again
}

func TestAFolderThatIsGone(t *testing.T) {
	dir := folderOf(t, made(t, 0, nil))
	h := siteOf(t, dir)
	require.Equal(t, 200, ask(h, "GET", "/").Code)
	require.NoError(t, os.RemoveAll(dir))
	answer := ask(h, "GET", "/")
	require.Equal(t, http.StatusInternalServerError, answer.Code)
	require.Contains(t, answer.Body.String(), "The folder of reports cannot be read: list the folder of reports: ")
}
