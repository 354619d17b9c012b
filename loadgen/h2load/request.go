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
	frames  []byte // HEADERS, and CONTINUATION where it is long
	resized []byte // the same for the first block after the peer has changed our table's size
	noBody  bool   // the answer has none
	spec    loadgen.Request
	to      *dial.Origin
	origin  int // index of to among the client's; -1 when only a redirect led here
}

// render makes the request for u, all but where it goes.
func render(spec loadgen.Request, u *url.URL, compressed bool) (*request, error) {
	if spec.Method == "" {
		spec.Method = "GET"
	}
	if spec.Method == "CONNECT" {
		return nil, errMethod
	}
	b := &writing{}
	b.encoder = hpack.NewEncoder(&b.out)
	b.encoder.SetMaxDynamicTableSize(0)
	b.pseudo(spec, u)
	b.fields(spec, compressed)
	const resize = "\x20" // to 0, which the encoder says first
	resized := b.out.Bytes()
	end := len(spec.Body) == 0
	return &request{
		frames:  frames(bytes.TrimPrefix(resized, []byte(resize)), end),
		resized: frames(resized, end),
		noBody:  spec.Method == "HEAD",
		spec:    spec,
	}, nil
}

// writing is a header block in the making.
type writing struct {
	out     bytes.Buffer
	encoder *hpack.Encoder
}

// add writes a field. A buffer takes everything, so nothing can fail.
func (b *writing) add(name, value string) {
	secret := slices.Contains([]string{"authorization", "cookie", "proxy-authorization"}, name)
	_ = b.encoder.WriteField(hpack.HeaderField{Name: name, Value: value, Sensitive: secret})
}

func (b *writing) pseudo(spec loadgen.Request, u *url.URL) {
	authority := httpload.HostField(u)
	if host, ok := valueOf(spec.Header, "Host"); ok {
		authority = host
	}
	b.add(":method", spec.Method)
	b.add(":scheme", u.Scheme)
	b.add(":authority", authority)
	b.add(":path", u.RequestURI())
}

func (b *writing) fields(spec loadgen.Request, compressed bool) {
	if _, ok := valueOf(spec.Header, "User-Agent"); !ok {
		b.add("user-agent", "gonogo")
	}
	if _, ok := valueOf(spec.Header, "Accept"); !ok {
		b.add("accept", "*/*")
	}
	if _, ok := valueOf(spec.Header, "Accept-Encoding"); compressed && !ok {
		b.add("accept-encoding", coding.Accept)
	}
	for _, f := range spec.Header {
		if name := strings.ToLower(f.Name); name != "host" && !ofConnection(name, f.Value) {
			b.add(name, f.Value)
		}
	}
	if len(spec.Body) > 0 || spec.Method == "POST" || spec.Method == "PUT" || spec.Method == "PATCH" {
		b.add("content-length", strconv.Itoa(len(spec.Body)))
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

func valueOf(fields []loadgen.Field, name string) (string, bool) {
	for _, f := range fields {
		if strings.EqualFold(f.Name, name) {
			return f.Value, true
		}
	}
	return "", false
}

// frames cuts a header block into frames that every peer takes.
func frames(block []byte, end bool) []byte {
	kind, flags := http2.FrameHeaders, http2.Flags(0)
	if end {
		flags = http2.FlagHeadersEndStream
	}
	var out []byte
	for {
		n := min(len(block), leastFrame)
		if n == len(block) {
			flags |= http2.FlagHeadersEndHeaders
		}
		out = appendFrame(out, frame{length: n, kind: kind, flags: flags})
		out = append(out, block[:n]...)
		if block = block[n:]; len(block) == 0 {
			return out
		}
		kind, flags = http2.FrameContinuation, 0
	}
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
