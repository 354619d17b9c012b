package drift_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/slo/drift"
)

// What the package promises, over simulated runs with fixed seeds. Few enough of
// them to be quick: the bounds hold for these seeds, the rates are measured
// with more in docs/decisions/0004-drift.md.
func TestClaims(t *testing.T) {
	for i, c := range claims() {
		t.Run(fmt.Sprintf("%d %s", i, c.name), func(t *testing.T) {
			t.Parallel()
			got, err := simulate(c.world, drift.Options{Permutations: 99}, c.runs)
			require.NoError(t, err)
			percent := func(n int) float64 { return 100 * float64(n) / float64(c.runs) }
			t.Logf("passed %.1f %%, failed %.1f %%", percent(got.passed), percent(got.failed))
			require.GreaterOrEqual(t, percent(got.passed), c.passAtLeast, "passes")
			require.LessOrEqual(t, percent(got.passed), c.passAtMost, "passes")
			require.GreaterOrEqual(t, percent(got.failed), c.failAtLeast, "fails")
			require.LessOrEqual(t, percent(got.failed), c.failAtMost, "fails")
			if c.noted {
				require.Equal(t, c.runs, got.noted)
			}
		})
	}
}
