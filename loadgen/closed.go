package loadgen

import (
	"math/rand/v2"
	"sync"
	"time"
)

// closed runs the closed model: every user is a goroutine with a connection of
// its own, that waits for its answer before it goes on.
func (r *run) closed() {
	m := &metronome{run: r}
	var beating sync.WaitGroup
	beating.Go(m.beat)

	var users sync.WaitGroup
	for i := range r.Plan.Closed.Users {
		users.Go(func() { r.user(i, m) })
	}
	users.Wait()
	m.end()
	beating.Wait()
}

// user lives from its place in the ramp to the end of the run.
func (r *run) user(i int, m *metronome) {
	n := newNap()
	start := time.Duration(float64(r.Plan.Ramp) * float64(i) / float64(r.Plan.Closed.Users))
	now, goes := m.until(n, start)
	if !goes {
		return
	}
	s := r.newSlot(i)
	defer r.endSlot(s)
	r.users.Add(1)
	defer r.users.Add(-1)
	if start == 0 {
		start = now // nobody planned how long it takes to make the users
	}
	random := r.Plan.random(userRow + i)
	if r.Plan.Closed.Pacing > 0 {
		r.paced(s, m, n, start, r.Plan.picker(random, i))
	} else {
		r.thinking(s, m, n, start, r.Plan.picker(random, i), random)
	}
}

// thinking is a user that comes back some time after its answer. Its request is due
// when it came back: how late we let it come back is kept, as our own lateness, but
// it is nothing that the target made anybody wait.
func (r *run) thinking(s *slot, m *metronome, n *nap, wanted time.Duration, steps picker, random *rand.Rand) {
	for r.due(wanted) {
		now, goes := m.until(n, wanted)
		if !goes || !r.due(now) {
			return
		}
		seen := r.iterate(s, steps.pick(), now, now, wanted)
		wanted = seen + r.Plan.Closed.ThinkTime.draw(random)
	}
}

// paced is a user whose iterations are due at their own times, whether or not it
// is back from the one before.
func (r *run) paced(s *slot, m *metronome, n *nap, due time.Duration, steps picker) {
	pacing := r.Plan.Closed.Pacing
	for ; r.due(due); due += pacing {
		now, goes := m.until(n, due)
		if !goes {
			return
		}
		if r.isOver() {
			break
		}
		r.iterate(s, steps.pick(), now, due, max(due, s.free()))
	}
	left := r.newBacklog()
	for ; r.due(due); due += pacing { // given up
		left.add(due, steps.pick())
	}
	left.record()
}
