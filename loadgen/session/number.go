package session

import (
	"bytes"
	"cmp"
)

// compare compares two numbers as such, and everything else byte by byte. A number
// is one as JSON has it, of any size: identifiers of twenty digits that differ in
// the last one are not the same.
func compare(a, b []byte) int {
	x, okX := parseNumber(a)
	y, okY := parseNumber(b)
	if !okX || !okY {
		return bytes.Compare(a, b)
	}
	return x.compare(&y)
}

// mostExponent is the longest exponent that JSON's writers put: what has a longer one
// is no number, but some token.
const mostExponent = 3

// number is 0.(whole)(fraction) times ten to the power of point. Its digits begin and
// end with one that is not 0.
type number struct {
	sign            int // 0: it has no digits
	whole, fraction []byte
	point           int
}

// parseNumber reads digits, with a sign, a point and an exponent if there are any.
func parseNumber(b []byte) (n number, ok bool) {
	n.sign = 1
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		if b[0] == '-' {
			n.sign = -1
		}
		b = b[1:]
	}
	n.whole, b = digits(b)
	if len(b) > 0 && b[0] == '.' {
		n.fraction, b = digits(b[1:])
	}
	if len(n.whole)+len(n.fraction) == 0 {
		return n, false
	}
	exponent, ok := parseExponent(b)
	n.trim()
	n.point += exponent
	return n, ok
}

// digits cuts off the digits that b begins with.
func digits(b []byte) (these, rest []byte) {
	n := 0
	for n < len(b) && '0' <= b[n] && b[n] <= '9' {
		n++
	}
	return b[:n], b[n:]
}

// parseExponent reads e and a whole number, or nothing.
func parseExponent(b []byte) (exponent int, ok bool) {
	if len(b) == 0 {
		return 0, true
	}
	if b[0] != 'e' && b[0] != 'E' {
		return 0, false
	}
	b = b[1:]
	negative := len(b) > 0 && b[0] == '-'
	if negative || len(b) > 0 && b[0] == '+' {
		b = b[1:]
	}
	these, rest := digits(b)
	if len(these) == 0 || len(these) > mostExponent || len(rest) > 0 {
		return 0, false
	}
	for _, d := range these {
		exponent = 10*exponent + int(d-'0')
	}
	if negative {
		exponent = -exponent
	}
	return exponent, true
}

// trim takes off the zeros at both ends.
func (n *number) trim() {
	n.whole = bytes.TrimLeft(n.whole, "0")
	n.fraction = bytes.TrimRight(n.fraction, "0")
	n.point = len(n.whole)
	if len(n.whole) == 0 {
		all := len(n.fraction)
		n.fraction = bytes.TrimLeft(n.fraction, "0")
		n.point = len(n.fraction) - all
	}
	if len(n.fraction) == 0 {
		n.whole = bytes.TrimRight(n.whole, "0")
	}
	if len(n.whole)+len(n.fraction) == 0 {
		n.sign = 0
	}
}

func (n *number) compare(to *number) int {
	if n.sign != to.sign || n.sign == 0 {
		return cmp.Compare(n.sign, to.sign)
	}
	if n.point != to.point {
		return n.sign * cmp.Compare(n.point, to.point)
	}
	for i := range max(n.len(), to.len()) {
		if a, b := n.digit(i), to.digit(i); a != b {
			return n.sign * cmp.Compare(a, b)
		}
	}
	return 0
}

func (n *number) len() int { return len(n.whole) + len(n.fraction) }

// digit is the one of that number from the left, 0 behind the last.
func (n *number) digit(i int) byte {
	switch {
	case i < len(n.whole):
		return n.whole[i]
	case i < n.len():
		return n.fraction[i-len(n.whole)]
	}
	return '0'
}
