package report

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"gonogo/decision"
	"gonogo/measure"
	"gonogo/slo"
	"gonogo/slo/validity"
)

// A Merge makes one report of those of several generators that made the load of one
// plan together. Reports are added one after the other, in any order, and of none of
// them more is kept than of one. The zero value is ready to use.
//
// What was counted is added up exactly and judged anew, by the code that judges a run
// (merge.go). mergedline.go merges the run over time, mergedfigures.go what is left, and
// merged.go holds what the report says of its parts.
type Merge struct {
	broken     bool // a report was refused, so that there is no whole
	config     measure.Config
	objectives []slo.Objective // those of base
	summary    *measure.Summary
	spans      [measure.Phases]slo.Span
	facts      validity.Facts
	since      time.Time // what the instants of errors count from
	base       Run       // of the part that began first
	parts      []addedPart
	line       lines
	blocks     blockSums
	steps      []stepTimes
	generator  *Generator
	connected  connected
}

// An addedPart is what is kept of a report that was added.
type addedPart struct {
	MergedPart
	file       string // as an error names it
	run        Run    // without its effective scenario
	kind       string
	objectives string // what was asked, in words
	measured   [2]time.Time
	checks     []Check // that are not OK
	drift      *Drift  // its verdict
	unfinished string
}

// ErrOtherPlan is of a report whose run had another plan than those before.
var ErrOtherPlan = errors.New("its run had another plan")

// Add adds the report that is in a file. Where it cannot be part of one with those
// before, the error says all that is in the way, a line each; others may be added then
// to see what is in their way, and Report fails.
func (m *Merge) Add(file string, r *Report) error {
	err := errors.Join(apart(r)...)
	if err == nil {
		err = m.add(file, r)
	}
	if err == nil {
		return nil
	}
	m.broken = true
	var all []error
	lines, several := err.(interface{ Unwrap() []error })
	if !several {
		return fmt.Errorf("merge %s: %w", file, err)
	}
	for _, e := range lines.Unwrap() {
		all = append(all, fmt.Errorf("merge %s: %w", file, e))
	}
	return errors.Join(all...)
}

// apart lists why a report can be part of no other.
func apart(r *Report) []error {
	var all []error
	if r.Kind != KindLoad && r.Kind != KindSoak {
		return []error{fmt.Errorf("it is a report of kind %q: only those of runs can be merged", r.Kind)}
	}
	if len(r.Merged) > 0 {
		return []error{fmt.Errorf("it is a merge itself: merge the %d reports that it was made of, with the others", len(r.Merged))}
	}
	if r.Against != nil {
		all = append(all, errors.New("its load was shared by two targets: compare it alone (gonogo compare)"))
	}
	if r.Evidence == nil || r.Timeline == nil {
		all = append(all, errors.New("it does not hold the counters that merging takes: an earlier gonogo wrote it; measure it again"))
	}
	if r.wordy() {
		all = append(all, errors.New("its names or checks are longer than those of any run: changed by hand, or not made by gonogo"))
	}
	return all
}

// wordy tells whether what is kept of each part would be more than a run has to say.
func (r *Report) wordy() bool {
	const most = 64 << 10 // bytes
	n := len(r.Run.ID) + len(r.Run.Host.Hostname) + len(r.Run.Host.OS) + len(r.Run.Host.Arch) + len(r.Run.Tool.Version) + len(r.Run.Load) + len(r.Run.Target) + len(r.Verdict)
	if r.Evidence != nil {
		n += len(r.Evidence.Why)
	}
	for _, c := range r.Validity.Checks {
		n += len(c.Name) + len(c.Measured) + len(c.Limit) + len(c.Reason) + len(c.Remedy)
	}
	return n > most
}

// add adds a report that may be a part.
func (m *Merge) add(file string, r *Report) error {
	run, facts, err := r.Observed()
	if err != nil {
		return err
	}
	objectives, err := r.Asked()
	if err != nil {
		return err
	}
	config, err := r.config()
	if err != nil {
		return err
	}
	p := newPart(file, r, run)
	if len(m.parts) > 0 {
		if err := errors.Join(m.parts[0].unlike(&p)...); err != nil {
			return err
		}
		if i := slices.IndexFunc(m.parts, p.same); i >= 0 {
			return fmt.Errorf("it is the run of %s once more: give each report once", m.parts[i].file)
		}
	} else {
		m.config, m.summary, m.since = config, measure.NewSummary(config), r.Run.StartedAt
	}
	failed, err := r.failed(run.Summary, m.since)
	if err != nil {
		return err
	}
	if err := errors.Join(run.Summary.AddErrors(failed), m.summary.Absorb(run.Summary)); err != nil {
		return err
	}
	if err := m.addRest(r, run); err != nil {
		return err
	}
	m.hull(run.Spans)
	if len(m.parts) == 0 {
		m.facts = facts
	} else {
		m.facts = bothFacts(m.facts, facts)
	}
	if len(m.parts) == 0 || p.earlier(m.base) {
		m.base, m.objectives = r.Run, objectives
	}
	m.parts = append(m.parts, p)
	return nil
}

// addRest adds what is not in the Summary.
func (m *Merge) addRest(r *Report, run slo.Run) error {
	if err := m.line.add(r, run.Summary); err != nil {
		return fmt.Errorf("its run over time: %w", err)
	}
	if err := m.blocks.add(r.Evidence.Blocks, run.Summary.Total()); err != nil {
		return err
	}
	if err := m.addSteps(r.Steps); err != nil {
		return err
	}
	m.generator = worseGenerator(m.generator, r.Generator)
	return m.connected.add(r.Connections)
}

// unlike lists what keeps two runs from being parts of one.
func (p *addedPart) unlike(o *addedPart) []error {
	var all []error
	if p.run.SHA256 != o.run.SHA256 || p.run.Bodies != o.run.Bodies {
		all = append(all, ErrOtherPlan)
	}
	if p.kind != o.kind {
		all = append(all, fmt.Errorf("it is a report of kind %q, and %s of kind %q", o.kind, p.file, p.kind))
	}
	if p.run.Target != o.run.Target {
		all = append(all, fmt.Errorf("its target was %s, and that of %s %s", o.run.Target, p.file, p.run.Target))
	}
	if len(all) == 0 && p.objectives != o.objectives {
		all = append(all, fmt.Errorf("it was judged by other objectives than %s, after its run: judge the merged report in their place", p.file))
	}
	return all
}

// same tells whether two reports are of one run.
func (p *addedPart) same(o addedPart) bool {
	return p.run.ID == o.run.ID && p.Host == o.Host && p.StartedAt.Equal(o.StartedAt)
}

// earlier orders runs, so that the order of adding does not matter.
func (p *addedPart) earlier(than Run) bool {
	return cmp.Or(p.StartedAt.Compare(than.StartedAt), cmp.Compare(p.Host, than.Host.Hostname), cmp.Compare(p.ID, than.ID)) < 0
}

// hull stretches the phases so that those of another part lie in them.
func (m *Merge) hull(spans [measure.Phases]slo.Span) {
	for p, s := range spans {
		was := &m.spans[p]
		switch {
		case s.Length <= 0:
		case was.Length <= 0:
			*was = s
		default:
			start, end := min(was.Start, s.Start), max(was.Start+was.Length, s.Start+s.Length)
			*was = slo.Span{Start: start, Length: end - start}
		}
	}
}

// phases are those of the whole. Where one part went on measuring, none drained.
func (m *Merge) phases() (all []Span) {
	drain, measured := &m.spans[measure.Drain], m.spans[measure.Measure]
	if end := measured.Start + measured.Length; drain.Length > 0 && drain.Start < end {
		*drain = slo.Span{Start: end, Length: max(0, drain.Start+drain.Length-end)}
	}
	for p, s := range m.spans {
		if s.Length > 0 {
			all = append(all, Span{Phase: measure.Phase(p), Start: s.Start, Length: s.Length})
		}
	}
	return all
}

// failed are the errors of a report, counted from an instant; they have to be all that
// was not answered well.
func (r *Report) failed(s *measure.Summary, since time.Time) ([]measure.ErrorGroup, error) {
	classes := map[string]measure.Class{}
	for c := measure.OK + 1; c < measure.Classes; c++ {
		classes[c.String()] = c
	}
	steps := map[string]int{}
	for i, s := range slices.Backward(r.Steps) {
		steps[s.Name] = i
	}
	bad := wholeRun(s).Bad()
	all := make([]measure.ErrorGroup, len(r.Errors))
	for i, e := range r.Errors {
		g := measure.ErrorGroup{Step: measure.AllSteps, Other: true}
		if e.Class != otherClass {
			step, known := steps[e.Step]
			phase, there := phaseOf(e.Phase)
			if !known || !there {
				return nil, errors.New("its errors name a step or phase that there is not: damaged, or changed by hand")
			}
			g = measure.ErrorGroup{Phase: phase, Class: classes[e.Class], Status: e.Status, Step: step, Example: e.Example}
		}
		g.Count, g.FirstAt = e.Count, e.FirstAt.Sub(since)
		all[i] = g
		if bad -= g.Count; bad < 0 { // and no sum can overflow
			break
		}
	}
	if bad != 0 {
		return nil, errors.New("its errors are not all that was not answered well: damaged, or changed by hand")
	}
	return all, nil
}

// Report is the one report of all that were added, made by a tool.
func (m *Merge) Report(by Tool) (*Report, error) {
	switch {
	case m.broken:
		return nil, errors.New("merge reports: one of them was refused")
	case len(m.parts) < 2:
		return nil, fmt.Errorf("merge reports: want two or more, got %d", len(m.parts))
	}
	slices.SortFunc(m.parts, func(a, b addedPart) int { return a.compare(&b) })
	if err := m.together(); err != nil {
		return nil, fmt.Errorf("merge reports: %w", err)
	}
	phases := m.phases()
	run := slo.Run{Summary: m.summary, Spans: m.spans}
	in := Input{
		Run: m.run(by), Summary: m.summary, Limits: m.config.Limits, Phases: phases, Judgements: run.Judge(m.objectives),
		Facts: m.facts, Checks: m.checks(), Judged: &run, Unfinished: m.unfinished(), Generator: m.generator,
	}
	in.Validity = validity.Of(run, m.facts, m.objectives).With(in.Checks)
	in.Decision = decision.OfRun(in.Judgements, in.Validity, in.Run.StoppedEarly, in.Run.Stop.Reason())
	if in.Unfinished != "" {
		in.Decision = in.Decision.Unfinished(in.Unfinished)
	}
	r, err := Build(in)
	if err != nil {
		return nil, err
	}
	return r, m.complete(r, run.Spans[measure.Measure])
}

// complete puts into a report what Build cannot know: the Summary of a merge has no run
// over time.
func (m *Merge) complete(r *Report, measured slo.Span) error {
	var err error
	if r.Timeline, err = m.line.timeline(len(m.parts), m.config.Steps); err != nil {
		return fmt.Errorf("merge reports: %w", err)
	}
	r.Intervals = r.Timeline.intervals(m.summary.Cells())
	r.WorstWindow = worstWindow(r.Timeline.buckets(), measured.Length)
	if r.Evidence.Blocks, err = m.blocks.within(measured); err != nil {
		return fmt.Errorf("merge reports: %w", err)
	}
	if len(r.Steps) > 1 { // the times of a single one are those of all
		for i := range r.Steps {
			m.steps[i].into(&r.Steps[i].Totals)
		}
	}
	r.Errors = failuresOf(m.summary, m.since)
	r.Connections = m.connected.all()
	r.Merged = m.merged()
	return nil
}

func (p *addedPart) compare(o *addedPart) int {
	return cmp.Or(p.StartedAt.Compare(o.StartedAt), cmp.Compare(p.Host, o.Host), cmp.Compare(p.ID, o.ID), cmp.Compare(p.file, o.file))
}
