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
	Void  bool // nothing was measured after all, and the engine records nothing: a stream that may end has

	Status int // as the protocol numbers it, 0 when no answer came

	Due       time.Duration // the planned start; of a user that comes back after thinking, when it came back
	Ready     time.Duration // from when on nothing but ourselves kept it from being sent; 0 is Due
	Sent      time.Duration // the first byte handed to the kernel
	FirstByte time.Duration // the first byte of the answer
	Done      time.Duration // the last byte of the answer as the kernel received it, or the moment of failure
	Read      time.Duration // the moment our own code saw Done; equal to Done without kernel stamps

	Connect time.Duration // how long connecting took, 0 on a connection that was kept
	TLS     time.Duration // how long the handshake took, 0 likewise

	BytesIn, BytesOut int64 // as transferred
	BytesDecoded      int64 // of content, where bodies were decoded

	Err error // why it failed, for the example in the report; nil when OK
}

// Response is what a user would have waited: from due to done.
func (o *Outcome) Response() time.Duration { return o.Done - o.Due }

// Service is the target's part of it: from sent to done.
func (o *Outcome) Service() time.Duration { return o.Done - o.Sent }

// Lag is what lies before it: from due to sent. It holds our own lateness, the
// wait for a free user or connection, and connecting.
func (o *Outcome) Lag() time.Duration { return o.Sent - o.Due }

// Late is our own part of the lag, without what the target makes us wait for: it
// counts from Ready and leaves connecting out.
func (o *Outcome) Late() time.Duration {
	ready := o.Ready
	if ready == 0 {
		ready = o.Due
	}
	return max(0, o.Sent-ready-max(o.Connect, 0)-max(o.TLS, 0))
}

// ClientDelay is the generator's own queueing, which no latency contains.
func (o *Outcome) ClientDelay() time.Duration { return o.Read - o.Done }
