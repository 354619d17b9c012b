package session

import (
	"encoding/base64"
	"slices"
	"strings"
)

// An Escape says how a value is written where it has to fit in.
type Escape uint8

// The escapes.
const (
	Raw    Escape = iota // as it is
	URL                  // percent-encoded, all but unreserved characters
	JSON                 // as within a string
	Base64               // standard, padded
)

var filters = map[string]Escape{"raw": Raw, "url": URL, "json": JSON, "base64": Base64}

// Filter returns the escape that a filter of a placeholder names.
func Filter(name string) (e Escape, ok bool) {
	e, ok = filters[name]
	return e, ok
}

// Filters names them all.
func Filters() string {
	var names []string
	for name := range filters {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// Append appends a value, escaped.
func (e Escape) Append(dst, value []byte) []byte {
	from := len(dst)
	return e.apply(append(dst, value...), from)
}

// apply escapes what was appended from an index on.
func (e Escape) apply(dst []byte, from int) []byte {
	switch e {
	case URL:
		return spread(dst, from, urlSize, appendURL)
	case JSON:
		return spread(dst, from, jsonSize, appendJSON)
	case Base64:
		n := len(dst) - from
		size := base64.StdEncoding.EncodedLen(n)
		dst = slices.Grow(dst, size+n) // the value is read behind the place where it is written
		copy(dst[from+size:from+size+n], dst[from:])
		base64.StdEncoding.Encode(dst[from:from+size], dst[from+size:from+size+n])
		return dst[:from+size]
	}
	return dst
}

const hex = "0123456789ABCDEF"

// spread writes the bytes from an index on again, from the last to the first, which
// needs no other memory: size says how long each becomes, write writes it.
func spread(dst []byte, from int, size func(byte) int, write func(dst []byte, b byte)) []byte {
	more := 0
	for _, b := range dst[from:] {
		more += size(b) - 1
	}
	if more == 0 {
		return dst
	}
	last := len(dst) - 1
	dst = slices.Grow(dst, more)[:len(dst)+more]
	at := len(dst)
	for i := last; i >= from; i-- {
		b := dst[i]
		n := size(b)
		at -= n
		write(dst[at:at+n], b)
	}
	return dst
}

func unreserved(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '-' || b == '.' || b == '_' || b == '~'
}

func urlSize(b byte) int {
	if unreserved(b) {
		return 1
	}
	return 3
}

func appendURL(dst []byte, b byte) {
	if len(dst) == 1 {
		dst[0] = b
		return
	}
	dst[0], dst[1], dst[2] = '%', hex[b>>4], hex[b&15]
}

func jsonSize(b byte) int {
	switch {
	case b == '"' || b == '\\' || b == '\n' || b == '\r' || b == '\t':
		return 2
	case b < ' ' || b == 0x7f:
		return 6
	}
	return 1
}

func appendJSON(dst []byte, b byte) {
	switch len(dst) {
	case 1:
		dst[0] = b
	case 2:
		dst[0] = '\\'
		switch b {
		case '\n':
			b = 'n'
		case '\r':
			b = 'r'
		case '\t':
			b = 't'
		}
		dst[1] = b
	default:
		copy(dst, `\u00`)
		dst[4], dst[5] = hex[b>>4], hex[b&15]
	}
}
