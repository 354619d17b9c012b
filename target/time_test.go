package target

import (
	"io"
	"math"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// inTime runs a server in a bubble of its own: its clock stands still while
// anything runs, so durations are exact.
func inTime(t *testing.T, b Behaviour, f func(t *testing.T, s *Server, ln *memListener)) {
	require.NoError(t, b.Validate())
	synctest.Test(t, func(t *testing.T) {
		s := New(b)
		f(t, s, startInMemory(t, s))
	})
}

func TestDelayIsKept(t *testing.T) {
	inTime(t, Behaviour{Delay: ConstDelay(20 * time.Millisecond), Errors: []ErrorShare{{503, 0.5}}}, func(t *testing.T, s *Server, ln *memListener) {
		c := ln.dial()
		defer c.Close()
		for range 20 {
			require.Equal(t, 20*time.Millisecond, since(func() { _, _, _ = c.ask(get) }))
		}
		truth := s.Truth()
		require.EqualValues(t, 20, truth.Latency.Count)
		require.Equal(t, []float64{20, 20, 20}, []float64{truth.Latency.Min, truth.Latency.P99, truth.Latency.Max})
	})
}

func TestDelayOfPipelinedRequestsBeginsWhenTheyArrive(t *testing.T) {
	inTime(t, Behaviour{Delay: ConstDelay(time.Second)}, func(t *testing.T, s *Server, ln *memListener) {
		c := ln.dial()
		defer c.Close()
		require.Equal(t, time.Second, since(func() {
			_, _, _ = c.ask(get + get)
			_, _, _ = c.read("GET")
		}))
		require.Equal(t, 1000.0, s.Truth().Latency.Max)
	})
}

func TestDelayBeginsWhenTheBodyHasBeenRead(t *testing.T) {
	inTime(t, Behaviour{Delay: ConstDelay(time.Second)}, func(t *testing.T, s *Server, ln *memListener) {
		c := ln.dial()
		defer c.Close()
		_, _ = io.WriteString(c, "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nx")
		time.Sleep(time.Second)
		require.Equal(t, time.Second, since(func() { _, _, _ = c.ask("y") }))
		require.Equal(t, 2000.0, s.Truth().Latency.Max) // which counts from the head
	})
}

func TestFastErrorsSkipTheDelay(t *testing.T) {
	b := Behaviour{Delay: ConstDelay(time.Second), Errors: []ErrorShare{{503, 0.5}}, FastErrors: true}
	inTime(t, b, func(t *testing.T, s *Server, ln *memListener) {
		c := ln.dial()
		defer c.Close()
		require.NoError(t, repeat(20, func() error { _, _, err := c.ask(get); return err }))
		truth := s.Truth()
		require.Equal(t, 0.0, truth.Latency.Min)
		require.Equal(t, 1000.0, truth.OKLatency.Min)
	})
}

// 100 requests/s, each on its own connection, for four periods: what each
// waited, sorted, has to be what the closed form says.
func TestStallInTheOpenModel(t *testing.T) {
	inTime(t, Behaviour{Stall: Stall{time.Second, 5 * time.Second}}, func(t *testing.T, s *Server, ln *memListener) {
		const every, n = 10 * time.Millisecond, 2000
		waits := make([]time.Duration, n)
		var all sync.WaitGroup
		for i := range waits {
			all.Go(func() {
				time.Sleep(time.Duration(i) * every)
				c := ln.dial()
				defer c.Close()
				waits[i] = since(func() { _, _, _ = c.ask(get) })
			})
		}
		all.Wait()
		slices.Sort(waits)
		truth, configured := s.Truth(), s.Truth().Configured
		require.EqualValues(t, n, truth.Answered)
		require.InDelta(t, 500, ms(waits[n*90/100-1]), 10)
		require.InDelta(t, 750, ms(waits[n*95/100-1]), 10)
		require.InDelta(t, 950, ms(waits[n*99/100-1]), 10)
		require.InDelta(t, configured.P95, truth.Latency.P95, 11)
		require.InDelta(t, configured.P99, truth.Latency.P99, 11)
		require.Zero(t, truth.Latency.P75)
	})
}

func TestNothingIsSentDuringAStall(t *testing.T) {
	tests := []struct {
		name      string
		behaviour Behaviour
	}{
		{"with delays that reach into it", Behaviour{Delay: ExponentialDelay(700 * time.Millisecond), Errors: []ErrorShare{{503, 0.2}}}},
		{"with bodies that reach into it", Behaviour{Drip: 1500 * time.Millisecond, Body: Size{1, 100}}},
		{"with requests that a rate limit refuses", Behaviour{RateLimit: RateLimit{3, 4 * time.Second}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.behaviour.Stall = Stall{time.Second, 5 * time.Second}
			inTime(t, test.behaviour, func(t *testing.T, s *Server, ln *memListener) {
				c := ln.dial()
				defer c.Close()
				go func() { // one every 170 ms, until the last ends the connection
					for range 199 {
						_, _ = io.WriteString(c, get)
						time.Sleep(170 * time.Millisecond)
					}
					_, _ = io.WriteString(c, getLast)
				}()
				began, piece := time.Now(), make([]byte, 4096)
				for {
					if _, err := c.Conn.Read(piece); err != nil {
						break
					}
					require.Less(t, time.Since(began)%(5*time.Second), 4*time.Second)
				}
				require.EqualValues(t, 200, s.Truth().Answered)
			})
		})
	}
}

func TestDripTakesItsTimeEvenly(t *testing.T) {
	for name, chunked := range map[string]bool{"with a length": false, "in chunks": true} {
		t.Run(name, func(t *testing.T) {
			b := Behaviour{Body: Size{1000, 1000}, Drip: 2 * time.Second, Chunked: chunked}
			inTime(t, b, func(t *testing.T, s *Server, ln *memListener) {
				c := ln.dial()
				defer c.Close()
				began := time.Now()
				_, _ = io.WriteString(c, get)
				answer, err := http.ReadResponse(c.in, nil)
				require.NoError(t, err)
				require.Zero(t, time.Since(began)) // the head comes at once
				half := make([]byte, 500)
				_, err = io.ReadFull(answer.Body, half)
				require.NoError(t, err)
				require.Equal(t, time.Second, time.Since(began))
				rest, err := io.ReadAll(answer.Body)
				require.NoError(t, err)
				require.Equal(t, 2*time.Second, time.Since(began))
				require.Equal(t, string(appendFiller(nil, 0, 1000)), string(half)+string(rest))
				synctest.Wait()
				require.Equal(t, 2000.0, s.Truth().OKLatency.P50)
				require.Equal(t, 2000.0, s.Truth().Configured.P50)
			})
		})
	}
}

func TestRateLimitRefusesTheOneAfterTheLast(t *testing.T) {
	inTime(t, Behaviour{RateLimit: RateLimit{1000, time.Minute}, Delay: ConstDelay(time.Millisecond)}, func(t *testing.T, s *Server, ln *memListener) {
		time.Sleep(50 * time.Second) // a window begins with its first request
		c := ln.dial()
		defer c.Close()
		require.NoError(t, repeat(1000, func() error { _, _, err := c.ask(get); return err }))
		synctest.Wait()
		require.Equal(t, map[string]int64{"200": 1000}, s.Truth().Statuses)
		other := ln.dial() // which shares the limit
		defer other.Close()
		require.Zero(t, since(func() {
			answer, _, err := other.ask(get)
			require.NoError(t, err)
			require.Equal(t, 429, answer.StatusCode)
			require.Equal(t, "59", answer.Header.Get("Retry-After"))
		}))
		time.Sleep(59*time.Second - time.Nanosecond)
		answer, _, err := c.ask(get)
		require.NoError(t, err)
		require.Equal(t, 429, answer.StatusCode)
		require.Equal(t, "1", answer.Header.Get("Retry-After"))
		time.Sleep(time.Nanosecond)
		answer, _, err = c.ask(get)
		require.NoError(t, err)
		require.Equal(t, 200, answer.StatusCode)
	})
}

func TestSilentConnectionsAreClosed(t *testing.T) {
	const idle = time.Minute
	tests := []struct {
		name string
		say  func(c *client) // before it falls silent
	}{
		{"from the start", func(*client) {}},
		{"in the middle of a head", func(c *client) { _, _ = io.WriteString(c, "GET / HT") }},
		{"in the middle of a body", func(c *client) {
			_, _ = io.WriteString(c, "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\n")
		}},
		{"after a request", func(c *client) { _, _, _ = c.ask(get) }},
		{"after a long delay", func(c *client) { time.Sleep(idle - 1); _, _, _ = c.ask(get) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inTime(t, Behaviour{Idle: idle, Delay: ConstDelay(time.Hour)}, func(t *testing.T, _ *Server, ln *memListener) {
				c := ln.dial()
				defer c.Close()
				test.say(c)
				silent := since(func() { _, err := c.in.ReadByte(); require.True(t, isClosed(err), "%v", err) })
				require.GreaterOrEqual(t, silent, idle-1)
				require.LessOrEqual(t, silent, idle+idle/4)
			})
		})
	}
}

func TestABusyConnectionIsKept(t *testing.T) {
	inTime(t, Behaviour{Idle: time.Minute}, func(t *testing.T, _ *Server, ln *memListener) {
		c := ln.dial()
		defer c.Close()
		require.NoError(t, repeat(100, func() error {
			time.Sleep(time.Minute - 1)
			_, _, err := c.ask(get)
			return err
		}))
	})
}

func TestHungRequestsHoldTheirConnection(t *testing.T) {
	inTime(t, Behaviour{Hang: 1, Idle: time.Minute}, func(t *testing.T, s *Server, ln *memListener) {
		c := ln.dial()
		require.NoError(t, c.SetReadDeadline(time.Now().Add(24*time.Hour)))
		require.Equal(t, 24*time.Hour, since(func() { _, _, _ = c.ask(get + get) }))
		require.EqualValues(t, 1, s.Truth().Hung)
		require.EqualValues(t, 1, s.Truth().OpenConnections)
		require.NoError(t, c.Close())
		synctest.Wait()
		require.Zero(t, s.Truth().OpenConnections)
	})
}

// Every share is a binomial over the requests; the bounds are four deviations,
// and the seed makes the outcome the same for ever.
func TestSharesAreKept(t *testing.T) {
	const n = 20000
	b := Behaviour{
		Reset: 0.01, Garbage: 0.02, Hang: 0.005, MidBody: 0.03, EndlessHeader: 0.001,
		Errors: []ErrorShare{{503, 0.002}, {429, 0.1}}, Body: Size{10, 10}, Seed: 7,
	}
	inTime(t, b, func(t *testing.T, s *Server, ln *memListener) {
		answered, other := int64(0), int64(0)
		c := ln.dial()
		for range n {
			require.NoError(t, c.SetDeadline(time.Now().Add(20*time.Millisecond)))
			if _, _, err := c.ask(get); err != nil {
				other++
				require.NoError(t, c.Close())
				c = ln.dial()
				continue
			}
			answered++
		}
		require.NoError(t, c.Close())
		synctest.Wait()
		truth := s.Truth()
		require.Equal(t, []int64{n, answered, 0}, []int64{truth.Requests, truth.Answered, truth.Lost})
		for name, share := range map[string]struct {
			got  int64
			want float64
		}{
			"reset": {truth.Resets, 0.01}, "garbage": {truth.Garbage, 0.02}, "hang": {truth.Hung, 0.005},
			"mid-body": {truth.MidBody, 0.03}, "endless": {truth.EndlessHeaders, 0.001},
			"503": {truth.Statuses["503"], 0.002}, "429": {truth.Statuses["429"], 0.1}, "200": {truth.Statuses["200"], 0.832},
		} {
			deviation := math.Sqrt(n * share.want * (1 - share.want))
			require.InDelta(t, n*share.want, float64(share.got), 4*deviation, name)
		}
	})
}

func TestASeedFixesWhatEachConnectionSees(t *testing.T) {
	seen := func(seed uint64) (list []time.Duration) {
		inTime(t, Behaviour{Delay: LognormalDelay(20*time.Millisecond, 0.5), Seed: seed}, func(t *testing.T, _ *Server, ln *memListener) {
			for range 3 {
				c := ln.dial()
				require.NoError(t, repeat(10, func() error {
					list = append(list, since(func() { _, _, _ = c.ask(get) }))
					return nil
				}))
				require.NoError(t, c.Close())
			}
		})
		return list
	}
	require.Equal(t, seen(1), seen(1))
	require.NotEqual(t, seen(1), seen(2))
	require.NotEqual(t, seen(1)[:10], seen(1)[10:20])
}

func TestTruthOfADistributionIsItsQuantiles(t *testing.T) {
	for _, text := range []string{"uniform:10ms,30ms", "lognormal:20ms,0.5", "bimodal:10ms,500ms,3%", "exponential:20ms"} {
		t.Run(text, func(t *testing.T) {
			delay, err := ParseDelay(text)
			require.NoError(t, err)
			inTime(t, Behaviour{Delay: delay, Seed: 1}, func(t *testing.T, s *Server, ln *memListener) {
				c := ln.dial()
				defer c.Close()
				require.NoError(t, repeat(20000, func() error { _, _, err := c.ask(get); return err }))
				truth := s.Truth()
				require.InEpsilon(t, truth.Configured.P50, truth.Latency.P50, 0.03)
				require.InEpsilon(t, truth.Configured.P95, truth.Latency.P95, 0.03)
				require.InEpsilon(t, truth.Configured.P99, truth.Latency.P99, 0.05)
			})
		})
	}
}
