package machine

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// StartOf returns when a process started, and whether there is one.
func StartOf(pid int) (started string, there bool) {
	p, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil || p.Proc.P_pid != int32(pid) {
		return "", false
	}
	return fmt.Sprintf("%d.%06d", p.Proc.P_starttime.Sec, p.Proc.P_starttime.Usec), true
}

// BootID is not needed: starts are told by the time of day.
func BootID() string { return "" }
