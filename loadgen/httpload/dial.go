package httpload

import (
	"context"
	"net"
	"net/url"
	"strings"
	"time"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
)

// An origin is where some steps go, with the index of each user's link to it; -1
// when only a redirect led there.
type origin struct {
	*dial.Origin
	index  int
	host   string // without the port, as cookies know it
	secure bool
}

func newOrigin(made *dial.Origin, index int, u *url.URL) *origin {
	return &origin{Origin: made, index: index, host: strings.ToLower(u.Hostname()), secure: u.Scheme == "https"}
}

// link is a user's connection to one origin. What every request needs comes first
// and fills one line of a cache.
type link struct {
	stream stream        // nil: not connected
	until  time.Duration // when the connection is too old
	used   time.Duration // when the last answer ended
	left   int           // requests that the connection may carry; below 0: any number
	kept   bool          // it has carried an answer

	// The address of the last attempt, with the requests of the measure phase that
	// ended there and are not yet added to it.
	address          *dial.Address
	requests, errors int64

	opened int // how often it was
}

// idleCheck is how long a connection may have been idle before it is looked at
// for an end that came meanwhile.
const idleCheck = 20 * time.Microsecond

// connect opens the link's connection. It adds what that took to the outcome.
func (u *user) connect(call *loadgen.Call, l *link, o *origin) error {
	ctx, cancel := u.dialing(call)
	defer cancel()
	defer u.dialed()

	began := u.clock.Now()
	conn, address, err := o.Dial(ctx, u.index, l.opened)
	l.opened++
	l.moveTo(address)
	now := u.clock.Now()
	call.Outcome.Connect += now - began
	if err != nil {
		return &connectError{err}
	}
	u.limit(l, o)
	if !o.Secure() {
		u.adopt(l, plainStream(conn))
		return nil
	}
	s, err := u.handshake(ctx, conn, o)
	call.Outcome.TLS += u.clock.Now() - now
	if err != nil {
		_ = conn.Close()
		return &tlsError{err}
	}
	u.adopt(l, s)
	return nil
}

// isStale tells whether an open link's connection ended while it was idle, or is
// too old.
func (l *link) isStale(now time.Duration) bool {
	return now >= l.until || now-l.used >= idleCheck && l.stream.stale()
}

func plainStream(conn net.Conn) stream {
	if s := newRawStream(conn); s != nil {
		return s
	}
	return &netStream{conn: conn}
}

// handshake wraps the connection in TLS; kernel stamps are taken below it.
func (u *user) handshake(ctx context.Context, conn net.Conn, o *origin) (stream, error) {
	s := &netStream{stamps: newStampConn(conn)}
	if s.stamps != nil {
		conn = s.stamps
	}
	secure, err := o.Handshake(ctx, conn, &u.sessions)
	if err != nil {
		if s.stamps != nil {
			s.stamps.sendNow() // the alert that says why
		}
		return nil, err
	}
	s.conn = secure
	return s, nil
}

// dialing returns the context of a connection attempt: it ends with the call, or
// when Interrupt finds the call expired.
func (u *user) dialing(call *loadgen.Call) (context.Context, context.CancelFunc) {
	ctx, cancel := context.Background(), context.CancelFunc(nil)
	if until := call.Until(); until > 0 {
		ctx, cancel = context.WithDeadline(ctx, u.clock.Start().Add(until))
	} else {
		ctx, cancel = context.WithCancel(ctx)
	}
	u.mu.Lock()
	u.call, u.cancel = call, cancel
	u.mu.Unlock()
	return ctx, cancel
}

func (u *user) dialed() {
	u.mu.Lock()
	u.call, u.cancel = nil, nil
	u.mu.Unlock()
}

// adopt makes s the link's stream, and the one that Interrupt interrupts.
func (u *user) adopt(l *link, s stream) {
	u.mu.Lock()
	l.stream = s
	u.mu.Unlock()
}

// hangUp ends the link's connection.
func (u *user) hangUp(l *link) {
	u.mu.Lock()
	s := l.stream
	l.stream = nil
	u.mu.Unlock()
	if s != nil {
		s.close()
	}
}
