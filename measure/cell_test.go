package measure

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestACellHasTheCountersOfItsInterval(t *testing.T) {
	limit := Limit{Step: AllSteps, Latency: 5 * time.Millisecond}
	r := NewRecorder(Config{Steps: []string{"a", "b"}, Limits: []Limit{limit}})
	for step, took := range []time.Duration{time.Millisecond, 9 * time.Millisecond} {
		o := Outcome{Step: step, Phase: Measure, Due: 3 * time.Second, Sent: 3 * time.Second, BytesIn: 7}
		o.Done = o.Due + took
		o.Read = o.Done
		r.Record(&o)
	}
	intervals := r.Seal()
	require.Len(t, intervals, 1)
	c := intervals[0].Cell()
	require.Equal(t, 3, c.Second)
	require.Equal(t, Measure, c.Phase)
	require.Equal(t, []int64{1}, c.Over)
	require.Len(t, c.Steps, 2)
	for step, s := range c.Steps {
		require.Equal(t, step, s.Step)
		require.EqualValues(t, 1, s.OK())
		require.EqualValues(t, 7, s.BytesIn)
	}
}
