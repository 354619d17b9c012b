package wsload

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/loadgen/session"
	"gonogo/measure"
)

// A world is a client of some steps with one user, who is at the tests' disposal.
type world struct {
	t      testing.TB
	client *Client
	sender loadgen.Sender
	clock  loadgen.Clock
}

// newWorld returns the world of the steps, the first of which connects to the URL.
func newWorld(t testing.TB, at string, o Options, steps ...*Step) *world {
	t.Helper()
	u, err := url.Parse(at)
	require.NoError(t, err)
	all := append([]*Step{{Kind: Connect, Request: loadgen.Request{URL: u}}}, steps...)
	c, err := New(all, o)
	require.NoError(t, err)
	w := &world{t: t, client: c, clock: loadgen.NewClock()}
	w.sender = c.NewSender(loadgen.User{Clock: w.clock})
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

// ok performs a step that is to go well.
func (w *world) ok(step int) *measure.Outcome {
	w.t.Helper()
	o := w.do(step, time.Minute)
	require.Equal(w.t, measure.OK, o.Class, "%v", o.Err)
	requireInOrder(w.t, o)
	return o
}

// fails performs a step that is to fail.
func (w *world) fails(step int, class measure.Class, text string) *measure.Outcome {
	w.t.Helper()
	o := w.do(step, time.Minute)
	require.Equal(w.t, class, o.Class, "%v", o.Err)
	require.ErrorContains(w.t, o.Err, text)
	require.Positive(w.t, o.Done)
	require.Equal(w.t, o.Class == measure.Check || o.Class == measure.Status || o.Done == o.Read, true)
	return o
}

// requireInOrder holds what every good outcome keeps to.
func requireInOrder(t testing.TB, o *measure.Outcome) {
	t.Helper()
	require.LessOrEqual(t, o.Due, o.Sent)
	if o.FirstByte != 0 {
		require.LessOrEqual(t, o.Sent, o.FirstByte)
		require.LessOrEqual(t, o.FirstByte, o.Done)
	}
	require.LessOrEqual(t, o.Sent, o.Done)
	require.LessOrEqual(t, o.Done, o.Read)
}

func textOf(t testing.TB, s string) *session.Text {
	t.Helper()
	made, err := (&session.Scope{}).Compile(s, session.Raw)
	require.NoError(t, err)
	return made
}

// holding is an Inspector that wants the body to hold a text.
type holding string

func (h holding) Needs() loadgen.Needs { return loadgen.Needs{Body: 1 << 10} }

func (h holding) Inspect(a *loadgen.Answer, _ *session.Session) error {
	if !bytes.Contains(a.Body, []byte(h)) {
		return a.Wrong("want " + string(h))
	}
	return nil
}

// serving serves WebSocket with the library's own server.
func serving(t testing.TB, fn func(context.Context, *websocket.Conn)) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{
			Subprotocols: []string{"chat"}, CompressionMode: websocket.CompressionNoContextTakeover, CompressionThreshold: 1,
		})
		if err != nil {
			return
		}
		defer c.CloseNow()
		c.SetReadLimit(-1)
		fn(r.Context(), c)
	}))
	t.Cleanup(srv.Close)
	return "ws" + strings.TrimPrefix(srv.URL, "http")
}

// echo sends back what comes.
func echo(ctx context.Context, c *websocket.Conn) {
	for {
		kind, b, err := c.Read(ctx)
		if err != nil || c.Write(ctx, kind, b) != nil {
			return
		}
	}
}

// saying sends texts, and then listens until the end.
func saying(texts ...string) func(context.Context, *websocket.Conn) {
	return func(ctx context.Context, c *websocket.Conn) {
		for _, text := range texts {
			if c.Write(ctx, websocket.MessageText, []byte(text)) != nil {
				return
			}
		}
		_, _, _ = c.Read(ctx)
	}
}

// requireNoLeak returns what fails when there are more goroutines or descriptors than
// there were.
func requireNoLeak(t *testing.T) func() {
	t.Helper()
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors()
	return func() {
		t.Helper()
		for range 10_000 { // what was closed may not have ended yet
			if runtime.NumGoroutine() <= goroutines && openDescriptors() <= descriptors {
				return
			}
			runtime.Gosched()
			time.Sleep(time.Millisecond)
		}
		stacks := make([]byte, 1<<16)
		require.Equal(t, goroutines, runtime.NumGoroutine(), "%s", stacks[:runtime.Stack(stacks, true)])
		require.Equal(t, descriptors, openDescriptors())
	}
}

// openDescriptors is 0 where they cannot be counted.
func openDescriptors() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}

// listen answers each connection with fn, on a port of its own.
func listen(t testing.TB, fn func(net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				continue
			}
			go func() {
				defer conn.Close()
				fn(conn)
			}()
		}
	}()
	return "ws://" + ln.Addr().String() + "/"
}
