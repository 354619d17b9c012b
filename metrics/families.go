package metrics

import (
	"cmp"
	"fmt"
	"slices"

	"gonogo/report/show"
)

// The metrics, in order of their names. docs/metrics.md describes them.
func decisionMetric() Metric {
	return Metric{"gonogo_decision", "gonogo.decision", "", Gauge, "1 for the verdict of the run once there is one, 0 for the others.", []string{"verdict"}}
}

func droppedMetric() Metric {
	return Metric{"gonogo_dropped_arrivals_total", "gonogo.dropped_arrivals", "{arrival}", Counter, "Arrivals that were due and never sent.", nil}
}

func cpuMetric() Metric {
	return Metric{"gonogo_generator_cpu_ratio", "gonogo.generator.cpu", "1", Gauge, "Share of its processors that the generator used in the last second.", nil}
}

func memoryMetric() Metric {
	return Metric{"gonogo_generator_resident_bytes", "gonogo.generator.resident", "By", Gauge, "Memory that the generator holds.", nil}
}

func inFlightMetric() Metric {
	return Metric{"gonogo_in_flight_requests", "gonogo.in_flight_requests", "{request}", Gauge, "Requests that wait for their answer.", nil}
}

func bytesMetric() Metric {
	return Metric{"gonogo_received_bytes_total", "gonogo.received", "By", Counter, "Bytes of answers.", []string{"step"}}
}

func requestsMetric() Metric {
	return Metric{"gonogo_requests_total", "gonogo.requests", "{request}", Counter, "Requests that were due, by how they ended.", []string{"class", "step"}}
}

func responsesMetric() Metric {
	return Metric{"gonogo_responses_total", "gonogo.responses", "{response}", Counter, "Answers by their status.", []string{"http_response_status_code", "step"}}
}

func infoMetric() Metric {
	return Metric{"gonogo_run_info", "gonogo.run.info", "", Gauge, "Always 1; its labels say which run this is.", []string{"kind", "run_id", "version"}}
}

func lagMetric() Metric {
	return Metric{"gonogo_schedule_lag_seconds", "gonogo.schedule_lag", "s", Distribution, "How late the generator itself sent requests.", nil}
}

func budgetMetric() Metric {
	return Metric{"gonogo_slo_error_budget_remaining_ratio", "gonogo.slo.error_budget_remaining", "1", Gauge, "What is left of the bad requests that an objective allows in the whole run; below 0: overspent.", []string{"slo"}}
}

func statusMetric() Metric {
	return Metric{"gonogo_slo_status", "gonogo.slo.status", "", Gauge, "1 for the verdict of an objective over the run so far, 0 for the others.", []string{"slo", "status"}}
}

func usersMetric() Metric {
	return Metric{"gonogo_users", "gonogo.users", "{user}", Gauge, "Users of the closed model that have started and not ended.", nil}
}

func workersMetric() Metric {
	return Metric{"gonogo_workers", "gonogo.workers", "{worker}", Gauge, "Workers of the open model: the most requests that were open at a time.", nil}
}

func durationMetric() Metric {
	return Metric{
		"http_client_request_duration_seconds", "http.client.request.duration", "s", Distribution,
		"Response time, from due to done. All that was due is in it: what did not end well has an error_type, and counts as the timeout at least.",
		[]string{"error_type", "http_request_method", "server_address", "step"},
	}
}

// Metrics are all that there are, in order of their names. A run has each of them but
// what it has nothing to tell of: users or workers, budgets, a machine that does not
// tell what is used of it.
func Metrics() []Metric {
	all := []Metric{
		decisionMetric(), droppedMetric(), cpuMetric(), memoryMetric(), inFlightMetric(), bytesMetric(), requestsMetric(),
		responsesMetric(), infoMetric(), lagMetric(), budgetMetric(), statusMetric(), usersMetric(), workersMetric(), durationMetric(),
	}
	for i := range all {
		all[i].Labels = append(slices.Clone(all[i].Labels), scenarioLabel)
		slices.Sort(all[i].Labels)
	}
	return all
}

// scenarioLabel is one that all series have: two scenarios that one machine runs at the
// same time may not be taken for each other.
const scenarioLabel = "scenario"

// of returns the family with the label of its scenario.
func (f Family) of(scenario string) Family {
	f.Labels = append(slices.Clone(f.Labels), scenarioLabel)
	slices.Sort(f.Labels)
	for i, s := range f.Series {
		f.Series[i].Labels = append(s.Labels, Label{scenarioLabel, scenario})
		slices.SortFunc(f.Series[i].Labels, func(a, b Label) int { return cmp.Compare(a.Name, b.Name) })
	}
	return f
}

// series returns one with its labels' values, in the order of the metric's labels.
func (m Metric) series(value float64, labels ...string) Series {
	s := Series{Value: value, Labels: make([]Label, len(m.Labels))}
	for i, name := range m.Labels {
		s.Labels[i] = Label{name, labels[i]}
	}
	return s
}

const (
	mostSteps    = 200 // that have series of their own; the others share one
	mostStatuses = 30  // of a step, likewise
	mostColumns  = 200 // of a label's value
	otherSteps   = "other"
	unnamed      = "_OTHER" // OpenTelemetry's word for what has no name of its own
)

// labelled makes a text of unknown origin a label's value: no control characters, no
// invalid UTF-8, and not long.
func labelled(text string) string { return show.Inert(text, mostColumns) }

// A naming makes label values that differ where the texts do: cut, two may be alike.
type naming map[string]bool

func (n naming) of(text string) string {
	name := labelled(text)
	for i := 2; n[name]; i++ {
		name = fmt.Sprintf("%s (%d)", labelled(text), i)
	}
	n[name] = true
	return name
}
