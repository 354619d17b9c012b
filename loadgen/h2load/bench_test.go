package h2load

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"

	"gonogo/loadgen"
	"gonogo/measure"
)

// echo is a peer that allocates nothing either: it answers every HEADERS frame
// with the same bytes. Every so often it sends another header, which changes the
// table.
func echo(p *server) {
	p.greet()
	answer := said(func(p *server) { p.answer(1) })[9+6:]
	buf, end := make([]byte, 64<<10), 0
	var out []byte
	for {
		n, err := p.conn.Read(buf[end:])
		if err != nil {
			return
		}
		end += n
		b := buf[:end]
		out = out[:0]
		for len(b) >= frameHeader && len(b) >= frameHeader+parseFrame(b).length {
			f := parseFrame(b)
			if f.kind == http2.FrameHeaders {
				at := len(out)
				out = append(out, answer...)
				for at < len(out) {
					binary.BigEndian.PutUint32(out[at+5:], f.stream)
					at += frameHeader + parseFrame(out[at:]).length
				}
			}
			b = b[frameHeader+f.length:]
		}
		end = copy(buf, b)
		if len(out) > 0 {
			if _, err := p.conn.Write(out); err != nil {
				return
			}
		}
	}
}

// AllocsPerRun counts the whole process, so the peer must not allocate either.
func TestARequestAllocatesNothing(t *testing.T) {
	for _, spec := range []loadgen.Request{{}, {Method: "POST", Body: []byte("hello")}} {
		spec.URL = tcpPeers(t, echo)
		c, err := New([]loadgen.Step{{Name: "a", Request: spec}}, Options{})
		require.NoError(t, err)
		clock := loadgen.NewClock()
		s := c.NewSender(loadgen.User{Number: 0, Clock: clock})
		call := loadgen.NewCall(measure.Outcome{}, 0)
		recorder := measure.NewRecorder(measure.Config{Steps: []string{"a"}, Charge: time.Second})
		start := false
		once := func() {
			call.Outcome = measure.Outcome{Due: clock.Now()}
			if start = !start; start { // half of them as the open model would
				s.(loadgen.Starter).Start(call)
			}
			s.Send(call)
			recorder.Record(&call.Outcome)
		}
		for range 1000 {
			once()
		}
		require.Equal(t, measure.OK, call.Outcome.Class, "%v", call.Outcome.Err)
		recorder.Recycle(recorder.Detach())
		require.Zero(t, testing.AllocsPerRun(500, once))
		s.Close()
	}
}

// BenchmarkSend is one request at a time: mostly the kernel's two ways.
func BenchmarkSend(b *testing.B) {
	u := tcpPeers(b, echo)
	c, err := New([]loadgen.Step{{Name: "a", Request: loadgen.Request{URL: u}}}, Options{})
	require.NoError(b, err)
	clock := loadgen.NewClock()
	s := c.NewSender(loadgen.User{Number: 0, Clock: clock})
	call := loadgen.NewCall(measure.Outcome{}, 0)
	b.ReportAllocs()
	for b.Loop() {
		call.Outcome = measure.Outcome{Due: clock.Now()}
		s.Send(call)
	}
	require.Equal(b, measure.OK, call.Outcome.Class)
	s.Close()
}

// BenchmarkStreams is a hundred users on ten connections.
func BenchmarkStreams(b *testing.B) {
	u := tcpPeers(b, echo)
	c, err := New([]loadgen.Step{{Name: "a", Request: loadgen.Request{URL: u}}}, Options{Connections: 10, Streams: 10})
	require.NoError(b, err)
	clock := loadgen.NewClock()
	senders := make(chan loadgen.Sender, 1000)
	for i := range cap(senders) {
		senders <- c.NewSender(loadgen.User{Number: i, Clock: clock})
	}
	b.SetParallelism(50)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		s := <-senders
		call := loadgen.NewCall(measure.Outcome{}, 0)
		for pb.Next() {
			call.Outcome = measure.Outcome{Due: clock.Now()}
			s.Send(call)
		}
		senders <- s
	})
	b.StopTimer()
	for range cap(senders) {
		(<-senders).Close()
	}
}
