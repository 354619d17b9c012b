//go:build !linux && !darwin && !windows

package soak

import "syscall"

// startOf tells whether there is such a process. When it started is not known, so
// a number that was given away again is taken for the run's.
func startOf(pid int) (started string, there bool) {
	return "", syscall.Kill(pid, 0) == nil
}

func bootID() string { return "" }
