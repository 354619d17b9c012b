package h3load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"gonogo/loadgen/httpload"
	"gonogo/measure"
)

// A failure is an error whose class is known where it happens.
type failure struct {
	class measure.Class
	err   error
}

func (e *failure) Error() string { return e.err.Error() }
func (e *failure) Unwrap() error { return e.err }

// unconnected says what became of a connection that was to be opened.
func unconnected(err error) error {
	transport, ok := errors.AsType[*quic.TransportError](err)
	switch {
	case ok && transport.ErrorCode.IsCryptoError():
		return httpload.TLSError(inner(transport))
	case ok && !transport.Remote && transport.ErrorCode != quic.InternalError:
		return &failure{measure.Malformed, fmt.Errorf("QUIC: %w", err)}
	case timedOut(err):
		return err
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		err = errno // all that is around it says that the transport was closed
	}
	return httpload.ConnectError(err)
}

// inner is what TLS itself says of a handshake that failed.
func inner(e *quic.TransportError) error {
	for _, err := range e.Unwrap() {
		if err != nil && !errors.Is(err, net.ErrClosed) {
			return err
		}
	}
	return e
}

func timedOut(err error) bool {
	_, handshake := errors.AsType[*quic.HandshakeTimeoutError](err)
	return handshake || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
}

// errIdle is what is left of a connection on which nothing was heard for too long.
var errIdle = errors.New("the connection ended: nothing was heard from the peer for as long as it allows")

// ended says why an answer did not come, or not to its end.
func ended(err error) error {
	if _, ok := errors.AsType[*failure](err); ok || err == nil || httpload.Classify(err) != measure.Reset {
		return err // it says itself what it is
	}
	if _, ok := errors.AsType[*quic.IdleTimeoutError](err); ok {
		return &failure{measure.Reset, errIdle}
	}
	if e, ok := errors.AsType[*http3.Error](err); ok {
		return &failure{classOf(e.Remote), fmt.Errorf("HTTP/3: %w", e)}
	}
	if e, ok := errors.AsType[*quic.ApplicationError](err); ok {
		return &failure{classOf(e.Remote), fmt.Errorf("HTTP/3: %w", e)}
	}
	if e, ok := errors.AsType[*quic.TransportError](err); ok {
		if e.ErrorCode.IsCryptoError() {
			return httpload.TLSError(inner(e))
		}
		return &failure{classOf(e.Remote), fmt.Errorf("QUIC: %w", e)}
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return fmt.Errorf("the connection ended: %w", errno)
	}
	_, gone := errors.AsType[*quic.StatelessResetError](err)
	if gone || errors.Is(err, net.ErrClosed) {
		return &failure{measure.Reset, fmt.Errorf("the connection ended: %w", err)}
	}
	if timedOut(err) {
		return err
	}
	return &failure{measure.Malformed, fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "http3: "))}
}

// classOf is the class of an end that somebody gave a reason for. What we find wrong
// is an answer that breaks the protocol; what the peer does is an end.
func classOf(remote bool) measure.Class {
	if remote {
		return measure.Reset
	}
	return measure.Malformed
}

// unseen tells whether the peer has not looked at the request: it said so, no stream
// was opened for it, or the connection ended in good order before an answer began. That
// end may be the library's, which closes an idle connection after a GOAWAY: a request
// that begins just then has sent nothing.
func unseen(err error, answered bool) bool {
	if e, ok := errors.AsType[*http3.Error](err); ok {
		_, closed := errors.AsType[*quic.ApplicationError](err)
		return e.Remote && e.ErrorCode == http3.ErrCodeRequestRejected || closed && e.ErrorCode == http3.ErrCodeNoError && !answered
	}
	return strings.Contains(err.Error(), "conn unusable") // the type is the library's own
}

// classify gives a failure its class.
func classify(err error) measure.Class {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.class
	}
	return httpload.Classify(err)
}
