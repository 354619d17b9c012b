package opening

import (
	"context"
	"errors"
	"os"

	"gonogo/loadgen/httpload"
	"gonogo/measure"
)

// Classify gives a failure its class. Whatever ended with a deadline is a timeout here,
// first of all: long connections wait more than they are answered.
func Classify(err error) measure.Class {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return measure.Timeout
	}
	return httpload.Classify(err)
}
