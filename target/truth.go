package target

import (
	"strconv"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Truth is what the server really did since its start or the last reset. A
// request is counted when it ends, so
//
//	Requests = Answered + Resets + Garbage + Hung + MidBody + EndlessHeaders + Lost
//
// and what is still open is in none of them. Requests to /truth are in none of
// them either, but their connections and what was refused as no request are counted.
type Truth struct {
	UptimeS   float64 `json:"uptime_s"`  // since the server's start, from which stalls count
	WindowS   float64 `json:"window_s"`  // since the start or the last reset
	Behaviour string  `json:"behaviour"` // as configured, in words

	Requests       int64            `json:"requests"`
	Answered       int64            `json:"answered"` // with any status, handed to the kernel whole
	Statuses       map[string]int64 `json:"statuses"` // answered, by status
	Resets         int64            `json:"resets"`
	Garbage        int64            `json:"garbage"`
	Hung           int64            `json:"hung"`
	MidBody        int64            `json:"mid_body"`
	EndlessHeaders int64            `json:"endless_headers"`
	Lost           int64            `json:"lost"`    // the client or the server went before the answer was sent
	Refused        int64            `json:"refused"` // not requests: answered 400, 431, 501 or 505 and closed

	Connections     int64 `json:"connections"` // accepted
	OpenConnections int64 `json:"open_connections"`
	BytesIn         int64 `json:"bytes_in"`  // of requests, heads included, TLS not
	BytesOut        int64 `json:"bytes_out"` // of answers, likewise

	// From a request's head read to the last byte of its answer handed to the
	// kernel: of everything answered, and of statuses 200 to 299 alone.
	Latency   Latency `json:"latency_ms"`
	OKLatency Latency `json:"ok_latency_ms"`

	// What OKLatency should be by construction: of the delay and the drip; or
	// of a stall alone, for requests that arrive evenly over time. Absent where
	// there is no closed form, which is a stall together with either, or aging.
	Configured *Quantiles `json:"configured_ms,omitempty"`
}

// Quantiles are in milliseconds.
type Quantiles struct {
	P50  float64 `json:"p50"`
	P75  float64 `json:"p75"`
	P90  float64 `json:"p90"`
	P95  float64 `json:"p95"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p99_9"`
}

// Latency is in milliseconds; quantiles to three digits, the rest exact.
type Latency struct {
	Count int64   `json:"count"`
	Min   float64 `json:"min"`
	Mean  float64 `json:"mean"`
	Quantiles
	Max float64 `json:"max"`
}

// quantiles asks of for each.
func quantiles(of func(q float64) time.Duration) Quantiles {
	return Quantiles{
		P50: ms(of(0.5)), P75: ms(of(0.75)), P90: ms(of(0.9)),
		P95: ms(of(0.95)), P99: ms(of(0.99)), P999: ms(of(0.999)),
	}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Quantiles are what a good answer takes by construction, nil where unknown.
func (b Behaviour) Quantiles() *Quantiles {
	stalls := b.Stall != Stall{}
	if b.Aging != (Aging{}) || stalls && (b.Delay != Delay{} || b.Drip > 0) || b.Drip > 0 && b.Body.Min == 0 {
		return nil
	}
	q := quantiles(func(q float64) time.Duration {
		if stalls {
			return b.Stall.Quantile(q)
		}
		return b.Delay.Quantile(q) + b.Drip
	})
	return &q
}

// A shard holds the counts of some connections. Each request takes the lock
// once, when it ends; a few shards keep it free, and memory bounded.
type shard struct {
	mu                sync.Mutex
	statuses          [600]int64
	fates             [fates]int64
	bytesIn, bytesOut int64
	ok, other         tally

	_ [64]byte // no cache line with the next one
}

// answered counts an answer.
func (s *shard) answered(status int, took time.Duration, in, out int64) {
	s.mu.Lock()
	s.statuses[status]++
	s.bytesIn += in
	s.bytesOut += out
	if status < 300 {
		s.ok.add(took)
	} else {
		s.other.add(took)
	}
	s.mu.Unlock()
}

// end counts another fate.
func (s *shard) end(f fate, in, out int64) {
	s.mu.Lock()
	s.fates[f]++
	s.bytesIn += in
	s.bytesOut += out
	s.mu.Unlock()
}

// sent counts bytes of a request that was counted already.
func (s *shard) sent(out int64) {
	s.mu.Lock()
	s.bytesOut += out
	s.mu.Unlock()
}

// clear starts anew.
func (s *shard) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.statuses, s.fates = [600]int64{}, [fates]int64{}
	s.bytesIn, s.bytesOut = 0, 0
	s.ok, s.other = tally{}, tally{}
}

// addTo merges the shard into total, which is the caller's own.
func (s *shard) addTo(total *shard) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, n := range s.statuses {
		total.statuses[i] += n
	}
	for i, n := range s.fates {
		total.fates[i] += n
	}
	total.bytesIn += s.bytesIn
	total.bytesOut += s.bytesOut
	total.ok.merge(&s.ok)
	total.other.merge(&s.other)
}

// A tally is a histogram with what it cannot tell exactly.
type tally struct {
	hist     *hdrhistogram.Histogram // nanoseconds; made by the first value
	sum      float64
	min, max time.Duration
}

func (t *tally) add(d time.Duration) {
	if t.hist == nil {
		t.hist, t.min = hdrhistogram.New(1, int64(2*MaxDelay), 3), d
	}
	t.min, t.max = min(t.min, d), max(t.max, d)
	t.sum += float64(d)
	_ = t.hist.RecordValue(int64(min(d, 2*MaxDelay))) // in range, so it cannot fail
}

func (t *tally) merge(from *tally) {
	switch {
	case from.hist == nil:
		return
	case t.hist == nil:
		*t = tally{hist: hdrhistogram.New(1, int64(2*MaxDelay), 3), min: from.min}
	}
	t.hist.Merge(from.hist)
	t.min, t.max = min(t.min, from.min), max(t.max, from.max)
	t.sum += from.sum
}

// latency is all zero without a value.
func (t *tally) latency() Latency {
	if t.hist == nil {
		return Latency{}
	}
	n := t.hist.TotalCount()
	return Latency{
		Count: n,
		Min:   ms(t.min),
		Mean:  t.sum / float64(n) / float64(time.Millisecond),
		Quantiles: quantiles(func(q float64) time.Duration {
			return min(time.Duration(t.hist.ValueAtPercentile(q*100)), t.max)
		}),
		Max: ms(t.max),
	}
}

// Truth tells what was done so far. What a client has received is in it.
func (s *Server) Truth() Truth {
	s.settle()
	var total shard
	for _, one := range s.shards {
		one.addTo(&total)
	}
	uptime := time.Since(s.start)
	t := Truth{
		UptimeS:   uptime.Seconds(),
		WindowS:   (uptime - time.Duration(s.since.Load())).Seconds(),
		Behaviour: s.behaviour.String(),

		Statuses:        map[string]int64{},
		Resets:          total.fates[fateReset],
		Garbage:         total.fates[fateGarbage],
		Hung:            total.fates[fateHang],
		MidBody:         total.fates[fateMidBody],
		EndlessHeaders:  total.fates[fateEndlessHeader],
		Lost:            total.fates[fateLost],
		Refused:         total.fates[fateRefused],
		Connections:     s.accepted.Load(),
		OpenConnections: int64(len(s.open.list())),
		BytesIn:         total.bytesIn,
		BytesOut:        total.bytesOut,
		OKLatency:       total.ok.latency(),
		Configured:      s.behaviour.Quantiles(),
	}
	for status, n := range total.statuses {
		if n > 0 {
			t.Statuses[strconv.Itoa(status)] = n
			t.Answered += n
		}
	}
	t.Requests = t.Answered + t.Resets + t.Garbage + t.Hung + t.MidBody + t.EndlessHeaders + t.Lost
	total.ok.merge(&total.other)
	t.Latency = total.ok.latency()
	return t
}

// Reset clears the counts, so that what follows can be measured alone. A
// request that is open now is counted when it ends. Stalls go on as they were,
// and so does a rate limit's window.
func (s *Server) Reset() {
	s.settle()
	for _, one := range s.shards {
		one.clear()
	}
	s.accepted.Store(0)
	s.since.Store(int64(time.Since(s.start)))
}
