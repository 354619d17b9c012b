package machine

import (
	"strconv"

	"golang.org/x/sys/windows"
)

// StartOf returns when a process started, and whether there is one that goes on.
func StartOf(pid int) (started string, there bool) {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return "", false
	}
	defer func() { _ = windows.CloseHandle(h) }()
	const stillActive = 259
	var code uint32
	if windows.GetExitCodeProcess(h, &code) != nil || code != stillActive {
		return "", false
	}
	var creation, exit, kernel, user windows.Filetime
	if windows.GetProcessTimes(h, &creation, &exit, &kernel, &user) != nil {
		return "", false
	}
	return strconv.FormatInt(creation.Nanoseconds(), 10), true
}

// BootID is not needed: starts are told by the time of day.
func BootID() string { return "" }
