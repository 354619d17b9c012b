package httpload

import (
	"bytes"
	"errors"
	"fmt"

	"gonogo/loadgen/coding"
)

// maxHead is the longest head of an answer that is read: a target that sends
// more is malformed, and costs no more memory than this.
const maxHead = 64 << 10

// unknownLength is the body length of an answer that ends with its connection.
const unknownLength = -1

// head is what the head of an answer says that a client has to know.
type head struct {
	status   int
	length   int64 // of the body; unknownLength when neither header says it
	chunked  bool
	keep     bool   // the connection may be used again
	cookies  bool   // there are fields Set-Cookie
	location []byte // the field Location, within the buffer
	coding   coding.Coding
}

// errMalformed is what every answer that breaks RFC 9112 ends in.
var errMalformed = errors.New("malformed answer")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errMalformed, fmt.Sprintf(format, args...))
}

var (
	headEnd = []byte("\r\n\r\n")
	proto   = []byte("HTTP/1.")
)

// findHead returns the length of the head at the start of b, or 0 when more
// bytes are needed. The first seen bytes were looked at before. It refuses early
// what cannot become a head, so that garbage does not wait for a timeout.
func findHead(b []byte, seen int) (int, error) {
	if len(b) < len(proto) {
		if !bytes.HasPrefix(proto, b) {
			return 0, malformed("want HTTP/1.x, got %q", clip(b))
		}
		return 0, nil
	}
	if !bytes.HasPrefix(b, proto) {
		return 0, malformed("want HTTP/1.x, got %q", clip(b))
	}
	from := max(seen-len(headEnd)+1, 0)
	if i := bytes.Index(b[from:], headEnd); i >= 0 {
		return from + i + len(headEnd), nil
	}
	if i := bareLF(b, from); i >= 0 {
		return 0, malformed("a line of the head ends without a carriage return")
	}
	if len(b) >= maxHead {
		return 0, malformed("the head is longer than %d bytes", maxHead)
	}
	return 0, nil
}

// bareLF returns the index of the first line feed at or after from that no
// carriage return precedes, or -1.
func bareLF(b []byte, from int) int {
	for {
		i := bytes.IndexByte(b[from:], '\n')
		if i < 0 {
			return -1
		}
		if from += i; from == 0 || b[from-1] != '\r' {
			return from
		}
		from++
	}
}

// parseHead reads a whole head, its empty line included. noBody is set for the
// answer to HEAD.
func parseHead(b []byte, noBody bool) (head, error) {
	h := head{length: unknownLength}
	eol := bytes.IndexByte(b, '\n')
	minor, err := parseStatusLine(b[:eol+1], &h)
	if err != nil {
		return h, err
	}
	h.keep = minor >= 1
	var f framing
	for rest := b[eol+1:]; len(rest) > 2; {
		eol = bytes.IndexByte(rest, '\n')
		if eol < 1 || rest[eol-1] != '\r' {
			return h, malformed("a line of the head ends without a carriage return")
		}
		if err := parseField(rest[:eol-1], &h, &f); err != nil {
			return h, err
		}
		rest = rest[eol+1:]
	}
	return h, f.settle(&h, minor, noBody)
}

// parseStatusLine reads "HTTP/1.x 200 OK\r\n" and returns x.
func parseStatusLine(line []byte, h *head) (minor int, err error) {
	const fixed = len("HTTP/1.1 200")
	if len(line) < fixed+2 || line[len(line)-2] != '\r' {
		return 0, malformed("status line %q", clip(line))
	}
	m := line[7]
	if (m != '0' && m != '1') || line[8] != ' ' || (line[12] != ' ' && line[12] != '\r') {
		return 0, malformed("status line %q", clip(line))
	}
	for _, d := range line[9:12] {
		if d < '0' || d > '9' {
			return 0, malformed("status %q is not a number of three digits", line[9:12])
		}
		h.status = h.status*10 + int(d-'0')
	}
	if h.status < 100 {
		return 0, malformed("status %03d is below 100", h.status)
	}
	if i := badByte(line[fixed : len(line)-2]); i >= 0 {
		return 0, malformed("status line %q", clip(line))
	}
	return int(m - '0'), nil
}

// framing collects the fields that say where the body ends.
type framing struct {
	length    int64
	hasLength bool
	chunked   bool
	close     bool
	keepAlive bool
}

// parseField reads one line of the head, without its end.
func parseField(line []byte, h *head, f *framing) error {
	if line[0] == ' ' || line[0] == '\t' {
		return malformed("a folded header line %q", clip(line))
	}
	colon := bytes.IndexByte(line, ':')
	if colon < 1 {
		return malformed("header line %q has no name", clip(line))
	}
	name := line[:colon]
	for _, c := range name {
		if !tokenByte[c] {
			return malformed("header name %q", clip(name))
		}
	}
	if i := badByte(line[colon+1:]); i >= 0 {
		return malformed("header %q holds a control character", clip(name))
	}
	// Only six fields matter; their lengths hardly meet, so one switch decides.
	switch len(name) {
	case len("Location"):
		if equalFold(name, "location") {
			h.location = trim(line[colon+1:])
		}
	case len("Connection"):
		if equalFold(name, "connection") {
			f.connection(line[colon+1:])
		} else if equalFold(name, "set-cookie") {
			h.cookies = true
		}
	case len("Content-Length"):
		if equalFold(name, "content-length") {
			return f.contentLength(trim(line[colon+1:]))
		}
	case len("Content-Encoding"):
		if equalFold(name, "content-encoding") {
			h.coding = codedToo(h.coding, trim(line[colon+1:]))
		}
	case len("Transfer-Encoding"):
		if equalFold(name, "transfer-encoding") {
			return f.transferEncoding(trim(line[colon+1:]))
		}
	}
	return nil
}

// codedToo returns the coding of a body that has another one, too, but for the
// first: nobody asked for two.
func codedToo(first coding.Coding, value []byte) coding.Coding {
	if first != coding.Identity {
		return coding.Unknown
	}
	return coding.Of(value)
}

func (f *framing) connection(list []byte) {
	for len(list) > 0 {
		var token []byte
		token, list, _ = bytes.Cut(list, comma)
		token = trim(token)
		f.close = f.close || equalFold(token, "close")
		f.keepAlive = f.keepAlive || equalFold(token, "keep-alive")
	}
}

var comma = []byte(",")

func (f *framing) contentLength(v []byte) error {
	if len(v) == 0 || len(v) > 18 { // 18 digits always fit
		return malformed("Content-Length %q", clip(v))
	}
	var n int64
	for _, d := range v {
		if d < '0' || d > '9' {
			return malformed("Content-Length %q", clip(v))
		}
		n = n*10 + int64(d-'0')
	}
	if f.hasLength && f.length != n {
		return malformed("two lengths: %d and %d", f.length, n)
	}
	f.length, f.hasLength = n, true
	return nil
}

func (f *framing) transferEncoding(v []byte) error {
	if f.chunked || !equalFold(v, "chunked") {
		return malformed("Transfer-Encoding %q", clip(v))
	}
	f.chunked = true
	return nil
}

// settle decides what the head means for the body and the connection, by
// section 6.3 of RFC 9112.
func (f *framing) settle(h *head, minor int, noBody bool) error {
	if f.chunked && f.hasLength {
		return malformed("both Content-Length and Transfer-Encoding")
	}
	if f.chunked && minor == 0 {
		return malformed("Transfer-Encoding in an answer of HTTP/1.0")
	}
	if h.status == 101 {
		return malformed("status 101 to a request that asked for no upgrade")
	}
	h.keep = !f.close && (h.keep || f.keepAlive)
	switch {
	case noBody || h.status < 200 || h.status == 204 || h.status == 304:
		h.length = 0
	case f.chunked:
		h.chunked = true
	case f.hasLength:
		h.length = f.length
	default:
		h.keep = false // the body ends with the connection
	}
	return nil
}

// badByte returns the index of the first byte that no field value may hold, or -1.
func badByte(v []byte) int {
	for i, c := range v {
		if (c < ' ' && c != '\t') || c == 0x7f {
			return i
		}
	}
	return -1
}

// equalFold compares b with a word of lower-case letters and hyphens.
func equalFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// trim takes optional white space off both ends.
func trim(v []byte) []byte {
	for len(v) > 0 && (v[0] == ' ' || v[0] == '\t') {
		v = v[1:]
	}
	for len(v) > 0 && (v[len(v)-1] == ' ' || v[len(v)-1] == '\t') {
		v = v[:len(v)-1]
	}
	return v
}

// clip shortens what an error quotes.
func clip(b []byte) []byte { return b[:min(len(b), 64)] }

// tokenByte holds the bytes of which a header name may consist.
var tokenByte = func() (t [256]bool) {
	for _, c := range []byte("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		t[c] = true
	}
	return t
}()
