package httpload

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/measure"
)

// An Interrupt that was meant for an earlier call, or comes too often, costs the
// call under way nothing: no byte is lost, and none is sent twice.
func TestASpuriousInterruptIsHarmless(t *testing.T) {
	const ms = time.Millisecond
	var requests atomic.Int64
	slowly := func(c net.Conn) {
		b := bufio.NewReader(c)
		for {
			time.Sleep(50 * ms)
			r, err := http.ReadRequest(b)
			if err != nil {
				return
			}
			if body, err := io.ReadAll(r.Body); err != nil || len(body) != 10_000 {
				return
			}
			requests.Add(1)
			for _, text := range []string{"HTTP/1.1 200 OK\r\nContent-", "Length: 5\r\n\r\nhe", "llo"} {
				time.Sleep(50 * ms)
				if _, err := io.WriteString(c, text); err != nil {
					return
				}
			}
		}
	}
	all := certificates()
	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				requests.Store(0)
				l := &lab{slow: 5 * ms, hosts: map[string]func(net.Conn){
					"192.0.2.1:80": slowly, "192.0.2.1:443": secured(all, 20*ms, slowly),
				}}
				s, clock, end := l.sender(t, scheme+"://192.0.2.1/", loadgen.Request{Method: "POST", Body: make([]byte, 10_000)})
				over := make(chan struct{})
				go func() {
					for {
						select {
						case <-over:
							return
						case <-time.After(3 * ms):
							s.Interrupt()
						}
					}
				}()
				for i := range 5 {
					o := send(s, clock, time.Minute)
					require.Equal(t, measure.OK, o.Class, "%v", o.Err)
					require.EqualValues(t, i+1, requests.Load())
					require.Equal(t, 100*ms, o.Done-o.FirstByte)
					time.Sleep(10 * ms) // and while there is none
				}
				require.Len(t, l.dials, 1)
				close(over)
				end()
			})
		})
	}
}

// Whatever a call waits for, its end ends it: its own, or that of the run.
func TestWhatHangsIsInterrupted(t *testing.T) {
	const ms = time.Millisecond
	all := certificates()
	silent := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	deaf := func(net.Conn) { time.Sleep(10 * time.Second) }
	hangs := []struct {
		name, at string
		server   func(net.Conn)
	}{
		{"connecting", "http://192.0.2.9/", nil},
		{"a handshake that nobody answers", "https://192.0.2.1/", silent},
		{"a handshake that nobody reads", "https://192.0.2.1/", deaf},
		{"a request that nobody reads", "http://192.0.2.1/", deaf},
		{"a request that nobody reads, over TLS", "https://192.0.2.1/", secured(all, 0, func(c net.Conn) {
			_ = c.(*tls.Conn).Handshake()
			deaf(c)
		})},
		{"an answer that never comes", "http://192.0.2.1/", silent},
		{"an answer that never comes, over TLS", "https://192.0.2.1/", secured(all, 0, silent)},
		{"an answer that never ends", "http://192.0.2.1/", func(c net.Conn) {
			_, _ = http.ReadRequest(bufio.NewReader(c))
			_, _ = io.WriteString(c, strings.TrimSuffix(hello, "o"))
			silent(c)
		}},
	}
	for _, hang := range hangs {
		for _, model := range []string{"closed", "open"} {
			t.Run(hang.name+", "+model, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					l := &lab{hangs: map[string]bool{"192.0.2.9:80": true}, hosts: map[string]func(net.Conn){
						"192.0.2.1:80": hang.server, "192.0.2.1:443": hang.server,
					}}
					plan := planFor(hang.at, 2, loadgen.Request{})
					if model == "open" {
						plan.Closed = nil
						plan.Open = &loadgen.Open{MaxInFlight: 2, Stages: []loadgen.Stage{{For: plan.Measure, From: 100, To: 100}}}
					}
					for _, timeout := range []time.Duration{30 * ms, time.Hour} {
						plan.Timeout, plan.Grace = timeout, 50*ms
						client, err := New(plan.Steps, l.options())
						require.NoError(t, err)
						r := (&loadgen.Engine{Plan: plan, Protocol: client, GoTimers: true}).Run(t.Context())
						total := r.Summary.Total()
						timedOut, censored := total.Class[measure.Timeout], total.Censored()
						require.Equal(t, total.Planned(), timedOut+censored+total.Dropped(), "%v", r.Summary.Errors())
						require.Equal(t, timeout == time.Hour, timedOut == 0)
						require.GreaterOrEqual(t, timedOut+censored, int64(2))
						if model == "closed" && timedOut > 0 {
							require.EqualValues(t, 2*4, timedOut, "each took its 30 ms")
						}
						require.LessOrEqual(t, r.Length, plan.Measure+plan.Grace+10*ms)
					}
					l.serving.Wait()
				})
			})
		}
	}
}

// Where nobody interrupts it, connecting ends with its call all the same.
func TestConnectingEndsWithItsCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lab{hangs: map[string]bool{"192.0.2.9:80": true}}
		s, _, end := l.sender(t, "http://192.0.2.9/", loadgen.Request{})
		defer end()
		call := loadgen.NewCall(measure.Outcome{}, 70*time.Millisecond)
		s.Send(call)
		require.Equal(t, measure.Timeout, call.Outcome.Class)
		require.Equal(t, 70*time.Millisecond, call.Outcome.Done)
	})
}
