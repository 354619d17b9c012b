package measure

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"
)

// How long the run over time is kept at which resolution, in seconds. Minutes
// become longer stretches when there are more than maxStretches of them.
const (
	keptFine     = 600
	keptMedium   = 1800
	medium       = 10
	minute       = 60
	maxStretches = 120

	allBits  = 11 // of a time: all that a histogram has
	fineBits = 8
	oldBits  = 7

	maxStepHistograms = 20 // plans of more steps keep response times over time in total only
)

// A Bucket is a stretch of the run, of one phase. It never changes.
type Bucket struct {
	Start, Length time.Duration // since the start of the run; only the seconds from the phase's first to its last
	Phase         Phase
	Counts                  // over all steps
	Response      Histogram // of all that were due, failures as charged; to 1.6 % in stretches of more than a second

	// To 0.8 %, and to 1.6 % in stretches of more than a second.
	Service, Lag, Connect, TLS, FirstByte, ClientDelay Histogram

	config    *Config
	steps     []byte      // packed counts by step*perStep + class, then bytes in, out and decoded
	over      []byte      // packed counts by limit
	responses []Histogram // by step, or nil
	bits      int         // of Response
}

// perStep is how many counts of a step there are.
const perStep = int(Classes) + 3

// Steps returns the exact counts by step, in Config's order.
func (b *Bucket) Steps() []Counts {
	all := make([]Counts, len(b.config.Steps))
	for i, n := range eachPacked(b.steps) {
		switch c := &all[i/perStep]; i % perStep {
		case perStep - 3:
			c.BytesIn = n
		case perStep - 2:
			c.BytesOut = n
		case perStep - 1:
			c.BytesDecoded = n
		default:
			c.Class[i%perStep] = n
		}
	}
	return all
}

// Over returns, for each of Config.Limits, exactly how many of the requests
// that were due were not OK or slower.
func (b *Bucket) Over() []int64 {
	all := make([]int64, len(b.config.Limits))
	for i, n := range eachPacked(b.over) {
		all[i] = n
	}
	return all
}

// StepResponse returns the response times of one step, to 0.8 or 1.6 %, or nil
// where they are not kept: in plans of more than twenty steps.
func (b *Bucket) StepResponse(step int) *Histogram {
	switch {
	case len(b.config.Steps) == 1:
		return &b.Response
	case b.responses == nil:
		return nil
	}
	return &b.responses[step]
}

// IsFine tells whether Response is as precise as any Histogram, and not to 1.6 %.
func (b *Bucket) IsFine() bool { return b.bits == allBits }

// histograms lists them, Response first.
func (b *Bucket) histograms() []*Histogram {
	all := []*Histogram{&b.Response, &b.Service, &b.Lag, &b.Connect, &b.TLS, &b.FirstByte, &b.ClientDelay}
	for i := range b.responses {
		all = append(all, &b.responses[i])
	}
	return all
}

// A series is the run over time. How it is cut depends only on the first and
// the last second that were added, not on the order.
type series struct {
	config    *Config
	seen      [Phases]struct{ first, end int } // seconds; end is 0 when there are none
	cut       cut
	stretches map[stretch]*Bucket
}

// A stretch is named by its first second. Its bucket is replaced, never
// changed, because it may have been handed out.
type stretch struct {
	start int
	phase Phase
}

// newSeries returns one that holds nothing.
func newSeries(c *Config) series {
	return series{config: c, stretches: make(map[stretch]*Bucket)}
}

// add merges an Interval, whose total is given.
func (s *series) add(t *tally, i *Interval, total *Figures) {
	s.see(t, i)
	at := stretch{s.cut.start(i.Second), i.Phase}
	pieces := []*Bucket{s.bucket(t, i, total)}
	if known := s.stretches[at]; known != nil {
		pieces = append(pieces, known)
	}
	s.stretches[at] = s.merged(t, at, pieces)
}

// see takes note of the Interval's second, and cuts what is too old for its
// resolution.
func (s *series) see(t *tally, i *Interval) {
	seen := &s.seen[i.Phase]
	if seen.end == 0 || i.Second < seen.first {
		seen.first = i.Second
	}
	seen.end = max(seen.end, i.Second+1)
	if cut := s.cutNow(); cut != s.cut {
		was := s.cut
		s.cut = cut
		s.recut(t, s.touched(was))
	}
}

func (s *series) cutNow() cut { return cutOf(s.extent()) }

// extent returns the first second and the one after the last.
func (s *series) extent() (first, end int) {
	first = math.MaxInt
	for _, seen := range s.seen {
		if seen.end > 0 {
			first, end = min(first, seen.first), max(end, seen.end)
		}
	}
	return min(first, end), end
}

// touched returns the stretches that may not fit the cut any more, now that it was
// another one before: those that the edges between resolutions passed over, which are
// few, or all.
func (s *series) touched(was cut) []stretch {
	seconds, tens := s.cut.fine-was.fine, (s.cut.medium-was.medium)/medium
	if s.cut.unit != was.unit || seconds < 0 || tens < 0 || seconds+tens > len(s.stretches) {
		return slices.Collect(maps.Keys(s.stretches))
	}
	var all []stretch
	among := func(start, end, step int) {
		for ; start < end; start += step {
			for p := range Phases {
				if at := (stretch{start, p}); s.stretches[at] != nil {
					all = append(all, at)
				}
			}
		}
	}
	among(was.medium, min(s.cut.medium, was.fine), medium)
	among(was.fine, s.cut.fine, 1)
	return all
}

// recut moves buckets of some stretches to those that they now belong to. What is
// done again every ten seconds is little.
func (s *series) recut(t *tally, touched []stretch) {
	moved := make(map[stretch][]*Bucket)
	for _, at := range touched {
		b, to := s.stretches[at], stretch{s.cut.start(at.start), at.phase}
		if to != at || b.bits != s.bits(at) {
			moved[to] = append(moved[to], b)
			delete(s.stretches, at)
		}
	}
	for at, pieces := range moved {
		if first := s.stretches[at]; first != nil {
			pieces = append(pieces, first)
		}
		if len(pieces) == 1 && pieces[0].bits == s.bits(at) {
			s.stretches[at] = pieces[0]
		} else {
			s.stretches[at] = s.merged(t, at, pieces)
		}
	}
}

// bits returns how precisely a stretch keeps response times.
func (s *series) bits(at stretch) int {
	if at.start < s.cut.fine {
		return oldBits
	}
	return allBits
}

// merged returns a new bucket for a stretch that is made of pieces.
func (s *series) merged(t *tally, at stretch, pieces []*Bucket) *Bucket {
	return s.sum(t, at.phase, s.bits(at), pieces)
}

// sum returns a new bucket of a phase, with so many bits, that is made of pieces.
func (s *series) sum(t *tally, phase Phase, bits int, pieces []*Bucket) *Bucket {
	b := &Bucket{Phase: phase, config: s.config, bits: bits}
	if n := len(pieces[0].responses); n > 0 {
		b.responses = make([]Histogram, n)
	}
	var steps, overs [][]byte
	var histograms [][]*Histogram
	for _, p := range pieces {
		b.Add(&p.Counts)
		steps, overs, histograms = append(steps, p.steps), append(overs, p.over), append(histograms, p.histograms())
	}
	b.steps, b.over = t.sum(steps), t.sum(overs)
	for h, to := range b.histograms() {
		bits := b.bits
		if h > 0 {
			bits = min(bits, fineBits)
		}
		for p := range pieces {
			t.load(to, histograms[p][h], bits)
		}
		to.packed = t.pack()
	}
	return b
}

// bucket returns an Interval as a Bucket.
func (s *series) bucket(t *tally, i *Interval, total *Figures) *Bucket {
	b := &Bucket{
		Phase: i.Phase, Counts: total.Counts, Response: t.response(total),
		Service: total.Service, Lag: total.Lag, Connect: total.Connect, TLS: total.TLS,
		FirstByte: total.FirstByte, ClientDelay: total.ClientDelay,
	}
	for p := range i.Steps {
		t.addCounts(i.Steps[p].Step, &i.Steps[p].Counts)
	}
	b.steps = t.pack()
	for limit, n := range i.Over {
		t.add(limit, n)
	}
	b.over = t.pack()
	if steps := len(s.config.Steps); steps > 1 && steps <= maxStepHistograms {
		b.responses = make([]Histogram, steps)
		for p := range i.Steps {
			b.responses[i.Steps[p].Step] = t.response(&i.Steps[p].Figures)
		}
	}
	return b
}

func (t *tally) addCounts(step int, c *Counts) {
	for class, n := range c.Class {
		t.add(step*perStep+class, n)
	}
	t.add(step*perStep+perStep-3, c.BytesIn)
	t.add(step*perStep+perStep-2, c.BytesOut)
	t.add(step*perStep+perStep-1, c.BytesDecoded)
}

// response returns the packed response times of all that were due.
func (t *tally) response(f *Figures) Histogram {
	if f.Charged.count == 0 {
		return f.Answered
	}
	var h Histogram
	t.load(&h, &f.Answered, allBits)
	t.load(&h, &f.Charged, allBits)
	h.packed = t.pack()
	return h
}

// list returns the buckets in order of time.
func (s *series) list() []Bucket {
	all := make([]Bucket, 0, len(s.stretches))
	for at, b := range s.stretches {
		all = append(all, s.dated(*b, at.start, s.cut.end(at.start)))
	}
	slices.SortFunc(all, inTime)
	return all
}

// dated returns a bucket with its place in time: the seconds from start to end, as far
// as something was seen of its phase.
func (s *series) dated(b Bucket, start, end int) Bucket {
	seen := s.seen[b.Phase]
	start, end = max(start, seen.first), min(end, seen.end)
	b.Start, b.Length = time.Duration(start)*time.Second, time.Duration(end-start)*time.Second
	return b
}

func inTime(a, b Bucket) int {
	return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Phase, b.Phase))
}

// A cut says where resolutions change: seconds from fine on, tens of seconds
// from medium on, and before that stretches of unit seconds.
type cut struct{ fine, medium, unit int }

func cutOf(first, end int) cut {
	c := cut{max(end-keptFine, 0) / medium * medium, max(end-keptMedium, 0) / minute * minute, minute}
	for i := 0; (c.medium-first)/c.unit >= maxStretches; i++ {
		c.unit *= longer(i)
	}
	return c
}

// longer returns by what stretches of a minute grow next: to 2, 4 and 12
// minutes, 1, 6 and 24 hours, and by 2 from then on. A day is kept in stretches
// of 12 minutes, of which five are an hour and six a twentieth of the day.
func longer(i int) int {
	if factors := [...]int{2, 2, 3, 5, 6, 4}; i < len(factors) {
		return factors[i]
	}
	return 2
}

// start returns the first second of the stretch that holds a second.
func (c cut) start(second int) int {
	switch {
	case second >= c.fine:
		return second
	case second >= c.medium:
		return second / medium * medium
	}
	return second / c.unit * c.unit
}

// end returns the second after the stretch that starts there.
func (c cut) end(start int) int {
	switch {
	case start >= c.fine:
		return start + 1
	case start >= c.medium:
		return start + medium
	}
	return min(start+c.unit, c.medium)
}
