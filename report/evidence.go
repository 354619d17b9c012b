package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"gonogo/decision"
	"gonogo/measure"
	"gonogo/slo"
	"gonogo/slo/validity"
)

// Evidence is what judging the run again takes, exactly: the histograms above are
// for people and other tools, and have been rounded.
type Evidence struct {
	Spans   []EvidenceSpan  `json:"spans"`
	Unit    int             `json:"unit_s"`           // seconds that a row of Cells stands for
	Facts   json.RawMessage `json:"facts"`            // validity.Facts
	Checks  []Check         `json:"checks"`           // of the validity, beside those that come of figures and facts
	Why     string          `json:"why"`              // the run is not finished; "" when it is
	Figures []byte          `json:"figures"`          // measure.Summary.Keep
	Cells   []byte          `json:"cells"`            // likewise
	Blocks  []Block         `json:"blocks,omitempty"` // of the measure phase, forty at most: what comparing takes
}

// An EvidenceSpan says when a phase was, to the nanosecond.
type EvidenceSpan struct {
	Phase  string `json:"phase"`
	Start  int64  `json:"start_ns"`
	Length int64  `json:"length_ns"`
}

// evidence keeps what Rejudge takes.
func (b *builder) evidence() (*Evidence, error) {
	facts := b.Facts
	if d := facts.Departures; d != nil && d.Gaps == 0 { // distances of nothing are no numbers
		whole := *d
		whole.Left, whole.Drawn = 0, 0
		facts.Departures = &whole
	}
	text, err := json.Marshal(facts)
	if err != nil {
		return nil, fmt.Errorf("write down the facts of the run: %w", err)
	}
	e := &Evidence{
		Spans: []EvidenceSpan{}, Unit: b.Summary.Cells().Unit(), Facts: text,
		Checks: validityOf(validity.Validity{Checks: b.Checks}).Checks, Why: b.Unfinished,
	}
	e.Figures, e.Cells = b.Summary.Keep()
	if e.Blocks, err = blocksOf(SideOf(b.Summary, b.measureSpan())); err != nil {
		return nil, fmt.Errorf("write down the run by block: %w", err)
	}
	for p, s := range b.spans() {
		if s.Length > 0 {
			e.Spans = append(e.Spans, EvidenceSpan{measure.Phase(p).String(), int64(s.Start), int64(s.Length)})
		}
	}
	return e, nil
}

// spans are when the phases were, as they were judged.
func (b *builder) spans() [measure.Phases]slo.Span {
	if b.Judged != nil {
		return b.Judged.Spans
	}
	var all [measure.Phases]slo.Span
	for _, s := range b.Phases {
		all[s.Phase] = slo.Span{Start: s.Start, Length: s.Length}
	}
	return all
}

// Rejudge returns the report as it would be had the run been judged by these
// objectives: with their judgements, the validity that goes with them and the
// verdict of it all. Everything else stays as it is.
func (r *Report) Rejudge(objectives []slo.Objective) (*Report, error) {
	run, facts, err := r.Observed()
	if err != nil {
		return nil, err
	}
	judgements := run.Judge(objectives)
	valid := validity.Of(run, facts, objectives).With(r.Evidence.otherChecks())
	d := decision.OfRun(slices.Concat(judgements, r.Drift.Judgements(), r.Comparison.Judgements()), valid, r.Run.StoppedEarly, r.Run.Stop.Reason())
	if r.Evidence.Why != "" {
		d = d.Unfinished(r.Evidence.Why)
	}
	again := *r
	again.Verdict, again.ExitCode, again.Reasons = string(d.Verdict), decision.ExitCode(d.Verdict), orEmpty(d.Reasons)
	again.Objectives, again.Validity = objectivesOf(judgements), validityOf(valid)
	return &again, nil
}

// Size is how many bytes the counters take, which may be many times those of all else.
func (e *Evidence) Size() int {
	if e == nil {
		return 0
	}
	size := len(e.Figures) + len(e.Cells)
	for i := range e.Blocks {
		size += len(e.Blocks[i].Latency)
	}
	return size
}

func (e *Evidence) otherChecks() []validity.Check {
	var all []validity.Check
	for _, c := range e.Checks {
		all = append(all, validity.Check(c))
	}
	return all
}

// Asked returns the objectives that the report was judged by.
func (r *Report) Asked() ([]slo.Objective, error) {
	all := make([]slo.Objective, len(r.Objectives))
	for i, o := range r.Objectives {
		all[i] = slo.Objective{Name: o.Name, Claim: slo.Claim(o.Claim), Source: o.Source}
		var errs [3]error
		all[i].Go, errs[0] = slo.ParseTarget(o.Target)
		all[i].Conditional, errs[1] = bandOf(o.Conditional)
		all[i].NoGo, errs[2] = bandOf(o.NoGo)
		if err := errors.Join(errs[:]...); err != nil {
			return nil, fmt.Errorf("read objective %q of the report: %w", o.Name, err)
		}
	}
	return all, nil
}

func bandOf(text *string) (*slo.Target, error) {
	if text == nil {
		return nil, nil
	}
	t, err := slo.ParseTarget(*text)
	return &t, err
}

// Observed returns the run as it was judged, and what its validity was judged by.
func (r *Report) Observed() (run slo.Run, facts validity.Facts, err error) {
	switch {
	case r.Kind != KindLoad && r.Kind != KindSoak:
		return run, facts, fmt.Errorf("it is a report of kind %q: only that of a run can be judged again", r.Kind)
	case r.Soak != nil && r.Soak.Excluded > 0:
		return run, facts, errors.New("the run had gaps, and what lies around them is not in its report: its own verdict stands, and another run has to tell more")
	case r.Evidence == nil:
		return run, facts, errors.New("it does not hold the counters that judging takes: an earlier gonogo wrote it, or it is in a page that they are too large for; use the JSON file of the run")
	}
	config, err := r.config()
	if err != nil {
		return run, facts, err
	}
	if run.Summary, err = measure.Restore(config, r.Evidence.Figures, r.Evidence.Cells); err != nil {
		return run, facts, err
	}
	const longest = int64(400 * 24 * time.Hour) // above what a scenario may ask for
	for _, s := range r.Evidence.Spans {
		p, known := phaseOf(s.Phase)
		if !known || s.Start < 0 || s.Length < 0 || s.Start > longest || s.Length > longest {
			return run, facts, fmt.Errorf("the %s phase makes no sense", s.Phase)
		}
		run.Spans[p] = slo.Span{Start: time.Duration(s.Start), Length: time.Duration(s.Length)}
	}
	decoder := json.NewDecoder(bytes.NewReader(r.Evidence.Facts))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&facts); err != nil {
		return run, facts, fmt.Errorf("read the facts of the run: %w", err)
	}
	return run, facts, r.agrees(run, facts)
}

// config returns the steps, groups and limits of the run's Summary.
func (r *Report) config() (c measure.Config, err error) {
	for _, s := range r.Steps {
		c.Steps = append(c.Steps, s.Name)
	}
	for _, g := range r.Groups {
		c.Groups = append(c.Groups, g.Name)
	}
	index := map[string]int{}
	for i, name := range slices.Backward(c.Names()) { // of two that are called the same, the first
		index[name] = i
	}
	for _, l := range r.Limits {
		limit := measure.Limit{Step: measure.AllSteps, Latency: time.Duration(math.Round(l.Limit * float64(time.Millisecond))), Inclusive: l.Inclusive}
		if l.Step != nil {
			i, known := index[*l.Step]
			if !known {
				return c, fmt.Errorf("a limit is about the step or group %q, which there is not", *l.Step)
			}
			limit.Step = i
		}
		c.Limits = append(c.Limits, limit)
	}
	return c, nil
}

func phaseOf(name string) (measure.Phase, bool) {
	for p := range measure.Phases {
		if p.String() == name {
			return p, true
		}
	}
	return 0, false
}
