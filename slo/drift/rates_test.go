package drift

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the package is for, over a hundred days with fixed seeds whose blocks of
// 5 % noise remember the one before. How often it is wrong in many more worlds
// is measured by internal/calibration.
func TestRates(t *testing.T) {
	tests := []struct {
		name                   string
		drift                  float64
		passes, fails          int // at least
		mostPasses, mostFailed int
	}{
		{"no drift", 0, 75, 0, 100, 2},
		{"a drift of the margin", 0.1, 0, 0, 10, 30},
		{"a drift of twice the margin", 0.2, 0, 80, 1, 100},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			passed, failed := 0, 0
			for seed := range uint64(100) {
				s := Series{Name: "p95"}
				for i, z := range noise(seed, 72, 0.3) {
					s.Values = append(s.Values, 100*math.Exp(0.05*z)*(1+test.drift*(float64(i)+0.5)/72))
				}
				switch judged(t, runOf(s), Options{Permutations: 99}).Verdict {
				case Pass:
					passed++
				case Fail:
					failed++
				}
			}
			t.Logf("%d passed, %d failed", passed, failed)
			require.GreaterOrEqual(t, passed, test.passes)
			require.LessOrEqual(t, passed, test.mostPasses)
			require.GreaterOrEqual(t, failed, test.fails)
			require.LessOrEqual(t, failed, test.mostFailed)
		})
	}
}
