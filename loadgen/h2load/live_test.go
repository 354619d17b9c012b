package h2load

import (
	"bytes"
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
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/measure"
)

// goServer is net/http's, with HTTP/2 over TLS or in clear text.
func goServer(t *testing.T, secure bool, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	if secure {
		s.EnableHTTP2 = true
		s.StartTLS()
	} else {
		s.Config.Protocols = &http.Protocols{}
		s.Config.Protocols.SetUnencryptedHTTP2(true)
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

// trusting are the options of a client that trusts a test server.
func trusting(s *httptest.Server) Options {
	if s.TLS == nil {
		return Options{}
	}
	config := s.Client().Transport.(*http.Transport).TLSClientConfig
	return Options{Network: dial.Options{TLS: &tls.Config{RootCAs: config.RootCAs}}}
}

// senderTo returns a Sender for the requests, whose URLs are below base.
func senderTo(t *testing.T, base string, o Options, specs ...loadgen.Request) (*Client, func(step int, timeout time.Duration) *measure.Outcome) {
	t.Helper()
	at, err := url.Parse(base)
	require.NoError(t, err)
	var steps []loadgen.Step
	for _, spec := range specs {
		if spec.URL == nil {
			spec.URL = &url.URL{Path: "/"}
		}
		spec.URL = at.ResolveReference(spec.URL)
		steps = append(steps, loadgen.Step{Name: "a", Request: spec})
	}
	c, err := New(steps, o)
	require.NoError(t, err)
	clock := loadgen.NewClock()
	s := c.NewSender(loadgen.User{Number: 0, Clock: clock})
	t.Cleanup(s.Close)
	return c, func(step int, timeout time.Duration) *measure.Outcome {
		now := clock.Now()
		return performed(s, loadgen.NewCall(measure.Outcome{Step: step, Due: now}, now+timeout), timeout)
	}
}

func path(p string) *url.URL { return &url.URL{Path: p} }

// What a real server makes of our requests, and we of its answers.
func TestAGoServer(t *testing.T) {
	body := noise(1 << 20)
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.ProtoMajor != 2, r.Header.Get("X-A") != "b", r.Header.Get("Connection") != "", r.Host != "other.test", r.UserAgent() != "gonogo":
			http.Error(w, fmt.Sprintf("%+v", r), http.StatusTeapot)
		default:
			_, _ = io.WriteString(w, r.Method)
		}
	})
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		got, err := io.ReadAll(r.Body)
		if err != nil || !bytes.Equal(got, body) || r.ContentLength != int64(len(body)) {
			http.Error(w, "another body", http.StatusTeapot)
			return
		}
		_, _ = w.Write(got)
	})
	mux.HandleFunc("/trailer", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		w.WriteHeader(http.StatusEarlyHints)
		_, _ = io.WriteString(w, "hello")
		w.Header().Set("X-Sum", "5")
	})
	mux.HandleFunc("/empty", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) {
		for range 640 {
			_, _ = w.Write(make([]byte, 64<<10))
		}
	})
	mux.HandleFunc("/abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	header := []loadgen.Field{{Name: "X-A", Value: "b"}, {Name: "Host", Value: "other.test"}, {Name: "Connection", Value: "close"}, {Name: "Authorization", Value: "Bearer x"}}
	long := append([]loadgen.Field{{Name: "X-Long", Value: strings.Repeat("~", 100_000)}}, header...)
	tests := []struct {
		name   string
		spec   loadgen.Request
		class  measure.Class
		status int
		in     int64 // at least
	}{
		{"GET", loadgen.Request{Header: header}, measure.OK, 200, 3},
		{"HEAD", loadgen.Request{Method: "HEAD", Header: header}, measure.OK, 200, 9},
		{"DELETE", loadgen.Request{Method: "DELETE", Header: header}, measure.OK, 200, 6},
		{"a header of several frames", loadgen.Request{Header: long}, measure.OK, 200, 3},
		{"a header that is wanted and missing", loadgen.Request{}, measure.Status, 418, 3},
		{"a status that is expected", loadgen.Request{Expect: []loadgen.StatusRange{{From: 418, To: 418}}}, measure.OK, 418, 3},
		{"a large body, there and back", loadgen.Request{Method: "POST", URL: path("/echo"), Body: body}, measure.OK, 200, 1 << 20},
		{"an interim answer and a trailer", loadgen.Request{URL: path("/trailer")}, measure.OK, 200, 5},
		{"no content", loadgen.Request{URL: path("/empty")}, measure.OK, 204, 9},
		{"an answer larger than the windows", loadgen.Request{URL: path("/large")}, measure.OK, 200, 40 << 20},
		{"an answer that is broken off", loadgen.Request{URL: path("/abort")}, measure.Reset, 0, 13},
	}
	for _, secure := range []bool{true, false} {
		server := goServer(t, secure, mux)
		for _, tt := range tests {
			t.Run(fmt.Sprintf("%s, TLS %t", tt.name, secure), func(t *testing.T) {
				_, send := senderTo(t, server.URL, trusting(server), tt.spec)
				var last time.Duration
				for i := range 3 {
					o := send(0, time.Minute)
					require.Equal(t, tt.class, o.Class, "%v", o.Err)
					require.Equal(t, tt.status, o.Status)
					require.GreaterOrEqual(t, o.BytesIn, tt.in)
					require.Equal(t, i == 0, o.Connect > 0, "who opens the connection pays for it")
					require.Equal(t, i == 0 && secure, o.TLS > 0)
					require.LessOrEqual(t, o.Due, o.Sent)
					if o.Class == measure.OK {
						require.LessOrEqual(t, o.Sent, o.FirstByte)
						require.LessOrEqual(t, o.FirstByte, o.Done)
						require.LessOrEqual(t, o.Done, o.Read)
					}
					require.Less(t, last, o.Read)
					last = o.Read
				}
			})
		}
	}
}

func TestManyUsersOfAGoServer(t *testing.T) {
	for _, secure := range []bool{true, false} {
		var mu sync.Mutex
		peers := map[string]int{}
		server := goServer(t, secure, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			peers[r.RemoteAddr]++
			mu.Unlock()
			_, _ = io.WriteString(w, "hello")
		}))
		u, err := url.Parse(server.URL + "/")
		require.NoError(t, err)
		steps := []loadgen.Step{{Name: "a", Weight: 1, Request: loadgen.Request{URL: u}}, {Name: "b", Weight: 1, Request: loadgen.Request{URL: u, Method: "POST", Body: []byte("x")}}}
		o := trusting(server)
		o.Connections, o.Streams = 3, 10
		c, err := New(steps, o)
		require.NoError(t, err)
		require.NoError(t, c.Preflight(t.Context()))
		require.Equal(t, []string{server.URL}, c.Hosts())
		require.Equal(t, []string{u.Host}, c.Addresses())
		sent := int64(0)
		for _, plan := range []loadgen.Plan{
			{Closed: &loadgen.Closed{Users: 50}},
			{Open: &loadgen.Open{MaxInFlight: 50, Stages: []loadgen.Stage{{For: 300 * time.Millisecond, From: 2000, To: 2000}}}},
		} {
			plan.Measure, plan.Timeout, plan.Grace, plan.Steps = 300*time.Millisecond, 10*time.Second, 10*time.Second, steps
			result := (&loadgen.Engine{Plan: &plan, Protocol: c}).Run(t.Context())
			total := result.Summary.Total()
			require.Equal(t, result.Issued, total.OK(), "%v", result.Summary.Errors())
			require.Positive(t, total.OK())
			require.LessOrEqual(t, total.Connect.Count(), int64(3))
			sent += result.Issued
		}
		require.LessOrEqual(t, len(peers), 6)
		require.Equal(t, sent, c.Network().Counts().Addresses[0].Requests)
	}
}

// A request that was renewed is another one as a whole, also on a connection that
// is open already; where it goes cannot change.
func TestRenewedRequests(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	server := goServer(t, false, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen = append(seen, r.Header.Get("Authorization"))
		mu.Unlock()
	}))
	steps := func(at, token string) []loadgen.Step {
		u, err := url.Parse(at)
		require.NoError(t, err)
		header := []loadgen.Field{{Name: "Authorization", Value: token}}
		return []loadgen.Step{{Name: "a", Request: loadgen.Request{URL: u, Header: header}}}
	}
	c, err := New(steps(server.URL, "first"), trusting(server))
	require.NoError(t, err)
	s := c.NewSender(loadgen.User{Number: 0, Clock: loadgen.NewClock()})
	defer s.Close()
	send := func() {
		call := loadgen.NewCall(measure.Outcome{}, 0)
		s.Send(call)
		require.Equal(t, measure.OK, call.Outcome.Class, "%v", call.Outcome.Err)
	}
	send()
	require.NoError(t, c.Renew(steps(server.URL, "second")))
	send()
	mu.Lock() // for the race detector, which does not see that the answers came
	require.Equal(t, []string{"first", "second"}, seen)
	mu.Unlock()
	require.ErrorContains(t, c.Renew(steps("http://127.0.0.1:1", "third")), `renew step "a": it goes to http://127.0.0.1:1 now, not to http`)
	require.EqualError(t, c.Renew(nil), "renew requests: want 1 steps, got 0")
}

func TestRedirects(t *testing.T) {
	seen := make(chan string, 1)
	elsewhere := goServer(t, false, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen <- r.Header.Get("Authorization") }))
	mux := http.NewServeMux()
	mux.HandleFunc("/here", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/there", http.StatusFound) })
	mux.HandleFunc("/there", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) })
	server := goServer(t, false, mux)
	secret := []loadgen.Field{{Name: "Authorization", Value: "Bearer x"}}
	c, send := senderTo(t, server.URL, Options{},
		loadgen.Request{URL: path("/here")},
		loadgen.Request{URL: path("/here"), MaxRedirects: 1},
		loadgen.Request{URL: path("/loop"), MaxRedirects: 5},
		loadgen.Request{URL: path("/away"), MaxRedirects: 1, Header: secret},
	)
	for step, status := range []int{302, 200, 302, 200} {
		for range 2 {
			o := send(step, time.Minute)
			require.Equal(t, step == 2, o.Class == measure.Status, "%v", o.Err) // a loop leads nowhere
			require.Equal(t, status, o.Status)
			if step == 3 {
				require.Empty(t, <-seen, "credentials stay with their host")
				require.Positive(t, o.Connect, "what only a redirect led to is not kept")
			}
		}
	}
	require.Len(t, c.Hosts(), 1)
}

// A peer that speaks something else is not tried again in another way: what is
// measured is what was asked for.
func TestPeersThatSpeakSomethingElse(t *testing.T) {
	quiet := log.New(io.Discard, "", 0)
	hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	old := httptest.NewUnstartedServer(hello)
	old.Config.ErrorLog = quiet
	old.TLS = &tls.Config{NextProtos: []string{"http/1.1"}}
	old.StartTLS()
	t.Cleanup(old.Close)
	plain := httptest.NewServer(hello)
	t.Cleanup(plain.Close)
	silent := httptest.NewUnstartedServer(hello) // which ignores ALPN
	silent.Config.ErrorLog = quiet
	silent.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		return &tls.Config{Certificates: silent.TLS.Certificates}, nil
	}}
	silent.StartTLS()
	t.Cleanup(silent.Close)
	modern := goServer(t, true, hello)

	tests := []struct {
		name, url string
		options   Options
		class     measure.Class
		err       string
	}{
		{"TLS with HTTP/1.1 only", old.URL, trusting(old), measure.TLS, "no application protocol"},
		{"TLS without ALPN", silent.URL, trusting(silent), measure.TLS, "tls: the peer negotiates no HTTP/2 (ALPN h2)"},
		{"a certificate of nobody", modern.URL, Options{}, measure.TLS, "certificate"},
		{"clear text where TLS is wanted", strings.Replace(plain.URL, "http:", "https:", 1), Options{}, measure.TLS, "tls: "},
		{"TLS where clear text is wanted", strings.Replace(modern.URL, "https:", "http:", 1), Options{}, measure.Reset, "before the answer began"},
		{"HTTP/1.1 in clear text", plain.URL, Options{}, measure.Malformed, "the peer speaks HTTP/1 here"},
		{"nobody", "http://127.0.0.1:1", Options{}, measure.Connect, "connect: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, send := senderTo(t, tt.url, tt.options, loadgen.Request{})
			for range 3 {
				o := send(0, time.Minute)
				require.Equal(t, tt.class.String(), o.Class.String(), "%v", o.Err)
				require.ErrorContains(t, o.Err, tt.err)
			}
		})
	}
}

func TestSettingsThatMakeNoClient(t *testing.T) {
	for _, tt := range []struct {
		spec loadgen.Request
		want string
	}{
		{loadgen.Request{}, `step "a": the URL names no host`},
		{loadgen.Request{URL: &url.URL{Scheme: "ftp", Host: "h"}}, `step "a": scheme "ftp"`},
		{loadgen.Request{URL: &url.URL{Scheme: "http", Host: "h"}, Method: "CONNECT"}, `step "a": method CONNECT`},
	} {
		_, err := New([]loadgen.Step{{Name: "a", Request: tt.spec}}, Options{})
		require.ErrorContains(t, err, tt.want)
	}
}

// Whatever targets do, their connections and our goroutines end with the users.
func TestNothingLeaks(t *testing.T) {
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors(t)
	t.Run("in the presence of", func(t *testing.T) {
		for name, misbehave := range map[string]func(p *server, nth int64){
			"resets": func(p *server, _ int64) { _ = p.conn.(*net.TCPConn).SetLinger(0) },
			"noise":  func(p *server, _ int64) { _, _ = p.conn.Write(noise(100_000)) },
			"ends": func(p *server, _ int64) {
				p.greet()
				if r := p.request(); r != nil {
					p.answer(r.StreamID)
				}
			},
			"a peer that never reads": func(p *server, _ int64) {
				_ = p.WriteSettings()
				time.Sleep(150 * time.Millisecond)
			},
			"a peer that says nothing":    func(p *server, _ int64) { _, _ = io.Copy(io.Discard, p.conn) },
			"a peer that only says hello": func(p *server, _ int64) { p.greet(); _, _ = io.Copy(io.Discard, p.conn) },
			"good and bad peers": func(p *server, nth int64) {
				p.greet()
				if nth%2 == 0 {
					p.serve()
				}
				for range 10 {
					if r := p.request(); r != nil {
						p.answer(r.StreamID)
					}
				}
				_ = p.WriteGoAway(1, 0, nil)
			},
		} {
			t.Run(name, func(t *testing.T) {
				var nth atomic.Int64
				u := tcpPeers(t, func(p *server) { misbehave(p, nth.Add(1)) })
				steps := []loadgen.Step{{Name: "a", Weight: 1, Request: loadgen.Request{URL: u, Method: "POST", Body: make([]byte, 200_000)}}}
				c, err := New(steps, Options{Connections: 4, Streams: 3})
				require.NoError(t, err)
				plan := &loadgen.Plan{
					Closed: &loadgen.Closed{Users: 20}, Measure: 100 * time.Millisecond,
					Timeout: 50 * time.Millisecond, Grace: 50 * time.Millisecond, Steps: steps,
				}
				result := (&loadgen.Engine{Plan: plan, Protocol: c}).Run(context.Background())
				require.Positive(t, result.Issued)
			})
		}
	})
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
