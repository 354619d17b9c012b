package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/decision"
	"gonogo/measure"
	"gonogo/report"
	"gonogo/slo/validity"
)

// A past is a run that was made, to be compared: 60 s of 50 requests a second, whose
// response times are lognormal around level.
type past struct {
	at      time.Duration // of its start, after the first one's
	level   time.Duration
	failing float64
	seed    uint64
	load    string // of the scenario, as JSON
	change  func(*report.Report)
}

const usualLoad = `{"users":50,"duration":"60s"}`

// report makes the run's report.
func (p past) report(t *testing.T) *report.Report {
	t.Helper()
	const seconds, each = 60, 50
	r := rand.New(rand.NewPCG(p.seed, 1))
	config := measure.Config{Steps: []string{"GET /"}, Charge: 10 * time.Second}
	recorder, summary := measure.NewRecorder(config), measure.NewSummary(config)
	for i := range seconds * each {
		due := time.Duration(i) * time.Second / each
		o := measure.Outcome{Phase: measure.Measure, Due: due, Sent: due, Status: 200, Class: measure.OK}
		if r.Float64() < p.failing {
			o.Status, o.Class = 503, measure.Status
		}
		o.Done = due + time.Duration(float64(p.level)*math.Exp(0.3*r.NormFloat64()))
		o.Read, o.FirstByte = o.Done, o.Done
		recorder.Record(&o)
	}
	for _, i := range recorder.Seal() {
		summary.Merge(i)
	}
	if p.load == "" {
		p.load = usualLoad
	}
	started := time.Date(2025, 12, 14, 9, 0, 0, 0, time.UTC).Add(p.at)
	made, err := report.Build(report.Input{
		Run: report.Run{
			ID: runID(started), Scenario: "burst", Target: "http://a.test", StartedAt: started, EndedAt: started.Add(time.Minute),
			Host: report.Host{Hostname: "one"}, Tool: tool(), SHA256: strings.Repeat("0", 64),
			Effective: json.RawMessage(fmt.Sprintf(`{"scenario":{"target":"http://a.test","load":%s,"steps":[{"path":"/"}]}}`, p.load)),
		},
		Decision: decision.Decision{Verdict: decision.Inconclusive}, Summary: summary, Validity: validity.Validity{Valid: true}, Facts: validity.Facts{Measured: time.Minute},
		Phases: []report.Span{{Phase: measure.Measure, Length: time.Minute}},
	})
	require.NoError(t, err)
	if p.change != nil {
		p.change(made)
	}
	if !made.Validity.Valid {
		made.Verdict = string(decision.Invalid)
	}
	return made
}

// write writes reports to files, and returns their names.
func write(t *testing.T, all ...past) []string {
	t.Helper()
	var names []string
	for i, p := range all {
		var text bytes.Buffer
		require.NoError(t, report.Encode(&text, p.report(t)))
		name := filepath.Join(t.TempDir(), fmt.Sprintf("%c.json", 'a'+i))
		require.NoError(t, os.WriteFile(name, text.Bytes(), 0o600))
		names = append(names, name)
	}
	return names
}

// compares runs the command, and returns what it said.
func compares(t *testing.T, args ...string) (code int, out, err string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), append([]string{"compare"}, args...), stdio{
		in: strings.NewReader(""), out: &stdout, err: &stderr, env: func(string) (string, bool) { return "", false },
	})
	return code, stdout.String(), stderr.String()
}

const ms = time.Millisecond

func TestCompareTwoRuns(t *testing.T) {
	at := func(after time.Duration, level time.Duration) past {
		return past{at: after, level: level, seed: uint64(after) + 1}
	}
	host := func(p past, name string) past {
		p.change = func(r *report.Report) { r.Run.Host.Hostname = name }
		return p
	}
	tests := []struct {
		name string
		b, c past
		args []string
		code int
		want []string
	}{
		{"no worse, one after the other", at(0, 20*ms), at(time.Hour, 20*ms), nil, 11, []string{
			"COMPARISON  one after the other, 20 blocks each", "▲ conditional", "CONDITIONAL-GO", "so the cause may be the time between",
		}},
		{"worse, one after the other", at(0, 20*ms), at(time.Hour, 30*ms), nil, 10, []string{"✖ fail", "NO-GO", "p50 is at least 4"}},
		{"the later one as the baseline", at(time.Hour, 20*ms), at(0, 30*ms), nil, 10, []string{"NO-GO"}},
		{"by what is asked", at(0, 20*ms), at(time.Hour, 30*ms), []string{"--by", "success", "--margin-success", "1pt"}, 11, []string{"success   100.00%    100.00%  +0.00pt"}},
		{"within a wider margin", at(0, 20*ms), at(time.Hour, 30*ms), []string{"--margin", "80%", "--by", "p50,p95"}, 11, []string{"+80%"}},
		{"at the same time, by two generators of one machine", at(0, 20*ms), at(time.Second/2, 20*ms), []string{"--by", "p50,p95"}, 0, []string{
			"COMPARISON  in the same seconds, 20 blocks", "GO   the candidate is no worse",
		}},
		{"at the same time, by two machines", at(0, 20*ms), host(at(time.Second/2, 20*ms), "two"), []string{"--by", "p50,p95"}, 11, []string{
			"the load came from two machines", "was measured on one and", "on two",
		}},
		{"overlapping in part", at(0, 20*ms), at(30*time.Second, 20*ms), []string{"--by", "p50"}, 11, []string{"overlap in part"}},
		{"success that nothing can be told of", at(0, 20*ms), at(time.Hour, 20*ms), []string{"--by", "success", "--margin-success", "0.001pt"}, 12, []string{"INCONCLUSIVE", "success may be"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			code, out, err := compares(t, append(write(t, test.b, test.c), test.args...)...)
			require.Equal(t, test.code, code, out+err)
			flat := strings.Join(strings.Fields(out), " ")
			for _, want := range test.want {
				require.Contains(t, flat, strings.Join(strings.Fields(want), " "))
			}
			for line := range strings.Lines(out) {
				require.LessOrEqual(t, len([]rune(strings.TrimRight(line, "\n"))), 80)
			}
		})
	}
}

func TestCompareRunsInTurn(t *testing.T) {
	series := func(n int, every time.Duration, levels ...time.Duration) (baseline, candidate []past) {
		for i := range n {
			at := time.Duration(i) * every
			baseline = append(baseline, past{at: at, level: levels[0], seed: uint64(i)})
			candidate = append(candidate, past{at: at + every/2, level: levels[1], seed: uint64(100 + i)})
		}
		return baseline, candidate
	}
	tests := []struct {
		name   string
		n      int
		every  time.Duration
		levels []time.Duration
		code   int
		want   string
	}{
		{"no worse", 5, 4 * time.Minute, []time.Duration{20 * ms, 20 * ms}, 0, "5 pairs of runs"},
		{"worse", 5, 4 * time.Minute, []time.Duration{20 * ms, 26 * ms}, 10, "NO-GO"},
		{"too few", 4, 4 * time.Minute, []time.Duration{20 * ms, 20 * ms}, 12, "4 pairs of runs are too few, it takes 5"},
		{"not in turn", 5, time.Minute / 2, []time.Duration{20 * ms, 20 * ms}, 11, "the runs were not made in turn"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b, c := series(test.n, test.every, test.levels...)
			args := []string{"--by", "p50,p95,success"}
			for _, name := range write(t, b...) {
				args = append(args, "--baseline", name)
			}
			for i := len(c) - 1; i >= 0; i-- { // in any order
				args = append(args, "--candidate", write(t, c[i])[0])
			}
			code, out, err := compares(t, args...)
			require.Equal(t, test.code, code, out+err)
			require.Contains(t, strings.Join(strings.Fields(out), " "), test.want)
		})
	}
}

func TestCompareRefuses(t *testing.T) {
	changed := func(change func(*report.Report)) past {
		return past{at: time.Hour, level: 20 * ms, seed: 9, change: change}
	}
	tests := []struct {
		name string
		c    past
		code int
		want string
	}{
		{"a run that is not valid", changed(func(r *report.Report) {
			r.Validity = report.Validity{Checks: []report.Check{{Name: "lag", Measured: "p99 210ms", Limit: "p99 10ms"}}}
		}), 12, "is not valid: lag: p99 210ms, limit p99 10ms: measure it again"},
		{"a run that was stopped early", changed(func(r *report.Report) { r.Run.StoppedEarly = true }), 12, "was stopped early"},
		{"a run that goes on", changed(func(r *report.Report) { r.Evidence.Why = "the run goes on" }), 12, "is of a run that is not finished: the run goes on"},
		{"another load", past{at: time.Hour, level: 20 * ms, load: `{"users":60,"duration":"60s"}`}, 3, "load.users is 50 in"},
		{"another model", past{at: time.Hour, level: 20 * ms, load: `{"rate":"50/s","duration":"60s"}`}, 3, "load.rate is not set in"},
		{"other files", changed(func(r *report.Report) { r.Run.Bodies = strings.Repeat("1", 64) }), 3, "the files that"},
		{"no blocks", changed(func(r *report.Report) { r.Evidence.Blocks = nil }), 3, "it keeps no response times by block: an earlier gonogo wrote it"},
		{"no evidence", changed(func(r *report.Report) { r.Evidence = nil }), 3, "an earlier gonogo wrote it"},
		{"broken blocks", changed(func(r *report.Report) { r.Evidence.Blocks[3].Latency = []byte{1, 2, 3} }), 3, "block 4: decode a histogram"},
		{"a search", changed(func(r *report.Report) {
			*r = *report.OfCapacity(r, report.Capacity{Unit: "users", Trials: []report.Trial{}})
		}), 3, `it is a report of kind "capacity"`},
		{"both at once", changed(func(r *report.Report) { r.Run.StoppedEarly = true; r.Run.Bodies = strings.Repeat("1", 64) }), 3, "was stopped early"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			code, out, err := compares(t, write(t, past{level: 20 * ms}, test.c)...)
			require.Equal(t, test.code, code, out+err)
			require.Empty(t, out)
			require.Contains(t, err, test.want)
		})
	}
}

// Blocks that were left out, or changed, are no evidence: a pass of them least of all.
func TestCompareDoesNotTrustBlocks(t *testing.T) {
	for name, change := range map[string]func(*report.Report){
		"left out":    func(r *report.Report) { r.Evidence.Blocks = r.Evidence.Blocks[:20] },
		"twice":       func(r *report.Report) { r.Evidence.Blocks = append(r.Evidence.Blocks, r.Evidence.Blocks...) },
		"more are OK": func(r *report.Report) { r.Evidence.Blocks[0].OK++ },
		"all at once": func(r *report.Report) {
			for i := range r.Evidence.Blocks {
				r.Evidence.Blocks[i].T = 1e300
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, err := compares(t, write(t, past{level: 20 * ms}, past{at: time.Second / 2, level: 20 * ms, seed: 2, change: change})...)
			require.Equal(t, 12, code, out+err)
		})
	}
}
