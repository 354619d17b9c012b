package h2load

import (
	"gonogo/loadgen/coding"
	"gonogo/loadgen/httpload"
)

// head is what the header of an answer says that a client has to know.
type head struct {
	status int   // 0: it says none
	length int64 // of the body
	coding coding.Coding

	lines   []byte // its fields as lines "name: value\r\n", if they are wanted
	cookies bool   // there are fields set-cookie
}

// wants is what of a header is kept.
type wants struct {
	location, lines bool
}

// unknownLength is that of a body which no field gives a length.
const unknownLength = -1

// fields makes a head of the fields of a block, and notes the first that no answer
// may have.
type fields struct {
	head
	regular  bool // a field was there that is none of the protocol's own
	wants    wants
	location []byte
	err      error
}

func (f *fields) reset(w wants) {
	*f = fields{head: head{length: unknownLength, lines: f.lines[:0]}, wants: w, location: f.location[:0]}
}

// Field implements hpack.Sink.
func (f *fields) Field(name, value []byte) {
	if f.err == nil {
		f.err = f.field(name, value)
	}
}

func (f *fields) field(name, value []byte) error {
	if len(name) > 0 && name[0] == ':' {
		return f.pseudo(name, value)
	}
	f.regular = true
	if len(name) == 0 {
		return httpload.Malformed("a field without a name")
	}
	for _, c := range name {
		if !nameByte[c] {
			return httpload.Malformed("field name %q", clip(name))
		}
	}
	for _, c := range value {
		if c < ' ' && c != '\t' || c == 0x7f {
			return httpload.Malformed("field %q holds a control character", clip(name))
		}
	}
	if f.wants.lines {
		f.lines = append(append(append(append(f.lines, name...), ": "...), value...), "\r\n"...)
	}
	switch string(name) {
	case "set-cookie":
		f.cookies = true
	case "content-length":
		return f.contentLength(value)
	case "content-encoding":
		if f.coding == coding.Identity {
			f.coding = coding.Of(value)
		} else {
			f.coding = coding.Unknown // nobody asked for two
		}
	case "location":
		if f.wants.location {
			f.location = append(f.location[:0], value...)
		}
	case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade":
		return httpload.Malformed("field %q, which HTTP/2 does not have", name)
	}
	return nil
}

// pseudo takes the one field of its kind that answers have.
func (f *fields) pseudo(name, value []byte) error {
	if string(name) != ":status" || f.regular || f.status != 0 {
		return httpload.Malformed("field %q in the wrong place", clip(name))
	}
	if len(value) != 3 {
		return httpload.Malformed("status %q is not a number of three digits", clip(value))
	}
	for _, d := range value {
		if d < '0' || d > '9' {
			return httpload.Malformed("status %q is not a number of three digits", value)
		}
		f.status = f.status*10 + int(d-'0')
	}
	if f.status < 100 {
		return httpload.Malformed("status %q is below 100", value)
	}
	return nil
}

func (f *fields) contentLength(v []byte) error {
	if len(v) == 0 || len(v) > 18 { // 18 digits always fit
		return httpload.Malformed("content-length %q", clip(v))
	}
	var n int64
	for _, d := range v {
		if d < '0' || d > '9' {
			return httpload.Malformed("content-length %q", clip(v))
		}
		n = n*10 + int64(d-'0')
	}
	if f.length != unknownLength && f.length != n {
		return httpload.Malformed("two lengths: %d and %d", f.length, n)
	}
	f.length = n
	return nil
}

// clip shortens what an error quotes.
func clip(b []byte) []byte { return b[:min(len(b), 64)] }

// nameByte holds the bytes of which the name of a field may consist.
var nameByte = func() (t [256]bool) {
	for _, c := range []byte("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz") {
		t[c] = true
	}
	return t
}()
