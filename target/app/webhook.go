package app

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A receiver takes deliveries and remembers them by id. It does not drop one
// that comes twice: whether the sender delivered exactly once is what it shows.
type receiver struct {
	secret   string
	header   string
	failing  float64 // share of the ids whose first attempts fail
	attempts int     // how many of them
	timeout  bool    // they fail by silence, not by 503
	hang     time.Duration
	process  time.Duration
	never    bool // fault: nothing is ever processed

	share even
	mu    sync.Mutex
	ids   *store[*delivery]
	truth WebhookTruth
}

// A delivery is one id.
type delivery struct {
	failing    int // how many more attempts fail
	attempts   int
	deliveries int
	first      time.Time // when it was first delivered
}

func newReceiver(s Settings) *receiver {
	return &receiver{
		secret: s.webhook.secret, header: s.webhook.header, failing: s.webhook.failing, attempts: s.webhook.attempts,
		timeout: s.webhook.mode == "timeout", hang: s.webhook.hang, process: s.webhook.process,
		never: s.has(webhookNever), ids: newStore[*delivery](maxKept),
	}
}

func (v *receiver) receive(w http.ResponseWriter, r *http.Request) error {
	text, err := readBody(r)
	if err != nil {
		return err
	}
	if v.secret != "" && !signed(v.secret, r.Header.Get(v.header), text) {
		v.mu.Lock()
		v.truth.BadSignatures++
		v.mu.Unlock()
		return refusal{http.StatusUnauthorized, v.header + ": want sha256= and the HMAC of the body"}
	}
	id := r.PathValue("id")
	if id == "" {
		if id, err = idIn(text); err != nil {
			return err
		}
	}
	if err := short("id", id); err != nil {
		return err
	}
	if !v.attempt(id, time.Now()) {
		if v.timeout {
			_ = sleep(r.Context(), v.hang)
			return errGone
		}
		return refusal{http.StatusServiceUnavailable, "try again"}
	}
	return sendJSON(w, http.StatusOK, map[string]string{"id": id, "status": "received"})
}

// idIn finds the id of a JSON body, a text or a number.
func idIn(text []byte) (string, error) {
	var body struct{ ID any }
	if err := json.Unmarshal(text, &body); err != nil {
		return "", refusal{http.StatusBadRequest, "body: want JSON with an id: " + err.Error()}
	}
	switch id := body.ID.(type) {
	case string:
		return id, nil
	case float64:
		digits, _ := json.Marshal(id)
		return string(digits), nil
	}
	return "", refusal{http.StatusBadRequest, "body: want JSON with an id, a text or a number"}
}

// attempt counts one and tells whether it succeeds.
func (v *receiver) attempt(id string, now time.Time) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	d, known := v.ids.get(id)
	if !known {
		d = &delivery{}
		if v.share.strikes(v.failing) {
			d.failing = v.attempts
		}
		v.ids.put(id, d)
		v.truth.IDs++
	}
	d.attempts++
	v.truth.Attempts++
	if d.failing > 0 {
		d.failing--
		v.truth.FailedFirst++
		return false
	}
	d.deliveries++
	switch d.deliveries {
	case 1:
		d.first = now
		v.truth.Once++
	case 2:
		v.truth.Once--
		v.truth.Duplicated++
	}
	return true
}

// signed tells whether signature is the HMAC of text, in hexadecimal, with or
// without sha256= before it.
func signed(secret, signature string, text []byte) bool {
	got, err := hex.DecodeString(strings.TrimPrefix(signature, "sha256="))
	return err == nil && hmac.Equal(got, sum(secret, text))
}

func sum(secret string, text []byte) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write(text)
	return h.Sum(nil)
}

// A deliveryStatus is what is known of one id.
type deliveryStatus struct {
	ID         string `json:"id"`
	Attempts   int    `json:"attempts"`
	Deliveries int    `json:"deliveries"` // exactly once is 1
	State      string `json:"state"`      // failing, received, processed
	Response   string `json:"response,omitempty"`
}

func (v *receiver) show(w http.ResponseWriter, r *http.Request) error {
	s, known := v.lookUp(r.PathValue("id"), time.Now())
	if !known {
		return refusal{http.StatusNotFound, "id: never delivered"}
	}
	return sendJSON(w, http.StatusOK, s)
}

func (v *receiver) lookUp(id string, now time.Time) (deliveryStatus, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	d, known := v.ids.get(id)
	if !known {
		return deliveryStatus{}, false
	}
	s := deliveryStatus{ID: id, Attempts: d.attempts, Deliveries: d.deliveries, State: "failing"}
	switch {
	case d.deliveries == 0:
	case v.never || now.Sub(d.first) < v.process:
		s.State = "received"
	default:
		s.State, s.Response = "processed", "processed "+id
	}
	return s, true
}

func (v *receiver) stats(w http.ResponseWriter, _ *http.Request) error {
	return sendJSON(w, http.StatusOK, v.told())
}

func (v *receiver) told() WebhookTruth {
	v.mu.Lock()
	defer v.mu.Unlock()
	t := v.truth
	t.Undelivered = t.IDs - t.Once - t.Duplicated
	t.Forgotten = v.ids.evicted
	return t
}

// forget starts anew.
func (v *receiver) forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ids, v.truth = newStore[*delivery](maxKept), WebhookTruth{}
}
