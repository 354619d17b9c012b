package loadgen

import (
	"container/heap"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// An alarm sleeps until an instant of the run, as punctually as the platform
// can. One goroutine uses it, the one that made it; wake comes from any.
type alarm interface {
	// sleep returns at t, or earlier after wake, or for no reason at all.
	sleep(t time.Duration)
	wake()
	stop()
}

// newAlarm returns the best alarm there is for the calling goroutine, and what
// ends it. The run's stop wakes it.
func (r *run) newAlarm() (alarm, func()) {
	var a alarm
	switch {
	case r.makeAlarm != nil:
		a = r.makeAlarm(r.clock)
	case !r.GoTimers:
		a = newThreadAlarm(r.clock)
	}
	if a == nil {
		a = &timerAlarm{clock: r.clock, woken: make(chan struct{}, 1)}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.alarms = append(r.alarms, a)
	return a, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.alarms = slices.DeleteFunc(r.alarms, func(b alarm) bool { return a == b })
		a.stop()
	}
}

// wakeAll wakes every alarm: whoever sleeps looks at the run again.
func (r *run) wakeAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range r.alarms {
		a.wake()
	}
}

func timerName(goTimers bool) string {
	if goTimers || threadTimer == "" {
		return "Go timers"
	}
	return threadTimer
}

// timerAlarm sleeps with Go's timers, which may be a millisecond late.
type timerAlarm struct {
	clock Clock
	timer *time.Timer
	woken chan struct{} // holds one
}

func (a *timerAlarm) sleep(t time.Duration) {
	left := t - a.clock.Now()
	if left <= 0 {
		return
	}
	if a.timer == nil {
		a.timer = time.NewTimer(left)
	} else {
		a.timer.Reset(left)
	}
	select {
	case <-a.timer.C:
	case <-a.woken:
	}
}

func (a *timerAlarm) wake() {
	select {
	case a.woken <- struct{}{}:
	default:
	}
}

func (a *timerAlarm) stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
}

// sleepUntil sleeps until t. It returns false when the run stops first; what is
// due already is due, stopped or not.
func (r *run) sleepUntil(a alarm, t time.Duration) bool {
	for r.clock.Now() < t {
		if r.stopped() {
			return false
		}
		a.sleep(t)
	}
	return true
}

// A metronome wakes users when they are due: one goroutine with one alarm for
// all of them, since not every user can have a thread.
type metronome struct {
	run  *run
	over atomic.Bool // set before the last wake

	mu      sync.Mutex
	alarm   alarm // nil before the goroutine runs
	waiting naps
}

// nap is a user's wait.
type nap struct {
	at   time.Duration
	over chan struct{} // holds one
}

func newNap() *nap { return &nap{over: make(chan struct{}, 1)} }

// until waits for the instant t and returns when that was over, or false when the
// run stops first.
func (m *metronome) until(n *nap, t time.Duration) (time.Duration, bool) {
	if now := m.run.clock.Now(); t <= now {
		return now, true
	}
	return m.nap(n, t)
}

func (m *metronome) nap(n *nap, t time.Duration) (time.Duration, bool) {
	n.at = t
	m.add(n)
	select {
	case <-n.over:
		return m.run.clock.Now(), true
	case <-m.run.stop:
		return 0, false // the nap is left behind, its user ends
	}
}

func (m *metronome) add(n *nap) {
	m.mu.Lock()
	defer m.mu.Unlock()
	heap.Push(&m.waiting, n)
	if m.waiting[0] == n && m.alarm != nil {
		m.alarm.wake()
	}
}

// beat wakes users until end.
func (m *metronome) beat() {
	a, stop := m.run.newAlarm()
	defer stop()
	m.mu.Lock()
	m.alarm = a
	m.mu.Unlock()
	for !m.over.Load() {
		a.sleep(m.call())
	}
}

// end lets beat return.
func (m *metronome) end() {
	m.over.Store(true)
	m.run.wakeAll()
}

// idle is how long a metronome sleeps when nobody waits; who comes wakes it.
const idle = time.Hour

// call wakes those who are due and returns when the next one is.
func (m *metronome) call() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.run.clock.Now()
	for len(m.waiting) > 0 && m.waiting[0].at <= now {
		heap.Pop(&m.waiting).(*nap).over <- struct{}{}
	}
	if len(m.waiting) == 0 {
		return now + idle
	}
	return m.waiting[0].at
}

// naps is a heap, the next to end first.
type naps []*nap

func (n naps) Len() int           { return len(n) }
func (n naps) Less(i, j int) bool { return n[i].at < n[j].at }
func (n naps) Swap(i, j int)      { n[i], n[j] = n[j], n[i] }
func (n *naps) Push(x any)        { *n = append(*n, x.(*nap)) }

func (n *naps) Pop() any {
	last := len(*n) - 1
	x := (*n)[last]
	(*n)[last] = nil
	*n = (*n)[:last]
	return x
}
