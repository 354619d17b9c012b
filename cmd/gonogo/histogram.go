package main

import (
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"gonogo/measure"
)

// histogram is a constant metric in both of Prometheus' forms: a scrape that asks
// for protobuf gets the native one beside the classic buckets, one in text the
// latter alone.
type histogram struct {
	prometheus.Metric // classic
	native            prometheus.Metric
}

// durationBounds are those of the classic form, in seconds: OpenTelemetry's for HTTP.
func durationBounds() []float64 {
	return []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}
}

// newHistogram makes the metric of durations.
func newHistogram(d *prometheus.Desc, of *measure.Histogram, labels ...string) prometheus.Metric {
	count, sum := uint64(of.Count()), float64(of.Exact().Sum)/1e6
	classic := prometheus.MustNewConstHistogram(d, count, sum, cumulative(of, durationBounds()), labels...)
	schema, buckets, zero := exponential(of)
	native, err := prometheus.NewConstNativeHistogram(d, count, sum, buckets, nil, zero, schema, zeroThreshold, time.Time{}, labels...)
	if err != nil {
		return classic
	}
	return &histogram{classic, native}
}

// Write implements prometheus.Metric.
func (h *histogram) Write(to *dto.Metric) error {
	if err := h.Metric.Write(to); err != nil {
		return err
	}
	var native dto.Metric
	if err := h.native.Write(&native); err != nil {
		return err
	}
	from, into := native.GetHistogram(), to.GetHistogram()
	into.Schema, into.ZeroThreshold, into.ZeroCount = from.Schema, from.ZeroThreshold, from.ZeroCount
	into.PositiveSpan, into.PositiveDelta = from.PositiveSpan, from.PositiveDelta
	return nil
}

const (
	finestSchema  = 3   // eight buckets to a doubling, each 9 % wider than the one before
	mostBuckets   = 160 // of the native form
	zeroThreshold = 1e-6
)

// exponential returns the buckets of the native form: bucket i holds what is above
// 2^((i-1)/2^schema) seconds and up to 2^(i/2^schema). What takes up to a
// microsecond, the unit of our own, is zero.
func exponential(h *measure.Histogram) (schema int32, buckets map[int]int64, zero uint64) {
	schema, buckets = finestSchema, map[int]int64{}
	h.Each(func(_, high time.Duration, n int64) {
		if high <= time.Microsecond {
			zero += uint64(n)
			return
		}
		buckets[int(math.Ceil(math.Log2(high.Seconds())*(1<<finestSchema)))] += n
	})
	for ; len(buckets) > mostBuckets; schema-- {
		wider := make(map[int]int64, len(buckets)/2+1)
		for i, n := range buckets {
			wider[(i+1)>>1] += n // two into one
		}
		buckets = wider
	}
	return schema, buckets, zero
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
