package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	bodySize = 64 << 10 // the longest body that is read
	textSize = 256      // the longest text that is kept, such as an id
)

// A handler answers, or returns a refusal or errGone.
type handler func(http.ResponseWriter, *http.Request) error

// A refusal is answered with its status and its text as JSON.
type refusal struct {
	status int
	why    string
}

func (r refusal) Error() string { return r.why }

// errGone ends the connection without an answer: the client has left, the server
// stops, or a fault wants it so.
var errGone = errors.New("gone")

// answers counts what was answered, beside what each application counts.
type answers struct {
	mu       sync.Mutex
	statuses map[int]int64
	lost     int64
}

func (a *answers) count(status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.statuses == nil {
		a.statuses = map[int]int64{}
	}
	a.statuses[status]++
}

func (a *answers) lose() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lost++
}

func (v *Server) handle(pattern string, h handler) { v.mux.HandleFunc(pattern, v.counted(h)) }

// counted is h with what every path has in common: it is counted, it ages, and
// it is waited for when the server stops.
func (v *Server) counted(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, open := v.tasks.begin(); !open {
			panic(http.ErrAbortHandler)
		}
		defer v.tasks.wait.Done()
		c := &counter{ResponseWriter: w, answers: &v.answers}
		err := v.age(r.Context())
		if err == nil {
			r.Body = http.MaxBytesReader(c, r.Body, bodySize)
			err = h(c, r)
		}
		var no refusal
		switch {
		case err == nil:
		case errors.As(err, &no):
			_ = sendJSON(c, no.status, map[string]string{"error": no.why})
		default:
			if !c.begun {
				v.answers.lose()
			}
			panic(http.ErrAbortHandler) // net/http closes the connection for it, and says nothing
		}
	}
}

// age does what the time since the start does to every application.
func (v *Server) age(ctx context.Context) error {
	a := v.settings.aging
	elapsed := time.Since(v.start)
	if err := sleep(ctx, a.Extra(elapsed)); err != nil {
		return err
	}
	if a.Growth.Share > 0 && v.aged.strikes(a.ErrorShare(elapsed)) {
		return refusal{http.StatusServiceUnavailable, "aged"}
	}
	return nil
}

// A counter counts an answer when it begins, so that whoever has seen one finds
// it in the truth.
type counter struct {
	http.ResponseWriter
	answers *answers
	begun   bool
}

// WriteHeader implements http.ResponseWriter.
func (c *counter) WriteHeader(status int) {
	if !c.begun {
		c.begun = true
		c.answers.count(status)
	}
	c.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (c *counter) Write(b []byte) (int, error) {
	if !c.begun {
		c.WriteHeader(http.StatusOK)
	}
	return c.ResponseWriter.Write(b)
}

// Unwrap is how net/http and a WebSocket find what they need below.
func (c *counter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// sleep waits, unless the client leaves or the server stops before.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return errGone
	}
}

// sendJSON answers with a value. A client that does not take it is its own loss.
func sendJSON(w http.ResponseWriter, status int, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return refusal{http.StatusInternalServerError, "render JSON: " + err.Error()}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)+1))
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n'))
	return nil
}

// readBody reads a body whole, up to the limit.
func readBody(r *http.Request) ([]byte, error) {
	text, err := io.ReadAll(r.Body)
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return nil, refusal{http.StatusRequestEntityTooLarge, "body: longer than 64 KiB"}
	case err != nil:
		return nil, errGone
	}
	return text, nil
}

// readJSON reads a body that is one JSON value.
func readJSON(r *http.Request, into any) error {
	text, err := readBody(r)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return refusal{http.StatusBadRequest, "body: want JSON: " + err.Error()}
	}
	return nil
}

// short refuses a text that is missing or too long to keep.
func short(name, text string) error {
	if text == "" || len(text) > textSize {
		return refusal{http.StatusBadRequest, name + ": want 1 to 256 bytes"}
	}
	return nil
}

// tooMany sends 429 with the time to wait, in whole seconds and at least one.
func tooMany(w http.ResponseWriter, after time.Duration, why string) error {
	retryAfter(w, after)
	return refusal{http.StatusTooManyRequests, why}
}

func retryAfter(w http.ResponseWriter, after time.Duration) {
	seconds := max(1, (after+time.Second-1)/time.Second)
	w.Header().Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
}
