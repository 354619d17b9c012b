package measure

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A world makes outcomes by chance, the same ones for the same seed. Of three steps
// or more, some are of groups.
type world struct {
	*rand.Rand
	config  Config
	seconds int
}

func newWorld(seed uint64, steps, seconds int) *world {
	c := Config{Highest: 70 * time.Second, Charge: 2 * time.Second}
	for s := range steps {
		c.Steps = append(c.Steps, fmt.Sprint("step ", s))
		c.Limits = append(c.Limits, Limit{s, time.Duration(10+s) * time.Millisecond, s%2 == 0})
	}
	for g := range steps / 3 {
		c.Groups = append(c.Groups, fmt.Sprint("group ", g))
		c.Limits = append(c.Limits, Limit{steps + g, time.Duration(12+g) * time.Millisecond, g%2 == 1})
	}
	c.Limits = append(c.Limits, Limit{AllSteps, 20 * time.Millisecond, false}, Limit{AllSteps, 20 * time.Millisecond, true})
	return &world{rand.New(rand.NewPCG(seed, 1)), c, seconds}
}

// lognormal times have the median given.
func (w *world) lognormal(median time.Duration, sigma float64) time.Duration {
	return time.Duration(float64(median) * math.Exp(sigma*w.NormFloat64()))
}

// outcome is of any class, phase and step; one in ten is not OK.
func (w *world) outcome() Outcome {
	due := time.Duration(w.Int64N(int64(w.seconds) * int64(time.Second)))
	sent := due + w.lognormal(20*time.Microsecond, 1)
	first := sent + w.lognormal(15*time.Millisecond, .5)
	o := Outcome{
		Step: w.IntN(len(w.config.Names())), Phase: w.phaseOf(due), Status: 200,
		Due: due, Sent: sent, FirstByte: first, Done: first + w.lognormal(50*time.Microsecond, 1),
		BytesIn: w.Int64N(1 << 20), BytesOut: w.Int64N(1 << 10), BytesDecoded: w.Int64N(1 << 22),
	}
	if w.IntN(20) == 0 { // on a limit, to the nanosecond
		o.Done = due + time.Duration(10+w.IntN(12))*time.Millisecond
		o.Sent, o.FirstByte = due, o.Done
	}
	o.Read = o.Done + w.lognormal(5*time.Microsecond, 1)
	if w.IntN(8) == 0 {
		o.Connect, o.TLS = w.lognormal(time.Millisecond, 1), w.lognormal(2*time.Millisecond, 1)
	}
	if w.IntN(5) == 0 {
		o.Ready = o.Due + w.lognormal(10*time.Microsecond, 1)
	}
	if w.IntN(10) == 0 {
		w.spoil(&o)
	}
	if w.isGroup(&o) { // as a flow measures it
		o = Outcome{Step: o.Step, Phase: o.Phase, Class: o.Class, Due: o.Due, Ready: o.Ready, Sent: o.Sent, Done: o.Done}
	}
	return o
}

func (w *world) isGroup(o *Outcome) bool { return o.Step >= len(w.config.Steps) }

// requests are the outcomes that are not of groups.
func (w *world) requests(all []Outcome) []Outcome {
	return slices.DeleteFunc(slices.Clone(all), func(o Outcome) bool { return w.isGroup(&o) })
}

func (w *world) spoil(o *Outcome) {
	o.Class = Class(1 + w.IntN(int(Classes)-1))
	o.Status = 0
	if o.Class == Status {
		o.Status = []int{429, 500, 503}[w.IntN(3)]
	}
	if o.Class == Dropped {
		*o = Outcome{Step: o.Step, Phase: o.Phase, Class: Dropped, Due: o.Due}
	}
	if w.IntN(3) > 0 {
		o.Err = errors.New([]string{"connection refused", "broken pipe"}[w.IntN(2)])
	}
}

func (w *world) phaseOf(due time.Duration) Phase {
	switch second := int(due / time.Second); {
	case w.IntN(30) == 0:
		return Setup + Phase(w.IntN(int(Phases-Setup)))
	case second < w.seconds/10:
		return Ramp
	case second < w.seconds/5:
		return WarmUp
	}
	return Measure
}

func (w *world) outcomes(n int) []Outcome {
	all := make([]Outcome, n)
	for i := range all {
		all[i] = w.outcome()
	}
	return all
}

// record spreads outcomes over recorders that are sealed at random moments.
func (w *world) record(recorders int, all []Outcome) []Interval {
	var intervals []Interval
	shards := make([]*Recorder, recorders)
	for i := range shards {
		shards[i] = NewRecorder(w.config)
	}
	for i := range all {
		shard := shards[w.IntN(recorders)]
		shard.Record(&all[i])
		if w.IntN(len(all)/20+1) == 0 {
			intervals = append(intervals, shard.Seal()...)
		}
	}
	for _, shard := range shards {
		intervals = append(intervals, shard.Seal()...)
	}
	return intervals
}

func (w *world) summary(intervals []Interval) *Summary {
	s := NewSummary(w.config)
	for _, i := range intervals {
		s.Merge(i)
	}
	return s
}

// A truth is what brute force finds in a set of outcomes.
type truth struct {
	counts   Counts
	statuses map[int]int64
	times    [clocks][]time.Duration
	over     []int64
}

func truthOf(c *Config, all []Outcome, of func(*Outcome) bool) *truth {
	t := &truth{statuses: map[int]int64{}, over: make([]int64, len(c.Limits))}
	for i := range all {
		if o := &all[i]; of(o) {
			t.add(c, o)
		}
	}
	for c := range t.times {
		slices.Sort(t.times[c])
	}
	return t
}

func (t *truth) add(c *Config, o *Outcome) {
	t.counts.Class[o.Class]++
	t.counts.BytesIn += o.BytesIn
	t.counts.BytesDecoded += o.BytesDecoded
	t.counts.BytesOut += o.BytesOut
	if o.Status != 0 {
		t.statuses[o.Status]++
	}
	switch isGroup := o.Step >= len(c.Steps); {
	case isGroup && o.Class == OK:
		t.note(answered, o.Done-o.Due)
	case isGroup:
		t.note(charged, max(c.Charge, o.Done-o.Due))
	default:
		t.addClocks(c, o)
	}
	for i, l := range c.Limits {
		late := o.Done-o.Due > l.Latency || o.Done-o.Due == l.Latency && !l.Inclusive
		if (l.Step == o.Step || l.Step == AllSteps && o.Step < len(c.Steps)) && (o.Class != OK || late) {
			t.over[i]++
		}
	}
}

func (t *truth) addClocks(c *Config, o *Outcome) {
	if o.Sent > 0 {
		t.note(lag, o.Sent-o.Due)
		t.note(late, max(0, o.Sent-max(o.Due, o.Ready)-o.Connect-o.TLS))
	}
	if o.Class == OK {
		t.note(answered, o.Done-o.Due)
		t.note(service, o.Done-o.Sent)
		t.note(firstByte, o.FirstByte-o.Sent)
		t.note(clientDelay, o.Read-o.Done)
	} else {
		t.note(charged, max(c.Charge, o.Done-o.Due))
	}
	if o.Class == OK && o.Connect > 0 {
		t.note(connecting, o.Connect)
		t.note(handshake, o.TLS)
	}
}

func (t *truth) note(c clock, d time.Duration) { t.times[c] = append(t.times[c], d) }

// requireFigures compares figures with the truth: counts, minimum, maximum and
// sum exactly, quantiles to a bucket.
func (t *truth) requireFigures(tb testing.TB, f *Figures) {
	require.Equal(tb, t.counts, f.Counts)
	require.Len(tb, f.Statuses, len(t.statuses))
	for status, n := range t.statuses {
		require.Equal(tb, n, f.Statuses.Count(status))
	}
	for c, h := range f.histograms() {
		requireTimes(tb, t.times[c], h)
	}
	all := slices.Concat(t.times[answered], t.times[charged])
	slices.Sort(all)
	requireTimes(tb, all, f.Response())
}

func requireTimes(tb testing.TB, sorted []time.Duration, h *Histogram) {
	require.EqualValues(tb, len(sorted), h.Count())
	require.NoError(tb, h.check())
	if len(sorted) == 0 {
		require.Equal(tb, Histogram{}, *h)
		return
	}
	require.Equal(tb, sorted[0], h.Min())
	require.Equal(tb, sorted[len(sorted)-1], h.Max())
	var sum time.Duration
	for _, d := range sorted {
		sum += d.Round(time.Microsecond)
	}
	require.EqualValues(tb, sum.Microseconds(), h.Exact().Sum)
	require.InDelta(tb, float64(sum)/float64(len(sorted)), float64(h.Mean()), 501)
	for _, q := range []float64{0, .01, .5, .9, .95, .99, .999, 1} {
		rank := max(int(math.Ceil(q*float64(len(sorted))-1e-9)), 1)
		exact := sorted[rank-1]
		require.Equal(tb, min(topOf(bucketOf(exact)), h.Max()), h.Quantile(q), "quantile %v", q)
		require.GreaterOrEqual(tb, h.Quantile(q), exact)
		require.LessOrEqual(tb, float64(h.Quantile(q)), float64(exact)*1.001+1000)
	}
}

// An image is all that a Summary says, in a form that can be compared.
type image struct {
	Phases  [Phases][]byte
	Steps   [][]byte
	Groups  [][]byte
	Over    []int64
	Errors  []ErrorGroup
	Buckets []bucketImage
}

type bucketImage struct {
	Start, Length time.Duration
	Phase         Phase
	Counts        Counts
	Steps         []Counts
	Over          []int64
	Histograms    [][]byte
}

func imageOf(s *Summary) image {
	im := image{Over: s.over, Errors: s.Errors()}
	for p := range im.Phases {
		im.Phases[p] = s.Phase(Phase(p)).append(nil)
	}
	for _, step := range s.Steps() {
		im.Steps = append(im.Steps, step.append(nil))
	}
	for _, group := range s.Groups() {
		im.Groups = append(im.Groups, group.append(nil))
	}
	for _, b := range s.Series() {
		im.Buckets = append(im.Buckets, imageOfBucket(&b))
	}
	return im
}

func imageOfBucket(b *Bucket) bucketImage {
	im := bucketImage{b.Start, b.Length, b.Phase, b.Counts, b.Steps(), b.Over(), nil}
	for _, h := range b.histograms() {
		im.Histograms = append(im.Histograms, h.append(nil))
	}
	return im
}
