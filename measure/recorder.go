// HOT PATH. Record runs for every request, under the lock of those who share the
// Recorder. It copies numbers and nothing else: no allocation, no map and no
// formatting, unless the request failed. What the numbers mean is worked out later,
// in batch.go.
//
// Rejected: counting into histograms right here. With one step it costs the
// same; with 500, each request misses the cache a dozen times and each second
// of each step holds pages that are nearly empty.

package measure

import (
	"math"
	"time"
)

const (
	chunkSize   = 512
	maxChunks   = 32   // what is logged beyond them is worked out on the spot
	maxFailures = 4096 // likewise
)

// absent marks a time that a request does not have.
const absent = time.Duration(math.MinInt64)

// An entry is what is logged of an outcome. It holds no pointer, so that the
// garbage collector need not look at it.
type entry struct {
	times             [charged]time.Duration // by clock; answered holds the response time whatever the class
	bytesIn, bytesOut int64
	decoded           int64
	second            int32
	step              int32
	status            int32
	phase             Phase
	class             Class
}

type chunk [chunkSize]entry

// A failed request's group within a Batch, and what is known of the group.
type (
	failureKey struct {
		second, step, status int32
		phase                Phase
		class                Class
	}
	failure struct {
		count   int64
		firstAt time.Duration
		err     error
	}
)

// A Recorder logs the outcomes of requests until they are sealed. It has one
// writer and so takes no lock; those who share one do so under their own. Its
// memory is what is logged between two Seals and never more than maxChunks,
// which are used again; beyond that, it makes Intervals early and keeps them.
type Recorder struct {
	config *Config
	names  []string // of steps and groups
	live   *Batch
	chunk  *chunk // the last one of live
	used   int    // how many of its entries are

	// What Recycle took back, for use again.
	spare  *Batch
	chunks []*chunk
	bench  *bench
}

// NewRecorder returns a Recorder for a run.
func NewRecorder(c Config) *Recorder {
	return &Recorder{config: &c, names: c.Names(), live: newBatch(&c), used: chunkSize, bench: newBench(&c)}
}

// Record adds one outcome, whose Step is an index into Config.Names. It keeps
// nothing of it but the Err of one that is not OK.
func (r *Recorder) Record(o *Outcome) {
	_ = r.names[o.Step] // a wrong index has to fail here, not when Intervals are made
	if r.used == chunkSize {
		r.turn()
	}
	e := &r.chunk[r.used]
	r.used++
	e.second, e.step, e.phase = int32(max(o.Due, 0)/time.Second), int32(o.Step), o.Phase
	e.class, e.status = o.Class, int32(o.Status)
	e.bytesIn, e.bytesOut, e.decoded = o.BytesIn, o.BytesOut, o.BytesDecoded
	if o.Class != OK {
		r.fail(e, o)
		return
	}
	e.times = [charged]time.Duration{
		answered: o.Response(), service: o.Service(), lag: o.Lag(), late: o.Late(),
		connecting: unless(o.Connect <= 0, o.Connect), handshake: unless(o.TLS <= 0, o.TLS),
		firstByte:   unless(o.FirstByte == 0 && o.Done > 0, o.FirstByte-o.Sent),
		clientDelay: unless(o.Read == 0 && o.Done > 0, o.ClientDelay()),
	}
}

func unless(missing bool, d time.Duration) time.Duration {
	if missing {
		return absent
	}
	return d
}

// turn begins the next chunk.
func (r *Recorder) turn() {
	if len(r.live.chunks) == maxChunks {
		r.settle()
	}
	if last := len(r.chunks) - 1; last >= 0 {
		r.chunk, r.chunks = r.chunks[last], r.chunks[:last]
	} else {
		r.chunk = new(chunk)
	}
	r.live.chunks = append(r.live.chunks, r.chunk)
	r.used = 0
}

// fail logs what is not OK. It is off the path that has to be fast.
func (r *Recorder) fail(e *entry, o *Outcome) {
	e.times = [charged]time.Duration{
		answered: o.Response(), service: absent, lag: unless(o.Sent == 0, o.Lag()), late: unless(o.Sent == 0, o.Late()),
		connecting: absent, handshake: absent, firstByte: absent, clientDelay: absent,
	}
	if o.Step >= len(r.config.Steps) {
		return // why a group failed is told of its requests
	}
	key := failureKey{e.second, e.step, e.status, e.phase, e.class}
	f := r.live.failures[key]
	f.add(max(o.Done, o.Due), o.Err)
	r.live.failures[key] = f
	if len(r.live.failures) == maxFailures {
		r.settle()
	}
}

// Logged is how much of its log is in use, as a share.
func (r *Recorder) Logged() float64 {
	return float64(len(r.live.chunks)) / maxChunks
}

// settle makes Intervals before anybody has asked for them.
func (r *Recorder) settle() {
	b := r.Detach()
	intervals := b.Intervals()
	r.Recycle(b)
	r.live.settled = intervals
}

// Detach takes out all that was recorded since the last time. It is quick: hold
// the lock for it, let the Batch make its Intervals without, and Recycle it
// with the lock again.
func (r *Recorder) Detach() *Batch {
	b := r.live
	if last := len(b.chunks) - 1; last >= 0 {
		b.length = last*chunkSize + r.used
	}
	b.bench, r.bench = r.bench, nil
	r.live, r.spare = r.spare, nil
	if r.live == nil {
		r.live = newBatch(r.config)
	}
	r.chunk, r.used = nil, chunkSize
	return b
}

// Recycle takes back the memory of a Batch whose Intervals are made. The
// Intervals stay.
func (r *Recorder) Recycle(b *Batch) {
	free := min(len(b.chunks), maxChunks-len(r.chunks))
	r.chunks = append(r.chunks, b.chunks[:max(free, 0)]...)
	r.bench = b.bench
	b.reset()
	r.spare = b
}

// Seal is Detach, Intervals and Recycle in one, for those who hold no lock.
func (r *Recorder) Seal() []Interval {
	b := r.Detach()
	intervals := b.Intervals()
	r.Recycle(b)
	return intervals
}
