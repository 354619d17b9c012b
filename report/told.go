package report

import "gonogo/report/show"

// This file is what Text says in words, for other forms that say it too. All of it is
// inert or of unknown origin as the name of the field that it comes from.

// Symbol is the sign of a verdict, of a run, an objective or a check.
func Symbol(verdict string) string { return verdictMark(verdict).text }

// Words returns the objective's name and its target, without what the name says already.
func (o *Objective) Words() (name, target string) { return o.named() }

// MarginText is the margin with its sign and unit.
func (o *Objective) MarginText() string { return o.distance() }

// Thin tells whether a pass left less than a tenth of what was allowed.
func (o *Objective) Thin() bool { return o.Verdict == "pass" && o.thin() }

// Why says which rule fired, what is known of it, and where it was written.
func (o *Objective) Why() string { return o.why() }

// IntervalText is what the run says about the service, or of the value; "" where nothing.
func (o *Objective) IntervalText() string {
	switch {
	case o.Inference != nil && o.Inference.Doubt != "":
		return "no interval: " + o.Inference.Doubt
	case o.Inference != nil:
		return o.inferred()
	case o.Bounds != nil:
		return o.Bounds.text(o.Unit)
	}
	return ""
}

// Claims says how far the verdicts on the objectives reach.
func (r *Report) Claims() string { return claims(r.Objectives) }

// Vitals are the figures of the instrument that everybody should see.
func (r *Report) Vitals() []string { return vitals(r) }

// PhaseName is how people call a phase of this run.
func (r *Report) PhaseName(name string) string { return r.phaseName(name) }

// Judged tells whether an objective is about a phase.
func (r *Report) Judged(phase string) bool {
	if phase == measurePhase {
		return true
	}
	for i := range r.Objectives {
		if r.Objectives[i].during() == phase {
			return true
		}
	}
	return false
}

// Text prints one of the figures by its JSON name, or that its rank falls on a request
// that failed.
func (l *Latency) Text(name string, ms *float64) string { return l.cell(name, ms).text }

// What names the kind of failure: "status 503".
func (f Failure) What() string { return what(f) }

// Remedy says what to do about it where gonogo was told to connect in the wrong way.
func (f Failure) Remedy() string { return remedy(f) }

// HandshakesText says how handshakes went.
func (c *Connections) HandshakesText() string { return c.handshakes() }

// Unstamped tells that the client delay is not known.
func (g *Generator) Unstamped() bool { return g.unstamped() }

// LevelText prints a level of the search with its unit.
func (c *Capacity) LevelText(level float64) string { return c.level(level) }

// Percent prints a share of good requests, and keeps 100 % for all.
func Percent(v *float64) string { return okShare(v) }

// Remarks are the notes about the drift, each once.
func (d *Drift) Remarks() []string { return d.remarks() }

// LevelText prints the level at the start with its unit.
func (m *Drifted) LevelText() string { return m.level() }

// ChangeText prints a change of the measure with its unit.
func (m *Drifted) ChangeText(v *float64) string { return m.percent(v) }

// Worst is the bound on the side that is bad.
func (m *Drifted) Worst() *float64 { return m.worst() }

// Texts prints a row of a comparison: both values, the change, its bounds and the margin.
func (r *Contrast) Texts() (baseline, candidate, change, between, margin string) {
	return r.value(r.Baseline, r.BaselineFailed).text, r.value(r.Candidate, r.CandidateFailed).text,
		r.change(r.Change), r.between(), r.margin()
}

// Why is the rule of a row whose figures do not tell it.
func (r *Contrast) Why() string { return r.why() }

// Reason is why a run is a GO, for a report that gives none.
func (r *Report) Reason() string { return show.Inert(r.fine(), 200) }
