package measure

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// A Batch is what a Recorder logged between two Seals. It belongs to whoever
// detached it, until it is recycled.
type Batch struct {
	config   *Config
	chunks   []*chunk
	length   int // of all chunks together, in entries
	failures map[failureKey]failure
	settled  []Interval // made early, because too much was logged
	bench    *bench
}

// A bench is the memory that making Intervals needs, and no more than that.
type bench struct {
	limits [][]int // of each step and group: indices into Config.Limits
	tally  tally
	order  []*entry
	sorted []*entry // the same, while sorting
	starts []int32
}

func newBatch(c *Config) *Batch {
	return &Batch{config: c, failures: make(map[failureKey]failure)}
}

func newBench(c *Config) *bench {
	w := &bench{limits: make([][]int, len(c.Steps)+len(c.Groups))}
	for step := range w.limits {
		for i, limit := range c.Limits {
			if c.isOver(limit, step) {
				w.limits[step] = append(w.limits[step], i)
			}
		}
	}
	return w
}

func (b *Batch) reset() {
	clear(b.chunks)
	clear(b.failures)
	b.chunks, b.length, b.settled, b.bench = b.chunks[:0], 0, nil, nil
}

// Intervals makes them, one for each second and phase, in order of time.
func (b *Batch) Intervals() []Interval {
	if b.bench == nil {
		b.bench = newBench(b.config)
	}
	var made []Interval
	for rest := b.sort(); len(rest) > 0; {
		cell := run(rest, func(e, first *entry) bool { return e.second == first.second && e.phase == first.phase })
		made = append(made, b.interval(cell))
		rest = rest[len(cell):]
	}
	b.explain(made)
	if len(b.settled) == 0 {
		return made
	}
	return Join(append(b.settled, made...))
}

// run returns the first entries that are the same as the very first.
func run(entries []*entry, same func(e, first *entry) bool) []*entry {
	n := 1
	for n < len(entries) && same(entries[n], entries[0]) {
		n++
	}
	return entries[:n]
}

// interval makes one of entries of the same second and phase, sorted by step.
func (b *Batch) interval(cell []*entry) Interval {
	i := Interval{Second: int(cell[0].second), Phase: cell[0].phase}
	if len(b.config.Limits) > 0 {
		i.Over = make([]int64, len(b.config.Limits))
	}
	for len(cell) > 0 {
		entries := run(cell, func(e, first *entry) bool { return e.step == first.step })
		step := int(entries[0].step)
		if group := step - len(b.config.Steps); group < 0 {
			i.Steps = append(i.Steps, b.part(step, entries))
		} else {
			i.Groups = append(i.Groups, b.group(group, entries))
		}
		for _, limit := range b.bench.limits[step] {
			i.Over[limit] += over(b.config.Limits[limit], entries)
		}
		cell = cell[len(entries):]
	}
	return i
}

// over counts the entries that are not OK or slower than the limit.
func over(limit Limit, entries []*entry) int64 {
	var n int64
	for _, e := range entries {
		if e.class != OK || limit.exceeds(e.times[answered]) {
			n++
		}
	}
	return n
}

// part makes one of entries of the same step.
func (b *Batch) part(step int, entries []*entry) Part {
	p := Part{Step: step}
	for _, e := range entries {
		p.Class[e.class]++
		p.BytesIn += e.bytesIn
		p.BytesOut += e.bytesOut
		p.BytesDecoded += e.decoded
	}
	p.Statuses = statuses(entries)
	for c, h := range p.histograms() {
		if c := clock(c); c != charged || p.Class[OK] < int64(len(entries)) {
			*h = b.histogram(c, entries)
		}
	}
	return p
}

// group makes one of entries of the same group.
func (b *Batch) group(group int, entries []*entry) Part {
	p := Part{Step: group}
	for _, e := range entries {
		p.Class[e.class]++
	}
	p.Answered = b.histogram(answered, entries)
	if p.Class[OK] < int64(len(entries)) {
		p.Charged = b.histogram(charged, entries)
	}
	return p
}

func statuses(entries []*entry) Statuses {
	var s Statuses
	for len(entries) > 0 {
		same := run(entries, func(e, first *entry) bool { return e.status == first.status })
		if status := same[0].status; status != 0 {
			s.add(int(status), int64(len(same)))
		}
		entries = entries[len(same):]
	}
	return s
}

// histogram makes that of one clock. It adds up every request of a run as often as
// there are clocks, and so keeps its sums in variables of its own.
func (b *Batch) histogram(c clock, entries []*entry) Histogram {
	h := Histogram{min: math.MaxInt64}
	tally, highest := &b.bench.tally, b.config.highest()
	for _, e := range entries {
		d := e.times[c%charged]
		if e.class != OK || c == charged {
			d = e.time(c, b.config.Charge)
		}
		if d == absent {
			continue
		}
		if d < 0 || d > highest {
			d = min(max(d, 0), highest)
			h.clipped++
		}
		h.min, h.max = min(h.min, d), max(h.max, d)
		h.count++
		h.sum += int64(uint64(d+time.Microsecond/2) / uint64(time.Microsecond))
		tally.add(bucketOf(d), 1)
	}
	if h.count == 0 {
		return Histogram{}
	}
	h.packed = tally.pack()
	return h
}

// time returns what an entry adds to the histogram of a clock, or absent.
func (e *entry) time(c clock, charge time.Duration) time.Duration {
	switch {
	case c == charged && e.class != OK:
		return max(e.times[answered], charge)
	case c == charged, c == answered && e.class != OK:
		return absent
	}
	return e.times[c]
}

// explain adds what failed to the Intervals, which are in order.
func (b *Batch) explain(intervals []Interval) {
	for key, f := range b.failures {
		at, _ := slices.BinarySearchFunc(intervals, key, func(i Interval, key failureKey) int {
			return cmp.Or(cmp.Compare(i.Second, int(key.second)), cmp.Compare(i.Phase, key.phase))
		})
		intervals[at].Errors = append(intervals[at].Errors, ErrorGroup{
			Phase: key.phase, Class: key.class, Status: int(key.status), Step: int(key.step),
			Count: f.count, FirstAt: f.firstAt, Example: example(f.err),
		})
	}
	for i := range intervals {
		intervals[i].Errors = mergeErrors(nil, intervals[i].Errors)
	}
}

// sort returns the entries in order of second, phase and step.
func (b *Batch) sort() []*entry {
	w := b.bench
	w.order = slices.Grow(w.order[:0], b.length)
	for i := range b.length {
		w.order = append(w.order, &b.chunks[i/chunkSize][i%chunkSize])
	}
	w.sort(len(w.limits), func(e *entry) int { return int(e.step) })
	w.sort(int(Phases), func(e *entry) int { return int(e.phase) })
	if first, last := seconds(w.order); last-first < maxChunks*chunkSize {
		w.sort(last-first+1, func(e *entry) int { return int(e.second) - first })
	} else {
		slices.SortStableFunc(w.order, func(e, o *entry) int { return cmp.Compare(e.second, o.second) })
	}
	return w.order
}

// seconds returns the first and the last one in which an entry was due.
func seconds(entries []*entry) (first, last int) {
	if len(entries) == 0 {
		return 0, 0
	}
	low, high := entries[0].second, entries[0].second
	for _, e := range entries {
		low, high = min(low, e.second), max(high, e.second)
	}
	return int(low), int(high)
}

// sort is a stable counting sort by a key below n.
func (w *bench) sort(n int, key func(*entry) int) {
	if n == 1 {
		return
	}
	w.starts = slices.Grow(w.starts[:0], n+1)[:n+1]
	clear(w.starts)
	for _, e := range w.order {
		w.starts[key(e)+1]++
	}
	for k := range n {
		w.starts[k+1] += w.starts[k]
	}
	w.sorted = slices.Grow(w.sorted[:0], len(w.order))[:len(w.order)]
	for _, e := range w.order {
		k := key(e)
		w.sorted[w.starts[k]] = e
		w.starts[k]++
	}
	w.order, w.sorted = w.sorted, w.order
}
