package drift

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func lineOf(ys ...float64) line {
	l := line{span: len(ys), margin: 0.1}
	for i, y := range ys {
		if !math.IsNaN(y) {
			l.points = append(l.points, point{i, y})
		}
	}
	return l
}

func TestSlopeIsTheMedianOfAllSlopes(t *testing.T) {
	gap := math.NaN()
	tests := []struct {
		name string
		ys   []float64
		want float64
	}{
		{"a straight line", []float64{1, 3, 5, 7}, 2},
		{"a block gone mad does not move it", []float64{1, 3, 5, 700, 9, 11}, 2},
		{"a gap keeps its time", []float64{1, gap, gap, 7, 9}, 2},
		{"ties are no trend, neither up nor down", []float64{4, 4, 4, 4}, 0},
		{"slopes 1, 1, 2, 2, 2 and 3", []float64{0, 1, 4, 6}, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := lineOf(test.ys...)
			require.InDelta(t, test.want, l.slope().value, 1e-12)
		})
	}
}

// Only blocks of the same season are compared: the rise within a cycle is none.
func TestSlopeOfSeasons(t *testing.T) {
	for _, means := range []bool{false, true} {
		l := lineOf(0, 10, 20, 3, 13, 23, 6, 16, 26)
		l.cycle, l.means = 3, means
		require.InDelta(t, 1, l.slope().value, 1e-12)
	}
}

// The variance of Kendall's S is that over all orders of the values, ties included.
func TestKendallVarianceIsThatOfAllOrders(t *testing.T) {
	for _, ys := range [][]float64{{1, 2, 3, 4, 5}, {1, 1, 2, 3, 3}, {1, 1, 1, 1, 2}, {7, 7, 7}} {
		var squares, orders float64
		permute(slices.Clone(ys), 0, func(order []float64) {
			s := 0.0
			for i := range order {
				for j := range i {
					s += sign(order[i] - order[j])
				}
			}
			squares, orders = squares+s*s, orders+1
		})
		l := lineOf(ys...)
		require.InDelta(t, squares/orders, l.kendall(), 1e-9, ys)
	}
}

// So is the one of Mann and Whitney's U over all ways to part the values.
func TestShiftVarianceIsThatOfAllPartings(t *testing.T) {
	for _, ys := range [][]float64{{1, 2, 3, 4, 5, 6}, {1, 1, 2, 2, 2, 5}, {0, 0, 0, 0, 0, 1}} {
		const m = 2
		var squares, orders float64
		permute(slices.Clone(ys), 0, func(order []float64) {
			u := 0.0
			for _, x := range order[:m] {
				for _, y := range order[m:] {
					u += sign(y-x) / 2
				}
			}
			squares, orders = squares+u*u, orders+1
		})
		l := line{}
		require.InDelta(t, math.Sqrt(squares/orders), l.shift(ys[:m], ys[m:]).sd, 1e-9, ys)
	}
}

// And the one of Wilcoxon's signed ranks over all signs of the differences.
func TestCyclesVarianceIsThatOfAllSigns(t *testing.T) {
	sizes := []float64{1, 2.1, 3.3, 4.7, 5.9}
	n := len(sizes)
	var squares, mean float64
	for signs := range 1 << n {
		above := 0.0
		for i := range n {
			for j := i; j < n; j++ {
				above += (1 + sign(flipped(sizes, signs, i)+flipped(sizes, signs, j))) / 2
			}
		}
		mean += above / float64(int(1)<<n)
		squares += above * above / float64(int(1)<<n)
	}
	l := lineOf(0, 0, 0, 0, 0, 1, 2.1, 3.3, 4.7, 5.9)
	l.cycle = n
	require.InDelta(t, math.Sqrt(squares-mean*mean), l.quarters().sd, 1e-9)
}

func flipped(sizes []float64, signs, i int) float64 {
	if signs>>i&1 == 1 {
		return -sizes[i]
	}
	return sizes[i]
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}

func permute(ys []float64, from int, visit func([]float64)) {
	if from == len(ys) {
		visit(ys)
		return
	}
	for i := from; i < len(ys); i++ {
		ys[from], ys[i] = ys[i], ys[from]
		permute(ys, from+1, visit)
		ys[from], ys[i] = ys[i], ys[from]
	}
}

// The bounds of a median of slopes are those slopes at which the rank test
// is just not significant, so their ranks are symmetric about it.
func TestBoundsByRanks(t *testing.T) {
	e := ranked([]float64{9, 1, 8, 2, 7, 3, 6, 4, 5}, 1)
	e.df = 1e6
	lo, hi := e.bounds(0.05)
	require.InDelta(t, 5-1.645, lo, 0.001)
	require.InDelta(t, 5+1.645, hi, 0.001)

	e.sd = 100
	lo, hi = e.bounds(0.05)
	require.Equal(t, []float64{1, 9}, []float64{lo, hi}, "never beyond the slopes there are")

	e.slack = 0.5
	lo, hi = e.bounds(0.05)
	require.Equal(t, []float64{0.5, 9.5}, []float64{lo, hi}, "but what a value can hide is added")
}

func TestLeastSquares(t *testing.T) {
	// y = 1, 2, 2, 3: slope 0.6, residual sum of squares 0.2, of x about its mean 5.
	l := lineOf(1, 2, 2, 3)
	l.means = true
	e := l.slope()
	require.InDelta(t, 0.6, e.value, 1e-12)
	require.InDelta(t, math.Sqrt(0.2/2/5), e.sd, 1e-12)

	l.noise = 20
	require.InDelta(t, 2, l.slope().sd, 1e-12, "never less than counting alone brings")
}

func TestQuarters(t *testing.T) {
	l := lineOf(0, 1, 5, 5, 5, 5, 10, 12)
	e := l.quarters()
	require.Equal(t, 10.5, e.value)
	l.means = true
	require.Equal(t, 10.5, l.quarters().value)

	gap := math.NaN()
	l = lineOf(gap, gap, 0, 5, 5, 5, 5, 5, 5, 5, 10, 12)
	require.True(t, math.IsNaN(l.quarters().value), "half of the first quarter is missing")

	l = lineOf(0, 10, 20, 99, 99, 99, 5, 15, 26)
	l.cycle = 3
	require.Equal(t, 5.25, l.quarters().value, "the last cycle against the first: 5, 5, 6, and the averages of any two")
}

func TestRegressionFindsWhatWasPutIn(t *testing.T) {
	l := lineOf(make([]float64, 40)...)
	for i := range l.points {
		sin, cos := sincos(l.points[i], 40)
		l.points[i].y = 3 + 2*float64(i) + 5*sin - 7*cos
	}
	r, ok := l.regress(40, func(p point) float64 { return float64(p.at) })
	require.True(t, ok)
	require.InDeltaSlice(t, []float64{3, 2, 5, -7}, r.coefficients, 1e-9)
	require.InDelta(t, 0, r.rss, 1e-9)

	_, ok = l.regress(0, func(point) float64 { return 1 })
	require.False(t, ok, "two equal columns")
}
