// Command gonogo answers one question: may this release go live?
//
// main.go runs a command line and turns what comes of it into an exit code;
// root.go lists the commands, each in a file of its own; settings.go joins flags,
// environment and file; preflight.go looks before a run; progress.go and view.go
// show how it goes; metrics.go lets other programs hear of it, and receivers.go says
// which; output.go and finish.go give the report out.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc/grpclog"

	"gonogo/internal/terminal"
)

// stdio is where a command reads and writes. Data goes to out, all else to err.
type stdio struct {
	in  io.Reader
	out io.Writer
	err io.Writer
	env func(string) (string, bool)
	// saving is held while files are written: not even a second signal interrupts it.
	saving *sync.Mutex
	hasty  *atomic.Bool // set where the first signal ends the command; nil: none does
	// environ lists the environment as os.Environ does.
	environ []string
}

func main() {
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, io.Discard)) // what fails, calls say themselves
	log.SetOutput(io.Discard)                                                    // likewise what net/http has to say of them
	var saving sync.Mutex
	var hasty atomic.Bool
	ctx, stop := untilSignal(context.Background(), &saving, &hasty)
	std := stdio{saving: &saving, hasty: &hasty, in: os.Stdin, out: os.Stdout, err: terminal.NewStream(os.Stderr), env: os.LookupEnv, environ: os.Environ()}
	code := run(ctx, os.Args[1:], std)
	stop()
	os.Exit(code)
}

// run performs one command line and returns its exit code.
func run(ctx context.Context, args []string, std stdio) int {
	root := newRoot(std)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var exit *exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &exit):
		exit.print(std.err)
		return exit.code
	default: // cobra's own: an unknown command or flag
		fmt.Fprintf(std.err, "gonogo: %v\n", err)
		fmt.Fprintf(std.err, "gonogo: hint: %s\n", misreadHint(root, args, err))
		return exitUsage
	}
}

// The exit codes. `gonogo help exit-codes` prints them; the verdicts' own are in
// package decision.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 3
	exitUnreachable = 4
)

// exitError ends the program with a code of its own.
type exitError struct {
	code int
	err  error    // nil: everything was said already
	hint []string // how to go on
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// print writes every line of the error, and every hint, as a line of its own.
func (e *exitError) print(w io.Writer) {
	if e.err != nil {
		for line := range strings.SplitSeq(strings.TrimRight(e.err.Error(), "\n"), "\n") {
			fmt.Fprintf(w, "gonogo: %s\n", line)
		}
	}
	for _, h := range e.hint {
		fmt.Fprintf(w, "gonogo: hint: %s\n", h)
	}
}

// usageError is a command line that cannot be followed; nothing was sent.
func usageError(err error, hint ...string) error {
	return &exitError{code: exitUsage, err: err, hint: hint}
}

// failure is what gonogo itself could not do.
func failure(err error, hint ...string) error {
	return &exitError{code: exitFailure, err: err, hint: hint}
}
