package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"gonogo/slo"
)

// text is the plan for people.
func (p *planning) text() string {
	var page strings.Builder
	c := p.compiled
	fmt.Fprintf(&page, "PLAN of %s: nothing is sent\n", c.Plan.Name)
	rows(&page, "LOAD", loadInWords(&c.Plan)+protocolInWords(c.Protocol))
	p.assumptions(&page)
	lines := []string{"\tneeds\tallowed\tlikely\tin " + short(c.Plan.Measure)}
	if p.options.pilot != "" {
		lines[0] += "\t1 in"
	}
	for i, n := range p.needs {
		line := n.Name + "\t" + needInWords(n)
		if n.Claim == slo.Inferred && p.options.pilot != "" {
			line += fmt.Sprintf("\t%.3g", n.Deff)
		}
		lines = append(lines, line)
		for _, more := range []string{n.Why, p.doubts[i]} {
			if more != "" && n.Claim == slo.Inferred {
				lines = append(lines, "  "+more)
			}
		}
	}
	rows(&page, "OBJECTIVES", lines...)
	return c.Secrets.Mask(page.String())
}

func (p *planning) assumptions(w io.Writer) {
	lines := []string{
		"likely\t" + p.options.likely + " of the bad requests that are allowed (--likely)",
		fmt.Sprintf("1 in\t%.4g requests count as one, a guess (--deff); a pilot knows (--pilot)", p.options.deff),
	}
	if p.options.pilot != "" {
		lines = []string{"likely\twhat the pilot saw", "1 in\tas alike as in the pilot"}
	}
	lines = append(lines, fmt.Sprintf("verdict\twith a chance of %.4g%% for each objective", 100*p.power))
	rows(w, "ASSUMED", lines...)
}

// needInWords are the columns behind an objective's name.
func needInWords(n slo.Need) string {
	switch {
	case n.Claim != slo.Inferred:
		return "any length\t\t\t✔ counts the run itself"
	case n.Why != "":
		return "none\t" + percent(n.Allowed) + "\t" + percent(n.Expected) + "\t✖"
	}
	mark := "✖ "
	if n.Enough {
		mark = "✔ "
	}
	return upTo(n.Duration) + "\t" + percent(n.Allowed) + "\t" + percent(n.Expected) + "\t" + mark + tells(n)
}

// tells says which shares of bad requests get a verdict.
func tells(n slo.Need) string {
	below, above := "no pass", "no fail"
	if n.Below >= 0 {
		below = "pass ≤" + percent(n.Below)
	}
	if n.Above < 1 {
		above = "fail ≥" + percent(n.Above)
	}
	return below + ", " + above
}

func percent(share float64) string { return fmt.Sprintf("%.3g%%", 100*share) }

// A planRow is an objective in the JSON form. Shares are in percent of its requests.
type planRow struct {
	Name      string   `json:"name"`
	Target    string   `json:"target"`
	Claim     string   `json:"claim"`
	Enough    bool     `json:"enough"`
	Why       string   `json:"why"`                  // where no length decides it
	Needs     *float64 `json:"needs_s"`              // null: any length will do, or none
	Rate      *float64 `json:"rate"`                 // requests a second that it is about
	Allowed   *float64 `json:"allowed_percent"`      // bad requests
	Likely    *float64 `json:"likely_percent"`       // assumed
	Deff      *float64 `json:"design_effect"`        // assumed
	PassUpTo  *float64 `json:"passes_up_to_percent"` // of what the planned length can tell
	FailsFrom *float64 `json:"fails_from_percent"`
	Doubt     string   `json:"doubt"` // what the pilot could not see
}

func (p *planning) printJSON(w io.Writer) error {
	out := struct {
		Scenario   string    `json:"scenario"`
		Load       string    `json:"load"`
		Measure    float64   `json:"measure_s"`
		Power      float64   `json:"power"`
		Pilot      string    `json:"pilot"`
		Enough     bool      `json:"enough"`
		Objectives []planRow `json:"objectives"`
	}{p.compiled.Plan.Name, loadInWords(&p.compiled.Plan), p.compiled.Plan.Measure.Seconds(), p.power, p.options.pilot, p.refusal() == nil, []planRow{}}
	for i, n := range p.needs {
		row := planRow{Name: n.Name, Target: n.Go.String(), Claim: string(n.Claim), Enough: n.Enough, Why: n.Why, Doubt: p.doubts[i]}
		if n.Claim == slo.Inferred {
			allowed, likely := 100*n.Allowed, 100*n.Expected
			row.Rate, row.Deff, row.Allowed, row.Likely = &n.Rate, &n.Deff, &allowed, &likely
		}
		if n.Duration > 0 {
			row.Needs = told(n.Duration.Seconds(), true)
			row.PassUpTo, row.FailsFrom = told(100*n.Below, n.Below >= 0), told(100*n.Above, n.Above < 1)
		}
		out.Objectives = append(out.Objectives, row)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(out)
}
