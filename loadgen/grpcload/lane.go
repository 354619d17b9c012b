package grpcload

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"gonogo/loadgen/dial"
	"gonogo/loadgen/httpload"
	"gonogo/measure"
)

// A lane is one of the connections to an origin: one after the other. Whoever finds
// none opens one, and those who come meanwhile wait for what comes of it.
type lane struct {
	client        *Client
	origin        *dial.Origin
	index, number int // of the connection, and of the origin

	mu      sync.Mutex // guards what follows
	current *conn      // that takes further calls; nil: none does
	attempt *attempt   // to open one; nil: nobody tries

	times    int // one was opened; the attempt's
	sessions dial.Sessions
}

// A conn is one connection, with the little of a channel that the library has around.
type conn struct {
	cc      *grpc.ClientConn
	below   *socket
	address *dial.Address
	calls   int  // under way; the lane's lock guards it
	retired bool // the last call closes it; likewise
}

// An attempt to open a connection has come to something when it is done.
type attempt struct {
	done chan struct{}
	conn *conn
	err  error
}

// opened is what opening a connection took.
type opened struct {
	connect, tls time.Duration
	address      *dial.Address
	waited       bool // for somebody else's
}

// enter returns the lane's connection, for one call. leave has to follow.
func (l *lane) enter(ctx context.Context, o *opened) (*conn, error) {
	l.mu.Lock()
	if c := l.current; c != nil {
		if c.cc.GetState() == connectivity.Ready {
			c.calls++
			l.mu.Unlock()
			return c, nil
		}
		l.retire(c)
	}
	a := l.attempt
	if a == nil {
		a = &attempt{done: make(chan struct{})}
		l.attempt = a
		l.mu.Unlock()
		return l.open(ctx, a, o)
	}
	l.mu.Unlock()
	o.waited = true
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-a.done:
	}
	if a.err != nil {
		return nil, a.err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	a.conn.calls++
	return a.conn, nil
}

func (l *lane) open(ctx context.Context, a *attempt, o *opened) (*conn, error) {
	a.conn, a.err = l.dial(ctx, o)
	l.mu.Lock()
	l.current, l.attempt = a.conn, nil
	if a.conn != nil {
		a.conn.calls++
	}
	l.mu.Unlock()
	close(a.done)
	return a.conn, a.err
}

// leave ends a call. A connection that is over goes with its last one.
func (l *lane) leave(c *conn, over bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c.calls--
	if over {
		l.retire(c)
	}
	if c.retired && c.calls == 0 {
		_ = c.cc.Close()
	}
}

// retire takes a connection out of use. The caller has the lock.
func (l *lane) retire(c *conn) {
	if l.current == c {
		l.current = nil
	}
	c.retired = true
	if c.calls == 0 {
		_ = c.cc.Close()
	}
}

// close ends the connection. No call is under way.
func (l *lane) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.current != nil {
		l.retire(l.current)
	}
}

// dial connects, shakes hands and waits until the peer has said that it speaks HTTP/2.
// It notes what that took.
func (l *lane) dial(ctx context.Context, o *opened) (*conn, error) {
	began := time.Now()
	raw, address, err := l.origin.Dial(ctx, l.index, l.times)
	l.times++
	o.address, o.connect = address, time.Since(began)
	if err != nil {
		return nil, httpload.ConnectError(err)
	}
	below := &socket{Conn: raw}
	var creds credentials.TransportCredentials = insecure.NewCredentials()
	if l.origin.Secure() {
		began = time.Now()
		secure, err := l.handshake(ctx, raw)
		o.tls = time.Since(began)
		if err != nil {
			_ = raw.Close()
			return nil, httpload.TLSError(err)
		}
		below.Conn, creds = secure, shaken{insecure.NewCredentials(), secure.ConnectionState()}
	}
	began = time.Now()
	cc, err := l.speak(ctx, below, creds)
	o.connect += time.Since(began)
	if err != nil {
		_ = below.Close()
		return nil, err
	}
	return &conn{cc: cc, below: below, address: address}, nil
}

func (l *lane) handshake(ctx context.Context, raw net.Conn) (*tls.Conn, error) {
	secure, err := l.origin.Handshake(ctx, raw, &l.sessions)
	if err != nil {
		return nil, err
	}
	if got := secure.ConnectionState().NegotiatedProtocol; got != "h2" {
		return nil, fmt.Errorf("the peer negotiates %q, want h2 (ALPN)", got)
	}
	return secure, nil
}

// errEnded is what the library hears when it would connect again, which is ours to do.
var errEnded = errors.New("gonogo: the connection has ended")

// neverAgain keeps the library from trying what it has been refused.
const neverAgain = time.Hour

// speak gives the connection to the library and waits until calls can be made.
func (l *lane) speak(ctx context.Context, below *socket, creds credentials.TransportCredentials) (*grpc.ClientConn, error) {
	var given atomic.Bool
	cc, err := grpc.NewClient("passthrough:///gonogo",
		grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) {
			if given.Swap(true) {
				return nil, errEnded
			}
			return below, nil
		}),
		grpc.WithTransportCredentials(creds),
		grpc.WithAuthority(httpload.HostField(l.client.hosts[l.number])),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{BaseDelay: neverAgain, Multiplier: 1, MaxDelay: neverAgain}, MinConnectTimeout: neverAgain,
		}),
		grpc.WithStatsHandler(instants{}), grpc.WithUserAgent("gonogo"), grpc.WithIdleTimeout(0),
		grpc.WithDisableServiceConfig(), grpc.WithDisableRetry(), grpc.WithDisableHealthCheck(),
	)
	if err != nil {
		return nil, httpload.ConnectError(err)
	}
	cc.Connect()
	for state := cc.GetState(); state != connectivity.Ready; state = cc.GetState() {
		if state == connectivity.TransientFailure {
			_ = cc.Close()
			return nil, below.why()
		}
		if !cc.WaitForStateChange(ctx, state) {
			_ = cc.Close()
			return nil, ctx.Err()
		}
	}
	return cc, nil
}

// shaken are the credentials of a connection whose handshake is over.
type shaken struct {
	credentials.TransportCredentials
	state tls.ConnectionState
}

func (s shaken) ClientHandshake(_ context.Context, _ string, c net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return c, credentials.TLSInfo{
		State:          s.state,
		CommonAuthInfo: credentials.CommonAuthInfo{SecurityLevel: credentials.PrivacyAndIntegrity},
	}, nil
}

func (s shaken) Info() credentials.ProtocolInfo {
	return credentials.ProtocolInfo{SecurityProtocol: "tls"}
}

func (s shaken) Clone() credentials.TransportCredentials { return s }

// A socket remembers how a connection ended that came to nothing.
type socket struct {
	net.Conn
	mu  sync.Mutex
	got bool // a byte
	err error
}

func (s *socket) Read(b []byte) (int, error) {
	n, err := s.Conn.Read(b)
	s.mu.Lock()
	s.got = s.got || n > 0
	if s.err == nil {
		s.err = err
	}
	s.mu.Unlock()
	return n, err
}

// why says why no HTTP/2 came of the connection.
func (s *socket) why() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.got || s.err == nil || errors.Is(s.err, net.ErrClosed) {
		return &failure{measure.Malformed, errors.New("the peer does not speak HTTP/2 here")}
	}
	if s.err == io.EOF {
		return &failure{measure.Reset, errors.New("the peer ended the connection at once")}
	}
	return &failure{measure.Reset, s.err}
}
