package loadgen

import (
	"runtime"
	"slices"
	"sync"
	"time"

	"gonogo/measure"
)

// A shard is a Recorder that some of the users share, so that memory goes with
// the processors and not with the users. Its lock is held for less than a tenth
// of a microsecond, once per request. Where a plan has another target, it is two.
type shard struct {
	mu        sync.Mutex
	recorders []*measure.Recorder // by side
	steps     int                 // of each
	_         [64]byte            // no two shards on one cache line
}

func newShards(configs []measure.Config) []*shard {
	shards := make([]*shard, runtime.GOMAXPROCS(0))
	for i := range shards {
		shards[i] = &shard{steps: len(configs[0].Steps)}
		for _, c := range configs {
			shards[i].recorders = append(shards[i].recorders, measure.NewRecorder(c))
		}
	}
	return shards
}

func (s *shard) record(o *measure.Outcome) {
	s.mu.Lock()
	if o.Step < s.steps {
		s.recorders[0].Record(o)
	} else {
		o.Step -= s.steps
		s.recorders[1].Record(o)
	}
	s.mu.Unlock()
}

// recordGroup records what is known of a group as a whole, of the target whose
// steps are other steps further.
func (s *shard) recordGroup(group, other int, o *measure.Outcome) {
	side := 0
	if other > 0 {
		side = 1
	}
	o.Step = s.steps + group
	s.mu.Lock()
	s.recorders[side].Record(o)
	s.mu.Unlock()
}

func (s *shard) drop(o measure.Outcome, n int64) {
	s.mu.Lock()
	r := s.recorders[o.Step/s.steps]
	o.Step %= s.steps
	r.Drop(&o, n)
	s.mu.Unlock()
}

// isQuiet tells whether the log may wait for the next time it is sealed.
func (s *shard) isQuiet() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !slices.ContainsFunc(s.recorders, func(r *measure.Recorder) bool { return r.Logged() >= 1./8 })
}

// seal holds the lock only to take out what was recorded, not to work it out.
func (s *shard) seal(side int) []measure.Interval {
	s.mu.Lock()
	batch := s.recorders[side].Detach()
	s.mu.Unlock()
	intervals := batch.Intervals()
	s.mu.Lock()
	s.recorders[side].Recycle(batch)
	s.mu.Unlock()
	return intervals
}

const (
	sealEvery = 100 * time.Millisecond // more often than a Recorder's log can be full
	tickEvery = 10                     // seals
)

// collect seals the shards again and again and merges what they hold, until the
// run is over; then once more. Once a second it tells Each.
func (r *run) collect(over <-chan struct{}) {
	tick := time.NewTicker(sealEvery)
	defer tick.Stop()
	sealed := make([][]measure.Interval, len(r.sides))
	for n := 1; ; n++ {
		last := false
		select {
		case <-tick.C:
		case <-over:
			last = true
		}
		tells := last || n%tickEvery == 0
		if !tells && r.isQuiet() {
			continue
		}
		settled := r.settled() // before sealing: what has ended by now is sealed
		for side := range sealed {
			sealed[side] = append(sealed[side], r.seal(side)...)
		}
		if tells {
			r.tell(sealed, settled)
			clear(sealed)
		}
		if last {
			return
		}
	}
}

func (r *run) isQuiet() bool {
	return !slices.ContainsFunc(r.shards, func(s *shard) bool { return !s.isQuiet() })
}

// seal takes what the shards hold of a side.
func (r *run) seal(side int) []measure.Interval {
	var sealed []measure.Interval
	for _, s := range r.shards {
		sealed = append(sealed, s.seal(side)...)
	}
	return sealed
}

// settling is how long a user may take from reading the clock to noting that its
// request is due: no user that has a processor takes a thousandth of it.
const settling = time.Second

// settled returns an instant before which nothing is open.
func (r *run) settled() time.Duration {
	at := r.watch.oldest(r.clock.Now() - settling)
	for i := range r.queued {
		if queued := time.Duration(r.queued[i].Load()); queued != 0 {
			at = min(at, queued)
		}
	}
	return max(at, 0)
}

// tell merges what a second brought into the whole and tells Each of it.
func (r *run) tell(sealed [][]measure.Interval, settled time.Duration) {
	for side := range sealed {
		sealed[side] = measure.Join(sealed[side])
		for _, i := range sealed[side] {
			r.sides[side].Merge(i)
		}
	}
	if r.Each == nil {
		return
	}
	now := r.clock.Now()
	news := r.health.news()
	t := Tick{
		At:        now,
		Phase:     r.Plan.PhaseAt(now),
		Users:     int(r.users.Load()),
		InFlight:  r.watch.inFlight(),
		Intervals: sealed[0],
		Settled:   settled,
		Jolts:     news.jolts,
		CPU:       news.cpu,
		RSS:       news.rss,
		Started:   r.clock.Start(),
		run:       r,
	}
	if len(sealed) > 1 {
		t.Against = sealed[1]
	}
	r.Each(t)
}
