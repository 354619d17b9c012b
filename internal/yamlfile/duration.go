package yamlfile

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// A Duration is a length of time, written as 500ms, 30s, 1m30s, 24h or 1d12h. A
// plain number is seconds. It is never negative.
type Duration time.Duration

// wantDuration is the hint of every message about a duration.
const wantDuration = "a duration such as 500ms, 30s, 24h or 1d12h"

// Want says what a duration looks like.
func (Duration) Want() string { return wantDuration }

// A unit of time; units are listed from the largest to the smallest.
type unit struct {
	name string
	size time.Duration
}

func units() []unit {
	return []unit{
		{"d", 24 * time.Hour},
		{"h", time.Hour},
		{"m", time.Minute},
		{"s", time.Second},
		{"ms", time.Millisecond},
		{"us", time.Microsecond},
		{"ns", time.Nanosecond},
	}
}

// ParseDuration reads a duration.
func ParseDuration(text string) (Duration, error) {
	if text == "" {
		return 0, &TextError{What: "no duration is written", Want: wantDuration}
	}
	if strings.HasPrefix(text, "-") {
		return 0, Bad(text, "is negative", "a duration of 0 or more")
	}
	total, rest, left := time.Duration(0), text, units()
	for rest != "" {
		n, name, after, err := element(text, rest)
		if err != nil {
			return 0, err
		}
		size, smaller, err := find(text, name, left)
		if err != nil {
			return 0, err
		}
		part, ok := scale(n, size)
		if !ok || part > math.MaxInt64-total {
			return 0, Bad(text, "is longer than can be counted", "less than 290 years")
		}
		total, rest, left = total+part, after, smaller
	}
	return Duration(total), nil
}

// element cuts a number and its unit off the front of rest.
func element(text, rest string) (number, name, after string, err error) {
	digits := strings.IndexFunc(rest, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if digits < 0 {
		digits = len(rest)
	}
	number, rest = rest[:digits], rest[digits:]
	if number == "" || number == "." || strings.Count(number, ".") > 1 {
		return "", "", "", Bad(text, "is not a duration", wantDuration)
	}
	letters := strings.IndexFunc(rest, func(r rune) bool { return r >= '0' && r <= '9' || r == '.' })
	if letters < 0 {
		letters = len(rest)
	}
	name, after = rest[:letters], rest[letters:]
	if name == "" && number != text {
		return "", "", "", Bad(text, "has a number without a unit at its end", wantDuration)
	}
	return number, name, after, nil
}

// find returns the size of the unit and the units that may follow it.
func find(text, name string, left []unit) (size time.Duration, smaller []unit, err error) {
	switch name {
	case "":
		return time.Second, nil, nil
	case "µs", "μs":
		name = "us"
	}
	for i, u := range left {
		if u.name == name {
			return u.size, left[i+1:], nil
		}
	}
	for _, u := range units() {
		if u.name == name {
			return 0, nil, Bad(text, "has its units out of order", "each unit once, from the largest to the smallest, as in 1d12h")
		}
	}
	return 0, nil, Bad(text, "has the unknown unit "+Quote(name), "d, h, m, s, ms, us or ns")
}

// scale returns number × size, and whether it can be counted.
func scale(number string, size time.Duration) (part time.Duration, ok bool) {
	whole, fraction, _ := strings.Cut(number, ".")
	n, err := strconv.ParseInt("0"+whole, 10, 64)
	if err != nil || n > int64(math.MaxInt64/size) {
		return 0, false
	}
	part = time.Duration(n) * size
	f, _ := strconv.ParseFloat("0."+fraction+"0", 64) // digits, so it can be read
	rest := time.Duration(math.Round(f * float64(size)))
	return part + rest, rest <= math.MaxInt64-part
}

// UnmarshalText reads a duration.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := ParseDuration(string(text))
	*d = v
	return err
}

// MarshalText writes the duration as String does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String returns the shortest text that ParseDuration reads back: "1d12h".
func (d Duration) String() string {
	if d <= 0 {
		return "0s"
	}
	var b strings.Builder
	rest := time.Duration(d)
	for _, u := range units() {
		if n := rest / u.size; n > 0 {
			b.WriteString(strconv.FormatInt(int64(n), 10) + u.name)
			rest -= n * u.size
		}
	}
	return b.String()
}
