package formats

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/report"
)

func TestAlerts(t *testing.T) {
	stopped := goRun()
	stopped.Verdict, stopped.Reasons = "INCONCLUSIVE", []string{"stopped early"}
	doubtful := conditionalRun() // neither band is sure, and both are worse than a GO
	doubtful.Verdict, doubtful.Objectives[1].Verdict = "NO-GO", "inconclusive"
	unknown := goRun()
	unknown.Objectives[0].Verdict = "excellent"
	tests := []struct {
		name string
		r    *report.Report
		want []string
	}{
		{"a GO has none", goRun(), nil},
		{"what is conditional is one", conditionalRun(), []string{"conditional objective:p95-orders"}},
		{"a proof that is short is one beside what failed", failedRun(), []string{"fail objective:p95-orders", "warned validity:cpu"}},
		{
			"nothing counts of a run that is not valid", invalidRun(),
			[]string{"inconclusive objective:success", "inconclusive objective:p95-orders", "inconclusive validity:lag"},
		},
		{"the run itself is one where no row says why", stopped, []string{"inconclusive run:verdict"}},
		{"the run itself is one where the rows say less", doubtful, []string{"fail run:verdict", "inconclusive objective:p95-orders"}},
		{"nothing measured is no success", nothingRun(), []string{"inconclusive run:verdict"}},
		{"drift and comparison are judged as well", comparedRun(), []string{"fail drift:p95", "fail comparison:p95"}},
		{"a verdict that is not known is no pass", unknown, []string{"inconclusive objective:success"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, x := range alerts(test.r) {
				got = append(got, x.state+" "+x.id())
			}
			require.Equal(t, test.want, got)
		})
	}
}

// No format says of a run what its verdict does not.
func TestFormatsAgreeOnTheVerdict(t *testing.T) {
	for name, r := range cases() {
		t.Run(name, func(t *testing.T) {
			bad := r.Verdict != "GO" && r.Verdict != "CONDITIONAL-GO"
			junit, tap := printed(t, "junit", r), printed(t, "tap", r)
			var doc junitDocument
			require.NoError(t, xml.Unmarshal([]byte(junit), &doc))
			failed := 0
			for _, s := range doc.Suites {
				failed += s.Failures + s.Errors
			}
			require.Equal(t, bad, failed > 0, "JUnit")
			failed = 0
			for _, line := range strings.Split(tap, "\n") {
				if strings.HasPrefix(line, "not ok") && !strings.Contains(line, " # TODO") {
					failed++
				}
			}
			require.Equal(t, bad, failed > 0, "TAP")
			require.Equal(t, r.Verdict != "GO", strings.Contains(printed(t, "github", r), "::"), "GitHub")
			require.Equal(t, r.Verdict != "GO", strings.Contains(printed(t, "sarif", r), `"ruleId"`), "SARIF")
			state := map[string]string{"GO": "OK", "CONDITIONAL-GO": "WARNING", "NO-GO": "CRITICAL", "INVALID": "UNKNOWN", "INCONCLUSIVE": "UNKNOWN"}[r.Verdict]
			require.True(t, strings.HasPrefix(printed(t, "nagios", r), "GONOGO "+state+" - "+r.Verdict), "Nagios")
			require.Contains(t, printed(t, "openmetrics", r), `verdict="`+r.Verdict+`"} 1`)
			require.Contains(t, strings.SplitN(printed(t, "md", r), "\n", 2)[0], r.Verdict)
		})
	}
}

func printed(t *testing.T, name string, r *report.Report) string {
	t.Helper()
	f, known := formatNamed(name)
	require.True(t, known)
	return print(t, f, r)
}

func TestFormatsHaveNamesOfTheirOwn(t *testing.T) {
	taken := map[string]bool{"text": true, "json": true, "html": true, "none": true} // the command's
	for _, f := range All() {
		require.False(t, taken[f.Name], f.Name)
		require.NotEmpty(t, f.Says)
		taken[f.Name] = true
	}
}

func TestPlace(t *testing.T) {
	tests := []struct {
		name, source, dir string
		file              string
		line              int
		ok                bool
	}{
		{"a line of a file", "perf/load.yaml:41", "/work", "perf/load.yaml", 41, true},
		{"a file below the folder is named relative to it", "/work/repo/a b.yaml:3", "/work/repo", "a b.yaml", 3, true},
		{"a file elsewhere keeps its path", "/etc/load.yaml:3", "/work/repo", "/etc/load.yaml", 3, true},
		{"a folder whose name only begins alike is elsewhere", "/work/repository/x.yaml:1", "/work/repo", "/work/repository/x.yaml", 1, true},
		{"without a folder all keep their paths", "/work/repo/x.yaml:1", "", "/work/repo/x.yaml", 1, true},
		{"a path is made plain", "./perf/../load.yaml:1", "", "load.yaml", 1, true},
		{"a colon in the name is part of it", "a:b.yaml:12", "", "a:b.yaml", 12, true},
		{"a flag is no place", "--slo", "", "", 0, false},
		{"a file without a line is none", "load.yaml", "", "", 0, false},
		{"line 0 is none", "load.yaml:0", "", "", 0, false},
		{"a line without a file is none", ":4", "", "", 0, false},
		{"a line that is no number is none", "load.yaml:x", "", "", 0, false},
		{"nothing is none", "", "", "", 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			x := row{source: test.source}
			file, line, ok := x.place(Where{Dir: test.dir})
			require.Equal(t, []any{test.file, test.line, test.ok}, []any{file, line, ok})
		})
	}
}
