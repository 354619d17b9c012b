package sseload

import (
	"errors"
	"fmt"
	"time"

	"gonogo/loadgen"
	"gonogo/loadgen/session"
)

// A Kind is what a Step does.
type Kind uint8

// The kinds of steps.
const (
	Open  Kind = iota // opens a stream; done when its first event that fits came. One that is open already is ended before
	Next              // waits for the next event that fits: its response time is the gap
	Close             // ends the stream
)

// String returns the word for it.
func (k Kind) String() string {
	if k <= Close {
		return [...]string{"open", "next", "close"}[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// A Step is what a step of the plan does with an event stream.
//
// A stream is an Open step, whose response time is the time to the first event, and
// any number of Next steps, each of which is due when the event before it was read:
// its response time is the gap between the two. So an objective on the Next step, such
// as max < 2s, judges the largest gap, and a stream that falls silent is a Timeout and
// not the lack of a figure. Follow makes the actions of a flow.
//
// A user's stream lives until it is over or fails. The first step that needs a stream
// which failed fails with it; the one after that opens it anew, by the Open step, and
// with the Last-Event-ID.
type Step struct {
	Kind   Kind
	Stream int // of Next and Close: the plan's number of the Open step

	Inspector loadgen.Inspector // which event fits: Body is its data, Head its event and id; nil: any does. Others are passed over
	Within    time.Duration     // the longest wait for one; 0: the plan's timeout

	// Of Open.
	Request loadgen.Request
	// The stream is over, and ended, after so many events that fit, at an event that
	// Until finds nothing wrong with, or after a time. 0 and nil: never.
	Events int
	Until  loadgen.Inspector
	For    time.Duration
	Ends   bool         // the server ends it, too: that is an event like others, and no failure
	Over   *session.Var // is set to true then; nil: none is
}

// validate returns what is wrong with the step.
func (s *Step) validate(all []*Step) error {
	switch s.Kind {
	case Open:
		return nil
	case Next, Close:
	default:
		return errors.New("it is of no known kind")
	}
	if s.Stream < 0 || s.Stream >= len(all) || all[s.Stream] == nil || all[s.Stream].Kind != Open {
		return fmt.Errorf("%v: step %d is none that opens a stream", s.Kind, s.Stream)
	}
	return nil
}

// Follow returns the actions that open a stream and wait for event after event until
// it is over. They know that by the variable of the name, which the Open step has to
// have as its Over.
func Follow(scope *session.Scope, over string, open, next int) ([]loadgen.Action, session.Var, error) {
	v := scope.Declare(over)
	goesOn, err := scope.Condition("${" + over + "} != true")
	if err != nil {
		return nil, v, err
	}
	return []loadgen.Action{
		loadgen.Do{Step: open},
		loadgen.While{Condition: goesOn, Actions: []loadgen.Action{loadgen.Do{Step: next}}},
	}, v, nil
}
