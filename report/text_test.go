package report

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"gonogo/report/show"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares what was printed with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

func printed(t *testing.T, r *Report, style Style) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, Text(&out, r, style))
	return out.String()
}

func TestText(t *testing.T) {
	for name, r := range reports() {
		t.Run(name, func(t *testing.T) {
			golden(t, name+".txt", []byte(printed(t, r, Style{})))
		})
	}
}

func TestTextInOtherStyles(t *testing.T) {
	golden(t, "burst-colour.txt", []byte(printed(t, burst(), Style{Colour: true})))
	golden(t, "burst-60.txt", []byte(printed(t, burst(), Style{Width: 60})))
	golden(t, "burst-120.txt", []byte(printed(t, burst(), Style{Width: 120})))
}

// A run that left no report does not end with a word that reads as a go.
func TestTextOfAReportThatWasNotSaved(t *testing.T) {
	end := func(r *Report) string {
		text := printed(t, r, Style{})
		return text[strings.LastIndex(text, "\n\n")+2:]
	}
	r := steady()
	r.ExitCode, r.Files = exitUnsaved, nil
	require.Equal(t, `✖ NOT SAVED   the report could not be written, so this page is all that is left
              of the run
              without that: GO, every objective holds (exit 1)
`, end(r))
	r.Files = []string{"load_test_report_20251214_090212.json"}
	require.Contains(t, end(r), "✖ NOT SAVED   the report is there, but not all that belongs to it\n")
	r = burst()
	r.ExitCode, r.Files, r.Verdict, r.Reasons = exitUnsaved, nil, "NO-GO", []string{"p95 does not hold", "p99 does not hold"}
	require.Contains(t, end(r), "without that: NO-GO, p95 does not hold\n              p99 does not hold (exit 1)\n")
}

// Measurements that no objective was set for can still be judged.
func TestTextSaysWhatIsNext(t *testing.T) {
	const next = "NEXT        gonogo judge load_test_report_20251214_090212.json --slo 'p95 < 200ms'\n"
	r := burst()
	r.Objectives, r.Evidence = nil, &Evidence{}
	require.Contains(t, printed(t, r, Style{Width: 100}), next)
	tests := []struct {
		name   string
		change func(*Report)
	}{
		{"it was judged", func(r *Report) { r.Objectives = burst().Objectives }},
		{"it was not saved", func(r *Report) { r.Files = nil }},
		{"it is not valid", func(r *Report) { r.Validity.Valid = false }},
		{"it has no evidence", func(r *Report) { r.Evidence = nil }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := burst()
			r.Objectives, r.Evidence = nil, &Evidence{}
			tt.change(r)
			require.NotContains(t, printed(t, r, Style{Width: 100}), "NEXT")
		})
	}
}

func TestTextSaysWhenTheAccountingIsWrong(t *testing.T) {
	r := burst()
	require.NotContains(t, printed(t, r, Style{}), "does not add up")
	r.Accounting.OK--
	require.Contains(t, printed(t, r, Style{}), "censored 0 ✖")
}

// A report that was read from its file prints what the run printed.
func TestTextIsMadeFromTheReportAlone(t *testing.T) {
	for name, r := range reports() {
		t.Run(name, func(t *testing.T) {
			again, err := Read(bytes.NewReader(encoded(t, r)))
			require.NoError(t, err)
			require.Equal(t, printed(t, r, Style{}), printed(t, again, Style{}))
			require.Equal(t, string(encoded(t, r)), string(encoded(t, again)))
		})
	}
}

func TestTextIsInert(t *testing.T) {
	tests := []struct{ name, evil string }{
		{"colours and cursor codes", "\x1b[2J\x1b[31mred\x1b]0;title\x07"},
		{"eight-bit control codes", "\u009b2J\u0090\u009d\xc2"},
		{"line breaks of all sorts", "a\nb\rc\x0bd\x0ce\u0085f\u2028g\u2029h"},
		{"marks that turn the direction", "\u202eabc\u2066def\u200f\u061c\u200b"},
		{"piled up marks", "a" + strings.Repeat("\u0300", 10_000)},
		{"ten thousand letters", strings.Repeat("x", 10_000)},
		{"ten thousand words", strings.Repeat("word ", 10_000)},
		{"ten thousand wide letters", strings.Repeat("漢", 10_000)},
		{"bytes that are no text", strings.Repeat("\xff\xfe", 300)},
		{"nothing", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, width := range []int{1, 40, 72, 80, 200} {
				requireInert(t, printed(t, hostile(test.evil), Style{Width: width}), max(width, 40))
			}
		})
	}
}

// A log of CI is read by a runner that obeys what is written there.
func TestTextIsNoCommandOfCI(t *testing.T) {
	for _, evil := range []string{
		"::error::x", "  ::stop-commands::x", "x ##[error]y", "##vso[task.setvariable variable=a]b", strings.Repeat("::add-mask::a ", 500),
		strings.Repeat("w", 70) + strings.Repeat(" ::a::b", 50), strings.Repeat(":", 500),
	} {
		for width := 40; width < 120; width++ {
			text := printed(t, hostile(evil), Style{Width: width})
			require.NotContains(t, text, "##[")
			require.NotContains(t, text, "##vso[")
			for line := range strings.Lines(text) {
				require.LessOrEqual(t, show.Columns(strings.TrimSuffix(line, "\n")), width, "%q", line)
				require.False(t, strings.HasPrefix(strings.TrimSpace(line), "::"), "%q", line)
			}
		}
	}
	require.Contains(t, printed(t, hostile("connect to [::1]:80"), Style{Width: 80}), "[::1]:80")
}

func requireInert(t *testing.T, text string, width int) {
	t.Helper()
	require.True(t, utf8.ValidString(text))
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		require.LessOrEqual(t, show.Columns(line), width, "%q", line)
		require.False(t, strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }), "%q", line)
	}
	require.Less(t, strings.Count(text, "\n"), 150)
}

func TestJSONIsInert(t *testing.T) {
	text := string(encoded(t, hostile("\x1b[31m\u009b\u202e\U000e0001\x7f\u2028\r")))
	for _, r := range strings.ReplaceAll(text, "\n", "") {
		require.True(t, unicode.IsPrint(r), "%q", r)
	}
	again, err := Read(strings.NewReader(text))
	require.NoError(t, err)
	require.Equal(t, "\x1b[31m\u009b\u202e\U000e0001\x7f\u2028\r", again.Run.Target)
}

// Whatever a report holds, its page is inert and no wider than it may be.
func FuzzText(f *testing.F) {
	f.Add("\x1b[2J", 80, 12.5, int64(3))
	f.Add("漢字 \u202e\xff", 40, -1.0, int64(-1))
	f.Add(strings.Repeat("word ", 300), 61, 1e300, int64(1<<63-1))
	f.Fuzz(func(t *testing.T, evil string, width int, v float64, n int64) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return // no report holds them
		}
		r := hostile(evil)
		r.Accounting = Accounting{Planned: n, Started: n / 2, Dropped: n % 7, OK: n / 3, Failed: n, Censored: -n}
		r.Totals.Requests, r.Totals.BytesIn, r.Totals.Rate = n, n, &v
		r.Totals.Latency.P50, r.Totals.Latency.P95, r.Steps[1].Latency.Max, r.Totals.Service.Max = &v, &v, &v, &v
		r.Phases[0].Length, r.Phases[0].Latency.P95, r.WorstWindow.P95, r.WorstWindow.Length = v, &v, v, v
		r.Intervals = []Interval{{T: v, Length: v, Phase: measurePhase, P95: &v}, {T: -v, Length: 1, Phase: measurePhase, P95: ptr(2 * v / 3)}}
		r.Objectives[0].Margin, r.Objectives[0].Limit, r.Objectives[0].Verdict = &v, v, "pass"
		r.Objectives[1].Margin, r.Objectives[1].Bounds = &v, &Bounds{Lo: &v, Confidence: v}
		r.Errors[0].Count, r.Errors[0].Status = n, int(n)
		width %= 300
		page := max(width, 40)
		if width == 0 {
			page = 80
		}
		requireInert(t, printed(t, r, Style{Width: width}), page)
	})
}

// A sustained run keeps what it leaves out with the warm-up, which it need not have had.
func TestWhatASoakLeavesOutIsNotCalledAWarmUp(t *testing.T) {
	for _, c := range []struct {
		name             string
		warm, excluded   float64
		want, wantBeside string
	}{
		{"a warm-up alone", 30, 0, "NOT JUDGED  warm-up 30s", "2 gaps"},
		{"all is left out", 340, 340, "NOT JUDGED  left out 5m40s", "2 gaps, 5m40s left out"},
		{"both", 370, 340, "NOT JUDGED  warm-up and left out 6m10s", "2 gaps, 5m40s left out"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := sustained()
			r.Soak.Excluded = c.excluded
			r.Phases = append([]Phase{{Name: warmUpPhase, Length: c.warm}}, r.Phases...)
			text := printed(t, r, Style{})
			require.Contains(t, text, c.want)
			require.Contains(t, text, c.wantBeside)
		})
	}
	r := sustained()
	r.Soak.State, r.Soak.Gaps, r.Soak.Excluded = "running", nil, 10
	require.Contains(t, printed(t, r, Style{}), "its last 10s left out\nNOT JUDGED")
}
