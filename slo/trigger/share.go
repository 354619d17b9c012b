package trigger

import (
	"cmp"
	"math"
	"math/big"
	"math/bits"
	"strconv"

	"gonogo/slo"
)

// A share is the limit on the bad requests' share of all, exactly: num / den.
type share struct {
	num, den uint64
	equal    bool // the limit itself is too much already
}

// allowed returns how large a share of bad requests may be until a comparison
// holds that says what is too bad.
//
// For a percentile it is 1-q and strict, whatever the operator. Of n requests
// let "over" be beyond the limit; then the ceil(qn)-th smallest is beyond it if
// and only if ceil(qn) > n-over, which is over > n-ceil(qn) = floor((1-q)n), and
// over being whole, over > (1-q)n. The operator is the counter's.
func allowed(t slo.Target) share {
	switch t.Metric {
	case slo.Percentile:
		return rest(t.Quantile)
	case slo.Success:
		s := rest(t.Limit)
		s.equal = t.Op == slo.LessEqual
		return s
	}
	s := percentage(t.Limit)
	s.equal = t.Op == slo.GreaterEqual
	return s
}

// percentage returns d percent. The 15 digits of a Decimal leave room in 64 bits
// for the thousandths of part.
func percentage(d slo.Decimal) share {
	den := uint64(100)
	for range d.Scale {
		den *= 10
	}
	return share{num: uint64(d.Coefficient), den: den}
}

// rest returns what d percent leave of all.
func rest(d slo.Decimal) share {
	s := percentage(d)
	s.num = s.den - s.num
	return s
}

// part returns a part of the limit, to a thousandth, as a limit.
func (s share) part(of float64) share {
	return share{num: s.num * uint64(math.Round(1000*of)), den: 1000 * s.den}
}

// order compares bad of due with the limit.
func (s share) order(bad, due int64) int {
	high, low := bits.Mul64(uint64(bad), s.den)
	limitHigh, limitLow := bits.Mul64(uint64(due), s.num)
	return cmp.Or(cmp.Compare(high, limitHigh), cmp.Compare(low, limitLow))
}

// exceededBy tells whether bad of due are too many.
func (s share) exceededBy(bad, due int64) bool {
	order := s.order(bad, due)
	return due > 0 && (order > 0 || order == 0 && s.equal)
}

// undercutBy tells whether bad of due are a smaller share, or none.
func (s share) undercutBy(bad, due int64) bool { return bad == 0 || s.order(bad, due) < 0 }

func (s share) float() float64 { return float64(s.num) / float64(s.den) }

// String returns the limit in percent.
func (s share) String() string {
	return strconv.FormatFloat(100*float64(s.num)/float64(s.den), 'f', -1, 64) + slo.Percent
}

// beside returns bad of due in percent, with as many digits as it takes to stand
// on the side of the limit that it is on.
func (s share) beside(bad, due int64) string {
	value := 100 * float64(bad) / float64(max(due, 1))
	limit := new(big.Rat).SetFrac(new(big.Int).SetUint64(s.num), new(big.Int).SetUint64(s.den))
	limit.Mul(limit, big.NewRat(100, 1))
	for digits := 2; digits < 15; digits++ {
		text := strconv.FormatFloat(value, 'g', digits, 64)
		if shown, ok := new(big.Rat).SetString(text); ok && shown.Cmp(limit) == s.order(bad, max(due, 1)) {
			return plain(text)
		}
	}
	return plain(strconv.FormatFloat(value, 'g', -1, 64))
}

func percent(share float64) string {
	return plain(strconv.FormatFloat(100*share, 'g', 4, 64))
}

// plain writes out what FormatFloat may have given an exponent.
func plain(text string) string {
	f, _ := strconv.ParseFloat(text, 64)
	return strconv.FormatFloat(f, 'f', -1, 64) + slo.Percent
}
