package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/spf13/cobra"
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

// stopSignals are those that end a run in good order. A terminal that goes away
// sends the last one.
func stopSignals() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} }

// heeded are the stop signals that were not ignored when we started. The others
// stay so: a shell ignores SIGINT for a job in the background, and nohup SIGHUP, and
// to listen would undo it.
func heeded() []os.Signal {
	var all []os.Signal
	for _, s := range stopSignals() {
		if !signal.Ignored(s) {
			all = append(all, s)
		}
	}
	return all
}

// untilSignal returns a context that the first stop signal ends, so that a run can
// drain and write its report; the second ends the program, unless that is saving
// just then, which takes a moment and must not be left half done. A hangup is never
// the second: shells and the kernel both send one. Of a hasty command the first one is
// as the second.
func untilSignal(parent context.Context, saving *sync.Mutex, hasty *atomic.Bool) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	for _, s := range heeded() {
		signal.Notify(signals, s)
	}
	go func() {
		first := <-signals
		cancel(signalled{first})
		if hasty.Load() {
			saving.Lock()
			os.Exit(signalled{first}.code())
		}
		second := <-signals
		for second == syscall.SIGHUP {
			second = <-signals
		}
		saving.Lock()
		os.Exit(signalled{second}.code())
	}()
	return ctx, func() { signal.Stop(signals) }
}

// hastily has the first signal end a command that has nothing to end in good order, and
// would wait on for what never comes, such as the other end of a pipe.
func hastily(cmd *cobra.Command, std stdio) *cobra.Command {
	cmd.PreRun = func(*cobra.Command, []string) {
		if std.hasty != nil {
			std.hasty.Store(true)
		}
	}
	return cmd
}

// signalCode returns the exit code of the signal that ended ctx, or 0.
func signalCode(ctx context.Context) int {
	if s, ok := context.Cause(ctx).(signalled); ok {
		return s.code()
	}
	return 0
}
