package main

import (
	"math"
	"math/rand/v2"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"gonogo/slo/drift"
)

// A target makes long runs of which all is known. Equal draws make equal runs.
type target interface {
	run(draw *rand.Rand) drift.Run
}

// latency is a target of which each minute costs a level, which drifts, jumps
// and follows the time of day, times noise that remembers the minute before.
type latency struct {
	hours  int
	block  time.Duration
	memory float64 // correlation of a minute's noise with the next
	noise  float64 // its standard deviation, a share of the level
	drift  float64 // from start to end, a share of the level
	jump   float64 // a share of the level
	lasted int     // hours at the end for which the jump is there
	rhythm float64 // amplitude of a sine of a day
	phase  float64 // of that sine at the start, in days
	quiet  float64 // noise of a reference that has the rhythm alone; 0: no reference
	spikes float64 // the chance of a minute to be ten times as slow
	rate   bool    // judged is what one user gets done: the reciprocal
}

func (l latency) run(draw *rand.Rand) drift.Run {
	s := drift.Series{Name: "p95", Values: l.values(draw, l.noise, 1)}
	if l.quiet > 0 {
		s.Reference = l.values(draw, l.quiet, 0)
	}
	if l.rate {
		s.Name, s.Worse = "throughput", drift.Down
		for i := range s.Values {
			s.Values[i] = 1 / s.Values[i]
		}
	}
	return drift.Run{Start: monday(), Block: l.block, Series: []drift.Series{s}}
}

func monday() time.Time { return time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC) }

// values are the block values, means of their minutes, with all of the
// degradation or none.
func (l latency) values(draw *rand.Rand, noise, degradation float64) []float64 {
	minutes, per := l.hours*60, int(l.block/time.Minute)
	values := make([]float64, minutes/per)
	z, fresh := draw.NormFloat64(), math.Sqrt(1-l.memory*l.memory)
	for m := range minutes {
		x := 100 * math.Exp(noise*z) * (1 + degradation*l.drift*(float64(m)+0.5)/float64(minutes))
		if m >= minutes-60*l.lasted {
			x *= 1 + degradation*l.jump
		}
		x *= 1 + l.rhythm*math.Sin(2*math.Pi*(float64(m)/1440+l.phase))
		if l.spikes > 0 && draw.Float64() < l.spikes {
			x *= 10
		}
		values[m/per] += x / float64(per)
		z = l.memory*z + fresh*draw.NormFloat64()
	}
	return values
}

// failing is a target that fails by chance, for a day.
type failing struct {
	requests int64   // in a block, of which a day has 72
	share    float64 // of them that fails at the start
	drift    float64 // by how much that is more at the end
	bursts   bool    // in the last quarter, two blocks of which 5 % fail
}

func (f failing) run(draw *rand.Rand) drift.Run {
	s := drift.Series{Name: "errors", Scale: drift.Share}
	for b := range 72 {
		share := f.share + f.drift*(float64(b)+0.5)/72
		if f.bursts && (b == 58 || b == 67) {
			share = 0.05
		}
		failed := 0.0
		if share > 0 {
			failed = distuv.Binomial{N: float64(f.requests), P: share, Src: draw}.Rand()
		}
		s.Values = append(s.Values, failed/float64(f.requests))
		s.Samples = append(s.Samples, f.requests)
	}
	return drift.Run{Start: monday(), Block: 20 * time.Minute, Series: []drift.Series{s}}
}
