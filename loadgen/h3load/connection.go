package h3load

import (
	"context"
	"crypto/tls"
	"math"
	"net"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/loadgen/httpload"
)

const (
	// handshakeTime is beyond any timeout of a plan, which is what ends a handshake.
	handshakeTime = time.Hour
	// idleTime is how long we would keep a connection on which nothing happens. The
	// peer's own limit counts where it is shorter.
	idleTime = 10 * time.Minute
	// maxHead is the longest header of an answer that is read.
	maxHead = 64 << 10
	forever = time.Duration(math.MaxInt64)
)

// link is a user's connection to one origin.
type link struct {
	conn   *connection   // nil: not connected
	until  time.Duration // when it is too old
	left   int           // requests that it may carry; below 0: any number
	kept   bool          // it has carried an answer
	spoilt bool          // it is to carry no other
	opened int           // how often one was

	// The address of the last attempt, with the requests of the measure phase that
	// ended there and are not yet added to it.
	address          *dial.Address
	requests, errors int64
}

// moveTo notes that the next requests of the link are the address's.
func (l *link) moveTo(a *dial.Address) {
	if l.address != nil && l.requests > 0 {
		l.address.Add(l.requests, l.errors)
	}
	l.address, l.requests, l.errors = a, 0, 0
}

// isStale tells whether the connection cannot take another request.
func (l *link) isStale(now time.Duration) bool {
	return l.conn == nil || l.spoilt || now >= l.until || l.left == 0 || l.conn.quic.Context().Err() != nil
}

func (l *link) hangUp() {
	if l.conn != nil {
		l.conn.close()
	}
	l.conn, l.kept, l.spoilt = nil, false, false
}

// A connection is one of QUIC, on a socket of its own.
type connection struct {
	socket    net.Conn
	transport *quic.Transport
	quic      *quic.Conn
	http      *http3.ClientConn
}

// open shakes hands over the socket, which is closed when that fails.
func open(ctx context.Context, socket net.Conn, config *tls.Config) (*connection, error) {
	c := &connection{socket: socket, transport: &quic.Transport{Conn: packets{socket}}}
	var err error
	c.quic, err = c.transport.Dial(ctx, socket.RemoteAddr(), config, &quic.Config{
		HandshakeIdleTimeout: handshakeTime, MaxIdleTimeout: idleTime, MaxIncomingStreams: -1,
	})
	if err != nil {
		_ = c.transport.Close()
		_ = socket.Close()
		return nil, err
	}
	c.http = (&http3.Transport{DisableCompression: true, MaxResponseHeaderBytes: maxHead}).NewClientConn(c.quic)
	return c, nil
}

// close tells the peer, and waits for what works on the connection.
func (c *connection) close() {
	_ = c.quic.CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeNoError), "")
	_ = c.transport.Close()
	_ = c.socket.Close()
}

// carried is how many bytes went in and out so far.
func (c *connection) carried() (in, out int64) {
	stats := c.quic.ConnectionStats()
	return int64(stats.BytesReceived), int64(stats.BytesSent)
}

// packets make a socket with a fixed peer one that the library takes. It has no more
// methods than these: with others the library would log what it thinks of buffers.
type packets struct{ net.Conn }

// ReadFrom implements net.PacketConn.
func (p packets) ReadFrom(b []byte) (int, net.Addr, error) {
	n, err := p.Read(b)
	return n, p.RemoteAddr(), err
}

// WriteTo implements net.PacketConn. There is one peer.
func (p packets) WriteTo(b []byte, _ net.Addr) (int, error) { return p.Write(b) }

// SetReadBuffer asks for a buffer as large as the system allows.
func (p packets) SetReadBuffer(n int) error {
	if s, ok := p.Conn.(interface{ SetReadBuffer(int) error }); ok {
		return s.SetReadBuffer(n)
	}
	return nil
}

// SetWriteBuffer is likewise.
func (p packets) SetWriteBuffer(n int) error {
	if s, ok := p.Conn.(interface{ SetWriteBuffer(int) error }); ok {
		return s.SetWriteBuffer(n)
	}
	return nil
}

// connect opens the link's connection. It adds what that took to the outcome.
func (u *user) connect(call *loadgen.Call, l *link, r *request) error {
	l.hangUp()
	ctx, cancel := u.dialing(call)
	defer cancel()
	defer u.waits(nil, nil)

	began := u.clock.Now()
	defer func() { call.Outcome.Connect += u.clock.Now() - began }()
	socket, address, err := r.to.Packets(ctx, u.index, l.opened)
	l.opened++
	l.moveTo(address)
	if err != nil {
		return httpload.ConnectError(err)
	}
	conn, err := open(ctx, socket, r.to.Config(&u.sessions))
	if err != nil {
		r.to.Connected(address, nil, err)
		return unconnected(err)
	}
	state := conn.quic.ConnectionState().TLS
	r.to.Connected(address, &state, nil)
	l.conn = conn
	u.limit(l, r)
	return nil
}

// limit gives a connection its lifetime.
func (u *user) limit(l *link, r *request) {
	l.left, l.until = -1, forever
	o := &u.client.options
	requests, age := httpload.Lifetime(&o.Network.Connections, o.Seed, u.index, r.origin, l.opened)
	if requests > 0 {
		l.left = requests
	}
	if age > 0 {
		l.until = u.clock.Now() + age
	}
}

// dialing returns the context of a connection attempt: it ends with the call, or
// when Interrupt finds the call expired.
func (u *user) dialing(call *loadgen.Call) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	if until := call.Until(); until > 0 {
		cancel()
		ctx, cancel = context.WithDeadline(context.Background(), u.clock.Start().Add(until))
	}
	u.waits(call, cancel)
	return ctx, cancel
}

// probe makes a connection to the address and ends it.
func (c *Client) probe(ctx context.Context, o *dial.Origin, a *dial.Address, index int) error {
	socket, err := o.PacketsTo(ctx, a, index)
	if err != nil {
		return err
	}
	conn, err := open(ctx, socket, o.Config(&dial.Sessions{}))
	if err != nil {
		return unconnected(err)
	}
	conn.close()
	return nil
}
