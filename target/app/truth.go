package app

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Truth is what the server really did since its start or the last reset. An
// answer is counted when it begins. Requests to /truth are not counted.
//
//	Requests = Answered + Lost
type Truth struct {
	UptimeS  float64           `json:"uptime_s"`
	WindowS  float64           `json:"window_s"` // since the start or the last reset
	Settings map[string]string `json:"settings"` // in effect
	Faults   []string          `json:"faults"`

	Requests int64            `json:"requests"`
	Answered int64            `json:"answered"`
	Statuses map[string]int64 `json:"statuses"` // answered, by status
	Lost     int64            `json:"lost"`     // ended without an answer

	Limit    LimitTruth   `json:"limit"`
	Claude   ClaudeTruth  `json:"claude"`
	Pool     PoolTruth    `json:"pool"`
	Webhooks WebhookTruth `json:"webhooks"`
	Zap      ZapTruth     `json:"zap"`
	Assets   AssetTruth   `json:"assets"`
	Pages    PageTruth    `json:"pages"`
	Flow     FlowTruth    `json:"flow"`
	Streams  StreamTruth  `json:"streams"`
}

// LimitTruth is what the rate limit did.
type LimitTruth struct {
	Allowed int64 `json:"allowed"`
	Refused int64 `json:"refused"` // with 429
}

// ClaudeTruth is what the cooldown did. What was accepted and is not completed
// waits still, or its client has left.
type ClaudeTruth struct {
	Accepted   int64   `json:"accepted"`
	Completed  int64   `json:"completed"`
	Queued     int64   `json:"queued"`
	Refused    int64   `json:"refused"`    // with 503: the wait would have been too long
	Passed429  int64   `json:"passed_429"` // only with the fault
	MaxQueue   int     `json:"max_queue_length"`
	MaxDelayMS float64 `json:"max_queue_delay_ms"`
}

// PoolTruth is what the pool did.
type PoolTruth struct {
	Requests  int64 `json:"requests"`
	Calls     int64 `json:"calls"` // of accounts, which may fail
	Injected  int64 `json:"injected_failures"`
	Failovers int64 `json:"failovers"` // requests that another account served than the first tried
	Switches  int64 `json:"switches"`  // of the active account
	Opened    int64 `json:"breaker_opened"`
	Failed    int64 `json:"failed"` // with 503
}

// WebhookTruth is what the receiver got; GET /webhooks/stats says the same.
type WebhookTruth struct {
	IDs           int64 `json:"ids"`
	Attempts      int64 `json:"attempts"`
	FailedFirst   int64 `json:"failed_first"` // attempts that were made to fail
	Once          int64 `json:"delivered_once"`
	Duplicated    int64 `json:"duplicated"` // ids delivered more than once
	Undelivered   int64 `json:"undelivered"`
	BadSignatures int64 `json:"bad_signatures"`
	Forgotten     int64 `json:"forgotten"` // ids, of the oldest, to bound the memory
}

// ZapTruth is what the sender did.
type ZapTruth struct {
	Orders    int64 `json:"orders"`
	Repeated  int64 `json:"repeated"` // orders whose id was known
	Refused   int64 `json:"refused"`
	Attempts  int64 `json:"attempts"`
	Delivered int64 `json:"delivered"`
	Lost      int64 `json:"lost"`
}

// AssetTruth is how the assets were answered.
type AssetTruth struct {
	Plain       int64 `json:"plain"`
	Compressed  int64 `json:"compressed"`
	NotModified int64 `json:"not_modified"`
}

// PageTruth is how the pages were answered.
type PageTruth struct {
	Shown     int64 `json:"shown"`
	Failed    int64 `json:"failed"` // only with the fault
	Contacts  int64 `json:"contacts"`
	BadTokens int64 `json:"bad_tokens"`
}

// FlowTruth is how far the users came.
type FlowTruth struct {
	Signups      int64 `json:"signups"`
	Logins       int64 `json:"logins"`
	Links        int64 `json:"links"`
	Requests     int64 `json:"requests"`
	Done         int64 `json:"done"`
	Unauthorized int64 `json:"unauthorized"`
	Failed       int64 `json:"failed"` // only with the fault
}

// StreamTruth is what the streams sent.
type StreamTruth struct {
	Sockets      int64 `json:"sockets"`
	Messages     int64 `json:"messages"`
	Echoes       int64 `json:"echoes"`
	EventStreams int64 `json:"event_streams"`
	Events       int64 `json:"events"`
}

// Truth tells what was done so far. What a client has received is in it.
func (v *Server) Truth() Truth {
	up := time.Since(v.start)
	t := Truth{
		UptimeS: up.Seconds(), WindowS: (up - time.Duration(v.since.Load())).Seconds(),
		Settings: v.settings.told(), Faults: v.settings.faultNames(), Statuses: map[string]int64{},
		Webhooks: v.webhooks.told(),
	}
	v.answers.mu.Lock()
	for status, n := range v.answers.statuses {
		t.Statuses[strconv.Itoa(status)] = n
		t.Answered += n
	}
	t.Lost = v.answers.lost
	v.answers.mu.Unlock()
	t.Requests = t.Answered + t.Lost
	t.Limit = copied(&v.limit.mu, &v.limit.truth)
	t.Claude = copied(&v.claude.mu, &v.claude.truth)
	t.Pool = copied(&v.pool.mu, &v.pool.truth)
	t.Zap = copied(&v.zap.mu, &v.zap.truth)
	t.Assets = copied(&v.assets.mu, &v.assets.truth)
	t.Pages = copied(&v.pages.mu, &v.pages.truth)
	t.Flow = copied(&v.flow.mu, &v.flow.truth)
	t.Streams = copied(&v.streams.mu, &v.streams.truth)
	return t
}

func copied[T any](mu *sync.Mutex, of *T) T {
	mu.Lock()
	defer mu.Unlock()
	return *of
}

func zeroed[T any](mu *sync.Mutex, what *T) {
	var none T
	mu.Lock()
	defer mu.Unlock()
	*what = none
}

// Reset clears the counts, so that what follows can be measured alone. What the
// applications know stays, such as windows, quotas, breakers and users; but the
// ids of webhooks are forgotten, since their counts are about ids.
func (v *Server) Reset() {
	v.answers.mu.Lock()
	v.answers.statuses, v.answers.lost = nil, 0
	v.answers.mu.Unlock()
	zeroed(&v.limit.mu, &v.limit.truth)
	zeroed(&v.claude.mu, &v.claude.truth)
	zeroed(&v.pool.mu, &v.pool.truth)
	v.webhooks.forget()
	v.zap.forget()
	zeroed(&v.assets.mu, &v.assets.truth)
	zeroed(&v.pages.mu, &v.pages.truth)
	zeroed(&v.flow.mu, &v.flow.truth)
	zeroed(&v.streams.mu, &v.streams.truth)
	v.since.Store(int64(time.Since(v.start)))
}

func (v *Server) truth(w http.ResponseWriter, _ *http.Request) {
	_ = sendJSON(w, http.StatusOK, v.Truth())
}

func (v *Server) reset(w http.ResponseWriter, _ *http.Request) {
	v.Reset()
	w.WriteHeader(http.StatusNoContent)
}
