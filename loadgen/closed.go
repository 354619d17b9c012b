package loadgen

import (
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
	model := r.Plan.Closed
	n := newNap()
	start := time.Duration(float64(r.Plan.Ramp) * float64(i) / float64(model.Users))
	if !m.until(n, start) {
		return
	}
	s := r.newSlot(i)
	defer r.endSlot(s)
	r.users.Add(1)
	defer r.users.Add(-1)

	random := r.Plan.random(userRow + i)
	steps := r.Plan.picker(random)
	due := start
	if start == 0 {
		due = r.clock.Now() // nobody planned how long it takes to make the users
	}
	for r.due(due) && m.until(n, due) && !r.isOver() {
		seen := r.iterate(s, steps.pick(), due)
		if model.Pacing > 0 {
			due += model.Pacing
		} else {
			due = seen + model.ThinkTime.draw(random)
		}
	}

	left := r.newBacklog() // of a user that is behind its pacing
	for ; model.Pacing > 0 && r.isOver() && r.due(due); due += model.Pacing {
		left.add(due, steps.pick())
	}
	left.record()
}
