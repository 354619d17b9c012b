package html

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"gonogo/report"
	"gonogo/report/reporttest"
)

func made(t testing.TB, w reporttest.World) *report.Report {
	t.Helper()
	r, err := w.Report()
	require.NoError(t, err)
	return r
}

func written(t testing.TB, r *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, Write(&b, r))
	return b.String()
}

// small is a run that has something for every section of a load run.
func small() reporttest.World {
	return reporttest.World{Length: 30 * time.Second, Steps: 3, Rate: 40, Errors: 0.05}
}

// says requires a text of a page, without printing the page where it is missing.
func says(t *testing.T, page, want string) {
	t.Helper()
	var text strings.Builder
	for n := range parse(t, page).Descendants() {
		if n.Type == html.TextNode {
			text.WriteString(n.Data)
		}
	}
	require.True(t, strings.Contains(text.String(), want), "the page does not say %q", want)
}

func TestThePageHoldsItsReport(t *testing.T) {
	r := made(t, small())
	got, err := report.Read(strings.NewReader(written(t, r)))
	require.NoError(t, err)
	require.Equal(t, textOf(t, r), textOf(t, got), "it prints what the run printed")
	require.Equal(t, r.Evidence, got.Evidence)
}

func textOf(t *testing.T, r *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, report.Text(&b, r, report.Style{}))
	return b.String()
}

func TestTheSameReportIsTheSamePage(t *testing.T) {
	r := made(t, small())
	require.Equal(t, written(t, r), written(t, r))
}

// parse reads a page as a browser does.
func parse(t *testing.T, page string) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	return root
}

func firstElement(n *html.Node) string {
	for c := range n.ChildNodes() {
		if c.Type == html.ElementNode {
			return c.Data
		}
	}
	return ""
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func TestThePageIsReadableByItself(t *testing.T) {
	world := small()
	world.Sustain = true
	page := written(t, made(t, world))
	ids, levels, scripts := map[string]int{}, []int{}, 0
	for n := range parse(t, page).Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if id := attr(n, "id"); id != "" {
			ids[id]++
		}
		require.Empty(t, attr(n, "style"), "a policy forbids it: %s", n.Data)
		for _, a := range n.Attr {
			require.False(t, strings.HasPrefix(a.Key, "on"), "a policy forbids it: %s", a.Key)
		}
		switch n.Data {
		case "h1", "h2", "h3":
			levels = append(levels, int(n.Data[1]-'0'))
		case "script":
			scripts++
			require.Empty(t, attr(n, "src"))
		case "link", "img", "iframe", "object", "embed":
			require.Equal(t, "data:,", attr(n, "href")+attr(n, "src"), "nothing is fetched: %s", n.Data)
		case "a":
			require.True(t, strings.HasPrefix(attr(n, "href"), "#"), "nothing leads away: %s", attr(n, "href"))
		case "table":
			require.Equal(t, "caption", firstElement(n), "a table has its caption first")
		}
	}
	for id, n := range ids {
		require.Equal(t, 1, n, "the id %q", id)
	}
	require.Equal(t, 2, scripts, "the data and the script")
	for i := 1; i < len(levels); i++ {
		require.LessOrEqual(t, levels[i], levels[i-1]+1, "headings leave no level out")
	}
	for n := range parse(t, page).Descendants() {
		if n.Data == "a" {
			require.Contains(t, ids, strings.TrimPrefix(attr(n, "href"), "#"))
		}
	}
}

func TestEverySectionIsThere(t *testing.T) {
	world := small()
	world.Sustain = true
	r := made(t, world)
	got := []string{}
	for _, s := range Sections(r) {
		got = append(got, s.ID)
		require.Contains(t, string(s.HTML), `id="`+s.ID+`"`)
	}
	want := []string{
		"verdict", "objectives", "percentiles", "time", "errors", "heat", "steps", "connections", "trust", "sustained", "drift", "configuration", "accounting",
	}
	require.Equal(t, want, got)
	page := written(t, r)
	for _, s := range Sections(r) {
		require.True(t, strings.Contains(page, string(s.HTML)), "the page is made of its sections: %s", s.ID)
	}
}

// A page that can only be looked at says everything that the three questions need.
func TestThePageAnswersTheThreeQuestions(t *testing.T) {
	world := small()
	r := made(t, world)
	page := written(t, r)
	require.Equal(t, "NO-GO", r.Verdict)
	for _, want := range []string{"Did it pass?", "Why not?", "Can I trust it?", "✖ NO-GO", "× status 503", " of 3 objectives hold", "checks of the instrument hold"} {
		says(t, page, want)
	}
	for _, o := range r.Objectives {
		says(t, page, o.Shown)
	}
}

// Errors that no objective failed by are told, and are not why.
func TestWhyNotIsWhatDecided(t *testing.T) {
	tests := []struct {
		name string
		fail report.Objective
		want string
	}{
		{"too slow, though there are errors", report.Objective{Name: "p95", Target: "p95 < 20ms", Verdict: "fail", Shown: "62ms"}, "Beyond the limits"},
		{"a percentile that falls on a failure", report.Objective{Name: "p95", Target: "p95 < 20ms", Verdict: "fail", Shown: "failed"}, " errors ("},
		{"errors", report.Objective{Name: "success", Target: "success > 99%", Verdict: "fail", Shown: "95.00%"}, " errors ("},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := made(t, small())
			r.Objectives = []report.Objective{test.fail}
			got := because(r)
			require.Contains(t, got.Answer, test.want)
			require.Equal(t, strings.Contains(got.Notes[0].Text, "× status"), test.want != "Beyond the limits", "what decided comes first")
		})
	}
}

// What is to be done is said once, however many checks ask for it.
func TestRemediesAreSaidOnce(t *testing.T) {
	r := made(t, small())
	r.Validity.Valid = false
	r.Validity.Checks = nil
	for _, remedy := range []string{"", "give more CPU, or a machine to itself", "give more CPU", "give more CPU, or a machine to itself"} {
		r.Validity.Checks = append(r.Validity.Checks, report.Check{Name: "lag", Remedy: remedy})
	}
	var told []string
	for _, n := range because(r).Notes {
		if strings.Contains(n.Text, "CPU") || n.Text == "" {
			told = append(told, n.Text)
		}
	}
	require.Equal(t, []string{"give more CPU, or a machine to itself"}, told)
}

// Reports of all kinds make a page, whatever they lack.
func TestAPageOfLittle(t *testing.T) {
	whole := made(t, small())
	tests := []struct {
		name   string
		change func(r *report.Report)
		want   string
	}{
		{"no objective", func(r *report.Report) { r.Objectives = nil }, "None were set, so nothing is proved."},
		{"an earlier gonogo wrote it", func(r *report.Report) { r.Timeline, r.Evidence = nil, nil }, "An earlier gonogo wrote this report"},
		{"no histogram", func(r *report.Report) { r.Histograms = report.Histograms{} }, "Over time"},
		{"a histogram that is none", func(r *report.Report) { text := "AAAA"; r.Histograms.Latency = &text }, "The curve cannot be drawn"},
		{"no generator and no connections", func(r *report.Report) { r.Generator, r.Connections = nil, nil }, "Can this be trusted?"},
		{"nothing at all", func(r *report.Report) { *r = report.Report{Verdict: "INCONCLUSIVE"} }, "No request was measured"},
		{"not valid", func(r *report.Report) {
			r.Verdict, r.Validity.Valid = "INVALID", false
			r.Validity.Checks = []report.Check{{Name: "lag", Measured: "p99 210ms", Limit: "p99 10ms", Reason: "requests left late", Remedy: "use a bigger machine"}}
		}, "use a bigger machine"},
		{"a search for the capacity", func(r *report.Report) {
			r.Kind = report.KindCapacity
			r.Capacity = &report.Capacity{Unit: "/s", Highest: 400, Missed: 500, Trials: []report.Trial{report.NewTrial(400, r), report.NewTrial(500, r)}}
		}, "400/s is the highest level that met the objectives."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := *whole
			test.change(&r)
			page := written(t, &r)
			says(t, page, test.want)
			body, _, _ := strings.Cut(page, report.PageData)
			require.False(t, strings.Contains(body, "NaN"), "a figure that does not exist is no number")
			parse(t, page)
		})
	}
}

func TestHostileNamesAreInert(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	for i, evil := range []string{
		`<script>alert(1)</script><img src=x onerror=alert(1)>`, `"><svg onload=alert(1)>`, "' onmouseover='alert(1)", "</script><b>out</b>", "</title></style><b>out</b>",
		"]]><b>out</b>", "\x1b[31mred\x00\u202eleft\u2066\nnew\r\tline\u2028", "{{.}} ${x} `y`", "javascript:alert(1)", "<!--", "&lt;b&gt;&#60;b", long, "\xff\xfe" + long,
	} {
		world := small()
		world.Sustain = true
		world.Name = func(step int) string { return fmt.Sprintf("%s %d", evil, step) }
		r := made(t, world)
		r.Soak.Events[0].Text, r.Soak.Gaps[0].Why, r.Soak.Damage = evil, evil, []string{evil}
		r.Reasons, r.Drift.Notes = []string{evil, evil}, []string{evil}
		r.Validity.Checks = append(r.Validity.Checks, report.Check{Name: evil, Measured: evil, Limit: evil, Reason: evil, Remedy: evil})
		r.Objectives = append(r.Objectives, report.Objective{Name: evil, Target: evil, Rule: evil, Source: evil, Shown: evil, Verdict: evil, Claim: evil, Unit: evil})
		page := written(t, r)
		shape := shapeOf(t, page)
		for name := range shape {
			require.Contains(t, allowedTags(), name, "text %d became an element", i)
		}
		require.Equal(t, 2, shape["script"])
		body, _, _ := strings.Cut(page, report.PageData)
		for _, c := range []string{"\x1b", "\x00", "\u202e", "\u2066", "\u2028", "\xff", strings.Repeat("x", 2100)} {
			require.False(t, strings.Contains(body, c), "%q of text %d", c, i)
		}
		got, err := report.Read(strings.NewReader(page))
		if err == nil { // what is odd in the report itself is for its reader to refuse
			require.Equal(t, r.Run.Scenario, got.Run.Scenario)
		}
	}
}

// shapeOf counts the elements of a page.
func shapeOf(t *testing.T, page string) map[string]int {
	t.Helper()
	shape := map[string]int{}
	for n := range parse(t, page).Descendants() {
		if n.Type == html.ElementNode {
			shape[n.Data]++
			for _, a := range n.Attr {
				require.False(t, strings.HasPrefix(a.Key, "on") || strings.Contains(a.Key, "<"), "the attribute %q", a.Key)
			}
		}
	}
	return shape
}

func allowedTags() []string {
	return strings.Fields("html head meta title link style body a header footer p h1 h2 h3 span div ul li b small dl dt dd nav main section figure figcaption details summary " +
		"table caption thead tbody tfoot tr th td br code script svg g path rect circle text tspan desc pattern defs use line polyline clippath lineargradient stop")
}

// The sizes that people can send to each other and open at once.
func TestSizes(t *testing.T) {
	tests := []struct {
		name  string
		world reporttest.World
		most  int
	}{
		{"five minutes", reporttest.World{Length: 5 * time.Minute, Steps: 3, Rate: 400, Errors: 0.002}, 400 << 10},
		{"five minutes of twenty steps", reporttest.World{Length: 5 * time.Minute, Steps: 20, Rate: 200, Errors: 0.002}, 400 << 10},
		{"a day of twenty steps", reporttest.World{Length: 24 * time.Hour, Steps: 20, Rate: 2, Errors: 0.001, Sustain: true}, 1536 << 10},
		{"five hundred steps", reporttest.World{Length: 5 * time.Minute, Steps: 500, Rate: 200, Errors: 0.001}, 2 << 20},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := made(t, test.world)
			page := written(t, r)
			t.Logf("%d KiB, of %d KiB of counters", len(page)>>10, r.Evidence.Size()>>10)
			require.LessOrEqual(t, len(page), test.most)
			got, err := report.Read(strings.NewReader(page))
			require.NoError(t, err)
			require.Equal(t, textOf(t, r), textOf(t, got), "also where the counters were left out")
		})
	}
}

func TestTheScriptIsSmall(t *testing.T) {
	require.LessOrEqual(t, len(Script()), 6<<10)
	require.NotContains(t, Script(), "</")
	require.NotContains(t, Style(), "</")
	require.NotContains(t, Style(), "url(")
}

// What a policy lets in is what the page holds.
func TestThePolicyNamesTheStyleAndTheScript(t *testing.T) {
	page := written(t, made(t, small()))
	for n := range parse(t, page).Descendants() {
		if n.Data == "style" || n.Data == "script" && attr(n, "type") == "" {
			if n.FirstChild != nil && n.Parent.Data != "svg" {
				require.True(t, strings.Contains(page, strings.ReplaceAll(hash(n.FirstChild.Data), "+", "&#43;")), n.Data)
			}
		}
	}
}

func TestThePageOfAComparison(t *testing.T) {
	value := func(v float64) *float64 { return &v }
	fail := "fail"
	c := report.NewComparisonReport(&report.Comparison{
		Design: "sequential", Confidence: 0.95, Blocks: 5, Slower: value(0.9), Notes: []string{"the hosts differ"},
		Baseline: report.Compared{Target: "http://a", Runs: []string{"1"}, Requests: 10}, Candidate: report.Compared{Target: "http://b", Runs: []string{"2", "3"}, Requests: 20},
		Rows: []report.Contrast{{
			Metric: "p95", Unit: "ms", Baseline: value(10), Candidate: value(13), Change: value(30), Lo: value(20), Margin: 10, Verdict: &fail, Rule: "p95 is 20% slower at least",
		}},
	}, "api", report.Tool{Version: "0.3.0"})
	var b bytes.Buffer
	require.NoError(t, WriteComparison(&b, c))
	for _, want := range []string{"✖ NO-GO", "p95 is 20% slower at least", "+30.0%", "the hosts differ", "http://b, 2 runs, 2 to 3, 20 requests"} {
		says(t, b.String(), want)
	}
	inside, err := report.FromPage(b.Bytes())
	require.NoError(t, err)
	var got report.ComparisonReport
	require.NoError(t, json.Unmarshal(inside, &got))
	require.Equal(t, *c, got)
}

func TestChartsTakeNoTextOfTheirNeighbours(t *testing.T) {
	r := made(t, small())
	ids := []string{}
	for _, s := range Sections(r) {
		for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(string(s.HTML), -1) {
			require.False(t, slices.Contains(ids, m[1]), "the id %q", m[1])
			ids = append(ids, m[1])
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, fmt.Errorf("no space left on device") }

func TestAFullDiskIsReported(t *testing.T) {
	require.ErrorContains(t, Write(full{}, made(t, small())), "no space left on device")
}
