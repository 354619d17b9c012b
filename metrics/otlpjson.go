package metrics

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
)

// The JSON form of an ExportMetricsServiceRequest, of OTLP 1: names in camel case,
// integers of 64 bits as strings, enumerations as numbers.
type (
	otlpRequest struct {
		ResourceMetrics []otlpResourceMetrics `json:"resourceMetrics"`
	}
	otlpResourceMetrics struct {
		Resource     otlpResource       `json:"resource"`
		ScopeMetrics []otlpScopeMetrics `json:"scopeMetrics"`
	}
	otlpResource struct {
		Attributes []otlpAttribute `json:"attributes"`
	}
	otlpScopeMetrics struct {
		Scope   otlpScope    `json:"scope"`
		Metrics []otlpMetric `json:"metrics"`
	}
	otlpScope struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	otlpMetric struct {
		Name        string         `json:"name"`
		Description string         `json:"description"`
		Unit        string         `json:"unit"`
		Gauge       *otlpGauge     `json:"gauge,omitempty"`
		Sum         *otlpSum       `json:"sum,omitempty"`
		Histogram   *otlpHistogram `json:"exponentialHistogram,omitempty"`
	}
	otlpGauge struct {
		DataPoints []otlpNumber `json:"dataPoints"`
	}
	otlpSum struct {
		DataPoints  []otlpNumber `json:"dataPoints"`
		Temporality int          `json:"aggregationTemporality"`
		IsMonotonic bool         `json:"isMonotonic"`
	}
	otlpHistogram struct {
		DataPoints  []otlpExponential `json:"dataPoints"`
		Temporality int               `json:"aggregationTemporality"`
	}
	otlpPoint struct {
		Attributes []otlpAttribute `json:"attributes"`
		Start      int64           `json:"startTimeUnixNano,string"`
		Time       int64           `json:"timeUnixNano,string"`
	}
	otlpNumber struct {
		otlpPoint
		Value double `json:"asDouble"`
	}
	otlpExponential struct {
		otlpPoint
		Count         uint64      `json:"count,string"`
		Sum           double      `json:"sum"`
		Scale         int32       `json:"scale"`
		ZeroCount     uint64      `json:"zeroCount,string"`
		ZeroThreshold double      `json:"zeroThreshold"`
		Positive      otlpBuckets `json:"positive"`
	}
	otlpBuckets struct {
		Offset int      `json:"offset"`
		Counts []string `json:"bucketCounts"`
	}
	otlpAttribute struct {
		Key   string    `json:"key"`
		Value otlpValue `json:"value"`
	}
	otlpValue struct {
		String string `json:"stringValue"`
	}
)

// sinceTheStart is the temporality of counts that are those of the whole run so far.
const sinceTheStart = 2

// A double is written as JSON has it, and as protobuf's JSON has what that cannot.
type double float64

// MarshalJSON implements json.Marshaler.
func (d double) MarshalJSON() ([]byte, error) {
	switch v := float64(d); {
	case math.IsNaN(v):
		return []byte(`"NaN"`), nil
	case math.IsInf(v, 1):
		return []byte(`"Infinity"`), nil
	case math.IsInf(v, -1):
		return []byte(`"-Infinity"`), nil
	default:
		return json.Marshal(v)
	}
}

// otlp returns the request that tells all of the snapshot.
func (s *Snapshot) otlp(resource []Label) otlpRequest {
	all := make([]otlpMetric, len(s.Families))
	for i, f := range s.Families {
		all[i] = s.otlpMetric(f)
	}
	return otlpRequest{[]otlpResourceMetrics{{
		Resource:     otlpResource{attributes(resource)},
		ScopeMetrics: []otlpScopeMetrics{{otlpScope{"gonogo", s.Version}, all}},
	}}}
}

func (s *Snapshot) otlpMetric(f Family) otlpMetric {
	m := otlpMetric{Name: f.OTel, Description: f.Help, Unit: f.Unit}
	var numbers []otlpNumber
	var histograms []otlpExponential
	for _, series := range f.Series {
		p := otlpPoint{attributes(series.otel()), s.Started.UnixNano(), s.At.UnixNano()}
		if f.Kind == Distribution {
			histograms = append(histograms, series.Histogram.otlp(p))
		} else {
			numbers = append(numbers, otlpNumber{p, double(series.Value)})
		}
	}
	switch f.Kind {
	case Gauge:
		m.Gauge = &otlpGauge{numbers}
	case Counter:
		m.Sum = &otlpSum{numbers, sinceTheStart, true}
	case Distribution:
		m.Histogram = &otlpHistogram{histograms, sinceTheStart}
	}
	return m
}

// otel returns the labels by OpenTelemetry's names.
func (s *Series) otel() []Label {
	all := slices.Clone(s.Labels)
	for i := range all {
		switch all[i].Name {
		case "error_type":
			all[i].Name = "error.type"
		case "http_request_method":
			all[i].Name = "http.request.method"
		case "http_response_status_code":
			all[i].Name = "http.response.status_code"
		case "server_address":
			all[i].Name = "server.address"
		}
	}
	return all
}

// attributes writes labels. What is empty is none.
func attributes(all []Label) []otlpAttribute {
	out := []otlpAttribute{}
	for _, l := range all {
		if l.Value != "" {
			out = append(out, otlpAttribute{l.Name, otlpValue{l.Value}})
		}
	}
	return out
}

// otlp returns the exponential buckets: a row without gaps, in which bucket i holds what
// is longer than 2^(i/2^scale) seconds, where ours counts from the upper end.
func (h *Histogram) otlp(p otlpPoint) otlpExponential {
	c := *h
	for len(c.Buckets) > 0 && c.Buckets[len(c.Buckets)-1].Index-c.Buckets[0].Index >= mostBuckets {
		c.coarsen()
	}
	out := otlpExponential{
		otlpPoint: p, Count: c.Count, Sum: double(c.Sum), Scale: c.Schema, ZeroCount: c.Zero, ZeroThreshold: double(c.Threshold),
		Positive: otlpBuckets{Counts: []string{}},
	}
	if len(c.Buckets) == 0 {
		return out
	}
	first := c.Buckets[0].Index
	out.Positive.Offset = first - 1
	for _, b := range c.Buckets {
		for len(out.Positive.Counts) < b.Index-first {
			out.Positive.Counts = append(out.Positive.Counts, "0")
		}
		out.Positive.Counts = append(out.Positive.Counts, strconv.FormatUint(b.Count, 10))
	}
	return out
}
