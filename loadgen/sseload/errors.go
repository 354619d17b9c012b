package sseload

import (
	"context"
	"errors"
	"fmt"
)

// silentError is a wait that no event ended.
type silentError struct {
	looked int
	last   error // what was wrong with the last of them
}

func (e *silentError) Error() string {
	if e.looked == 0 {
		return "no event within the time"
	}
	return fmt.Sprintf("no event that fits within the time: %d came, the last one: %v", e.looked, e.last)
}

// Unwrap says that it is a matter of time.
func (e *silentError) Unwrap() error { return context.DeadlineExceeded }

var errNoStep = errors.New("the step is none of an event stream's")
