package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/stretchr/testify/require"

	"gonogo/decision"
	"gonogo/measure"
	"gonogo/slo"
	"gonogo/slo/validity"
)

const timeout = 2 * time.Second

// small is a run of two steps: a second of ramp, then twelve of which the sixth
// is slow, at 100 requests a second that take 1 to 100 ms. Of each hundred of
// "pay", one is refused at once and one is dropped; the last is still open.
func small(t *testing.T, objectives ...slo.Objective) Input {
	t.Helper()
	all := make([]measure.Outcome, 1300)
	for i := range all {
		all[i] = outcome(i)
	}
	return inputOf(t, measure.Config{Steps: []string{"look", "pay"}}, all, objectives...)
}

// inputOf is what a run of those outcomes leaves behind.
func inputOf(t *testing.T, config measure.Config, all []measure.Outcome, objectives ...slo.Objective) Input {
	t.Helper()
	config.Charge, config.Limits = timeout, slo.Limits(objectives, config.Names())
	recorder, summary := measure.NewRecorder(config), measure.NewSummary(config)
	for i := range all {
		recorder.Record(&all[i])
	}
	for _, interval := range recorder.Seal() {
		summary.Merge(interval)
	}
	judgements := slo.Judge(objectives, summary, 12*time.Second)
	facts := validity.Facts{Measure: 12 * time.Second, Measured: 12 * time.Second}
	v := validity.Of(slo.RunOf(summary, facts.Measured), facts, objectives)
	return Input{
		Run: Run{
			ID: "20251214_090212", Scenario: "small", Target: "http://127.0.0.1:8090", Load: "rate 100/s, hold 12s",
			StartedAt: time.Date(2025, 12, 14, 10, 2, 12, 345_678_901, time.FixedZone("CET", 3600)),
			EndedAt:   time.Date(2025, 12, 14, 10, 2, 26, 0, time.FixedZone("CET", 3600)), Seed: 7, SHA256: strings.Repeat("0a", 32),
			Tool: Tool{"0.1.0", "", "go1.26.8"}, Host: Host{OS: "linux", Arch: "amd64", CPUs: 2, Hostname: "bench-1"},
			Effective: json.RawMessage("{ \"rate\" :\t{\"value\":100,\"origin\":\"--rate\"} }"),
		},
		Decision: decision.OfRun(judgements, v, false, ""), Summary: summary, Limits: config.Limits,
		Phases: []Span{
			{measure.Ramp, 0, time.Second}, {measure.Measure, time.Second, 12 * time.Second}, {measure.Drain, 13 * time.Second, 500 * time.Millisecond},
		},
		Judgements: judgements, Validity: v, Facts: facts,
	}
}

func outcome(i int) measure.Outcome {
	due := time.Duration(i) * 10 * time.Millisecond
	o := measure.Outcome{
		Step: i % 2, Phase: measure.Measure, Status: 200, BytesIn: 1000, BytesOut: 100,
		Due: due, Sent: due + time.Millisecond, FirstByte: due + 2*time.Millisecond, Done: due + time.Duration(i%100+2)*time.Millisecond,
	}
	if i < 100 {
		o.Phase = measure.Ramp
	}
	if i/100 == 6 {
		o.Done += 300 * time.Millisecond
	}
	o.Read = o.Done
	switch {
	case i == 1299:
		o.Class, o.Status, o.Done, o.Err = measure.Censored, 0, due+400*time.Millisecond, errors.New("still open after 400ms")
	case i%100 == 51:
		o.Class, o.Status, o.Err = measure.Status, 503, errors.New("want 200 to 299, got 503")
	case i%100 == 53:
		o.Class, o.Status, o.Sent, o.FirstByte = measure.Dropped, 0, 0, 0
	}
	return o
}

func built(t *testing.T, in Input) *Report {
	t.Helper()
	r, err := Build(in)
	require.NoError(t, err)
	require.NoError(t, conforms(encoded(t, r)))
	return r
}

func objective(t *testing.T, name, target string) slo.Objective {
	t.Helper()
	parsed, err := slo.ParseTarget(target)
	require.NoError(t, err)
	return slo.Objective{Name: name, Go: parsed, Source: "--slo"}
}

func TestBuild(t *testing.T) {
	r := built(t, small(t, objective(t, "p95", "p95 < 500ms"), objective(t, "pay", "success{pay} > 99%")))
	require.Equal(t, "NO-GO", r.Verdict)
	require.Equal(t, 10, r.ExitCode)
	require.Equal(t, []string{"pay: success{pay} > 99% does not hold: measured 95.83%"}, r.Reasons)
	require.Equal(t, "2025-12-14T09:02:12.345678901Z", r.Run.StartedAt.Format(time.RFC3339Nano))
	require.Equal(t, Accounting{Planned: 1200, Started: 1188, Dropped: 12, OK: 1175, Failed: 12, Censored: 1}, r.Totals.Accounting)
	require.Equal(t, int64(1300), r.Accounting.Planned, "the ramp's 100 too")
	require.True(t, r.Accounting.Closes())
	require.Equal(t, map[string]int64{"200": 1175, "503": 12}, r.Totals.Statuses)
	require.Equal(t, "look", r.Steps[0].Name)
	require.Equal(t, Accounting{Planned: 600, Started: 588, Dropped: 12, OK: 575, Failed: 12, Censored: 1}, r.Steps[1].Accounting)
	require.Equal(t, Failure{
		Class: "status", Status: 503, Step: "pay", Phase: "measure", Count: 12,
		FirstAt: r.Run.StartedAt.Add(1563 * time.Millisecond), Example: "want 200 to 299, got 503",
	}, r.Errors[0])
	require.Equal(t, Objective{
		Name: "pay", Target: "success{pay} > 99%", Verdict: "fail", Band: "none", Rule: "success{pay} > 99% does not hold",
		Measured: r.Objectives[1].Measured, Shown: "95.83%", Limit: 99, Unit: "%", Samples: 600,
		Margin: r.Objectives[1].Margin, Claim: "observed", Source: "--slo",
	}, r.Objectives[1])
	require.InDelta(t, 100*575.0/600, *r.Objectives[1].Measured, 1e-9)
}

// Errors that are too diverse to be kept apart have no class of their own.
func TestBuildFoldsDiverseErrors(t *testing.T) {
	config := measure.Config{Steps: []string{"look"}, Charge: timeout}
	recorder, summary := measure.NewRecorder(config), measure.NewSummary(config)
	for status := range 2000 {
		recorder.Record(&measure.Outcome{Phase: measure.Measure, Class: measure.Status, Status: status, Err: errBroken})
	}
	for _, interval := range recorder.Seal() {
		summary.Merge(interval)
	}
	in := small(t)
	in.Summary, in.Limits = summary, nil
	r := built(t, in)
	last := r.Errors[len(r.Errors)-1]
	require.Equal(t, "other", last.Class)
	require.Less(t, len(r.Errors), 2000)
	require.Empty(t, last.Step+last.Phase+last.Example)
}

func TestBuildChargesFailures(t *testing.T) {
	r := built(t, small(t))
	require.Equal(t, int64(1200), r.Totals.Latency.Count)
	require.Equal(t, int64(1175), r.Totals.Answered.Count)
	require.Equal(t, 2_000.0, *r.Totals.Latency.Max, "refused after 53 ms, charged with the timeout")
	require.Equal(t, []string{"p99", "p99_9", "max"}, r.Totals.Latency.Charged)
	require.Equal(t, []string{}, r.Steps[0].Latency.Charged)
	require.Equal(t, []string{"p99", "p99_9", "max"}, r.Steps[1].Latency.Charged)
	require.InDelta(t, 100*1175.0/1200, *r.Totals.SuccessRate, 1e-9)
	require.InDelta(t, 1175.0/12, *r.Totals.Rate, 1e-9)
}

func TestBuildWithoutMeasurements(t *testing.T) {
	in := small(t)
	in.Summary, in.Limits, in.Phases = measure.NewSummary(measure.Config{Steps: []string{"look"}}), nil, nil
	in.Run.Effective = nil
	r := built(t, in)
	require.Nil(t, r.Totals.SuccessRate)
	require.Nil(t, r.Totals.Rate)
	require.Nil(t, r.WorstWindow)
	require.Equal(t, Histograms{}, r.Histograms)
	require.Contains(t, printed(t, r, Style{}), "no request was measured")
}

func TestBuildNeedsJSON(t *testing.T) {
	in := small(t)
	in.Run.Effective = json.RawMessage("users: 3")
	_, err := Build(in)
	require.ErrorContains(t, err, "build report 20251214_090212: read the effective scenario: ")
}

func TestBuildHasNoNumberForWhatIsNone(t *testing.T) {
	in := small(t)
	in.Judgements = []slo.Judgement{{
		Objective: objective(t, "p95", "p95 < 1s"), Verdict: slo.Inconclusive, Band: "none", Claim: slo.Observed,
		Measured: math.NaN(), Margin: math.Inf(-1), Unit: "ms", Bounds: &slo.Bounds{Lo: 3, Hi: math.Inf(1), Confidence: 0.95},
	}}
	o := built(t, in).Objectives[0]
	require.Nil(t, o.Measured)
	require.Nil(t, o.Margin)
	require.Nil(t, o.Bounds.Hi)
	require.Equal(t, 3.0, *o.Bounds.Lo)
}

func TestBuildCountsLimitsExactly(t *testing.T) {
	r := built(t, small(t, objective(t, "a", "p95 < 90ms"), objective(t, "b", "p50{pay} <= 51ms")))
	require.Len(t, r.Limits, 2)
	require.Equal(t, Limit{nil, 90, false, r.Limits[0].Over, 1200}, r.Limits[0])
	require.Equal(t, Limit{ptr("pay"), 51, true, r.Limits[1].Over, 600}, r.Limits[1])
	for i, limit := range r.Limits {
		var sum int64
		for _, in := range r.Intervals {
			if in.Phase == measurePhase {
				sum += in.Over[i]
			}
		}
		require.Equal(t, limit.Over, sum)
	}
}

func TestIntervalsAddUpToTheAccounting(t *testing.T) {
	r := built(t, small(t))
	var sum Accounting
	for _, in := range r.Intervals {
		if in.Phase == measurePhase {
			sum.Planned += in.Planned
			sum.Started += in.Started
			sum.Dropped += in.Dropped
			sum.OK += in.OK
			sum.Failed += in.Failed
			sum.Censored += in.Censored
		}
	}
	require.Equal(t, r.Totals.Accounting, sum)
	require.Equal(t, int64(100), r.Phases[0].Accounting.Planned, "those of the ramp stand apart")
}

func TestWorstWindow(t *testing.T) {
	tests := []struct {
		name    string
		seconds int
		slow    int // second whose requests take half a second, not 10 ms
		failing int // second whose requests fail
		want    *Window
	}{
		{"nothing", 0, -1, -1, nil},
		{"a run shorter than the window is one", 4, 2, -1, &Window{T: 0, Length: 4, P95: 500}},
		{"the first of equal ones", 30, -1, -1, &Window{T: 0, Length: 10, P95: 10}},
		{"the first that holds the slow second", 30, 25, -1, &Window{T: 16, Length: 10, P95: 500}},
		{"failures are worse than slowness", 30, 3, 20, &Window{T: 11, Length: 10, P95: 2000, Charged: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			config := measure.Config{Steps: []string{"look"}, Charge: timeout}
			recorder, summary := measure.NewRecorder(config), measure.NewSummary(config)
			for i := range 10 * test.seconds {
				o := measure.Outcome{Phase: measure.Measure, Due: time.Duration(i) * 100 * time.Millisecond}
				o.Done = o.Due + 10*time.Millisecond
				if i/10 == test.slow {
					o.Done = o.Due + 500*time.Millisecond
				}
				if i/10 == test.failing {
					o.Class = measure.Timeout
				}
				recorder.Record(&o)
			}
			for _, interval := range recorder.Seal() {
				summary.Merge(interval)
			}
			got := worstWindow(summary.Series(), time.Hour)
			if test.want == nil {
				require.Nil(t, got)
				return
			}
			require.InEpsilon(t, test.want.P95, got.P95, 0.001)
			got.P95 = test.want.P95
			require.Equal(t, test.want, got)
		})
	}
}

func TestFailedRanks(t *testing.T) {
	ms := func(all ...int) *measure.Histogram {
		h := new(measure.Histogram)
		for _, v := range all {
			h.Record(time.Duration(v) * time.Millisecond)
		}
		return h
	}
	tests := []struct {
		name              string
		answered, charged *measure.Histogram
		want              []string
	}{
		{"nothing at all", ms(), ms(), []string{}},
		{"no failure", ms(1, 2, 3), ms(), []string{}},
		{"nothing but failures", ms(), ms(9, 9), []string{"min", "p50", "p75", "p90", "p95", "p99", "p99_9", "max"}},
		{"half of them", ms(1, 2), ms(9, 9), []string{"p75", "p90", "p95", "p99", "p99_9", "max"}},
		{"a quarter", ms(1, 2, 3), ms(9), []string{"p90", "p95", "p99", "p99_9", "max"}},
		{"an answer slower than a failure", ms(1, 2, 10), ms(9), []string{"p90", "p95", "p99", "p99_9", "max"}},
		{"an answer as slow as a failure comes before it", ms(1, 2, 9), ms(9), []string{"p90", "p95", "p99", "p99_9", "max"}},
		{"a failure faster than any answer", ms(5, 6, 7), ms(1), []string{"p90", "p95", "p99", "p99_9", "max"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := latency(&measure.Figures{Answered: *test.answered, Charged: *test.charged})
			require.Equal(t, test.want, l.Charged)
			if l.Count > 0 {
				rising := []float64{*l.Min, *l.P50, *l.P75, *l.P90, *l.P95, *l.P99, *l.P999, *l.Max}
				require.IsNonDecreasing(t, rising, "no failure stands before an answer")
			}
		})
	}
}

func TestHistogramsHoldEveryRequest(t *testing.T) {
	in := small(t)
	r := built(t, in)
	for _, h := range []struct {
		text  *string
		count int64
	}{
		{r.Histograms.Latency, r.Totals.Latency.Count},
		{r.Histograms.Answered, r.Totals.Answered.Count},
		{r.Histograms.Charged, 25},
		{r.Histograms.Service, r.Totals.Service.Count},
		{r.Histograms.Lag, r.Totals.Lag.Count},
	} {
		decoded, err := hdrhistogram.Decode([]byte(*h.text))
		require.NoError(t, err)
		require.Equal(t, h.count, decoded.TotalCount())
	}
	require.Nil(t, r.Histograms.TLS)
}

func TestHistogramLogIsReadable(t *testing.T) {
	in := small(t)
	var text bytes.Buffer
	c := HistogramLog(in.Run.StartedAt, in.Summary.Series())
	require.Equal(t, ".hlog", c.Extension)
	require.NoError(t, c.Write(&text))
	require.True(t, strings.HasPrefix(text.String(), "#[Histogram log format version 1.3]\n"))

	merged := hdrhistogram.New(1, int64(time.Hour/time.Microsecond), 3)
	reader := hdrhistogram.NewHistogramLogReader(&text)
	seconds := 0
	for {
		h, err := reader.NextIntervalHistogram()
		require.NoError(t, err)
		if h == nil {
			break
		}
		start := in.Run.StartedAt.Add(time.Duration(seconds) * time.Second)
		require.InDelta(t, start.UnixMilli(), h.StartTimeMs(), 1)
		require.InDelta(t, start.Add(time.Second).UnixMilli(), h.EndTimeMs(), 1)
		if seconds == 0 {
			require.Equal(t, "ramp", h.Tag())
		} else {
			require.Empty(t, h.Tag())
			require.Zero(t, merged.Merge(h))
		}
		seconds++
	}
	require.Equal(t, 13, seconds)
	whole, err := hdrhistogram.Decode([]byte(*built(t, in).Histograms.Latency))
	require.NoError(t, err)
	require.Equal(t, whole.TotalCount(), merged.TotalCount())
	require.Equal(t, whole.ValueAtQuantile(95), merged.ValueAtQuantile(95))
}

func TestHistogramLogReportsAFullDisk(t *testing.T) {
	in := small(t)
	err := HistogramLog(in.Run.StartedAt, in.Summary.Series()).Write(errorWriter{})
	require.ErrorContains(t, err, "write the histogram log: the cable is broken")
}
