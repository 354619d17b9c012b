package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// signalled is the cause of a context that a signal ended.
type signalled struct{ os.Signal }

func (s signalled) Error() string { return fmt.Sprintf("stopped by %v", s.Signal) }

// code is what shells expect of a program that the signal ended.
func (s signalled) code() int {
	if n, ok := s.Signal.(syscall.Signal); ok {
		return 128 + int(n)
	}
	return exitFailure
}

// untilSignal returns a context that the first SIGINT or SIGTERM ends, so that a
// run can drain and write its report; the second ends the program, unless that is
// saving just then, which takes a moment and must not be left half done.
//
// A signal that was ignored when we started stays ignored: a shell does that for
// a job in the background, and listening would undo it.
func untilSignal(parent context.Context, saving *sync.Mutex) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	go func() {
		cancel(signalled{<-signals})
		second := signalled{<-signals}
		saving.Lock()
		os.Exit(second.code())
	}()
	return ctx, func() { signal.Stop(signals) }
}

// signalCode returns the exit code of the signal that ended ctx, or 0.
func signalCode(ctx context.Context) int {
	if s, ok := context.Cause(ctx).(signalled); ok {
		return s.code()
	}
	return 0
}
