package measure

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAStretchIsTheMergeOfItsSeconds(t *testing.T) {
	w, sealed := intervals(11)
	var measured []Interval
	for _, i := range sealed {
		if i.Phase == Measure {
			measured = append(measured, i)
		}
	}
	whole := Stretch(2, measured)
	require.Equal(t, 2, whole.Second)
	require.NoError(t, whole.check())
	before, after := imageOf(w.summary(measured)), imageOf(w.summary([]Interval{whole}))
	before.Buckets, after.Buckets = nil, nil
	require.Equal(t, before, after)
	pieces := []Interval{Stretch(2, measured[:7]), Stretch(5, measured[7:])}
	require.Equal(t, whole, Stretch(2, pieces), "however it is put together")
}

func TestCellsOfTheSameSecondAreJoined(t *testing.T) {
	_, sealed := intervals(11)
	var cells, want []Cell
	for _, i := range sealed {
		cells = append(cells, i.Cell())
	}
	for _, i := range Join(sealed) {
		want = append(want, i.Cell())
	}
	require.Less(t, len(want), len(cells))
	require.Equal(t, want, JoinCells(cells))
	slices.Reverse(cells)
	require.Equal(t, want, JoinCells(cells), "and in any order")
	require.Equal(t, want, JoinCells(want), "joining changed none of them")
}
