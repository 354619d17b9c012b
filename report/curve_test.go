package report

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

func TestACurveHasThePercentilesThatPeopleAskFor(t *testing.T) {
	var h measure.Histogram
	for i := range 1000 {
		h.Record(time.Duration(i+1) * time.Millisecond)
	}
	c := curveOf("response time", &h)
	require.IsIncreasing(t, c.Q)
	require.IsNonDecreasing(t, c.MS)
	for _, q := range []float64{0.5, 0.75, 0.95, 0.995} {
		require.Contains(t, c.Q, q)
	}
	require.Equal(t, 1000.0, c.MS[len(c.MS)-1])

	var one measure.Histogram
	one.Record(time.Millisecond)
	require.Equal(t, Curve{Name: "one", Q: []float64{0, 0.5}, MS: []float64{1, 1}}, curveOf("one", &one))
}
