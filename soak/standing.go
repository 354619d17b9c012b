package soak

import (
	"cmp"
	"math"
	"slices"
	"time"

	"gonogo/measure"
	"gonogo/slo"
)

// lineLength is how many seconds a Line is about.
const lineLength = 10

// A Standing is how a run stands: its figures of the last ten seconds, and those of
// the whole of it with what the objectives say to them. Its memory is bounded. It
// has no lock.
type Standing struct {
	objectives []slo.Objective
	names      []string      // of steps and groups
	planned    time.Duration // of the measure phase
	whole      *measure.Summary
	last       Second
	recent     [lineLength]moment // a ring
	next       int                // place in it
	judged     []slo.Judgement    // by Judged, at an instant
	judgedAt   time.Duration
}

// A moment is what one second brought over all steps, and how long it was.
type moment struct {
	length  time.Duration
	figures measure.Figures
}

// NewStanding returns that of a run which is to measure for the planned time, of
// which from is the second before the first that it sees: the zero Second, but
// where a run goes on.
func NewStanding(c measure.Config, objectives []slo.Objective, planned time.Duration, from Second) *Standing {
	return &Standing{objectives: seen(objectives), names: c.Names(), planned: planned, whole: measure.NewSummary(c), last: from}
}

// Restore takes over what earlier segments of the run left behind.
func (s *Standing) Restore(whole *measure.Summary) { s.whole = whole }

// Observe takes the next second. It never has an event to tell.
func (s *Standing) Observe(now Second) []Event {
	m := moment{length: now.At - s.last.At}
	for _, i := range now.Intervals {
		s.whole.Merge(i)
		m.figures.Merge(i.Total())
	}
	s.recent[s.next] = m
	s.next = (s.next + 1) % lineLength
	s.last = now
	s.last.Intervals = nil
	return nil
}

// Whole is the run so far. It is good until the next second.
func (s *Standing) Whole() *measure.Summary { return s.whole }

// Judge judges the objectives by the run so far.
func (s *Standing) Judge() []slo.Judgement { return slo.Judge(s.objectives, s.whole, s.last.Measured) }

// Judged judges them at most that often: windows over a day take a tenth of a second.
func (s *Standing) Judged(every time.Duration) []slo.Judgement {
	if s.whole.Total().Planned() == 0 { // takes no time, and is over with the first request
		return s.Judge()
	}
	if s.judged == nil || s.last.At >= s.judgedAt+every {
		s.judged, s.judgedAt = s.Judge(), s.last.At
	}
	return s.judged
}

// seen are the objectives as claims about this run: what is said of the service
// behind it takes all its seconds, and is said at the end.
func seen(objectives []slo.Objective) []slo.Objective {
	all := slices.Clone(objectives)
	for i := range all {
		all[i].Claim = slo.Observed
	}
	return all
}

// Worst is the worst verdict of several, "none" where there is none.
func Worst(judgements []slo.Judgement) string {
	if len(judgements) == 0 {
		return "none"
	}
	order := []slo.Verdict{slo.Pass, slo.Conditional, slo.Inconclusive, slo.Fail}
	worst := slices.MaxFunc(judgements, func(a, b slo.Judgement) int {
		return cmp.Compare(slices.Index(order, a.Verdict), slices.Index(order, b.Verdict))
	})
	return string(worst.Verdict)
}

// Line is what the log says now, but for the clock, the run and the memory.
func (s *Standing) Line() Line {
	var f measure.Figures
	var length time.Duration
	for i := range s.recent {
		length += s.recent[i].length
		f.Merge(&s.recent[i].figures)
	}
	l := Line{
		Elapsed: s.last.At, InFlight: s.last.InFlight, RSS: -1,
		Errors: f.Planned() - f.OK(), Verdict: unknown,
	}
	if s.whole.Total().Planned() > 0 || len(s.objectives) == 0 {
		l.Verdict = Worst(s.Judged(lineLength * time.Second))
	}
	if b, ok := scarcest(s.Budgets()); ok && !math.IsInf(b.Left, 0) {
		l.Budget = share(b.Left)
	}
	if length > 0 {
		l.Rate = float64(f.OK()) / length.Seconds()
	}
	if n := f.Planned(); n > 0 {
		l.OK = share(float64(f.OK()) / float64(n))
		l.P50, l.P95, l.P99, l.Max = quantile(&f, 0.5), quantile(&f, 0.95), quantile(&f, 0.99), quantile(&f, 1)
	}
	if f.Late.Count() > 0 {
		l.Lag = inMillis(f.Late.Quantile(0.99))
	}
	return l
}

func quantile(f *measure.Figures, q float64) *float64 {
	d, _ := f.Quantile(q)
	return inMillis(d)
}

func inMillis(d time.Duration) *float64 { return new(float64(d) / float64(time.Millisecond)) }

// share is one in percent.
func share(v float64) *float64 { return new(100 * v) }
