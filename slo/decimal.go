package slo

import (
	"math/big"
	"strconv"
	"strings"
)

// A Decimal is an exact, never negative number of at most 15 digits:
// Coefficient / 10^Scale. Limits are kept as Decimals so that 99.5 % is 99.5 %
// and not the float next to it. Its zero value is 0, and equal numbers are ==
// as long as they came from ParseTarget or NewDecimal.
type Decimal struct {
	Coefficient int64
	Scale       int // how many digits stand after the point
}

// NewDecimal returns coefficient / 10^scale without trailing zeros.
func NewDecimal(coefficient int64, scale int) Decimal {
	for scale > 0 && coefficient%10 == 0 {
		coefficient, scale = coefficient/10, scale-1
	}
	return Decimal{coefficient, scale}
}

// maxDigits keeps every coefficient, and every one in nanoseconds, exact in an
// int64 and, for what is printed, in a float64.
const maxDigits = 15

// decimal reads digits with at most one point between them; ok is false for
// anything else, and for more than maxDigits digits.
func decimal(text string) (d Decimal, ok bool) {
	whole, fraction, point := strings.Cut(text, ".")
	digits := whole + fraction
	if whole == "" || point && fraction == "" || len(digits) > maxDigits {
		return Decimal{}, false
	}
	n, err := strconv.ParseUint(digits, 10, 63)
	if err != nil {
		return Decimal{}, false
	}
	return NewDecimal(int64(n), len(fraction)), true
}

// String returns the shortest decimal text: "99.5".
func (d Decimal) String() string {
	digits := strconv.FormatInt(d.Coefficient, 10)
	if d.Scale == 0 {
		return digits
	}
	if short := d.Scale + 1 - len(digits); short > 0 {
		digits = strings.Repeat("0", short) + digits
	}
	point := len(digits) - d.Scale
	return digits[:point] + "." + digits[point:]
}

// Float returns the nearest float64, for printing and never for judging.
func (d Decimal) Float() float64 {
	f, _ := d.rat().Float64()
	return f
}

func (d Decimal) rat() *big.Rat {
	return new(big.Rat).SetFrac(big.NewInt(d.Coefficient), power10(d.Scale))
}

func power10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}
