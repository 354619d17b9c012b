package h2load

import (
	"net"
	"sync"
	"syscall"

	"gonogo/loadgen/httpload"
)

// socket is the connection below HTTP/2, and below TLS. Its reads bring the
// kernel's stamps. Its writes never wait: what the kernel does not take at once is
// written by a goroutine of its own, so that no user, and not the goroutine that
// keeps the time, waits for a peer that does not read.
type socket struct {
	httpload.StampedConn
	raw  syscall.RawConn // nil: every write is left to the goroutine
	push func(fd uintptr) bool
	run  func(f func())

	rests   func() // called before a read that may wait; nil: nobody minds
	drained func() // called when nothing is left over any more, or never will be written
	ahead   []byte // room to read ahead; nil: reads are large enough
	came    []byte // what was read ahead and not handed on

	mu   sync.Mutex // guards what follows
	now  []byte     // what push is to write
	err  error
	rest []byte // left over
	busy bool   // a goroutine writes what is left over
}

func newSocket(conn net.Conn, run func(func())) *socket {
	s := &socket{StampedConn: httpload.Stamped(conn), run: run}
	if sc, ok := conn.(syscall.Conn); ok && canPush {
		s.raw, _ = sc.SyscallConn()
	}
	s.push = func(fd uintptr) bool {
		s.now, s.err = pushTo(fd, s.now)
		return true
	}
	return s
}

// Read implements net.Conn. Under TLS, which reads record by record, it reads
// ahead: the answers that came together are worked on together.
func (s *socket) Read(b []byte) (int, error) {
	if len(s.came) == 0 {
		if s.rests != nil {
			s.rests()
		}
		if s.ahead == nil {
			return s.StampedConn.Read(b)
		}
		n, err := s.StampedConn.Read(s.ahead)
		if n == 0 {
			return 0, err
		}
		s.came = s.ahead[:n]
	}
	n := copy(b, s.came)
	s.came = s.came[n:]
	return n, nil
}

// state tells whether something is left over, until drained is called, and
// whether anything can be written at all.
func (s *socket) state() (full bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.busy, s.err
}

// Write implements net.Conn.
func (s *socket) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = b
	if !s.busy && s.raw != nil {
		if err := s.raw.Write(s.push); err != nil {
			return 0, err
		}
	}
	rest := s.now
	s.now = nil
	if s.err != nil {
		return len(b) - len(rest), s.err
	}
	if len(rest) > 0 {
		s.rest = append(s.rest, rest...)
		if !s.busy {
			s.busy = true
			s.run(s.drain)
		}
	}
	return len(b), nil
}

// drain writes what is left over, waiting for the peer.
func (s *socket) drain() {
	for s.drainOnce() {
	}
	if s.drained != nil {
		s.drained()
	}
}

// drainOnce returns false when there was nothing left, or it is of no more use.
func (s *socket) drainOnce() bool {
	s.mu.Lock()
	b := s.rest
	s.rest = nil
	if len(b) == 0 || s.err != nil {
		s.busy = false
		s.mu.Unlock()
		return false
	}
	s.mu.Unlock()
	_, err := s.Conn.Write(b)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
	return true
}
