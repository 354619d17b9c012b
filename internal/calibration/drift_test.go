package main

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/slo/drift"
)

// The bounds of all courses, over few enough runs to be quick. The draws are fixed.
func TestDriftInShort(t *testing.T) {
	for _, c := range courses() {
		t.Run(c.name+", "+c.change, func(t *testing.T) {
			t.Parallel()
			all := c.judged(newEffort(120), drift.Options{Permutations: 99})
			for _, p := range c.promises(all) {
				require.True(t, p.held(), "%s: want %s, got %s", p.What, p.limitText(), p.Text)
			}
			if strings.HasPrefix(c.name, "a day, rhythm") {
				require.Equal(t, len(all), count(all, always, degradation.isConfounded).hits, "runs that say that they are confounded")
			}
		})
	}
}

func TestTargetsHaveTheChangeTheySay(t *testing.T) {
	quiet := func(change func(*latency)) []float64 {
		l := aDay(change)
		l.noise = 0
		return l.run(rand.New(rand.NewPCG(1, 2))).Series[0].Values
	}
	drifts := quiet(func(l *latency) { l.drift = 0.2 })
	require.Len(t, drifts, 72)
	require.InDelta(t, 100, drifts[0], 0.2)
	require.InDelta(t, 120, drifts[71], 0.2)
	late := quiet(func(l *latency) { l.jump, l.lasted = 0.2, 3 })
	require.InDelta(t, 100, late[62], 1e-9)
	require.InDelta(t, 120, late[63], 1e-9)
	require.InDelta(t, 1.0/120, quiet(func(l *latency) { l.rate, l.drift = true, 0.2 })[71], 1e-4)

	grows := failing{requests: 1_000_000, share: 0.002, drift: 0.003}.run(rand.New(rand.NewPCG(1, 2))).Series[0]
	require.InDelta(t, 0.002, grows.Values[0], 0.0003)
	require.InDelta(t, 0.005, grows.Values[71], 0.0003)
}
