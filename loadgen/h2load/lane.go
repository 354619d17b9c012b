package h2load

import (
	"context"
	"crypto/tls"
	"net"
	"sync"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/loadgen/httpload"
)

// A lane is one of the connections to an origin: one session after the other,
// and the users that wait for a stream of it. They get one in the order in which
// they came. Where there is no session, the first of them opens one.
type lane struct {
	client *Client
	origin *dial.Origin
	index  int

	mu      sync.Mutex // guards all that follows, the sessions, and the streams of users
	session *session   // that takes further streams; nil: none does
	waiting queue
	opening bool // a user is opening one, and is alone with what follows

	opened   int // how often one was
	sessions dial.Sessions
}

// free tells whether a stream can be had at once.
func (l *lane) free() bool {
	return l.session != nil && l.waiting.first == nil && l.session.hasRoom()
}

// ask gives the user a stream, or a place in the queue.
func (l *lane) ask(u *user) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.free() {
		l.session.open(u)
	} else {
		l.waiting.push(u)
		l.serve()
		u.queued = u.session == nil && u.state.Load() == waiting
	}
	l.send()
}

// send writes what there is to send, unless the reader is about to: it collects
// the requests of all users whose answers came together.
func (l *lane) send() {
	if s := l.session; s != nil && !s.reading {
		s.flush()
	}
}

// serve gives streams to those who wait, as long as there are any.
func (l *lane) serve() {
	for l.waiting.first != nil && l.session != nil && l.session.hasRoom() {
		l.session.open(l.next())
	}
	if l.session == nil && !l.opening && l.waiting.first != nil {
		l.opening = true
		u := l.next()
		u.state.Store(opening)
		u.signal()
	}
}

// next takes the first user out of the queue.
func (l *lane) next() *user {
	u := l.waiting.pop()
	if u.queued {
		u.ready = l.client.clock.Now()
	}
	return u
}

// abandon ends the exchange of a user whose time is up. It returns false when
// there is none to end: it is over, or a connection is being opened for it.
func (l *lane) abandon(u *user) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case u.state.Load() == over, u.state.Load() == opening:
		return false
	case u.session == nil:
		l.waiting.remove(u)
		u.state.Store(over)
		u.err = errNoStream
	default:
		u.err = httpload.ErrTimeout()
		l.giveUp(u)
	}
	return true
}

// giveUp ends the stream of a user.
func (l *lane) giveUp(u *user) {
	s := u.session
	u.state.Store(over)
	s.cancel(u)
	l.serve()
	s.flush()
	s.closeIfDone()
	l.send()
}

// connect opens the lane's connection for the user, whose stream is its first.
// It works in a goroutine of its own: dialling takes a deep stack, which every
// user would keep for the rest of the run.
func (u *user) connect(call *loadgen.Call, l *lane) {
	var connecting sync.WaitGroup
	connecting.Go(func() {
		ctx, cancel := u.dialing(call)
		defer cancel()
		defer u.dialed()
		s, err := l.dial(ctx, u)
		l.enter(u, s, err)
	})
	connecting.Wait()
}

// dial connects and shakes hands. It notes in the user's stream what that took.
func (l *lane) dial(ctx context.Context, u *user) (*session, error) {
	began := l.client.clock.Now()
	conn, address, err := l.origin.Dial(ctx, l.index, l.opened)
	l.opened++
	u.address = address
	now := l.client.clock.Now()
	u.dialled = now - began
	if err != nil {
		return nil, httpload.ConnectError(err)
	}
	below := newSocket(conn, l.client.working.Go)
	s := newSession(l, below, address)
	if !l.origin.Secure() {
		return s, nil
	}
	below.ahead = make([]byte, smallBuffer)
	secure, err := l.handshake(ctx, below)
	u.shook = l.client.clock.Now() - now
	if err != nil {
		_ = conn.Close()
		return nil, httpload.TLSError(err)
	}
	s.conn = secure
	return s, nil
}

func (l *lane) handshake(ctx context.Context, conn net.Conn) (*tls.Conn, error) {
	secure, err := l.origin.Handshake(ctx, conn, &l.sessions)
	if err != nil {
		return nil, err
	}
	if got := secure.ConnectionState().NegotiatedProtocol; got != protocol {
		return nil, notNegotiated(got)
	}
	return secure, nil
}

// enter makes s the lane's session, with the user's as its first stream.
func (l *lane) enter(u *user, s *session, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.opening = false
	if err != nil {
		u.err = err
		u.state.Store(over)
		u.signal()
		l.serve()
		return
	}
	u.state.Store(waiting)
	l.session = s
	s.greet()
	s.open(u)
	s.start()
	s.flush()
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

// close ends the lane's connections. No request is under way.
func (l *lane) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.session != nil {
		l.session.bye()
	}
}

// A queue holds users, the first to come first.
type queue struct{ first, last *user }

func (q *queue) push(u *user) {
	u.previous, u.next = q.last, nil
	if q.last == nil {
		q.first = u
	} else {
		q.last.next = u
	}
	q.last = u
}

// pushFront is for those who had their turn and could not take it.
func (q *queue) pushFront(u *user) {
	u.previous, u.next = nil, q.first
	if q.first == nil {
		q.last = u
	} else {
		q.first.previous = u
	}
	q.first = u
}

func (q *queue) pop() *user {
	u := q.first
	q.remove(u)
	return u
}

func (q *queue) remove(u *user) {
	if u.previous == nil {
		q.first = u.next
	} else {
		u.previous.next = u.next
	}
	if u.next == nil {
		q.last = u.previous
	} else {
		u.next.previous = u.previous
	}
	u.previous, u.next = nil, nil
}
