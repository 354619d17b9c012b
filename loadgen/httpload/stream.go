package httpload

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"time"
)

// A stream is one open connection to the target. Apart from interrupt and
// close, its methods are called by one goroutine.
//
// Both reading methods return os.ErrDeadlineExceeded after interrupt, without
// losing a byte: after resume the caller calls read, or exchange with a nil
// request, and goes on where it was.
type stream interface {
	// start writes as much of the request as goes without waiting, where it can
	// tell. Then exchange with a nil request follows, and meets what went wrong.
	start(request []byte) bool
	// exchange writes the request and reads the first bytes of what comes back into
	// the buffer's room. It returns errFull when the rest of the request cannot be written without
	// waiting for the peer: then comes flush, and exchange with a nil request.
	exchange(request []byte, in *buffer) (int, error)
	// flush writes the rest of the request, however long that takes.
	flush() error
	// unwritten tells whether some of the request is.
	unwritten() bool
	// read reads the bytes that follow. It returns io.EOF at the end.
	read(in *buffer) (int, error)
	// received is the wall-clock instant, in nanoseconds, at which the kernel
	// received the bytes that the last call returned; 0 when it does not say.
	received() int64
	// stale tells whether a connection that was idle is of no more use.
	stale() bool
	// refused tells whether the peer had ended the connection before the request
	// reached it, as far as that can be told.
	refused() bool
	// interrupt ends a waiting read, and a waiting write too when writes is set.
	interrupt(writes bool)
	resume()
	close()
}

// errFull tells that writing on would mean waiting for the peer.
var errFull = errors.New("the connection takes no more for now")

// past is a deadline that makes a waiting call return at once.
var past = time.Unix(1, 0)

// netStream is a stream over any net.Conn: the portable way, and the way of TLS.
type netStream struct {
	conn    net.Conn
	stamps  *stampConn // below TLS, where the platform has it; else nil
	pending []byte     // of the request, not yet written
	asked   bool       // for an answer, on this connection
	spent   bool       // the peer ended the connection, or spoke unasked, before it had the request
}

// start cannot tell whether a Write would wait for the peer.
func (s *netStream) start([]byte) bool { return false }

func (s *netStream) exchange(request []byte, in *buffer) (int, error) {
	if request != nil {
		s.pending = request
	}
	if len(s.pending) > 0 {
		first := !s.asked
		s.asked = true
		if s.stamps == nil || !s.stamps.holds(len(s.pending)+recordOverhead) {
			if request != nil && !first && s.spoken() {
				s.spent = true
				return 0, io.EOF
			}
			return 0, errFull
		}
		if err := s.flush(); err != nil {
			return 0, err
		}
		s.stamps.asks(first)
	}
	n, err := s.read(in)
	if s.stamps != nil && s.stamps.unsent && (err == nil || err == io.EOF) {
		s.spent = true // TLS had it already: no answer to what was not sent
		return 0, io.EOF
	}
	return n, err
}

// recordOverhead is what TLS adds to a record, at the most.
const recordOverhead = 256

func (s *netStream) flush() error {
	n, err := s.conn.Write(s.pending)
	s.pending = s.pending[n:]
	return err
}

func (s *netStream) unwritten() bool { return len(s.pending) > 0 && !s.spent }

func (s *netStream) read(in *buffer) (int, error) {
	room := in.room()
	for {
		n, err := s.conn.Read(room)
		if n > 0 {
			return n, nil
		}
		if err != nil {
			return 0, err
		}
		if len(room) == 0 {
			return 0, io.ErrShortBuffer
		}
	}
}

func (s *netStream) received() int64 {
	if s.stamps == nil {
		return 0
	}
	return s.stamps.last
}

func (s *netStream) refused() bool {
	return s.spent || s.stamps != nil && s.stamps.refusedData()
}

func (s *netStream) stale() bool {
	return s.stamps != nil && (s.stamps.hungUp() || s.stamps.unread && s.spoken())
}

// spoken reads what came unasked. A session ticket is nothing to us; the end of the
// connection needs no FIN, and data is no answer to a request that is yet to come.
func (s *netStream) spoken() bool {
	if s.stamps == nil {
		return false // it would wait
	}
	s.stamps.peeks = true
	defer func() { s.stamps.peeks = false }()
	_, err := s.conn.Read(make([]byte, 1))
	return !errors.Is(err, os.ErrDeadlineExceeded)
}

func (s *netStream) interrupt(writes bool) {
	interrupt(s.conn, writes || s.stamps != nil && s.stamps.waits())
}
func (s *netStream) resume() { _ = s.conn.SetDeadline(time.Time{}) }
func (s *netStream) close() {
	conn := s.conn
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn() // a farewell might wait for a peer that does not read
	}
	_ = conn.Close()
}

// interrupt leaves writes alone where it can: TLS does not recover from a write
// that was cut off.
func interrupt(conn net.Conn, writes bool) {
	_ = conn.SetReadDeadline(past)
	if writes {
		_ = conn.SetWriteDeadline(past)
	}
}
