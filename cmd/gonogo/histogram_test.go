package main

import (
	"math"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

// Both forms are in one metric, count the same, and hold each value between the
// bounds of its bucket.
func TestAHistogramHasBothForms(t *testing.T) {
	var h measure.Histogram
	values := []time.Duration{time.Microsecond, time.Millisecond, 7 * time.Millisecond, time.Second, 2 * time.Second, 30 * time.Second}
	for _, v := range values {
		h.Record(v)
	}
	var m dto.Metric
	require.NoError(t, newHistogram(prometheus.NewDesc("d", "", []string{"step"}, nil), &h, "a").Write(&m))
	require.Equal(t, "a", m.GetLabel()[0].GetValue())
	got := m.GetHistogram()
	require.EqualValues(t, len(values), got.GetSampleCount())
	require.InDelta(t, 33.008001, got.GetSampleSum(), 1e-9)
	require.Len(t, got.GetBucket(), len(durationBounds()))
	require.EqualValues(t, 5, got.GetBucket()[len(durationBounds())-1].GetCumulativeCount(), "up to ten seconds")

	require.EqualValues(t, finestSchema, got.GetSchema())
	require.EqualValues(t, 1, got.GetZeroCount())
	buckets := spelled(got)
	require.Len(t, buckets, 5)
	for _, v := range values[1:] {
		found := 0
		for i, n := range buckets {
			upper := math.Pow(2, float64(i)/8)
			if lower := math.Pow(2, float64(i-1)/8); n == 1 && lower*0.999 <= v.Seconds() && v.Seconds() <= upper {
				found++
			}
		}
		require.Equal(t, 1, found, v)
	}
}

// spelled lists the native buckets, which are written as spans of differences.
func spelled(h *dto.Histogram) map[int]int64 {
	all, index, count, delta := map[int]int64{}, 0, int64(0), 0
	for _, span := range h.GetPositiveSpan() {
		index += int(span.GetOffset())
		for range span.GetLength() {
			count += h.GetPositiveDelta()[delta]
			delta++
			if count != 0 {
				all[index] = count
			}
			index++
		}
	}
	return all
}

// What spreads over more buckets than there may be is told in wider ones.
func TestTheNativeFormIsBounded(t *testing.T) {
	var h measure.Histogram
	for d := 2 * time.Microsecond; d < time.Hour; d += d/20 + time.Microsecond {
		h.Record(d)
	}
	schema, buckets, zero := exponential(&h)
	require.EqualValues(t, finestSchema-1, schema)
	require.LessOrEqual(t, len(buckets), mostBuckets)
	require.Zero(t, zero)
	sum := int64(0)
	for _, n := range buckets {
		sum += n
	}
	require.Equal(t, h.Count(), sum)
}
