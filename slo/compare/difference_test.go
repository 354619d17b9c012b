package compare

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What lasts for two blocks is hidden by blocks of that length taken one by one: twenty
// of them look like twenty values, and there are ten.
func TestLongerBlocksCountWhereTheyDifferMore(t *testing.T) {
	waves, calm := counts{}, counts{}
	for i := range usualBlocks {
		bad := 10.0
		if i/2%2 == 0 {
			bad = 20
		}
		waves.bad, waves.due = append(waves.bad, bad), append(waves.due, 1000)
		calm.bad, calm.due = append(calm.bad, 15), append(calm.due, 1000)
	}
	of := func(blocks int) float64 {
		return reach(residuals(calm.in(blocks)), residuals(waves.in(blocks)), true)
	}
	require.Greater(t, of(longBlocks), 1.2*of(usualBlocks))
	require.InDelta(t, of(longBlocks), subtract(calm, waves, usualBlocks, true, 0).reach, 1e-12)
}

func TestUsualStatus(t *testing.T) {
	require.Zero(t, usual(nil))
	require.Equal(t, 404, usual(map[int]int64{200: 3, 404: 4}))
	for range 20 { // in whatever order a map tells them
		require.Equal(t, 200, usual(map[int]int64{200: 4, 404: 4, 503: 4}), "of equals the lowest, so that it is always the same")
	}
}

func TestHowMuchLongerMayTell(t *testing.T) {
	tests := map[string]aspect{
		"; 2 times as long may tell":             {change: 0, lo: -0.1, hi: 0.1, margin: 0.1}, // once as long did not
		"; 4 times as long may tell":             {change: 0, lo: -0.2, hi: 0.2, margin: 0.1},
		"; 7 times as long may tell":             {change: 0.2, lo: -0.05, hi: 0.45, margin: 0.1},
		"; it is too near to the margin to tell": {change: 0.09, lo: -0.1, hi: 0.3, margin: 0.1},
	}
	for want, a := range tests {
		require.Equal(t, want, a.further())
	}
}
