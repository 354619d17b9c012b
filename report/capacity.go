package report

import (
	"fmt"
	"strconv"

	"gonogo/decision"
	"gonogo/report/show"
)

// KindCapacity is the kind of report that a search for the capacity makes. All
// but its capacity is of the run at the highest level that met the objectives.
const KindCapacity = "capacity"

// A Capacity is the highest load that met the objectives, and how it was found.
type Capacity struct {
	Unit    string  `json:"unit"`    // "/s" or "users"
	Highest float64 `json:"highest"` // 0: none did
	Missed  float64 `json:"missed"`  // the lowest level that missed one; 0: none did
	Sure    bool    `json:"sure"`    // Highest was met twice, or is the highest that was to be tried
	Why     string  `json:"why"`     // how the search ended
	Trials  []Trial `json:"trials"`  // in the order in which they were made
}

// A Trial is one level that was tried: a point of the capacity curve.
type Trial struct {
	Level       float64  `json:"level"`
	Verdict     string   `json:"verdict"`
	Valid       bool     `json:"valid"`
	Requests    int64    `json:"requests"`
	Rate        *float64 `json:"rate"`
	SuccessRate *float64 `json:"success_rate"`
	P50         *float64 `json:"p50_ms"`
	P95         *float64 `json:"p95_ms"`
	P99         *float64 `json:"p99_ms"`
	Reasons     []string `json:"reasons"`
}

// NewTrial is the trial that the report is of.
func NewTrial(level float64, r *Report) Trial {
	return Trial{
		Level: level, Verdict: r.Verdict, Valid: r.Validity.Valid,
		Requests: r.Totals.Requests, Rate: r.Totals.Rate, SuccessRate: r.Totals.SuccessRate,
		P50: r.Totals.Latency.P50, P95: r.Totals.Latency.P95, P99: r.Totals.Latency.P99,
		Reasons: orEmpty(r.Reasons),
	}
}

// String is the trial on one line.
func (t Trial) String() string {
	return fmt.Sprintf("%s   %s   ok %s   p95 %s   p99 %s",
		t.Verdict, show.Rate(t.Rate), okShare(t.SuccessRate), show.Milliseconds(t.P95), show.Milliseconds(t.P99))
}

// OfCapacity makes the report of one run that of the search which it belongs to.
func OfCapacity(of *Report, found Capacity) *Report {
	r := *of
	r.Kind, r.Capacity = KindCapacity, &found
	verdict := decision.Go
	switch {
	case found.Highest == 0 && found.Missed > 0:
		verdict = decision.NoGo
	case !found.Sure:
		verdict = decision.Inconclusive
	}
	r.Verdict, r.ExitCode = string(verdict), decision.ExitCode(verdict)
	r.Reasons = []string{found.words()}
	if !found.Sure {
		r.Reasons = append(r.Reasons, of.Reasons...)
	}
	return &r
}

// words says what was found.
func (c *Capacity) words() string {
	switch {
	case c.Highest == 0:
		return fmt.Sprintf("no level met the objectives: %s", c.Why)
	case c.Missed == 0:
		return fmt.Sprintf("capacity is at least %s: %s", c.level(c.Highest), c.Why)
	default:
		return fmt.Sprintf("capacity is between %s and %s: %s", c.level(c.Highest), c.level(c.Missed), c.Why)
	}
}

func (c *Capacity) level(l float64) string {
	text := strconv.FormatFloat(l, 'f', -1, 64)
	if c.Unit == "users" {
		return text + " users"
	}
	return text + c.Unit
}

// capacity prints the search, level by level as they were tried.
func (p *page) capacity(r *Report) {
	if r.Capacity == nil {
		return
	}
	beside := "none"
	if r.Capacity.Highest > 0 {
		beside = r.Capacity.level(r.Capacity.Highest)
	}
	p.title("CAPACITY", beside)
	t := &table{
		right:  []bool{false, true, true, true, true, true, false},
		least:  []int{0, 0, 0, 0, 0, 0, 0},
		expend: []int{3, 5},
	}
	t.add(heads("level", "rate", "ok", "p50", "p95", "p99", "verdict")...)
	for _, trial := range r.Capacity.Trials {
		t.add(own(r.Capacity.level(trial.Level)), own(show.Rate(trial.Rate)), own(okShare(trial.SuccessRate)),
			own(show.Milliseconds(trial.P50)), own(show.Milliseconds(trial.P95)), own(show.Milliseconds(trial.P99)), own(trial.Verdict))
	}
	t.print(p)
}
