package machine

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// Spent returns how long a processor worked while do ran. What do waited for one, on a
// busy machine, is not in it.
func Spent(do func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	began := clock(unix.CLOCK_THREAD_CPUTIME_ID)
	do()
	return clock(unix.CLOCK_THREAD_CPUTIME_ID) - began
}
