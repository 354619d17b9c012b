package chart

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"gonogo/report/show"
)

// A Unit is what the numbers of a chart are, and so how they are printed.
type Unit int

// The units.
const (
	Number       Unit = iota // of no unit
	Milliseconds             // of time
	Seconds
	PerSecond // a rate
	Count     // whole things
	Percent   // 0 to 100
	Bytes
	Ratio // how many times another value
)

// Text prints a value as a reader of the chart reads it.
func (u Unit) Text(v float64) string {
	switch {
	case math.IsNaN(v):
		return show.None
	case v < 0:
		return "\u2212" + u.Text(-v)
	case v >= most:
		return strings.TrimPrefix(fmt.Sprintf("%.1e", v), "+") + u.suffix()
	}
	switch u {
	case Milliseconds:
		return show.Milliseconds(&v)
	case Seconds:
		return show.Span(v)
	case PerSecond:
		return show.Rate(&v)
	case Count:
		return show.Whole(v)
	case Bytes:
		return show.Size(int64(v))
	case Percent:
		return percent(v)
	}
	return digits(v) + u.suffix()
}

// percent keeps 100% for all: what is next to it has as many digits as it takes to see.
func percent(v float64) string {
	switch {
	case v < 1 || v >= 100:
		return digits(v) + "%"
	case v > 99.99:
		return ">99.99%"
	}
	return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64) + "%"
}

// suffix is the unit's sign behind a number.
func (u Unit) suffix() string {
	switch u {
	case Milliseconds:
		return "ms"
	case Seconds:
		return "s"
	case PerSecond:
		return "/s"
	case Percent:
		return "%"
	case Bytes:
		return " B"
	case Ratio:
		return "×"
	}
	return ""
}

// digits prints a number with three that count.
func digits(v float64) string {
	switch {
	case v >= 999.5:
		return show.Whole(v)
	case v == 0 || v >= 0.0005:
		return strconv.FormatFloat(rounded(v), 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', 2, 64)
}

// rounded keeps three digits that count.
func rounded(v float64) float64 {
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	return v
}

// tick prints a value of an axis, which is a round one, as short as it can be.
func (u Unit) tick(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v < 0:
		return "\u2212" + u.tick(-v)
	}
	if u == Milliseconds || u == Seconds {
		return short(v, u)
	}
	if u == Bytes && v < 1<<62 {
		return strings.Replace(show.Size(int64(v)), ".0 ", " ", 1)
	}
	return digits(v) + u.suffix()
}

// short prints a time in the one unit in which it is shortest.
func short(v float64, u Unit) string {
	if u == Seconds {
		v *= 1000
	}
	switch {
	case v >= 1000:
		return digits(v/1000) + "s"
	case v >= 1:
		return digits(v) + "ms"
	case v >= 1e-3:
		return digits(v*1000) + "µs"
	}
	return digits(v*1e6) + "ns"
}
