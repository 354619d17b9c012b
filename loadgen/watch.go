package loadgen

import (
	"container/heap"
	"sync"
	"time"
)

// A watch interrupts calls whose time is up, so that no request pays for a timer
// of its own.
//
// A slot whose call is over at t needs no look before t. A slot that is idle now
// needs none before now + timeout, since no call that it may begin ends sooner.
// So a slot is looked at about once per timeout, however many calls it makes.
type watch struct {
	clock   Clock
	timeout time.Duration

	mu    sync.Mutex
	looks looks
	wake  chan struct{} // holds one when looks has a new first
}

// again is how soon a slot that was interrupted is looked at again: an interrupt
// may come before the Sender waits.
const again = 5 * time.Millisecond

func newWatch(c Clock, timeout time.Duration) *watch {
	return &watch{clock: c, timeout: timeout, wake: make(chan struct{}, 1)}
}

func (w *watch) add(s *slot) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.look.at = w.clock.Now() + w.timeout
	heap.Push(&w.looks, s)
	if s.look.index == 0 {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// remove forgets the slot: its Sender is not interrupted any more.
func (w *watch) remove(s *slot) {
	w.mu.Lock()
	defer w.mu.Unlock()
	heap.Remove(&w.looks, s.look.index)
}

// run looks at slots until over is closed.
func (w *watch) run(over <-chan struct{}) {
	timer := time.NewTimer(w.look())
	defer timer.Stop()
	for {
		select {
		case <-over:
			return
		case <-w.wake:
		case <-timer.C:
		}
		timer.Reset(w.look())
	}
}

// look looks at every slot that is due for one and returns the time until the
// next is.
func (w *watch) look() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.clock.Now()
	for len(w.looks) > 0 {
		s := w.looks[0]
		if s.look.at > now {
			return s.look.at - now
		}
		s.look.at = w.nextLook(s, now)
		heap.Fix(&w.looks, 0)
	}
	return w.timeout
}

func (w *watch) nextLook(s *slot, now time.Duration) time.Duration {
	switch until := s.call.Until(); {
	case until == 0:
		return now + w.timeout
	case until > now:
		return until
	}
	s.sender.Interrupt()
	return now + min(again, w.timeout)
}

// interruptAll interrupts every call, again and again, until over is closed: the
// grace period has ended.
func (w *watch) interruptAll(over <-chan struct{}) {
	tick := time.NewTicker(again)
	defer tick.Stop()
	for {
		w.mu.Lock()
		for _, s := range w.looks {
			if s.call.Until() != 0 {
				s.sender.Interrupt()
			}
		}
		w.mu.Unlock()
		select {
		case <-over:
			return
		case <-tick.C:
		}
	}
}

// inFlight counts the calls under way.
func (w *watch) inFlight() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, s := range w.looks {
		if s.call.Until() != 0 {
			n++
		}
	}
	return n
}

// oldest returns when the oldest of the calls and groups under way was due, or the
// instant now when there is none.
func (w *watch) oldest(now time.Duration) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.looks {
		if due := time.Duration(s.call.due.Load()); due < now && s.call.Until() != 0 {
			now = due
		}
		if since := time.Duration(s.since.Load()); since != 0 && since < now {
			now = since
		}
	}
	return now
}

// look is a slot's place among the looks.
type look struct {
	at    time.Duration
	index int
}

// looks is a heap of slots, the next to be looked at first.
type looks []*slot

func (l looks) Len() int           { return len(l) }
func (l looks) Less(i, j int) bool { return l[i].look.at < l[j].look.at }
func (l looks) Swap(i, j int) {
	l[i], l[j] = l[j], l[i]
	l[i].look.index, l[j].look.index = i, j
}

func (l *looks) Push(s any) {
	s.(*slot).look.index = len(*l)
	*l = append(*l, s.(*slot))
}

func (l *looks) Pop() any {
	last := len(*l) - 1
	s := (*l)[last]
	(*l)[last] = nil
	*l = (*l)[:last]
	return s
}
