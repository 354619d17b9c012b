//go:build unix

package machine

import (
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime is what this process has used, in user code and in the kernel.
func cpuTime() time.Duration {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return Unknown
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
