package app

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRateLimit(t *testing.T) {
	tests := []struct {
		name  string
		words []string
		path  string
		first int // request that is refused, 0 for none of 150
	}{
		{"the one after the last is refused", nil, "/limited", 101},
		{"the health page is not limited", nil, "/health", 0},
		{"unless it is asked for", []string{"limit.health=yes"}, "/health", 101},
		{"but not what a load balancer asks", []string{"limit.health=yes"}, "/health/ready", 0},
		{"a limit that is off refuses none", []string{"!limit=off"}, "/limited", 0},
		{"an early one refuses half", []string{"!limit=early"}, "/limited", 51},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inTime(t, append(test.words, "limit.requests=100", "limit.window=1m"), func(t *testing.T, b *bubble) {
				first := 0
				for i := 1; i <= 150; i++ {
					r := b.ask("GET "+test.path, "")
					if r.status == 429 && first == 0 {
						first = i
						require.Equal(t, "60", r.header.Get("Retry-After"))
					}
					require.Equal(t, first != 0, r.status == 429)
				}
				require.Equal(t, test.first, first)
			})
		})
	}
}

func TestARateLimitIsForEachClientAndWindow(t *testing.T) {
	inTime(t, []string{"limit.requests=2", "limit.window=10s"}, func(t *testing.T, b *bubble) {
		statuses := func(client string, n int) []int {
			var out []int
			for range n {
				out = append(out, b.ask("GET /limited", "", "X-Client: "+client).status)
			}
			return out
		}
		time.Sleep(7 * time.Second) // a window begins with its first request
		require.Equal(t, []int{200, 200, 429}, statuses("a", 3))
		require.Equal(t, []int{200, 200, 429}, statuses("b", 3))
		time.Sleep(10*time.Second - time.Nanosecond)
		r := b.ask("GET /limited", "", "X-Client: a")
		require.Equal(t, "1", r.header.Get("Retry-After"))
		time.Sleep(time.Nanosecond)
		require.Equal(t, []int{200, 200, 429}, statuses("a", 3))
		require.Equal(t, LimitTruth{Allowed: 6, Refused: 4}, b.v.Truth().Limit)
	})
}

func TestAStoreForgetsTheOldest(t *testing.T) {
	s := newStore[int](3)
	for i := range 5 {
		s.put(strconv.Itoa(i), i)
		s.put(strconv.Itoa(i), 10*i) // the same again takes no room
	}
	require.Equal(t, map[string]int{"2": 20, "3": 30, "4": 40}, s.values)
	require.EqualValues(t, 2, s.evicted)
}

func TestEvenSpreadsAShareExactly(t *testing.T) {
	for share, want := range map[float64]int{0: 0, 0.1: 100, 1.0 / 3: 333, 0.5: 500, 0.999: 999, 1: 1000} {
		var e even
		n := 0
		for range 1000 {
			if e.strikes(share) {
				n++
			}
		}
		require.Equal(t, want, n, share)
	}
}
