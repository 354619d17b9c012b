package h2load

// This file is part of the hot path.

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"

	"gonogo/loadgen"
	"gonogo/loadgen/httpload"
	users "gonogo/loadgen/session"
)

// A template is a request that is written anew each time: with the values of the
// user's variables, or with its cookies.
type template struct {
	pieces  []piece
	rest    []byte      // the encoded fields behind the last of them
	content *users.Text // nil: body
	body    []byte
	sized   bool // it says how long its body is, even if that is nothing
	cookies bool
	target  []byte // path and query, where they are no text
	spec    *loadgen.Request
	place   *place
}

// A piece is what is encoded before a value, its name the last of it, and the text of
// the value.
type piece struct {
	before []byte
	text   *users.Text
	field  int // of the header; noField: it is path and query
}

const noField = -1

// write writes the request into the visitor's memory.
func (t *template) write(v *visitor, now time.Time) error {
	v.payload = t.body
	if t.content != nil {
		made, err := t.content.Append(v.content[:0], v.session)
		if v.content = made; err != nil {
			return fmt.Errorf("body: %w", err)
		}
		v.payload = made
	}
	if err := t.values(v); err != nil {
		return err
	}
	v.block = append(v.block, t.rest...)
	target := t.target
	if t.spec.Target != nil {
		target = t.sent(v, noField)
	}
	v.path, _, _ = bytes.Cut(target, question)
	t.finishCookies(v, now)
	if t.spec.Signer != nil {
		v.signing = loadgen.Rendered{Method: t.spec.Method, URL: t.place.url, Target: target, Body: v.payload, At: now}
		if v.lines = t.spec.Signer.Sign(v.lines[:0], &v.signing); !v.addLines() {
			return errSigned
		}
	}
	if t.sized || len(v.payload) > 0 {
		v.lines = strconv.AppendInt(v.lines[:0], int64(len(v.payload)), 10)
		v.block = appendString(append(v.block, lengthName...), v.lines)
	}
	return nil
}

// values writes the texts, each behind what comes before it.
func (t *template) values(v *visitor) error {
	v.block, v.values, v.ends = v.block[:0], v.values[:0], v.ends[:0]
	for i := range t.pieces {
		p := &t.pieces[i]
		from := len(v.values)
		made, err := p.text.Append(v.values, v.session)
		v.values = made
		if err == nil {
			err = httpload.Check(made[from:], p.field == noField)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", t.nameOf(p), err)
		}
		v.ends = append(v.ends, len(made))
		v.block = appendString(append(v.block, p.before...), made[from:])
	}
	return nil
}

func (t *template) finishCookies(v *visitor, now time.Time) {
	if !t.cookies || v.session.Cookies.Len() == 0 {
		return
	}
	v.lines = v.session.Cookies.Append(v.lines[:0], t.place.host, v.path, t.place.secure, now)
	if len(v.lines) > 0 {
		v.block = appendString(append(v.block, cookieName...), v.lines)
	}
}

// sent is the value of a header field that was written, or path and query.
func (t *template) sent(v *visitor, field int) []byte {
	from := 0
	for i, end := range v.ends {
		if t.pieces[i].field == field {
			return v.values[from:end]
		}
		from = end
	}
	return nil
}

// nameOf says what the text of a piece is of.
func (t *template) nameOf(p *piece) string {
	if p.field == noField {
		return "path"
	}
	return "header " + t.spec.Header[p.field].Name
}

var (
	question  = []byte("?")
	errSigned = errors.New("the signature holds what is no header field")
)

// What follows encodes fields (RFC 7541, 6.2): as literals that go into no table.
const (
	plainField  = 0x00       // its name follows
	secretField = 0x10       // likewise, and nobody on the way may put it into a table
	inPrefix    = 1<<7 - 1   // what fits into the first byte of a length
	more        = byte(0x80) // there is another byte
)

// Names by their places in the static table: 15, and what the next byte adds.
var (
	lengthName = []byte{plainField | 15, 28 - 15}
	cookieName = []byte{secretField | 15, 32 - 15}
)

// addLines adds the fields of lines "Name: value\r\n". It returns false where there
// is one that HTTP/2 does not take.
func (v *visitor) addLines() bool {
	for rest := v.lines; len(rest) > 0; {
		var line []byte
		line, rest, _ = bytes.Cut(rest, lineEnd)
		name, value, ok := bytes.Cut(line, colon)
		value = bytes.TrimSpace(value)
		if !ok || len(name) == 0 || httpload.Check(value, false) != nil {
			return false
		}
		for i, c := range name {
			if 'A' <= c && c <= 'Z' {
				name[i] |= 0x20
			}
			if !nameByte[name[i]] {
				return false
			}
		}
		kind := byte(plainField)
		if isSecret(string(name)) {
			kind = secretField
		}
		v.block = appendString(appendString(append(v.block, kind), name), value)
	}
	return true
}

var (
	lineEnd = []byte("\r\n")
	colon   = []byte(":")
)

// appendString appends the length of a text and the text.
func appendString(dst, s []byte) []byte {
	n := len(s)
	if n < inPrefix {
		return append(append(dst, byte(n)), s...)
	}
	dst = append(dst, inPrefix)
	for n -= inPrefix; n >= 0x80; n >>= 7 {
		dst = append(dst, byte(n)|more)
	}
	return append(append(dst, byte(n)), s...)
}
