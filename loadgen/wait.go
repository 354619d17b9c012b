package loadgen

import "time"

// A pause waits for instants of the run with Go's timers. One goroutine owns it.
type pause struct {
	run   *run
	timer *time.Timer
}

func (r *run) newPause() *pause { return &pause{run: r} }

// until waits for the instant t. It returns false when the run stops first.
func (p *pause) until(t time.Duration) bool {
	wait := t - p.run.clock.Now()
	if wait <= 0 {
		return true
	}
	if p.timer == nil {
		p.timer = time.NewTimer(wait)
	} else {
		p.timer.Reset(wait)
	}
	select {
	case <-p.timer.C:
		return true
	case <-p.run.stop:
		return false
	}
}

func (p *pause) stop() {
	if p.timer != nil {
		p.timer.Stop()
	}
}

// An alarm is what the open model waits with: as punctual as the platform allows.
type alarm interface {
	until(t time.Duration) bool
	stop()
}

func (r *run) newAlarm() alarm {
	if !r.GoTimers {
		if a := newThreadAlarm(r); a != nil {
			return a
		}
	}
	return r.newPause()
}

func timerName(goTimers bool) string {
	if goTimers || threadTimer == "" {
		return "Go timers"
	}
	return threadTimer
}
