package httpload

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"gonogo/loadgen"
	"gonogo/measure"
)

// connectError is a connection that could not be opened.
type connectError struct{ err error }

func (e *connectError) Error() string { return fmt.Sprintf("connect: %v", bare(e.err)) }
func (e *connectError) Unwrap() error { return e.err }

// tlsError is a handshake that failed.
type tlsError struct{ err error }

func (e *tlsError) Error() string {
	return "tls: " + strings.TrimPrefix(bare(e.err).Error(), "tls: ")
}
func (e *tlsError) Unwrap() error { return e.err }

// statusError is an answer with a status that the step does not expect.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("HTTP %d", int(e)) }

// writeError is a request that cannot be written: a variable has no value, or one
// that does not fit. Nothing of it is the target's failure.
type writeError struct{ err error }

func (e *writeError) Error() string { return "write the request: " + e.err.Error() }
func (e *writeError) Unwrap() error { return e.err }

var (
	errTimeout  = errors.New("no complete answer within the timeout")
	errNoAnswer = errors.New("the connection ended before the answer began")
	errCutShort = errors.New("the connection ended within the answer")
)

// classify gives a failure its class.
func classify(err error) measure.Class {
	var (
		connect   *connectError
		handshake *tlsError
		status    statusError
		record    tls.RecordHeaderError
		unwritten *writeError
		alert     *net.OpError // as crypto/tls says it, with a type of its own within
	)
	switch {
	case loadgen.IsCheck(err):
		return measure.Check
	case errors.As(err, &status):
		return measure.Status
	case errors.Is(err, errMalformed):
		return measure.Malformed
	case local(err), errors.As(err, &unwritten):
		return measure.Local
	case errors.Is(err, errTimeout), errors.Is(err, os.ErrDeadlineExceeded),
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return measure.Timeout
	case errors.As(err, &handshake), errors.As(err, &record),
		errors.As(err, &alert) && (alert.Op == "remote error" || alert.Op == "local error"):
		return measure.TLS
	case errors.As(err, &connect) && !errors.Is(err, syscall.ECONNRESET): // a reset comes after the connection was made
		return measure.Connect
	default:
		return measure.Reset
	}
}

// local tells whether it was our own limits that failed, and not the target.
func local(err error) bool {
	for _, errno := range []syscall.Errno{
		syscall.EADDRNOTAVAIL, syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM,
	} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

// ended says what the end of a connection means, which the kernel tells in many
// ways, when so many bytes of the answer had come.
func ended(err error, got int64) error {
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) &&
		!errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		return err
	}
	if got == 0 {
		return fmt.Errorf("%w: %w", errNoAnswer, bare(err))
	}
	return fmt.Errorf("%w, after %d bytes: %w", errCutShort, got, bare(err))
}

// bare takes the "dial tcp address:" off an error whose text says it already.
func bare(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Err != nil {
		return op.Err
	}
	return err
}
