package wsload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/coder/websocket"

	"gonogo/loadgen/httpload"
	"gonogo/loadgen/opening"
	"gonogo/measure"
)

// errForwarded refuses what proxies do not do.
var errForwarded = errors.New("an HTTP proxy does not forward WebSocket in clear text; use wss, or a SOCKS proxy")

// closedError is a connection that the server closed by the rules, when a step still
// needed it.
type closedError struct {
	code   websocket.StatusCode
	reason string
}

func (e *closedError) Error() string {
	text := fmt.Sprintf("the server closed the connection, code %d", int(e.code))
	if e.code == websocket.StatusNoStatusRcvd {
		text = "the server closed the connection"
	}
	if e.reason != "" {
		text += fmt.Sprintf(": %q", e.reason)
	}
	return text
}

// unfitError is a wait that no message ended.
type unfitError struct {
	looked int
	last   error // what was wrong with the last of them
}

func (e *unfitError) Error() string {
	if e.looked == 0 {
		return "no message within the time"
	}
	return fmt.Sprintf("no message that fits within the time: %d came, the last one: %v", e.looked, e.last)
}

// bare is what the library says without the steps that led there.
func bare(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// ended says why there is no more to read.
func ended(err error, c *opening.Conn) error {
	if closed, ok := errors.AsType[websocket.CloseError](err); ok {
		return &closedError{closed.Code, closed.Reason}
	}
	if httpload.Classify(err) == measure.Malformed {
		return err
	}
	if c.Failed() != nil {
		return httpload.Ended(c.Failed(), c.Received())
	}
	if errors.Is(err, net.ErrClosed) {
		return httpload.Ended(io.EOF, c.Received())
	}
	return httpload.Malformed("%s", strings.TrimPrefix(bare(err).Error(), "WebSocket protocol violation: "))
}

// classify gives a failure its class.
func classify(err error) measure.Class {
	if _, closed := errors.AsType[*closedError](err); closed {
		return measure.Reset
	}
	if _, unfit := errors.AsType[*unfitError](err); unfit {
		return measure.Timeout
	}
	return opening.Classify(err)
}

// errNoFarewell is a close that the server did not answer in the library's time.
var errNoFarewell = fmt.Errorf("the server does not answer the close frame: %w", context.DeadlineExceeded)
