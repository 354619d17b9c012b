package main

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestConnectingMayTakeAMillisecondLonger(t *testing.T) {
	nan := math.NaN()
	tests := []struct {
		name string
		ms   []float64
		want float64
	}{
		{"a far target keeps the margin", []float64{50, 50, 50, 50, 90, 90, 90, 90}, 0.1},
		{"just as far as the margin is a millisecond", []float64{10, 10, 10, 10}, 0.1},
		{"a near one", []float64{0.2, 0.2, 0.2, 0.2, 9, 9, 9, 9}, 5},
		{"it goes by the first quarter, without what is missing", []float64{nan, 0.5, nan, 8, 8, 8, 8, 8}, 2},
		{"nothing measured in it", []float64{nan, nan, 8, 8, 8, 8, 8, 8}, 0.1},
		{"too short to be measured", []float64{0, 0, 0, 0}, 100},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.InDelta(t, test.want, ofConnecting(0.1, test.ms), 1e-9)
		})
	}
}
