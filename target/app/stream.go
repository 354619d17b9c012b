package app

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"
)

const (
	maxEvents  = 100_000
	maxGap     = time.Minute
	maxMessage = 1 << 20 // of a WebSocket
)

// streams are answers that go on: WebSockets that echo, and server-sent events.
type streams struct {
	cut    bool // fault: events end half-way
	silent bool // fault: a WebSocket swallows every second message

	mu    sync.Mutex
	truth StreamTruth
}

func newStreams(s Settings) *streams {
	return &streams{cut: s.has(eventsCut), silent: s.has(socketSilent)}
}

// socket sends back each message as it came. From another origin, too: there is
// nothing here to protect.
func (s *streams) socket(w http.ResponseWriter, r *http.Request) error {
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return nil // Accept has answered
	}
	defer func() { _ = ws.CloseNow() }()
	ws.SetReadLimit(maxMessage)
	s.count(&s.truth.Sockets)
	for i := 1; ; i++ {
		kind, message, err := ws.Read(r.Context())
		if err != nil {
			return nil // the usual end
		}
		s.count(&s.truth.Messages)
		if s.silent && i%2 == 0 {
			continue
		}
		s.count(&s.truth.Echoes)
		if ws.Write(r.Context(), kind, message) != nil {
			return nil
		}
	}
}

// events sends n of them, gap apart, the first at once.
func (s *streams) events(w http.ResponseWriter, r *http.Request) error {
	n, gap, err := eventsAsked(r)
	if err != nil {
		return err
	}
	if s.cut {
		n /= 2
	}
	s.count(&s.truth.EventStreams)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	out := http.NewResponseController(w)
	for i := 1; i <= n; i++ {
		if i > 1 && sleep(r.Context(), gap) != nil {
			return errGone
		}
		s.count(&s.truth.Events)
		if _, err := fmt.Fprintf(w, "id: %d\nevent: tick\ndata: {\"n\":%d}\n\n", i, i); err != nil || out.Flush() != nil {
			return errGone
		}
	}
	if s.cut {
		return errGone
	}
	return nil
}

func eventsAsked(r *http.Request) (n int, gap time.Duration, err error) {
	n, gap = 10, 100*time.Millisecond
	query := r.URL.Query()
	if text := query.Get("n"); text != "" {
		if n, err = strconv.Atoi(text); err != nil || n < 1 || n > maxEvents {
			return 0, 0, refusal{http.StatusBadRequest, "n: want 1 to 100000"}
		}
	}
	if text := query.Get("gap"); text != "" {
		if gap, err = time.ParseDuration(text); err != nil || gap < 0 || gap > maxGap {
			return 0, 0, refusal{http.StatusBadRequest, "gap: want 0s to 1m, such as 100ms"}
		}
	}
	return n, gap, nil
}

func (s *streams) count(n *int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*n++
}
