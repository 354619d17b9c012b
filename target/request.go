package target

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// A request is what the server needs to know of one. It holds no reference to
// the bytes it came from, so they may be overwritten at once.
type request struct {
	isHead  bool // asked with HEAD: the answer has no body
	isPost  bool
	mode    mode
	control control

	length  int64 // of the body, when not chunked
	chunked bool

	size    int64         // bytes of it all
	headAt  time.Duration // when its head had been read
	arrived time.Duration // when all of it had been read

	received time.Duration // when the kernel had it, while arrivals are logged
}

// A mode is what an answer says about the connection.
type mode uint8

const (
	persistent   mode = iota // HTTP/1.1, stays open
	closing                  // HTTP/1.1, closed after the answer
	persistent10             // HTTP/1.0 that asked to stay open, and must be told so
	closing10                // HTTP/1.0 otherwise
	modes
)

// closes tells whether the connection ends with the answer.
func (m mode) closes() bool { return m == closing || m == closing10 }

// chunks tells whether the client understands chunked bodies.
func (m mode) chunks() bool { return m == persistent || m == closing }

// A badRequest is refused with status, and its connection closed.
type badRequest struct {
	status int
	why    string
}

func (b *badRequest) Error() string { return fmt.Sprintf("read request: %s", b.why) }

func bad(why string) error { return &badRequest{400, why} }

// parseHead reads a request line and header lines, each ending in CRLF. It
// takes what RFC 9112 allows and no more: no bare CR or LF, no folded line, no
// space before a colon, one Host, and one way of telling the body's length.
func parseHead(head []byte) (request, error) {
	var q request
	line, rest := cutLine(head)
	version10, err := q.requestLine(line)
	if err != nil {
		return q, err
	}
	f := fields{length: -1}
	for len(rest) > 0 {
		line, rest = cutLine(rest)
		if err := f.add(line); err != nil {
			return q, err
		}
	}
	return q, q.settle(&f, version10)
}

// cutLine splits after the first LF; a missing one ends the last line. The CR
// before it stays on the line when it is missing or doubled, and is refused there.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return b, nil
	}
	if i > 0 && b[i-1] == '\r' {
		return b[:i-1], b[i+1:]
	}
	return b[:i+1], b[i+1:] // a bare LF, kept to be refused
}

func (q *request) requestLine(line []byte) (version10 bool, err error) {
	method, rest, _ := bytes.Cut(line, []byte(" "))
	path, version, found := bytes.Cut(rest, []byte(" "))
	switch {
	case !found || !isToken(method) || !isVisible(path):
		return false, bad("request line: want METHOD PATH HTTP/1.1")
	case string(version) == "HTTP/1.0":
		version10 = true
	case string(version) != "HTTP/1.1":
		return false, &badRequest{505, "request line: want HTTP/1.1 or HTTP/1.0"}
	}
	q.isHead = string(method) == "HEAD"
	q.isPost = string(method) == "POST"
	q.control = controlOf(path)
	return version10, nil
}

// fields is what the header lines say about framing.
type fields struct {
	hosts            int
	length           int64 // -1: none
	chunked          bool
	close, keepAlive bool
}

func (f *fields) add(line []byte) error {
	name, value, found := bytes.Cut(line, []byte(":"))
	if !found || !isToken(name) {
		return bad("header line: want NAME: VALUE")
	}
	if !isText(value) {
		return bad("header line: control character in a value")
	}
	switch len(name) {
	case len("host"):
		if is(name, "host") {
			f.hosts++
		}
	case len("connection"):
		if is(name, "connection") {
			f.connection(value)
		}
	case len("content-length"):
		if is(name, "content-length") {
			return f.contentLength(bytes.Trim(value, " \t"))
		}
	case len("transfer-encoding"):
		if is(name, "transfer-encoding") {
			if f.chunked || !is(bytes.Trim(value, " \t"), "chunked") {
				return &badRequest{501, "transfer-encoding: want chunked, once"}
			}
			f.chunked = true
		}
	}
	return nil
}

func (f *fields) connection(list []byte) {
	for len(list) > 0 {
		var option []byte
		option, list, _ = bytes.Cut(list, []byte(","))
		option = bytes.Trim(option, " \t")
		f.close = f.close || is(option, "close")
		f.keepAlive = f.keepAlive || is(option, "keep-alive")
	}
}

// contentLength takes digits only: signs, lists and overflow are how requests are smuggled.
func (f *fields) contentLength(value []byte) error {
	if f.length >= 0 || len(value) == 0 || len(value) > maxDigits {
		return bad("content-length: want one number")
	}
	f.length = 0
	for _, c := range value {
		if c < '0' || c > '9' {
			return bad("content-length: want digits")
		}
		f.length = f.length*10 + int64(c-'0')
	}
	return nil
}

// maxDigits keeps a number, decimal or hexadecimal, within an int64.
const maxDigits = 15

func (q *request) settle(f *fields, version10 bool) error {
	switch {
	case f.hosts > 1 || (f.hosts == 0 && !version10):
		return bad("host: want one")
	case f.chunked && (f.length >= 0 || version10):
		return bad("transfer-encoding: want HTTP/1.1 and no content-length")
	}
	q.length, q.chunked = max(f.length, 0), f.chunked
	switch {
	case version10 && f.keepAlive && !f.close:
		q.mode = persistent10
	case version10:
		q.mode = closing10
	case f.close:
		q.mode = closing
	}
	return nil
}

// parseChunkSize reads the line before a chunk. Extensions are passed over.
func parseChunkSize(line []byte) (int64, error) {
	digits, extension, _ := bytes.Cut(line, []byte(";"))
	if len(digits) == 0 || len(digits) > maxDigits || !isText(extension) {
		return 0, bad("chunk size: want hexadecimal digits")
	}
	size := int64(0)
	for _, c := range digits {
		digit := strings.IndexByte("0123456789abcdef", c|0x20)
		if digit < 0 || c < '0' {
			return 0, bad("chunk size: want hexadecimal digits")
		}
		size = size<<4 | int64(digit)
	}
	return size, nil
}

// is compares a token with a lower-case word, whatever the token's case.
func is(token []byte, word string) bool {
	if len(token) != len(word) {
		return false
	}
	for i, c := range token {
		if c|0x20 != word[i] {
			return false
		}
	}
	return true
}

// isToken tells RFC 9110's tokens. Each word is the set of the allowed
// characters among 64 in a row.
func isToken(b []byte) bool {
	allowed := [4]uint64{0x03ff6cfa00000000, 0x57ffffffc7fffffe, 0, 0}
	for _, c := range b {
		if allowed[c>>6]>>(c&63)&1 == 0 {
			return false
		}
	}
	return len(b) > 0
}

// isVisible tells visible ASCII, of which request targets are made.
func isVisible(b []byte) bool {
	for _, c := range b {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return len(b) > 0
}

// isText tells what may stand in a header value.
func isText(b []byte) bool {
	for _, c := range b {
		if (c < ' ' && c != '\t') || c == 0x7f {
			return false
		}
	}
	return true
}
