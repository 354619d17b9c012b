package main

import (
	"fmt"
	"math"
	"slices"
	"time"

	"gonogo/loadgen"
	"gonogo/measure"
	"gonogo/report"
	"gonogo/slo"
	"gonogo/slo/drift"
)

// leastDrift is the shortest run whose drift is judged: what is shorter shows the
// target's warm-up and not its wear.
const leastDrift = 20 * time.Minute

// degradation judges whether a run became worse while it lasted. It is nil where that
// is not asked, or not yet to be told.
func degradation(margin float64, run slo.Run, start time.Time, plan *loadgen.Plan) (*report.Drift, error) {
	span := run.Spans[measure.Measure]
	if margin == 0 || span.Length < leastDrift {
		return nil, nil
	}
	b := blocksOf(run.Summary.Series(), span)
	lagging := plan.Closed != nil // in the open model a lag is what the target makes arrivals wait, too
	d, err := drift.Judge(b.run(start, margin, lagging), drift.Options{WarmUp: declared(plan, span), Seed: plan.Seed})
	if err != nil {
		return nil, fmt.Errorf("judge the drift of the run: %w", err)
	}
	return report.DriftOf(&d, b.length), nil
}

// declared is the warm-up beyond the plan's own phases: none, unless the plan has such
// a phase, which is over when the measure phase begins.
func declared(plan *loadgen.Plan, span slo.Span) time.Duration {
	if plan.WarmUp == 0 {
		return 0 // it is looked for
	}
	return time.Nanosecond // and not looked for a second time
}

// resolution is that of response times in long stretches, see measure.Bucket.
const resolution = 0.016

// A blocks is the measure phase of a run in blocks of equal length.
type blocks struct {
	length time.Duration
	first  time.Duration // where the first begins
	of     []block
	means  []float64 // of each second, as far as they are kept apart
}

type block struct {
	counts            measure.Counts
	response, connect measure.Histogram
	lag               measure.Histogram
	covered           time.Duration
}

// blocksOf cuts the series: the longest stretch that is kept decides how long a block is.
func blocksOf(series []measure.Bucket, span slo.Span) *blocks {
	b := &blocks{length: time.Minute}
	var last time.Duration
	for i := range series {
		if series[i].Phase == measure.Measure {
			last = max(last, series[i].Start+series[i].Length)
		}
	}
	b.length = max(b.length, longest(series))
	b.first = span.Start.Truncate(b.length)
	b.of = make([]block, max(0, int((last-b.first+b.length-1)/b.length)))
	for i := range series {
		if s := &series[i]; s.Phase == measure.Measure && s.Start >= b.first {
			b.add(s)
		}
	}
	b.trim()
	return b
}

// longest is how long the longest stretch is meant to be: the one that begins the
// measure phase may be cut short by the phase.
func longest(series []measure.Bucket) (l time.Duration) {
	for i := range series {
		if series[i].Phase == measure.Measure {
			l = max(l, series[i].Length)
		}
	}
	return l
}

func (b *blocks) add(s *measure.Bucket) {
	at := &b.of[(s.Start-b.first)/b.length]
	at.counts.Add(&s.Counts)
	at.response.Merge(&s.Response)
	at.connect.Merge(&s.Connect)
	at.lag.Merge(&s.Lag)
	at.covered += s.Length
	mean := math.NaN()
	if s.Response.Count() > 0 {
		mean = inMS(s.Response.Mean())
	}
	from := int((s.Start - b.first) / time.Second)
	for len(b.means) < from {
		b.means = append(b.means, math.NaN())
	}
	for range int(s.Length / time.Second) {
		b.means = append(b.means, mean)
	}
}

// trim leaves out what at either end is less than half a block.
func (b *blocks) trim() {
	thin := func(i int) bool { return b.of[i].covered < b.length/2 }
	for len(b.of) > 0 && thin(len(b.of)-1) {
		b.of = b.of[:len(b.of)-1]
	}
	for len(b.of) > 0 && thin(0) {
		b.of = b.of[1:]
		b.first += b.length
		b.means = b.means[min(len(b.means), int(b.length/time.Second)):]
	}
	b.means = b.means[:min(len(b.means), len(b.of)*int(b.length/time.Second))]
}

// values takes one value from each block.
func (b *blocks) values(of func(*block) float64) []float64 {
	all := make([]float64, len(b.of))
	for i := range b.of {
		all[i] = of(&b.of[i])
	}
	return all
}

// run is what drift judges.
func (b *blocks) run(start time.Time, margin float64, lagging bool) drift.Run {
	r := drift.Run{Start: start.Add(b.first), Block: b.length, Means: b.means}
	for _, q := range []struct {
		name string
		q    float64
	}{{"p50", 0.5}, {"p95", 0.95}} {
		s := drift.Series{Name: q.name, Margin: margin, Resolution: resolution, Values: b.values(quantileOf(q.q, func(b *block) *measure.Histogram { return &b.response }))}
		if lagging {
			s.Own = b.values(quantileOf(q.q, func(b *block) *measure.Histogram { return &b.lag }))
		}
		r.Series = append(r.Series, s)
	}
	samples := make([]int64, len(b.of))
	for i := range b.of {
		samples[i] = b.of[i].counts.Planned()
	}
	r.Series = append(r.Series,
		drift.Series{Name: report.DriftErrors, Scale: drift.Share, Samples: samples, Values: b.values(errorShare)},
		drift.Series{Name: report.DriftThroughput, Worse: drift.Down, Margin: margin, Resolution: b.oneRequest(), Values: b.values(throughput)},
	)
	connecting := b.values(quantileOf(0.5, func(b *block) *measure.Histogram { return &b.connect }))
	if measuredIn(connecting) >= len(connecting)/2 && len(connecting) > 0 {
		r.Series = append(r.Series, drift.Series{Name: "connect time", Margin: ofConnecting(margin, connecting), Resolution: resolution, Values: connecting})
	}
	return r
}

// A change of the time to connect by less than a millisecond is no degradation to anybody:
// in one building connecting takes a tenth of that, and no kernel stamp takes out of it what
// a generator with something else to do adds.
const (
	leastOfConnecting = 1.   // ms
	mostOfConnecting  = 100. // times the level: more makes no difference
)

// ofConnecting is the margin of the time to connect, as a share of its level at the start.
func ofConnecting(margin float64, ms []float64) float64 {
	quarter := slices.DeleteFunc(slices.Clone(ms[:(len(ms)+3)/4]), math.IsNaN)
	if len(quarter) == 0 {
		return margin
	}
	slices.Sort(quarter)
	return min(max(margin, leastOfConnecting/quarter[len(quarter)/2]), mostOfConnecting)
}

func quantileOf(q float64, of func(*block) *measure.Histogram) func(*block) float64 {
	return func(b *block) float64 {
		h := of(b)
		if h.Count() == 0 {
			return math.NaN()
		}
		return inMS(h.Quantile(q))
	}
}

// oneRequest is what one request more or less changes of a block's throughput.
func (b *blocks) oneRequest() float64 {
	most := int64(1)
	for i := range b.of {
		most = max(most, b.of[i].counts.Planned())
	}
	return 1 / float64(most)
}

func errorShare(b *block) float64 {
	if b.counts.Planned() == 0 {
		return math.NaN()
	}
	return float64(b.counts.Planned()-b.counts.OK()) / float64(b.counts.Planned())
}

func throughput(b *block) float64 {
	if b.covered <= 0 {
		return math.NaN()
	}
	return float64(b.counts.OK()) / b.covered.Seconds()
}

func measuredIn(values []float64) (n int) {
	for _, v := range values {
		if !math.IsNaN(v) {
			n++
		}
	}
	return n
}

func inMS(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
