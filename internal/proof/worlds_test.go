package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/internal/proof/peers"
)

func TestTheTruthByConstruction(t *testing.T) {
	want := map[string]*peers.Figures{
		"stall":            {{MS: 0}, {MS: 500}, {MS: 750}, {MS: 950}},
		"bimodal":          {{MS: 10}, {MS: 10}, {MS: 10}, {MS: 500}},
		"slow drip":        {{MS: 200}, {MS: 200}, {MS: 200}, {MS: 200}},
		"saturated client": nil,
	}
	for _, w := range worlds() {
		t.Run(w.name, func(t *testing.T) {
			got, err := w.construction()
			require.NoError(t, err)
			require.Equal(t, w.fixed && got == nil, false, "a fixed truth is known")
			wanted, known := want[w.name]
			switch {
			case known && wanted != nil:
				for i := range wanted {
					require.InDelta(t, wanted[i].MS, got[i].MS, 1e-3)
				}
			case known:
				require.Nil(t, got)
			default:
				require.Positive(t, got[0].MS)
			}
		})
	}
}

func TestALoadLastsWholePeriods(t *testing.T) {
	stall, err := chosen("stall")
	require.NoError(t, err)
	drip, err := chosen("slow drip")
	require.NoError(t, err)
	tests := []struct {
		name  string
		world world
		about time.Duration
		want  time.Duration
	}{
		{"whole already", stall[0], 20 * time.Second, 20 * time.Second},
		{"up to the next", stall[0], 6 * time.Second, 10 * time.Second},
		{"at least one", stall[0], 0, 5 * time.Second},
		{"a world without a period has seconds", drip[0], 2500 * time.Millisecond, 3 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, tt.world.lasting(tt.about).Length) })
	}
}

func TestChosen(t *testing.T) {
	all, err := chosen("")
	require.NoError(t, err)
	require.Len(t, all, 6)
	some, err := chosen("stall,fast errors")
	require.NoError(t, err)
	require.Len(t, some, 2)
	_, err = chosen("stall,heaven")
	require.ErrorContains(t, err, `find world "heaven"`)
}

// A tool that paces its connections must be able to share the rate evenly, and
// h2load takes whole numbers only.
func TestEveryRateCanBeShared(t *testing.T) {
	for _, w := range worlds() {
		if w.load.Rate > 0 {
			require.Zero(t, w.load.Rate%w.load.Users, w.name)
			require.Positive(t, w.load.Open, w.name)
		}
	}
}
