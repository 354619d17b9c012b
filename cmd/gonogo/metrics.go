package main

import (
	"fmt"
	"math"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"gonogo/loadgen"
	"gonogo/measure"
	"gonogo/slo"
	"gonogo/soak"
)

// metrics serves what a run has measured so far to Prometheus. It is a
// collector: it keeps the run's own figures and makes metrics of them when
// somebody asks, so that requests pay nothing.
type metrics struct {
	plan     *loadgen.Plan
	kind     string
	standing *standing
	server   *http.Server
	served   chan struct{}

	mu    sync.Mutex // the engine writes, scrapes read
	steps []measure.Figures
	last  pulse
}

var (
	requestsDesc  = prometheus.NewDesc("gonogo_requests_total", "Requests by how they ended.", []string{"step", "class"}, nil)
	responsesDesc = prometheus.NewDesc("gonogo_responses_total", "Answers by their status.", []string{"step", "http_response_status_code"}, nil)
	durationDesc  = prometheus.NewDesc("http_client_request_duration_seconds",
		"Response time, from due to done. All that was due is in it: what did not end well has an error_type, and counts as the timeout at least.",
		[]string{"scenario", "step", "http_request_method", "server_address", "error_type"}, nil)
	bytesDesc    = prometheus.NewDesc("gonogo_received_bytes_total", "Bytes of answers.", []string{"step"}, nil)
	droppedDesc  = prometheus.NewDesc("gonogo_dropped_arrivals_total", "Arrivals that were due and never sent.", nil, nil)
	lagDesc      = prometheus.NewDesc("gonogo_schedule_lag_seconds", "How late the generator itself sent requests.", nil, nil)
	usersDesc    = prometheus.NewDesc("gonogo_users", "Users of the closed model that have started and not ended.", nil, nil)
	workersDesc  = prometheus.NewDesc("gonogo_workers", "Workers of the open model: the most requests that were open at a time.", nil, nil)
	inFlightDesc = prometheus.NewDesc("gonogo_in_flight_requests", "Requests that wait for their answer.", nil, nil)
	cpuDesc      = prometheus.NewDesc("gonogo_generator_cpu_ratio", "Share of its processors that the generator used in the last second.", nil, nil)
	memoryDesc   = prometheus.NewDesc("gonogo_generator_resident_bytes", "Memory that the generator holds.", nil, nil)
	budgetDesc   = prometheus.NewDesc("gonogo_slo_error_budget_remaining_ratio", "What is left of the bad requests that an objective allows in the whole run; below 0: overspent.", []string{"slo"}, nil)
	statusDesc   = prometheus.NewDesc("gonogo_slo_status", "1 for the verdict of an objective over the run so far.", []string{"slo", "status"}, nil)
	infoDesc     = prometheus.NewDesc("gonogo_run_info", "Always 1; its labels say which run this is.", []string{"run_id", "kind", "scenario", "version"}, nil)
)

func allDescs() []*prometheus.Desc {
	return []*prometheus.Desc{
		requestsDesc, responsesDesc, durationDesc, bytesDesc, droppedDesc, lagDesc, usersDesc, workersDesc,
		inFlightDesc, cpuDesc, memoryDesc, budgetDesc, statusDesc, infoDesc,
	}
}

// serveMetrics listens at the address.
func serveMetrics(address, kind string, p *loadgen.Plan, s *standing, std stdio) (*metrics, error) {
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return nil, usageError(fmt.Errorf("--metrics-listen: %w", err), "choose another address, or port 0 for a free one")
	}
	m := &metrics{plan: p, kind: kind, standing: s, served: make(chan struct{}), steps: make([]measure.Figures, len(p.AllSteps()))}
	registry := prometheus.NewRegistry()
	registry.MustRegister(m)
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	m.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		defer close(m.served)
		_ = m.server.Serve(ln) // ends with close
	}()
	fmt.Fprintf(std.err, "gonogo: metrics at http://%s/metrics\n", ln.Addr())
	return m, nil
}

// stopping implements watcher: what is counted says it.
func (m *metrics) stopping(time.Duration) {}

func (m *metrics) close() {
	_ = m.server.Close()
	<-m.served
}

func (m *metrics) tick(p pulse) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.add(p.tick.Intervals, 0)
	m.add(p.tick.Against, len(m.plan.Steps))
	m.last = p
	m.last.now.Intervals, m.last.tick.Intervals, m.last.tick.Against = nil, nil, nil
}

// add merges intervals whose steps are counted from the first one on.
func (m *metrics) add(intervals []measure.Interval, first int) {
	for _, i := range intervals {
		for n := range i.Steps {
			m.steps[first+i.Steps[n].Step].Merge(&i.Steps[n].Figures)
		}
	}
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(to chan<- *prometheus.Desc) {
	for _, d := range allDescs() {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(to chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var lag measure.Histogram
	var dropped int64
	for i, step := range m.plan.AllSteps() {
		m.collectStep(to, step, &m.steps[i])
		lag.Merge(&m.steps[i].Late)
		dropped += m.steps[i].Dropped()
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	to <- prometheus.MustNewConstMetric(droppedDesc, prometheus.CounterValue, float64(dropped))
	to <- newHistogram(lagDesc, &lag)
	gauge(m.crowd(), float64(m.last.tick.Users))
	gauge(inFlightDesc, float64(m.last.tick.InFlight))
	if m.last.cpu >= 0 {
		gauge(cpuDesc, m.last.cpu)
	}
	if m.last.tick.RSS >= 0 {
		gauge(memoryDesc, float64(m.last.tick.RSS))
	}
	m.collectObjectives(gauge)
	gauge(infoDesc, 1, m.last.run, m.kind, m.plan.Name, version)
}

// crowd is what the plan's model has users of.
func (m *metrics) crowd() *prometheus.Desc {
	if m.plan.Closed != nil {
		return usersDesc
	}
	return workersDesc
}

func (m *metrics) collectStep(to chan<- prometheus.Metric, step loadgen.Step, f *measure.Figures) {
	for class, n := range f.Class {
		to <- prometheus.MustNewConstMetric(requestsDesc, prometheus.CounterValue, float64(n), step.Name, measure.Class(class).String())
	}
	for _, s := range f.Statuses {
		to <- prometheus.MustNewConstMetric(responsesDesc, prometheus.CounterValue, float64(s.Count), step.Name, fmt.Sprint(s.Status))
	}
	to <- prometheus.MustNewConstMetric(bytesDesc, prometheus.CounterValue, float64(f.BytesIn), step.Name)
	const other = "_OTHER" // OpenTelemetry's word for what has no name of its own: gonogo_requests_total tells
	labels := []string{m.plan.Name, step.Name, step.Request.Method, step.Request.URL.Hostname()}
	to <- newHistogram(durationDesc, &f.Answered, append(labels[:4:4], "")...)
	to <- newHistogram(durationDesc, &f.Charged, append(labels[:4:4], other)...)
}

// collectObjectives tells how the objectives stand, over the measure phase so far.
func (m *metrics) collectObjectives(gauge func(*prometheus.Desc, float64, ...string)) {
	var judgements []slo.Judgement
	var budgets []soak.Budget
	m.standing.read(func(s *soak.Standing) { judgements, budgets = s.Judge(), s.Budgets() })
	for _, j := range judgements {
		for _, v := range []slo.Verdict{slo.Pass, slo.Conditional, slo.Inconclusive, slo.Fail} {
			is := 0.0
			if j.Verdict == v {
				is = 1
			}
			gauge(statusDesc, is, j.Objective.Name, string(v))
		}
	}
	for _, b := range budgets {
		if !math.IsNaN(b.Left) {
			gauge(budgetDesc, b.Left, b.Objective)
		}
	}
}
