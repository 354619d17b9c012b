package h2load

import (
	"bytes"
	"encoding/binary"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"gonogo/loadgen"
	"gonogo/loadgen/coding"
	"gonogo/loadgen/dial"
	"gonogo/loadgen/httpload"
)

// A request is a step, rendered once: the frames that go out every time, but for
// the number of their stream. Its header block uses no dynamic table, so it is the
// same on every connection.
type request struct {
	frames   []byte    // HEADERS, and CONTINUATION where it is long; nil: the template makes them
	resized  []byte    // the same for the first block after the peer has changed our table's size
	template *template // of one that is written anew each time; else nil
	noBody   bool      // the answer has none
	spec     loadgen.Request
	path     []byte // without the query
	place    *place
	to       *dial.Origin
	origin   int // index of to among the client's; -1 when only a redirect led here

	inspector loadgen.Inspector // nil: nobody looks into the answer
	needs     loadgen.Needs
}

// A place is where a request goes, as cookies and signatures know it.
type place struct {
	url    *url.URL
	host   string // without the port
	secure bool
}

// render makes the request for u, all but where it goes.
func (c *Client) render(spec loadgen.Request, u *url.URL) (*request, error) {
	if spec.Method == "" {
		spec.Method = "GET"
	}
	if spec.Method == "CONNECT" {
		return nil, errMethod
	}
	r := &request{
		noBody: spec.Method == "HEAD",
		spec:   spec,
		place:  &place{url: u, host: strings.ToLower(u.Hostname()), secure: u.Scheme == "https"},
	}
	target := httpload.TargetOf(u)
	path, _, _ := strings.Cut(target, "?")
	r.path = []byte(path)
	sized := len(spec.Body) > 0 || spec.Content != nil || spec.Method == "POST" || spec.Method == "PUT" || spec.Method == "PATCH"
	b := newWriting()
	b.pseudo(spec, u, target)
	b.fields(spec, c.decoder != nil)
	cookies := c.options.Cookies && indexOf(spec.Header, "Cookie") < 0
	if spec.Varies() || cookies {
		r.template = &template{
			pieces: b.pieces, rest: bytes.Clone(b.out.Bytes()), content: spec.Content, body: spec.Body,
			sized: sized, cookies: cookies, target: []byte(target), spec: &r.spec, place: r.place,
		}
	}
	if !spec.Varies() {
		if sized {
			b.add("content-length", strconv.Itoa(len(spec.Body)))
		}
		end := len(spec.Body) == 0
		r.frames = appendHeader(nil, b.out.Bytes()[1:], end, 0)
		r.resized = appendHeader(nil, b.out.Bytes(), end, 0)
	}
	return r, nil
}

// writing is a header block in the making. Its first byte says that we use no table,
// which only the first block says after the peer has changed the table's size.
type writing struct {
	out     bytes.Buffer
	encoder *hpack.Encoder
	pieces  []piece // what was made before the last text, if there was one
}

func newWriting() *writing {
	b := &writing{}
	b.encoder = hpack.NewEncoder(&b.out)
	b.encoder.SetMaxDynamicTableSize(0)
	return b
}

// add writes a field. A buffer takes everything, so nothing can fail.
func (b *writing) add(name, value string) {
	_ = b.encoder.WriteField(hpack.HeaderField{Name: name, Value: value, Sensitive: isSecret(name)})
}

// isSecret tells the fields that go into nobody's table.
func isSecret(name string) bool {
	return name == "authorization" || name == "cookie" || name == "proxy-authorization"
}

// write writes a field of the header under a name, whose value may be a text.
func (b *writing) write(name string, f loadgen.Field, index int) {
	if f.Text == nil {
		b.add(name, f.Value)
		return
	}
	const any = "\x01" // a value that no table has, and that is shortest as it is
	b.add(name, any)
	b.out.Truncate(b.out.Len() - len(any) - 1)
	b.pieces = append(b.pieces, piece{before: bytes.Clone(b.out.Bytes()), text: f.Text, field: index})
	b.out.Reset()
}

// pseudo writes the fields of the request itself.
func (b *writing) pseudo(spec loadgen.Request, u *url.URL, target string) {
	b.add(":method", spec.Method)
	b.add(":scheme", u.Scheme)
	if i := indexOf(spec.Header, "Host"); i >= 0 {
		b.write(":authority", spec.Header[i], i)
	} else {
		b.add(":authority", httpload.HostField(u))
	}
	b.write(":path", loadgen.Field{Value: target, Text: spec.Target}, noField)
}

func (b *writing) fields(spec loadgen.Request, compressed bool) {
	if indexOf(spec.Header, "User-Agent") < 0 {
		b.add("user-agent", "gonogo")
	}
	if indexOf(spec.Header, "Accept") < 0 {
		b.add("accept", "*/*")
	}
	if compressed && indexOf(spec.Header, "Accept-Encoding") < 0 {
		b.add("accept-encoding", coding.Accept)
	}
	for i, f := range spec.Header {
		if name := strings.ToLower(f.Name); name != "host" && !ofConnection(name, f.Value) {
			b.write(name, f, i)
		}
	}
}

// ofConnection tells the fields of HTTP/1.1 that are about its connection.
func ofConnection(name, value string) bool {
	switch name {
	case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "content-length":
		return true
	case "te":
		return value != "trailers"
	}
	return false
}

// indexOf is where the first field of the name is; -1: there is none.
func indexOf(fields []loadgen.Field, name string) int {
	return slices.IndexFunc(fields, func(f loadgen.Field) bool { return strings.EqualFold(f.Name, name) })
}

// appendHeader cuts a header block into frames that every peer takes.
func appendHeader(out, block []byte, end bool, stream uint32) []byte {
	kind, flags := http2.FrameHeaders, http2.Flags(0)
	if end {
		flags = http2.FlagHeadersEndStream
	}
	for {
		n := min(len(block), leastFrame)
		if n == len(block) {
			flags |= http2.FlagHeadersEndHeaders
		}
		out = appendFrame(out, frame{length: n, kind: kind, flags: flags, stream: stream})
		out = append(out, block[:n]...)
		if block = block[n:]; len(block) == 0 {
			return out
		}
		kind, flags = http2.FrameContinuation, 0
	}
}

// appendHeader appends the frames that begin the user's request.
func (u *user) appendHeader(out []byte, resized bool) []byte {
	switch {
	case u.block == nil:
		return u.request.appendTo(out, u.id, resized)
	case resized:
		return appendHeader(out, u.block, len(u.payload) == 0, u.id)
	}
	return appendHeader(out, u.block[1:], len(u.payload) == 0, u.id)
}

// appendTo appends the frames for a stream.
func (r *request) appendTo(out []byte, stream uint32, resized bool) []byte {
	rendered := r.frames
	if resized {
		rendered = r.resized
	}
	at := len(out)
	out = append(out, rendered...)
	for at < len(out) {
		binary.BigEndian.PutUint32(out[at+5:], stream)
		at += frameHeader + parseFrame(out[at:]).length
	}
	return out
}
