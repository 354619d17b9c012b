package formats

import (
	"encoding/json"
	"io"

	"gonogo/report"
)

// GitLabLoad prints the JSON that GitLab's load performance widget compares between two
// branches: the shape of a k6 summary, of which the widget reads four figures.
//
// They are metrics.checks.passes and .fails, which here are the planned requests that
// were answered well and those that were not; metrics.http_req_waiting["p(90)"] and
// ["p(95)"], from sent to the first byte, in milliseconds; and metrics.http_reqs.rate,
// requests answered well a second. The other keys are those that k6 writes beside them.
// A metric that there is no figure for is left out: the widget would show no number.
func GitLabLoad(w io.Writer, r *report.Report, _ Where) error {
	var d gitlabLoad
	t := &r.Totals
	if a := t.Accounting; a.Planned > 0 {
		d.Metrics.Checks = &gitlabChecks{Passes: a.OK, Fails: a.Bad(), Value: float64(a.OK) / float64(a.Planned)}
	}
	if f := t.FirstByte; f.P90 != nil && f.P95 != nil {
		d.Metrics.Waiting = &gitlabWaiting{Average: f.Mean, Max: f.Max, Median: f.P50, Min: f.Min, P90: f.P90, P95: f.P95}
	}
	if t.Rate != nil {
		d.Metrics.Requests = &gitlabRequests{Count: t.Requests, Rate: *t.Rate}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(d)
}

type gitlabLoad struct {
	Metrics struct {
		Checks   *gitlabChecks   `json:"checks,omitempty"`
		Waiting  *gitlabWaiting  `json:"http_req_waiting,omitempty"`
		Requests *gitlabRequests `json:"http_reqs,omitempty"`
	} `json:"metrics"`
}

type gitlabChecks struct {
	Passes int64   `json:"passes"`
	Fails  int64   `json:"fails"`
	Value  float64 `json:"value"`
}

type gitlabWaiting struct {
	Average *float64 `json:"avg"`
	Max     *float64 `json:"max"`
	Median  *float64 `json:"med"`
	Min     *float64 `json:"min"`
	P90     *float64 `json:"p(90)"`
	P95     *float64 `json:"p(95)"`
}

type gitlabRequests struct {
	Count int64   `json:"count"`
	Rate  float64 `json:"rate"`
}
