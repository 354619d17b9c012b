package decision

import (
	"flag"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"gonogo/slo"
	"gonogo/slo/validity"
)

var update = flag.Bool("update", false, "write what was decided into testdata/decisions")

// TestDecisions runs the cases of testdata/decisions; its README says how to
// write one.
func TestDecisions(t *testing.T) {
	files, err := filepath.Glob("testdata/decisions/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { runCase(t, file) })
	}
}

func runCase(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	require.NoError(t, err)
	r := run{t: t, validity: validity.Validity{Valid: true}}
	for i := range archive.Files {
		f := &archive.Files[i]
		if f.Name != "decision" {
			r.read(f.Name, strings.FieldsFunc(string(f.Data), func(c rune) bool { return c == '\n' }))
			continue
		}
		d := OfRun(r.judgements, r.validity, r.stoppedEarly, r.stopped)
		require.NotNil(t, d.Reasons)
		got := strings.Join(append([]string{string(d.Verdict) + ", exit " + strconv.Itoa(ExitCode(d.Verdict))}, d.Reasons...), "\n") + "\n"
		if *update {
			f.Data = []byte(got)
		}
		require.Equal(t, string(f.Data), got)
	}
	if *update {
		require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o644))
	}
}

// A run is what a case tells of one.
type run struct {
	t            *testing.T
	judgements   []slo.Judgement
	validity     validity.Validity
	stoppedEarly bool
	stopped      string
}

func (r *run) read(section string, lines []string) {
	for _, line := range lines {
		switch section {
		case "judgements":
			r.judgements = append(r.judgements, r.judgement(line))
		case "validity":
			r.validity.Checks = append(r.validity.Checks, r.check(line))
		case "stopped-early":
			r.stoppedEarly = true
		case "stopped":
			r.stoppedEarly, r.stopped = true, line
		default:
			require.Fail(r.t, "unknown section", section)
		}
	}
}

// judgement reads "name: verdict | target | measured | rule"; of an inconclusive one,
// what it touches may follow the verdict: "inconclusive pass conditional".
func (r *run) judgement(line string) slo.Judgement {
	name, rest, _ := strings.Cut(line, ": ")
	parts := strings.Split(rest, " | ")
	require.Len(r.t, parts, 4, line)
	verdict, touches, _ := strings.Cut(parts[0], " ")
	target, err := slo.ParseTarget(parts[1])
	require.NoError(r.t, err)
	j := slo.Judgement{
		Objective: slo.Objective{Name: name, Go: target},
		Verdict:   slo.Verdict(verdict), Measured: math.NaN(), Unit: target.Unit(), Rule: parts[3],
	}
	for _, v := range strings.Fields(touches) {
		j.Touches = append(j.Touches, slo.Verdict(v))
	}
	if parts[2] != "–" {
		j.Measured, err = strconv.ParseFloat(parts[2], 64)
		require.NoError(r.t, err)
	}
	return j
}

// check reads "name: state | measured | limit | reason".
func (r *run) check(line string) validity.Check {
	name, rest, _ := strings.Cut(line, ": ")
	parts := strings.Split(rest, " | ")
	require.Len(r.t, parts, 4, line)
	c := validity.Check{Name: name, OK: parts[0] == "ok", Warning: parts[0] == "warning", Measured: parts[1], Limit: parts[2], Reason: parts[3]}
	r.validity.Valid = r.validity.Valid && (c.OK || c.Warning)
	return c
}

func TestARunThatCallsItselfInvalidIsSo(t *testing.T) {
	pass := []slo.Judgement{{Verdict: slo.Pass}}
	tests := []struct {
		name     string
		validity validity.Validity
		want     string
	}{
		{"without saying why", validity.Validity{}, "the measurement is not valid: the instrument did not prove itself"},
		{
			"by its checks, though not by their sum",
			validity.Validity{Valid: true, Checks: []validity.Check{{Name: "lag", Measured: "p99 2s", Limit: "1ms", Reason: "late"}}},
			"the measurement is not valid: lag: p99 2s, limit 1ms: late",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, Decision{Verdict: Invalid, Reasons: []string{test.want}}, OfRun(pass, test.validity, false, ""))
		})
	}
}

// Every pair of verdicts: the worse one wins, in either order.
func TestWorstWins(t *testing.T) {
	order := []Verdict{Go, ConditionalGo, Inconclusive, NoGo, Invalid}
	for i, a := range order {
		for k, b := range order {
			require.Equal(t, order[max(i, k)], Worst(a, b))
		}
	}
	require.Equal(t, Inconclusive, Worst())
	require.Equal(t, Verdict("unheard of"), Worst(Go, "unheard of"))
}

func TestOnlyGoExitsWithZero(t *testing.T) {
	codes := map[Verdict]int{Go: 0, NoGo: 10, ConditionalGo: 11, Inconclusive: 12, Invalid: 12, "": 12, "go": 12}
	for v, code := range codes {
		require.Equal(t, code, ExitCode(v), string(v))
	}
}
