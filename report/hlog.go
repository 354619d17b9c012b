package report

import (
	"fmt"
	"io"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"gonogo/measure"
)

// HistogramLog is the Companion that holds the response times of every interval
// of the series, failures as charged, as a standard HdrHistogram log in
// microseconds. The intervals that are not of the measure phase are tagged with
// the name of their phase, so that a reader that takes no tags sees what was judged.
func HistogramLog(started time.Time, series []measure.Bucket) Companion {
	return Companion{".hlog", func(w io.Writer) error {
		if err := writeLog(w, started, series); err != nil {
			return fmt.Errorf("write the histogram log: %w", err)
		}
		return nil
	}}
}

func writeLog(w io.Writer, started time.Time, series []measure.Bucket) error {
	log := hdrhistogram.NewHistogramLogWriter(w)
	for _, write := range []func() error{
		log.OutputLogFormatVersion,
		func() error { return log.OutputComment("[Response times in microseconds; Interval_Max in seconds]") },
		func() error { return log.OutputStartTime(started.UnixMilli()) },
		log.OutputLegend,
	} {
		if err := write(); err != nil {
			return err
		}
	}
	for i := range series {
		if err := log.OutputIntervalHistogram(logged(started, &series[i])); err != nil {
			return err
		}
	}
	return nil
}

// logged returns the interval's histogram with its times on the wall clock.
func logged(started time.Time, b *measure.Bucket) *hdrhistogram.Histogram {
	h := b.Response.Export()
	h.SetStartTimeMs(started.Add(b.Start).UnixMilli())
	h.SetEndTimeMs(started.Add(b.Start + b.Length).UnixMilli())
	if b.Phase != measure.Measure {
		h.SetTag(b.Phase.String())
	}
	return h
}

func encodeHistograms(f *measure.Figures) (Histograms, error) {
	var all Histograms
	for _, h := range []struct {
		to   **string
		from *measure.Histogram
	}{
		{&all.Latency, f.Response()},
		{&all.Answered, &f.Answered},
		{&all.Charged, &f.Charged},
		{&all.Service, &f.Service},
		{&all.Lag, &f.Lag},
		{&all.Late, &f.Late},
		{&all.Connect, &f.Connect},
		{&all.TLS, &f.TLS},
		{&all.FirstByte, &f.FirstByte},
		{&all.ClientDelay, &f.ClientDelay},
	} {
		if h.from.Count() == 0 {
			continue
		}
		text, err := h.from.Export().EncodeV2()
		if err != nil {
			return all, fmt.Errorf("encode a histogram: %w", err)
		}
		encoded := string(text)
		*h.to = &encoded
	}
	return all, nil
}
