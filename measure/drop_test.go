package measure

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Dropping n at once is the same as dropping one n times, whatever else is
// recorded.
func TestDropIsManyDroppedOutcomes(t *testing.T) {
	c := Config{
		Steps:  []string{"a", "b"},
		Limits: []Limit{{Step: AllSteps, Latency: time.Second}, {Step: 0, Latency: time.Millisecond}, {Step: 1, Latency: time.Minute}},
		Charge: 10 * time.Second,
	}
	atOnce, oneByOne := NewRecorder(c), NewRecorder(c)
	for i, n := range []int64{1, 0, 1000, 3} {
		due := time.Duration(i) * 700 * time.Millisecond
		dropped := Outcome{Step: i % 2, Phase: Phase(i % 3), Class: Dropped, Due: due, Done: due, Read: due}
		good := Outcome{Step: 1, Phase: dropped.Phase, Due: due, Sent: due, FirstByte: due, Done: due + 1, Read: due + 1, Status: 200}
		atOnce.Drop(&dropped, n)
		atOnce.Record(&good)
		for range n {
			oneByOne.Record(&dropped)
		}
		oneByOne.Record(&good)
	}
	want, got := oneByOne.Seal(), atOnce.Seal()
	require.Len(t, got, len(want))
	for i := range want {
		a, err := want[i].MarshalBinary()
		require.NoError(t, err)
		b, err := got[i].MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, a, b, "%+v\n%+v", want[i], got[i])
	}
}
