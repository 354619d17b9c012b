package dial

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// never is the way that numbers must not take.
func never(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("net.Dialer was asked")
}

func listening(t *testing.T, address string) net.Listener {
	ln, err := net.Listen("tcp", address)
	if err != nil && address[0] == '[' {
		t.Skipf("no IPv6 here: %v", err)
	}
	require.NoError(t, err)
	t.Cleanup(func() { _ = ln.Close() })
	return ln
}

func descriptors(t *testing.T) int {
	all, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	return len(all)
}

func TestASocketIsAConnection(t *testing.T) {
	tests := []struct{ name, address, source string }{
		{"to IPv4", "127.0.0.1:0", ""},
		{"to IPv6", "[::1]:0", ""},
		{"from a source", "127.0.0.1:0", "127.0.0.3"},
		{"from a source, IPv6", "[::1]:0", "::1"},
		{"from a source of IPv4 that is written as IPv6", "127.0.0.1:0", "::ffff:127.0.0.3"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ln := listening(t, test.address)
			source, _ := netip.ParseAddr(test.source)
			conn, err := direct(source, never)(t.Context(), "tcp", ln.Addr().String())
			require.NoError(t, err)
			defer conn.Close()
			peer, err := ln.Accept()
			require.NoError(t, err)
			defer peer.Close()
			require.Equal(t, ln.Addr().String(), conn.RemoteAddr().String())
			require.Equal(t, peer.RemoteAddr().String(), conn.LocalAddr().String())
			if test.source != "" {
				require.Equal(t, source.Unmap().String(), conn.LocalAddr().(*net.TCPAddr).IP.String())
			}

			_, err = conn.Write([]byte("ask"))
			require.NoError(t, err)
			got := make([]byte, 3)
			_, err = io.ReadFull(peer, got)
			require.NoError(t, err)
			require.Equal(t, "ask", string(got))

			require.NoError(t, conn.SetReadDeadline(time.Now().Add(time.Millisecond)))
			_, err = conn.Read(got)
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
			raw, err := conn.(syscall.Conn).SyscallConn()
			require.NoError(t, err)
			require.NoError(t, raw.Control(func(fd uintptr) {
				off, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NODELAY)
				require.NoError(t, err)
				require.NotZero(t, off, "a request must not wait for the one before")
				if test.source != "" {
					late, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT)
					require.NoError(t, err)
					require.NotZero(t, late, "a port must serve once for each target address")
				}
			}))
		})
	}
}

// deaf returns the address of a listener whose queue is full: a connect to it waits.
func deaf(t *testing.T) string {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = unix.Close(fd) })
	require.NoError(t, unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	require.NoError(t, unix.Listen(fd, 0))
	own, err := unix.Getsockname(fd)
	require.NoError(t, err)
	at := addrPort(own).String()
	for range 8 {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		conn, err := direct(netip.Addr{}, never)(ctx, "tcp", at)
		cancel()
		if err != nil {
			return at
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
	t.Fatal("the queue of a listener never filled")
	return ""
}

func TestASocketThatCannotBeConnected(t *testing.T) {
	ln := listening(t, "127.0.0.1:0")
	closed := ln.Addr().String()
	require.NoError(t, ln.Close())
	full := deaf(t)
	ended := func(context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		return ctx, cancel
	}
	short := func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithTimeout(ctx, 20*time.Millisecond)
	}
	canceled := func(ctx context.Context) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancel(ctx)
		time.AfterFunc(20*time.Millisecond, cancel)
		return ctx, cancel
	}
	tests := []struct {
		name, source, to string
		within           func(context.Context) (context.Context, context.CancelFunc)
		want             error
	}{
		{"nobody listens", "", closed, context.WithCancel, syscall.ECONNREFUSED},
		{"a source that is not ours", "192.0.2.77", closed, context.WithCancel, syscall.EADDRNOTAVAIL},
		{"too late before it began", "", closed, ended, context.Canceled},
		{"the other side does not answer in time", "", full, short, context.DeadlineExceeded},
		{"nobody wants it any more", "", full, canceled, context.Canceled},
	}
	before := descriptors(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := test.within(t.Context())
			defer cancel()
			source, _ := netip.ParseAddr(test.source)
			_, err := direct(source, never)(ctx, "tcp", test.to)
			require.ErrorIs(t, err, test.want)
			require.ErrorContains(t, err, test.to)
		})
	}
	require.Equal(t, before, descriptors(t), "what failed leaves nothing open")
}

// The kernel may connect a socket to itself, where nobody listens.
func TestASocketThatIsItsOwnPeer(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	defer unix.Close(fd)
	require.NoError(t, unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	own, err := unix.Getsockname(fd)
	require.NoError(t, err)
	require.NoError(t, unix.Connect(fd, own))
	done, err := outcome(fd)
	require.True(t, done)
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
}

func TestNamesAndOtherNetworksAreLeftToOthers(t *testing.T) {
	for _, test := range []struct{ network, address string }{
		{"tcp", "localhost:80"}, {"unix", "/run/app.sock"}, {"tcp", "[fe80::1%eth0]:80"}, {"tcp", "127.0.0.1"},
	} {
		_, err := direct(netip.Addr{}, never)(t.Context(), test.network, test.address)
		require.EqualError(t, err, "net.Dialer was asked", "%v", test)
	}
}

// Only net.Dialer knows the interface that a zone names.
func TestASourceWithAZoneIsLeftToOthers(t *testing.T) {
	_, err := direct(netip.MustParseAddr("fe80::1%eth0"), never)(t.Context(), "tcp", "[::1]:80")
	require.EqualError(t, err, "net.Dialer was asked")
}

// The two families have sockets of their own.
func TestAnAddressOfIPv4ThatIsWrittenAsIPv6(t *testing.T) {
	ln := listening(t, "127.0.0.1:0")
	at := netip.MustParseAddrPort(ln.Addr().String())
	mapped := netip.AddrPortFrom(netip.AddrFrom16(at.Addr().As16()), at.Port()).String()
	conn, err := direct(netip.MustParseAddr("127.0.0.3"), never)(t.Context(), "tcp", mapped)
	require.NoError(t, err)
	defer conn.Close()
	require.Equal(t, ln.Addr().String(), conn.RemoteAddr().String())
}

// A user's read is interrupted when another call has expired, and goes on.
func TestTLSOverASocketGoesOnAfterAnInterrupt(t *testing.T) {
	srv := tlsServer(t, nil)
	o := originOf(t, New(Options{TLS: srv.trust}), srv.url)
	conn := dialled(t, o, 0, 0)
	secure, err := o.Handshake(t.Context(), conn, &Sessions{})
	require.NoError(t, err)
	require.NoError(t, conn.SetReadDeadline(past))
	_, err = secure.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.NoError(t, conn.SetReadDeadline(time.Time{}))
	echoes(t, secure)
}

// What is built on connections tells errors apart as package net makes them.
func TestASocketFailsAsAConnectionDoes(t *testing.T) {
	ln := listening(t, "127.0.0.1:0")
	conn, err := direct(netip.Addr{}, never)(t.Context(), "tcp", ln.Addr().String())
	require.NoError(t, err)
	peer, err := ln.Accept()
	require.NoError(t, err)
	buf := make([]byte, 1)

	require.NoError(t, conn.SetReadDeadline(past))
	_, err = conn.Read(buf)
	var timeout net.Error
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.ErrorAs(t, err, &timeout)
	require.Same(t, err, timeout, "not only what is within")
	require.NoError(t, conn.SetReadDeadline(time.Time{}))

	require.NoError(t, peer.(*net.TCPConn).SetLinger(0))
	require.NoError(t, peer.Close())
	_, err = conn.Read(buf)
	require.ErrorIs(t, err, syscall.ECONNRESET)
	require.EqualError(t, bare(err), "read: connection reset by peer")
	_, err = conn.Write(buf)
	require.ErrorIs(t, err, syscall.EPIPE)
	require.NoError(t, conn.Close())
	_, err = conn.Read(buf)
	require.ErrorIs(t, err, net.ErrClosed)
	require.ErrorIs(t, conn.Close(), net.ErrClosed)
}
