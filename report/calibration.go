package report

import (
	"fmt"

	"gonogo/measure"
	"gonogo/report/show"
)

// A Calibration is what the host could measure on loopback, at the load of the
// run, before it.
type Calibration struct {
	Load     string  `json:"load"`         // in words
	Floor    Spread  `json:"floor_ms"`     // response time of a target that answers at once
	Lateness Spread  `json:"lateness_ms"`  // from due to sent, in the same run
	Ceiling  float64 `json:"ceiling_rate"` // requests a second that the host can make
	Delay    string  `json:"delay"`        // of the target whose truth is known
	Truth    Spread  `json:"truth_ms"`     // what that target really did
	Reported Spread  `json:"reported_ms"`  // what was measured of it
}

// SpreadOf makes a Spread of what was measured.
func SpreadOf(h *measure.Histogram) Spread { return spread(h) }

// Lines says it in words, a line each of no more than 80 columns.
func (c *Calibration) Lines() []string {
	return []string{
		fmt.Sprintf("load      %s", c.Load),
		fmt.Sprintf("floor     p50 %s, p99 %s: what this host adds to a latency", show.Milliseconds(c.Floor.P50), show.Milliseconds(c.Floor.P99)),
		fmt.Sprintf("lateness  p50 %s, p99 %s: how long after their time requests leave", show.Milliseconds(c.Lateness.P50), show.Milliseconds(c.Lateness.P99)),
		fmt.Sprintf("ceiling   %s: what this host can make and answer", show.Rate(&c.Ceiling)),
		fmt.Sprintf("error     p50 %s, p95 %s, p99 %s: off a true %s", deviation(c.Reported.P50, c.Truth.P50),
			deviation(c.Reported.P95, c.Truth.P95), deviation(c.Reported.P99, c.Truth.P99), c.Delay),
	}
}

// deviation says how far the reported figure is from the true one.
func deviation(reported, truth *float64) string {
	if reported == nil || truth == nil || *truth == 0 {
		return "–"
	}
	return fmt.Sprintf("%+.2f%%", 100*(*reported-*truth) / *truth)
}

// calibration prints what the host could measure before the run.
func (p *page) calibration(r *Report) {
	if r.Calibration == nil {
		return
	}
	p.title("CALIBRATION", "on loopback, before the run")
	for _, line := range r.Calibration.Lines() {
		p.hang(own("  "), show.Inert(line, 200), plain)
	}
	p.line("")
}
