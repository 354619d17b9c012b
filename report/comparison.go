package report

import (
	"math"
	"strings"

	"gonogo/decision"
	"gonogo/slo"
	"gonogo/slo/compare"
	"gonogo/slo/validity"
)

// A Comparison is a candidate against a baseline: two runs, several runs of each, or
// the two targets of one run.
type Comparison struct {
	Design     string     `json:"design"` // "concurrent", "interleaved" or "sequential"
	Baseline   Compared   `json:"baseline"`
	Candidate  Compared   `json:"candidate"`
	Margin     float64    `json:"margin_percent"` // how much longer response times may be, and lower the rate
	Points     float64    `json:"margin_points"`  // how much lower success may be
	Confidence float64    `json:"confidence"`     // of each bound by itself
	Confounded string     `json:"confounded"`     // what else may be the cause; "": nothing is known
	Notes      []string   `json:"notes"`          // what differs between the runs
	Blocks     int        `json:"blocks"`         // of time, or pairs of runs
	Slower     *float64   `json:"slower"`         // in what part of all pairs of blocks or runs the candidate had the higher median: A12
	Rows       []Contrast `json:"rows"`
}

// A Compared is one of the two.
type Compared struct {
	Target   string   `json:"target"`
	Runs     []string `json:"runs"` // their names
	Requests int64    `json:"requests"`
}

// A Contrast is one metric of both. Change, Lo and Hi are in percent of the
// baseline, and for success in percentage points.
type Contrast struct {
	Metric          string   `json:"metric"` // such as "p95", "success" or "rate"
	Unit            string   `json:"unit"`   // "ms", "%" or "/s"
	Baseline        *float64 `json:"baseline"`
	Candidate       *float64 `json:"candidate"`
	BaselineFailed  bool     `json:"baseline_failed"` // the percentile falls on a request that failed
	CandidateFailed bool     `json:"candidate_failed"`
	Change          *float64 `json:"change"`
	Lo              *float64 `json:"lo"` // null: no bound on this side
	Hi              *float64 `json:"hi"`
	Margin          float64  `json:"margin"`  // how far Change may be on the bad side
	Verdict         *string  `json:"verdict"` // null: it is not judged
	Rule            string   `json:"rule"`
	Doubt           string   `json:"doubt"` // why its bounds, if any, allow no verdict
}

// NewComparison is a comparison as the report tells it.
func NewComparison(c compare.Comparison, baseline, candidate Compared, notes ...string) *Comparison {
	out := &Comparison{
		Design: string(c.Design), Baseline: baseline, Candidate: candidate,
		Margin: rounded(100 * c.Margins.Share), Points: c.Margins.Points, Confidence: compare.Confidence, Confounded: c.Confounded,
		Notes: orEmpty(notes), Blocks: c.Blocks, Slower: number(c.Slower), Rows: []Contrast{},
	}
	for _, r := range c.Rows {
		out.Rows = append(out.Rows, newContrast(r))
	}
	return out
}

func newContrast(r compare.Row) Contrast {
	scale := 100.0
	if r.Metric.Kind == slo.Success {
		scale = 1
	}
	out := Contrast{
		Metric: r.Metric.String(), Unit: r.Metric.Unit(), Baseline: number(r.Baseline), Candidate: number(r.Candidate),
		BaselineFailed: r.Failed[0], CandidateFailed: r.Failed[1],
		Change: number(scale * r.Change), Lo: number(scale * r.Lo), Hi: number(scale * r.Hi), Margin: rounded(scale * r.Margin),
		Rule: r.Rule, Doubt: r.Doubt,
	}
	if r.Verdict != "" {
		v := string(r.Verdict)
		out.Verdict = &v
	}
	return out
}

// rounded takes back what multiplying did to a decimal.
func rounded(v float64) float64 {
	const digits = 1e9
	return math.Round(v*digits) / digits
}

// Judgements are the rows that were judged, for a decision on them together: all have
// to pass. No correction for their number is needed for that, as each row keeps its own
// promise (Berger, Multiparameter hypothesis testing and acceptance sampling,
// Technometrics 24, 1982). Rows that cannot be judged for one and the same reason are one.
func (c *Comparison) Judgements() []slo.Judgement {
	if c == nil {
		return nil
	}
	var all []slo.Judgement
	same := map[string]int{}
	for _, r := range c.Rows {
		if r.Verdict == nil {
			continue
		}
		if i, known := same[r.Doubt]; known && r.Doubt != "" {
			all[i].Rule = strings.Replace(all[i].Rule, ":", ", "+r.Metric+":", 1)
			continue
		}
		same[r.Doubt] = len(all)
		j := slo.Judgement{Objective: slo.Objective{Name: "comparison"}, Verdict: slo.Inconclusive, Rule: r.Rule, Claim: slo.Inferred, Measured: math.NaN(), Margin: math.NaN()}
		switch v := slo.Verdict(*r.Verdict); v {
		case slo.Pass, slo.Conditional, slo.Fail:
			j.Verdict = v
		}
		all = append(all, j)
	}
	return all
}

// KindComparison is the kind of document that a comparison of reports makes.
const KindComparison = "comparison"

// A ComparisonReport is the comparison of runs whose reports were read.
type ComparisonReport struct {
	SchemaVersion int         `json:"schema_version"`
	Kind          string      `json:"kind"`
	Verdict       string      `json:"verdict"`
	ExitCode      int         `json:"exit_code"`
	Reasons       []string    `json:"reasons"`
	Scenario      string      `json:"scenario"`
	Tool          Tool        `json:"tool"`
	Comparison    *Comparison `json:"comparison"`
}

// NewComparisonReport decides on a comparison.
func NewComparisonReport(c *Comparison, scenario string, tool Tool) *ComparisonReport {
	d := decision.OfRun(c.Judgements(), validity.Validity{Valid: true}, false, "")
	return &ComparisonReport{
		SchemaVersion: SchemaVersion, Kind: KindComparison,
		Verdict: string(d.Verdict), ExitCode: decision.ExitCode(d.Verdict), Reasons: orEmpty(d.Reasons),
		Scenario: scenario, Tool: tool, Comparison: c,
	}
}
