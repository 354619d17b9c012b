package live

import (
	"testing"
	"time"

	"gonogo/measure"
	"gonogo/report"
	"gonogo/report/html"
)

// BenchmarkDrawing draws a run of four steps, 200 requests a second.
func BenchmarkDrawing(b *testing.B) {
	for _, length := range []time.Duration{5 * time.Second, 5 * time.Minute, time.Hour} {
		b.Run(length.String(), func(b *testing.B) {
			in := report.Input{Summary: summaryOf(length), Phases: []report.Span{{Phase: measure.Measure, Length: length}}}
			bytes := 0
			b.ReportAllocs()
			for b.Loop() {
				r, err := report.Glance(in)
				if err != nil {
					b.Fatal(err)
				}
				bytes = 0
				for _, s := range html.Sections(r) {
					bytes += len(s.HTML)
				}
			}
			b.ReportMetric(float64(bytes), "bytes/page")
		})
	}
}

// summaryOf is a run in which response times vary by a hundred.
func summaryOf(length time.Duration) *measure.Summary {
	c := measure.Config{Steps: []string{"look", "find", "buy", "pay"}, Charge: time.Second}
	s, recorder := measure.NewSummary(c), measure.NewRecorder(c)
	for n := range 200 * int(length/time.Second) {
		due := time.Duration(n) * 5 * time.Millisecond
		done := due + time.Duration(1000+n*n%99_000)*time.Microsecond
		recorder.Record(&measure.Outcome{Step: n % 4, Phase: measure.Measure, Status: 200, Due: due, Sent: due, FirstByte: done, Done: done, Read: done})
		if n%200 == 199 {
			for _, i := range recorder.Seal() {
				s.Merge(i)
			}
		}
	}
	return s
}
