//go:build linux && (amd64 || arm64)

package httpload

import (
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
)

// stampConn is the net.Conn below TLS. It reads like a rawStream, and saves the same
// read: what is written it holds until the next Read, which sends it after the poller
// was armed.
type stampConn struct {
	net.Conn
	raw    syscall.RawConn
	turn   func(fd uintptr) bool // takeTurn, bound once
	held   []byte
	buf    []byte
	n      int
	last   int64 // when the kernel received what was read
	errno  syscall.Errno
	call   string      // whose errno it is
	unread bool        // something may have come that no Read returned
	unsent bool        // a request is, or some of it
	quiet  bool        // the peer owes nothing: it speaks when the request has reached it
	peeks  bool        // Read is not to wait
	stuck  atomic.Bool // what is held cannot be sent without waiting
}

// maxHeld is more than a request takes that has no body.
const maxHeld = 4 << 10

// newStampConn returns nil when conn has no descriptor of its own.
func newStampConn(conn net.Conn) *stampConn {
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	stamp(raw)
	c := &stampConn{Conn: conn, raw: raw, unread: true}
	c.turn = c.takeTurn
	return c
}

// takeTurn is like that of a rawStream.
func (c *stampConn) takeTurn(fd uintptr) bool {
	if len(c.held) > 0 && !c.peeks {
		if c.errno = c.send(fd); c.errno != 0 {
			c.call = "sendto"
			return true
		}
		if c.quiet && !c.unread {
			c.quiet = false
			return false
		}
	}
	c.quiet = false
	c.n, c.last, c.errno = receive(fd, c.buf)
	c.unread = c.n == len(c.buf)
	return c.peeks || c.errno != syscall.EAGAIN
}

// send sends as much of what is held as the socket takes.
func (c *stampConn) send(fd uintptr) syscall.Errno {
	n, errno := sendTo(fd, c.held)
	c.sent(n)
	return errno
}

func (c *stampConn) sent(n int) {
	c.held = c.held[:copy(c.held, c.held[n:])]
	c.unsent = c.unsent && len(c.held) > 0
}

// asks tells that what is held has a request, the first of the connection or a later
// one. The first is sent at once: the peer may have spoken first, which TLS has read.
func (c *stampConn) asks(first bool) {
	c.unsent, c.quiet = true, !first
	if first {
		c.sendNow() // Read meets the error again
	}
}

// sendNow sends as much of what is held as needs no waiting.
func (c *stampConn) sendNow() {
	_ = c.raw.Control(func(fd uintptr) { _ = c.send(fd) })
}

// Read implements net.Conn.
func (c *stampConn) Read(buf []byte) (int, error) {
	if len(buf) == 0 {
		return 0, nil
	}
	c.buf, c.n, c.errno, c.call = buf, 0, 0, "recvmsg"
	err := c.raw.Read(c.turn)
	if err == nil && c.errno == syscall.EAGAIN {
		if c.peeks {
			return 0, os.ErrDeadlineExceeded // after which TLS goes on
		}
		if err = c.unstick(); err == nil {
			err = c.raw.Read(c.turn)
		}
	}
	switch {
	case err != nil:
		return 0, err
	case c.errno != 0:
		return 0, os.NewSyscallError(c.call, c.errno)
	case c.n == 0:
		return 0, io.EOF
	}
	return c.n, nil
}

// Write implements net.Conn.
func (c *stampConn) Write(b []byte) (int, error) {
	if c.holds(len(b)) {
		c.held = append(c.held, b...)
		return len(b), nil
	}
	if err := c.flush(); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// holds tells whether a Write of n bytes need not wait for the peer.
func (c *stampConn) holds(n int) bool { return len(c.held)+n <= maxHeld }

// flush sends what is held, however long that takes.
func (c *stampConn) flush() error {
	c.unread = true // and see what came meanwhile
	n, err := c.Conn.Write(c.held)
	c.sent(n)
	return err
}

// unstick is flush for a Read, which TLS can do again: an interrupt may end it.
func (c *stampConn) unstick() error {
	c.stuck.Store(true)
	defer c.stuck.Store(false)
	return c.flush()
}

func (c *stampConn) waits() bool { return c.stuck.Load() }

func (c *stampConn) refusedData() bool { return refused(c.raw) }

// hungUp tells whether the peer has ended the connection. What it has sent is TLS's
// to read.
func (c *stampConn) hungUp() (gone bool) {
	gone, c.unread = lookAt(c.raw)
	return gone
}
