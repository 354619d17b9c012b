package loadgen

import (
	"time"

	"gonogo/measure"
)

// isSettled tells whether a user needs no setup, or no more of it.
func (w *walk) isSettled(p pick) bool {
	return w.settled[p.n] || len(w.run.flows[p.n].setup.ops) == 0
}

// settle makes a user ready for an iteration: its setup is done, once. It returns
// false where a step of that failed, and is tried again with the next iteration.
func (w *walk) settle(p pick, now time.Duration) bool {
	if w.isSettled(p) {
		return true
	}
	w.session.Reset()
	w.settled[p.n] = w.quietly(w.run.flows[p.n].setup, measure.Setup, now)
	if w.settled[p.n] {
		w.session.Mark()
	}
	return w.settled[p.n]
}

// tearDown performs what a user does after its last iteration, for each flow whose
// setup went well. The run's grace period is its time, too.
func (w *walk) tearDown() {
	w.over = true
	for n, f := range w.run.flows {
		if len(f.teardown.ops) == 0 || !w.settled[n] && (len(f.setup.ops) > 0 || !w.ran[n]) {
			continue
		}
		w.session.Reset()
		w.quietly(f.teardown, measure.Teardown, w.run.clock.Now())
	}
}

// quietly performs a program that is not judged, and tells whether it went well.
func (w *walk) quietly(p *program, phase measure.Phase, now time.Duration) bool {
	w.enter(p, 0, now, now)
	for w.advance(true) {
		w.run.prepare(w.slot, w.call.Outcome.Step, w.run.clock.Now(), w.due, w.ready)
		w.call.Outcome.Phase = phase
		w.due = w.run.finish(w.slot)
		w.ready = w.due
		w.account()
		if w.call.Outcome.Class != measure.OK {
			w.leave(0, w.call.Outcome.Class)
			return false
		}
	}
	return w.at == len(p.ops)
}

// rest is a pause of a teardown after the run has stopped. It returns false where the
// grace period would be over behind it.
func (w *walk) rest(pause time.Duration) bool {
	if w.run.clock.Now()+pause >= time.Duration(w.run.cutoff.Load()) {
		return false
	}
	time.Sleep(pause)
	w.due = w.run.clock.Now()
	w.ready = w.due
	return true
}
