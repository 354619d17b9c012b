package history

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// series makes rows, newest first, with these figures in order of time.
func series(values ...float64) []Row {
	var rows []Row
	for i, v := range values {
		rows = append(rows, Row{Scenario: "a", Run: string(rune('a' + i%26)), Valid: true, P95: new(v), Plan: "one"})
	}
	slices.Reverse(rows)
	return rows
}

func TestShifts(t *testing.T) {
	noise := func(n int, level float64, seed uint64) (all []float64) {
		r := rand.New(rand.NewPCG(seed, 2))
		for range n {
			all = append(all, level*math.Exp(0.05*r.NormFloat64()))
		}
		return all
	}
	tests := []struct {
		name   string
		values []float64
		want   []int
	}{
		{"none in few runs", []float64{1, 1, 1, 1, 9, 9, 9, 9}, nil},
		{"five and five", []float64{10, 11, 10, 12, 11, 20, 21, 22, 20, 21}, []int{5}},
		{"all the same", slices.Repeat([]float64{7}, 50), nil},
		{"noise", noise(60, 100, 1), nil},
		{"up and down again", slices.Concat(noise(20, 100, 1), noise(20, 150, 2), noise(20, 100, 3)), []int{20, 40}},
		{"one outlier", slices.Concat(noise(20, 100, 1), []float64{900}, noise(20, 100, 2)), nil},
		{"too little to matter", slices.Concat(slices.Repeat([]float64{100}, 20), slices.Repeat([]float64{103}, 20)), nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var at []int
			for _, s := range TrendOf(series(test.values...), "a").Shifts {
				at = append(at, s.At)
			}
			require.Equal(t, test.want, at)
		})
	}
}

func TestAShiftSaysHowFarAndWhetherThePlanChanged(t *testing.T) {
	rows := series(10, 11, 10, 12, 11, 20, 21, 22, 20, 21)
	for i := range 5 {
		rows[i].Plan = "two"
	}
	trend := TrendOf(rows, "a")
	require.Equal(t, []Shift{{At: 5, Before: 11, After: 21, Plan: true}}, trend.Shifts)
	require.InDelta(t, 90.9, trend.Shifts[0].Change(), 0.1)
	require.True(t, trend.Planned(5))
	require.False(t, trend.Planned(4))
	require.False(t, trend.Planned(0))
}

func TestRunsThatTellNothingMakeNoShift(t *testing.T) {
	rows := series(10, 11, 10, 12, 11, 20, 21, 22, 20, 21)
	for i := range 5 {
		rows[i].Valid = false
	}
	require.Empty(t, TrendOf(rows, "a").Shifts)
	rows[7].P95 = nil
	require.Empty(t, TrendOf(rows, "a").Shifts)
}

// A mark that is no news in more than one scenario of a hundred would not be looked at.
func TestNoiseIsSeldomAShift(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	marked := 0
	const worlds = 300
	for range worlds {
		var values []float64
		for range 40 {
			values = append(values, 100*math.Exp(0.3*r.NormFloat64()))
		}
		if len(TrendOf(series(values...), "a").Shifts) > 0 {
			marked++
		}
	}
	require.LessOrEqual(t, marked, 9) // 3 are expected, and 9 are there once in 250 times
}

func TestATrendIsOfOneScenario(t *testing.T) {
	rows := append(series(1, 2, 3), Row{Scenario: "b"})
	require.Len(t, TrendOf(rows, "a").Rows, 3)
	require.Empty(t, TrendOf(rows, "c").Rows)
	long := TrendOf(series(slices.Repeat([]float64{1, 2}, 400)...), "a")
	require.Len(t, long.Rows, MostTrend)
	require.Equal(t, 500, long.Older)
}
