package journal

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lock takes the lock on a file for as long as it is open, and tells whether
// somebody else has it. The kernel gives it back when a process dies. It is on a
// byte far behind the text, which everybody must be able to read.
func lock(f *os.File) (taken bool, err error) {
	at := &windows.Overlapped{OffsetHigh: 1}
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err = windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, at)
	return errors.Is(err, windows.ERROR_LOCK_VIOLATION), err
}

// syncFolder does nothing: Windows has no such call, and keeps names by itself.
func syncFolder(string) error { return nil }
