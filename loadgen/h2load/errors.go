package h2load

import (
	"bytes"
	"errors"
	"fmt"

	"golang.org/x/net/http2"

	"gonogo/loadgen/httpload"
	"gonogo/measure"
)

// protocolError is a peer that breaks the rules of the connection. Whatever was
// under way on it ends so: none of its answers can be trusted.
type protocolError struct {
	code http2.ErrCode // that we name in GOAWAY or RST_STREAM
	text string
}

func (e *protocolError) Error() string { return fmt.Sprintf("HTTP/2 %v: %s", e.code, e.text) }

func refused(code http2.ErrCode, format string, args ...any) error {
	return &protocolError{code: code, text: fmt.Sprintf(format, args...)}
}

// notHTTP2 says what a connection begins with in place of settings.
func notHTTP2(b []byte) error {
	if bytes.HasPrefix(b, []byte("HTTP/1")) {
		return refused(http2.ErrCodeProtocol, "the peer speaks HTTP/1 here")
	}
	return refused(http2.ErrCodeProtocol, "want SETTINGS first, got %q", b[:min(len(b), frameHeader)])
}

// resetError is an RST_STREAM.
type resetError struct{ code http2.ErrCode }

func (e *resetError) Error() string { return fmt.Sprintf("RST_STREAM: %v", e.code) }

// goAwayError is a GOAWAY that leaves the stream out.
type goAwayError struct {
	code  http2.ErrCode
	debug []byte
}

func (e *goAwayError) Error() string {
	text := fmt.Sprintf("GOAWAY: %v, and the request was not taken", e.code)
	if len(e.debug) > 0 {
		text += fmt.Sprintf(": %q", e.debug)
	}
	return text
}

// errNoStream is a request that was never sent.
var errNoStream = errors.New("no stream was free within the timeout")

// notNegotiated is a handshake that led to another protocol.
func notNegotiated(got string) error {
	if got == "" {
		return errors.New("the peer negotiates no HTTP/2 (ALPN h2)")
	}
	return fmt.Errorf("the peer negotiates %q, want h2 (ALPN)", got)
}

// classify gives a failure its class.
func classify(err error) measure.Class {
	var (
		protocol *protocolError
		reset    *resetError
		goAway   *goAwayError
	)
	switch {
	case errors.Is(err, errNoStream):
		return measure.Timeout
	case errors.As(err, &protocol):
		return measure.Malformed
	case errors.As(err, &reset), errors.As(err, &goAway):
		return measure.Reset
	}
	return httpload.Classify(err)
}
