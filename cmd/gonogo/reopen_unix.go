//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// onReopen calls fn for each SIGUSR1 until stop is called: after its log was
// rotated, a program is told to open the new one.
func onReopen(fn func()) (stop func()) {
	signals, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, syscall.SIGUSR1)
	go func() {
		defer close(done)
		for range signals {
			fn()
		}
	}()
	return func() {
		signal.Stop(signals)
		close(signals)
		<-done
	}
}
