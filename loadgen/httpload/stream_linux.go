//go:build linux && (amd64 || arm64)

package httpload

import (
	"io"
	"net"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// receiver reads from a socket with recvmsg, which hands back the instant at
// which the kernel received the data.
type receiver struct {
	msg  unix.Msghdr
	iov  unix.Iovec
	oob  [64]byte
	last int64
}

// stamp asks the kernel for receive stamps. A kernel that refuses leaves last 0.
func stamp(raw syscall.RawConn) {
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	})
}

// receive does one recvmsg. The socket never blocks, so the scheduler need not
// hear of the call.
func (r *receiver) receive(fd uintptr, buf []byte) (int, syscall.Errno) {
	r.iov.Base = &buf[0]
	r.iov.SetLen(len(buf))
	r.msg.Iov, r.msg.Iovlen = &r.iov, 1
	r.msg.Control = &r.oob[0]
	for {
		r.msg.SetControllen(len(r.oob))
		n, _, errno := syscall.RawSyscall(unix.SYS_RECVMSG, fd, uintptr(unsafe.Pointer(&r.msg)), 0)
		if errno == syscall.EINTR {
			continue
		}
		if errno == 0 {
			r.last = r.parseStamp()
		}
		return int(n), errno
	}
}

// parseStamp finds SCM_TIMESTAMPNS, the only control message that was asked for.
func (r *receiver) parseStamp() int64 {
	const size = unix.SizeofCmsghdr + int(unsafe.Sizeof(unix.Timespec{}))
	if int(r.msg.Controllen) < size {
		return 0
	}
	h := (*unix.Cmsghdr)(unsafe.Pointer(&r.oob[0]))
	if h.Level != unix.SOL_SOCKET || h.Type != unix.SCM_TIMESTAMPNS {
		return 0
	}
	return (*unix.Timespec)(unsafe.Pointer(&r.oob[unix.SizeofCmsghdr])).Nano()
}

// hungUp tells whether the peer has ended the connection, or, when quiet is set,
// has sent something although nothing was asked.
func hungUp(raw syscall.RawConn, quiet bool) (gone bool) {
	events := int16(unix.POLLRDHUP)
	if quiet {
		events |= unix.POLLIN
	}
	err := raw.Control(func(fd uintptr) {
		fds := [1]unix.PollFd{{Fd: int32(fd), Events: events}}
		n, err := unix.Poll(fds[:], 0)
		gone = err == nil && n > 0
	})
	return gone || err != nil
}

// refused tells whether the peer ended the connection, and after that refused what
// we sent: the kernel keeps EPIPE for that case, and ECONNRESET for all others.
func refused(raw syscall.RawConn) (is bool) {
	err := raw.Control(func(fd uintptr) {
		errno, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR)
		is = err == nil && syscall.Errno(errno) == syscall.EPIPE
	})
	return is && err == nil
}

// rawStream is a stream over a plain TCP or unix socket.
//
// It saves the read that every poller tries before it waits: the write happens
// inside the wait for the answer, after the poller was armed, so that nothing
// can have come before and nothing that comes is missed.
type rawStream struct {
	receiver
	conn net.Conn
	raw  syscall.RawConn
	turn func(fd uintptr) bool // takeTurn, bound once
	push func(fd uintptr) bool // write, likewise

	request []byte // not yet written
	buf     []byte // to read into
	writing bool   // the turn is to write first
	spoke   bool   // an exchange has begun: what comes now is an answer
	n       int
	errno   syscall.Errno
}

// newRawStream returns nil when conn has no descriptor of its own.
func newRawStream(conn net.Conn) stream {
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	stamp(raw)
	s := &rawStream{conn: conn, raw: raw}
	s.turn = s.takeTurn
	s.push = func(fd uintptr) bool {
		_ = s.write(fd) // what is left is written by exchange, which meets the error again
		return true
	}
	return s
}

// takeTurn is called by the poller: at once, and whenever the socket may be
// readable. It returns true when the exchange has come to something.
func (s *rawStream) takeTurn(fd uintptr) bool {
	if s.writing {
		s.writing = false
		if s.errno = s.write(fd); s.errno != 0 {
			return true // EAGAIN too: exchange goes on
		}
		if s.spoke {
			return false
		}
		s.spoke = true // and see whether the peer did so first, before the poller was armed
	}
	s.n, s.errno = s.receive(fd, s.buf)
	return s.errno != syscall.EAGAIN
}

// write writes as much of the request as the socket takes.
func (s *rawStream) write(fd uintptr) syscall.Errno {
	for len(s.request) > 0 {
		n, _, errno := syscall.RawSyscall(unix.SYS_WRITE, fd, uintptr(unsafe.Pointer(&s.request[0])), uintptr(len(s.request)))
		switch errno {
		case 0:
			s.request = s.request[n:]
		case syscall.EINTR:
		default:
			return errno
		}
	}
	return 0
}

func (s *rawStream) start(request []byte) bool {
	s.request = request
	_ = s.raw.Write(s.push) // a closed connection: exchange meets it
	return true
}

func (s *rawStream) exchange(request, buf []byte) (int, error) {
	if request != nil {
		s.request = request
	}
	if len(s.request) == 0 {
		return s.read(buf)
	}
	s.writing = true
	n, err := s.wait(buf)
	if err == syscall.EAGAIN { // the socket's buffer is full
		return 0, errFull
	}
	return n, err
}

func (s *rawStream) flush() error {
	n, err := s.conn.Write(s.request)
	s.request = s.request[n:]
	return err
}

func (s *rawStream) read(buf []byte) (int, error) { return s.wait(buf) }

// wait takes turns until one comes to something.
func (s *rawStream) wait(buf []byte) (int, error) {
	s.buf, s.n, s.errno = buf, 0, 0
	if err := s.raw.Read(s.turn); err != nil {
		s.writing = false
		return 0, err
	}
	switch {
	case s.errno != 0:
		return 0, s.errno
	case s.n == 0:
		return 0, io.EOF
	}
	return s.n, nil
}

func (s *rawStream) unwritten() bool       { return len(s.request) > 0 }
func (s *rawStream) received() int64       { return s.last }
func (s *rawStream) refused() bool         { return refused(s.raw) }
func (s *rawStream) stale() bool           { return hungUp(s.raw, true) }
func (s *rawStream) interrupt(writes bool) { interrupt(s.conn, writes) }
func (s *rawStream) resume()               { _ = s.conn.SetReadDeadline(time.Time{}) }
func (s *rawStream) close()                { _ = s.conn.Close() }

// stampConn is the net.Conn below TLS: it reads like a rawStream.
type stampConn struct {
	net.Conn
	receiver
	raw   syscall.RawConn
	turn  func(fd uintptr) bool
	buf   []byte
	n     int
	errno syscall.Errno
}

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
	c := &stampConn{Conn: conn, raw: raw}
	c.turn = func(fd uintptr) bool {
		c.n, c.errno = c.receive(fd, c.buf)
		return c.errno != syscall.EAGAIN
	}
	return c
}

// Read implements net.Conn.
func (c *stampConn) Read(buf []byte) (int, error) {
	if len(buf) == 0 {
		return 0, nil
	}
	c.buf = buf
	err := c.raw.Read(c.turn)
	switch {
	case err != nil:
		return 0, err
	case c.errno != 0:
		return 0, os.NewSyscallError("recvmsg", c.errno)
	case c.n == 0:
		return 0, io.EOF
	}
	return c.n, nil
}

func (c *stampConn) refusedData() bool { return refused(c.raw) }

// hungUp leaves data alone: a TLS server sends session tickets unasked.
func (c *stampConn) hungUp() bool { return hungUp(c.raw, false) }
