//go:build unix

package terminal

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// obeys tells whether the terminal follows escapes: they all do here.
func obeys(*os.File) bool { return true }

// inForeground tells whether the terminal is that of our group of processes. One
// that does not say so is nobody else's.
func inForeground(f *os.File) bool {
	group, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err != nil || group == unix.Getpgrp()
}

// Follow tells of every change of the terminal's size, and that this process goes on
// after it was stopped, until stop is called.
func Follow() (resized, continued <-chan os.Signal, stop func()) {
	sizes, stops := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(sizes, syscall.SIGWINCH)
	signal.Notify(stops, syscall.SIGCONT)
	return sizes, stops, func() {
		signal.Stop(sizes)
		signal.Stop(stops)
	}
}
