package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A name and a target that are both too long each keep a part that tells them apart.
func TestColumnsThatGiveWayShareWhatIsLeft(t *testing.T) {
	tests := []struct {
		name         string
		first, other int // how long the texts are
		most         int
		want         []int
	}{
		{"there is room for both", 20, 10, 60, []int{20, 10, 9}},
		{"both are long", 40, 40, 50, []int{18, 17, 9}},
		{"one of them is long", 10, 60, 50, []int{10, 25, 9}},
		{"the other one is long", 60, 10, 50, []int{25, 10, 9}},
		{"there is room for the least alone", 40, 40, 31, []int{8, 8, 9}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table := &table{right: []bool{false, false, true}, least: []int{8, 8, 0}}
			table.add(own(strings.Repeat("a", tt.first)), own(strings.Repeat("b", tt.other)), own("inflated!"))
			require.Equal(t, tt.want, table.widths(tt.most))
		})
	}
}
