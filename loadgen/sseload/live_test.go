package sseload

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/loadgen/session"
	"gonogo/measure"
)

// A world is a client of some steps with one user, who is at the tests' disposal.
type world struct {
	t      testing.TB
	client *Client
	sender loadgen.Sender
	clock  loadgen.Clock
	user   loadgen.User
}

// newWorld returns the world of the steps, the first of which opens the URL.
func newWorld(t testing.TB, at string, o Options, steps ...*Step) *world {
	t.Helper()
	u, err := url.Parse(at)
	require.NoError(t, err)
	steps[0].Request.URL = u
	c, err := New(steps, o)
	require.NoError(t, err)
	w := &world{t: t, client: c, clock: loadgen.NewClock()}
	scope := &session.Scope{}
	scope.Declare("over")
	w.user = loadgen.User{Clock: w.clock, Session: session.New(scope, 1, 1)}
	w.sender = c.NewSender(w.user)
	t.Cleanup(w.sender.Close)
	return w
}

// do performs a step, within a time that nothing reaches unless it means to.
func (w *world) do(step int, timeout time.Duration) *measure.Outcome {
	now := w.clock.Now()
	call := loadgen.NewCall(measure.Outcome{Step: step, Due: now, Phase: measure.Measure}, now+timeout)
	done := make(chan struct{})
	go func() { // the engine's watch
		select {
		case <-done:
			return
		case <-time.After(timeout):
		}
		for {
			w.sender.Interrupt()
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	w.sender.Send(call)
	close(done)
	return &call.Outcome
}

func (w *world) ok(step int) *measure.Outcome {
	w.t.Helper()
	o := w.do(step, time.Minute)
	require.Equal(w.t, measure.OK, o.Class, "%v", o.Err)
	require.LessOrEqual(w.t, o.Due, o.Sent)
	require.LessOrEqual(w.t, o.Sent, o.Done)
	require.LessOrEqual(w.t, o.Done, o.Read)
	return o
}

func (w *world) fails(step int, class measure.Class, text string) *measure.Outcome {
	w.t.Helper()
	o := w.do(step, time.Minute)
	require.Equal(w.t, class, o.Class, "%v", o.Err)
	require.ErrorContains(w.t, o.Err, text)
	require.Positive(w.t, o.Done)
	return o
}

func (w *world) isOver() bool {
	v, _ := w.user.Session.Get(0)
	return string(v) == "true"
}

// over is the variable that a world has for it.
func over() *session.Var { return new(session.Var) }

// holding is an Inspector that wants head and body together to hold a text.
type holding string

func (h holding) Needs() loadgen.Needs { return loadgen.Needs{Head: true, Body: 1 << 10} }

func (h holding) Inspect(a *loadgen.Answer, _ *session.Session) error {
	if !bytes.Contains(append(bytes.Clone(a.Head), a.Body...), []byte(h)) {
		return a.Wrong("want " + string(h))
	}
	return nil
}

// saying serves texts, a pause before each but the first, and then stays silent or
// ends.
func saying(t testing.TB, pause time.Duration, ends bool, texts ...string) string {
	t.Helper()
	srv := httptest.NewServer(streaming(pause, ends, texts...))
	t.Cleanup(srv.Close)
	return srv.URL
}

func streaming(pause time.Duration, ends bool, texts ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		for i, text := range texts {
			if i > 0 {
				time.Sleep(pause) // a server takes its time
			}
			fmt.Fprint(w, strings.ReplaceAll(text, "LAST", r.Header.Get("Last-Event-ID")))
			_ = http.NewResponseController(w).Flush()
		}
		if !ends {
			<-r.Context().Done()
		}
	})
}

func TestTheFirstEventAndTheGaps(t *testing.T) {
	const pause = 30 * time.Millisecond
	w := newWorld(t, saying(t, pause, false, "data: a\n\n", "data: b\n\n", "data: c\n\n"), Options{},
		&Step{Kind: Open, Over: over(), Events: 3}, &Step{Kind: Next}, &Step{Kind: Close})
	first := w.ok(0)
	require.Equal(t, 200, first.Status)
	require.Positive(t, first.Connect)
	require.Equal(t, first.FirstByte, first.Done, "the first event")
	require.Positive(t, first.BytesIn)
	for range 2 {
		require.False(t, w.isOver())
		gap := w.ok(1)
		require.Zero(t, gap.Connect)
		require.GreaterOrEqual(t, gap.Response(), pause/2, "the server slept that long")
	}
	require.True(t, w.isOver())
	w.ok(2)
	counted := w.client.Network().Counts().Addresses[0]
	require.Equal(t, [3]int64{1, 3, 0}, [3]int64{counted.Opened, counted.Requests, counted.Errors})
}

func TestWhichEventFitsAndWhenAStreamIsOver(t *testing.T) {
	ticks := []string{"event: tick\ndata: 1\n\n", ": comment\n\n", "event: tock\nid: 7\ndata: 2\n\n", "data: [DONE]\n\n"}
	t.Run("others are passed over", func(t *testing.T) {
		w := newWorld(t, saying(t, 0, false, ticks...), Options{}, &Step{Kind: Open, Inspector: holding("event: tock")})
		w.ok(0)
	})
	t.Run("at an event", func(t *testing.T) {
		w := newWorld(t, saying(t, 0, false, ticks...), Options{}, &Step{Kind: Open, Until: holding("[DONE]"), Over: over()}, &Step{Kind: Next})
		w.ok(0)
		w.ok(1)
		require.False(t, w.isOver())
		w.ok(1)
		require.True(t, w.isOver())
	})
	t.Run("after a time", func(t *testing.T) {
		w := newWorld(t, saying(t, 0, false, ticks[0]), Options{}, &Step{Kind: Open, For: 50 * time.Millisecond, Over: over()}, &Step{Kind: Next})
		w.ok(0)
		w.ok(1)
		require.True(t, w.isOver())
	})
	t.Run("after a time without any event, which is a failure", func(t *testing.T) {
		w := newWorld(t, saying(t, 0, false, ": hi\n\n"), Options{}, &Step{Kind: Open, For: 50 * time.Millisecond})
		w.fails(0, measure.Timeout, "no event within the time")
	})
	t.Run("with its answer", func(t *testing.T) {
		w := newWorld(t, saying(t, 0, true, ticks[0]), Options{}, &Step{Kind: Open, Ends: true, Over: over()}, &Step{Kind: Next})
		require.False(t, w.ok(0).Void)
		require.True(t, w.ok(1).Void, "the end is no event")
		require.True(t, w.isOver())
	})
	t.Run("with another status that is wanted", func(t *testing.T) {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }))
		defer srv.Close()
		w := newWorld(t, srv.URL, Options{}, &Step{Kind: Open, Over: over()})
		require.Equal(t, 204, w.ok(0).Status)
		require.True(t, w.isOver())
	})
}

func TestAStreamThatWasLostIsOpenedAnew(t *testing.T) {
	w := newWorld(t, saying(t, 0, true, "id: 41\ndata: after LAST\n\n"), Options{},
		&Step{Kind: Open, Inspector: holding("after ")}, &Step{Kind: Next, Inspector: holding("after 41")})
	w.ok(0)
	w.fails(1, measure.Reset, "the server ended the stream")
	require.Positive(t, w.ok(1).Connect, "with the id of the last event")
}

func TestStreamsThatFail(t *testing.T) {
	const short = 50 * time.Millisecond
	head := "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
	tests := []struct {
		name, answer string // after which the connection ends, unless it waits
		waits        bool
		class        measure.Class
		text         string
	}{
		{"a status", "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", false, measure.Status, "HTTP 503"},
		{"a page", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>", false, measure.Malformed, `content type "text/html": want text/event-stream`},
		{"a coded stream", head + "Content-Encoding: gzip\r\n\r\n", false, measure.Malformed, "content encoding"},
		{"no HTTP", "garbage\r\n\r\n", false, measure.Malformed, "malformed HTTP"},
		{"an end before the answer", "", false, measure.Reset, "before the answer began"},
		{"an end before the first event", head + "\r\ndata: a\n", false, measure.Reset, "the server ended the stream"},
		{"an end within a chunk", head + "Transfer-Encoding: chunked\r\n\r\n9\r\nda", false, measure.Reset, "within the answer"},
		{"a chunk that is none", head + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", false, measure.Malformed, "chunk"},
		{"a line without end", head + "\r\ndata: " + strings.Repeat("x", 2000), true, measure.Malformed, "a line of more than 1000 bytes"},
		{"an event without end", head + "\r\n" + strings.Repeat("data: x\n", 600), true, measure.Malformed, "an event of more than 1000 bytes"},
		{"no event", head + "\r\n", true, measure.Timeout, "no event within the time"},
		{"comments alone", head + "\r\n" + strings.Repeat(": hi\n\n", 10), true, measure.Timeout, "no event within the time"},
		{"no event that fits", head + "\r\ndata: b\n\ndata: c\n\n", true, measure.Timeout, "no event that fits within the time: 2 came, the last one: want event: x"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, listen(t, test.answer, test.waits), Options{EventLimit: 1000},
				&Step{Kind: Open, Inspector: holding("event: x"), Within: short}, &Step{Kind: Next, Inspector: holding("event: x"), Within: short})
			for _, step := range []int{0, 1, 0} { // nothing is left behind that the next would suffer from
				w.fails(step, test.class, test.text)
			}
		})
	}
}

// listen answers each request with a text.
func listen(t testing.TB, answer string, waits bool) string {
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
				_, _ = http.ReadRequest(bufio.NewReader(conn))
				_, _ = io.WriteString(conn, answer)
				if waits {
					_, _ = io.Copy(io.Discard, conn)
				}
			}()
		}
	}()
	return "http://" + ln.Addr().String() + "/"
}

// The time of a call ends it, and an Interrupt that is not meant for it does not.
func TestInterrupts(t *testing.T) {
	all := httptest.NewTLSServer(streaming(20*time.Millisecond, false, "data: a\n\n", "data: b\n\n", "data: c\n\n"))
	defer all.Close()
	defer all.CloseClientConnections()
	o := Options{Network: dial.Options{TLS: all.Client().Transport.(*http.Transport).TLSClientConfig}}
	w := newWorld(t, all.URL, o, &Step{Kind: Open}, &Step{Kind: Next})
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(100 * time.Microsecond):
				w.sender.Interrupt()
			}
		}
	}()
	require.Positive(t, w.ok(0).TLS)
	w.ok(1)
	w.ok(1)
	close(stop)
	<-stopped
	require.Equal(t, measure.Timeout, w.do(1, 50*time.Millisecond).Class)
	silent := newWorld(t, listen(t, "", true), Options{}, &Step{Kind: Open}, &Step{Kind: Next})
	require.Equal(t, measure.Timeout, silent.do(0, 50*time.Millisecond).Class)
	require.Equal(t, measure.Timeout, silent.do(1, 50*time.Millisecond).Class)
}

// A flow follows streams to their ends; the gaps are figures of a step of their own.
func TestAFlowFollowsAStream(t *testing.T) {
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors()
	func() {
		srv := httptest.NewServer(streaming(5*time.Millisecond, true, "data: a\n\n", "data: b\n\n", "data: c\n\n", "data: [DONE]\n\n"))
		defer srv.Close()
		scope := &session.Scope{}
		actions, v, err := Follow(scope, "over", 0, 1)
		require.NoError(t, err)
		u, err := url.Parse(srv.URL)
		require.NoError(t, err)
		client, err := New([]*Step{{Request: loadgen.Request{URL: u}, Until: holding("[DONE]"), Over: &v}, {Kind: Next}}, Options{})
		require.NoError(t, err)
		plan := &loadgen.Plan{
			Closed: &loadgen.Closed{Users: 5, Iterations: 4}, Measure: 5 * time.Second, Timeout: time.Second, Grace: time.Second,
			Steps: []loadgen.Step{{Name: "tokens"}, {Name: "tokens gap"}}, Scope: scope,
			Flows: []loadgen.Flow{{Name: "f", Weight: 1, Actions: actions}},
		}
		result := (&loadgen.Engine{Plan: plan, Protocol: client}).Run(context.Background())
		steps := result.Summary.Total()
		require.EqualValues(t, 5*4*4, steps.Class[measure.OK], "%v", result.Summary.Errors())
		require.EqualValues(t, 5*4*4, steps.Planned())
	}()
	for range 10_000 { // what was closed may not have ended yet
		if runtime.NumGoroutine() <= goroutines && openDescriptors() <= descriptors {
			return
		}
		time.Sleep(time.Millisecond)
	}
	require.Equal(t, goroutines, runtime.NumGoroutine())
	require.Equal(t, descriptors, openDescriptors())
}

func TestStepsThatCannotBe(t *testing.T) {
	for want, steps := range map[string][]*Step{
		"step 0: the URL names no host":            {{}},
		"step 0: next: step 0 is none that opens":  {{Kind: Next}},
		"step 1: close: step 7 is none that opens": {nil, {Kind: Close, Stream: 7}},
		"step 0: it is of no known kind":           {{Kind: 9}},
		`step 0: scheme "ftp": want http or https`: {{Request: loadgen.Request{URL: &url.URL{Scheme: "ftp", Host: "a"}}}},
	} {
		_, err := New(steps, Options{})
		require.ErrorContains(t, err, want)
	}
}

func BenchmarkEvent(b *testing.B) {
	s := &stream{body: endless("event: tick\ndata: hello\n\n"), room: make([]byte, roomSize), parser: parser{limit: 1000}}
	b.ReportAllocs()
	for b.Loop() {
		if err := s.event(); err != nil {
			b.Fatal(err)
		}
	}
}

// endless is a stream of one event, again and again.
type endless string

func (e endless) Read(b []byte) (int, error) { return copy(b, e), nil }

// openDescriptors is 0 where they cannot be counted.
func openDescriptors() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}
