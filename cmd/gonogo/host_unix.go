//go:build unix

package main

import "golang.org/x/sys/unix"

// descriptorLimit is how many descriptors this process may have. Go has raised
// the soft limit to the hard one already.
func descriptorLimit() uint64 {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) != nil {
		return 1 << 62
	}
	return uint64(l.Cur)
}
