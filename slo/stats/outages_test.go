package stats

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFindOutages(t *testing.T) {
	cells := func(text string) []Block { // x: all bad, .: all good, -: half of them, _: no requests
		all := make([]Block, len(text))
		for i, c := range text {
			switch c {
			case 'x':
				all[i] = Block{10, 10}
			case '.':
				all[i] = Block{10, 0}
			case '-':
				all[i] = Block{10, 5}
			}
		}
		return all
	}
	tests := []struct {
		name, cells string
		want        Outages
	}{
		{"none", "..........", Outages{Cells: 10}},
		{"nothing was due", "____", Outages{Cells: 4}},
		{"one second", "...x...", Outages{Count: 1, Longest: 1, Bad: 1, Cells: 7}},
		{"at both ends", "xx.......xxx", Outages{Count: 2, Longest: 3, Bad: 5, Cells: 12}},
		{"a gap of 5 s is within", "x.....x", Outages{Count: 1, Longest: 7, Bad: 2, Cells: 7}},
		{"a gap of 6 s parts", "x......x", Outages{Count: 2, Longest: 1, Bad: 2, Cells: 8}},
		{"half is not more than half", "..-..", Outages{Cells: 5}},
		{"silence is no recovery", "xx____xx", Outages{Count: 1, Longest: 8, Bad: 4, Cells: 8}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, FindOutages(cells(test.cells), 0.5, 5))
		})
	}
}

func TestMostOutages(t *testing.T) {
	require.InDelta(t, 3.0/600, Outages{Cells: 600}.Most(0.05), 0.00001, "the rule of three")
	require.InDelta(t, 4.744/600, Outages{Cells: 600, Count: 1}.Most(0.05), 0.00001)
	require.InDelta(t, 16.96/600, Outages{Cells: 600, Count: 10}.Most(0.05), 0.0001)
	require.Equal(t, 1.0, Outages{}.Most(0.05))
}
