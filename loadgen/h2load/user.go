package h2load

// This file, with write.go, read.go and answer.go, is the hot path: nothing in
// them allocates while requests succeed on a kept connection, formats or logs.

import (
	"context"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"gonogo/loadgen"
	"gonogo/loadgen/coding"
	"gonogo/loadgen/dial"
	"gonogo/loadgen/httpload"
	"gonogo/measure"
)

// user is one user's Sender.
type user struct {
	client *Client
	clock  loadgen.Clock
	turn   int           // which lane of every origin
	wake   chan struct{} // holds one: look again at state and time
	state  atomic.Int32

	ends     ends
	prepared bool // Start has begun the exchange
	started  bool // and put the request on its way
	stream        // the exchange under way
	taking   content
	visitor  *visitor // of a user that goes through flows; else nil

	previous, next *user // in a lane's queue

	// mu guards what Interrupt needs: the call whose connection is being opened.
	mu     sync.Mutex
	call   *loadgen.Call
	cancel context.CancelFunc
}

// What a user's exchange has come to. Whoever changes it holds the lane's lock,
// and wakes the user.
const (
	waiting  int32 = iota // for a stream, or for the answer
	opening               // the user is to open the lane's connection
	arriving              // a body that the user is to decode
	over                  // err says how; the lane has forgotten the exchange
)

// stream is one request and its answer. The lane's lock guards it until it is
// over; then it is the user's.
type stream struct {
	request *request
	step    int
	block   []byte        // of the header, where it was written anew
	payload []byte        // the body
	session *session      // nil: it waits for one
	address *dial.Address // of the session, or of the attempt to open one
	queued  bool          // it had to
	id      uint32

	from, to int           // where the request lies in what the session is to send
	left     []byte        // of its body, not yet there
	window   int           // of the peer's, for the body
	sent     time.Duration // 0: not yet
	began    time.Duration // sent before, on a connection whose peer went away without taking it

	status         int
	length         int64         // of the answer's body, as its header says
	got            int64         // of that body
	credit         int           // what the peer may send of it
	interim        int           // answers of class 1xx
	body           coded         // that body, where it is to be decoded
	decoded        int64         // bytes that it decodes to
	location       []byte        // of a redirect
	first          time.Duration // the first byte of the answer
	done, read     time.Duration // the last
	ready          time.Duration // a stream was free after a wait; 0: without one
	in, out        int64
	dialled, shook time.Duration // how long connecting took, and TLS
	err            error
}

// Start implements loadgen.Starter: where a stream is free, a short request is
// written at once.
func (u *user) Start(call *loadgen.Call) {
	r := u.client.requests[call.Outcome.Step].Load()
	u.prepared = u.prepare(r, call.Outcome.Step) == nil
	if !u.prepared || len(u.payload) > shortBody {
		return
	}
	l := u.client.lanes[r.origin][u.turn]
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.free() {
		return
	}
	u.started = true
	s := l.session
	s.open(u)
	s.flush()
	call.Outcome.Sent = u.sent
}

// Send implements loadgen.Sender.
func (u *user) Send(call *loadgen.Call) {
	o := &call.Outcome
	r := u.client.requests[o.Step].Load()
	if u.prepared {
		r = u.request
	}
	err := u.exchange(call, r, u.client.lanes[r.origin][u.turn])
	if err == nil && r.spec.MaxRedirects > 0 {
		err = u.follow(call, r)
	}
	if err == nil && !httpload.Expects(r.spec, u.status) {
		err = httpload.StatusError(u.status)
	}
	if err == nil && u.looks() {
		err = u.inspect(call, r)
	}
	if err != nil {
		u.fail(call, err)
	}
	if o.Phase == measure.Measure && u.address != nil {
		u.count(o)
	}
}

// fail fills in the outcome of a request that ended in err.
func (u *user) fail(call *loadgen.Call, err error) {
	o := &call.Outcome
	o.Class, o.Err = classify(err), err
	if o.Class != measure.Status && (o.Class != measure.Check || o.Done == 0) {
		o.Read = u.clock.Now()
		o.Done = o.Read
	}
}

// count notes on which address the request ended.
func (u *user) count(o *measure.Outcome) {
	u.ends.moveTo(u.address)
	u.ends.requests++
	if o.Class != measure.OK {
		u.ends.errors++
	} else if u.client.network.Several() {
		u.address.Served(o.Service())
	}
}

// ends are the requests of a user that ended on one address and are not yet added
// to it.
type ends struct {
	address          *dial.Address
	requests, errors int64
}

// moveTo adds them, if the next one ends on another address.
func (e *ends) moveTo(a *dial.Address) {
	if e.address != a {
		if e.address != nil {
			e.address.Add(e.requests, e.errors)
		}
		*e = ends{address: a}
	}
}

// follow goes where the answer sends it, as often as the step allows.
func (u *user) follow(call *loadgen.Call, r *request) error {
	at := r.spec.URL
	for range r.spec.MaxRedirects {
		next, to := u.redirected(r, at)
		if next == nil {
			return nil
		}
		if err := u.hop(call, next); err != nil {
			return err
		}
		r, at = next, to
	}
	return nil
}

// redirected returns the request that the answer asks for, nil where it asks for
// none that can be made.
func (u *user) redirected(r *request, at *url.URL) (*request, *url.URL) {
	spec, to, ok := httpload.Redirected(u.settled(r), at, u.status, u.location)
	if !ok {
		return nil, nil
	}
	next, err := u.client.requestFor(spec, to)
	if err != nil {
		return nil, nil
	}
	next.inspector, next.needs = r.inspector, r.needs
	return next, to
}

// hop makes a request that a redirect asked for. A connection to where only
// redirects lead is not kept.
func (u *user) hop(call *loadgen.Call, r *request) error {
	if r.origin >= 0 {
		return u.exchange(call, r, u.client.lanes[r.origin][u.turn])
	}
	l := &lane{client: u.client, origin: r.to, index: u.turn}
	defer l.close()
	return u.exchange(call, r, l)
}

// exchange sends the request on the lane and waits for the end of the answer.
func (u *user) exchange(call *loadgen.Call, r *request, l *lane) error {
	if !u.prepared {
		if err := u.prepare(r, call.Outcome.Step); err != nil {
			return httpload.Unwritten(err)
		}
	}
	if !u.started {
		l.ask(u)
	}
	u.prepared, u.started = false, false
	err := u.await(call, l)
	u.report(&call.Outcome)
	if u.visitor != nil {
		u.takeCookies()
	}
	return err
}

// begin forgets the last exchange.
func (u *user) begin(r *request, step int) {
	u.state.Store(waiting)
	u.stream = stream{request: r, step: step, payload: r.spec.Body, location: u.location[:0], body: u.body.again()}
}

// await returns when the exchange is over, or the call's time is.
func (u *user) await(call *loadgen.Call, l *lane) error {
	for {
		<-u.wake
		switch u.state.Load() {
		case over:
			if u.err == nil && u.got > 0 && u.body.how != coding.Identity {
				u.decode(call, l)
			}
			return u.err
		case arriving:
			u.decode(call, l)
			return u.err
		case opening:
			u.connect(call, l)
		default:
			if call.Expired(u.clock.Now()) && l.abandon(u) {
				return u.err
			}
		}
	}
}

// report adds the exchange to the outcome.
func (u *user) report(o *measure.Outcome) {
	o.Status = u.status
	if o.Sent == 0 && u.began > 0 {
		o.Sent = u.began
	}
	if o.Sent == 0 {
		o.Sent = u.sent
		o.Ready = max(o.Ready, u.ready)
	}
	if o.FirstByte == 0 {
		o.FirstByte = u.first
	}
	o.Done, o.Read = u.done, u.read
	o.Connect += u.dialled
	o.TLS += u.shook
	o.BytesIn += u.in
	o.BytesOut += u.out
	if u.client.decoder != nil {
		if u.body.how == coding.Identity {
			u.decoded = u.got
		}
		o.BytesDecoded += u.decoded
	}
}

// signal wakes the user. It may come too often.
func (u *user) signal() {
	select {
	case u.wake <- struct{}{}:
	default:
	}
}

// Interrupt implements loadgen.Sender.
func (u *user) Interrupt() {
	u.mu.Lock()
	if u.cancel != nil && u.call.Expired(u.clock.Now()) {
		u.cancel()
	}
	u.mu.Unlock()
	u.signal()
}

// Close implements loadgen.Sender.
func (u *user) Close() {
	u.ends.moveTo(nil)
	u.client.closed()
}

var (
	_ loadgen.Sender  = (*user)(nil)
	_ loadgen.Starter = (*user)(nil)
)
