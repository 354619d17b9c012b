package httpload

import (
	"sync/atomic"
	"time"

	"gonogo/loadgen"
)

const (
	syncEvery = 100 * time.Millisecond // how often the two clocks are compared
	stepSize  = 200 * time.Microsecond // a difference between two comparisons that no slewing explains
)

// A stampClock turns the kernel's receive stamps, which are wall-clock time,
// into instants of the run. It compares the two clocks again and again; after a
// step of the wall clock it refuses stamps until two comparisons agree.
type stampClock struct {
	clock  loadgen.Clock
	offset atomic.Int64 // wall − run
	synced atomic.Int64 // when offset was taken, of the run; 0 is never
	valid  atomic.Bool
	busy   atomic.Bool // one goroutine compares at a time
}

// instant returns the stamp as an instant of the run, or false when it cannot
// be trusted. It was seen at read, and the request was sent at sent.
func (s *stampClock) instant(stamp int64, sent, read time.Duration) (time.Duration, bool) {
	if stamp == 0 {
		return 0, false
	}
	if synced := s.synced.Load(); synced == 0 || read-time.Duration(synced) > syncEvery {
		s.sync()
	}
	at := time.Duration(stamp - s.offset.Load())
	if !s.valid.Load() || at < sent || at > read {
		return 0, false
	}
	return at, true
}

// sync compares the clocks: the wall clock's reading lies between two of ours.
func (s *stampClock) sync() {
	if !s.busy.CompareAndSwap(false, true) {
		return
	}
	defer s.busy.Store(false)
	before := s.clock.Now()
	wall := time.Now().UnixNano()
	after := s.clock.Now()
	if after-before > stepSize/4 {
		return // we were put aside meanwhile; the next request tries again
	}
	offset := wall - int64(before+after)/2
	stepped := s.synced.Load() != 0 && abs(offset-s.offset.Load()) > int64(stepSize)
	s.offset.Store(offset)
	s.valid.Store(!stepped)
	s.synced.Store(int64(after))
}

func abs(v int64) int64 { return max(v, -v) }
