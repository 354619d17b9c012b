package app

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// A limiter lets each client's first requests of a window through and refuses
// the rest. A client's window opens with its first request after the one before.
type limiter struct {
	requests int // 0: no limit
	window   time.Duration

	mu      sync.Mutex
	clients *store[*allowance]
	truth   LimitTruth
}

type allowance struct {
	opened time.Time
	used   int
}

func newLimiter(s Settings) *limiter {
	l := &limiter{requests: s.limit.requests, window: s.limit.window, clients: newStore[*allowance](maxClients)}
	switch {
	case s.has(limitOff):
		l.requests = 0
	case s.has(limitEarly):
		l.requests = max(1, l.requests/2)
	}
	return l
}

func (l *limiter) serve(w http.ResponseWriter, r *http.Request) error {
	if after, refused := l.refuse(clientOf(r), time.Now()); refused {
		return tooMany(w, after, "too many requests in this window")
	}
	return sendJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// refuse tells whether a request is one too many, and how long its client's
// window is still open.
func (l *limiter) refuse(client string, now time.Time) (after time.Duration, refused bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a, known := l.clients.get(client)
	if !known {
		a = &allowance{opened: now}
		l.clients.put(client, a)
	}
	if now.Sub(a.opened) >= l.window {
		*a = allowance{opened: now}
	}
	if l.requests > 0 && a.used >= l.requests {
		l.truth.Refused++
		return l.window - now.Sub(a.opened), true
	}
	a.used++
	l.truth.Allowed++
	return 0, false
}

// clientOf is who asks: what X-Client says, or the address it comes from.
func clientOf(r *http.Request) string {
	if name := r.Header.Get("X-Client"); name != "" && len(name) <= textSize {
		return name
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
