package app

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"gonogo/target"
)

func TestTheTruthTellsWhatWasDone(t *testing.T) {
	inTime(t, []string{"limit.requests=1", "!zap=no-retry"}, func(t *testing.T, b *bubble) {
		time.Sleep(time.Second)
		for _, request := range []string{"GET /health", "GET /limited", "GET /limited", "GET /nowhere", "DELETE /health", "GET /truth"} {
			b.ask(request, "")
		}
		var got Truth
		require.NoError(t, json.Unmarshal([]byte(b.ask("GET /truth", "").body), &got))
		require.Equal(t, map[string]int64{"200": 2, "429": 1, "404": 1, "405": 1}, got.Statuses)
		require.Equal(t, []int64{5, 5, 0}, []int64{got.Requests, got.Answered, got.Lost})
		require.Equal(t, []float64{1, 1}, []float64{got.UptimeS, got.WindowS})
		require.Equal(t, []string{"zap=no-retry"}, got.Faults)
		require.Equal(t, "1", got.Settings["limit.requests"])
		require.Equal(t, "1m", got.Settings["limit.window"])
		time.Sleep(time.Second)
		require.Equal(t, 204, b.ask("POST /truth/reset", "").status)
		after := b.v.Truth()
		require.Zero(t, after.Requests)
		require.Equal(t, LimitTruth{}, after.Limit)
		require.Equal(t, []float64{2, 0}, []float64{after.UptimeS, after.WindowS})
		require.Equal(t, 429, b.ask("GET /limited", "").status) // the window goes on
		require.Equal(t, 2.0, b.ask("GET /health", "").field(t, "uptime_s"))
	})
}

func TestApplicationsAge(t *testing.T) {
	s, err := Parse(nil, nil, target.Aging{
		SlowStart: target.SlowStart{Extra: time.Second, Length: 10 * time.Second},
		Drift:     target.Drift{Extra: 60 * time.Millisecond, Period: time.Minute},
		Growth:    target.Growth{Share: 0.5, Period: time.Minute},
	})
	require.NoError(t, err)
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, s)
		require.Equal(t, time.Second, b.ask("GET /about", "").took)
		time.Sleep(29 * time.Second)
		require.Equal(t, 30*time.Millisecond, b.ask("GET /about", "").took)
		require.Zero(t, b.ask("GET /truth", "").took)
		time.Sleep(30*time.Second - 30*time.Millisecond)
		b.v.Reset()
		statuses := b.burst(100, "/api/manus/run")
		require.Len(t, statuses[503], 50)
		require.Equal(t, 60*time.Millisecond, statuses[200][0])
		require.Equal(t, "60ms/1m0s", b.v.Truth().Settings["drift"])
		require.Equal(t, "applications, slow_start=1s,10s, drift=60ms/1m0s, error_growth=50%/1m0s", s.String())
	})
}

// Over a real network: a sender and a receiver of one server.
func TestServedOverANetwork(t *testing.T) {
	v := made(parsed(t, "webhook.failing=100%", "webhook.attempts=2", "zap.backoff=1ms", "webhook.secret=k"))
	web := &http.Client{Transport: &http.Transport{}}
	defer web.CloseIdleConnections()
	address := start(t, v)
	answer, err := web.Post("http://"+address+"/zap", "application/json", strings.NewReader(`{"id":"a","data":{"n":1}}`))
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, 202, answer.StatusCode)
	for v.Truth().Zap.Delivered == 0 {
		runtime.Gosched()
	}
	require.Equal(t, WebhookTruth{IDs: 1, Attempts: 3, FailedFirst: 2, Once: 1}, v.Truth().Webhooks)
	require.Equal(t, ZapTruth{Orders: 1, Attempts: 3, Delivered: 1}, v.Truth().Zap)
}

func TestWebSocketEchoes(t *testing.T) {
	for name, words := range map[string][]string{"healthy": nil, "silent": {"!ws=silent"}} {
		t.Run(name, func(t *testing.T) {
			v := made(parsed(t, words...))
			ws, answer, err := websocket.Dial(t.Context(), "ws://"+start(t, v)+"/ws", nil)
			require.NoError(t, err)
			require.Equal(t, 101, answer.StatusCode)
			defer func() { _ = ws.CloseNow() }()
			var got []string
			for i := range 3 {
				require.NoError(t, ws.Write(t.Context(), websocket.MessageText, fmt.Append(nil, i)))
				if name == "silent" && i == 1 {
					continue
				}
				_, text, err := ws.Read(t.Context())
				require.NoError(t, err)
				got = append(got, string(text))
			}
			want, echoes := []string{"0", "1", "2"}, int64(3)
			if name == "silent" {
				want, echoes = []string{"0", "2"}, 2
			}
			require.Equal(t, want, got)
			require.Equal(t, StreamTruth{Sockets: 1, Messages: 3, Echoes: echoes}, v.Truth().Streams)
			require.EqualValues(t, 1, v.Truth().Statuses["101"])
		})
	}
}

func TestEvents(t *testing.T) {
	inTime(t, nil, func(t *testing.T, b *bubble) {
		r := b.ask("GET /events?n=3&gap=2s", "")
		require.Equal(t, "text/event-stream", r.header.Get("Content-Type"))
		require.Equal(t, "id: 1\nevent: tick\ndata: {\"n\":1}\n\nid: 2\nevent: tick\ndata: {\"n\":2}\n\nid: 3\nevent: tick\ndata: {\"n\":3}\n\n", r.body)
		require.Equal(t, 4*time.Second, r.took)
		require.Equal(t, 900*time.Millisecond, b.ask("GET /events", "").took)
		for _, query := range []string{"n=0", "n=100001", "n=x", "gap=1", "gap=-1s", "gap=61s"} {
			require.Equal(t, 400, b.ask("GET /events?"+query, "").status, query)
		}
	})
	inTime(t, []string{"!events=cut"}, func(t *testing.T, b *bubble) {
		require.Error(t, b.ask("GET /events?n=6", "").err)
		require.Equal(t, StreamTruth{EventStreams: 1, Events: 3}, b.v.Truth().Streams)
		require.Zero(t, b.v.Truth().Lost) // it was answered, in part
	})
}

// A request in every state that a server can be in, and none may hold it up.
func TestNothingIsLeftWhenServeReturns(t *testing.T) {
	goroutines, files := runtime.NumGoroutine(), descriptors()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	v := made(parsed(t, "webhook.failing=100%", "webhook.mode=timeout", "webhook.hang=1h", "zap.timeout=1h", "!pages=slow", "page.slow=1h", "claude.quota=1", "claude.window=1h", "claude.max_delay=1h"))
	done := make(chan error, 1)
	go func() { done <- v.Serve(ctx, ln) }()
	requests := []string{
		"", "GET / HT", "GET / HTTP/1.1\r\nHost: t\r\n\r\n", "GET /events?n=9&gap=1m HTTP/1.1\r\nHost: t\r\n\r\n",
		"POST /webhooks/a HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n", "POST /webhooks HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\n",
		"GET /api/claude/ask HTTP/1.1\r\nHost: t\r\n\r\n", "GET /api/claude/ask HTTP/1.1\r\nHost: t\r\n\r\n",
		"POST /zap HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\n{\"id\":\"z\"}",
		"GET /ws HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
	}
	var conns []net.Conn
	for _, text := range requests {
		nc, err := net.Dial("tcp", ln.Addr().String())
		require.NoError(t, err)
		_, err = io.WriteString(nc, text)
		require.NoError(t, err)
		conns = append(conns, nc)
	}
	socket := bufio.NewReader(conns[len(conns)-1])
	line, err := socket.ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, "101")
	for truth := v.Truth(); truth.Webhooks.Attempts < 2 || truth.Streams.Events == 0 || truth.Claude.Accepted == 0; truth = v.Truth() {
		runtime.Gosched()
	}
	cancel()
	require.NoError(t, <-done)
	require.EqualValues(t, 1, v.Truth().Zap.Lost) // what went on has ended
	for _, nc := range conns {
		require.NoError(t, nc.Close())
	}
	for runtime.NumGoroutine() > goroutines { // one that has ended may not be gone yet
		runtime.Gosched()
	}
	require.Equal(t, files, descriptors())
}

func descriptors() int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0 // not Linux
	}
	return len(list)
}

func TestServeTellsWhyItCannotAccept(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, ln.Close())
	require.ErrorContains(t, New(parsed(t)).Serve(t.Context(), ln), "serve, on 127.0.0.1:")
}

func TestAServerThatDoesNotServeAnswersNothing(t *testing.T) {
	inTime(t, nil, func(t *testing.T, b *bubble) {
		b.v.tasks.close()
		require.Error(t, b.ask("GET /health", "").err)
	})
}
