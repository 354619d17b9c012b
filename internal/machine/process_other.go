//go:build !linux && !darwin && !windows

package machine

import "syscall"

// StartOf tells whether there is such a process. When it started is not known, so
// a number that was given away again is taken for the run's.
func StartOf(pid int) (started string, there bool) {
	return "", syscall.Kill(pid, 0) == nil
}

// BootID is not known.
func BootID() string { return "" }
