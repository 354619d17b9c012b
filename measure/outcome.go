package measure

import "time"

// An Outcome is one request: its instants, its class, its bytes and its step.
//
// Instants are counted from the start of the run on the monotonic clock. An
// instant that was never reached is 0: a request that was refused has no Sent.
// It lives here and not in loadgen because a Recorder takes it and measure
// imports nothing of ours.
type Outcome struct {
	Step  int   // index into the plan's steps
	Phase Phase // of Due
	Class Class

	Status int // as the protocol numbers it, 0 when no answer came

	Due       time.Duration // the planned start
	Sent      time.Duration // the first byte handed to the kernel
	FirstByte time.Duration // the first byte of the answer
	Done      time.Duration // the last byte of the answer as the kernel received it, or the moment of failure
	Read      time.Duration // the moment our own code saw Done; equal to Done without kernel stamps

	Connect time.Duration // how long connecting took, 0 on a connection that was kept
	TLS     time.Duration // how long the handshake took, 0 likewise

	BytesIn, BytesOut int64 // as transferred

	Err error // why it failed, for the example in the report; nil when OK
}

// Response is what a user would have waited: from due to done.
func (o *Outcome) Response() time.Duration { return o.Done - o.Due }

// Service is the target's part of it: from sent to done.
func (o *Outcome) Service() time.Duration { return o.Done - o.Sent }

// Lag is our part: from due to sent. It holds our lateness and the wait for a
// free connection.
func (o *Outcome) Lag() time.Duration { return o.Sent - o.Due }

// ClientDelay is the generator's own queueing, which no latency contains.
func (o *Outcome) ClientDelay() time.Duration { return o.Read - o.Done }
