package app

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A cooldown asks an upstream that takes a quota of requests in each window. Up
// to a threshold they go at once; the rest of the quota leaves one by one, a
// spacing apart; and what goes beyond it waits for the next window. So no 429 of
// the upstream is ever seen. What would have to wait longer than the longest
// delay is refused with 503 instead of being queued, so no delay is longer.
//
// A window opens with the first request after the one before has ended, or with
// the first that had to wait for it.
type cooldown struct {
	quota, threshold int
	window, spacing  time.Duration
	longest          time.Duration
	pass             bool          // fault: no queue, and 429 is passed on
	slow             time.Duration // fault: what is queued waits this much more

	mu     sync.Mutex
	opened time.Time // when the present window opens, which may be to come
	used   int       // of its quota
	last   time.Time // when the last of it leaves
	queue  int
	truth  ClaudeTruth
}

func newCooldown(s Settings) *cooldown {
	c := &cooldown{
		quota: s.claude.quota, window: s.claude.window, spacing: s.claude.spacing, longest: s.claude.maxDelay,
		threshold: int(math.Round(float64(s.claude.quota) * s.claude.threshold)),
		pass:      s.has(claudePass),
	}
	if s.has(claudeSlow) {
		c.slow = s.claude.slow
	}
	return c
}

// place is what reserve decided.
type place struct {
	delay   time.Duration
	queued  bool
	refused bool
}

// reserve finds the instant at which a request of now may go.
func (c *cooldown) reserve(now time.Time) place {
	c.mu.Lock()
	defer c.mu.Unlock()
	opened, used, last := c.opened, c.used, c.last
	if used == 0 || now.Sub(opened) >= c.window {
		opened, used = now, 0
	}
	if c.pass {
		return c.passOn(now, opened, used)
	}
	if used >= c.quota {
		opened, used = opened.Add(c.window), 0
	}
	leaves := later(now, opened)
	if used >= c.threshold {
		leaves = later(leaves, last.Add(c.spacing))
		if leaves.Sub(opened) >= c.window { // its turn comes in the next window
			opened, used = opened.Add(c.window), 0
			leaves = opened
		}
	}
	p := place{delay: leaves.Sub(now), queued: leaves.After(now)}
	if p.delay > c.longest {
		c.truth.Refused++
		return place{delay: p.delay, refused: true}
	}
	c.opened, c.used, c.last = opened, used+1, leaves
	c.truth.Accepted++
	if p.queued {
		p.delay += c.slow
		c.queue++
		c.truth.Queued++
		c.truth.MaxQueue = max(c.truth.MaxQueue, c.queue)
		c.truth.MaxDelayMS = max(c.truth.MaxDelayMS, ms(p.delay))
	}
	return p
}

// passOn is what an application without a queue does.
func (c *cooldown) passOn(now, opened time.Time, used int) place {
	if used >= c.quota {
		c.truth.Passed429++
		return place{delay: opened.Add(c.window).Sub(now), refused: true}
	}
	c.opened, c.used, c.last = opened, used+1, now
	c.truth.Accepted++
	return place{}
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func (c *cooldown) ask(w http.ResponseWriter, r *http.Request) error {
	p := c.reserve(time.Now())
	switch {
	case p.refused && c.pass:
		return tooMany(w, p.delay, "upstream: too many requests")
	case p.refused:
		retryAfter(w, p.delay)
		return refusal{http.StatusServiceUnavailable, "queue: the wait would be too long"}
	}
	err := sleep(r.Context(), p.delay)
	c.leave(p, err == nil)
	if err != nil {
		return err
	}
	w.Header().Set("X-Queue-Delay-Ms", strconv.FormatFloat(ms(p.delay), 'f', -1, 64))
	return sendJSON(w, http.StatusOK, map[string]any{"response": "answered", "queue_delay_ms": ms(p.delay)})
}

// leave counts a request that has its answer, or whose client did not wait.
func (c *cooldown) leave(p place, completed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.queued {
		c.queue--
	}
	if completed {
		c.truth.Completed++
	}
}

// A claudeStatus is what the status endpoint says.
type claudeStatus struct {
	Usage       int     `json:"usage"` // of the present window's quota
	Quota       int     `json:"quota"`
	UsageShare  float64 `json:"usage_percent"`
	QueueLength int     `json:"queue_length"`
	Active      bool    `json:"cooldown_active"`
	Cooldown    float64 `json:"cooldown_s"` // how long it goes on, 0 when it does not
}

func (c *cooldown) status(w http.ResponseWriter, _ *http.Request) error {
	return sendJSON(w, http.StatusOK, c.statusAt(time.Now()))
}

func (c *cooldown) statusAt(now time.Time) claudeStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := claudeStatus{Quota: c.quota, QueueLength: c.queue}
	left := c.opened.Add(c.window).Sub(now)
	if c.used == 0 || left <= 0 {
		return s
	}
	s.Usage = c.used
	if c.opened.After(now) { // somebody waits for the next window, so this one is full
		s.Usage = c.quota
	}
	s.UsageShare = 100 * float64(s.Usage) / float64(s.Quota)
	if !c.pass && (s.Usage >= c.threshold || c.queue > 0) {
		s.Active, s.Cooldown = true, left.Seconds()
	}
	return s
}
