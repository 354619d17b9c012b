package loadgen

import (
	"time"

	"gonogo/loadgen/session"
)

// A Flow is what one iteration of a user does: steps in order, with what decides
// between them. Its first step is due when the iteration is; a later one when the
// one before ended, and its pause with it. An iteration ends at its first step that
// fails: a user who cannot log in does not check out.
type Flow struct {
	Name   string
	Weight int // share of the iterations that run it, among the flows without a load of their own

	// At most one of the two: a load of its own, beside the plan's.
	Closed *Closed
	Open   *Open

	// Setup runs once for each user before its first iteration, Teardown after the
	// last. Every iteration begins with the variables and cookies that Setup left.
	Setup, Actions, Teardown []Action
}

// An Action is a part of a Flow.
type Action interface{ write(*writer) }

type (
	// Do sends the plan's step of that number and waits for the answer.
	Do struct{ Step int }

	// Pause waits. What comes next is due when it ends.
	Pause struct{ Distribution }

	// Repeat performs its actions so many times.
	Repeat struct {
		Times   int
		Actions []Action
	}

	// While performs its actions as long as the condition holds, Most times at most.
	While struct {
		Condition *session.Condition
		Most      int // 0: no bound
		Actions   []Action
	}

	// If performs one of the two.
	If struct {
		Condition  *session.Condition
		Then, Else []Action
	}

	// Pick performs one of its choices, by weight.
	Pick struct{ Choices []Choice }

	// Group measures its actions as a whole, as the plan's group of that number: the
	// sum of their response times, without the pauses between them.
	Group struct {
		Group   int
		Actions []Action
	}

	// Rendezvous waits until so many users wait here, or a user has waited for the
	// timeout. Then they go on at once.
	Rendezvous struct {
		Users   int
		Timeout time.Duration
	}

	// Set gives a variable a value.
	Set struct {
		Var  session.Var
		Text *session.Text
	}

	// Feed takes the next row of data into the user's variables.
	Feed struct{ Feeder Feeder }

	// Code is what only Go can say: it may read and set variables. Many users run it at
	// once, each with a Session of its own.
	Code struct{ Run func(*session.Session) }

	// Goto goes on at a Mark of the same list of actions, or of one that holds it.
	Goto struct{ Mark string }

	// Mark is where a Goto leads.
	Mark struct{ Name string }
)

// A Choice is what a Pick may perform.
type Choice struct {
	Weight  int
	Actions []Action
}

// A Feeder has rows of data. Many users call it at once.
type Feeder interface {
	// Feed puts a row into the user's variables. It returns false when there is none
	// left: the user's last iteration was the one before.
	Feed(*session.Session) bool
}

// InOrder is the flow of so many steps, one after the other.
func InOrder(name string, steps int) Flow {
	f := Flow{Name: name, Weight: 1}
	for i := range steps {
		f.Actions = append(f.Actions, Do{i})
	}
	return f
}
