package dial

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A socket is a TCP connection that was opened without net.Dialer: for numbers
// alone, which is all that users connect to. net.Dialer does the same and takes a
// stack of 8 KiB and as many objects for it, which ten thousand users who connect
// at once take at once.
type socket struct {
	file *os.File
	to   netip.AddrPort
}

// direct returns what connects from the source, or from any where that is not
// valid. What is no number it leaves to otherwise.
func direct(source netip.Addr, otherwise Func) Func {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		to, err := netip.ParseAddrPort(address)
		if err != nil || network != "tcp" || to.Addr().Zone() != "" || source.Zone() != "" {
			return otherwise(ctx, network, address)
		}
		s, err := connect(ctx, source, netip.AddrPortFrom(to.Addr().Unmap(), to.Port()))
		if err != nil {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: net.TCPAddrFromAddrPort(to), Err: err}
		}
		return s, nil
	}
}

// connect opens a socket and waits until it is connected, or ctx ends.
func connect(ctx context.Context, source netip.Addr, to netip.AddrPort) (*socket, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	fd, err := begin(source, to)
	if err != nil {
		return nil, err
	}
	s := &socket{os.NewFile(uintptr(fd), "socket"), to}
	if err := s.established(ctx); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// begin makes a socket that never blocks, and lets it connect.
func begin(source netip.Addr, to netip.AddrPort) (int, error) {
	family := unix.AF_INET6
	if to.Addr().Is4() {
		family = unix.AF_INET
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, os.NewSyscallError("socket", err)
	}
	if err := prepare(fd, source, to); err != nil {
		_ = unix.Close(fd)
		return 0, err
	}
	return fd, nil
}

func prepare(fd int, source netip.Addr, to netip.AddrPort) error {
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	if source.IsValid() {
		lateBind(fd)
		if err := unix.Bind(fd, sockaddr(netip.AddrPortFrom(source.Unmap(), 0))); err != nil {
			return os.NewSyscallError("bind", err)
		}
	}
	switch err := unix.Connect(fd, sockaddr(to)); err {
	case nil, unix.EINPROGRESS, unix.EINTR: // a connect that was interrupted goes on
		return nil
	default:
		return os.NewSyscallError("connect", err)
	}
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

// established waits until the socket is connected.
func (s *socket) established(ctx context.Context) error {
	raw, err := s.SyscallConn()
	if err != nil {
		return err
	}
	watching := context.AfterFunc(ctx, func() { _ = s.SetWriteDeadline(past) })
	var failed error
	waited := raw.Write(func(fd uintptr) bool {
		done, err := outcome(int(fd))
		failed = err
		return done
	})
	if !watching() { // ctx has ended: the deadline is set, or is about to be
		return ctx.Err()
	}
	if waited != nil {
		return waited
	}
	return failed
}

// outcome tells what became of a connect: done is false while it is under way.
func outcome(fd int) (done bool, err error) {
	errno, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	switch {
	case err != nil:
		return true, os.NewSyscallError("getsockopt", err)
	case errno == int(unix.EINPROGRESS) || errno == int(unix.EALREADY) || errno == int(unix.EINTR):
		return false, nil
	case errno != 0:
		return true, os.NewSyscallError("connect", syscall.Errno(errno))
	}
	peer, err := unix.Getpeername(fd)
	if err == unix.ENOTCONN {
		return false, nil
	}
	if err != nil {
		return true, os.NewSyscallError("getpeername", err)
	}
	// The kernel may give a socket the very port that it connects to: nobody listens
	// there, and it has connected to itself.
	if own, err := unix.Getsockname(fd); err == nil && addrPort(own) == addrPort(peer) {
		return true, os.NewSyscallError("connect", unix.ECONNREFUSED)
	}
	return true, nil
}

func addrPort(a unix.Sockaddr) netip.AddrPort {
	switch a := a.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr), uint16(a.Port))
	}
	return netip.AddrPort{}
}

// Read implements net.Conn.
func (s *socket) Read(b []byte) (int, error) {
	n, err := s.file.Read(b)
	return n, s.failed("read", err)
}

// Write implements net.Conn.
func (s *socket) Write(b []byte) (int, error) {
	n, err := s.file.Write(b)
	return n, s.failed("write", err)
}

// Close implements net.Conn.
func (s *socket) Close() error { return s.failed("close", s.file.Close()) }

// failed says what a file says as a connection would: TLS goes on after nothing but
// a net.Error that is temporary.
func (s *socket) failed(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	if path, ok := errors.AsType[*os.PathError](err); ok {
		err = path.Err
	}
	if errno, ok := err.(syscall.Errno); ok {
		err = os.NewSyscallError(op, errno)
	}
	if err == os.ErrClosed {
		err = net.ErrClosed
	}
	return &net.OpError{Op: op, Net: "tcp", Addr: s.RemoteAddr(), Err: err}
}

// SetDeadline implements net.Conn.
func (s *socket) SetDeadline(t time.Time) error { return s.file.SetDeadline(t) }

// SetReadDeadline implements net.Conn.
func (s *socket) SetReadDeadline(t time.Time) error { return s.file.SetReadDeadline(t) }

// SetWriteDeadline implements net.Conn.
func (s *socket) SetWriteDeadline(t time.Time) error { return s.file.SetWriteDeadline(t) }

// SyscallConn implements syscall.Conn.
func (s *socket) SyscallConn() (syscall.RawConn, error) { return s.file.SyscallConn() }

// RemoteAddr implements net.Conn.
func (s *socket) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(s.to) }

// LocalAddr implements net.Conn.
func (s *socket) LocalAddr() net.Addr {
	var at netip.AddrPort
	if raw, err := s.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) {
			if own, err := unix.Getsockname(int(fd)); err == nil {
				at = addrPort(own)
			}
		})
	}
	return net.TCPAddrFromAddrPort(at)
}

var _ net.Conn = (*socket)(nil)

// latePort is lateBind for a net.Dialer.
func latePort(_, _ string, raw syscall.RawConn) error {
	return raw.Control(func(fd uintptr) { lateBind(int(fd)) })
}

// lateBind lets the kernel choose the local port of a socket with a source
// address when it connects, and not when it is bound: so a port can be used once
// for each target address, and not only once. Where that is refused, there are
// fewer ports.
func lateBind(fd int) {
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
}

// shallow tells whether direct connects with a stack that a user can spare.
const shallow = true
