package html

import (
	"fmt"
	"slices"
	"strings"

	"gonogo/report"
	"gonogo/report/chart"
	"gonogo/report/show"
)

// comparisonBanner is the verdict of a comparison of reports.
func comparisonBanner(c *report.ComparisonReport) banner {
	verdict := show.Inert(c.Verdict, 20)
	b := banner{Verdict: verdict, Symbol: report.Symbol(c.Verdict), Tone: Tone(c.Verdict), Sentence: c.Reason()}
	if len(c.Reasons) > 0 {
		b.Sentence = show.Inert(strings.Join(c.Reasons, "; "), 600)
	}
	b.Where = []fact{{Name: "scenario", Value: show.Inert(c.Scenario, 80)}}
	if c.Comparison != nil {
		b.Where = append(b.Where,
			fact{Name: "baseline", Value: compared(&c.Comparison.Baseline)}, fact{Name: "candidate", Value: compared(&c.Comparison.Candidate)},
			fact{Name: "compared", Value: c.Comparison.How()})
	}
	return b
}

// compared names one of the two.
func compared(c *report.Compared) string {
	text := show.Inert(c.Target, 120)
	if runs := c.RunsText(); runs != "" {
		text += ", " + runs
	}
	return text + ", " + show.Counted(c.Requests, "request")
}

// comparisonPart is a candidate against a baseline.
func comparisonPart(c *report.Comparison) part {
	p := part{ID: "comparison", Title: "Comparison"}
	if c == nil {
		return p
	}
	p.Lead = fmt.Sprintf("Candidate against baseline, %s, each bound at %.4g%%.", c.How(), 100*c.Confidence)
	if !slices.Equal(c.Candidate.Runs, c.Baseline.Runs) || c.Candidate.Target != c.Baseline.Target {
		p.Blocks = append(p.Blocks, block{Facts: []fact{{Name: "candidate", Value: compared(&c.Candidate)}, {Name: "baseline", Value: compared(&c.Baseline)}}})
	}
	t := &table{ID: "t-comparison", Caption: "Candidate against baseline", Head: heads("metric", "baseline", "candidate", "change", "between", "margin", "result")}
	t.Head[6].Left = true
	bars := chart.Bars{ID: "c-comparison", Title: "Change against the baseline, with its interval", Unit: chart.Percent, Dots: true}
	told := map[string]bool{}
	for i := range c.Rows {
		r := &c.Rows[i]
		first := said(r.Metric)
		if why := r.Why(); why != "" && !told[r.Doubt] {
			first = first.with(why)
			told[r.Doubt] = r.Doubt != ""
		}
		baseline, candidate, change, between, margin := r.Texts()
		result, verdict := cell{Text: "not judged", Class: "l"}, ""
		if r.Verdict != nil {
			result, verdict = marked(*r.Verdict), *r.Verdict
		}
		t.Rows = append(t.Rows, []cell{first, own(baseline), own(candidate), own(change), own(between), own(margin), result})
		if r.Unit == "ms" && r.Change != nil {
			bars.Bars = append(bars.Bars, interval(r.Metric, r.Change, r.Lo, r.Hi, 1, verdict))
			bars.Margin = &chart.Margin{Lo: -r.Margin, Hi: r.Margin, Label: "margin"}
		}
	}
	var pair []block
	if len(bars.Bars) > 0 {
		pair = append(pair, drawn(bars.Figure()))
	}
	p.Blocks = append(p.Blocks, block{Pair: append(pair, block{Table: t})}, block{Notes: remarks(c)})
	return p
}

// remarks are what is to be known beside the figures.
func remarks(c *report.Comparison) []note {
	var all []note
	if c.Slower != nil {
		all = append(all, note{Text: fmt.Sprintf("The candidate's median is the higher one in %.0f%% of all pairs; even is 50%%.", 100**c.Slower)})
	}
	if c.Confounded != "" {
		all = append(all, note{Symbol: "▲", Tone: "warn", Text: show.Inert(c.Confounded, 300)})
	}
	for _, text := range c.Notes {
		all = append(all, note{Text: show.Inert(text, 300)})
	}
	return all
}
