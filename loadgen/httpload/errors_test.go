package httpload

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

// dialled is how the standard library reports what a system call said.
func dialled(call string, errno syscall.Errno) error {
	return &connectError{&net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{Port: 80}, Err: os.NewSyscallError(call, errno)}}
}

func TestClassesOfErrors(t *testing.T) {
	read := func(err error) error { return &net.OpError{Op: "read", Net: "tcp", Err: err} }
	tests := []struct {
		name string
		err  error
		want measure.Class
	}{
		{"a status", statusError(503), measure.Status},
		{"nonsense", malformed("no %s", "head"), measure.Malformed},
		{"no time left to read", read(os.ErrDeadlineExceeded), measure.Timeout},
		{"no time left to connect", &connectError{context.DeadlineExceeded}, measure.Timeout},
		{"no time left to connect, as a dialer says it", &connectError{&net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}}, measure.Timeout},
		{"an attempt that Interrupt ended", &connectError{context.Canceled}, measure.Timeout},
		{"no time left to shake hands", &tlsError{context.DeadlineExceeded}, measure.Timeout},
		{"a handshake that Interrupt ended", &tlsError{context.Canceled}, measure.Timeout},
		{"our own word for it", errTimeout, measure.Timeout},
		{"refused", dialled("connect", syscall.ECONNREFUSED), measure.Connect},
		{"no route", dialled("connect", syscall.EHOSTUNREACH), measure.Connect},
		{"no network", dialled("connect", syscall.ENETUNREACH), measure.Connect},
		{"the kernel gave up", dialled("connect", syscall.ETIMEDOUT), measure.Connect},
		{"no such name", &connectError{&net.DNSError{Err: "no such host", Name: "h.test", IsNotFound: true}}, measure.Connect},
		{"reset as soon as it was open", dialled("connect", syscall.ECONNRESET), measure.Reset},
		{"no port left", dialled("connect", syscall.EADDRNOTAVAIL), measure.Local},
		{"no descriptor left", dialled("socket", syscall.EMFILE), measure.Local},
		{"none left in the whole system", dialled("socket", syscall.ENFILE), measure.Local},
		{"no buffers", dialled("socket", syscall.ENOBUFS), measure.Local},
		{"no memory", dialled("socket", syscall.ENOMEM), measure.Local},
		{"no buffers when it came to reading", read(syscall.ENOBUFS), measure.Local},
		{"a certificate that nobody vouches for", &tlsError{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}}, measure.TLS},
		{"an end within the handshake", &tlsError{io.EOF}, measure.TLS},
		{"a reset within the handshake", &tlsError{read(syscall.ECONNRESET)}, measure.TLS},
		{"no TLS at all", tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, measure.TLS},
		{"an alert after the handshake", &net.OpError{Op: "remote error", Err: errors.New("tls: certificate required")}, measure.TLS},
		{"an alert of our own", &net.OpError{Op: "local error", Err: errors.New("tls: bad record MAC")}, measure.TLS},
		{"an end", ended(io.EOF, 0), measure.Reset},
		{"a reset", ended(read(syscall.ECONNRESET), 7), measure.Reset},
		{"an end for writing", ended(syscall.EPIPE, 0), measure.Reset},
		{"what nobody thought of", errors.New("?"), measure.Reset},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, Classify(test.err))
			require.Equal(t, test.want, Classify(fmt.Errorf("step: %w", test.err)), "wrapped, too")
		})
	}
}

func TestWhatTheEndOfAConnectionMeans(t *testing.T) {
	tests := []struct {
		name string
		err  error
		got  int64
		want string
	}{
		{"nothing came", io.EOF, 0, "the connection ended before the answer began: EOF"},
		{"something came", io.EOF, 17, "the connection ended within the answer, after 17 bytes: EOF"},
		{"within TLS", io.ErrUnexpectedEOF, 1, "the connection ended within the answer, after 1 bytes: unexpected EOF"},
		{
			"a reset, without what the standard library puts before it",
			&net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, 0,
			"the connection ended before the answer began: read: connection reset by peer",
		},
		{"an end for writing", syscall.EPIPE, 0, "the connection ended before the answer began: broken pipe"},
		{"a deadline is no end", os.ErrDeadlineExceeded, 0, "i/o timeout"},
		{"nor is nonsense", malformed("x"), 9, "malformed answer: x"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := Ended(test.err, test.got)
			require.EqualError(t, err, test.want)
			require.ErrorIs(t, err, bare(test.err), "whoever classifies it still finds the cause")
		})
	}
}

func TestTextsOfErrors(t *testing.T) {
	require.EqualError(t, TLSError(io.EOF), "tls: EOF")
	require.EqualError(t, StatusError(404), "HTTP 404")
	require.EqualError(t, ErrTimeout(), "no complete answer within the timeout")
	require.ErrorIs(t, ConnectError(io.EOF), io.EOF)
	require.ErrorIs(t, TLSError(io.EOF), io.EOF)
}
