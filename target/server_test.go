package target

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAnswers(t *testing.T) {
	fourKB := string(appendFiller(nil, 0, 4096))
	tests := []struct {
		name      string
		behaviour Behaviour
		asked     string
		body      string
		header    map[string]string
		close     bool
	}{
		{"200 by default", Behaviour{}, get, "", map[string]string{"Content-Length": "0"}, false},
		{"a body", Behaviour{Body: Size{14, 14}}, get, "gonogo target:", map[string]string{"Content-Length": "14", "Content-Type": "text/plain"}, false},
		{"any path", Behaviour{Body: Size{1, 1}}, strings.Replace(get, "/", "/health", 1), "g", nil, false},
		{"a body in chunks", Behaviour{Body: Size{4096, 4096}, Chunked: true}, get, fourKB, map[string]string{"Content-Length": ""}, false},
		{"no chunks for the old version", Behaviour{Body: Size{4096, 4096}, Chunked: true}, "GET / HTTP/1.0\r\n\r\n", fourKB, map[string]string{"Content-Length": "4096"}, true},
		{"an empty body in chunks", Behaviour{Chunked: true}, get, "", map[string]string{"Content-Length": ""}, false},
		{"a body too large to keep", Behaviour{Body: Size{1 << 20, 1 << 20}}, get, string(appendFiller(nil, 0, 1<<20)), map[string]string{"Content-Length": "1048576"}, false},
		{"the same in chunks", Behaviour{Body: Size{1 << 20, 1 << 20}, Chunked: true}, get, string(appendFiller(nil, 0, 1<<20)), nil, false},
		{"close when asked", Behaviour{}, getLast, "", map[string]string{"Connection": "close"}, true},
		{"keep-alive when the old version asks", Behaviour{}, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "", map[string]string{"Connection": "keep-alive"}, false},
		{"a request with a body", Behaviour{Body: Size{1, 1}}, chunked("3\r\nabc\r\n0\r\n\r\n"), "g", nil, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.NoError(t, test.behaviour.Validate())
			s := New(test.behaviour)
			c := dial(t, start(t, s))
			answer, body, err := c.ask(test.asked)
			require.NoError(t, err)
			require.Equal(t, 200, answer.StatusCode)
			require.Equal(t, test.body, body)
			for name, value := range test.header {
				if name == "Connection" && value == "close" { // net/http takes it out
					require.True(t, answer.Close)
					continue
				}
				require.Equal(t, value, answer.Header.Get(name), name)
			}
			_, _, err = c.ask(get)
			require.Equal(t, test.close, err != nil, "%v", err)
		})
	}
}

func TestHeadGetsTheHeadAlone(t *testing.T) {
	for name, b := range map[string]Behaviour{
		"rendered": {Body: Size{10, 10}}, "streamed": {Body: Size{10, 20}}, "an error": {Errors: []ErrorShare{{503, 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, start(t, New(b)))
			require.NoError(t, repeat(2, func() error {
				_, err := io.WriteString(c, "HEAD / HTTP/1.1\r\nHost: t\r\n\r\n")
				if err != nil {
					return err
				}
				answer, _, err := c.read("HEAD")
				if err == nil && answer.ContentLength < 10 {
					err = errors.New("no length")
				}
				return err
			}))
			require.Zero(t, c.in.Buffered())
		})
	}
}

func TestPipelinedRequestsAreAnsweredInOrder(t *testing.T) {
	s := New(Behaviour{Body: Size{1, 1000}, Seed: 3})
	c := dial(t, start(t, s))
	_, err := io.WriteString(c, strings.Repeat(get+chunked("1\r\nx\r\n0\r\n\r\n"), 50)+getLast+get)
	require.NoError(t, err)
	require.NoError(t, repeat(101, func() error {
		_, _, err := c.read("GET")
		return err
	}))
	_, _, err = c.read("GET") // nothing after the one that was to be the last
	require.Error(t, err)
	require.EqualValues(t, 101, s.Truth().Answered)
}

func TestARealClientIsServed(t *testing.T) {
	s := New(Behaviour{Body: Size{100, 5000}, Chunked: true})
	address := start(t, s)
	web := &http.Client{Transport: &http.Transport{}}
	defer web.CloseIdleConnections()
	sent := strings.Repeat("x", 100_000)
	require.NoError(t, repeat(20, func() error {
		answer, err := web.Post("http://"+address+"/a?b=c", "text/plain", strings.NewReader(sent))
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		_, err = io.Copy(io.Discard, answer.Body)
		return err
	}))
	truth := s.Truth()
	require.EqualValues(t, 20, truth.Requests)
	require.EqualValues(t, 1, truth.Connections)
	require.Greater(t, truth.BytesIn, int64(20*len(sent)))
	require.Greater(t, truth.BytesOut, int64(20*100))
}

func TestRefusalIsAnsweredAndReadable(t *testing.T) {
	s := New(Behaviour{})
	c := dial(t, start(t, s))
	answer, _, err := c.ask("GET / HTTP/1.1\r\nHost: t\r\nX: " + strings.Repeat("x", 2*largeBuffer))
	require.NoError(t, err)
	require.Equal(t, 431, answer.StatusCode)
	require.True(t, answer.Close)
	truth := s.Truth()
	require.EqualValues(t, 1, truth.Refused)
	require.Zero(t, truth.Requests)
}

func TestFaultsAsAClientSeesThem(t *testing.T) {
	tests := []struct {
		name      string
		behaviour Behaviour
		check     func(t *testing.T, answer *http.Response, err error)
		count     func(Truth) int64
	}{
		{"a reset is a reset", Behaviour{Reset: 1}, func(t *testing.T, _ *http.Response, err error) {
			require.ErrorIs(t, err, syscall.ECONNRESET)
		}, func(truth Truth) int64 { return truth.Resets }},
		{"garbage is no answer", Behaviour{Garbage: 1}, func(t *testing.T, _ *http.Response, err error) {
			require.Error(t, err)
			require.NotErrorIs(t, err, syscall.ECONNRESET)
		}, func(truth Truth) int64 { return truth.Garbage }},
		{"a body ends half-way", Behaviour{MidBody: 1, Body: Size{1000, 1000}}, func(t *testing.T, answer *http.Response, err error) {
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			require.EqualValues(t, 1000, answer.ContentLength)
		}, func(truth Truth) int64 { return truth.MidBody }},
		{"a chunked body ends half-way", Behaviour{MidBody: 1, Body: Size{1000, 1000}, Chunked: true}, func(t *testing.T, answer *http.Response, err error) {
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			require.NotNil(t, answer)
		}, func(truth Truth) int64 { return truth.MidBody }},
		{"even an empty body ends half-way", Behaviour{MidBody: 1}, func(t *testing.T, _ *http.Response, err error) {
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		}, func(truth Truth) int64 { return truth.MidBody }},
		{"an error has its status", Behaviour{Errors: []ErrorShare{{503, 1}}}, func(t *testing.T, answer *http.Response, err error) {
			require.NoError(t, err)
			require.Equal(t, "503 Service Unavailable", answer.Status)
		}, func(truth Truth) int64 { return truth.Statuses["503"] }},
		{"a status without a body", Behaviour{Errors: []ErrorShare{{204, 1}}}, func(t *testing.T, answer *http.Response, err error) {
			require.NoError(t, err)
			require.Equal(t, 204, answer.StatusCode)
		}, func(truth Truth) int64 { return truth.Statuses["204"] }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.NoError(t, test.behaviour.Validate())
			s := New(test.behaviour)
			address := start(t, s)
			for range 5 { // garbage comes in five kinds
				answer, _, err := askOnce(t, address, get)
				test.check(t, answer, err)
			}
			truth := s.Truth()
			require.EqualValues(t, 5, test.count(truth))
			require.EqualValues(t, 5, truth.Requests)
		})
	}
}

func TestEveryKindOfGarbageIsRefusedByNetHTTP(t *testing.T) {
	for pick := range uint64(5) {
		answer, err := http.ReadResponse(bufio.NewReader(strings.NewReader(string(garbage(pick)))), nil)
		if err == nil {
			_, err = io.ReadAll(answer.Body)
			_ = answer.Body.Close()
		}
		require.Error(t, err, "%q", garbage(pick))
	}
}

func TestEndlessHeaderGoesOnUntilTheClientLeaves(t *testing.T) {
	s := New(Behaviour{EndlessHeader: 1})
	c := dial(t, start(t, s))
	_, err := io.WriteString(c, get)
	require.NoError(t, err)
	n, err := io.CopyN(io.Discard, c, 200_000)
	require.NoError(t, err)
	require.EqualValues(t, 200_000, n)
	require.EqualValues(t, 1, s.Truth().EndlessHeaders)
}

func TestTLS(t *testing.T) {
	web := httptest.NewUnstartedServer(http.NotFoundHandler())
	web.StartTLS()
	certificates, client := web.TLS.Certificates, web.Client()
	web.Close()
	defer client.CloseIdleConnections()
	s := New(Behaviour{Body: Size{3, 3}, Reset: 0.5, Seed: 1})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	serveOn(t, s, tlsListener(ln, certificates))
	good, resets := int64(0), int64(0)
	for range 40 {
		answer, err := client.Post("https://"+ln.Addr().String(), "text/plain", strings.NewReader("hello")) // not repeated by the client, as a GET would be
		if err != nil {
			require.ErrorIs(t, err, syscall.ECONNRESET)
			resets++
			continue
		}
		_, err = io.Copy(io.Discard, answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		good++
	}
	truth := s.Truth()
	require.Equal(t, []int64{good, resets}, []int64{truth.Answered, truth.Resets})
	require.NotZero(t, good)
	require.NotZero(t, resets)
}

func TestTruthIsServedAndCleared(t *testing.T) {
	s := New(Behaviour{Delay: ConstDelay(time.Hour), Hang: 1, Errors: []ErrorShare{{503, 0}}})
	c := dial(t, start(t, s))
	s.shards[0].answered(200, 30*time.Millisecond, 10, 20)
	s.shards[len(s.shards)-1].answered(503, 10*time.Millisecond, 1, 2)
	answer, text, err := c.ask("GET /truth HTTP/1.1\r\nHost: t\r\n\r\n")
	require.NoError(t, err)
	require.Equal(t, "application/json", answer.Header.Get("Content-Type"))
	var got Truth
	require.NoError(t, json.Unmarshal([]byte(text), &got))
	require.EqualValues(t, 2, got.Requests)
	require.Equal(t, map[string]int64{"200": 1, "503": 1}, got.Statuses)
	require.Equal(t, []float64{10, 20, 30}, []float64{got.Latency.Min, got.Latency.Mean, got.Latency.Max})
	require.Equal(t, []float64{30, 30, 30}, []float64{got.OKLatency.Min, got.OKLatency.P50, got.OKLatency.Max})
	require.Equal(t, []int64{11, 22, 1}, []int64{got.BytesIn, got.BytesOut, got.Connections})
	require.Equal(t, 3.6e6, got.Configured.P50)

	for request, status := range map[string]int{
		"POST /truth/reset": 204, "GET /truth/reset": 405, "POST /truth": 405, "GET /-/nothing": 404,
	} {
		answer, _, err := c.ask(request + " HTTP/1.1\r\nHost: t\r\n\r\n")
		require.NoError(t, err)
		require.Equal(t, status, answer.StatusCode, request)
	}
	after := s.Truth()
	require.Zero(t, after.Requests)
	require.Zero(t, after.Connections)
	require.Equal(t, Latency{}, after.Latency)
	require.Less(t, after.WindowS, after.UptimeS)
}

// One connection in every state that a server can be in, and none may hold it up.
func TestNothingIsLeftWhenServeReturns(t *testing.T) {
	goroutines, files := runtime.NumGoroutine(), descriptors()
	states := map[string]Behaviour{
		"": {}, "GET / HTTP": {}, "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nx": {}, "nonsense\r\n\r\n": {},
		get: {Delay: ConstDelay(time.Hour)}, get + " ": {Hang: 1}, get + "  ": {Drip: time.Hour, Body: Size{9, 9}},
		get + "G": {Stall: Stall{time.Hour - 1, time.Hour}}, get + "GE": {EndlessHeader: 1}, get + "GET": {Body: Size{1 << 28, 1 << 28}},
	}
	for text, b := range states {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		s := New(b)
		done := make(chan error, 1)
		go func() { done <- s.Serve(ctx, ln) }()
		nc, err := net.Dial("tcp", ln.Addr().String())
		require.NoError(t, err)
		_, err = io.WriteString(nc, text)
		require.NoError(t, err)
		for len(s.open.list()) == 0 {
			runtime.Gosched()
		}
		cancel()
		require.NoError(t, <-done)
		require.Empty(t, s.open.list())
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
	require.ErrorContains(t, New(Behaviour{}).Serve(t.Context(), ln), "accept, on 127.0.0.1:"+strconv.Itoa(ln.Addr().(*net.TCPAddr).Port))
}

func TestThousandIdleConnectionsAreSmall(t *testing.T) {
	const conns = 1000
	address := start(t, New(Behaviour{}))
	before := memory()
	for range conns {
		nc, err := net.Dial("tcp", address)
		require.NoError(t, err)
		defer nc.Close()
		_, err = io.WriteString(nc, get)
		require.NoError(t, err)
		_, err = nc.Read(make([]byte, 1024))
		require.NoError(t, err)
	}
	used := memory() - before
	t.Logf("%d connections, both ends: %d KB", conns, used/1000)
	require.Less(t, used, int64(20e6))
}

// memory is what is in use: heap and stacks.
func memory() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// The answer reaches the client before the server has counted it; the truth
// waits for that.
func TestWhatAClientHasReceivedIsInTheTruth(t *testing.T) {
	s := New(Behaviour{Body: Size{10, 10}, Garbage: 0.1})
	address := start(t, s)
	c := dial(t, address)
	for i := range int64(500) {
		if _, _, err := c.ask(get); err != nil {
			c = dial(t, address)
		}
		require.Equal(t, i+1, s.Truth().Requests)
	}
}
