package report

import (
	"errors"
	"fmt"
	"math"
	"time"

	"gonogo/measure"
	"gonogo/slo"
	"gonogo/slo/compare"
)

// A Block is a stretch of the measure phase with all its response times: what
// comparing takes.
type Block struct {
	T       float64 `json:"t"` // its start, in seconds since the run's
	Length  float64 `json:"length_s"`
	Planned int64   `json:"planned"`
	OK      int64   `json:"ok"`
	Latency []byte  `json:"latency"` // of all that were planned, failures as charged: measure.Histogram.MarshalBinary
}

// An Against is the other target of a run that had two: what the first one is held
// against. Its requests were due in the same seconds.
type Against struct {
	Target     string     `json:"target"`
	Accounting Accounting `json:"accounting"` // of all phases
	Totals     Totals     `json:"totals"`
	Steps      []Step     `json:"steps"`
	Groups     []Group    `json:"groups,omitempty"`
	Figures    []byte     `json:"figures"` // measure.Summary.Keep
	Cells      []byte     `json:"cells"`   // likewise
	Blocks     []Block    `json:"blocks"`
}

// SideOf is what is compared of a Summary whose measure phase was at a time.
func SideOf(s *measure.Summary, at Span) *compare.Side {
	total := s.Total()
	side := &compare.Side{
		Start: at.Start, Length: at.Length, Due: total.Planned(), OK: total.OK(),
		Response: *total.Response(), Statuses: map[int]int64{}, Waited: waited(total),
	}
	for _, n := range total.Statuses {
		side.Statuses[n.Status] = n.Count
	}
	for _, b := range s.Series() {
		if b.Phase != measure.Measure {
			continue
		}
		if !b.IsFine() { // its shortest and longest are not in its buckets: it could not be read again
			b.Response = *b.Response.Coarse()
		}
		side.Stretches = append(side.Stretches, compare.Stretch{Start: b.Start, Length: b.Length, Due: b.Planned(), OK: b.OK(), Response: b.Response})
	}
	return side.Coarse()
}

// waited is how long requests waited for a connection or a user, at the 95th
// percentile: the lag, less what is ours and what opening connections took.
func waited(f *measure.Figures) time.Duration {
	const p95, many = 0.95, 20
	wait := f.Lag.Quantile(p95) - f.Late.Quantile(p95)
	if f.Connect.Count()*many > f.Lag.Count() {
		wait -= f.Connect.Quantile(p95) + f.TLS.Quantile(p95)
	}
	return max(0, wait)
}

// blocksOf encodes the stretches of a side.
func blocksOf(s *compare.Side) ([]Block, error) {
	all := make([]Block, len(s.Stretches))
	for i := range s.Stretches {
		st := &s.Stretches[i]
		latency, err := st.Response.MarshalBinary()
		if err != nil {
			return nil, err
		}
		all[i] = Block{T: st.Start.Seconds(), Length: st.Length.Seconds(), Planned: st.Due, OK: st.OK, Latency: latency}
	}
	return all, nil
}

// stretches decodes blocks.
func stretches(blocks []Block) ([]compare.Stretch, error) {
	var all []compare.Stretch
	for i, b := range blocks {
		st := compare.Stretch{Start: inTime(b.T), Length: inTime(b.Length), Due: b.Planned, OK: b.OK}
		if err := st.Response.UnmarshalBinary(b.Latency); err != nil {
			return nil, fmt.Errorf("block %d: %w", i+1, err)
		}
		all = append(all, st)
	}
	return all, nil
}

// inTime reads seconds, to the nanosecond.
func inTime(seconds float64) time.Duration {
	const longest = 400 * 24 * time.Hour // above what a scenario may ask for
	return time.Duration(math.Round(min(seconds, longest.Seconds()) * float64(time.Second)))
}

// Side returns what can be compared of the report of a run, by the clock of the run.
func (r *Report) Side() (*compare.Side, error) {
	run, _, err := r.Observed()
	if err != nil {
		return nil, err
	}
	return sideOf(run.Summary, run.Spans[measure.Measure], r.Evidence.Blocks)
}

// OtherSide returns the same of the other target of the run.
func (r *Report) OtherSide() (*compare.Side, error) {
	if r.Against == nil {
		return nil, errors.New("the run had one target")
	}
	run, _, err := r.Observed()
	if err != nil {
		return nil, err
	}
	config, err := r.config()
	if err != nil {
		return nil, err
	}
	for i, s := range r.Against.Steps {
		if i >= len(config.Steps) {
			return nil, errors.New("the two targets have other steps")
		}
		config.Steps[i] = s.Name
	}
	s, err := measure.Restore(config, r.Against.Figures, r.Against.Cells)
	if err != nil {
		return nil, fmt.Errorf("the other target: %w", err)
	}
	return sideOf(s, run.Spans[measure.Measure], r.Against.Blocks)
}

// sideOf is the side of a Summary that was restored, whose run over time is in blocks.
func sideOf(s *measure.Summary, at slo.Span, blocks []Block) (*compare.Side, error) {
	side := SideOf(s, Span{Start: at.Start, Length: at.Length})
	if len(blocks) == 0 && side.Due > 0 {
		return nil, errors.New("it keeps no response times by block: an earlier gonogo wrote it; measure it again")
	}
	var err error
	side.Stretches, err = stretches(blocks)
	return side, err
}

// newAgainst is the other target's part of a report.
func (b *builder) newAgainst() (*Against, error) {
	s := b.Against
	if s == nil {
		return nil, nil
	}
	a := &Against{Target: b.AgainstTarget, Accounting: wholeRun(s), Totals: totals(s.Total(), b.measured())}
	for _, f := range s.Steps() {
		a.Steps = append(a.Steps, Step{Name: f.Name, Totals: totals(f, b.measured())})
	}
	a.Groups = groupRows(s, b.measured())
	a.Figures, a.Cells = s.Keep()
	var err error
	a.Blocks, err = blocksOf(SideOf(s, b.measureSpan()))
	return a, err
}

// measureSpan is when the measure phase was, as it was judged.
func (b *builder) measureSpan() Span {
	at := b.spans()[measure.Measure]
	return Span{Phase: measure.Measure, Start: at.Start, Length: at.Length}
}
