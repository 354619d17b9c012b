package terminal

import (
	"os"

	"golang.org/x/sys/windows"
)

// obeys tells whether the console follows escapes, which older ones do only when told.
func obeys(f *os.File) bool {
	console, mode := windows.Handle(f.Fd()), uint32(0)
	if windows.GetConsoleMode(console, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}

// inForeground: a console has no background.
func inForeground(*os.File) bool { return true }

// Follow tells of nothing: no signal says that a console has changed.
func Follow() (resized, continued <-chan os.Signal, stop func()) { return nil, nil, func() {} }
