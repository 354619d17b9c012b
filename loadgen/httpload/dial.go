package httpload

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"gonogo/loadgen"
)

// An origin is a scheme, host and port that connections go to.
type origin struct {
	index     int // among the client's origins; -1 when only a redirect led here
	scheme    string
	host      string
	port      string
	addresses []string // that answered in preflight; none before it
	tls       *tls.Config
}

func newOrigin(c *Client, u *url.URL) (*origin, error) {
	if u == nil || u.Hostname() == "" {
		return nil, errors.New("the URL names no host")
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("scheme %q: want http or https", u.Scheme)
	}
	o := &origin{index: -1, scheme: u.Scheme, host: u.Hostname(), port: u.Port()}
	if o.port == "" {
		o.port = defaultPort(u.Scheme)
	}
	if o.scheme == "https" {
		o.tls = c.options.TLS.Clone()
		if o.tls.ServerName == "" {
			o.tls.ServerName = o.host
		}
		o.tls.NextProtos = []string{"http/1.1"}
	}
	return o, nil
}

func (o *origin) key() string { return o.scheme + "://" + net.JoinHostPort(o.host, o.port) }

// address is where the nth connection of a user goes: users spread over all
// addresses, and a user that connects again moves on.
func (o *origin) address(user, nth int) string {
	if len(o.addresses) == 0 {
		return net.JoinHostPort(o.host, o.port)
	}
	return o.addresses[(user+nth)%len(o.addresses)]
}

// preflight fills addresses.
func (o *origin) preflight(ctx context.Context, dial dialFunc) error {
	ips, err := net.DefaultResolver.LookupHost(ctx, o.host)
	if err != nil {
		return fmt.Errorf("resolve %s: %w", o.host, err)
	}
	o.addresses = nil
	var errs []error
	for _, ip := range ips {
		address := net.JoinHostPort(ip, o.port)
		conn, err := dial(ctx, "tcp", address)
		if err != nil {
			errs = append(errs, fmt.Errorf("connect to %s: %w", address, bare(err)))
			continue
		}
		_ = conn.Close()
		o.addresses = append(o.addresses, address)
	}
	if len(o.addresses) == 0 {
		return errors.Join(errs...)
	}
	return nil
}

// bare takes the "dial tcp address:" off an error whose text says it already.
func bare(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		return op.Err
	}
	return err
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// link is a user's connection to one origin.
type link struct {
	stream stream        // nil: not connected
	opened int           // how often it was
	used   time.Duration // when the last answer ended
}

// idleCheck is how long a connection may have been idle before it is looked at
// for an end that came meanwhile.
const idleCheck = time.Millisecond

// connect opens the link's connection. It adds what that took to the outcome.
func (u *user) connect(call *loadgen.Call, l *link, o *origin) error {
	ctx, cancel := u.dialing(call)
	defer cancel()
	defer u.dialed()

	began := u.clock.Now()
	conn, err := u.client.options.Dial(ctx, "tcp", o.address(u.index, l.opened))
	l.opened++
	now := u.clock.Now()
	call.Outcome.Connect += now - began
	if err != nil {
		return &connectError{err}
	}
	if o.tls == nil {
		u.adopt(l, plainStream(conn))
		return nil
	}
	s, err := handshake(ctx, conn, o.tls)
	call.Outcome.TLS += u.clock.Now() - now
	if err != nil {
		_ = conn.Close()
		return &tlsError{err}
	}
	u.adopt(l, s)
	return nil
}

// isStale tells whether an open link's connection ended while it was idle.
func (u *user) isStale(l *link) bool {
	return u.clock.Now()-l.used >= idleCheck && l.stream.stale()
}

func plainStream(conn net.Conn) stream {
	if s := newRawStream(conn); s != nil {
		return s
	}
	return &netStream{conn: conn}
}

// handshake wraps the connection in TLS; kernel stamps are taken below it.
func handshake(ctx context.Context, conn net.Conn, config *tls.Config) (stream, error) {
	s := &netStream{stamps: newStampConn(conn)}
	if s.stamps != nil {
		conn = s.stamps
	}
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
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
