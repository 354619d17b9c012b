//go:build linux && (amd64 || arm64)

package httpload

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/measure"
)

// until waits until the kernel has something for the socket: bytes (POLLIN), or
// its end (POLLRDHUP).
func until(t *testing.T, raw syscall.RawConn, events int16) {
	t.Helper()
	require.NoError(t, raw.Control(func(fd uintptr) {
		fds := []unix.PollFd{{Fd: int32(fd), Events: events}}
		for {
			n, err := unix.Poll(fds, 60_000)
			if err == unix.EINTR {
				continue
			}
			require.NoError(t, err)
			require.Equal(t, 1, n, "nothing came")
			return
		}
	}))
}

// rawOf is the socket of the user's one connection.
func rawOf(s loadgen.Sender) syscall.RawConn {
	switch s := s.(*user).links[0].stream.(type) {
	case *rawStream:
		return s.raw
	default:
		return s.(*netStream).stamps.raw
	}
}

// idle makes the user's connection one that was not used for a while.
func idle(s loadgen.Sender) { s.(*user).links[0].used = -time.Hour }

// started is a request that Start has put on the wire, if it did.
func started(s loadgen.Sender, clock loadgen.Clock) *loadgen.Call {
	now := clock.Now()
	call := loadgen.NewCall(measure.Outcome{Due: now}, now+time.Minute)
	s.(loadgen.Starter).Start(call)
	return call
}

// warm sends until the two clocks were compared undisturbed.
func warm(s loadgen.Sender, clock loadgen.Clock) {
	for {
		send(s, clock, time.Minute)
		if s.(*user).client.stamps.valid.Load() {
			return
		}
	}
}

// The kernel has the answer long before we come to read it: that is when it was
// done, whether we like it or not, and the rest is our own delay.
func TestDoneIsWhenTheKernelHadTheAnswer(t *testing.T) {
	for class, answer := range map[measure.Class]string{
		measure.OK:     hello,
		measure.Status: "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
	} {
		t.Run(class.String(), func(t *testing.T) {
			s, clock := senderFor(t, serve(t, answering(answer)), Options{}, loadgen.Request{})
			for {
				warm(s, clock)
				call := started(s, clock)
				require.Positive(t, call.Outcome.Sent)
				until(t, rawOf(s), unix.POLLIN)
				had := clock.Now()
				time.Sleep(20 * time.Millisecond) // this is how late we read
				s.Send(call)
				o := call.Outcome
				require.Equal(t, class, o.Class, "%v", o.Err)
				require.Greater(t, o.Read, had+20*time.Millisecond)
				require.LessOrEqual(t, o.Sent, o.FirstByte)
				require.LessOrEqual(t, o.FirstByte, o.Done)
				require.LessOrEqual(t, o.Done, o.Read)
				if !s.(*user).client.stamps.valid.Load() {
					continue // the time of day was set meanwhile
				}
				require.Less(t, o.Done, had+stepSize)
				require.Greater(t, o.ClientDelay(), 19*time.Millisecond)
				return
			}
		})
	}
}

// A kept connection that ended while nobody used it, or on which the server spoke
// unasked, is not used again: not by Start, and not by Send.
func TestAStaleConnectionIsReplaced(t *testing.T) {
	tests := []struct {
		name  string
		after func(net.Conn) // the answer
		event int16          // what it means for us
		tls   bool
	}{
		{"it was closed", func(c net.Conn) { _ = c.Close() }, unix.POLLRDHUP, false},
		{"it was reset", func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0); _ = c.Close() }, unix.POLLRDHUP, false},
		{"the server gave up on us", func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
		}, unix.POLLIN, false},
		{"it was closed, over TLS", func(c net.Conn) { _ = c.Close() }, unix.POLLRDHUP, true},
	}
	all := certificates()
	for _, test := range tests {
		for _, starts := range []bool{false, true} {
			name := test.name
			if starts {
				name += ", and the engine starts"
			}
			t.Run(name, func(t *testing.T) {
				var connections, requests atomic.Int64
				answered := make(chan struct{})
				at := serve(t, func(c net.Conn) {
					connections.Add(1)
					if test.tls {
						c = tls.Server(c, &tls.Config{Certificates: all})
					}
					b := bufio.NewReader(c)
					for {
						if _, err := http.ReadRequest(b); err != nil {
							return
						}
						requests.Add(1)
						_, _ = io.WriteString(c, hello)
						<-answered
						test.after(c)
					}
				})
				defer close(answered)
				o := Options{}
				if test.tls {
					at = "https" + at[len("http"):]
					o.Network.TLS = &tls.Config{InsecureSkipVerify: true}
				}
				s, clock := senderFor(t, at, o, loadgen.Request{})
				first := send(s, clock, time.Minute)
				require.Equal(t, measure.OK, first.Class, "%v", first.Err)
				for i := range 3 {
					answered <- struct{}{}
					until(t, rawOf(s), test.event)
					idle(s)
					call := loadgen.NewCall(measure.Outcome{}, clock.Now()+time.Minute)
					if starts {
						call = started(s, clock)
						require.Zero(t, call.Outcome.Sent, "nothing was sent")
					}
					s.Send(call)
					require.Equal(t, measure.OK, call.Outcome.Class, "%v", call.Outcome.Err)
					require.Positive(t, call.Outcome.Connect)
					require.EqualValues(t, i+2, connections.Load())
					require.EqualValues(t, i+2, requests.Load())
					require.Equal(t, first.BytesOut, call.Outcome.BytesOut, "and not once more on the old one")
				}
			})
		}
	}
}

// What Start could not write, Send does.
func TestTheRestOfAStartedRequestIsSent(t *testing.T) {
	body := make([]byte, 48<<20) // more than any socket takes
	for i := range body {
		body[i] = byte(i>>16 ^ i)
	}
	read := make(chan struct{}, 10)
	got := make(chan []byte, 1)
	s, clock := senderFor(t, serve(t, func(c net.Conn) {
		b := bufio.NewReader(c)
		for {
			<-read
			r, err := http.ReadRequest(b)
			if err != nil {
				return
			}
			all, _ := io.ReadAll(r.Body) // cut short, it is not what was sent
			got <- all
			_, _ = io.WriteString(c, hello)
		}
	}), Options{}, loadgen.Request{Method: "POST", Body: body})
	defer close(read)
	read <- struct{}{}
	require.Equal(t, measure.OK, send(s, clock, time.Minute).Class)
	require.True(t, bytes.Equal(body, <-got))
	for range 2 {
		call := started(s, clock)
		require.Positive(t, call.Outcome.Sent)
		left := len(s.(*user).links[0].stream.(*rawStream).request)
		require.Positive(t, left)
		require.Less(t, left, len(body))
		read <- struct{}{}
		s.Send(call)
		require.Equal(t, measure.OK, call.Outcome.Class, "%v", call.Outcome.Err)
		require.True(t, bytes.Equal(body, <-got))
		require.Zero(t, call.Outcome.Connect)
		require.Greater(t, call.Outcome.BytesOut, int64(len(body)))
		require.Less(t, call.Outcome.BytesOut, int64(len(body)+200))
	}
}

// An answer that comes before the rest of a started request is written is not missed:
// the poller does not tell of it twice.
func TestAnAnswerBeforeTheRestOfAStartedRequest(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	conn, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	peer, err := ln.Accept()
	require.NoError(t, err)
	defer peer.Close()
	s := newRawStream(conn).(*rawStream)
	s.asked = true // it is a kept connection
	body := make([]byte, 48<<20)
	require.True(t, s.start(body))
	written := len(body) - len(s.request)
	s.request = s.request[:10] // what is left goes without waiting once the peer reads
	_, err = io.WriteString(peer, "no")
	require.NoError(t, err)
	_, err = io.ReadFull(peer, body[:written])
	require.NoError(t, err)
	until(t, s.raw, unix.POLLIN)
	time.Sleep(10 * time.Millisecond) // the poller knows
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
	in := &buffer{}
	n, err := s.exchange(nil, in)
	require.NoError(t, err)
	require.Equal(t, "no", string(in.bytes[:n]))
	require.False(t, s.unwritten())
}

// The same as TestASpuriousInterruptIsHarmless, on a socket.
func TestASpuriousInterruptIsHarmlessOnASocket(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	s, clock := senderFor(t, serve(t, func(c net.Conn) {
		b := bufio.NewReader(c)
		for {
			if _, err := http.ReadRequest(b); err != nil {
				return
			}
			for _, text := range []string{hello[:30], hello[30:]} {
				arrived <- struct{}{}
				<-release
				_, _ = io.WriteString(c, text)
			}
		}
	}), Options{}, loadgen.Request{})
	for i := range 5 {
		s.Interrupt() // too late for the last one
		call := loadgen.NewCall(measure.Outcome{}, clock.Now()+20*time.Second)
		if i >= 3 {
			call = started(s, clock)
			require.Positive(t, call.Outcome.Sent)
			s.Interrupt()
		}
		ended := make(chan struct{})
		go func() { s.Send(call); close(ended) }()
		for range 2 {
			<-arrived
			for range 3 {
				s.Interrupt() // too early
			}
			release <- struct{}{}
		}
		<-ended
		require.Equal(t, measure.OK, call.Outcome.Class, "%v", call.Outcome.Err)
		require.Equal(t, i == 0, call.Outcome.Connect > 0, "on the connection that there is")
		require.EqualValues(t, len(hello), call.Outcome.BytesIn)
	}
}

// tight are connections whose sockets hold a few kilobytes.
func tight(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return c, c.(*net.TCPConn).SetWriteBuffer(4 << 10)
}

// A peer that answers what it does not read: a request that was not sent is not
// answered, whatever comes. It times out, and the run ends.
func TestAPeerThatAnswersWithoutReading(t *testing.T) {
	config := &tls.Config{Certificates: certificates()}
	for _, scheme := range []string{"http", "https"} {
		for _, model := range []string{"closed", "open"} {
			t.Run(scheme+", "+model, func(t *testing.T) {
				leavesNothing(t, func() {
					over := make(chan struct{})
					target := newTarget(t, "127.0.0.1:0", func(c net.Conn) {
						if scheme == "https" {
							secure := tls.Server(c, config)
							if secure.Handshake() != nil {
								return
							}
							c = secure
						}
						_, _ = io.WriteString(c, hello)
						<-over
					})
					defer target.close()
					defer close(over)
					require.NoError(t, shrink(target.ln))
					plan := planFor(scheme+"://"+target.ln.Addr().String()+"/", 2, loadgen.Request{Method: "POST", Body: make([]byte, 256<<10)})
					plan.Timeout = 50 * time.Millisecond
					if model == "open" {
						plan.Closed = nil
						plan.Open = &loadgen.Open{MaxInFlight: 2, Stages: []loadgen.Stage{{For: plan.Measure, From: 100, To: 100}}}
					}
					client, err := New(plan.Steps, Options{Network: dial.Options{Dial: tight, TLS: &tls.Config{InsecureSkipVerify: true}}})
					require.NoError(t, err)
					r := (&loadgen.Engine{Plan: plan, Protocol: client}).Run(t.Context())
					total := r.Summary.Total()
					require.Positive(t, total.Class[measure.Timeout])
					require.Equal(t, total.Planned(), total.Class[measure.Timeout]+total.Censored()+total.Dropped(), "%v", r.Summary.Errors())
				})
			})
		}
	}
}

// shrink gives what the listener accepts a small buffer to receive in.
func shrink(ln net.Listener) (err error) {
	raw, err := ln.(*net.TCPListener).SyscallConn()
	if err != nil {
		return err
	}
	failed := raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 4<<10) })
	return errors.Join(failed, err)
}
