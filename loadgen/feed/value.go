package feed

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// deepest is how deep a row of JSON may be nested.
const deepest = 100

// values reads one value of JSON (RFC 8259), and what it holds, into a record.
type values struct {
	*objects
	*record
	text  []byte
	at    int
	lists int // around the value; what they hold has no names
}

func (v *values) blank() {
	for v.at < len(v.text) && (v.text[v.at] == ' ' || v.text[v.at] == '\t' || v.text[v.at] == '\n' || v.text[v.at] == '\r') {
		v.at++
	}
}

// peek returns the next byte that is not blank; 0 at the end.
func (v *values) peek() byte {
	v.blank()
	if v.at == len(v.text) {
		return 0
	}
	return v.text[v.at]
}

// value reads a value whose path is that of the record.
func (v *values) value(depth int) *flaw {
	if depth > deepest {
		return flawAt(v.at, "the row is nested deeper than %d", deepest)
	}
	next := v.peek()
	from := v.at
	var f *flaw
	switch {
	case next == '"':
		return v.quoted()
	case next == '{':
		f = v.object(depth)
	case next == '[':
		f = v.list(depth)
	case next == '-' || '0' <= next && next <= '9':
		f = v.numeral()
	default:
		return v.word()
	}
	if f == nil {
		if c := v.here(); c != nil {
			c.from = len(v.record.text)
			v.record.text = append(v.record.text, v.text[from:v.at]...)
			c.to, c.set = len(v.record.text), true
		}
	}
	return f
}

// here returns where the cell of the path goes; nil: nowhere.
func (v *values) here() *cell {
	if len(v.path) == 0 || len(v.wanted) == 0 || v.lists > 0 {
		return nil
	}
	if n, ok := v.number[string(v.path)]; ok {
		return v.want(n)
	}
	return nil
}

func (v *values) object(depth int) *flaw {
	outer := len(v.path)
	v.at++
	if v.peek() == '}' {
		v.at++
		return nil
	}
	for {
		if v.peek() != '"' {
			return v.wrong(`a name in quotes`)
		}
		at := v.at
		if outer > 0 {
			v.path = append(v.path, '.')
		}
		var f *flaw
		if v.path, f = v.str(v.path); f != nil {
			return f
		}
		if v.pass != nil && v.lists == 0 && len(v.path) > 0 {
			if f := v.meet(v.path, at, v.pass); f != nil {
				return f
			}
		}
		if v.peek() != ':' {
			return v.wrong("a colon")
		}
		v.at++
		if f := v.value(depth + 1); f != nil {
			return f
		}
		v.path = v.path[:outer]
		switch v.peek() {
		case ',':
			v.at++
		case '}':
			v.at++
			return nil
		default:
			return v.wrong(", or }")
		}
	}
}

func (v *values) list(depth int) *flaw {
	v.lists++
	v.at++
	if v.peek() == ']' {
		v.at++
		v.lists--
		return nil
	}
	for {
		if f := v.value(depth + 1); f != nil {
			return f
		}
		switch v.peek() {
		case ',':
			v.at++
		case ']':
			v.at++
			v.lists--
			return nil
		default:
			return v.wrong(", or ]")
		}
	}
}

// quoted reads a string into its cell.
func (v *values) quoted() *flaw {
	from := len(v.record.text)
	text, f := v.str(v.record.text)
	v.record.text = text[:from]
	if f != nil {
		return f
	}
	if c := v.here(); c != nil {
		v.record.text = text
		*c = cell{from, len(text), true}
	}
	return nil
}

// word reads true and false, whose cells hold just that, and null, which has none.
func (v *values) word() *flaw {
	for _, word := range [...]string{"true", "false", "null"} {
		if rest := v.text[v.at:]; len(rest) >= len(word) && string(rest[:len(word)]) == word {
			v.at += len(word)
			if c := v.here(); c != nil && word != "null" {
				c.from = len(v.record.text)
				v.record.text = append(v.record.text, word...)
				c.to, c.set = len(v.record.text), true
			}
			return nil
		}
	}
	return v.wrong("a value")
}

func (v *values) wrong(want string) *flaw {
	if v.at >= len(v.text) {
		return flawAt(len(v.text), "the row ends too early: want %s", want)
	}
	return flawAt(v.at, "%q is no JSON here: want %s", v.text[v.at], want)
}

// digits passes over digits and tells whether there was one.
func (v *values) digits() bool {
	from := v.at
	for v.at < len(v.text) && '0' <= v.text[v.at] && v.text[v.at] <= '9' {
		v.at++
	}
	return v.at > from
}

// is passes over one of the bytes.
func (v *values) is(a, b byte) bool {
	if v.at < len(v.text) && (v.text[v.at] == a || v.text[v.at] == b) {
		v.at++
		return true
	}
	return false
}

func (v *values) numeral() *flaw {
	v.is('-', '-')
	if !v.is('0', '0') && !v.digits() {
		return v.wrong("a digit")
	}
	if v.is('.', '.') && !v.digits() {
		return v.wrong("a digit")
	}
	if v.is('e', 'E') {
		v.is('+', '-')
		if !v.digits() {
			return v.wrong("a digit")
		}
	}
	return nil
}

// str appends what the string says whose opening quote is next.
func (v *values) str(dst []byte) ([]byte, *flaw) {
	from := v.at
	for v.at++; v.at < len(v.text); {
		switch b := v.text[v.at]; {
		case b == '"':
			v.at++
			return dst, nil
		case b < ' ':
			return dst, flawAt(v.at, "a control character in a string: want it escaped, such as \\n")
		case b == '\\':
			var f *flaw
			if dst, f = v.escape(dst); f != nil {
				return dst, f
			}
		default:
			dst = append(dst, b)
			v.at++
		}
	}
	return dst, flawAt(from, "a string that is never closed")
}

// escape appends what an escape stands for.
func (v *values) escape(dst []byte) ([]byte, *flaw) {
	const letters, meanings = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if v.at+1 < len(v.text) {
		for i := range len(letters) {
			if letters[i] == v.text[v.at+1] {
				v.at += 2
				return append(dst, meanings[i]), nil
			}
		}
	}
	r, ok := v.unit()
	if !ok {
		return dst, flawAt(v.at, `an escape that JSON does not have: want one of \" \\ \/ \b \f \n \r \t \u0000`)
	}
	v.at += 6
	if utf16.IsSurrogate(r) {
		low, _ := v.unit()
		if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
			v.at += 6
		}
	}
	return utf8.AppendRune(dst, r), nil
}

// unit reads \uXXXX without going on.
func (v *values) unit() (rune, bool) {
	if v.at+6 > len(v.text) || v.text[v.at] != '\\' || v.text[v.at+1] != 'u' {
		return 0, false
	}
	var unit rune
	for _, b := range v.text[v.at+2 : v.at+6] {
		digit := bytes.IndexByte([]byte("0123456789abcdef"), b|0x20)
		if b < '0' || digit < 0 {
			return 0, false
		}
		unit = unit<<4 | rune(digit)
	}
	return unit, true
}
