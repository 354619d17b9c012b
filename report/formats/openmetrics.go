package formats

import (
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gonogo/report"
	"gonogo/report/show"
)

// OpenMetrics prints the final figures as OpenMetrics 1.0, in seconds, bytes and ratios,
// without instants. Only what Prometheus' older text form has as well is used, so that
// what reads that, as the textfile collector does, reads this; a counter is not known by
// its name there and is of no type.
//
// Requests are of the measure phase. Figures of a step have the label step; those of all
// steps have names of their own, so that sums count nothing twice. A quantile whose rank
// falls on a request that failed is what that was charged with: the timeout at least.
func OpenMetrics(w io.Writer, r *report.Report, _ Where) error {
	e := newExposition()
	e.run(r)
	e.steps(r)
	e.all(r)
	e.objectives(r)
	e.trust(r)
	e.out.WriteString("# EOF\n")
	_, err := io.WriteString(w, e.out.String())
	return err
}

// run writes what the run was and how it ended.
func (e *exposition) run(r *report.Report) {
	scenario := scenarioOf(r)
	e.family("gonogo_run_info", gauge, "", "Always 1; its labels say which run this is.")
	e.sample("", 1, "run_id", r.Run.ID, "kind", r.Kind, "scenario", scenario, "version", r.Run.Tool.Version)
	e.family("gonogo_decision", gauge, "", "1 for the verdict of the run, 0 for the others.")
	for _, verdict := range []string{"GO", "CONDITIONAL-GO", "NO-GO", "INCONCLUSIVE", "INVALID"} {
		e.sample("", truth(verdict == r.Verdict), "scenario", scenario, "verdict", verdict)
	}
	e.family("gonogo_exit_code", gauge, "", "What the command ended with because of the verdict.")
	e.sample("", float64(r.ExitCode), "scenario", scenario)
	e.family("gonogo_run_start_timestamp_seconds", gauge, "seconds", "When the run began, since 1970.")
	e.sample("", float64(r.Run.StartedAt.UnixMilli())/1000, "scenario", scenario)
	e.family("gonogo_run_duration_seconds", gauge, "seconds", "How long the run took, all phases together.")
	e.sample("", r.Run.EndedAt.Sub(r.Run.StartedAt).Seconds(), "scenario", scenario)
	if c := r.Capacity; c != nil {
		e.family("gonogo_capacity", gauge, "", "The highest load that met the objectives, 0 when none did; its unit is a label.")
		e.sample("", c.Highest, "scenario", scenario, "unit", c.Unit)
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// steps writes the figures of each step and group.
func (e *exposition) steps(r *report.Report) {
	scenario, steps := scenarioOf(r), stepNames(r.Steps)
	each := func(of func(t *report.Totals, labels []string)) {
		for i := range r.Steps {
			of(&r.Steps[i].Totals, []string{"scenario", scenario, "step", steps[i]})
		}
	}
	e.family("gonogo_requests", counter, "", "Requests that were planned, by how they ended.")
	each(func(t *report.Totals, labels []string) {
		a := t.Accounting
		e.sample("_total", float64(a.OK), append(labels, "class", "ok")...)
		e.sample("_total", float64(a.Failed), append(labels, "class", "failed")...)
		e.sample("_total", float64(a.Dropped), append(labels, "class", "dropped")...)
		e.sample("_total", float64(a.Censored), append(labels, "class", "censored")...)
	})
	e.family("gonogo_responses", counter, "", "Answers by their status.")
	each(func(t *report.Totals, labels []string) {
		for _, status := range slices.Sorted(maps.Keys(t.Statuses)) {
			e.sample("_total", float64(t.Statuses[status]), append(labels, "http_response_status_code", status)...)
		}
	})
	e.family("gonogo_received_bytes", counter, "bytes", "Bytes of answers.")
	each(func(t *report.Totals, labels []string) { e.sample("_total", float64(t.BytesIn), labels...) })
	e.family("gonogo_sent_bytes", counter, "bytes", "Bytes of requests.")
	each(func(t *report.Totals, labels []string) { e.sample("_total", float64(t.BytesOut), labels...) })
	e.family("gonogo_success_ratio", gauge, "ratio", "Share of the planned requests that were answered well.")
	each(func(t *report.Totals, labels []string) { e.maybe(t.SuccessRate, percent, labels...) })
	e.family("gonogo_ok_requests_per_second", gauge, "", "Requests that were answered well, a second.")
	each(func(t *report.Totals, labels []string) { e.maybe(t.Rate, 1, labels...) })
	e.family("http_client_request_duration_seconds", summary, "seconds", "Response time, from due to done, failures as charged.")
	each(func(t *report.Totals, labels []string) { e.spread(t.Latency.Spread, labels) })
	e.family("gonogo_group_duration_seconds", summary, "seconds", "Sum of the response times of a group's steps, failures as charged.")
	taken := names{}
	for i := range r.Groups {
		e.spread(r.Groups[i].Latency.Spread, []string{"scenario", scenario, "group", labelName(taken, r.Groups[i].Name)})
	}
}

const (
	percent      = 0.01
	milliseconds = 0.001
)

// stepNames are the names of steps as labels, no two alike.
func stepNames(steps []report.Step) []string {
	taken, all := names{}, make([]string, len(steps))
	for i, s := range steps {
		all[i] = labelName(taken, s.Name)
	}
	return all
}

// labelName takes a name as a label, short enough for a number behind it.
func labelName(taken names, name string) string {
	return taken.unique(show.Inert(name, widestName-roomNumber))
}

// spread writes a summary in seconds.
func (e *exposition) spread(s report.Spread, labels []string) {
	for _, q := range []struct {
		quantile string
		ms       *float64
	}{{"0", s.Min}, {"0.5", s.P50}, {"0.75", s.P75}, {"0.9", s.P90}, {"0.95", s.P95}, {"0.99", s.P99}, {"0.999", s.P999}, {"1", s.Max}} {
		e.maybe(q.ms, milliseconds, append(slices.Clip(labels), "quantile", q.quantile)...)
	}
	e.sample("_count", float64(s.Count), labels...)
}

// all writes the figures of all steps together.
func (e *exposition) all(r *report.Report) {
	labels := []string{"scenario", scenarioOf(r)}
	t := &r.Totals
	e.family("gonogo_run_success_ratio", gauge, "ratio", "Share of all planned requests that were answered well.")
	e.maybe(t.SuccessRate, percent, labels...)
	e.family("gonogo_run_ok_requests_per_second", gauge, "", "Requests of all steps that were answered well, a second.")
	e.maybe(t.Rate, 1, labels...)
	e.family("gonogo_dropped_arrivals", counter, "", "Arrivals that were due and never sent.")
	e.sample("_total", float64(t.Accounting.Dropped), labels...)
	for _, s := range []struct {
		name, help string
		spread     report.Spread
	}{
		{"gonogo_run_response_time_seconds", "Response time of all steps, from due to done, failures as charged.", t.Latency.Spread},
		{"gonogo_run_service_time_seconds", "From sent to done, of answers.", t.Service},
		{"gonogo_run_first_byte_seconds", "From sent to the first byte of the answer.", t.FirstByte},
		{"gonogo_schedule_lag_seconds", "How late the generator itself sent requests.", t.Late},
		{"gonogo_client_delay_seconds", "How long answers waited in the generator.", t.ClientDelay},
	} {
		if s.spread.Count > 0 {
			e.family(s.name, summary, "seconds", s.help)
			e.spread(s.spread, labels)
		}
	}
}

// objectives writes how each was judged, in base units: seconds, ratios, a second, or
// a count.
func (e *exposition) objectives(r *report.Report) {
	rows, scenario := rowsOf(r), scenarioOf(r)
	each := func(of func(o *report.Objective, unit string, scale float64, labels []string)) {
		for i := range r.Objectives {
			o := &r.Objectives[i]
			unit, scale := baseUnit(o.Unit)
			of(o, unit, scale, []string{"scenario", scenario, "slo", rows[i].name})
		}
	}
	e.family("gonogo_slo_status", gauge, "", "1 for the verdict of an objective, 0 for the others.")
	each(func(o *report.Objective, _ string, _ float64, labels []string) {
		for _, status := range []string{pass, conditional, inconclusive, fail} {
			e.sample("", truth(o.Verdict == status), append(slices.Clip(labels), "status", status)...)
		}
	})
	e.family("gonogo_slo_measured", gauge, "", "What an objective was judged by; its unit is a label.")
	each(func(o *report.Objective, unit string, scale float64, labels []string) {
		e.maybe(o.Measured, scale, append(labels, "unit", unit)...)
	})
	e.family("gonogo_slo_limit", gauge, "", "What an objective asks for; its unit is a label.")
	each(func(o *report.Objective, unit string, scale float64, labels []string) {
		e.sample("", o.Limit*scale, append(labels, "unit", unit)...)
	})
	e.family("gonogo_slo_margin", gauge, "", "How far the measured value is on the good side of the limit: as a ratio of it, of a ratio as their difference, or as a count.")
	each(func(o *report.Objective, unit string, scale float64, labels []string) {
		if unit == "seconds" || unit == "per_second" {
			unit, scale = "ratio_of_limit", 1
		}
		e.maybe(o.Margin, scale, append(labels, "unit", unit)...)
	})
	e.family("gonogo_slo_samples", gauge, "", "How many requests an objective was judged by.")
	each(func(o *report.Objective, _ string, _ float64, labels []string) {
		e.sample("", float64(o.Samples), labels...)
	})
}

// baseUnit is the unit that metrics have for one of an objective.
func baseUnit(unit string) (name string, scale float64) {
	switch unit {
	case "ms":
		return "seconds", milliseconds
	case "%":
		return "ratio", percent
	case "/s":
		return "per_second", 1
	}
	return "count", 1
}

// trust writes whether the figures can be trusted, and what failed.
func (e *exposition) trust(r *report.Report) {
	scenario := scenarioOf(r)
	e.family("gonogo_valid", gauge, "", "1 when the instrument proved itself.")
	e.sample("", truth(r.Validity.Valid), "scenario", scenario)
	e.family("gonogo_validity_check", gauge, "", "One proof of the instrument: 1 when it holds, 0 when it does not.")
	for _, x := range rowsOf(r) {
		if x.group == proofs {
			e.sample("", truth(x.state == pass), "scenario", scenario, "check", x.name)
		}
	}
	if g := r.Generator; g != nil {
		e.family("gonogo_generator_cpu_ratio", gauge, "ratio", "Share of its processors that the generator used in the measure phase.")
		e.maybe(g.CPU, percent, "scenario", scenario)
		if g.RSSMax != nil {
			e.family("gonogo_generator_resident_bytes", gauge, "bytes", "The most memory that the generator held.")
			e.sample("", float64(*g.RSSMax), "scenario", scenario)
		}
	}
	e.family("gonogo_errors", counter, "", "Requests of all phases that failed, by how.")
	keys, counts := errorCounts(r.Errors)
	for _, key := range keys {
		e.sample("_total", float64(counts[key]), append([]string{"scenario", scenario}, strings.Split(key, "\x00")...)...)
	}
}

// errorCounts adds up what has the same labels.
func errorCounts(errors []report.Failure) (keys []string, counts map[string]int64) {
	counts = map[string]int64{}
	for _, f := range errors {
		status := ""
		if f.Status != 0 {
			status = strconv.Itoa(f.Status)
		}
		key := strings.Join([]string{
			"step", show.Inert(f.Step, widestName), "phase", show.Inert(f.Phase, widestName),
			"class", show.Inert(f.Class, widestName), "http_response_status_code", status,
		}, "\x00")
		if _, known := counts[key]; !known {
			keys = append(keys, key)
		}
		counts[key] += f.Count
	}
	return keys, counts
}
