package loadgen

import (
	"math/rand/v2"
	"sync"
	"time"
)

// closed runs the closed model: every user is a goroutine with a connection of
// its own, that waits for its answer before it goes on.
func (r *run) closed(l Load) {
	var users sync.WaitGroup
	for i := range l.Closed.Users {
		users.Go(func() { r.user(l, i) })
	}
	users.Wait()
}

// user lives from its place in the ramp to the end of the run.
func (r *run) user(l Load, i int) {
	n := newNap()
	start := time.Duration(float64(r.Plan.Ramp) * float64(i) / float64(l.Closed.Users))
	now, goes := r.metronome.until(n, start)
	if !goes {
		return
	}
	i += l.first
	s := r.newSlot(i)
	defer r.endSlot(s)
	r.users.Add(1)
	defer r.users.Add(-1)
	if start == 0 {
		start = now // nobody planned how long it takes to make the users
	}
	random := r.Plan.random(userRow + i)
	u := &closedUser{run: r, slot: s, model: l.Closed, nap: n, picks: r.Plan.picker(l, random, i), random: random}
	if l.Closed.Pacing > 0 {
		u.paced(start)
	} else {
		u.thinking(start)
	}
	if u.isThrough() {
		r.through.Add(1)
	}
}

// A closedUser is one user of the closed model.
type closedUser struct {
	*run
	*slot
	model  *Closed
	nap    *nap
	picks  picker
	random *rand.Rand
	times  int // iterations so far
}

// isThrough tells whether the user has done all that it is to do.
func (u *closedUser) isThrough() bool {
	return u.model.Iterations > 0 && u.times >= u.model.Iterations || u.walk != nil && u.walk.ended
}

// thinking is a user that comes back some time after its answer. Its request is due
// when it came back: how late we let it come back is kept, as our own lateness, but
// it is nothing that the target made anybody wait.
func (u *closedUser) thinking(wanted time.Duration) {
	for u.due(wanted) && !u.isThrough() {
		now, goes := u.metronome.until(u.nap, wanted)
		if !goes || !u.due(now) {
			return
		}
		u.times++
		seen := u.iterate(u.slot, u.picks.pick(), now, now, wanted)
		wanted = seen + u.model.ThinkTime.draw(u.random)
	}
}

// paced is a user whose iterations are due at their own times, whether or not it
// is back from the one before.
func (u *closedUser) paced(due time.Duration) {
	pacing := u.model.Pacing
	for ; u.due(due) && !u.isThrough(); due += pacing {
		now, goes := u.metronome.until(u.nap, due)
		if !goes {
			return
		}
		if u.isOver() {
			break
		}
		u.times++
		u.iterate(u.slot, u.picks.pick(), now, due, max(due, u.free()))
	}
	left := u.newBacklog()
	for ; u.due(due) && !u.isThrough(); due += pacing { // given up
		u.times++
		left.add(due, u.picks.pick())
	}
	left.record()
}
