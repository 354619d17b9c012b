package h3load

import (
	"context"
	"sync"
	"time"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/loadgen/httpload"
	"gonogo/loadgen/session"
	"gonogo/measure"
)

// user is one user's Sender.
type user struct {
	client   *Client
	clock    loadgen.Clock
	index    int
	knows    *session.Session
	links    []link // by origin
	sessions dial.Sessions

	answer  answer // under way
	scratch []byte // of texts
	body    []byte // of a request that varies

	// mu guards what Interrupt needs: the call that waits, and how to end that.
	mu     sync.Mutex
	call   *loadgen.Call
	cancel context.CancelFunc
}

// Send implements loadgen.Sender.
func (u *user) Send(call *loadgen.Call) {
	o := &call.Outcome
	r := u.client.requests[o.Step].Load()
	l := &u.links[r.origin]
	err := u.roundTrip(call, r, l)
	if err == nil && !httpload.Expects(r.spec, o.Status) {
		err = httpload.StatusError(o.Status)
	}
	if err == nil && r.inspector != nil {
		err = u.inspect(o, r)
	}
	if err != nil {
		u.fail(call, err)
	}
	u.count(l, o)
	if l.spoilt {
		l.hangUp()
	}
}

// fail fills in the outcome of a request that ended in err.
func (u *user) fail(call *loadgen.Call, err error) {
	o := &call.Outcome
	o.Class, o.Err = classify(err), err
	if o.Class == measure.Timeout {
		o.Err = httpload.ErrTimeout()
	}
	if o.Class != measure.Status && o.Class != measure.Check {
		o.Read = u.clock.Now()
		o.Done = o.Read
	}
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

// roundTrip sends the request and reads the answer to its end.
//
// What a peer has refused unseen, because the connection ends, is sent again on a new
// one, once: RFC 9114, 5.2. So is what meets the end of a connection that was idle.
func (u *user) roundTrip(call *loadgen.Call, r *request, l *link) error {
	if l.isStale(u.clock.Now()) {
		if err := u.connect(call, l, r); err != nil {
			return u.timely(call, err)
		}
	}
	kept := l.kept
	err := u.exchange(call, r, l)
	if err != nil && kept && unseen(err, call.Outcome.FirstByte > 0) && !call.Expired(u.clock.Now()) {
		if err = u.connect(call, l, r); err == nil {
			err = u.exchange(call, r, l)
		}
	}
	return u.timely(call, ended(err))
}

// timely says that the call's time was up, where that is why it failed.
func (u *user) timely(call *loadgen.Call, err error) error {
	if err != nil && call.Expired(u.clock.Now()) {
		return httpload.ErrTimeout()
	}
	return err
}

// exchange is roundTrip on an open connection.
func (u *user) exchange(call *loadgen.Call, r *request, l *link) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	request, body, err := r.make(ctx, u)
	if err != nil {
		return &failure{measure.Local, err}
	}
	u.waits(call, cancel)
	defer u.waits(nil, nil)
	o := &call.Outcome
	in, out := l.conn.carried()
	if o.Sent == 0 {
		o.Sent = u.clock.Now()
	}
	response, err := l.conn.http.RoundTrip(request)
	if err == nil {
		r.takeCookies(response.Header, request.URL.Opaque, u)
		err = u.read(o, r, response)
	}
	nowIn, nowOut := l.conn.carried()
	o.BytesIn += nowIn - in
	o.BytesOut += nowOut - out
	l.kept = true
	l.left--
	if body != nil && !body.end() {
		l.spoilt = true // the answer came first; what is still to be sent is in nobody's interest
	}
	return err
}

// wall is the time of day.
func (u *user) wall() time.Time { return u.clock.Start().Add(u.clock.Now()) }

// waits lets Interrupt end what the call waits for; nil: it waits for nothing.
func (u *user) waits(call *loadgen.Call, cancel context.CancelFunc) {
	u.mu.Lock()
	u.call, u.cancel = call, cancel
	u.mu.Unlock()
}

// Interrupt implements loadgen.Sender.
func (u *user) Interrupt() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.call != nil && u.call.Expired(u.clock.Now()) {
		u.cancel()
	}
}

// Close implements loadgen.Sender.
func (u *user) Close() {
	for i := range u.links {
		u.links[i].hangUp()
		u.links[i].moveTo(nil)
	}
}

var _ loadgen.Sender = (*user)(nil)
