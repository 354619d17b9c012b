//go:build linux && (amd64 || arm64)

package httpload

import (
	"io"
	"net"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// stamp asks the kernel for receive stamps. A kernel that refuses leaves last 0.
func stamp(raw syscall.RawConn) {
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	})
}

// stampSize is the room that SCM_TIMESTAMPNS takes, the only control message that
// was asked for.
const stampSize = unix.SizeofCmsghdr + int(unsafe.Sizeof(unix.Timespec{}))

// receive does one recvmsg, which hands back the instant at which the kernel
// received the data, 0 where it does not say. The socket never blocks, so the
// scheduler need not hear of the call. What the call needs is on the stack: that is
// in the cache.
func receive(fd uintptr, room []byte) (n int, at int64, errno syscall.Errno) {
	var control [stampSize]byte
	iov := unix.Iovec{Base: &room[0]}
	iov.SetLen(len(room))
	msg := unix.Msghdr{Iov: &iov, Iovlen: 1, Control: &control[0]}
	for {
		msg.SetControllen(len(control))
		n, _, errno := syscall.RawSyscall(unix.SYS_RECVMSG, fd, uintptr(unsafe.Pointer(&msg)), 0)
		if errno == syscall.EINTR {
			continue
		}
		if errno == 0 && int(msg.Controllen) >= stampSize {
			at = stampIn(&control)
		}
		return int(n), at, errno
	}
}

func stampIn(control *[stampSize]byte) int64 {
	h := (*unix.Cmsghdr)(unsafe.Pointer(control))
	if h.Level != unix.SOL_SOCKET || h.Type != unix.SCM_TIMESTAMPNS {
		return 0
	}
	return (*unix.Timespec)(unsafe.Pointer(&control[unix.SizeofCmsghdr])).Nano()
}

// sendTo writes as much of b as the socket takes, and returns how much that was. It
// asks the socket itself: on the way that all files share a write costs more.
func sendTo(fd uintptr, b []byte) (sent int, errno syscall.Errno) {
	for sent < len(b) {
		rest := b[sent:]
		n, _, errno := syscall.RawSyscall6(unix.SYS_SENDTO, fd, uintptr(unsafe.Pointer(&rest[0])), uintptr(len(rest)), unix.MSG_NOSIGNAL, 0, 0)
		switch errno {
		case 0:
			sent += int(n)
		case syscall.EINTR:
		default:
			return sent, errno
		}
	}
	return sent, 0
}

// lookAt tells whether the peer has ended the connection, and whether it has sent
// something that was not read.
func lookAt(raw syscall.RawConn) (gone, unread bool) {
	err := raw.Control(func(fd uintptr) {
		fds := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP | unix.POLLIN}}
		if n, err := unix.Poll(fds[:], 0); err == nil && n > 0 {
			unread = fds[0].Revents&unix.POLLIN != 0
			gone = fds[0].Revents&^unix.POLLIN != 0
		}
	})
	return gone || err != nil, unread
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
//
// It fills two lines of a cache, what every request needs first.
type rawStream struct {
	raw     syscall.RawConn
	turn    func(fd uintptr) bool // takeTurn, bound once
	request []byte                // not yet written
	in      *buffer               // to read into
	n       int
	last    int64 // when the kernel received what was read
	errno   syscall.Errno
	writing bool // the turn is to write first
	asked   bool // an exchange has begun: what comes now is an answer
	quiet   bool // the peer has none of the request yet

	conn net.Conn
	push func(fd uintptr) bool // write, bound once
	_    [16]byte
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
		if s.quiet {
			return false
		}
	} // else see whether the peer spoke first, before the poller was armed
	s.n, s.last, s.errno = receive(fd, s.in.room())
	if s.errno == syscall.EAGAIN && s.in.end == 0 {
		s.in.release() // others can use it while this one waits
	}
	return s.errno != syscall.EAGAIN
}

// write writes as much of the request as the socket takes.
func (s *rawStream) write(fd uintptr) syscall.Errno {
	n, errno := sendTo(fd, s.request)
	s.request = s.request[n:]
	return errno
}

func (s *rawStream) start(request []byte) bool {
	s.request = request
	_ = s.raw.Write(s.push) // a closed connection: exchange meets it
	return true
}

func (s *rawStream) exchange(request []byte, in *buffer) (int, error) {
	s.quiet = request != nil && s.asked
	s.asked = true
	if request != nil {
		s.request = request
	}
	s.writing = len(s.request) > 0
	n, err := s.read(in)
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

// read takes turns until one comes to something.
func (s *rawStream) read(in *buffer) (int, error) {
	s.in, s.n, s.errno = in, 0, 0
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

func (s *rawStream) unwritten() bool { return len(s.request) > 0 }
func (s *rawStream) received() int64 { return s.last }
func (s *rawStream) refused() bool   { return refused(s.raw) }

// stale: what came although nothing was asked is no answer either.
func (s *rawStream) stale() bool {
	gone, unread := lookAt(s.raw)
	return gone || unread
}

func (s *rawStream) interrupt(writes bool) { interrupt(s.conn, writes) }
func (s *rawStream) resume()               { _ = s.conn.SetReadDeadline(time.Time{}) }
func (s *rawStream) close()                { _ = s.conn.Close() }
