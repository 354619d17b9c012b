package target

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	get     = "GET / HTTP/1.1\r\nHost: t\r\n\r\n"
	getLast = "GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"
)

// memListener accepts pipes, so that a server can run in a synctest bubble.
type memListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func newMemListener() *memListener {
	return &memListener{make(chan net.Conn), make(chan struct{})}
}

func (l *memListener) Accept() (net.Conn, error) {
	select {
	case nc := <-l.conns:
		return nc, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *memListener) Close() error   { close(l.closed); return nil }
func (l *memListener) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "memory"} }

func (l *memListener) dial() *client {
	here, there := net.Pipe()
	l.conns <- there
	return newClient(here)
}

// A client speaks to a server over one connection.
type client struct {
	net.Conn
	in *bufio.Reader
}

func newClient(nc net.Conn) *client { return &client{nc, bufio.NewReader(nc)} }

// ask sends text and reads one whole answer.
func (c *client) ask(text string) (*http.Response, string, error) {
	if _, err := io.WriteString(c, text); err != nil {
		return nil, "", err
	}
	return c.read("GET")
}

func (c *client) read(method string) (*http.Response, string, error) {
	answer, err := http.ReadResponse(c.in, &http.Request{Method: method})
	if err != nil {
		return nil, "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return answer, string(body), err
}

// start serves on loopback for the length of the test.
func start(t *testing.T, s *Server) (address string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	serveOn(t, s, ln)
	return ln.Addr().String()
}

// startInMemory does the same in a synctest bubble.
func startInMemory(t *testing.T, s *Server) *memListener {
	ln := newMemListener()
	serveOn(t, s, ln)
	return ln
}

func serveOn(t *testing.T, s *Server, ln net.Listener) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
}

func dial(t *testing.T, address string) *client {
	t.Helper()
	nc, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = nc.Close() })
	return newClient(nc)
}

// askOnce opens a connection for one request.
func askOnce(t *testing.T, address, text string) (*http.Response, string, error) {
	t.Helper()
	return dial(t, address).ask(text)
}

// repeat calls each n times and stops at the first error.
func repeat(n int, each func() error) error {
	for range n {
		if err := each(); err != nil {
			return err
		}
	}
	return nil
}

// since is what f takes on the bubble's clock.
func since(f func()) time.Duration {
	began := time.Now()
	f()
	return time.Since(began)
}

// isClosed tells an error that only says that the other side has gone.
func isClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.ErrClosedPipe)
}

func tlsListener(ln net.Listener, certificates []tls.Certificate) net.Listener {
	return tls.NewListener(ln, &tls.Config{Certificates: certificates, MinVersion: tls.VersionTLS12})
}
