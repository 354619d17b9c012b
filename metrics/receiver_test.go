package metrics

import (
	"context"
	"errors"
	"io"
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
)

// receivers are all that there are, at one URL.
func receivers(to *url.URL) map[string]*Receiver {
	return map[string]*Receiver{
		"pushgateway":  Pushgateway("--metrics-push", to, "shop"),
		"remote write": RemoteWrite("--remote-write", to, "here"),
		"otlp":         OTLP("--otlp", to, nil, nil),
	}
}

func parsed(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	require.NoError(t, err)
	return u
}

// What a receiver answers is never more than an error, of one line's worth, in which
// no credential is.
func TestAnswersThatAreNone(t *testing.T) {
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   string // the error; "": none
	}{
		{"agreed", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, ""},
		{"agreed, with something that is not asked for", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>\x00\xff") }, ""},
		{"agreed, without an end", func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, strings.Repeat("x", 4096))
			}
		}, ""},
		{"an error with words", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "out of order\nsample", 400) }, "the answer is 400 Bad Request: out of order\nsample"},
		{"an error without words", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, "the answer is 503 Service Unavailable"},
		{
			"an error with too many words", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, strings.Repeat("no ", 1e6), 500) },
			"the answer is 500 Internal Server Error: " + strings.TrimSpace(strings.Repeat("no ", 1e6)[:mostAnswer]),
		},
		{"elsewhere: credentials do not follow", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusTemporaryRedirect)
		}, "the answer is 307 Temporary Redirect"},
		{"no HTTP", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			c, _, _ := w.(http.Hijacker).Hijack()
			_, _ = io.WriteString(c, "SSH-2.0-hello\r\n")
			_ = c.Close()
		}, `net/http: HTTP/1.x transport connection broken: malformed HTTP response "SSH-2.0-hello"`},
		{"a closed connection", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			c, _, _ := w.(http.Hijacker).Hijack()
			_ = c.Close()
		}, "EOF"},
		{"nothing, ever", func(http.ResponseWriter, *http.Request) { <-hang }, "no answer in time"},
		{"headers, and nothing else ever", func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush()
			<-hang
		}, "read the answer: no answer in time"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(tt.answer)
			t.Cleanup(server.CloseClientConnections)
			to := parsed(t, strings.Replace(server.URL, "http://", "http://me:verysecret@", 1))
			for name, r := range receivers(to) {
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				if strings.Contains(tt.want, "no answer") {
					ctx, cancel = context.WithDeadline(ctx, time.Now().Add(20*time.Millisecond))
				}
				err := r.send(ctx, ran().Snapshot())
				cancel()
				if part := (*concession)(nil); errors.As(err, &part) {
					err = errors.Unwrap(part.error)
				}
				if tt.want == "" {
					require.NoError(t, err, name)
				} else {
					require.EqualError(t, err, tt.want, name)
				}
				r.client.CloseIdleConnections()
			}
		})
	}
}

func TestNobodyIsThere(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, ln.Close())
	for name, r := range receivers(parsed(t, "http://me:verysecret@"+ln.Addr().String())) {
		err := r.send(t.Context(), ran().Snapshot())
		require.ErrorContains(t, err, "connection refused", name)
		require.NotContains(t, err.Error(), "secret", name)
	}
}

// Each has its path, where the URL has none, and shows who it is.
func TestWhereItIsSent(t *testing.T) {
	tests := []struct {
		name, path, query string
		want              map[string]string
	}{
		{"no path", "", "", map[string]string{
			"pushgateway": "PUT /metrics/job/gonogo/scenario@base64/c2hvcA", "remote write": "POST /api/v1/write", "otlp": "POST /v1/metrics",
		}},
		{"no path but a slash", "/", "", map[string]string{
			"pushgateway": "PUT /metrics/job/gonogo/scenario@base64/c2hvcA", "remote write": "POST /api/v1/write", "otlp": "POST /v1/metrics",
		}},
		{"a path and a query", "/at/home/", "?tenant=1%202", map[string]string{
			"pushgateway": "PUT /at/home/metrics/job/gonogo/scenario@base64/c2hvcA?tenant=1%202", "remote write": "POST /at/home/?tenant=1%202", "otlp": "POST /at/home/?tenant=1%202",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got atomic.Value
			server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				user, password, _ := r.BasicAuth()
				got.Store(r.Method + " " + r.URL.String() + " by " + user + " " + password)
			}))
			defer server.Close()
			for name, r := range receivers(parsed(t, strings.Replace(server.URL, "http://", "http://me:s%40cret@", 1)+tt.path+tt.query)) {
				require.NoError(t, r.send(t.Context(), ran().Snapshot()))
				require.Equal(t, tt.want[name]+" by me s@cret", got.Load(), name)
				r.client.CloseIdleConnections()
			}
		})
	}
}

// Ten runs that send to what works, hangs, or breaks off leave nothing behind.
func TestSendersLeaveNothingBehind(t *testing.T) {
	hang := make(chan struct{})
	var hangs atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or the server does not hear of the end
		if hangs.Load() {
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		}
	}))
	defer server.Close()
	defer close(hang)
	once := func() {
		c := small(objectives{})
		var all []*Sender
		for _, r := range receivers(parsed(t, server.URL)) {
			all = append(all, Send(c, r, func(error) {}))
		}
		c.Observe(second(time.Second, 2))
		for _, s := range all {
			if !hangs.Load() {
				require.Zero(t, s.Finish().Failed)
				continue
			}
			s.stop() // as Finish does, but that the last push is cut short, too: the test is not to wait for it
			s.ended.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			s.push(ctx, lastPatience)
			cancel()
			s.to.client.CloseIdleConnections()
		}
	}
	once()
	before, open := settled(t, 0), descriptors(t)
	for i := range 10 {
		hangs.Store(i%2 == 1)
		once()
	}
	require.LessOrEqual(t, settled(t, before), before)
	require.LessOrEqual(t, descriptors(t), open)
}

// settled waits until there are no more goroutines than that, or no change, and counts them.
func settled(t *testing.T, most int) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	n, same := runtime.NumGoroutine(), 0
	for ctx.Err() == nil && same < 20 {
		runtime.GC()
		now := runtime.NumGoroutine()
		if now == n && (most == 0 || n <= most) {
			same++
		} else {
			n, same = now, 0
		}
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Millisecond):
		}
	}
	return n
}

func descriptors(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0 // no such thing here: nothing to compare
	}
	return len(all)
}
