package httpload

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/measure"
)

// over returns Options with which connections come about like that.
func over(c loadgen.Connections) Options { return Options{Network: dial.Options{Connections: c}} }

// piped is a dial.Func to a server in this process, so that its time may be
// virtual. How many requests each connection carried is in carried.
type piped struct {
	mu      sync.Mutex
	carried []int
	serving sync.WaitGroup
}

func (p *piped) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	p.mu.Lock()
	nth := len(p.carried)
	p.carried = append(p.carried, 0)
	p.mu.Unlock()
	p.serving.Go(func() {
		defer theirs.Close()
		b := bufio.NewReader(theirs)
		for {
			if _, err := http.ReadRequest(b); err != nil {
				return
			}
			p.mu.Lock()
			p.carried[nth]++
			p.mu.Unlock()
			if _, err := io.WriteString(theirs, hello); err != nil {
				return
			}
		}
	})
	return ours, nil
}

func TestConnectionsCarryLimitedRequests(t *testing.T) {
	p := &piped{}
	o := over(loadgen.Connections{MaxRequests: 8})
	o.Network.Dial = p.dial
	s, clock := senderFor(t, "http://192.0.2.1/", o, loadgen.Request{})
	for range 200 {
		require.Equal(t, measure.OK, send(s, clock, time.Minute).Class)
	}
	s.Close()
	p.serving.Wait()
	require.LessOrEqual(t, p.carried[0], 8)
	later := p.carried[1 : len(p.carried)-1]
	different := map[int]bool{}
	for _, n := range later {
		require.GreaterOrEqual(t, n, 6)
		require.LessOrEqual(t, n, 8)
		different[n] = true
	}
	require.Greater(t, len(different), 1, "connections that began together drift apart")
}

func TestAnOldConnectionIsReplaced(t *testing.T) {
	tests := []struct {
		name   string
		think  time.Duration
		starts bool // the engine starts requests itself, in the open model
	}{
		{"while requests follow each other", time.Millisecond, false},
		{"when it grew old while it was idle", 20 * time.Second, false},
		{"before a request is started on it", 20 * time.Second, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &piped{}
				o := over(loadgen.Connections{MaxAge: 10 * time.Second})
				o.Network.Dial = p.dial
				s, clock := senderFor(t, "http://192.0.2.1/", o, loadgen.Request{})
				sent := 0
				for clock.Now() < 2*time.Minute {
					call := loadgen.NewCall(measure.Outcome{Due: clock.Now()}, clock.Now()+time.Minute)
					if test.starts {
						s.(loadgen.Starter).Start(call)
					}
					s.Send(call)
					require.Equal(t, measure.OK, call.Outcome.Class, "%v", call.Outcome.Err)
					sent++
					time.Sleep(test.think)
				}
				s.Close()
				p.serving.Wait()
				connections := len(p.carried)
				if test.think > 10*time.Second {
					require.Equal(t, sent, connections)
				} else { // each lives from 7.5 s to 10 s, the first perhaps shorter
					require.GreaterOrEqual(t, connections, 12)
					require.LessOrEqual(t, connections, 18)
				}
			})
		})
	}
}

func TestLimitsAreSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &Client{options: over(loadgen.Connections{MaxAge: time.Hour, MaxRequests: 1000})}
		clock := loadgen.NewClock()
		quarters := [4]int{}
		for user := range 1000 {
			u := newUser(c, user, clock)
			l := &link{opened: 1}
			u.limit(l, &origin{})
			require.Positive(t, l.left)
			require.LessOrEqual(t, l.left, 1000)
			require.LessOrEqual(t, l.until, time.Hour)
			quarters[(l.left-1)/250]++
			l.opened = 2
			u.limit(l, &origin{})
			require.Greater(t, l.left, 750)
			require.LessOrEqual(t, l.left, 1000)
			require.GreaterOrEqual(t, l.until, 45*time.Minute)
			require.LessOrEqual(t, l.until, time.Hour)
		}
		for _, n := range quarters {
			require.InDelta(t, 250, n, 60, "first connections end at any time")
		}
		c.options.Network.Connections.MaxRequests = 1
		l := &link{opened: 1}
		newUser(c, 0, clock).limit(l, &origin{})
		require.Equal(t, 1, l.left)
	})
}

// newUser returns a user for tests of its parts.
func newUser(c *Client, index int, clock loadgen.Clock) *user {
	return &user{client: c, clock: clock, index: index}
}

// The socket is where connections go; what is asked for is in the URL.
func TestRequestsOverAUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	ln, err := net.Listen("unix", path)
	require.NoError(t, err)
	seen := make(chan string, 10)
	srv := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen <- r.Host + r.URL.Path })}
	go func() { _ = srv.Serve(ln) }()
	defer srv.Close()
	s, clock := senderFor(t, "http://h.test:81/a", over(loadgen.Connections{UnixSocket: path}), loadgen.Request{})
	for i := range 3 {
		o := send(s, clock, time.Minute)
		require.Equal(t, measure.OK, o.Class, "%v", o.Err)
		require.Equal(t, i == 0, o.Connect > 0)
		require.Equal(t, "h.test:81/a", <-seen)
	}
}

func TestRequestsThroughAForwardingProxy(t *testing.T) {
	type sight struct{ uri, host, credential string }
	seen := make(chan sight, 10)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- sight{r.RequestURI, r.Host, r.Header.Get("Proxy-Authorization")}
		if strings.HasSuffix(r.RequestURI, "/from") {
			http.Redirect(w, r, "http://other.test/to", http.StatusFound)
		}
	}))
	defer proxy.Close()
	by, err := url.Parse(proxy.URL)
	require.NoError(t, err)
	by.User = url.UserPassword("me", "pw")
	o := over(loadgen.Connections{Proxy: by})
	s, clock := senderFor(t, "http://h.test:81/from?a=b", o, loadgen.Request{})
	require.Equal(t, measure.OK, send(s, clock, time.Minute).Class)
	require.Equal(t, sight{"http://h.test:81/from?a=b", "h.test:81", "Basic bWU6cHc="}, <-seen)

	s, clock = senderFor(t, "http://[::1]:80/from", o, loadgen.Request{MaxRedirects: 1})
	require.Equal(t, measure.OK, send(s, clock, time.Minute).Class)
	require.Equal(t, sight{"http://[::1]/from", "[::1]", "Basic bWU6cHc="}, <-seen)
	require.Equal(t, sight{"http://other.test/to", "other.test", "Basic bWU6cHc="}, <-seen, "a redirect goes the same way")
}

// What the proxy takes is part of connecting, and its failures are failures to
// connect.
func TestRequestsThroughATunnel(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer srv.Close()
	const slow = 20 * time.Millisecond
	proxy := strings.TrimSuffix(serve(t, func(c net.Conn) {
		b := bufio.NewReader(c)
		r, err := http.ReadRequest(b)
		if err != nil {
			return
		}
		time.Sleep(slow) // the proxy is slow to connect
		to, err := net.Dial("tcp", r.Host)
		if err != nil {
			_, _ = io.WriteString(c, "HTTP/1.1 502 Bad Gateway\r\n\r\n")
			return
		}
		defer to.Close()
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(to, b) }()
		_, _ = io.Copy(c, to)
	}), "/")
	by, err := url.Parse(proxy)
	require.NoError(t, err)
	o := over(loadgen.Connections{Proxy: by})
	o.Network.TLS = srv.Client().Transport.(*http.Transport).TLSClientConfig
	s, clock := senderFor(t, srv.URL, o, loadgen.Request{})
	first := send(s, clock, time.Minute)
	require.Equal(t, measure.OK, first.Class, "%v", first.Err)
	require.GreaterOrEqual(t, first.Connect, slow)
	require.Positive(t, first.TLS)
	require.Zero(t, send(s, clock, time.Minute).Connect)

	s, clock = senderFor(t, "https://127.0.0.1:1/", o, loadgen.Request{})
	out := send(s, clock, time.Minute)
	require.Equal(t, measure.Connect, out.Class)
	require.ErrorContains(t, out.Err, "the proxy answered 502")
}

func TestSessionsAreResumedByTheirUser(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") }))
	defer srv.Close()
	for _, resume := range []bool{false, true} {
		o := Options{Network: dial.Options{Resume: resume, TLS: srv.Client().Transport.(*http.Transport).TLSClientConfig}}
		s, clock := senderFor(t, srv.URL, o, loadgen.Request{})
		for range 4 {
			require.Equal(t, measure.OK, send(s, clock, time.Minute).Class)
		}
		c := s.(*user).client.Network().Counts()
		require.EqualValues(t, 4, c.Handshakes)
		require.Equal(t, resume, c.Resumed == 3, "%+v", c)
	}
}

// steady are names whose answers can be changed.
type steady struct {
	mu  sync.Mutex
	ips []netip.Addr
}

func (s *steady) set(ips ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ips = nil
	for _, ip := range ips {
		s.ips = append(s.ips, netip.MustParseAddr(ip))
	}
}

func (s *steady) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ips, nil
}

// planFor is a short run of a few users.
func planFor(at string, users int, r loadgen.Request) *loadgen.Plan {
	r.URL, _ = url.Parse(at)
	return &loadgen.Plan{
		Closed: &loadgen.Closed{Users: users}, Measure: 100 * time.Millisecond, Timeout: time.Second, Grace: time.Second,
		Steps: []loadgen.Step{{Name: "a", Weight: 1, Request: r}},
	}
}

func TestAddressesAreSpreadOverAndCounted(t *testing.T) {
	port := strings.TrimSuffix(strings.TrimPrefix(serve(t, answering(hello)), "http://127.0.0.1:"), "/")
	ln, err := net.Listen("tcp", "[::1]:"+port)
	if err != nil {
		t.Skipf("a second address with the same port: %v", err)
	}
	defer ln.Close()
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go answering("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")(c)
		}
	}()
	dns := &steady{}
	dns.set("127.0.0.1", "::1")
	plan := planFor("http://h.test:"+port+"/", 4, loadgen.Request{})
	plan.WarmUp, plan.Measure = 50*time.Millisecond, 500*time.Millisecond // long enough for a busy machine
	client, err := New(plan.Steps, Options{Network: dial.Options{Resolver: dns}})
	require.NoError(t, err)
	require.NoError(t, client.Preflight(t.Context()))
	result := (&loadgen.Engine{Plan: plan, Protocol: client}).Run(t.Context())

	c := client.Network().Counts()
	require.EqualValues(t, 4, c.Opened, "preflight is not counted")
	require.Len(t, c.Addresses, 2)
	good, bad := c.Addresses[0], c.Addresses[1]
	require.Equal(t, "127.0.0.1:"+port, good.Address)
	require.EqualValues(t, 2, good.Opened)
	require.Zero(t, good.Errors)
	require.Equal(t, good.Requests, good.Service.Count())
	require.Equal(t, "[::1]:"+port, bad.Address)
	require.Positive(t, bad.Requests)
	require.Equal(t, bad.Requests, bad.Errors, "the sick one shows")
	require.Equal(t, result.Summary.Total().Planned(), good.Requests+bad.Requests, "those of the measure phase")
	require.Greater(t, result.Issued, good.Requests+bad.Requests)
}

// Bytes of requests do not depend on the way, but for a forwarding proxy.
func TestHostFields(t *testing.T) {
	for raw, want := range map[string]string{
		"http://h.test/": "h.test", "http://h.test:80/": "h.test", "http://h.test:81/": "h.test:81",
		"https://h.test:443/": "h.test", "https://h.test:80/": "h.test:80",
		"http://[::1]/": "[::1]", "http://[::1]:81/": "[::1]:81", "http://[fe80::1%25eth0]:81/": "[fe80::1]:81",
		"http://h.test:/": "h.test",
	} {
		u, err := url.Parse(raw)
		require.NoError(t, err)
		c, err := New([]loadgen.Step{{Request: loadgen.Request{URL: u}}}, Options{})
		require.NoError(t, err)
		require.Contains(t, string(c.requests[0].Load().bytes), "\r\nHost: "+want+"\r\n")
		require.True(t, bytes.HasPrefix(c.requests[0].Load().bytes, []byte("GET / HTTP/1.1\r\n")))
	}
}

func TestRequestsOverIPv6(t *testing.T) {
	ln, err := net.Listen("tcp", "[::1]:0")
	require.NoError(t, err)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Host) }))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // preflight shakes no hands
	srv.Listener = ln
	srv.StartTLS()
	defer srv.Close()
	o := Options{Network: dial.Options{TLS: srv.Client().Transport.(*http.Transport).TLSClientConfig}}
	s, clock := senderFor(t, "https://"+ln.Addr().String()+"/", o, loadgen.Request{})
	require.NoError(t, s.(*user).client.Preflight(t.Context()))
	out := send(s, clock, time.Minute) // the certificate is for ::1, too
	require.Equal(t, measure.OK, out.Class, "%v", out.Err)
}
