package inspect

import (
	"bytes"
	"cmp"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// A quantity is a number, a number of bytes or a duration. Whole ones are compared as
// such: a float64 would take 2^53 + 1 for 2^53.
type quantity struct {
	whole   int64
	float   float64
	isWhole bool
}

func (q quantity) compare(with quantity) int {
	if q.isWhole && with.isWhole {
		return cmp.Compare(q.whole, with.whole)
	}
	return cmp.Compare(q.float, with.float)
}

func whole(n int64) quantity { return quantity{n, float64(n), true} }

// A measure is how a quantity is written.
type measure uint8

const (
	number measure = iota
	bytesOf
	duration
)

// wants is the form that texts of a measure have to have.
func (m measure) wants() string {
	return [...]string{
		"a number such as 10 or 0.5", "a number of bytes such as 512, 10KB or 1MiB", "a duration such as 300ms or 2s",
	}[m]
}

func (m measure) parse(text []byte) (q quantity, err error) {
	ok := false
	text = bytes.TrimSpace(text)
	switch m {
	case bytesOf:
		q, ok = parseBytes(text)
	case duration:
		d, err := time.ParseDuration(view(text))
		q, ok = whole(int64(d)), err == nil && d >= 0
	default:
		q, ok = parseNumber(text)
	}
	if !ok {
		return q, errors.New(quote(text) + " is not " + m.wants())
	}
	return q, nil
}

// parseNumber reads what JSON calls a number, and leading zeros and signs. Numbers
// that no float64 holds are infinite.
func parseNumber(text []byte) (quantity, bool) {
	if bytes.ContainsFunc(text, func(c rune) bool { return !strings.ContainsRune("0123456789+-.eE", c) }) {
		return quantity{}, false // names of infinities, hexadecimal digits, underscores
	}
	if n, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		return whole(n), true
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return quantity{}, false
	}
	return quantity{float: f}, true
}

func parseBytes(text []byte) (quantity, bool) {
	digits := bytes.TrimRight(text, "BKMGikg")
	var unit float64
	switch string(text[len(digits):]) {
	case "", "B":
		unit = 1
	case "kB", "KB":
		unit = 1e3
	case "MB":
		unit = 1e6
	case "GB":
		unit = 1e9
	case "KiB":
		unit = 1 << 10
	case "MiB":
		unit = 1 << 20
	case "GiB":
		unit = 1 << 30
	}
	n, ok := parseNumber(bytes.TrimSpace(digits))
	total := math.Round(n.float * unit)
	if !ok || unit == 0 || !(total >= 0 && total < 1<<53) {
		return quantity{}, false
	}
	return whole(int64(total)), true
}

// size writes a number of bytes for people.
func size(n int64) string {
	unit, f := "bytes", float64(n)
	for _, larger := range []string{"kB", "MB", "GB"} {
		if f < 999.5 {
			break
		}
		unit, f = larger, f/1e3
	}
	if f < 10 && unit != "bytes" {
		return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64) + " " + unit
	}
	return strconv.FormatFloat(f, 'f', 0, 64) + " " + unit
}
