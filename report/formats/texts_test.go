package formats

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/report"
)

// A textCase is a text of unknown origin and what becomes of it.
type textCase struct{ name, text, want string }

func check(t *testing.T, of func(string) string, tests []textCase) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { require.Equal(t, test.want, of(test.text)) })
	}
}

func TestLiteral(t *testing.T) {
	check(t, func(text string) string { return literal(text, 40) }, []textCase{
		{"words stand as they are", "checkout page, second", "checkout page, second"},
		{"more than words is a code span", "GET /health", "`GET /health`"},
		{"a mention is a code span", "@team", "`@team`"},
		{"the number of an issue is a code span", "see #123", "`see #123`"},
		{"a link is a code span", "www.evil.example", "`www.evil.example`"},
		{"what could be a commit is a code span", "deadbeef1", "`deadbeef1`"},
		{"HTML is a code span", "<img src=x>", "`<img src=x>`"},
		{"letters beyond ASCII are a code span", "Größe", "`Größe`"},
		{"a bar is written in a number", "a|b", "<code>a&#124;b</code>"},
		{"a backtick is written in a number", "a`b", "<code>a&#96;b</code>"},
		{"a backslash is written in a number", `a\1`, "<code>a&#92;1</code>"},
		{"a space at an end would be lost in a span", " -", "<code> &#45;</code>"},
		{"a new line is visible", "a\nb", "<code>a&#92;nb</code>"},
		{"nothing stays nothing", " ", ""},
		{"too much is cut", strings.Repeat("a", 50), "`" + strings.Repeat("a", 39) + "…`"},
	})
}

func TestCell(t *testing.T) {
	check(t, cellOf, []textCase{
		{"a word stays", "measure", "measure"},
		{"a formula gets an apostrophe", "=1+1", "'=1+1"},
		{"a number that is a text does, too", "-5", "'-5"},
		{"so does one behind spaces", "  @x", "'  @x"},
		{"and one in wide letters", "＝x", "'＝x"},
		{"a formula's sign within a text is none", "a=b", "a=b"},
		{"a tab is visible", "\t=1", `\t=1`},
		{"nothing stays nothing", "", ""},
	})
}

func TestTexts(t *testing.T) {
	t.Run("SARIF", func(t *testing.T) {
		check(t, sarifText, []textCase{
			{"braces stay", "p95{POST /orders} < 200ms", "p95{POST /orders} < 200ms"},
			{"a placeholder is none", "p95{0} {12}", "p95{ 0} { 12}"},
			{"a link is none", "[a](1)", "[a] (1)"},
		})
	})
	t.Run("a URI", func(t *testing.T) {
		check(t, reference, []textCase{
			{"spaces and percent signs are encoded", "perf/a b%.yaml", "perf/a%20b%25.yaml"},
			{"a colon is no scheme", "a:b.yaml", "./a:b.yaml"},
			{"a full path has a scheme", "/etc/x.yaml", "file:///etc/x.yaml"},
			{"so has one of Windows", "C:/x y.yaml", "file:///C:/x%20y.yaml"},
			{"what is no UTF-8 is encoded", "a\xff", "a%FF"},
		})
	})
	t.Run("TAP", func(t *testing.T) {
		check(t, tapText, []textCase{{"a directive is none", `a # TODO \b`, `a \# TODO \\b`}})
	})
	t.Run("a command's message", func(t *testing.T) {
		check(t, commandText, []textCase{{"percent signs and lines are encoded", "50%\r\n::error::x", "50%25%0D%0A::error::x"}})
	})
	t.Run("a command's property", func(t *testing.T) {
		check(t, commandProperty, []textCase{{"colons and commas as well", "a:b,c%\n", `a%3Ab%2Cc%25\n`}})
	})
	t.Run("a number", func(t *testing.T) {
		check(t, func(text string) string {
			v, err := strconv.ParseFloat(text, 64)
			require.NoError(t, err)
			return number(v)
		}, []textCase{
			{"what changing units did is hidden", "0.18730000000000002", "0.1873"},
			{"a count stays whole", "730430", "730430"},
			{"a large one is short", "1e300", "1e+300"},
			{"one below zero keeps its sign", "-0.155", "-0.155"},
		})
	})
}

func TestOutputLine(t *testing.T) {
	require.Equal(t, "verdict=GO\n", outputLine("verdict", "GO"))
	text := outputLine("sentence", "a\nverdict=GO")
	outputs, err := readOutputs(text)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"sentence": "a\nverdict=GO"}, outputs)
}

func TestPerformanceData(t *testing.T) {
	conditional := "p95 < 300ms"
	tests := []struct {
		name string
		o    report.Objective
		want string
	}{
		{"a limit above is critical", report.Objective{Name: "p95", Target: "p95 < 200ms", Measured: new(150.5), Limit: 200, Unit: "ms"}, "'slo p95'=150.5ms;;200"},
		{"with a conditional band it warns", report.Objective{Name: "p95", Target: "p95 < 200ms", Conditional: &conditional, Measured: new(150.0), Limit: 200, Unit: "ms"}, "'slo p95'=150ms;200;"},
		{"a limit below is a range that is open above", report.Objective{Name: "ok", Target: "success > 99.5%", Measured: new(99.9), Limit: 99.5, Unit: "%"}, "'slo ok'=99.9%;;99.5:"},
		{"equality is no range", report.Objective{Name: "none", Target: "status_500 == 0", Measured: new(0.0)}, "'slo none'=0"},
		{"a rate has no unit", report.Objective{Name: "rate", Target: "rate > 100/s", Measured: new(120.0), Limit: 100, Unit: "/s"}, "'slo rate'=120;;100:"},
		{"quotes are doubled, and an equals sign is none", report.Objective{Name: "it's a=b|c", Target: "p95 < 1ms", Measured: new(1.0), Limit: 1, Unit: "ms"}, "'slo it''s a-b¦c'=1ms;;1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := performance(&report.Report{Objectives: []report.Objective{test.o}})
			require.Equal(t, "requests=0 errors=0 "+test.want, got)
		})
	}
	t.Run("twenty objectives are enough", func(t *testing.T) {
		require.Equal(t, 20, strings.Count(performance(manySteps()), "'slo "))
	})
}

func TestAnnotationsAreAtMostNine(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(printed(t, "github", manySteps()), "\n"), "\n")
	require.Len(t, lines, 9)
	require.Equal(t, "::error file=perf/many.yaml,line=10,title=gonogo%3A p95 of step 000%3A fail::measured 640ms, limit p95{POST /orders} < 200ms, margin -220.0%25, 10,000 samples: p95{POST /orders} > 500ms holds; conditional: p95{POST /orders} < 300ms; no-go: p95{POST /orders} > 500ms", lines[0])
	require.Equal(t, "::error title=gonogo::and 492 more, in the report", lines[8])

	nine := manySteps()
	nine.Objectives = nine.Objectives[:9]
	nine.Verdict = "NO-GO"
	require.NotContains(t, printed(t, "github", nine), "more, in the report")
}

// Sections that do not fit are left out whole and named.
func TestMarkdownIsCutBetweenSections(t *testing.T) {
	r := hostileRun(strings.Repeat("`|", 500))
	for range 3 {
		r.Errors = append(r.Errors, r.Errors...)
		r.Steps = append(r.Steps, r.Steps...)
		r.Objectives = append(r.Objectives, r.Objectives...)
		r.Comparison.Rows = append(r.Comparison.Rows, r.Comparison.Rows...)
		r.Validity.Checks = append(r.Validity.Checks, r.Validity.Checks...)
	}
	text := printed(t, "md", r)
	require.NoError(t, wrong("md", text))
	require.LessOrEqual(t, len(text), MostMarkdown)
	require.Contains(t, text, "\n### Objectives\n", "the weightiest stays")
	require.Regexp(t, `\nand \d+ more objectives, in the report file\n`, text)
	require.Contains(t, text, "\nLeft out, as there is no room for it here: how it was run. The report file holds it.\n")
	require.NotContains(t, text, "### How it was run")
	require.Contains(t, text, "\n### Errors\n")
}

func TestStepSummaryIsTheDocument(t *testing.T) {
	var out strings.Builder
	require.NoError(t, GitHubSummary(&out, failedRun(), here()))
	require.Equal(t, printed(t, "md", failedRun()), out.String())
}

func TestGitHubOutput(t *testing.T) {
	for _, name := range []string{"conditional", "nothing"} {
		var out strings.Builder
		require.NoError(t, GitHubOutput(&out, cases()[name], here()))
		golden(t, name+".output", out.String())
	}
}

// A fingerprint is of what was asked and not of what came out.
func TestFingerprintsAreStable(t *testing.T) {
	again := failedRun()
	again.Run.ID, again.Run.StartedAt = "20251215_090212", again.Run.StartedAt.AddDate(0, 0, 1)
	again.Objectives[1].Shown, again.Objectives[1].Source = "720ms", "perf/my load.yaml:44"
	other := failedRun()
	other.Run.Scenario = "another"
	prints := func(r *report.Report) (all []string) {
		for _, x := range alerts(r) {
			all = append(all, fingerprint(r, &x))
		}
		return all
	}
	require.Equal(t, prints(failedRun()), prints(again))
	require.NotEqual(t, prints(failedRun()), prints(other))
	require.NotEqual(t, prints(failedRun())[0], prints(failedRun())[1])
}
