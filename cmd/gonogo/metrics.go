package main

import (
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"gonogo/loadgen"
	"gonogo/measure"
)

// metrics serves what a run has measured so far to Prometheus. It is a
// collector: it keeps the run's own figures and makes metrics of them when
// somebody asks, so that requests pay nothing.
type metrics struct {
	plan   *loadgen.Plan
	server *http.Server
	served chan struct{}

	mu    sync.Mutex // the engine writes, scrapes read
	steps []measure.Figures
	last  loadgen.Tick
}

// The bounds of the classic histogram, in seconds: OpenTelemetry's for HTTP.
var durationBounds = []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}

var (
	requestsDesc = prometheus.NewDesc("gonogo_requests_total", "Requests by how they ended.", []string{"step", "class"}, nil)
	durationDesc = prometheus.NewDesc("http_client_request_duration_seconds", "Response time, from due to done, of requests that were answered as expected.", []string{"step"}, nil)
	bytesDesc    = prometheus.NewDesc("gonogo_received_bytes_total", "Bytes of answers.", []string{"step"}, nil)
	usersDesc    = prometheus.NewDesc("gonogo_users", "Users of the closed model that have started and not ended.", nil, nil)
	workersDesc  = prometheus.NewDesc("gonogo_workers", "Workers of the open model: the most requests that were open at a time.", nil, nil)
	inFlightDesc = prometheus.NewDesc("gonogo_in_flight_requests", "Requests that wait for their answer.", nil, nil)
	infoDesc     = prometheus.NewDesc("gonogo_run_info", "Always 1; its labels say which run this is.", []string{"scenario", "version"}, nil)
)

func serveMetrics(address string, p *loadgen.Plan, std stdio) (*metrics, error) {
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return nil, usageError(fmt.Errorf("--metrics-listen: %w", err), "choose another address, or port 0 for a free one")
	}
	m := &metrics{plan: p, served: make(chan struct{}), steps: make([]measure.Figures, len(p.Steps))}
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

func (m *metrics) close() {
	_ = m.server.Close()
	<-m.served
}

func (m *metrics) tick(t loadgen.Tick) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, i := range t.Intervals {
		for p := range i.Steps {
			m.steps[i.Steps[p].Step].Merge(&i.Steps[p].Figures)
		}
	}
	m.last = t
	m.last.Intervals = nil
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{requestsDesc, durationDesc, bytesDesc, usersDesc, workersDesc, inFlightDesc, infoDesc} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(to chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.steps {
		m.collectStep(to, m.plan.Steps[i].Name, &m.steps[i])
	}
	to <- prometheus.MustNewConstMetric(m.crowd(), prometheus.GaugeValue, float64(m.last.Users))
	to <- prometheus.MustNewConstMetric(inFlightDesc, prometheus.GaugeValue, float64(m.last.InFlight))
	to <- prometheus.MustNewConstMetric(infoDesc, prometheus.GaugeValue, 1, m.plan.Name, version)
}

// crowd is what the plan's model has users of.
func (m *metrics) crowd() *prometheus.Desc {
	if m.plan.Closed != nil {
		return usersDesc
	}
	return workersDesc
}

func (m *metrics) collectStep(to chan<- prometheus.Metric, step string, f *measure.Figures) {
	for class, n := range f.Class {
		to <- prometheus.MustNewConstMetric(requestsDesc, prometheus.CounterValue, float64(n), step, measure.Class(class).String())
	}
	to <- prometheus.MustNewConstMetric(bytesDesc, prometheus.CounterValue, float64(f.BytesIn), step)
	buckets := cumulative(&f.Answered, durationBounds)
	sum := f.Answered.Mean().Seconds() * float64(f.Answered.Count())
	to <- prometheus.MustNewConstHistogram(durationDesc, uint64(f.Answered.Count()), sum, buckets, step)
}

// cumulative counts, for each bound in seconds, the values up to it. A value
// whose bucket holds the bound counts above it.
func cumulative(h *measure.Histogram, bounds []float64) map[float64]uint64 {
	counts := make(map[float64]uint64, len(bounds))
	for _, b := range bounds {
		counts[b] = 0
	}
	h.Each(func(_, high time.Duration, n int64) {
		for _, b := range bounds {
			if high.Seconds() <= b {
				counts[b] += uint64(n)
			}
		}
	})
	return counts
}
