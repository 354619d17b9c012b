package httpload

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/measure"
)

// senderFor returns a Sender for one request to the URL.
func senderFor(t *testing.T, rawURL string, o Options, spec loadgen.Request) (loadgen.Sender, loadgen.Clock) {
	t.Helper()
	u, err := url.Parse(rawURL)
	require.NoError(t, err)
	spec.URL = u
	c, err := New([]loadgen.Step{{Name: "a", Request: spec}}, o)
	require.NoError(t, err)
	clock := loadgen.NewClock()
	s := c.NewSender(loadgen.User{Number: 0, Clock: clock})
	t.Cleanup(s.Close)
	return s, clock
}

// send sends once, with a timeout that the test's own fault never reaches
// unless it means to.
func send(s loadgen.Sender, clock loadgen.Clock, timeout time.Duration) *measure.Outcome {
	now := clock.Now()
	call := loadgen.NewCall(measure.Outcome{Due: now}, now+timeout)
	done := make(chan struct{})
	go func() { // the engine's watch
		select {
		case <-done:
		case <-time.After(timeout):
			for {
				s.Interrupt()
				select {
				case <-done:
					return
				case <-time.After(time.Millisecond):
				}
			}
		}
	}()
	s.Send(call)
	close(done)
	return &call.Outcome
}

// serve answers each connection with fn.
func serve(t testing.TB, fn func(net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				fn(conn)
			}()
		}
	}()
	return "http://" + ln.Addr().String() + "/"
}

// answering serves the text to every request on a connection.
func answering(text string) func(net.Conn) {
	return func(c net.Conn) {
		b := bufio.NewReader(c)
		for {
			r, err := http.ReadRequest(b)
			if err != nil {
				return
			}
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return
			}
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
		}
	}
}

const hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

func TestAKeptConnectionIsUsedAgain(t *testing.T) {
	s, clock := senderFor(t, serve(t, answering(hello)), Options{}, loadgen.Request{})
	first := send(s, clock, time.Minute)
	require.Equal(t, measure.OK, first.Class, first.Err)
	require.Positive(t, first.Connect)
	require.EqualValues(t, len(hello), first.BytesIn)
	second := send(s, clock, time.Minute)
	require.Equal(t, measure.OK, second.Class, second.Err)
	require.Zero(t, second.Connect)
	require.LessOrEqual(t, second.Due, second.Sent)
	require.LessOrEqual(t, second.Sent, second.FirstByte)
	require.LessOrEqual(t, second.FirstByte, second.Done)
	require.LessOrEqual(t, second.Done, second.Read)
}

// The server ends the connection while it is idle: no request is at fault.
func TestAConnectionThatEndedWhileIdleIsReplaced(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the end of an idle connection is only noticed on Linux")
	}
	closed := make(chan struct{})
	s, clock := senderFor(t, serve(t, func(c net.Conn) {
		_, _ = http.ReadRequest(bufio.NewReader(c))
		_, _ = io.WriteString(c, hello)
		_ = c.Close()
		closed <- struct{}{}
	}), Options{}, loadgen.Request{})
	for range 3 {
		o := send(s, clock, time.Minute)
		require.Equal(t, measure.OK, o.Class, o.Err)
		require.Positive(t, o.Connect)
		<-closed
		time.Sleep(2 * idleCheck) // what is under test is what happens after an idle time
	}
}

func TestFailuresHaveTheirClass(t *testing.T) {
	full := "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello"
	tests := []struct {
		name    string
		server  func(net.Conn)
		class   measure.Class
		timeout time.Duration
	}{
		{"a status that is not expected", answering("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"), measure.Status, time.Minute},
		{"garbage", answering("nonsense without end"), measure.Malformed, time.Minute},
		{"a close before the answer", func(net.Conn) {}, measure.Reset, time.Minute},
		{"a close within the body", func(c net.Conn) {
			_, _ = http.ReadRequest(bufio.NewReader(c))
			_, _ = io.WriteString(c, full)
		}, measure.Reset, time.Minute},
		{"a reset", func(c net.Conn) {
			_, _ = http.ReadRequest(bufio.NewReader(c))
			_ = c.(*net.TCPConn).SetLinger(0)
		}, measure.Reset, time.Minute},
		{"no answer", func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, measure.Timeout, 20 * time.Millisecond},
		{"no end of the answer", func(c net.Conn) {
			_, _ = io.WriteString(c, full)
			_, _ = io.Copy(io.Discard, c)
		}, measure.Timeout, 20 * time.Millisecond},
		{"an endless header", func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			for {
				if _, err := io.WriteString(c, "X-Filler: "+strings.Repeat("x", 100)+"\r\n"); err != nil {
					return
				}
			}
		}, measure.Malformed, time.Minute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, clock := senderFor(t, serve(t, test.server), Options{}, loadgen.Request{})
			for range 2 { // a failure leaves nothing behind that the next would suffer from
				o := send(s, clock, test.timeout)
				require.Equal(t, test.class, o.Class, "%v", o.Err)
				require.Error(t, o.Err)
				require.Positive(t, o.Done)
			}
		})
	}
}

func TestABodyThatTheTargetNeverReadsTimesOut(t *testing.T) {
	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme, func(t *testing.T) {
			release := make(chan struct{})
			defer close(release)
			at := ""
			o := Options{}
			if scheme == "http" {
				at = serve(t, func(net.Conn) { <-release })
			} else {
				srv := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
				defer srv.Config.SetKeepAlivesEnabled(false)
				at, o.Network.TLS = srv.URL, srv.Client().Transport.(*http.Transport).TLSClientConfig
			}
			s, clock := senderFor(t, at, o, loadgen.Request{Method: "POST", Body: make([]byte, 64<<20)})
			out := send(s, clock, 100*time.Millisecond)
			require.Equal(t, measure.Timeout, out.Class, "%v", out.Err)
		})
	}
}

func TestALongBodyIsSentWhole(t *testing.T) {
	var got atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		got.Store(n)
	}))
	defer srv.Close()
	s, clock := senderFor(t, srv.URL, Options{}, loadgen.Request{Method: "POST", Body: make([]byte, 32<<20)})
	o := send(s, clock, time.Minute)
	require.Equal(t, measure.OK, o.Class, "%v", o.Err)
	require.EqualValues(t, 32<<20, got.Load())
}

func TestLongAnswersAreCountedAndDropped(t *testing.T) {
	const size = 8 << 20
	for name, handler := range map[string]http.HandlerFunc{
		"length": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(size))
			_, _ = w.Write(make([]byte, size))
		},
		"chunks": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Trailer", "X-Sum")
			for range size / 4096 {
				_, _ = w.Write(make([]byte, 4096))
			}
			w.Header().Set("X-Sum", "1")
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(handler)
			defer srv.Close()
			s, clock := senderFor(t, srv.URL, Options{}, loadgen.Request{})
			for range 2 {
				o := send(s, clock, time.Minute)
				require.Equal(t, measure.OK, o.Class, "%v", o.Err)
				require.Greater(t, o.BytesIn, int64(size))
			}
			require.LessOrEqual(t, len(s.(*user).in.bytes), largeBuffer)
		})
	}
}

func TestNothingListens(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, ln.Close())
	s, clock := senderFor(t, "http://"+ln.Addr().String(), Options{}, loadgen.Request{})
	o := send(s, clock, time.Minute)
	require.Equal(t, measure.Connect, o.Class, "%v", o.Err)
}

func TestTLS(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes are meant to fail here
	srv.StartTLS()
	defer srv.Close()
	trust := srv.Client().Transport.(*http.Transport).TLSClientConfig

	t.Run("a trusted certificate", func(t *testing.T) {
		s, clock := senderFor(t, srv.URL, Options{Network: dial.Options{TLS: trust}}, loadgen.Request{})
		for i := range 3 {
			o := send(s, clock, time.Minute)
			require.Equal(t, measure.OK, o.Class, "%v", o.Err)
			require.Equal(t, i == 0, o.TLS > 0)
			require.LessOrEqual(t, o.Sent, o.Done)
		}
	})
	t.Run("a certificate that nobody vouches for", func(t *testing.T) {
		s, clock := senderFor(t, srv.URL, Options{}, loadgen.Request{})
		o := send(s, clock, time.Minute)
		require.Equal(t, measure.TLS, o.Class, "%v", o.Err)
	})
	t.Run("the same, not verified", func(t *testing.T) {
		s, clock := senderFor(t, srv.URL, Options{Network: dial.Options{TLS: &tls.Config{InsecureSkipVerify: true}}}, loadgen.Request{})
		require.Equal(t, measure.OK, send(s, clock, time.Minute).Class)
	})
	t.Run("a name that is not in it", func(t *testing.T) {
		config := trust.Clone()
		config.ServerName = "elsewhere.test"
		s, clock := senderFor(t, srv.URL, Options{Network: dial.Options{TLS: config}}, loadgen.Request{})
		require.Equal(t, measure.TLS, send(s, clock, time.Minute).Class)
	})
	t.Run("no TLS at all", func(t *testing.T) {
		plain := serve(t, answering(hello))
		s, clock := senderFor(t, "https"+strings.TrimPrefix(plain, "http"), Options{}, loadgen.Request{})
		require.Equal(t, measure.TLS, send(s, clock, time.Minute).Class)
	})
}

func TestRedirects(t *testing.T) {
	seen := make(chan string, 1)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		seen <- r.Header.Get("Authorization")
	}))
	defer other.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("/a", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/b", http.StatusSeeOther) })
	mux.HandleFunc("/b", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Method) })
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) })
	srv := httptest.NewServer(mux)
	defer srv.Close()

	ask := func(path string, spec loadgen.Request) *measure.Outcome {
		s, clock := senderFor(t, srv.URL+path, Options{}, spec)
		return send(s, clock, time.Minute)
	}
	require.Equal(t, 303, ask("/a", loadgen.Request{}).Status, "a redirect is the answer unless following is asked for")
	require.Equal(t, 200, ask("/a", loadgen.Request{Method: "POST", Body: []byte("x"), MaxRedirects: 1}).Status)
	loop := ask("/loop", loadgen.Request{MaxRedirects: 5})
	require.Equal(t, 302, loop.Status)
	require.Equal(t, measure.Status, loop.Class, "a redirect that is left over is no good answer")
	secret := []loadgen.Field{{Name: "Authorization", Value: "Bearer x"}}
	away := ask("/away", loadgen.Request{MaxRedirects: 1, Header: secret})
	require.Equal(t, measure.OK, away.Class, "%v", away.Err)
	require.Empty(t, <-seen, "credentials stay with their host")
}

func TestPreflight(t *testing.T) {
	at := func(raw string) error {
		u, err := url.Parse(raw)
		require.NoError(t, err)
		c, err := New([]loadgen.Step{{Name: "a", Request: loadgen.Request{URL: u}}}, Options{})
		require.NoError(t, err)
		return c.Preflight(t.Context())
	}
	up := serve(t, answering(hello))
	require.NoError(t, at(up))
	require.NoError(t, at(strings.Replace(up, "127.0.0.1", "localhost", 1)), "one address of the two is enough")
	require.ErrorContains(t, at("http://127.0.0.1:1/"), "connect to 127.0.0.1:1: ")
	require.ErrorContains(t, at("http://no-such-host.invalid/"), "resolve no-such-host.invalid: ")
}

// A server that takes no more of a request has often said why.
func TestAnAnswerBeforeTheRequestWasWritten(t *testing.T) {
	const tooLarge = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 5\r\n\r\nlarge"
	refuse := func(c net.Conn) {
		if _, err := io.ReadFull(c, make([]byte, 100)); err == nil {
			_, _ = io.WriteString(c, tooLarge) // and the end resets the connection, since much was not read
		}
	}
	config := &tls.Config{Certificates: certificates()}
	for scheme, serving := range map[string]func(net.Conn){
		"http:": refuse,
		"https:": func(c net.Conn) {
			secure := tls.Server(c, config)
			refuse(secure)
			_ = secure.CloseWrite()
		},
	} {
		at := scheme + strings.TrimPrefix(serve(t, serving), "http:")
		s, clock := senderFor(t, at, Options{Network: dial.Options{TLS: &tls.Config{InsecureSkipVerify: true}}},
			loadgen.Request{Method: "POST", Body: make([]byte, 64<<20)})
		for range 2 {
			o := send(s, clock, time.Minute)
			require.Equal(t, measure.Status, o.Class, "%s %v", scheme, o.Err)
			require.Equal(t, 413, o.Status)
			require.Positive(t, o.Connect, "the connection is of no more use")
		}
	}
}

// Whatever a target does, its connections and our goroutines end with the users.
func TestNothingLeaks(t *testing.T) {
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors(t)
	func() {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer ln.Close()
		u := &url.URL{Scheme: "http", Host: ln.Addr().String(), Path: "/"}
		steps := []loadgen.Step{{Name: "a", Weight: 1, Request: loadgen.Request{URL: u}}}
		served := make(chan struct{})
		go func() {
			defer close(served)
			for n := 0; ; n++ {
				c, err := ln.Accept()
				if err != nil {
					return
				}
				switch n % 3 {
				case 0:
					_ = c.(*net.TCPConn).SetLinger(0)
				case 1:
					_, _ = io.WriteString(c, "garbage")
				case 2:
					_, _ = io.WriteString(c, hello)
				}
				_ = c.Close()
			}
		}()
		client, err := New(steps, Options{})
		require.NoError(t, err)
		plan := &loadgen.Plan{
			Closed: &loadgen.Closed{Users: 20}, Measure: 200 * time.Millisecond,
			Timeout: time.Second, Grace: time.Second, Steps: steps,
		}
		result := (&loadgen.Engine{Plan: plan, Protocol: client}).Run(context.Background())
		require.Positive(t, result.Issued)
		_ = ln.Close()
		<-served
	}()
	for range 10_000 { // what was closed may not have ended yet
		if runtime.NumGoroutine() <= goroutines && openDescriptors(t) <= descriptors {
			return
		}
		time.Sleep(time.Millisecond)
	}
	require.Equal(t, goroutines, runtime.NumGoroutine())
	require.Equal(t, descriptors, openDescriptors(t))
}

// openDescriptors is 0 where they cannot be counted.
func openDescriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}
