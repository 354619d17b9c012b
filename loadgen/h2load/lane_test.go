package h2load

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"

	"gonogo/loadgen"
	"gonogo/measure"
)

// all lets so many users send a request each at the same time, and closes them.
func (w *world) all(users int, timeout time.Duration) []*measure.Outcome {
	out := make([]*measure.Outcome, users)
	var sending sync.WaitGroup
	var senders []loadgen.Sender
	for i := range users {
		s := w.client.NewSender(loadgen.User{Number: i, Clock: w.clock})
		senders = append(senders, s)
		sending.Go(func() { out[i] = w.send(s, 0, timeout) })
	}
	sending.Wait()
	for _, s := range senders {
		s.Close()
	}
	return out
}

func classes(all []*measure.Outcome) map[string]int {
	count := map[string]int{}
	for _, o := range all {
		count[o.Class.String()]++
	}
	return count
}

// Users take turns on the connections, and the first one on each pays for it.
func TestUsersShareTheConnections(t *testing.T) {
	var served [4]atomic.Int32
	inWorld(t, Options{Connections: 4}, func(p *server, nth int) {
		p.greet()
		for r := p.request(); r != nil; r = p.request() {
			served[nth].Add(1)
			p.answer(r.StreamID)
		}
	}, func(w *world) {
		require.Equal(t, map[string]int{"ok": 20}, classes(w.all(20, time.Minute)))
		require.Equal(t, 4, w.dials)
	})
	for i := range served {
		require.EqualValues(t, 5, served[i].Load())
	}
}

// A request that waits for a stream has not been sent: the wait is lag, and none
// of the service time. It is not our own lateness either.
func TestStreamsBeyondTheLimitWait(t *testing.T) {
	tests := []struct {
		name     string
		options  Options
		settings []http2.Setting
		most     int // streams at a time
	}{
		{"the peer's limit", Options{}, []http2.Setting{{ID: http2.SettingMaxConcurrentStreams, Val: 2}}, 2},
		{"our own limit", Options{Streams: 3}, []http2.Setting{{ID: http2.SettingMaxConcurrentStreams, Val: 100}}, 3},
		{"our own where the peer has none", Options{Streams: 3}, nil, 3},
		{"none at all", Options{}, nil, 12},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var open, most int
			var mu sync.Mutex
			inWorld(t, tt.options, func(p *server, _ int) {
				p.greet(tt.settings...)
				for r := p.request(); r != nil; r = p.request() {
					mu.Lock()
					open++
					most = max(most, open)
					mu.Unlock()
					time.AfterFunc(time.Second, func() {
						mu.Lock()
						defer mu.Unlock()
						open--
						p.answer(r.StreamID)
					})
				}
			}, func(w *world) {
				all := w.all(12, time.Minute)
				require.Equal(t, map[string]int{"ok": 12}, classes(all))
				waited := map[time.Duration]int{}
				for _, o := range all {
					require.Equal(t, time.Second, o.Service())
					require.Zero(t, o.Late())
					waited[o.Lag()]++
				}
				want := map[time.Duration]int{}
				for i := range 12 {
					want[time.Duration(i/tt.most)*time.Second]++
				}
				require.Equal(t, want, waited)
			})
			require.Equal(t, tt.most, most)
		})
	}
}

func TestAPeerThatTakesNoStreams(t *testing.T) {
	inWorld(t, Options{}, func(p *server, _ int) {
		p.greet(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 0})
		_ = p.WriteRSTStream(p.request().StreamID, http2.ErrCodeRefusedStream)
		p.serve()
	}, func(w *world) {
		all := w.all(3, time.Second)
		require.Equal(t, map[string]int{"reset": 1, "timeout": 2}, classes(all))
		for _, o := range all {
			if o.Class == measure.Timeout {
				require.ErrorIs(t, o.Err, errNoStream)
				require.Zero(t, o.Sent)
			}
		}
	})
}

// Each request that finds no connection tries to open one itself.
func TestAConnectionThatCannotBeOpened(t *testing.T) {
	refuse := true
	inWorld(t, Options{}, func(p *server, _ int) { p.greet(); p.serve() }, func(w *world) {
		dial := w.dial
		w.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if refuse {
				time.Sleep(time.Millisecond)
				return nil, errors.New("refused")
			}
			return dial(ctx, network, address)
		}
		require.Equal(t, map[string]int{"connect": 5}, classes(w.all(5, time.Second)))
		refuse = false
		require.Equal(t, map[string]int{"ok": 5}, classes(w.all(5, time.Second)))
	})
}

func TestADialThatNeverEndsIsCutOff(t *testing.T) {
	inWorld(t, Options{}, func(*server, int) {}, func(w *world) {
		w.dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		all := w.all(3, time.Second)
		require.Equal(t, map[string]int{"timeout": 3}, classes(all))
		for _, o := range all {
			require.Equal(t, time.Second, o.Response())
		}
	})
}

// One request's time is up; it is taken back, and its neighbours go on.
func TestATimeoutEndsItsStreamOnly(t *testing.T) {
	var codes []http2.ErrCode
	inWorld(t, Options{}, func(p *server, _ int) {
		p.greet()
		p.answer(p.request().StreamID)
		slow, quick := p.request().StreamID, p.request().StreamID
		p.await(func(f http2.Frame) bool {
			r, ok := f.(*http2.RSTStreamFrame)
			if ok && r.StreamID == slow {
				codes = append(codes, r.ErrCode)
			}
			return ok
		})
		p.header(slow, false, ":status: 200", "x-late: very") // which changes the table all the same
		_ = p.WriteData(slow, true, []byte("too late"))
		p.header(quick, true, ":status: 200", "x-late: very")
		p.serve()
	}, func(w *world) {
		a, b := w.client.NewSender(loadgen.User{Number: 0, Clock: w.clock}), w.client.NewSender(loadgen.User{Number: 1, Clock: w.clock})
		require.Equal(t, measure.OK, w.send(a, 0, time.Minute).Class)
		var slow *measure.Outcome
		var sending sync.WaitGroup
		sending.Go(func() { slow = w.send(a, 0, time.Second) })
		time.Sleep(time.Millisecond)
		quick := w.send(b, 0, time.Minute)
		sending.Wait()
		require.Equal(t, measure.Timeout, slow.Class)
		require.Equal(t, time.Second, slow.Response())
		require.Equal(t, measure.OK, quick.Class, "%v", quick.Err)
		require.Equal(t, measure.OK, w.send(a, 0, time.Minute).Class)
		require.Equal(t, 1, w.dials)
		a.Close()
		b.Close()
	})
	require.Equal(t, []http2.ErrCode{http2.ErrCodeCancel}, codes)
}

// A connection that is silently dead is not used for ever.
func TestASilentConnectionIsReplaced(t *testing.T) {
	inWorld(t, Options{}, func(p *server, nth int) {
		p.greet()
		if nth > 0 {
			p.serve()
			return
		}
		p.answer(p.request().StreamID)
		_, _ = io.Copy(io.Discard, p.conn) // not even pings are answered
	}, func(w *world) {
		s := w.client.NewSender(loadgen.User{Number: 0, Clock: w.clock})
		var got []string
		for range 4 {
			got = append(got, w.send(s, 0, 2*time.Second).Class.String())
		}
		require.Equal(t, []string{"ok", "timeout", "timeout", "ok"}, got)
		s.Close()
	})
}

// One that is slow, but answers pings, is kept.
func TestASlowConnectionIsKept(t *testing.T) {
	inWorld(t, Options{}, func(p *server, _ int) {
		p.greet()
		for f := p.next(); f != nil; f = p.next() {
			if ping, ok := f.(*http2.PingFrame); ok {
				_ = p.WritePing(true, ping.Data)
			}
		}
	}, func(w *world) {
		s := w.client.NewSender(loadgen.User{Number: 0, Clock: w.clock})
		for range 5 {
			require.Equal(t, measure.Timeout, w.send(s, 0, 2*time.Second).Class)
		}
		require.Equal(t, 1, w.dials)
		s.Close()
	})
}

// A peer that goes away finishes what it names; what comes later goes elsewhere.
func TestGoingAway(t *testing.T) {
	inWorld(t, Options{}, func(p *server, nth int) {
		p.greet()
		if nth > 0 {
			p.serve()
			return
		}
		p.answer(p.request().StreamID)
		first, second, third := p.request().StreamID, p.request().StreamID, p.request().StreamID
		_ = p.WriteGoAway(1<<31-1, http2.ErrCodeNo, nil) // a warning
		_ = p.WriteGoAway(second, http2.ErrCodeNo, nil)
		_ = third // is sent again elsewhere
		p.answer(second)
		p.answer(first)
		for p.next() != nil { // until it is closed, now that nothing is left to do
		}
	}, func(w *world) {
		s := w.client.NewSender(loadgen.User{Number: 9, Clock: w.clock})
		require.Equal(t, measure.OK, w.send(s, 0, time.Minute).Class)
		all := w.all(3, time.Minute)
		require.Equal(t, map[string]int{"ok": 3}, classes(all))
		require.Equal(t, measure.OK, w.send(s, 0, time.Minute).Class)
		require.Equal(t, 2, w.dials)
		s.Close()
	})
}

// A request that is turned away is sent once more, if the peer leaves in good
// order, and its time counts from when it was first sent.
func TestTurnedAway(t *testing.T) {
	for _, tt := range []struct {
		name  string
		code  http2.ErrCode
		times int
		want  measure.Class
		dials int
	}{
		{"once", http2.ErrCodeNo, 1, measure.OK, 2},
		{"twice", http2.ErrCodeNo, 2, measure.Reset, 2},
		{"in anger", http2.ErrCodeEnhanceYourCalm, 1, measure.Reset, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var arrived []string
			inWorld(t, Options{}, func(p *server, nth int) {
				u := &uploads{server: p, step: 100_000}
				p.greet()
				if nth >= tt.times {
					u.serve(firstWindow)
					for _, body := range u.done {
						arrived = append(arrived, string(body))
					}
					return
				}
				p.request()
				time.Sleep(time.Second)
				_ = p.WriteGoAway(0, tt.code, nil)
				for p.next() != nil {
				}
			}, func(w *world) {
				s := w.client.NewSender(loadgen.User{Number: 0, Clock: w.clock})
				o := w.send(s, 0, time.Minute)
				require.Equal(t, tt.want, o.Class, "%v", o.Err)
				require.Equal(t, tt.dials, w.dials)
				require.Equal(t, time.Duration(min(tt.times, 2))*time.Second, o.Service())
				s.Close()
			}, loadgen.Request{Method: "POST", Body: []byte("once is enough")})
			if tt.want == measure.OK {
				require.Equal(t, []string{"once is enough"}, arrived)
			}
		})
	}
}

// What waited when the connection ended was never sent: it goes out on the next.
func TestRequestsThatWereNeverSentAreSentElsewhere(t *testing.T) {
	inWorld(t, Options{}, func(p *server, nth int) {
		p.greet(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 1})
		r := p.request()
		if r == nil {
			return
		}
		time.Sleep(time.Second)
		if nth%2 == 0 {
			_ = p.WriteGoAway(0, http2.ErrCodeInternal, nil)
		}
	}, func(w *world) {
		all := w.all(6, time.Minute)
		require.Equal(t, map[string]int{"reset": 6}, classes(all))
		require.Equal(t, 6, w.dials)
		for _, o := range all {
			require.Equal(t, time.Second, o.Service(), "each was sent once")
		}
	})
}

// Requests that lie in the queue when the peer goes away, or the connection ends,
// are taken out of it and sent elsewhere.
func TestRequestsAreTakenOutOfTheQueue(t *testing.T) {
	for _, goAway := range []bool{true, false} {
		for _, size := range []int{5, 10_000, 60_000} {
			body := noise(size)
			var bodies [][]byte
			var stray []uint32
			inWorld(t, Options{}, func(p *server, nth int) {
				if nth > 0 {
					u := &uploads{server: p, step: 100_000}
					p.greet()
					u.serve(firstWindow)
					bodies = u.done
					return
				}
				p.greet()
				first := p.request()
				time.Sleep(time.Second) // nobody reads, so that what comes next stays in the queue
				if !goAway {
					return
				}
				_ = p.WriteWindowUpdate(0, 1<<20) // there is room for more of the bodies
				_ = p.WriteGoAway(first.StreamID, http2.ErrCodeNo, nil)
				p.answer(first.StreamID)
				p.await(func(f http2.Frame) bool {
					if h := f.Header(); h.StreamID > first.StreamID && h.Type == http2.FrameData {
						stray = append(stray, h.StreamID)
					}
					return false
				})
			}, func(w *world) {
				all := w.all(8, time.Minute)
				lost := map[bool]int{true: 0, false: 1}[goAway]
				require.Equal(t, 8-lost, classes(all)["ok"], "%v", classes(all))
				require.Equal(t, 2, w.dials)
			}, loadgen.Request{Method: "POST", Body: body})
			require.Len(t, bodies, 7)
			require.Empty(t, stray, "DATA of a request that was taken out")
			for _, got := range bodies {
				require.True(t, bytes.Equal(body, got))
			}
		}
	}
}

func TestConnectionsHaveTheirTimeAndNumberOfRequests(t *testing.T) {
	for _, tt := range []struct {
		name        string
		limit       loadgen.Connections
		least, most int // connections
	}{
		{"no limit", loadgen.Connections{}, 1, 1},
		{"eight requests each, or six", loadgen.Connections{MaxRequests: 8}, 80 / 8, 80/6 + 2},
		{"eight seconds each, or six", loadgen.Connections{MaxAge: 8 * time.Second}, 60/8 - 1, 60/6 + 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var o Options
			o.Network.Connections = tt.limit
			inWorld(t, o, func(p *server, _ int) { p.greet(); p.serve() }, func(w *world) {
				s := w.client.NewSender(loadgen.User{Number: 0, Clock: w.clock})
				for range 60 {
					require.Equal(t, measure.OK, w.send(s, 0, time.Minute).Class)
					time.Sleep(time.Second)
				}
				require.Equal(t, map[string]int{"ok": 20}, classes(w.all(20, time.Minute)))
				require.GreaterOrEqual(t, w.dials, tt.least)
				require.LessOrEqual(t, w.dials, tt.most)
				s.Close()
			})
		})
	}
}
