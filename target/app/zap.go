package app

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// maxSending bounds the deliveries that go on at a time.
const maxSending = 1000

// A sender delivers webhooks: it tries again, after pauses that double, when an
// attempt times out, finds no answer, or is answered 429 or 5xx.
type sender struct {
	client    *http.Client
	tasks     *tasks
	attempts  int
	backoff   time.Duration
	secret    string
	header    string
	duplicate bool // fault: what was delivered is sent again

	mu      sync.Mutex
	sent    *store[*sending]
	sending int
	truth   ZapTruth
}

// A sending is one id; it does not change once its state is final.
type sending struct {
	ID       string  `json:"id"`
	State    string  `json:"state"` // pending, delivered, lost
	Attempts int     `json:"attempts"`
	TookMS   float64 `json:"took_ms"` // until it was final
}

func newSender(s Settings, t *tasks) *sender {
	z := &sender{
		client: &http.Client{
			Transport:     &http.Transport{MaxIdleConnsPerHost: maxSending, IdleConnTimeout: idleTime},
			Timeout:       s.zap.timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		tasks: t, attempts: s.zap.attempts, backoff: s.zap.backoff, duplicate: s.has(zapDuplicate),
		secret: s.webhook.secret, header: s.webhook.header, sent: newStore[*sending](maxKept),
	}
	if s.has(zapNoRetry) {
		z.attempts = 1
	}
	return z
}

// send takes an order and answers before it is carried out. An id that is known
// is not sent again.
func (z *sender) send(w http.ResponseWriter, r *http.Request) error {
	var order struct {
		ID  string          `json:"id"`
		URL string          `json:"url"`
		Raw json.RawMessage `json:"data"`
	}
	if err := readJSON(r, &order); err != nil {
		return err
	}
	if err := short("id", order.ID); err != nil {
		return err
	}
	to, err := destination(order.URL, r)
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{"id": order.ID, "data": order.Raw})
	if err != nil {
		return refusal{http.StatusBadRequest, "data: " + err.Error()}
	}
	if err := z.begin(order.ID, to, body); err != nil {
		return err
	}
	return sendJSON(w, http.StatusAccepted, map[string]string{"id": order.ID})
}

// destination is the receiver of this server, or another one on this machine:
// a server that sends anywhere on request would be a tool for others.
func destination(text string, r *http.Request) (string, error) {
	if text == "" {
		local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
		if local == nil {
			return "http://" + r.Host + "/webhooks", nil
		}
		return "http://" + local.String() + "/webhooks", nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return "", refusal{http.StatusBadRequest, "url: want http:// or https://"}
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && !ip.IsLoopback() {
		return "", refusal{http.StatusForbidden, "url: want one of this machine, such as http://127.0.0.1:9000/hook"}
	}
	return u.String(), nil
}

func (z *sender) begin(id, to string, body []byte) error {
	z.mu.Lock()
	defer z.mu.Unlock()
	if _, known := z.sent.get(id); known {
		z.truth.Repeated++
		return nil
	}
	if z.sending >= maxSending {
		z.truth.Refused++
		return refusal{http.StatusServiceUnavailable, "deliveries: 1000 go on already"}
	}
	ctx, open := z.tasks.begin()
	if !open {
		return errGone
	}
	s := &sending{ID: id, State: "pending"}
	z.sent.put(id, s)
	z.sending++
	z.truth.Orders++
	go func() {
		defer z.tasks.wait.Done()
		z.deliver(ctx, s, to, body)
	}()
	return nil
}

func (z *sender) deliver(ctx context.Context, s *sending, to string, body []byte) {
	began, state := time.Now(), "lost"
	for i := range z.attempts {
		if i > 0 && sleep(ctx, min(z.backoff<<min(i-1, 20), time.Minute)) != nil {
			break
		}
		done, again := z.try(ctx, s, to, body)
		if done {
			state = "delivered"
		}
		if !again {
			break
		}
	}
	if state == "delivered" && z.duplicate {
		z.try(ctx, s, to, body)
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	s.State, s.TookMS = state, ms(time.Since(began))
	z.sending--
	if state == "delivered" {
		z.truth.Delivered++
	} else {
		z.truth.Lost++
	}
}

// try makes one attempt: whether it was delivered, and else whether to try again.
func (z *sender) try(ctx context.Context, s *sending, to string, body []byte) (done, again bool) {
	z.mu.Lock()
	s.Attempts++
	z.truth.Attempts++
	z.mu.Unlock()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return false, false
	}
	r.Header.Set("Content-Type", "application/json")
	if z.secret != "" {
		r.Header.Set(z.header, "sha256="+hex.EncodeToString(sum(z.secret, body)))
	}
	answer, err := z.client.Do(r)
	if err != nil {
		return false, true
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, bodySize)
	switch {
	case answer.StatusCode < 300:
		return true, false
	case answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode >= 500:
		return false, true
	}
	return false, false
}

func (z *sender) show(w http.ResponseWriter, r *http.Request) error {
	z.mu.Lock()
	s, known := z.sent.get(r.PathValue("id"))
	var copied sending
	if known {
		copied = *s
	}
	z.mu.Unlock()
	if !known {
		return refusal{http.StatusNotFound, "id: never ordered"}
	}
	return sendJSON(w, http.StatusOK, copied)
}

// forget starts anew; what is being sent is counted when it ends.
func (z *sender) forget() {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.sent, z.truth = newStore[*sending](maxKept), ZapTruth{}
}
