package loadgen

import (
	"errors"
	"sync/atomic"
	"time"

	"gonogo/measure"
)

var errLate = errors.New("the answer was complete only after the timeout")

var errCensored = errors.New("still open when the grace period ended")

// A slot is one Sender with the call that it works on. What every request needs
// comes first and fills three lines of a cache.
type slot struct {
	call   Call
	sender Sender
	shard  *shard
	issued int64

	starter Starter // the Sender, where it is one
	look    look
	walk    *walk        // nil where the plan has no flows
	since   atomic.Int64 // when the first step of the group that is open was due; 0: none is
	_       [16]byte
}

// free is since when nothing is under way; only who may begin a call may ask.
func (s *slot) free() time.Duration { return s.call.Outcome.Done }

func (r *run) newSlot(i int) *slot {
	u := User{Number: i, Clock: r.clock}
	if len(r.flows) > 0 {
		u.Session = r.NewSession(i)
		if i == 0 {
			r.first = u.Session
		}
	}
	s := &slot{sender: r.Protocol.NewSender(u), shard: r.shards[i%len(r.shards)]}
	s.starter, _ = s.sender.(Starter)
	s.call.cutoff = &r.cutoff
	if len(r.flows) > 0 {
		s.walk = r.newWalk(s, u)
	}
	r.watch.add(s)
	return s
}

// endSlot closes the slot's Sender.
func (r *run) endSlot(s *slot) {
	if s.walk != nil {
		s.walk.tearDown()
	}
	r.watch.remove(s)
	s.sender.Close()
	r.issued.Add(s.issued)
}

// prepare makes the slot's call that of a new request, which only we ourselves kept
// from being sent from ready on.
func (r *run) prepare(s *slot, step int, now, due, ready time.Duration) {
	s.issued++
	s.call.Outcome = measure.Outcome{Step: step, Phase: r.Plan.PhaseAt(due), Due: due, Ready: ready}
	s.call.Began = now
	s.call.due.Store(int64(due))
	s.call.until.Store(int64(now + r.timeouts[step]))
}

// finish performs the prepared call.
func (r *run) finish(s *slot) time.Duration {
	o, until := &s.call.Outcome, s.call.Until()
	s.sender.Send(&s.call)
	if o.Class == measure.Timeout && o.Read < until && s.call.cut(o.Read) {
		o.Class, o.Err = measure.Censored, errCensored
	}
	if o.Class == measure.OK && o.Done > until {
		o.Class, o.Err = measure.Timeout, errLate
	}
	if o.Void {
		s.issued--
	} else {
		s.shard.record(o)
	}
	s.call.until.Store(0) // not before: whoever sees it finds the outcome recorded
	return o.Read
}

// iterate performs an iteration: one step, or a flow.
func (r *run) iterate(s *slot, p pick, now, due, ready time.Duration) time.Duration {
	if s.walk == nil {
		r.prepare(s, p.n+p.other, now, due, ready)
		return r.finish(s)
	}
	return s.walk.iterate(p, now, due, ready)
}
