package app

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// small is a quota of 10 in 4 seconds, of which 8 go at once.
func small(words ...string) []string {
	return append(words, "claude.quota=10", "claude.window=4s", "claude.spacing=500ms")
}

// burst asks n times at once and sorts what they took, by status.
func (b *bubble) burst(n int, path string) map[int][]time.Duration {
	var mu sync.Mutex
	var all sync.WaitGroup
	out := map[int][]time.Duration{}
	for range n {
		all.Go(func() {
			r := b.ask("POST "+path, "")
			mu.Lock()
			defer mu.Unlock()
			out[r.status] = append(out[r.status], r.took)
		})
	}
	all.Wait()
	for _, took := range out {
		slices.Sort(took)
	}
	return out
}

func inMS(ms ...int) []time.Duration {
	var out []time.Duration
	for _, one := range ms {
		out = append(out, time.Duration(one)*time.Millisecond)
	}
	return out
}

func TestCooldown(t *testing.T) {
	tests := []struct {
		name  string
		words []string
		n     int
		want  map[int][]time.Duration
		truth ClaudeTruth
	}{
		{
			"up to the threshold all go at once", small(), 8,
			map[int][]time.Duration{200: inMS(0, 0, 0, 0, 0, 0, 0, 0)},
			ClaudeTruth{Accepted: 8, Completed: 8},
		},
		{
			"then they leave one by one, and beyond the quota in the next window", small(), 13,
			map[int][]time.Duration{200: inMS(0, 0, 0, 0, 0, 0, 0, 0, 500, 1000, 4000, 4000, 4000)},
			ClaudeTruth{Accepted: 13, Completed: 13, Queued: 5, MaxQueue: 5, MaxDelayMS: 4000},
		},
		{
			"what would wait too long is refused", small("claude.max_delay=3.9s"), 13,
			map[int][]time.Duration{200: inMS(0, 0, 0, 0, 0, 0, 0, 0, 500, 1000), 503: inMS(0, 0, 0)},
			ClaudeTruth{Accepted: 10, Completed: 10, Queued: 2, Refused: 3, MaxQueue: 2, MaxDelayMS: 1000},
		},
		{
			"without a queue 429 is passed on", small("!claude=pass-429"), 13,
			map[int][]time.Duration{200: inMS(0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 429: inMS(0, 0, 0)},
			ClaudeTruth{Accepted: 10, Completed: 10, Passed429: 3},
		},
		{
			"a slow queue takes more than five seconds", small("!claude=slow-queue"), 9,
			map[int][]time.Duration{200: inMS(0, 0, 0, 0, 0, 0, 0, 0, 6000)},
			ClaudeTruth{Accepted: 9, Completed: 9, Queued: 1, MaxQueue: 1, MaxDelayMS: 6000},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inTime(t, test.words, func(t *testing.T, b *bubble) {
				require.Equal(t, test.want, b.burst(test.n, "/api/claude/ask"))
				require.Equal(t, test.truth, b.v.Truth().Claude)
			})
		})
	}
}

// However requests arrive, no window of the upstream gets more than its quota,
// and no delay is longer than it may be.
func TestTheUpstreamNeverGetsMoreThanItsQuota(t *testing.T) {
	inTime(t, small(), func(t *testing.T, b *bubble) {
		c, now := b.v.claude, time.Now()
		var left []time.Time
		for i := range 2000 {
			now = now.Add(time.Duration(i*i%977) * time.Millisecond)
			p := c.reserve(now)
			require.Equal(t, p.delay > c.longest, p.refused)
			if !p.refused {
				left = append(left, now.Add(p.delay))
				c.leave(p, true)
			}
		}
		slices.SortFunc(left, time.Time.Compare)
		require.Greater(t, len(left), 1000)
		opened, used := left[0], 0
		for _, at := range left {
			if at.Sub(opened) >= c.window {
				opened, used = at, 0
			}
			used++
			require.LessOrEqual(t, used, c.quota)
		}
	})
}

func TestCooldownStatus(t *testing.T) {
	inTime(t, small(), func(t *testing.T, b *bubble) {
		status := func() claudeStatus { return b.v.claude.statusAt(time.Now()) }
		require.Equal(t, claudeStatus{Quota: 10}, status())
		b.burst(7, "/api/claude/ask")
		require.Equal(t, claudeStatus{Usage: 7, Quota: 10, UsageShare: 70}, status())
		b.burst(1, "/api/claude/ask")
		require.Equal(t, claudeStatus{Usage: 8, Quota: 10, UsageShare: 80, Active: true, Cooldown: 4}, status())
		done := make(chan reply)
		go func() { done <- b.ask("POST /api/claude/ask", "") }()
		time.Sleep(100 * time.Millisecond)
		require.Equal(t, claudeStatus{Usage: 9, Quota: 10, UsageShare: 90, QueueLength: 1, Active: true, Cooldown: 3.9}, status())
		r := <-done
		require.Equal(t, "500", r.header.Get("X-Queue-Delay-Ms"))
		require.Equal(t, 500.0, r.field(t, "queue_delay_ms"))
		r = b.ask("GET /api/claude/status", "")
		require.Equal(t, 3.5, r.field(t, "cooldown_s"))
		time.Sleep(3500 * time.Millisecond)
		require.Equal(t, claudeStatus{Quota: 10}, status())
	})
}
