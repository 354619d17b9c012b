package inspect

import (
	"bytes"
	"regexp"

	"gonogo/loadgen/session"
)

// A want is a compiled Want.
type want struct {
	op      Op
	source  Source
	measure measure

	text     *session.Text
	constant bool
	fixed    []byte   // the text, where it is constant
	limit    quantity // what it says, where it is constant and one is compared
	pattern  *regexp.Regexp
}

// measured tells whether quantities are compared.
func (w *want) measured() bool {
	return w.op == AtLeast || w.op == AtMost || (w.source == Size || w.source == Time) && (w.op == Is || w.op == IsNot)
}

// holds tells whether a value is as it is wanted. An error says why it cannot be
// told, and that it is not.
func (w *want) holds(value []byte, found bool, expected []byte) (bool, error) {
	switch {
	case w.op == Exists:
		return found, nil
	case w.op == Absent:
		return !found, nil
	case !found:
		return false, nil
	case w.measured():
		return w.compare(value, expected)
	}
	switch w.op {
	case Contains:
		return bytes.Contains(value, expected), nil
	case Matches:
		return w.pattern.Match(value), nil
	}
	same := bytes.Equal(value, expected)
	if w.source == SHA256 {
		same = bytes.EqualFold(value, expected)
	}
	return same == (w.op == Is), nil
}

func (w *want) compare(value, expected []byte) (bool, error) {
	limit := w.limit
	if !w.constant {
		var err error
		if limit, err = w.measure.parse(expected); err != nil {
			return false, err
		}
	}
	got, err := w.measure.parse(value)
	if err != nil {
		return false, err
	}
	order := got.compare(limit)
	switch w.op {
	case AtLeast:
		return order >= 0, nil
	case AtMost:
		return order <= 0, nil
	case IsNot:
		return order != 0, nil
	}
	return order == 0, nil
}

// wanted is what is wanted, in an error.
func (w *want) wanted(expected []byte) string {
	switch w.op {
	case Exists:
		return "it to exist"
	case Absent:
		return "it not to exist"
	case IsNot:
		return "anything but " + quote(expected)
	case Contains:
		return "it to contain " + quote(expected)
	case Matches:
		return "it to match " + quote(expected)
	case AtLeast:
		return "at least " + quote(expected)
	case AtMost:
		return "at most " + quote(expected)
	}
	return quote(expected)
}
