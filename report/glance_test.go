package report

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What people look at does not depend on whether the run has ended.
func TestGlanceIsTheReportWithoutWhatOtherToolsTake(t *testing.T) {
	in := small(t)
	want := built(t, in)
	require.NotNil(t, want.Evidence)
	require.NotNil(t, want.Histograms.Latency)
	want.Evidence, want.Histograms = nil, Histograms{}
	got, err := Glance(in)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestGlanceRefusesWhatBuildRefuses(t *testing.T) {
	in := small(t)
	in.Run.Effective = []byte("{")
	_, want := Build(in)
	_, err := Glance(in)
	require.EqualError(t, err, want.Error())
}
