package drift

import "math"

// A regression is a least squares fit to few columns.
type regression struct {
	coefficients []float64
	inverse      []float64 // the diagonal of (X'X)^-1
	left         []float64 // residuals
	rss          float64   // their sum of squares
}

// fit regresses y on the columns of rows. It is not ok if the columns do not
// tell each other apart.
func fit(rows [][]float64, y []float64) (r regression, ok bool) {
	k := len(rows[0])
	system := make([][]float64, k) // X'X, then X'y, then the identity
	for a := range system {
		system[a] = make([]float64, 2*k+1)
		system[a][k+1+a] = 1
		for i, row := range rows {
			for b := range k {
				system[a][b] += row[a] * row[b]
			}
			system[a][k] += row[a] * y[i]
		}
	}
	if !eliminate(system) {
		return r, false
	}
	for a, row := range system {
		r.coefficients = append(r.coefficients, row[k])
		r.inverse = append(r.inverse, row[k+1+a])
	}
	for i, row := range rows {
		e := y[i]
		for a, c := range r.coefficients {
			e -= c * row[a]
		}
		r.left = append(r.left, e)
		r.rss += e * e
	}
	return r, true
}

// eliminate turns the square at the left of the system into the identity.
func eliminate(system [][]float64) bool {
	for a := range system {
		p := a
		for b := a + 1; b < len(system); b++ {
			if math.Abs(system[b][a]) > math.Abs(system[p][a]) {
				p = b
			}
		}
		system[a], system[p] = system[p], system[a]
		pivot := system[a][a]
		if !(math.Abs(pivot) > 1e-9) {
			return false
		}
		for c := range system[a] {
			system[a][c] /= pivot
		}
		for b := range system {
			if factor := system[b][a]; b != a && factor != 0 {
				for c := range system[b] {
					system[b][c] -= factor * system[a][c]
				}
			}
		}
	}
	return true
}
