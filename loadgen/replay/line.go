package replay

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The bounds of a line.
const (
	longestLine   = 64 << 10
	longestPath   = 8 << 10
	longestHost   = 260
	longestMethod = 20
	longestNumber = 40
	// latest is a bit more than a hundred years: a year that is played a hundred
	// times as fast.
	latest = 36600 * 24 * time.Hour
)

const wantLine = `want {"at":1.25,"method":"GET","path":"/a?b=c"}`

// A line is one request. Its texts are valid until the text that it was read from
// changes, or the reader's arena is used again.
type line struct {
	at                 time.Duration
	method, path, host []byte
}

// A reader reads lines. What cannot stay as it is in the file goes to the arena.
type reader struct {
	text  []byte
	at    int
	arena []byte
}

// The keys of a line, as bits.
const (
	hasAt = 1 << iota
	hasMethod
	hasPath
	hasHost
)

// line reads a line with its end into l. It returns false where there is nothing in it.
func (r *reader) line(text []byte, first bool, l *line) (any bool, f *flaw) {
	text = bytes.TrimSuffix(text, []byte("\n"))
	if first {
		text = bytes.TrimPrefix(text, []byte("\ufeff")) // some editors put it before the text
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return false, nil
	}
	return true, r.read(text, l)
}

// read reads a line without its end.
func (r *reader) read(text []byte, l *line) *flaw {
	r.text, r.at = text, 0
	*l = line{}
	if f := r.expect('{', "no JSON object"); f != nil {
		return f
	}
	seen := 0
	for more := true; more; {
		r.space()
		start := r.at
		key, f := r.string()
		if f != nil {
			return f
		}
		bit := keyBit(key)
		switch {
		case bit == 0:
			return flawAt(start, "%s is no key of a line; want at, method, path or host", clip(key))
		case seen&bit != 0:
			return flawAt(start, "%s comes twice; want it once", clip(key))
		}
		seen |= bit
		if f := r.expect(':', "no colon behind a key"); f != nil {
			return f
		}
		if f := r.value(bit, l); f != nil {
			return f
		}
		if more, f = r.comma(); f != nil {
			return f
		}
	}
	for i, key := range []string{"at", "method", "path"} {
		if seen&(1<<i) == 0 {
			return flawAt(0, "the line has no %s; %s", key, wantLine)
		}
	}
	return nil
}

func keyBit(key []byte) int {
	switch string(key) {
	case "at":
		return hasAt
	case "method":
		return hasMethod
	case "path":
		return hasPath
	case "host":
		return hasHost
	}
	return 0
}

func (r *reader) space() {
	for r.at < len(r.text) && (r.text[r.at] == ' ' || r.text[r.at] == '\t' || r.text[r.at] == '\r') {
		r.at++
	}
}

// expect passes over a character and the space before it.
func (r *reader) expect(c byte, what string) *flaw {
	r.space()
	if r.at >= len(r.text) || r.text[r.at] != c {
		return flawAt(r.at, "%s; %s", what, wantLine)
	}
	r.at++
	return nil
}

// comma tells whether another key follows.
func (r *reader) comma() (more bool, f *flaw) {
	r.space()
	if r.at < len(r.text) && r.text[r.at] == ',' {
		r.at++
		return true, nil
	}
	if f := r.expect('}', "neither , nor } behind a value"); f != nil {
		return false, f
	}
	if r.space(); r.at < len(r.text) {
		return false, flawAt(r.at, "something follows the object; want one object a line")
	}
	return false, nil
}

// value reads the value of a key.
func (r *reader) value(key int, l *line) (f *flaw) {
	r.space()
	start := r.at
	if key == hasAt {
		l.at, f = r.instant()
		return f
	}
	text, f := r.string()
	if f != nil {
		return f
	}
	switch key {
	case hasMethod:
		l.method = text
		return checkMethod(start, text)
	case hasHost:
		l.host = text
		if len(text) > longestHost {
			return flawAt(start, "the host is too long; want %d bytes at most", longestHost)
		}
		return nil
	default:
		l.path, f = r.path(start, text)
		return f
	}
}

// instant reads the seconds of at.
func (r *reader) instant() (time.Duration, *flaw) {
	start := r.at
	for r.at < len(r.text) && strings.IndexByte("+-.0123456789eE", r.text[r.at]) >= 0 {
		r.at++
	}
	text := r.text[start:r.at]
	if len(text) > longestNumber || !json.Valid(text) {
		return 0, flawAt(start, "at is not a number; want seconds such as 1.25")
	}
	seconds, err := strconv.ParseFloat(string(text), 64)
	switch {
	case seconds < 0:
		return 0, flawAt(start, "at is negative; want seconds from 0 on")
	case err != nil || seconds > latest.Seconds():
		return 0, flawAt(start, "at is too large; want %d at most", int64(latest.Seconds()))
	}
	return time.Duration(math.Round(seconds * 1e9)), nil
}

// string reads a string and undoes its escapes.
func (r *reader) string() ([]byte, *flaw) {
	start := r.at
	if r.at >= len(r.text) || r.text[r.at] != '"' {
		return nil, flawAt(r.at, "no text in quotes; %s", wantLine)
	}
	escaped := false
	for r.at++; r.at < len(r.text) && r.text[r.at] != '"'; r.at++ {
		switch c := r.text[r.at]; {
		case c < ' ' || c == 0x7f:
			return nil, flawAt(r.at, "a control character; want it left out or percent-encoded")
		case c == '\\':
			escaped = true
			r.at++
		}
	}
	if r.at >= len(r.text) {
		return nil, flawAt(start, "a quote is never closed; %s", wantLine)
	}
	r.at++
	text := r.text[start+1 : r.at-1]
	if !utf8.Valid(text) {
		return nil, flawAt(start, "no UTF-8; want the other bytes of a path percent-encoded")
	}
	if !escaped {
		return text, nil
	}
	var plain string // escapes are rare
	if err := json.Unmarshal(r.text[start:r.at], &plain); err != nil {
		return nil, flawAt(start, "an escape that JSON does not know")
	}
	from := len(r.arena)
	r.arena = append(r.arena, plain...)
	return r.arena[from:], nil
}

func checkMethod(at int, method []byte) *flaw {
	switch {
	case len(method) == 0 || len(method) > longestMethod || !isToken(method):
		return flawAt(at, "%s is not a method; want one such as GET", clip(method))
	case string(method) == "CONNECT":
		return flawAt(at, "CONNECT asks for a tunnel and not for an answer; want another method")
	}
	return nil
}

func isToken(text []byte) bool {
	for _, b := range text {
		switch {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9':
		case strings.IndexByte("!#$%&'*+-.^_`|~", b) < 0:
			return false
		}
	}
	return true
}

// path checks a path with its query, and encodes what is no ASCII.
func (r *reader) path(at int, text []byte) ([]byte, *flaw) {
	switch {
	case len(text) == 0 || text[0] != '/':
		return nil, flawAt(at, "%s does not begin with a slash; want a path such as /a?b=c", clip(text))
	case len(text) > longestPath:
		return nil, flawAt(at, "the path is too long; want %d bytes at most", longestPath)
	}
	plain := true
	for _, b := range text {
		switch {
		case b <= ' ' || b == 0x7f:
			return nil, flawAt(at, "the path %s has a space or a control character; want it percent-encoded", clip(text))
		case b == '#':
			return nil, flawAt(at, "the path %s has a fragment (#), which is never sent; want it left out", clip(text))
		case b >= utf8.RuneSelf:
			plain = false
		}
	}
	if plain {
		return text, nil
	}
	from := len(r.arena)
	r.arena = encode(r.arena, text)
	return r.arena[from:], nil
}

// encode appends a text with its bytes beyond ASCII percent-encoded.
func encode(dst, text []byte) []byte {
	const hex = "0123456789ABCDEF"
	for _, b := range text {
		if b < utf8.RuneSelf {
			dst = append(dst, b)
		} else {
			dst = append(dst, '%', hex[b>>4], hex[b&15])
		}
	}
	return dst
}

// Path is a path as lines are compared with it: without its query, ASCII, and / where
// there is nothing.
func Path(text string) string {
	if i := strings.IndexAny(text, "?#"); i >= 0 {
		text = text[:i]
	}
	if text == "" {
		return "/"
	}
	return string(encode(nil, []byte(text)))
}
