package session

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// functions are the placeholders that are no variables, by name. Each is compiled
// from its arguments.
var functions = map[string]func(args string) (reader, error){
	"user":        none(readerFunc(func(dst []byte, s *Session) []byte { return strconv.AppendInt(dst, s.User, 10) })),
	"iteration":   none(readerFunc(func(dst []byte, s *Session) []byte { return strconv.AppendInt(dst, s.Iteration, 10) })),
	"uuid":        none(readerFunc(appendUUID)),
	"now":         now,
	"random":      random,
	"random_text": randomText,
}

// IsFunction tells whether a name is taken, and no variable may have it.
func IsFunction(name string) bool {
	_, ok := functions[name]
	return ok
}

// readerFunc is a reader that cannot fail.
type readerFunc func(dst []byte, s *Session) []byte

func (f readerFunc) append(dst []byte, s *Session) ([]byte, error) { return f(dst, s), nil }

func none(r reader) func(string) (reader, error) {
	return func(args string) (reader, error) {
		if args != "" {
			return nil, errors.New("takes no argument")
		}
		return r, nil
	}
}

// appendUUID appends a random UUID of version 4 (RFC 9562, 5.4).
func appendUUID(dst []byte, s *Session) []byte {
	const digits = "0123456789abcdef"
	high, low := s.random.Uint64(), s.random.Uint64()
	high = high&^0xf000 | 0x4000
	low = low&^(0xc<<60) | 0x8<<60
	for i := range 32 {
		if i == 8 || i == 12 || i == 16 || i == 20 {
			dst = append(dst, '-')
		}
		word := high
		if i >= 16 {
			word = low
		}
		dst = append(dst, digits[word>>(60-4*(i%16))&15])
	}
	return dst
}

// now is the time: as RFC 3339 in UTC, as unix or unix_ms, or in a layout of Go.
func now(args string) (reader, error) {
	switch layout := strings.TrimSpace(args); layout {
	case "":
		return readerFunc(func(dst []byte, s *Session) []byte {
			return s.now().UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z07:00")
		}), nil
	case "unix":
		return readerFunc(func(dst []byte, s *Session) []byte { return strconv.AppendInt(dst, s.now().Unix(), 10) }), nil
	case "unix_ms":
		return readerFunc(func(dst []byte, s *Session) []byte { return strconv.AppendInt(dst, s.now().UnixMilli(), 10) }), nil
	default:
		if time.Unix(0, 0).UTC().Format(layout) == time.Unix(1e9, 1e6).UTC().Format(layout) {
			return nil, errors.New("names no time: want unix, unix_ms or a layout such as 2006-01-02")
		}
		return readerFunc(func(dst []byte, s *Session) []byte { return s.now().UTC().AppendFormat(dst, layout) }), nil
	}
}

const farthest = 1 << 62 // the bounds of a random number

// random is a whole number from the first argument to the second, both included.
func random(args string) (reader, error) {
	first, second, two := strings.Cut(args, ",")
	from, errA := strconv.ParseInt(strings.TrimSpace(first), 10, 64)
	to, errB := strconv.ParseInt(strings.TrimSpace(second), 10, 64)
	if !two || errA != nil || errB != nil || from > to {
		return nil, errors.New("wants two whole numbers, the smaller one first")
	}
	if uint64(to-from) >= farthest {
		return nil, fmt.Errorf("wants bounds less than %d apart", uint64(farthest))
	}
	return readerFunc(func(dst []byte, s *Session) []byte {
		return strconv.AppendInt(dst, from+s.random.Int64N(to-from+1), 10)
	}), nil
}

const longestRandom = 1 << 20

// randomText is so many letters and digits.
func randomText(args string) (reader, error) {
	n, err := strconv.Atoi(strings.TrimSpace(args))
	if err != nil || n < 1 || n > longestRandom {
		return nil, fmt.Errorf("wants a length from 1 to %d", longestRandom)
	}
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	return readerFunc(func(dst []byte, s *Session) []byte {
		for range n {
			dst = append(dst, letters[s.random.IntN(len(letters))])
		}
		return dst
	}), nil
}
