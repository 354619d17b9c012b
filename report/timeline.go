package report

// A Timeline is the whole run over time in stretches of one length, whatever
// Intervals are: what charts are drawn from. There are at most mostMoments of them.
type Timeline struct {
	Unit  float64  `json:"unit_s"` // the length of a stretch; the first and the last of a phase may be shorter
	Rows  []Moment `json:"rows"`   // in order of time; where nothing was due there is none
	Steps []Course `json:"steps"`  // of Report.Steps, those with the most requests
	Other int      `json:"other"`  // how many steps are not in Steps
}

// mostMoments is the most rows of a Timeline, and mostCourses of its steps.
const (
	mostMoments = 300
	mostCourses = 20
)

// A Moment is a stretch of the run, of one phase: the requests that were due in it.
type Moment struct {
	T      float64  `json:"t"` // its start, in seconds since the run's
	Length float64  `json:"length_s"`
	Phase  string   `json:"phase"`
	Users  *float64 `json:"users"`  // of the closed model, that the plan wanted; null: it has none
	Wanted *float64 `json:"wanted"` // arrivals a second of the open model, that the plan wanted; null: it has none

	Planned int64            `json:"planned"`
	OK      int64            `json:"ok"`
	Bad     map[string]int64 `json:"bad,omitempty"` // by class: planned = ok + all of them

	// Response times of all that was due, failures as charged; in milliseconds.
	P50 *float64 `json:"p50_ms"`
	P95 *float64 `json:"p95_ms"`
	P99 *float64 `json:"p99_ms"`
	Max *float64 `json:"max_ms"`

	Service     *float64 `json:"service_p95_ms"`
	Connect     *float64 `json:"connect_p95_ms"`
	TLS         *float64 `json:"tls_p95_ms"`
	FirstByte   *float64 `json:"first_byte_p95_ms"`
	Lag         *float64 `json:"lag_p99_ms"`
	ClientDelay *float64 `json:"client_delay_p99_ms"`

	Response []byte `json:"response"` // the histogram of the response times, to 1.6 %
}

// A Course is one step over time, row by row of the Timeline.
type Course struct {
	Step    string     `json:"step"`
	Planned []int64    `json:"planned"`
	OK      []int64    `json:"ok"`
	P95     []*float64 `json:"p95_ms"` // null where nothing was due, or it is not known by step
}
