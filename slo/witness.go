package slo

import (
	"math/big"
	"slices"
	"strings"
	"time"
)

// holdsAt tells whether the target holds for a measured value in its unit.
func (t Target) holdsAt(value *big.Rat) bool {
	return t.Op.holds(value.Cmp(t.Limit.rat()))
}

// witnesses returns the limits of an objective, the ends of what its metric can
// be, and one value of every stretch between two of these, in ascending order.
// What is true of the bands at all of them is true at every value.
func (o Objective) witnesses() []*big.Rat {
	var values []*big.Rat
	ends := o.ends()
	for i, end := range ends {
		if i > 0 {
			values = append(values, o.Go.between(ends[i-1], end))
		}
		values = append(values, end)
	}
	return values
}

// ends returns the points that the values of the metric are cut at.
func (o Objective) ends() []*big.Rat {
	ends := []*big.Rat{new(big.Rat)}
	for _, b := range o.bands() {
		ends = append(ends, b.Limit.rat())
	}
	slices.SortFunc(ends, (*big.Rat).Cmp)
	if o.Go.Unit() == Percent {
		ends = append(ends, big.NewRat(100, 1))
	} else { // no metric but a share has an upper end: one value above all limits stands for the rest
		above := new(big.Rat).Add(ends[len(ends)-1], ends[len(ends)-1])
		ends = append(ends, above.Add(above, big.NewRat(int64(1-above.Sign()), 1)))
	}
	return slices.CompactFunc(ends, func(a, b *big.Rat) bool { return a.Cmp(b) == 0 })
}

// between returns a value that lies between two others, and low where none does:
// latencies are whole nanoseconds and counts whole numbers.
func (t Target) between(low, high *big.Rat) *big.Rat {
	middle := new(big.Rat).Add(low, high)
	middle.Quo(middle, big.NewRat(2, 1))
	if t.Unit() == Milliseconds || t.Unit() == Count {
		grain := t.grain()
		middle.Quo(middle, grain)
		middle.SetInt(new(big.Int).Quo(middle.Num(), middle.Denom()))
		middle.Mul(middle, grain)
	}
	return middle
}

// grain is the smallest difference between two latencies or two counts.
func (t Target) grain() *big.Rat {
	if t.Unit() == Milliseconds {
		return Decimal{1, 6}.rat()
	}
	return big.NewRat(1, 1)
}

// valueText prints a value of the metric exactly.
func (t Target) valueText(value *big.Rat) string {
	if t.Unit() == Milliseconds {
		ns := new(big.Rat).Quo(value, t.grain())
		return DurationText(time.Duration(ns.Num().Int64()))
	}
	text := value.FloatString(maxDigits + 1) // a middle has one digit more than what it is between
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + t.Unit()
}
