package loadgen

import (
	"runtime"
	"sync"
	"time"

	"gonogo/measure"
)

// A shard is a Recorder that some of the users share, so that memory goes with
// the processors and not with the users. Its lock is held for less than a tenth
// of a microsecond, once per request.
type shard struct {
	mu       sync.Mutex
	recorder *measure.Recorder
	_        [64]byte // no two shards on one cache line
}

func newShards(c measure.Config) []*shard {
	shards := make([]*shard, runtime.GOMAXPROCS(0))
	for i := range shards {
		shards[i] = &shard{recorder: measure.NewRecorder(c)}
	}
	return shards
}

func (s *shard) record(o *measure.Outcome) {
	s.mu.Lock()
	s.recorder.Record(o)
	s.mu.Unlock()
}

// seal holds the lock only to take out what was recorded, not to work it out.
func (s *shard) seal() []measure.Interval {
	s.mu.Lock()
	batch := s.recorder.Detach()
	s.mu.Unlock()
	intervals := batch.Intervals()
	s.mu.Lock()
	s.recorder.Recycle(batch)
	s.mu.Unlock()
	return intervals
}

// collect seals the shards once a second and merges what they hold, until the
// run is over; then once more.
func (r *run) collect(over <-chan struct{}) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			r.seal()
		case <-over:
			r.seal()
			return
		}
	}
}

func (r *run) seal() {
	var sealed []measure.Interval
	for _, s := range r.shards {
		sealed = append(sealed, s.seal()...)
	}
	for _, i := range sealed {
		r.all.Merge(i)
	}
	if r.Each == nil {
		return
	}
	now := r.clock.Now()
	r.Each(Tick{
		At:        now,
		Phase:     r.Plan.PhaseAt(now),
		Users:     int(r.users.Load()),
		InFlight:  r.watch.inFlight(),
		Intervals: sealed,
	})
}
