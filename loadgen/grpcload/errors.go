package grpcload

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

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

// statusError is a code that the step does not expect.
type statusError struct {
	code    codes.Code
	message string
}

// maxShown is how much of a server's words an error shows.
const maxShown = 500

func (e *statusError) Error() string {
	text := fmt.Sprintf("gRPC %d", int(e.code))
	if names := Codes(); int(e.code) < len(names) {
		text += " " + names[e.code]
	}
	if e.message == "" {
		return text
	}
	return fmt.Sprintf("%s: %.*s", text, maxShown, e.message)
}

// Codes are the names of the codes of gRPC, each at its number.
func Codes() []string {
	return []string{
		"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
		"RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
		"UNAUTHENTICATED",
	}
}

// unsent tells whether a call met the end of its connection before it was sent.
func unsent(err error) bool {
	return err != nil && strings.Contains(err.Error(), errEnded.Error())
}

// ended says why a call ended on which the peer said nothing of gRPC. The library puts
// all that happens into codes, as if the peer had said them; its words are what is left
// to tell them apart.
func ended(err error, deadline bool) error {
	if _, ok := errors.AsType[*failure](err); ok {
		return err
	}
	s := status.Convert(err)
	text := strings.TrimPrefix(s.Message(), "transport: ")
	has := func(part string) bool { return strings.Contains(text, part) }
	switch {
	case s.Code() == codes.Canceled && has(context.Canceled.Error()), deadline && s.Code() == codes.DeadlineExceeded:
		return httpload.ErrTimeout()
	case has("unexpected HTTP status code received from server: ") && !has("from server: 200"):
		return &failure{measure.Status, errors.New("no gRPC: " + shown(text))}
	case has("received message larger than max"), has("message after decompression larger than max"):
		return &failure{measure.Local, errors.New(shown(text))}
	case has("RST_STREAM"), s.Code() == codes.Unavailable:
		return &failure{measure.Reset, errors.New(shown(text))}
	}
	return &failure{measure.Malformed, errors.New(shown(text))}
}

func shown(text string) string { return text[:min(len(text), maxShown)] }

// classify gives a failure its class.
func classify(err error) measure.Class {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.class
	}
	if _, ok := errors.AsType[*statusError](err); ok {
		return measure.Status
	}
	return httpload.Classify(err)
}
