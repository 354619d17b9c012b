// Package drift tells whether a long run degraded. "No degradation" is a verdict
// of its own here: a series passes when a drift as large as the margin can be
// ruled out, not when no trend was found, because a short or noisy run finds none.
//
// It is pure: block values come in, judgements go out. This file holds what both
// are made of. series.go makes a series ready, slope.go, shift.go, jump.go and
// rhythm.go each answer one question about it, correlation.go says how much the
// blocks repeat each other, rule.go folds the answers into a verdict, words.go
// says it. warmup.go finds where the judged time begins.
//
// The methods and what they were measured to do: docs/decisions/0004-drift.md.
package drift

import (
	"cmp"
	"fmt"
	"math"
	"time"
)

// A Verdict is what is said of one series.
type Verdict string

// The verdicts. Only Pass is good news.
const (
	Pass         Verdict = "pass"
	Fail         Verdict = "fail"
	Inconclusive Verdict = "inconclusive"
)

// A Scale is how a change of a series is counted.
type Scale int

const (
	// Relative changes are shares of the level at the start: 0.1 is a tenth more.
	// The values must be above 0.
	Relative Scale = iota
	// Share is for values from 0 to 1; a change of 0.001 is a tenth of a point.
	Share
)

// Worse is the direction of a degradation.
type Worse int

// Latency and errors are worse when they go up, throughput when it goes down.
const (
	Up Worse = iota
	Down
)

// The margins of a Series that names none.
const (
	DefaultMargin      = 0.1   // Relative: a tenth of the level at the start
	DefaultShareMargin = 0.001 // Share: one request in a thousand
)

// A Series is one measure over the blocks of a run.
type Series struct {
	Name   string
	Scale  Scale
	Worse  Worse
	Values []float64 // one a block; NaN where nothing was measured
	// Samples are the requests behind each value of a Share, which without them
	// is not judged by counting noise; a share that is 0 throughout then says nothing.
	Samples []int64
	Margin  float64 // the change for the worse that must not be reached; 0: the default
	// Resolution is the smallest change that the values can show, on the Series'
	// scale. A series that never changes passes only with it.
	Resolution float64
	// Reference is the same measure where only the time of day changes it and no
	// degradation does: of an idle endpoint, of a baseline instance. The Series is
	// judged against it: in proportion when Relative, by difference when Share.
	Reference []float64
	// Own is the generator's own part of Relative values, in their unit; it is
	// taken out: client delay of latencies. It says nothing of the time of day.
	Own []float64
}

// Watched is a measure of the generator that is in no unit of the target's. When
// it drifts beyond DefaultMargin, either way, the run is invalid.
type Watched struct {
	Name   string
	Values []float64 // as those of a Relative Series
}

// A Run is what is judged: series over blocks of equal length without a break.
type Run struct {
	Start   time.Time // of the first block, in the zone in which its time of day is told
	Block   time.Duration
	Series  []Series
	Watched []Watched
	Means   []float64 // mean response time of each second since Start, to find the warm-up; NaN: none
}

// Options are how strictly a Run is judged. The zero value is the default.
type Options struct {
	Alpha        float64       // chance of a pass at a drift of the margin, and of a jump or a rhythm where none is; 0: 0.05
	FailAlpha    float64       // chance of a fail at a drift of the margin; 0: 0.2
	WarmUp       time.Duration // declared: not judged, and none is looked for
	Cycle        time.Duration // of the rhythm that is mistaken for drift; 0: 24 h
	Permutations int           // by which the significance of a jump is found; 0: 999
	Seed         uint64        // of those permutations
}

// A Change is an estimate with its bounds, in the direction of the values: a
// throughput that fell has a negative one. Each bound holds with confidence
// 1-Alpha by itself. A change of a Relative series is a share of the level at
// the start, one of a Share is a difference.
type Change struct {
	Value, Lower, Upper float64
	// AtLeast is the bound on the good side with confidence 1-FailAlpha: what a
	// fail rests on.
	AtLeast float64
}

// A Jump is a change of level for the worse that lasted to the end, at the most
// likely place. There are six blocks on either side of it: a later one is not seen.
type Jump struct {
	At    time.Duration // since the start of the run, warm-up included
	Size  float64       // as a Change
	P     float64       // the chance of one as clear in a run without any
	Alarm bool          // it is significant, beyond the margin, and no rhythm explains it
}

// A Rhythm is what goes up and down once a cycle.
type Rhythm struct {
	Amplitude float64 // as a Change
	P         float64 // the chance of one as clear in a run without any
	Visible   bool    // significant: the verdict is the one that is left without it
}

// A Judgement is what is said of one Series. What could not be estimated is NaN.
type Judgement struct {
	Series   string
	Verdict  Verdict
	Rule     string // why, in words
	Notes    []string
	Margin   float64
	Span     time.Duration // judged
	Blocks   int           // with a value
	Missing  int           // blocks without
	Level    float64       // at the start of the judged time, in the unit of the values
	Drift    Change        // from the start to the end
	PerHour  Change        // the same, in the unit of the values
	Quarters Change        // the last quarter against the first; of a Seasonal one the last cycle
	Jump     *Jump         // if one is significant
	Rhythm   *Rhythm       // if it was looked for
	Lag1     float64       // correlation of a block with the next, once the trend is out
	// Effective is how many independent blocks the correlated ones are worth.
	Effective float64
	Seasonal  bool // only blocks of the same time of day were compared
	// Confounded: a rhythm of the day would look the same as a drift.
	Confounded bool
}

// A Degradation is what a Run shows.
type Degradation struct {
	Verdict    Verdict // the worst of the judgements; not Pass without any
	Invalid    string  // why the run does not count; then nothing passes or fails
	Notes      []string
	WarmUp     WarmUp
	Judgements []Judgement
}

// Judge judges each series of a run. Equal arguments give equal answers. An error
// is about the arguments; whatever is wrong with the values keeps a verdict at
// Inconclusive.
func Judge(r Run, o Options) (Degradation, error) {
	o = o.defaults()
	if err := r.check(o); err != nil {
		return Degradation{}, err
	}
	d := Degradation{Verdict: Inconclusive, WarmUp: warmUp(r, o)}
	from := int(d.WarmUp.Length / r.Block)
	if d.WarmUp.Length%r.Block > 0 {
		from++ // a block is judged whole or not at all
	}
	d.Invalid, d.Notes = watch(&r, o, from)
	d.Invalid = cmp.Or(d.WarmUp.invalid, d.Invalid)
	for i := range r.Series {
		j := judge(&r, o, from, i)
		if d.Invalid != "" {
			j.Verdict, j.Rule = Inconclusive, "the run does not count: "+d.Invalid
		}
		d.Judgements = append(d.Judgements, j)
	}
	d.Verdict = worst(d.Judgements)
	return d, nil
}

func worst(all []Judgement) Verdict {
	v := Pass
	for _, j := range all {
		switch {
		case j.Verdict == Fail:
			return Fail
		case j.Verdict != Pass:
			v = Inconclusive
		}
	}
	return v
}

func (o Options) defaults() Options {
	if o.Alpha == 0 {
		o.Alpha = 0.05
	}
	if o.FailAlpha == 0 {
		o.FailAlpha = 0.2
	}
	if o.Cycle == 0 {
		o.Cycle = 24 * time.Hour
	}
	if o.Permutations == 0 {
		o.Permutations = 999
	}
	return o
}

// The bounds of what is judged. Slopes are taken over all pairs of blocks, so
// their number counts twice.
const (
	maxBlocks       = 2000
	maxPermutations = 100_000
)

func (r *Run) check(o Options) error {
	for _, a := range []float64{o.Alpha, o.FailAlpha} {
		if !(a > 0 && a < 0.5) {
			return fmt.Errorf("judge drift: want error rates above 0 and below 0.5, got %v", a)
		}
	}
	switch {
	case o.WarmUp < 0:
		return fmt.Errorf("judge drift: want a warm-up of 0 or more, got %v", o.WarmUp)
	case o.Cycle < 0:
		return fmt.Errorf("judge drift: want a cycle above 0, got %v", o.Cycle)
	case o.Permutations < 0 || o.Permutations > maxPermutations:
		return fmt.Errorf("judge drift: want 1 to %d permutations, got %d", maxPermutations, o.Permutations)
	case r.Block <= 0:
		return fmt.Errorf("judge drift: want blocks longer than 0, got %v", r.Block)
	case len(r.Series) == 0:
		return fmt.Errorf("judge drift: want a series, got none")
	}
	return r.checkLengths()
}

func (r *Run) checkLengths() error {
	blocks := len(r.Series[0].Values)
	if blocks > maxBlocks || r.Block > math.MaxInt64/maxBlocks {
		return fmt.Errorf("judge drift: want up to %d blocks of at most %v, got %d of %v",
			maxBlocks, time.Duration(math.MaxInt64/maxBlocks), blocks, r.Block)
	}
	for _, s := range r.Series {
		for _, n := range []int{len(s.Values), lengthOr(blocks, s.Samples), lengthOr(blocks, s.Reference), lengthOr(blocks, s.Own)} {
			if n != blocks {
				return fmt.Errorf("judge drift of %s: want %d values, samples and controls, got %d", s.Name, blocks, n)
			}
		}
		if s.Own != nil && s.Scale != Relative {
			return fmt.Errorf("judge drift of %s: want no own part of a share", s.Name)
		}
	}
	for _, w := range r.Watched {
		if len(w.Values) != blocks {
			return fmt.Errorf("judge drift: watch %s: want %d values, got %d", w.Name, blocks, len(w.Values))
		}
	}
	return nil
}

// lengthOr is the length of a list that may be left out.
func lengthOr[T any](all int, list []T) int {
	if list == nil {
		return all
	}
	return len(list)
}

// BlockLength returns the length of block to judge a run of that length by: the
// longest of a few that part an hour evenly which gives 72 blocks. Fewer show
// neither their own correlation nor a jump of two hours in a day; more than a
// thousand only cost time.
func BlockLength(run time.Duration) time.Duration {
	length := time.Minute
	for _, minutes := range []time.Duration{2, 5, 10, 15, 20} {
		if run >= 72*minutes*time.Minute {
			length = minutes * time.Minute
		}
	}
	for length < 3*time.Hour && run/length > 1000 {
		length *= 3
	}
	return length
}
