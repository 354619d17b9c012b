package loadgen

import (
	"encoding/binary"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

const threadTimer = "a thread that sleeps in the kernel, timer slack 1 ns"

// tooSoon is shorter than a sleep can be: wait awake.
const tooSoon = 10 * time.Microsecond

// threadAlarm sleeps in the kernel on a thread of its own. Go's timers ride on
// epoll, which rounds to milliseconds; ppoll takes nanoseconds, and an eventfd
// can cut it short.
type threadAlarm struct {
	clock Clock
	event int
}

// newThreadAlarm locks the calling goroutine to its thread until stop. It
// returns nil where the kernel refuses.
func newThreadAlarm(c Clock) alarm {
	event, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil
	}
	runtime.LockOSThread()
	// Without it the kernel may round a sleep up by 50 µs. It can only be refused
	// where it does not exist, and then the sleep is that much less punctual.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	return &threadAlarm{clock: c, event: event}
}

func (a *threadAlarm) sleep(t time.Duration) {
	left := t - a.clock.Now()
	if left < tooSoon {
		for a.clock.Now() < t {
		}
		return
	}
	timeout := unix.NsecToTimespec(int64(left))
	fds := []unix.PollFd{{Fd: int32(a.event), Events: unix.POLLIN}}
	if n, err := unix.Ppoll(fds, &timeout, nil); err == nil && n > 0 {
		var count [8]byte
		_, _ = unix.Read(a.event, count[:]) // it only has to be empty again
	}
}

func (a *threadAlarm) wake() {
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	_, _ = unix.Write(a.event, one[:]) // full means that a wake is pending already
}

// stop leaves the thread locked: it ends with the goroutine, and its timer slack
// with it.
func (a *threadAlarm) stop() { _ = unix.Close(a.event) }
