package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"gonogo/decision"
	"gonogo/measure"
	"gonogo/slo"
	"gonogo/slo/validity"
)

// An Input is what a Report is built from.
type Input struct {
	Run        Run
	Decision   decision.Decision
	Summary    *measure.Summary
	Limits     []measure.Limit // those of the Summary's Config
	Phases     []Span          // the phases that the run went through, in order
	Judgements []slo.Judgement
	Validity   validity.Validity
	Facts      validity.Facts   // that Validity was found with
	Checks     []validity.Check // of Validity, beside those of validity.Of
	Judged     *slo.Run         // as it was judged, where its phases are not Phases
	Unfinished string           // why the run is no whole one; "" when it is
	Generator  *Generator       // but KernelStamps, which Build fills in; may be nil
	Wanted     Wanted           // by the plan; nil: not known

	Against       *measure.Summary // of the run's other target; nil where there is none
	AgainstTarget string
}

// A Span says when a phase was, since the start of the run, and how long it
// really lasted.
type Span struct {
	Phase         measure.Phase
	Start, Length time.Duration
}

// Build makes the Report of a load run.
func Build(in Input) (*Report, error) {
	b := newBuilder(in)
	r, err := b.report()
	if err != nil {
		return nil, err
	}
	series := in.Summary.Series()
	r.Intervals, r.WorstWindow = intervals(series), worstWindow(series, b.measured())
	if r.Histograms, err = encodeHistograms(b.total); err != nil {
		return nil, fmt.Errorf("build report %s: %w", in.Run.ID, err)
	}
	if r.Evidence, err = b.evidence(); err != nil {
		return nil, fmt.Errorf("build report %s: %w", in.Run.ID, err)
	}
	return r, nil
}

// wholeRun closes the books over all phases: what the target was sent, judged or
// not.
func wholeRun(s *measure.Summary) Accounting {
	var all measure.Counts
	for phase := range measure.Phases {
		all.Add(&s.Phase(phase).Counts)
	}
	return accounting(&all)
}

// builder is the input with what several parts of the report need.
type builder struct {
	Input
	total *measure.Figures
	steps []*measure.Figures
}

func newBuilder(in Input) *builder {
	return &builder{Input: in, total: in.Summary.Total(), steps: in.Summary.Steps()}
}

// report is all that people look at.
func (b *builder) report() (*Report, error) {
	run, err := b.Run.compacted()
	if err != nil {
		return nil, fmt.Errorf("build report %s: %w", b.Run.ID, err)
	}
	against, err := b.newAgainst()
	if err != nil {
		return nil, fmt.Errorf("build report %s: %w", b.Run.ID, err)
	}
	timeline, err := b.timeline()
	if err != nil {
		return nil, fmt.Errorf("build report %s: %w", b.Run.ID, err)
	}
	return &Report{
		SchemaVersion: SchemaVersion, Kind: KindLoad,
		Verdict: string(b.Decision.Verdict), ExitCode: decision.ExitCode(b.Decision.Verdict), Reasons: orEmpty(b.Decision.Reasons),
		Run: run, Accounting: wholeRun(b.Summary).and(against), Totals: totals(b.total, b.measured()),
		Steps: b.stepRows(), Groups: groupRows(b.Summary, b.measured()), Errors: b.failures(), Objectives: objectivesOf(b.Judgements),
		Validity: validityOf(b.Validity), Generator: b.Generator.sealed(b.total), Phases: b.phaseRows(),
		Limits: b.limitRows(), Intervals: []Interval{}, Timeline: timeline, Against: against, Files: []string{},
	}, nil
}

// compacted returns the run with its effective scenario in compact form.
func (r Run) compacted() (Run, error) {
	if len(r.Effective) == 0 {
		r.Effective = json.RawMessage("{}")
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, r.Effective); err != nil {
		return r, fmt.Errorf("read the effective scenario: %w", err)
	}
	r.Effective = compact.Bytes()
	r.StartedAt, r.EndedAt = r.StartedAt.UTC(), r.EndedAt.UTC()
	return r, nil
}

// measured is how long the measure phase lasted.
func (b *builder) measured() time.Duration {
	for _, s := range b.Phases {
		if s.Phase == measure.Measure {
			return s.Length
		}
	}
	return 0
}

func (b *builder) stepRows() []Step {
	rows := make([]Step, len(b.steps))
	for i, f := range b.steps {
		rows[i] = Step{Name: f.Name, Totals: totals(f, b.measured())}
	}
	return rows
}

func stepName(steps []*measure.Figures, i int) string {
	if i < 0 || i >= len(steps) {
		return ""
	}
	return steps[i].Name
}

func (b *builder) failures() []Failure {
	rows := failuresOf(b.Summary, b.Run.StartedAt)
	if b.Against != nil {
		rows = append(rows, failuresOf(b.Against, b.Run.StartedAt)...)
	}
	return rows
}

func failuresOf(s *measure.Summary, started time.Time) []Failure {
	rows := []Failure{}
	for _, g := range s.Errors() {
		row := Failure{Class: otherClass, Count: g.Count, FirstAt: started.UTC().Add(g.FirstAt)}
		if !g.Other {
			row.Class, row.Status, row.Step = g.Class.String(), g.Status, stepName(s.Steps(), g.Step)
			row.Phase, row.Example = g.Phase.String(), g.Example
		}
		rows = append(rows, row)
	}
	return rows
}

func (b *builder) phaseRows() []Phase {
	rows := make([]Phase, len(b.Phases))
	for i, s := range b.Phases {
		f := b.Summary.Phase(s.Phase)
		rows[i] = Phase{
			Name: s.Phase.String(), Start: s.Start.Seconds(), Length: s.Length.Seconds(),
			Accounting: accounting(&f.Counts), Rate: perSecond(f.OK(), s.Length), Latency: latency(f),
		}
	}
	return rows
}

func (b *builder) limitRows() []Limit {
	rows := []Limit{}
	for _, l := range b.Limits {
		row := Limit{Limit: *inMilliseconds(l.Latency), Inclusive: l.Inclusive}
		if l.Step != measure.AllSteps {
			name := b.Summary.Of(l.Step).Name
			row.Step = &name
		}
		row.Over, row.Planned, _ = b.Summary.Over(l)
		rows = append(rows, row)
	}
	return rows
}

func validityOf(v validity.Validity) Validity {
	checks := make([]Check, len(v.Checks))
	for i, c := range v.Checks {
		checks[i] = Check(c)
	}
	return Validity{Valid: v.Valid, Checks: checks}
}

// number returns nil for what JSON has no number for.
func number(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

func orEmpty[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}
