package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
)

// Handler serves the collector's newest Snapshot to Prometheus. A scrape that asks for
// protobuf gets the exponential buckets of histograms beside the fixed ones, one in
// text the latter alone.
func Handler(c *Collector) http.Handler {
	return promhttp.HandlerFor(prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
		return c.Snapshot().exposed(), nil
	}), promhttp.HandlerOpts{})
}

// exposed returns the families as Prometheus' own library has them.
func (s *Snapshot) exposed() []*dto.MetricFamily {
	if s == nil {
		return nil
	}
	all := make([]*dto.MetricFamily, len(s.Families))
	for i, f := range s.Families {
		all[i] = &dto.MetricFamily{Name: &f.Name, Help: &f.Help, Type: f.Kind.exposed().Enum()}
		for _, series := range f.Series {
			all[i].Metric = append(all[i].Metric, series.exposed(f.Kind))
		}
	}
	return all
}

func (k Kind) exposed() dto.MetricType {
	return [...]dto.MetricType{dto.MetricType_GAUGE, dto.MetricType_COUNTER, dto.MetricType_HISTOGRAM}[k]
}

func (s *Series) exposed(kind Kind) *dto.Metric {
	m := &dto.Metric{}
	for _, l := range s.Labels {
		m.Label = append(m.Label, &dto.LabelPair{Name: &l.Name, Value: &l.Value})
	}
	switch kind {
	case Gauge:
		m.Gauge = &dto.Gauge{Value: &s.Value}
	case Counter:
		m.Counter = &dto.Counter{Value: &s.Value}
	case Distribution:
		m.Histogram = s.Histogram.exposed()
	}
	return m
}

func (h *Histogram) exposed() *dto.Histogram {
	out := &dto.Histogram{
		SampleCount: &h.Count, SampleSum: &h.Sum,
		Schema: &h.Schema, ZeroThreshold: &h.Threshold, ZeroCount: &h.Zero,
	}
	for i := range h.Bounds {
		out.Bucket = append(out.Bucket, &dto.Bucket{UpperBound: &h.Bounds[i], CumulativeCount: &h.Cumulative[i]})
	}
	spans, deltas := h.spans()
	out.PositiveDelta = deltas
	for _, s := range spans {
		out.PositiveSpan = append(out.PositiveSpan, &dto.BucketSpan{Offset: &s.offset, Length: &s.length})
	}
	if len(spans) == 0 { // says that the exponential form is there, though empty
		out.PositiveSpan = []*dto.BucketSpan{{Offset: new(int32), Length: new(uint32)}}
	}
	return out
}
