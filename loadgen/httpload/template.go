package httpload

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"gonogo/loadgen"
	"gonogo/loadgen/session"
)

// A template is a request that is written anew each time: with the values of the
// user's variables, or with its cookies.
type template struct {
	pieces  []piece
	target  int           // which of the pieces ends in path and query
	content *session.Text // nil: body
	body    []byte
	sized   bool // it says how long its body is, even if that is nothing
	cookies bool
	fixed   []byte // path and query, where they are no text
	method  string
	spec    *loadgen.Request
}

// A piece is a literal, and a text behind it.
type piece struct {
	literal []byte
	text    *session.Text // nil behind the last one
	field   int           // which header field the text is of; noField: of none
}

const noField = -1

// A span is where the value of a header field was written.
type span struct{ field, from, to int }

// newTemplate returns the template of a request to u, nil where the bytes are always
// the same.
func (c *Client) newTemplate(spec *loadgen.Request, u *url.URL, o *origin) *template {
	cookies := c.options.Cookies && !has(spec.Header, "Cookie")
	if !cookies && !spec.Varies() {
		return nil
	}
	t := &template{content: spec.Content, body: spec.Body, cookies: cookies, fixed: []byte(targetOf(u)), spec: spec, target: -1}
	var b strings.Builder
	method, before := c.opening(spec, u, o)
	t.method = method
	b.WriteString(method + " " + before)
	if spec.Target != nil {
		t.target = 0
		t.add(&b, spec.Target, noField)
	} else {
		b.WriteString(targetOf(u))
	}
	b.WriteString(" HTTP/1.1\r\n")
	c.fixedFields(&b, spec, u, o)
	for i, f := range spec.Header {
		b.WriteString(f.Name + ": ")
		if f.Text != nil {
			t.add(&b, f.Text, i)
		} else {
			b.WriteString(f.Value)
		}
		b.WriteString("\r\n")
	}
	t.add(&b, nil, noField)
	t.sized = t.content != nil || hasBody(method, spec.Body)
	return t
}

func (t *template) add(literal *strings.Builder, text *session.Text, field int) {
	t.pieces = append(t.pieces, piece{[]byte(literal.String()), text, field})
	literal.Reset()
}

var errBroken = errors.New("holds a line break or another control character")

// write writes the request into the visitor's memory.
func (t *template) write(v *visitor, o *origin, now time.Time) ([]byte, error) {
	body := t.body
	if t.content != nil {
		made, err := t.content.Append(v.content[:0], v.session)
		if v.content = made; err != nil {
			return nil, fmt.Errorf("body: %w", err)
		}
		body = made
	}
	out, target := v.out[:0], t.fixed
	v.spans = v.spans[:0]
	for i := range t.pieces {
		p := &t.pieces[i]
		out = append(out, p.literal...)
		if p.text == nil {
			continue
		}
		from := len(out)
		var err error
		if out, err = p.text.Append(out, v.session); err == nil && !isClean(out[from:], i == t.target) {
			err = errBroken
		}
		v.out, v.spans = out, append(v.spans, span{p.field, from, len(out)})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.nameOf(i), err)
		}
		if i == t.target {
			v.target = append(v.target[:0], out[from:]...) // out may move
			target = v.target
		}
	}
	v.path, _, _ = bytes.Cut(target, question)
	v.out = t.finish(out, v, o, target, body, now)
	return v.out, nil
}

// finish appends what depends on the rest, and the body.
func (t *template) finish(out []byte, v *visitor, o *origin, target, body []byte, now time.Time) []byte {
	if t.cookies && v.session.Cookies.Len() > 0 {
		from := len(out)
		out = append(out, "Cookie: "...)
		start := len(out)
		if out = v.session.Cookies.Append(out, o.host, v.path, o.secure, now); len(out) > start {
			out = append(out, "\r\n"...)
		} else {
			out = out[:from]
		}
	}
	if t.spec.Signer != nil {
		v.signing = loadgen.Rendered{Method: t.method, URL: t.spec.URL, Target: target, Body: body, At: now}
		out = t.spec.Signer.Sign(out, &v.signing)
	}
	if t.sized || len(body) > 0 {
		out = append(out, "Content-Length: "...)
		out = strconv.AppendInt(out, int64(len(body)), 10)
		out = append(out, "\r\n"...)
	}
	out = append(out, "\r\n"...)
	return append(out, body...)
}

var question = []byte("?")

// nameOf says what the text of a piece is of.
func (t *template) nameOf(i int) string {
	if i == t.target {
		return "path"
	}
	return "header " + t.spec.Header[t.pieces[i].field].Name
}

// isClean tells whether a value can stand in its line; a target holds no space.
func isClean(value []byte, target bool) bool {
	for _, b := range value {
		if b < ' ' && b != '\t' || b == 0x7f || target && (b == ' ' || b == '\t') {
			return false
		}
	}
	return true
}
