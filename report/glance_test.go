package report

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

// What people look at does not depend on whether the run has ended.
func TestGlanceIsTheReportWithoutWhatOtherToolsTake(t *testing.T) {
	in := small(t)
	want := built(t, in)
	require.NotNil(t, want.Evidence)
	require.NotNil(t, want.Histograms.Latency)
	curves, err := want.Curves()
	require.NoError(t, err)
	require.Len(t, curves, 3)
	want.Evidence, want.Histograms, want.Intervals, want.WorstWindow = nil, Histograms{}, []Interval{}, nil
	got, err := Glance(in)
	require.NoError(t, err)
	same, err := got.Curves()
	require.NoError(t, err)
	for i := range same { // the encoded histograms have been rounded
		require.Equal(t, curves[i].Name, same[i].Name)
		require.InDeltaSlice(t, curves[i].Q, same[i].Q, 0)
		require.InDeltaSlice(t, curves[i].MS, same[i].MS, 1)
	}
	got.curves = nil
	require.Equal(t, want, got)
}

func TestGlanceRefusesWhatBuildRefuses(t *testing.T) {
	in := small(t)
	in.Run.Effective = []byte("{")
	_, want := Build(in)
	_, err := Glance(in)
	require.EqualError(t, err, want.Error())
}

func BenchmarkGlance(b *testing.B) { // about 1 ms; Build takes about 5
	s := measure.NewSummary(measure.Config{Steps: []string{"look"}, Charge: timeout})
	for second := range 300 {
		recorder := measure.NewRecorder(measure.Config{Steps: []string{"look"}, Charge: timeout})
		for i := range 1000 {
			due := time.Duration(second)*time.Second + time.Duration(i)*time.Millisecond
			done := due + time.Duration(i*i%100_000)*time.Microsecond
			recorder.Record(&measure.Outcome{Phase: measure.Measure, Status: 200, Due: due, Sent: due, FirstByte: done, Done: done, Read: done})
		}
		for _, i := range recorder.Seal() {
			s.Merge(i)
		}
	}
	in := Input{Summary: s, Phases: []Span{{measure.Measure, 0, 300 * time.Second}}}
	for name, build := range map[string]func(Input) (*Report, error){"glance": Glance, "build": Build} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := build(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
