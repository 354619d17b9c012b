// Package opening owns how a long connection begins: the way there, TLS, one HTTP/1.1
// request with the values of its user, and the head of the answer. What comes after
// that is WebSocket's or an event stream's own business.
//
// request.go renders the request. This file opens connections for one user, and lets
// an Interrupt end that. conn.go is a connection, which knows when the kernel
// received what it read, exchange.go asks and reads the head, and errors.go gives
// failures their class.
package opening

import (
	"context"
	"sync"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/loadgen/httpload"
	"gonogo/loadgen/session"
	"gonogo/measure"
)

// A Dialer opens the connections of one user.
type Dialer struct {
	Clock   loadgen.Clock
	Stamps  *httpload.Stamps
	Network *dial.Network
	User    int
	Session *session.Session

	sessions dial.Sessions
	opened   int

	// mu guards what Interrupt needs: the call that a connection is opened for.
	mu     sync.Mutex
	call   *loadgen.Call
	cancel context.CancelFunc
}

// NewDialer returns the Dialer of a user. A user without a Session knows nothing.
func NewDialer(of loadgen.User, n *dial.Network, s *httpload.Stamps) *Dialer {
	d := &Dialer{Clock: of.Clock, Stamps: s, Network: n, User: of.Number, Session: of.Session}
	if d.Session == nil {
		d.Session = session.New(&session.Scope{}, int64(of.Number)+1, 0)
	}
	return d
}

// Within calls fn, whose context ends with the call. It runs in a goroutine of its
// own: connecting takes a deep stack, which every user would keep for the rest of
// the run.
func (d *Dialer) Within(call *loadgen.Call, fn func(context.Context) error) (err error) {
	ctx, cancel := context.Background(), context.CancelFunc(nil)
	if until := call.Until(); until > 0 {
		ctx, cancel = context.WithDeadline(ctx, d.Clock.Start().Add(until))
	} else {
		ctx, cancel = context.WithCancel(ctx)
	}
	defer cancel()
	d.watch(call, cancel)
	defer d.watch(nil, nil)
	var connecting sync.WaitGroup
	connecting.Go(func() { err = fn(ctx) })
	connecting.Wait()
	if err != nil && ctx.Err() != nil {
		return httpload.ErrTimeout()
	}
	return err
}

func (d *Dialer) watch(call *loadgen.Call, cancel context.CancelFunc) {
	d.mu.Lock()
	d.call, d.cancel = call, cancel
	d.mu.Unlock()
}

// Interrupt ends what Within does, if its call is over.
func (d *Dialer) Interrupt() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.call != nil && d.call.Expired(d.Clock.Now()) {
		d.cancel()
	}
}

// Open connects to the target and shakes hands. It adds what that took to the
// outcome, and counts a failure on its address.
func (d *Dialer) Open(ctx context.Context, t *Target, o *measure.Outcome) (*Conn, error) {
	began := d.Clock.Now()
	raw, address, err := t.origin.Dial(ctx, d.User, d.opened)
	d.opened++
	now := d.Clock.Now()
	o.Connect += now - began
	if err != nil {
		countFailure(address, o)
		return nil, httpload.ConnectError(err)
	}
	c := newConn(raw, address, d)
	if !t.origin.Secure() {
		return c, nil
	}
	secure, err := t.origin.Handshake(ctx, &c.stamped, &d.sessions)
	o.TLS += d.Clock.Now() - now
	if err != nil {
		_ = raw.Close()
		countFailure(address, o)
		return nil, httpload.TLSError(err)
	}
	c.through = secure
	return c, nil
}

func countFailure(a *dial.Address, o *measure.Outcome) {
	if a != nil && o.Phase == measure.Measure {
		a.Add(1, 1)
	}
}
