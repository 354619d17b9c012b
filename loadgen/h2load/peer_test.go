package h2load

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"gonogo/loadgen"
	"gonogo/measure"
)

// server is a peer whose frames the test makes by hand. It is golang.org/x/net's
// reading of the protocol against ours.
type server struct {
	*http2.Framer
	conn   net.Conn
	block  bytes.Buffer
	fields *hpack.Encoder
}

func newServer(conn net.Conn) *server {
	p := &server{Framer: http2.NewFramer(conn, conn), conn: conn}
	p.fields = hpack.NewEncoder(&p.block)
	p.AllowIllegalWrites = true
	p.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	return p
}

// greet reads the preface and the client's settings, and sends ours.
func (p *server) greet(settings ...http2.Setting) {
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(p.conn, preface); err != nil || string(preface) != http2.ClientPreface {
		return
	}
	f, err := p.ReadFrame()
	if _, ok := f.(*http2.SettingsFrame); err == nil && !ok {
		panic("the first frame is no SETTINGS")
	}
	_ = p.WriteSettings(settings...)
}

// request returns the next request, nil at the end.
func (p *server) request() *http2.MetaHeadersFrame {
	for {
		switch f := p.next().(type) {
		case nil:
			return nil
		case *http2.MetaHeadersFrame:
			return f
		}
	}
}

// next returns the next frame, nil at the end. Settings are acknowledged.
func (p *server) next() http2.Frame {
	f, err := p.ReadFrame()
	if err != nil {
		return nil
	}
	if s, ok := f.(*http2.SettingsFrame); ok && !s.IsAck() {
		_ = p.WriteSettingsAck()
	}
	return f
}

// await reads until fn takes a frame. It returns false at the end.
func (p *server) await(fn func(http2.Frame) bool) bool {
	for {
		f := p.next()
		if f == nil {
			return false
		}
		if fn(f) {
			return true
		}
	}
}

// encoded returns a block of fields, each "name: value".
func (p *server) encoded(fields ...string) []byte {
	p.block.Reset()
	for _, f := range fields {
		i := strings.Index(f[1:], ": ") + 1
		_ = p.fields.WriteField(hpack.HeaderField{Name: f[:i], Value: f[i+2:]})
	}
	return p.block.Bytes()
}

// header sends a header, which ends the stream or does not.
func (p *server) header(stream uint32, end bool, fields ...string) {
	_ = p.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: p.encoded(fields...), EndStream: end, EndHeaders: true})
}

// longHeader sends a block in as many frames as it needs, and ends the stream.
func (p *server) longHeader(stream uint32, block []byte) {
	_ = p.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, EndStream: true})
	for len(block) > 16<<10 {
		_ = p.WriteContinuation(stream, false, block[:16<<10])
		block = block[16<<10:]
	}
	_ = p.WriteContinuation(stream, true, block)
}

// answer sends a small answer that is right.
func (p *server) answer(stream uint32) {
	p.header(stream, false, ":status: 200", "content-length: 5")
	_ = p.WriteData(stream, true, []byte("hello"))
}

// serve answers all requests, until the end.
func (p *server) serve() {
	for r := p.request(); r != nil; r = p.request() {
		p.answer(r.StreamID)
	}
}

// A world is a client whose connections lead to peers, each played by the same
// function, which is told how many there were before. Its time is virtual.
type world struct {
	t      *testing.T
	client *Client
	clock  loadgen.Clock
	dial   func(ctx context.Context, network, address string) (net.Conn, error)

	mu    sync.Mutex
	dials int
	conns []net.Conn
	play  sync.WaitGroup
}

// inWorld runs test in a world, and then looks that nothing of it is left.
func inWorld(t *testing.T, o Options, peers func(p *server, nth int), test func(w *world), steps ...loadgen.Request) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, clock: loadgen.NewClock()}
		w.dial = func(context.Context, string, string) (net.Conn, error) { return w.connect(peers), nil }
		o.Network.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			return w.dial(ctx, network, address)
		}
		if len(steps) == 0 {
			steps = []loadgen.Request{{}}
		}
		var all []loadgen.Step
		for _, spec := range steps {
			if spec.URL == nil {
				spec.URL = &url.URL{Scheme: "http", Host: "127.0.0.1:80", Path: "/"}
			}
			all = append(all, loadgen.Step{Name: "a", Request: spec})
		}
		c, err := New(all, o)
		require.NoError(t, err)
		w.client = c
		defer w.end()
		time.Sleep(time.Second) // an instant of 0 is one that was never reached
		test(w)
	})
}

// end ends the peers. The world itself ends only when no goroutine is left.
func (w *world) end() {
	w.mu.Lock()
	for _, conn := range w.conns {
		_ = conn.Close()
	}
	w.mu.Unlock()
	w.play.Wait()
}

// connect returns our end of a pipe to a further peer.
func (w *world) connect(peers func(p *server, nth int)) net.Conn {
	ours, theirs := net.Pipe()
	w.mu.Lock()
	defer w.mu.Unlock()
	nth := w.dials
	w.dials++
	w.conns = append(w.conns, theirs)
	w.play.Go(func() {
		peers(newServer(theirs), nth)
		_ = theirs.Close()
	})
	return ours
}

// send sends a step as the engine would, with a timeout.
func (w *world) send(s loadgen.Sender, step int, timeout time.Duration) *measure.Outcome {
	now := w.clock.Now()
	call := loadgen.NewCall(measure.Outcome{Step: step, Due: now}, now+timeout)
	return performed(s, call, timeout)
}

func performed(s loadgen.Sender, call *loadgen.Call, timeout time.Duration) *measure.Outcome {
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() { // the engine's watch
		for wait := timeout; ; wait = 5 * time.Millisecond {
			select {
			case <-done:
				return
			case <-time.After(wait):
				s.Interrupt()
			}
		}
	})
	s.Send(call)
	close(done)
	watching.Wait()
	return &call.Outcome
}

// once sends one request to one peer.
func once(t *testing.T, spec loadgen.Request, peers func(p *server)) *measure.Outcome {
	t.Helper()
	var o *measure.Outcome
	inWorld(t, Options{}, func(p *server, _ int) { peers(p) }, func(w *world) {
		s := w.client.NewSender(loadgen.User{Number: 0, Clock: w.clock})
		o = w.send(s, 0, time.Minute)
		s.Close()
	}, spec)
	return o
}

// tcpPeers serves peers on loopback.
func tcpPeers(t testing.TB, fn func(p *server)) *url.URL {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var playing sync.WaitGroup
	t.Cleanup(func() {
		_ = ln.Close()
		playing.Wait()
	})
	playing.Go(func() {
		for {
			conn, err := ln.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			playing.Go(func() {
				defer conn.Close()
				fn(newServer(conn))
			})
		}
	})
	return &url.URL{Scheme: "http", Host: ln.Addr().String(), Path: "/"}
}
