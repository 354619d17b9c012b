// Package reporttest makes reports of runs that never were, as large and as odd as tests
// of the pages need them: recorded and judged as real ones are, without a second's load.
package reporttest

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"gonogo/decision"
	"gonogo/measure"
	"gonogo/report"
	"gonogo/slo"
	"gonogo/slo/validity"
)

// A World is a run: what it consists of, and how its target behaved.
type World struct {
	Length  time.Duration         // of the measure phase; a ramp of a tenth, a minute at most, is before it
	Steps   int                   // 0: one
	Rate    int                   // requests a second
	Errors  float64               // share of requests that fail
	Name    func(step int) string // nil: names such as people give
	Sustain bool                  // it is a sustained run, with a gap, events and a drift
	Targets []string              // objectives; nil: some that are usual
}

const timeout = 10 * time.Second

// Report is what the run leaves behind.
func (w World) Report() (*report.Report, error) {
	w.Steps, w.Rate = max(w.Steps, 1), max(w.Rate, 1)
	objectives, err := w.objectives()
	if err != nil {
		return nil, err
	}
	config := measure.Config{Charge: timeout}
	for step := range w.Steps {
		config.Steps = append(config.Steps, w.name(step))
	}
	config.Limits = slo.Limits(objectives, config.Names())
	ramp := min(w.Length/10, time.Minute).Truncate(time.Second)
	summary := w.record(config, ramp)
	run := slo.RunOf(summary, w.Length)
	run.Spans[measure.Measure] = slo.Span{Start: ramp, Length: w.Length}
	judgements := run.Judge(objectives)
	facts := validity.Facts{Measure: w.Length, Measured: w.Length}
	valid := validity.Of(run, facts, objectives)
	started := time.Date(2025, 12, 13, 16, 0, 0, 0, time.UTC)
	r, err := report.Build(report.Input{
		Run: report.Run{
			ID: "20251213_160000", Scenario: w.says("api-burst"), Target: w.says("https://staging.example.test"),
			Load: w.says(fmt.Sprintf("%d/s, hold %s", w.Rate, w.Length)), StartedAt: started, EndedAt: started.Add(ramp + w.Length + time.Second),
			Seed: 18_446_744_073_709_551_615, SHA256: fmt.Sprintf("%064x", 0xabc), Effective: w.effective(),
			Tool: report.Tool{Version: w.says("0.3.0"), Commit: "8f2c1d0", Go: "go1.26.8"},
			Host: report.Host{OS: "linux", Arch: "amd64", CPUs: 8, Memory: 16 << 30},
		},
		Decision: decision.OfRun(judgements, valid, false, ""), Summary: summary, Limits: config.Limits,
		Phases: []report.Span{
			{Phase: measure.Ramp, Length: ramp},
			{Phase: measure.Measure, Start: ramp, Length: w.Length},
			{Phase: measure.Drain, Start: ramp + w.Length, Length: time.Second},
		},
		Judgements: judgements, Validity: valid, Facts: facts,
		Generator: &report.Generator{CPU: ptr(31.0), PeakCPU: ptr(44.0), CPUs: 8, SchedP99: ptr(0.4), GCP99: ptr(0.1), RSSMax: ptr(int64(31 << 20)), Timer: "a thread of its own"},
		Wanted: func(at time.Duration) (users, arrivals *float64) {
			return nil, ptr(float64(w.Rate) * min(1, float64(at)/float64(max(ramp, 1))))
		},
	})
	if err != nil {
		return nil, err
	}
	r.Connections = connections(w)
	if w.Sustain {
		sustain(r, w.Length)
	}
	return r, nil
}

func ptr[T any](v T) *T { return &v }

func (w World) name(step int) string {
	if w.Name != nil {
		return w.Name(step)
	}
	verbs := []string{"GET", "POST", "PUT"}
	nouns := []string{"health", "orders", "items", "search", "basket", "login", "profile"}
	if step < len(nouns) {
		return fmt.Sprintf("%s /v1/%s", verbs[step%len(verbs)], nouns[step])
	}
	return fmt.Sprintf("%s /v1/%s/%d", verbs[step%len(verbs)], nouns[step%len(nouns)], step)
}

// says is a text of the run's own, or what a hostile run says instead.
func (w World) says(text string) string {
	if w.Name != nil {
		return w.Name(0)
	}
	return text
}

func (w World) objectives() ([]slo.Objective, error) {
	targets := w.Targets
	if targets == nil {
		targets = []string{"p95 < 200ms", "p99 < 500ms", "success > 99.5%"}
	}
	var all []slo.Objective
	for i, text := range targets {
		t, err := slo.ParseTarget(text)
		if err != nil {
			return nil, err
		}
		all = append(all, slo.Objective{Name: text, Go: t, Source: fmt.Sprintf("gonogo.yaml:%d", 20+i), Claim: slo.Observed})
	}
	return all, nil
}

// record makes the requests: slower in the middle of the run, with a stall now and then.
func (w World) record(config measure.Config, ramp time.Duration) *measure.Summary {
	random := rand.New(rand.NewPCG(7, 11)) //nolint:gosec // the same for ever
	recorder, summary := measure.NewRecorder(config), measure.NewSummary(config)
	whole := ramp + w.Length
	for second := range int(whole / time.Second) {
		at := time.Duration(second) * time.Second
		phase, n := measure.Measure, w.Rate
		if at < ramp {
			phase, n = measure.Ramp, max(1, int(float64(w.Rate)*float64(at)/float64(ramp)))
		}
		wave := 1 + 0.6*math.Sin(math.Pi*float64(at)/float64(whole))
		stall := second%max(int(whole/time.Second)/7, 5) == 4
		for i := range n {
			o := w.outcome(random, phase, at+time.Duration(i)*time.Second/time.Duration(n), wave, stall)
			recorder.Record(&o)
		}
		if second%60 == 59 || at+time.Second >= whole {
			for _, interval := range recorder.Seal() {
				summary.Merge(interval)
			}
		}
	}
	return summary
}

func (w World) outcome(random *rand.Rand, phase measure.Phase, due time.Duration, wave float64, stall bool) measure.Outcome {
	step := random.IntN(w.Steps)
	took := time.Duration(wave * float64(20+3*step%50) * math.Exp(0.5*random.NormFloat64()) * float64(time.Millisecond))
	if stall {
		took += time.Second
	}
	sent := due + time.Duration(random.IntN(300))*time.Microsecond
	o := measure.Outcome{
		Step: step, Phase: phase, Status: 200, BytesIn: 1800, BytesOut: 190,
		Due: due, Sent: sent, FirstByte: sent + took*9/10, Done: sent + took, Read: sent + took + time.Duration(random.IntN(200))*time.Microsecond,
	}
	if random.Float64() >= w.Errors {
		return o
	}
	switch random.IntN(3) {
	case 0:
		o.Class, o.FirstByte, o.Done, o.Read = measure.Timeout, 0, sent+timeout, sent+timeout
		o.Status, o.Err = 0, fmt.Errorf("no complete answer after %s", timeout)
	default:
		o.Class, o.Status, o.Err = measure.Status, 503, fmt.Errorf("HTTP 503 from %s", w.says("the gateway"))
	}
	return o
}

// effective is a scenario with every default, and the origins of its values.
func (w World) effective() json.RawMessage {
	origins := map[string]string{"target": w.says("flag --target"), "load.rate": "gonogo.yaml:4", "load.timeout": "default"}
	var steps []map[string]string
	for i := range w.Steps {
		steps = append(steps, map[string]string{"name": w.name(i), "method": "GET", "path": "/v1"})
		origins[fmt.Sprintf("steps[%d].name", i)] = fmt.Sprintf("gonogo.yaml:%d", 30+3*i)
		origins[fmt.Sprintf("steps[%d].path", i)] = fmt.Sprintf("gonogo.yaml:%d", 31+3*i)
		origins[fmt.Sprintf("steps[%d].method", i)] = "default"
	}
	text, err := json.Marshal(map[string]any{"origins": origins, "scenario": map[string]any{
		"target": w.says("https://staging.example.test"), "load": map[string]any{"rate": w.Rate, "timeout": "10s"}, "steps": steps,
	}})
	if err != nil {
		return json.RawMessage("{}") // it is made of texts alone
	}
	return text
}
