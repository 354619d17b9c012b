package opening

import (
	"context"
	"errors"
	"os"

	"gonogo/loadgen"
	"gonogo/loadgen/httpload"
	"gonogo/measure"
)

// A RequestError is a request that cannot be written: a variable has no value, or one
// that would break it.
type RequestError struct{ Err error }

func (e *RequestError) Error() string { return "write the request: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *RequestError) Unwrap() error { return e.Err }

// Classify gives a failure its class.
func Classify(err error) measure.Class {
	_, unable := errors.AsType[*RequestError](err)
	switch {
	case unable:
		return measure.Local
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return measure.Timeout
	case loadgen.IsCheck(err):
		return measure.Check
	}
	return httpload.Classify(err)
}
