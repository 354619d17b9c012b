package target

import (
	"encoding/binary"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// hasStamps tells that this system's kernel can stamp what it receives.
const hasStamps = true

// stamped reads from a socket by recvmsg, which tells when the kernel received
// the data. It is bound to one goroutine.
type stamped struct {
	raw  syscall.RawConn
	turn func(fd uintptr) bool // receive, bound once
	buf  []byte
	n    int
	err  error
	oob  [64]byte

	start time.Time
	last  time.Duration // since start, when the kernel received what was read last; 0 when it did not say
}

// stampListener has the kernel begin to stamp. It does so a moment after it was
// first asked, which accepting a connection may be too late for.
func stampListener(ln net.Listener) {
	if sc, ok := ln.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			askStamps(raw)
		}
	}
}

// askStamps asks for stamps. A kernel that refuses says nothing in its messages.
func askStamps(raw syscall.RawConn) {
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	})
}

// newStamped returns nil when nc has no socket of its own.
func newStamped(nc net.Conn, start time.Time) *stamped {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	askStamps(raw)
	s := &stamped{raw: raw, start: start}
	s.turn = s.receive
	return s
}

// receive is called by the poller until it returns true.
func (s *stamped) receive(fd uintptr) bool {
	var control int
	for {
		s.n, control, _, _, s.err = unix.Recvmsg(int(fd), s.buf, s.oob[:], unix.MSG_DONTWAIT)
		if s.err != unix.EINTR {
			break
		}
	}
	if s.err == nil {
		s.last = sinceStamp(parseStamp(s.oob[:control]), s.start)
	}
	return s.err != unix.EAGAIN
}

// Read implements io.Reader.
func (s *stamped) Read(buf []byte) (int, error) {
	s.buf = buf
	switch err := s.raw.Read(s.turn); {
	case err != nil:
		return 0, err
	case s.err != nil:
		return 0, os.NewSyscallError("recvmsg", s.err)
	case s.n == 0 && len(buf) > 0:
		return 0, io.EOF
	}
	return s.n, nil
}

// parseStamp finds a receive stamp of 64-bit seconds and nanoseconds among control messages.
func parseStamp(control []byte) int64 {
	for len(control) >= unix.SizeofCmsghdr {
		head, data, rest, err := unix.ParseOneSocketControlMessage(control)
		if err != nil {
			return 0
		}
		if head.Level == unix.SOL_SOCKET && head.Type == unix.SCM_TIMESTAMPNS && len(data) >= 16 {
			seconds, nanos := binary.NativeEndian.Uint64(data), binary.NativeEndian.Uint64(data[8:])
			return int64(seconds)*1e9 + int64(nanos)
		}
		control = rest
	}
	return 0
}
