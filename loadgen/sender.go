package loadgen

import (
	"sync/atomic"
	"time"

	"gonogo/loadgen/session"
	"gonogo/measure"
)

// A Clock counts from the start of a run on the monotonic clock.
type Clock struct{ start time.Time }

// NewClock returns a Clock that starts now.
func NewClock() Clock { return Clock{start: time.Now()} }

// Now is the time since the start of the run.
func (c Clock) Now() time.Duration { return time.Since(c.start) }

// Start is the instant from which the Clock counts.
func (c Clock) Start() time.Time { return c.start }

// A Protocol makes the Senders of a run, one for each user.
type Protocol interface {
	NewSender(u User) Sender
}

// A User is whom a Sender sends for.
type User struct {
	Number  int // from 0
	Clock   Clock
	Session *session.Session // what the user knows; nil where the plan has no flows
}

// A Sender sends steps, one at a time, over connections of its own.
type Sender interface {
	// Send performs the step of call.Outcome and fills in the rest of the
	// Outcome: its class always, its instants as far as they were reached.
	// It gives up, with class timeout, once call.Expired.
	Send(call *Call)
	// Interrupt makes a Send that is waiting look at call.Expired again. It comes
	// from another goroutine, at any moment, and may come too late or too often.
	Interrupt()
	// Close ends the connections. No Send is under way.
	Close()
}

// A Starter is a Sender that can put a request on the wire without waiting, so
// that the goroutine that keeps the time can send it at its very moment.
type Starter interface {
	// Start sends what Send would send first, if that needs no waiting, and sets
	// the Outcome's Sent. Send follows on the same call, whether it did or not.
	Start(call *Call)
}

// A Call is one request on its way through a Sender.
type Call struct {
	Outcome measure.Outcome
	Began   time.Duration // when it was handed to the Sender: the run's clock read for it, not to be read again

	// The watch reads until while the Sender runs: the instant at which the call
	// is over, 0 between calls. cutoff is the run's, shared by all calls: 0 until
	// the grace period has a known end.
	until  atomic.Int64
	due    atomic.Int64 // Outcome.Due, for those who look from outside while until is not 0
	cutoff *atomic.Int64
}

// NewCall returns a call that begins when it is due and is to be over at the
// instant until; 0 is never.
// The engine makes its own; this one is for tests of a Sender.
func NewCall(o measure.Outcome, until time.Duration) *Call {
	c := &Call{Outcome: o, Began: o.Due}
	c.until.Store(int64(until))
	return c
}

// Expired tells whether the call's time was up at the instant now.
func (c *Call) Expired(now time.Duration) bool {
	if until := c.until.Load(); until != 0 && int64(now) >= until {
		return true
	}
	return c.cut(now)
}

// Until is the instant at which the call's own time is up; 0 is never.
func (c *Call) Until() time.Duration { return time.Duration(c.until.Load()) }

// cut tells whether the run's grace period was over at the instant now.
func (c *Call) cut(now time.Duration) bool {
	if c.cutoff == nil {
		return false
	}
	cutoff := c.cutoff.Load()
	return cutoff != 0 && int64(now) >= cutoff
}
