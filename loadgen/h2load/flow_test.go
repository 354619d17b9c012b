package h2load

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"

	"gonogo/loadgen"
	"gonogo/measure"
)

// noise is a body in which a byte at the wrong place shows.
func noise(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// uploads is a peer that gives way in small steps, and only when nothing more can
// come.
type uploads struct {
	*server
	initial int // window of a stream
	step    int
	window  int // of the connection
	streams map[uint32]*upload
	largest int // frame
	done    [][]byte
	trouble []string
}

type upload struct {
	window int
	bytes  []byte
}

// serve takes bodies until the end. The settings hold once they are acknowledged.
func (u *uploads) serve(initial int) {
	u.initial, u.window, u.streams = firstWindow, firstWindow, map[uint32]*upload{}
	for f := u.next(); f != nil; f = u.next() {
		switch f := f.(type) {
		case *http2.SettingsFrame:
			if f.IsAck() {
				for _, s := range u.streams {
					s.window += initial - u.initial
				}
				u.initial = initial
			}
		case *http2.MetaHeadersFrame:
			u.streams[f.StreamID] = &upload{window: u.initial}
		case *http2.DataFrame:
			u.data(f)
		}
		u.give()
	}
}

func (u *uploads) data(f *http2.DataFrame) {
	s, n := u.streams[f.StreamID], len(f.Data())
	s.bytes = append(s.bytes, f.Data()...)
	s.window -= n
	u.window -= n
	u.largest = max(u.largest, n)
	if s.window < 0 || u.window < 0 {
		u.trouble = append(u.trouble, "more than the windows allow")
	}
	if f.StreamEnded() {
		delete(u.streams, f.StreamID)
		u.done = append(u.done, s.bytes)
		u.answer(f.StreamID)
	}
}

// give gives way where nothing more can come.
func (u *uploads) give() {
	if u.window == 0 {
		u.window = u.step
		_ = u.WriteWindowUpdate(0, uint32(u.step))
	}
	for id, s := range u.streams {
		if s.window <= 0 {
			_ = u.WriteWindowUpdate(id, uint32(u.step-s.window))
			s.window = u.step
		}
	}
}

func TestABodyKeepsWithinThePeersWindows(t *testing.T) {
	set := func(id http2.SettingID, v uint32) []http2.Setting { return []http2.Setting{{ID: id, Val: v}} }
	tests := []struct {
		name           string
		size           int
		settings       []http2.Setting
		initial, frame int
		step           int
	}{
		{"the stream's", 1000, set(http2.SettingInitialWindowSize, 10), 10, 1000, 10},
		{"one that shrinks below nothing", 100_000, set(http2.SettingInitialWindowSize, 0), 0, 16384, 1000},
		{"the connection's", 200_000, set(http2.SettingInitialWindowSize, 1<<20), 1 << 20, 16384, 30_000},
		{"the largest frame", 200_000, set(http2.SettingMaxFrameSize, 40_000), firstWindow, 40_000, 65_535},
		{"what is queued", 3 << 20, set(http2.SettingInitialWindowSize, 1<<30), 1 << 30, 16384, 1 << 30},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body := noise(tt.size)
			u := &uploads{step: tt.step}
			inWorld(t, Options{}, func(p *server, _ int) {
				u.server = p
				p.SetMaxReadFrameSize(1 << 20)
				p.greet(tt.settings...)
				u.serve(tt.initial)
			}, func(w *world) {
				for _, o := range w.all(4, time.Hour) {
					require.Equal(t, measure.OK, o.Class, "%v", o.Err)
					require.Greater(t, o.BytesOut, int64(tt.size))
				}
			}, loadgen.Request{Method: "PUT", Body: body})
			require.Empty(t, u.trouble)
			require.Len(t, u.done, 4)
			for _, got := range u.done {
				require.True(t, bytes.Equal(body, got))
			}
			require.LessOrEqual(t, u.largest, tt.frame)
		})
	}
}

// A request that is taken back gives the window back that its body would have used.
func TestTheWindowOfARequestThatIsTakenBack(t *testing.T) {
	inWorld(t, Options{}, func(p *server, _ int) {
		p.greet()
		r := p.request()
		time.Sleep(10 * time.Second) // nobody reads its body
		p.answer(r.StreamID)
		p.await(func(f http2.Frame) bool {
			d, ok := f.(*http2.DataFrame)
			if ok && d.StreamEnded() && d.StreamID > r.StreamID {
				p.answer(d.StreamID)
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
	}, loadgen.Request{Method: "POST", Body: make([]byte, 30_000)})
}

// A queue that is full holds further requests back no longer than it takes to write
// it, though nobody answers meanwhile.
func TestRequestsThatFillTheQueue(t *testing.T) {
	const users = 20
	at := tcpPeers(t, func(p *server) {
		p.greet(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 20})
		_ = p.WriteWindowUpdate(0, 1<<30)
		var whole []uint32
		p.await(func(f http2.Frame) bool {
			if d, ok := f.(*http2.DataFrame); ok && d.StreamEnded() {
				whole = append(whole, d.StreamID)
			}
			return len(whole) == users
		})
		for _, stream := range whole {
			p.answer(stream)
		}
		for p.next() != nil {
		}
	})
	c, err := New([]loadgen.Step{{Name: "a", Request: loadgen.Request{Method: "POST", URL: at, Body: make([]byte, 60_000)}}}, Options{})
	require.NoError(t, err)
	w := &world{t: t, client: c, clock: loadgen.NewClock()}
	require.Equal(t, map[string]int{"ok": users}, classes(w.all(users, 10*time.Second)))
}

// Requests that fill the queue of a connection which is to have no more after them
// are sent all the same.
func TestTheLastRequestsOfAConnection(t *testing.T) {
	for seed := range uint64(20) {
		o := Options{Seed: seed}
		o.Network.MaxRequests = 7
		inWorld(t, o, func(p *server, _ int) {
			p.greet(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 20})
			_ = p.WriteWindowUpdate(0, 1<<30)
			p.await(func(f http2.Frame) bool {
				d, ok := f.(*http2.DataFrame)
				if ok && d.StreamEnded() {
					p.answer(d.StreamID)
				}
				return false
			})
		}, func(w *world) {
			require.Equal(t, map[string]int{"ok": 20}, classes(w.all(20, time.Minute)))
		}, loadgen.Request{Method: "POST", Body: make([]byte, 60_000)})
	}
}

// A peer that knows enough answers before the body has come.
func TestAnAnswerThatDoesNotWaitForTheBody(t *testing.T) {
	inWorld(t, Options{}, func(p *server, _ int) {
		p.greet(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 10})
		for r := p.request(); r != nil; r = p.request() {
			p.header(r.StreamID, true, ":status: 413")
			if !p.await(func(f http2.Frame) bool {
				reset, ok := f.(*http2.RSTStreamFrame)
				return ok && reset.ErrCode == http2.ErrCodeCancel && reset.StreamID == r.StreamID
			}) {
				return
			}
		}
	}, func(w *world) {
		s := w.client.NewSender(loadgen.User{Number: 0, Clock: w.clock})
		for range 3 {
			o := w.send(s, 0, time.Minute)
			require.Equal(t, measure.Status, o.Class, "%v", o.Err)
			require.Equal(t, 413, o.Status)
		}
		require.Equal(t, 1, w.dials)
		s.Close()
	}, loadgen.Request{Method: "PUT", Body: make([]byte, 1<<20)})
}

// Answers that are larger than any window keep coming, and the windows are opened
// in large steps.
func TestLargeAnswers(t *testing.T) {
	const window, windows, size = 100_000, 300_000, 2_000_000
	updates := map[uint32]int{}
	inWorld(t, Options{}, func(p *server, _ int) {
		p.greet()
		left := windows
		for r := p.request(); r != nil; r = p.request() {
			p.header(r.StreamID, false, ":status: 200")
			open := window
			for sent := 0; sent < size; {
				for open == 0 || left == 0 {
					switch u := p.next().(type) {
					case nil:
						return
					case *http2.WindowUpdateFrame:
						updates[u.StreamID]++
						if u.StreamID == 0 {
							left += int(u.Increment)
						} else {
							open += int(u.Increment)
						}
					}
				}
				n := min(size-sent, open, left, 16<<10)
				sent, open, left = sent+n, open-n, left-n
				_ = p.WriteData(r.StreamID, sent == size, make([]byte, n))
			}
		}
	}, func(w *world) {
		w.client.window, w.client.windows = window, windows
		o := w.all(1, time.Hour)[0]
		require.Equal(t, measure.OK, o.Class, "%v", o.Err)
		require.Greater(t, o.BytesIn, int64(size))
	})
	require.LessOrEqual(t, updates[1], size/(window/2))
	require.LessOrEqual(t, updates[0], size/(windows/2))
}

// What comes on streams that nobody waits for any more counts against the
// connection, too.
func TestTheConnectionsWindowIsOpenedAgain(t *testing.T) {
	const windows = 100_000
	inWorld(t, Options{}, func(p *server, _ int) {
		p.greet()
		given := p.request()
		p.await(func(f http2.Frame) bool { _, ok := f.(*http2.RSTStreamFrame); return ok })
		said := make(chan struct{})
		go func() {
			defer close(said)
			for range 10 {
				_ = p.WriteData(given.StreamID, false, make([]byte, 10_000))
			}
		}()
		var next uint32
		opened := false
		p.await(func(f http2.Frame) bool {
			switch f := f.(type) {
			case *http2.MetaHeadersFrame:
				next = f.StreamID
			case *http2.WindowUpdateFrame:
				opened = opened || f.StreamID == 0 && f.Increment == windows/2
			}
			return opened && next > 0
		})
		<-said
		p.answer(next)
	}, func(w *world) {
		w.client.windows = windows
		s := w.client.NewSender(loadgen.User{Number: 0, Clock: w.clock})
		require.Equal(t, measure.Timeout, w.send(s, 0, time.Second).Class)
		require.Equal(t, measure.OK, w.send(s, 0, time.Minute).Class)
		s.Close()
	})
}
