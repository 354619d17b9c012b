package h2load

import (
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"

	"gonogo/loadgen"
	"gonogo/measure"
)

// What a request looks like on the wire.
func TestWhatAPeerHears(t *testing.T) {
	var got []string
	var secret bool
	inWorld(t, Options{}, func(p *server, _ int) {
		p.greet()
		r := p.request()
		for _, f := range r.Fields {
			got = append(got, f.Name+": "+f.Value)
			secret = secret || f.Name == "authorization" && f.Sensitive
		}
		p.answer(r.StreamID)
	}, func(w *world) {
		require.Equal(t, map[string]int{"ok": 1}, classes(w.all(1, time.Minute)))
	}, loadgen.Request{Method: "POST", Header: []loadgen.Field{
		{Name: "X-A", Value: "b"}, {Name: "Authorization", Value: "Bearer x"}, {Name: "TE", Value: "trailers"}, {Name: "te", Value: "gzip"}, {Name: "Keep-Alive", Value: "5"},
	}})
	require.Equal(t, []string{
		":method: POST", ":scheme: http", ":authority: 127.0.0.1", ":path: /", "user-agent: gonogo", "accept: */*",
		"x-a: b", "authorization: Bearer x", "te: trailers", "content-length: 0",
	}, got)
	require.True(t, secret, "a credential is never to be indexed")
}

func TestPingsAreAnswered(t *testing.T) {
	o := once(t, loadgen.Request{}, func(p *server) {
		p.greet()
		r := p.request()
		_ = p.WritePing(false, [8]byte{1, 2, 3})
		if p.await(func(f http2.Frame) bool {
			ping, ok := f.(*http2.PingFrame)
			return ok && ping.IsAck() && ping.Data[2] == 3
		}) {
			p.answer(r.StreamID)
		}
	})
	require.Equal(t, measure.OK, o.Class, "%v", o.Err)
}

// A peer that asks and asks and does not read costs us no more than so much memory.
func TestAFloodOfPings(t *testing.T) {
	o := once(t, loadgen.Request{}, func(p *server) {
		p.greet()
		_ = p.request()
		for range 1_000_000 {
			if p.WritePing(false, [8]byte{}) != nil {
				return
			}
		}
	})
	require.Equal(t, measure.Malformed, o.Class, "%v", o.Err)
	require.ErrorContains(t, o.Err, "ENHANCE_YOUR_CALM")
}

// A peer that gives our table another size hears once that we use none: some
// refuse what comes otherwise.
func TestTheTablesSizeIsAnswered(t *testing.T) {
	var resized []bool
	inWorld(t, Options{}, func(p *server, _ int) {
		p.ReadMetaHeaders = nil
		p.greet(http2.Setting{ID: http2.SettingHeaderTableSize, Val: 0})
		p.await(func(f http2.Frame) bool {
			h, ok := f.(*http2.HeadersFrame)
			if ok {
				resized = append(resized, h.HeaderBlockFragment()[0] == 0x20)
				p.answer(h.StreamID)
			}
			return false
		})
	}, func(w *world) {
		s := w.client.NewSender(loadgen.User{Number: 0, Clock: w.clock})
		for range 4 {
			require.Equal(t, measure.OK, w.send(s, 0, time.Minute).Class)
		}
		s.Close()
	})
	require.Equal(t, []bool{false, true, false, false}, resized)
}

// The request that was to say so is taken back: the next one says it.
func TestTheTablesSizeIsAnsweredByTheNext(t *testing.T) {
	var resized []bool
	inWorld(t, Options{}, func(p *server, _ int) {
		p.ReadMetaHeaders = nil
		p.greet(http2.Setting{ID: http2.SettingHeaderTableSize, Val: 0})
		var first uint32
		p.await(func(f http2.Frame) bool { first = f.Header().StreamID; return f.Header().Type == http2.FrameHeaders })
		time.Sleep(10 * time.Second) // nobody reads its body
		p.answer(first)
		p.await(func(f http2.Frame) bool {
			h, ok := f.(*http2.HeadersFrame)
			if ok {
				resized = append(resized, h.HeaderBlockFragment()[0] == 0x20)
				p.answer(h.StreamID)
			}
			return false
		})
	}, func(w *world) {
		a, b, c := w.client.NewSender(loadgen.User{Number: 0, Clock: w.clock}), w.client.NewSender(loadgen.User{Number: 1, Clock: w.clock}), w.client.NewSender(loadgen.User{Number: 2, Clock: w.clock})
		done := make(chan *measure.Outcome, 2)
		go func() { done <- w.send(a, 0, time.Minute) }()
		time.Sleep(time.Second)
		require.Equal(t, measure.Timeout, w.send(b, 0, time.Second).Class)
		go func() { done <- w.send(c, 0, time.Minute) }()
		require.Equal(t, measure.OK, (<-done).Class)
		require.Equal(t, measure.OK, (<-done).Class)
		for _, s := range []loadgen.Sender{a, b, c} {
			s.Close()
		}
	}, loadgen.Request{Method: "POST", Body: []byte("hello")})
	require.Equal(t, []bool{true}, resized)
}

// The same block means something else when the table has changed.
func TestABlockIsReadAgainWhenTheTableHasChanged(t *testing.T) {
	blocks := []string{"\x48\x03201", "\xbe", "\xbe", "\x48\x03202", "\xbe"}
	inWorld(t, Options{}, func(p *server, _ int) {
		p.greet()
		for _, block := range blocks {
			r := p.request()
			if r == nil {
				return
			}
			_ = p.WriteHeaders(http2.HeadersFrameParam{StreamID: r.StreamID, BlockFragment: []byte(block), EndStream: true, EndHeaders: true})
		}
		_ = p.request()
	}, func(w *world) {
		s := w.client.NewSender(loadgen.User{Number: 0, Clock: w.clock})
		for _, want := range []int{201, 201, 201, 202, 202} {
			require.Equal(t, want, w.send(s, 0, time.Minute).Status)
		}
		s.Close()
	})
}

func TestInstants(t *testing.T) {
	o := once(t, loadgen.Request{}, func(p *server) {
		p.greet()
		r := p.request()
		time.Sleep(time.Second)
		p.header(r.StreamID, false, ":status: 103")
		time.Sleep(time.Second)
		p.header(r.StreamID, false, ":status: 200")
		time.Sleep(time.Second)
		_ = p.WriteData(r.StreamID, false, []byte("hello"))
		time.Sleep(time.Second)
		p.header(r.StreamID, true, "x-sum: 5")
		_ = p.request()
	})
	require.Equal(t, measure.OK, o.Class, "%v", o.Err)
	require.Equal(t, []time.Duration{0, time.Second, 4 * time.Second, 0}, []time.Duration{o.Sent - o.Due, o.FirstByte - o.Sent, o.Done - o.Sent, o.Read - o.Done})
}

// brittle is a connection that takes no more once it is broken, while its peer says
// nothing of that.
type brittle struct {
	net.Conn
	broken atomic.Bool
}

func (b *brittle) Write(p []byte) (int, error) {
	if b.broken.Load() {
		time.Sleep(time.Second)
		return 0, errors.New("broken pipe")
	}
	return b.Conn.Write(p)
}

// What cannot be written any more ends the connection, though nothing can be read
// from it.
func TestAConnectionThatTakesNothingMore(t *testing.T) {
	inWorld(t, Options{}, func(p *server, nth int) {
		p.greet(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 2})
		if nth > 0 {
			p.serve()
			return
		}
		p.answer(p.request().StreamID)
		_, _ = io.Copy(io.Discard, p.conn)
	}, func(w *world) {
		dial := w.dial
		first := &brittle{}
		w.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			if first.Conn == nil {
				first.Conn = conn
				return first, err
			}
			return conn, err
		}
		s := w.client.NewSender(loadgen.User{Number: 9, Clock: w.clock})
		require.Equal(t, measure.OK, w.send(s, 0, time.Minute).Class)
		time.Sleep(time.Second) // until there is nothing left to write
		first.broken.Store(true)
		all := w.all(5, time.Minute)
		count := classes(all)
		require.Equal(t, 5, count["ok"]+count["reset"], "%v", count)
		require.Positive(t, count["reset"])
		for _, o := range all {
			if o.Class == measure.Reset {
				require.Equal(t, time.Second+lastRead, o.Response())
				require.ErrorContains(t, o.Err, "broken pipe")
			} else {
				require.Equal(t, time.Second, o.Response(), "it went elsewhere at once")
			}
		}
		s.Close()
	})
}

// The run's grace period ends a connection attempt, too.
func TestTheEndOfTheRunEndsADial(t *testing.T) {
	inWorld(t, Options{}, func(*server, int) {}, func(w *world) {
		w.dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		plan := &loadgen.Plan{
			Closed: &loadgen.Closed{Users: 3}, Measure: time.Second, Grace: time.Second, Timeout: time.Hour,
			Steps: []loadgen.Step{{Name: "a", Weight: 1}},
		}
		result := (&loadgen.Engine{Plan: plan, Protocol: w.client, GoTimers: true}).Run(context.Background())
		require.EqualValues(t, 3, result.Summary.Total().Censored())
		require.Less(t, result.Length, 3*time.Second)
	})
}
