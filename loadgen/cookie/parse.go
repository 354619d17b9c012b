package cookie

import (
	"bytes"
	"time"
)

// A field is what Set-Cookie says.
type field struct {
	name, value  []byte
	domain, path []byte
	hasDomain    bool
	secure       bool
	expires      int64 // Unix nanoseconds; 0: never
}

// furthest is how long a cookie lives at most (6265bis, 5.5).
const furthest = 400 * 24 * time.Hour

// parse reads the value of a field Set-Cookie (RFC 6265, 5.2).
func parse(text []byte, now time.Time) (f field, ok bool) {
	pair, rest, _ := bytes.Cut(text, []byte(";"))
	var has bool
	if f.name, f.value, has = bytes.Cut(pair, []byte("=")); !has {
		return f, false
	}
	f.name, f.value = trim(f.name), trim(f.value)
	if len(f.name) == 0 || len(f.name)+len(f.value) > Longest || control(text) {
		return f, false
	}
	aged := false
	for len(rest) > 0 {
		var attribute []byte
		attribute, rest, _ = bytes.Cut(rest, []byte(";"))
		name, value, _ := bytes.Cut(attribute, []byte("="))
		if name, value = trim(name), trim(value); len(value) > longestAttribute {
			continue
		}
		switch {
		case equalFold(name, "domain"):
			f.domain, f.hasDomain = value, len(value) > 0
		case equalFold(name, "path"):
			f.path = value
		case equalFold(name, "secure"):
			f.secure = true
		case equalFold(name, "max-age"):
			if at, ok := maxAge(value, now); ok {
				f.expires, aged = at, true
			}
		case equalFold(name, "expires") && !aged:
			if at, ok := date(value); ok {
				f.expires = instant(at, now)
			}
		}
	}
	return f, true
}

// instant is when a cookie expires, never 0.
func instant(at, now time.Time) int64 {
	if last := now.Add(furthest); at.After(last) {
		at = last
	}
	if at.Before(time.Unix(0, 1)) {
		at = time.Unix(0, 1)
	}
	return at.UnixNano()
}

// maxAge reads seconds from now.
func maxAge(value []byte, now time.Time) (int64, bool) {
	digits, negative := bytes.CutPrefix(value, []byte("-"))
	if len(digits) == 0 {
		return 0, false
	}
	var seconds int64
	for _, b := range digits {
		if b < '0' || b > '9' {
			return 0, false
		}
		seconds = min(seconds*10+int64(b-'0'), int64(furthest/time.Second))
	}
	if negative || seconds == 0 {
		return instant(time.Time{}, now), true
	}
	return instant(now.Add(time.Duration(seconds)*time.Second), now), true
}

// prefixed tells whether the cookie keeps what its name promises (6265bis, 5.7).
func (f *field) prefixed(hostOnly bool) bool {
	const host, secure = "__host-", "__secure-"
	switch {
	case len(f.name) >= len(host) && equalFold(f.name[:len(host)], host):
		return f.secure && hostOnly && !f.hasDomain && string(f.path) == "/"
	case len(f.name) >= len(secure) && equalFold(f.name[:len(secure)], secure):
		return f.secure
	}
	return true
}

func trim(b []byte) []byte { return bytes.Trim(b, " \t") }

// control tells whether there is a control character in it, but for tabs.
func control(text []byte) bool {
	for _, b := range text {
		if b < ' ' && b != '\t' || b == 0x7f {
			return true
		}
	}
	return false
}
