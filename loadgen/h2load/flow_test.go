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
		s := w.client.NewSender(0, w.clock)
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
	const size = 3 * streamWindow
	updates := map[uint32]int{}
	inWorld(t, Options{}, func(p *server, _ int) {
		p.greet()
		for r := p.request(); r != nil; r = p.request() {
			p.header(r.StreamID, false, ":status: 200")
			window := streamWindow
			for left := size; left > 0; {
				for window == 0 {
					if u, ok := p.next().(*http2.WindowUpdateFrame); ok {
						updates[u.StreamID]++
						window += int(u.Increment)
					}
				}
				n := min(left, window, 16<<10)
				left -= n
				window -= n
				_ = p.WriteData(r.StreamID, left == 0, make([]byte, n))
			}
		}
	}, func(w *world) {
		o := w.all(1, time.Hour)[0]
		require.Equal(t, measure.OK, o.Class, "%v", o.Err)
		require.Greater(t, o.BytesIn, int64(size))
	})
	require.Equal(t, map[uint32]int{1: 4}, updates)
}

// The streams that nobody waits for any more still count against the connection.
func TestTheConnectionsWindowIsOpenedAgain(t *testing.T) {
	s := &session{credit: connWindow}
	s.spend(nil, connWindow/2-1)
	s.replenish()
	require.Empty(t, s.out.queue)
	s.spend(nil, 1)
	s.replenish()
	require.Equal(t, "\x00\x00\x04\x08\x00\x00\x00\x00\x00\x20\x00\x00\x00", string(s.out.queue))
	require.Equal(t, connWindow, s.credit)
}
