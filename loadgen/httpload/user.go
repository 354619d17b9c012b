package httpload

// This file and answer.go are the hot path: nothing in them allocates while requests
// succeed on a kept connection, formats or logs.

import (
	"context"
	"errors"
	"os"
	"sync"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/measure"
)

const (
	manyReads  = 4  // of one answer: the buffer is too small
	maxInterim = 16 // answers of class 1xx before the real one
)

// user is one user's Sender. With a thousand of them nothing of one is in the
// processor's cache when its answer comes: what every request needs comes first and
// fills three lines of a cache, the first link's included.
type user struct {
	client *Client
	clock  loadgen.Clock
	links  []link

	// The answer under way.
	in    buffer // head and body both, until the body is counted and dropped
	got   int64  // bytes of it
	reads int32
	early bool  // it came before the request was written
	head  *head // what its head says: of all that begin alike, or else parsed

	started *request // Start has written this one

	own    [2]link // links, where steps go to one origin
	parsed head

	index    int
	sessions dial.Sessions
	content  *content // the body under way, where bodies are decoded or kept
	visitor  *visitor // of a user that goes through flows; else nil

	// mu guards what Interrupt needs: which streams are open, and the call whose
	// connection is being opened.
	mu      sync.Mutex
	call    *loadgen.Call
	cancel  context.CancelFunc
	writing stream

	_ [40]byte // to whole lines: the allocator puts no other size at the start of one
}

// Start implements loadgen.Starter: on a kept connection that is still good, as
// much of the request is written as goes without waiting.
func (u *user) Start(call *loadgen.Call) {
	r := u.client.requests[call.Outcome.Step].Load()
	l := u.linkTo(r.origin)
	if l.stream == nil || l.isStale(call.Began) {
		return
	}
	now := u.clock.Now()
	bytes, err := u.bytesOf(r)
	if err == nil && l.stream.start(bytes) {
		u.started, call.Outcome.Sent = r, now
	}
}

// Send implements loadgen.Sender.
func (u *user) Send(call *loadgen.Call) {
	o := &call.Outcome
	r := u.started
	if r == nil {
		r = u.client.requests[o.Step].Load()
	}
	l := u.linkTo(r.origin)
	err := u.roundTrip(call, r, l)
	if err == nil && r.spec.MaxRedirects > 0 {
		l, err = u.follow(call, r, l)
	}
	if err == nil && !r.expects(u.head.status) {
		err = statusError(u.head.status)
	}
	if err == nil && r.inspector != nil && u.visitor != nil {
		err = u.inspect(call, r)
	}
	if err != nil {
		u.fail(call, err)
	}
	u.count(l, o)
}

// fail fills in the outcome of a request that ended in err.
func (u *user) fail(call *loadgen.Call, err error) {
	o := &call.Outcome
	o.Class, o.Err = classify(err), err
	if o.Class == measure.Timeout {
		o.Err = errTimeout
	}
	if o.Class != measure.Status && (o.Class != measure.Check || o.Done == 0) {
		o.Read = u.clock.Now()
		o.Done = o.Read
	}
}

// linkTo returns the user's link to an origin. The last link is for those that
// only a redirect led to; it is not kept.
func (u *user) linkTo(o *origin) *link {
	if o.index < 0 {
		return &u.links[len(u.links)-1]
	}
	return &u.links[o.index]
}

// follow goes where the answer sends it, as often as the step allows. It returns
// the link of the last answer.
func (u *user) follow(call *loadgen.Call, r *request, l *link) (*link, error) {
	at := r.spec.URL
	for range r.spec.MaxRedirects {
		next, to, ok := u.settled(r).redirected(u.client, at, *u.head)
		if !ok {
			return l, nil
		}
		l = u.linkTo(next.origin)
		if err := u.roundTrip(call, next, l); err != nil {
			return l, err
		}
		if next.origin.index < 0 {
			u.hangUp(l)
		}
		r, at = next, to
	}
	return l, nil
}

// roundTrip sends the request and reads the answer to its end.
//
// A kept connection that the server had closed before the request reached it is
// replaced and the request sent again, once: RFC 9112, 9.3, lets a server close an
// idle connection at any time. A reset, or an end after the request, is a failure.
func (u *user) roundTrip(call *loadgen.Call, r *request, l *link) error {
	bytes, err := u.bytesOf(r)
	if err != nil {
		return Unwritten(err)
	}
	if u.visitor != nil {
		u.visitor.begin(r)
	}
	if u.started == nil && (l.stream == nil || l.isStale(call.Began)) {
		if err := u.reconnect(call, l, r.origin); err != nil {
			return err
		}
	}
	err = u.exchange(call, r, bytes, l.stream)
	if err != nil && l.kept && u.got == 0 && l.stream.refused() {
		if err = u.reconnect(call, l, r.origin); err == nil {
			err = u.exchange(call, r, bytes, l.stream)
		}
	}
	l.kept = true
	l.used = call.Outcome.Read
	l.left--
	if err != nil || !u.head.keep || u.early || l.left == 0 {
		u.hangUp(l)
	}
	return err
}

// count notes on which address the request ended.
func (u *user) count(l *link, o *measure.Outcome) {
	if o.Phase != measure.Measure || l.address == nil {
		return
	}
	l.requests++
	if o.Class != measure.OK {
		l.errors++
	} else if u.client.network.Several() {
		l.address.Served(o.Service())
	}
}

// reconnect opens the link. Unless that is a small thing it is done by a goroutine
// of its own: dialling takes a deep stack, which every user would keep for the rest
// of the run.
func (u *user) reconnect(call *loadgen.Call, l *link, o *origin) (err error) {
	u.hangUp(l)
	l.kept = false
	if o.Shallow() {
		return u.connect(call, l, o)
	}
	var connecting sync.WaitGroup
	connecting.Go(func() { err = u.connect(call, l, o) })
	connecting.Wait()
	return err
}

// bytesOf is what the request is on the wire. One that has been started is that.
func (u *user) bytesOf(r *request) ([]byte, error) {
	if r.template == nil {
		return r.bytes, nil
	}
	return u.write(r)
}

// exchange is roundTrip on an open connection.
func (u *user) exchange(call *loadgen.Call, r *request, bytes []byte, s stream) error {
	o := &call.Outcome
	u.got, u.reads, u.early = 0, 0, false
	if o.Sent == 0 {
		o.Sent = u.clock.Now()
	}
	o.BytesOut += int64(len(bytes))
	if u.started != nil {
		u.started, bytes = nil, nil
	}
	n, err := s.exchange(bytes, &u.in)
	if err == nil {
		u.took(call, s, n)
	} else {
		err = u.insist(call, s, err)
	}
	if err == nil {
		if o.FirstByte == 0 {
			o.FirstByte = o.Done
		}
		err = u.answer(call, r, s)
	}
	u.in.release()
	if err != nil {
		return ended(err, u.got)
	}
	if u.reads > manyReads {
		u.in.enlarge()
	}
	return nil
}

// insist goes on with an exchange that did not come to an answer at once.
func (u *user) insist(call *loadgen.Call, s stream, err error) error {
	for {
		if err == errFull {
			err = u.flush(call, s)
		}
		if err != nil && s.unwritten() && u.answeredEarly(call, s) {
			return nil
		}
		if err != nil && !u.spurious(call, s, err) {
			return err
		}
		var n int
		if n, err = s.exchange(nil, &u.in); err == nil {
			u.took(call, s, n)
			return nil
		}
	}
}

// answeredEarly reads what a peer said before it stopped taking the request: that
// it is too large, for instance.
func (u *user) answeredEarly(call *loadgen.Call, s stream) bool {
	n, err := s.read(&u.in)
	if err != nil {
		return false
	}
	u.early = true
	u.took(call, s, n)
	return true
}

// flush writes what is left of the request while Interrupt may end it: the peer
// may never read.
func (u *user) flush(call *loadgen.Call, s stream) error {
	u.guard(call, s)
	defer u.guard(nil, nil)
	return s.flush()
}

// read reads more of the answer behind what is kept of it.
func (u *user) read(call *loadgen.Call, s stream) error {
	for {
		n, err := s.read(&u.in)
		if err == nil {
			u.took(call, s, n)
			return nil
		}
		if !u.spurious(call, s, err) {
			return err
		}
	}
}

// took notes n more bytes of the answer, and when they came.
func (u *user) took(call *loadgen.Call, s stream, n int) {
	o := &call.Outcome
	u.in.end += n
	u.got += int64(n)
	u.reads++
	o.BytesIn += int64(n)
	o.Read = u.clock.Now()
	o.Done = o.Read
	if at, ok := u.client.stamps.instant(s.received(), o.Sent, o.Read); ok {
		o.Done = max(at, o.FirstByte) // which may have had to do without a stamp
	}
}

// spurious tells whether err only came of an Interrupt that was meant for an
// earlier call; the stream is ready again then.
func (u *user) spurious(call *loadgen.Call, s stream, err error) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) || call.Expired(u.clock.Now()) {
		return false
	}
	s.resume()
	return true
}

// guard lets Interrupt end a write of the call that waits; nil: none does.
func (u *user) guard(call *loadgen.Call, s stream) {
	u.mu.Lock()
	u.call, u.writing = call, s
	u.mu.Unlock()
}

// Interrupt implements loadgen.Sender.
func (u *user) Interrupt() {
	u.mu.Lock()
	defer u.mu.Unlock()
	expired := u.call != nil && u.call.Expired(u.clock.Now())
	if expired && u.cancel != nil {
		u.cancel()
	}
	for i := range u.links {
		if s := u.links[i].stream; s != nil {
			s.interrupt(expired && s == u.writing)
		}
	}
}

// Close implements loadgen.Sender.
func (u *user) Close() {
	for i := range u.links {
		u.hangUp(&u.links[i])
		u.links[i].moveTo(nil)
	}
}

var _ loadgen.Sender = (*user)(nil)
