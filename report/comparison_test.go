package report

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"gonogo/measure"
	"gonogo/report/show"
	"gonogo/slo"
	"gonogo/slo/compare"
)

// twoTargets is small with another target, whose answers take half as long.
func twoTargets(t *testing.T, objectives ...slo.Objective) (Input, compare.Options) {
	t.Helper()
	in := small(t, objectives...)
	config := measure.Config{Steps: []string{"look @against", "pay @against"}, Charge: timeout, Limits: in.Limits}
	recorder := measure.NewRecorder(config)
	in.Against, in.AgainstTarget = measure.NewSummary(config), "http://127.0.0.1:8091"
	for i := range 1300 {
		o := outcome(i)
		if o.Err == nil {
			o.Done = o.Due + (o.Done-o.Due)/2
		}
		recorder.Record(&o)
	}
	for _, interval := range recorder.Seal() {
		in.Against.Merge(interval)
	}
	metrics, err := compare.ParseMetrics("p50,p95,success,rate")
	require.NoError(t, err)
	return in, compare.Options{Metrics: metrics, Margins: compare.UsualMargins(), Shared: true, GivenRate: "the coin gives both the same"}
}

// ofTwo is the report of a run of two targets, and what it was compared by.
func ofTwo(t *testing.T, objectives ...slo.Objective) (*Report, compare.Options) {
	t.Helper()
	in, o := twoTargets(t, objectives...)
	span := in.Phases[1]
	c := compare.Sides(compare.Concurrent, SideOf(in.Against, span), SideOf(in.Summary, span), o)
	r := built(t, in)
	r.Comparison = NewComparison(c, Compared{Target: in.AgainstTarget, Runs: []string{r.Run.ID}}, Compared{Target: r.Run.Target, Runs: []string{r.Run.ID}})
	require.NoError(t, conforms(encoded(t, r)))
	return r, o
}

func TestTheReportOfTwoTargets(t *testing.T) {
	r, _ := ofTwo(t)
	require.Equal(t, int64(1200), r.Totals.Accounting.Planned)
	require.Equal(t, int64(1200), r.Against.Totals.Accounting.Planned)
	require.Equal(t, int64(1300), r.Against.Accounting.Planned)
	require.Equal(t, int64(2600), r.Accounting.Planned, "the books are of both")
	require.True(t, r.Accounting.Closes())
	require.Equal(t, "look", r.Steps[0].Name)
	require.Equal(t, "pay @against", r.Against.Steps[1].Name)
	require.InDelta(t, 2, *r.Totals.Latency.P50 / *r.Against.Totals.Latency.P50, 0.1)
	var steps []string
	for _, f := range r.Errors {
		steps = append(steps, f.Step)
	}
	require.Contains(t, steps, "pay")
	require.Contains(t, steps, "pay @against")
	require.Len(t, r.Evidence.Blocks, 12)
	require.Len(t, r.Against.Blocks, 12)
}

// What is read back compares as what was measured.
func TestAReportComparesAgain(t *testing.T) {
	written, o := ofTwo(t)
	r, err := Read(bytes.NewReader(encoded(t, written)))
	require.NoError(t, err)
	candidate, err := r.Side()
	require.NoError(t, err)
	baseline, err := r.OtherSide()
	require.NoError(t, err)
	in, _ := twoTargets(t)
	want := SideOf(in.Summary, in.Phases[1])
	require.Equal(t, want.Due, candidate.Due)
	require.Equal(t, want.Statuses, candidate.Statuses)
	require.Equal(t, want.Waited, candidate.Waited)
	again := NewComparison(compare.Sides(compare.Concurrent, baseline, candidate, o), written.Comparison.Baseline, written.Comparison.Candidate)
	require.Equal(t, written.Comparison, again)
}

// A report of two targets that is judged by its own objectives again is the same, to
// the byte: its comparison counts as it did.
func TestRejudgeOfTwoTargets(t *testing.T) {
	r, _ := ofTwo(t, objective(t, "p95", "p95 < 500ms"))
	asked, err := r.Asked()
	require.NoError(t, err)
	once, err := r.Rejudge(asked)
	require.NoError(t, err)
	require.Contains(t, strings.Join(once.Reasons, "\n"), "comparison: p50 is at least", "the candidate is twice as slow")
	twice, err := once.Rejudge(asked)
	require.NoError(t, err)
	require.Equal(t, string(encoded(t, once)), string(encoded(t, twice)))
}

func TestSidesThatAreNoneOrBroken(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*Report)
		want  string
	}{
		{"one target", func(r *Report) { r.Against = nil }, "the run had one target"},
		{"no evidence", func(r *Report) { r.Evidence = nil }, "an earlier gonogo wrote it"},
		{"no blocks", func(r *Report) { r.Against.Blocks = nil }, "it keeps no response times by block"},
		{"broken blocks", func(r *Report) { r.Against.Blocks[1].Latency = []byte{9} }, "block 2: decode a histogram"},
		{"broken figures", func(r *Report) { r.Against.Figures = nil }, "the other target: restore the figures"},
		{"more steps", func(r *Report) { r.Against.Steps = append(r.Against.Steps, r.Against.Steps...) }, "the two targets have other steps"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, _ := ofTwo(t)
			test.spoil(r)
			_, err := r.OtherSide()
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestWaited(t *testing.T) {
	record := func(o measure.Outcome) time.Duration {
		r := measure.NewRecorder(measure.Config{Steps: []string{"a"}})
		s := measure.NewSummary(measure.Config{Steps: []string{"a"}})
		o.Phase, o.Read = measure.Measure, o.Done
		r.Record(&o)
		for _, i := range r.Seal() {
			s.Merge(i)
		}
		return waited(s.Total())
	}
	const ms = time.Millisecond
	require.Zero(t, record(measure.Outcome{Due: ms, Sent: ms, Done: 5 * ms}))
	require.Zero(t, record(measure.Outcome{Due: ms, Sent: 9 * ms, Done: 10 * ms}), "late ourselves")
	require.InDelta(t, 8*ms, record(measure.Outcome{Due: ms, Ready: 9 * ms, Sent: 9 * ms, Done: 10 * ms}), float64(ms)/50, "nothing was free")
	require.InDelta(t, 3*ms, record(measure.Outcome{Due: ms, Ready: 9 * ms, Sent: 9 * ms, Done: 10 * ms, Connect: 5 * ms}), float64(ms)/50, "and had to connect")
}

// compared is a comparison with every sort of row.
func compared() *Comparison {
	of := func(metric, unit string, baseline, candidate, change, lo, hi float64, verdict, rule string) Contrast {
		return Contrast{Metric: metric, Unit: unit, Baseline: ptr(baseline), Candidate: ptr(candidate), Change: ptr(change), Lo: ptr(lo), Hi: ptr(hi), Margin: 10, Verdict: &verdict, Rule: rule}
	}
	failed := of("p99", "ms", 300, 10_000, 0, 0, 0, "fail", "p99 falls on requests that failed, and the baseline's does not")
	failed.CandidateFailed, failed.Change, failed.Lo, failed.Hi = true, nil, nil, nil
	doubted := of("p99.9", "ms", 820, 840, 2.4, 0, 0, "inconclusive", "p99.9: 720 requests are too few, it takes 10000 on each side")
	doubted.Lo, doubted.Hi, doubted.Doubt = nil, nil, "720 requests are too few, it takes 10000 on each side"
	open := of("p90", "ms", 12.2, 13.1, 7.38, 1.2, 0, "inconclusive", "p90 may be 1.2% longer or any more, 10% longer is allowed")
	open.Hi = nil
	success := of("success", "%", 99.999, 78.21, -21.789, -22.4, -21.2, "fail", "success is at least 21.2pt lower than the baseline's, 0.1pt is allowed")
	success.Margin = 0.1
	rate := of("rate", "/s", 2183, 2171, -0.55, 0, 0, "", "the plan fixes the rate")
	rate.Verdict, rate.Lo, rate.Hi = nil, nil, nil
	return &Comparison{
		Design:   "concurrent",
		Baseline: Compared{"https://stable.example.test", []string{"20251214_090212"}, 360_215}, Candidate: Compared{"https://canary.example.test", []string{"20251214_090212"}, 360_203},
		Margin: 10, Points: 0.1, Confidence: 0.95, Notes: []string{}, Blocks: 20, Slower: ptr(0.62),
		Rows: []Contrast{
			of("p50", "ms", 38.1, 38.4, 0.79, -0.4, 1.9, "pass", "p50 is at most 1.9% longer than the baseline's, 10% is allowed"),
			open,
			of("p95", "ms", 187, 231, 23.5, 19.1, 27.4, "fail", "p95 is at least 19.1% longer than the baseline's, 10% is allowed"),
			failed, doubted, success, rate,
		},
	}
}

func TestComparisonText(t *testing.T) {
	c := compared()
	doc := NewComparisonReport(c, "api-burst", Tool{Version: "0.3.0"})
	require.Equal(t, "NO-GO", doc.Verdict)
	golden(t, "comparison.txt", []byte(comparison(t, doc, Style{})))
	golden(t, "comparison-50.txt", []byte(comparison(t, doc, Style{Width: 50})))

	c = compared()
	c.Design, c.Rows = "sequential", c.Rows[:1]
	c.Rows[0].Verdict = ptr("conditional")
	c.Rows[0].Rule += "; but one ran after the other, so the cause may be the time between them"
	c.Candidate.Runs, c.Notes = []string{"20251215_090212"}, []string{"load.duration is 60s in before.json and 5m in after.json"}
	golden(t, "comparison-conditional.txt", []byte(comparison(t, NewComparisonReport(c, "api-burst", Tool{Version: "0.3.0"}), Style{})))

	c = compared()
	c.Design, c.Rows, c.Blocks = "interleaved", c.Rows[:1], 6
	c.Baseline.Runs, c.Candidate.Runs = []string{"20251214_090212", "20251214_091212"}, []string{"20251214_090712", "20251214_091712"}
	golden(t, "comparison-runs.txt", []byte(comparison(t, NewComparisonReport(c, "api-burst", Tool{Version: "0.3.0"}), Style{})))
}

func comparison(t *testing.T, r *ComparisonReport, style Style) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, ComparisonText(&out, r, style))
	width := style.Width
	if width == 0 {
		width = 80
	}
	for line := range strings.Lines(out.String()) {
		require.LessOrEqual(t, show.Columns(strings.TrimSuffix(line, "\n")), width, line)
	}
	return out.String()
}

func TestComparisonsConformToTheirSchema(t *testing.T) {
	c := compared()
	for _, evil := range []string{"", "\x1b[31m\u202e\u0085\nevil"} {
		c.Baseline.Target += evil
		doc := NewComparisonReport(c, "api-burst"+evil, Tool{Version: "0.3.0"})
		var text bytes.Buffer
		require.NoError(t, EncodeComparison(&text, doc))
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text.Bytes()))
		require.NoError(t, err)
		schema, err := jsonschema.UnmarshalJSON(strings.NewReader(ComparisonSchema()))
		require.NoError(t, err)
		compiler := jsonschema.NewCompiler()
		require.NoError(t, compiler.AddResource("comparison.json", schema))
		compiled, err := compiler.Compile("comparison.json")
		require.NoError(t, err)
		require.NoError(t, compiled.Validate(value))
		require.NotContains(t, comparison(t, doc, Style{}), "\x1b")
	}
}

// The two schemas say the same of what they share.
func TestSchemasShareTheirDefinitions(t *testing.T) {
	var ours, theirs struct {
		Definitions map[string]any `json:"definitions"`
	}
	require.NoError(t, json.Unmarshal([]byte(ComparisonSchema()), &ours))
	require.NoError(t, json.Unmarshal([]byte(Schema()), &theirs))
	require.Len(t, ours.Definitions, 4)
	for name, definition := range ours.Definitions {
		require.Equal(t, theirs.Definitions[name], definition, name)
	}
}

func TestNewComparisonHasNoNumbersThatAreNone(t *testing.T) {
	c := compare.Comparison{Design: compare.Sequential, Margins: compare.UsualMargins(), Slower: math.NaN(), Rows: []compare.Row{{
		Metric: compare.Metric{Kind: slo.Success}, Margin: 0.1, Baseline: math.NaN(), Candidate: 3, Change: math.Inf(1), Lo: math.Inf(-1), Hi: math.Inf(1),
	}}}
	got := NewComparison(c, Compared{}, Compared{})
	require.Nil(t, got.Slower)
	require.Equal(t, []Contrast{{Metric: "success", Unit: "%", Candidate: ptr(3.0), Margin: 0.1}}, got.Rows)
	require.Equal(t, 10.0, got.Margin)
	require.Empty(t, got.Judgements())
	require.Empty(t, (*Comparison)(nil).Judgements())
}

// A verdict that nobody knows is no pass.
func TestJudgementsOfAComparison(t *testing.T) {
	c := compared()
	c.Rows[0].Verdict = ptr("splendid")
	c.Rows[1].Doubt, c.Rows[1].Rule = c.Rows[4].Doubt, "p90: "+c.Rows[4].Doubt
	all := c.Judgements()
	require.Len(t, all, 5, "rows of one doubt are one, and rate is not judged")
	require.Equal(t, slo.Inconclusive, all[0].Verdict)
	require.Equal(t, "p90, p99.9: 720 requests are too few, it takes 10000 on each side", all[1].Rule)
	require.Equal(t, slo.Fail, all[2].Verdict)
}
