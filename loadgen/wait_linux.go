package loadgen

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

const threadTimer = "clock_nanosleep on a thread of its own"

const (
	maxNap  = 50 * time.Millisecond // how late a stop may be noticed
	tooSoon = 20 * time.Microsecond // shorter than a sleep can be: wait awake
)

// threadAlarm sleeps in the kernel on a thread of its own. Go's timers ride on
// epoll, which rounds to milliseconds.
type threadAlarm struct {
	run   *run
	epoch int64 // the run's start on CLOCK_MONOTONIC
}

// newThreadAlarm locks the calling goroutine to its thread until stop.
func newThreadAlarm(r *run) alarm {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) != nil {
		return nil
	}
	runtime.LockOSThread()
	// Without it the kernel may round a sleep up by 50 µs. It can only be refused
	// where it does not exist, and then the sleep is that much less punctual.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	return &threadAlarm{run: r, epoch: now.Nano() - int64(r.clock.Now())}
}

func (a *threadAlarm) until(t time.Duration) bool {
	for {
		now := a.run.clock.Now()
		if now >= t {
			return true
		}
		if a.run.stopped() {
			return false
		}
		if t-now < tooSoon {
			continue
		}
		wake := unix.NsecToTimespec(a.epoch + int64(min(t, now+maxNap)))
		_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &wake, nil) // cut short by a signal: the loop goes on
	}
}

func (a *threadAlarm) stop() { runtime.UnlockOSThread() }
