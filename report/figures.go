package report

// Accounting is where every request of the plan went. It always adds up:
// planned = started + dropped, started = ok + failed + censored.
type Accounting struct {
	Planned  int64 `json:"planned"`
	Started  int64 `json:"started"`
	Dropped  int64 `json:"dropped"`
	OK       int64 `json:"ok"`
	Failed   int64 `json:"failed"`
	Censored int64 `json:"censored"`
}

// Closes tells whether the two equations hold.
func (a Accounting) Closes() bool {
	return a.Planned == a.Started+a.Dropped && a.Started == a.OK+a.Failed+a.Censored
}

// and adds what went to the other target of a run, where there is one.
func (a Accounting) and(other *Against) Accounting {
	if other == nil {
		return a
	}
	o := other.Accounting
	return Accounting{
		Planned: a.Planned + o.Planned, Started: a.Started + o.Started, Dropped: a.Dropped + o.Dropped,
		OK: a.OK + o.OK, Failed: a.Failed + o.Failed, Censored: a.Censored + o.Censored,
	}
}

// Bad is how many planned requests were not answered well.
func (a Accounting) Bad() int64 { return a.Planned - a.OK }

// Totals are the figures of the measure phase, of one step or of all.
type Totals struct {
	Accounting  Accounting       `json:"accounting"`
	Requests    int64            `json:"requests"`
	SuccessRate *float64         `json:"success_rate"` // percent, 0 to 100
	Rate        *float64         `json:"rate"`         // a second
	BytesIn     int64            `json:"bytes_in"`
	BytesOut    int64            `json:"bytes_out"`
	Decoded     *int64           `json:"bytes_decoded"` // null: nothing was decoded
	Statuses    map[string]int64 `json:"statuses"`
	Latency     Latency          `json:"latency_ms"`
	Answered    Spread           `json:"answered_ms"`
	Service     Spread           `json:"service_ms"`
	Lag         Spread           `json:"lag_ms"`  // from due to sent
	Late        Spread           `json:"late_ms"` // the generator's own part of it
	Connect     Spread           `json:"connect_ms"`
	TLS         Spread           `json:"tls_ms"`
	FirstByte   Spread           `json:"first_byte_ms"`
	ClientDelay Spread           `json:"client_delay_ms"`
}

// A Step is one step of the scenario and its figures.
type Step struct {
	Name string `json:"name"`
	Totals
}

// A Group is what the flows of the scenario measure as a whole, and its figures. Its
// runs are no requests: they are in no other figure.
type Group struct {
	Name        string     `json:"name"`
	Accounting  Accounting `json:"accounting"`
	Requests    int64      `json:"requests"`     // runs
	SuccessRate *float64   `json:"success_rate"` // percent, 0 to 100
	Rate        *float64   `json:"rate"`         // a second
	Latency     Latency    `json:"latency_ms"`
	Answered    Spread     `json:"answered_ms"`
}

// A Spread says how a duration was distributed. All but Count are null when
// there was nothing to measure.
type Spread struct {
	Count int64    `json:"count"`
	Min   *float64 `json:"min"`
	Mean  *float64 `json:"mean"`
	P50   *float64 `json:"p50"`
	P75   *float64 `json:"p75"`
	P90   *float64 `json:"p90"`
	P95   *float64 `json:"p95"`
	P99   *float64 `json:"p99"`
	P999  *float64 `json:"p99_9"`
	Max   *float64 `json:"max"`
}

// A Latency is the spread of the response times of all planned requests.
//
// A request that failed, was dropped or was still open at the end counts as at
// least the timeout, so that no failure improves a figure. Failed names the
// figures whose rank falls on such a request: they are what it was charged with
// and not a wait that anybody saw.
type Latency struct {
	Spread
	Charged []string `json:"charged"`
}

// A Phase is a part of the run with the requests that were due in it.
type Phase struct {
	Name       string     `json:"name"`
	Start      float64    `json:"start_s"`
	Length     float64    `json:"length_s"`
	Accounting Accounting `json:"accounting"`
	Rate       *float64   `json:"rate"`
	Latency    Latency    `json:"latency_ms"`
}

// A Window is a stretch of the measure phase.
type Window struct {
	T       float64 `json:"t"` // its start, in seconds since the run's
	Length  float64 `json:"length_s"`
	P95     float64 `json:"p95_ms"`
	Charged bool    `json:"charged"` // more than one in twenty requests, so P95 is what they were charged with
}

// A Limit is a latency that the run counted exactly, beside the histograms, so
// that no objective is judged through the edge of a bucket.
type Limit struct {
	Step      *string `json:"step"` // or group; null: of all steps
	Limit     float64 `json:"limit_ms"`
	Inclusive bool    `json:"inclusive"` // exactly Limit is still good
	Over      int64   `json:"over"`
	Planned   int64   `json:"planned"`
}

// An Interval is a short stretch of the run: the requests that were due in it.
type Interval struct {
	T        float64  `json:"t"` // its start, in seconds since the run's
	Length   float64  `json:"length_s"`
	Phase    string   `json:"phase"`
	Planned  int64    `json:"planned"`
	Started  int64    `json:"started"`
	Dropped  int64    `json:"dropped"`
	OK       int64    `json:"ok"`
	Failed   int64    `json:"failed"`
	Censored int64    `json:"censored"`
	Rate     *float64 `json:"rate"`
	P50      *float64 `json:"p50_ms"`
	P95      *float64 `json:"p95_ms"`
	P99      *float64 `json:"p99_ms"`
	Max      *float64 `json:"max_ms"`
	Over     []int64  `json:"over"` // for each of Limits, in order
}

// Histograms are those of the measure phase, in microseconds, as HdrHistogram
// V2 compressed base64; null where there was nothing to record.
type Histograms struct {
	Latency     *string `json:"latency"`
	Answered    *string `json:"answered"`
	Charged     *string `json:"charged"`
	Service     *string `json:"service"`
	Lag         *string `json:"lag"`
	Late        *string `json:"late"`
	Connect     *string `json:"connect"`
	TLS         *string `json:"tls"`
	FirstByte   *string `json:"first_byte"`
	ClientDelay *string `json:"client_delay"`
}
