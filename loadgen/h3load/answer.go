package h3load

import (
	"io"
	"maps"
	"net/http"
	"slices"

	"gonogo/loadgen"
	"gonogo/loadgen/coding"
	"gonogo/loadgen/httpload"
	"gonogo/measure"
)

// bodyBuffer is how much of a body is read at a time.
const bodyBuffer = 16 << 10

// answer is what is kept of one for those who look into it.
type answer struct {
	buffer []byte
	head   []byte
	body   []byte
	length int64
}

// read reads the answer to its end.
func (u *user) read(o *measure.Outcome, r *request, response *http.Response) error {
	defer response.Body.Close() //nolint:errcheck // it cannot fail
	o.Status = response.StatusCode
	if o.FirstByte == 0 {
		o.FirstByte = u.clock.Now()
	}
	a := &u.answer
	a.head, a.body, a.length = a.head[:0], a.body[:0], 0
	if r.needs.Head {
		a.head = appendHead(a.head, response.Header)
	}
	err := u.readBody(o, r, response)
	o.Read = u.clock.Now()
	o.Done = o.Read
	return err
}

// appendHead appends the fields as lines, sorted by name: the library does not keep
// their order.
func appendHead(dst []byte, h http.Header) []byte {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			dst = append(append(dst, name...), ": "...)
			dst = append(append(dst, value...), "\r\n"...)
		}
	}
	return dst
}

func (u *user) readBody(o *measure.Outcome, r *request, response *http.Response) error {
	a := &u.answer
	if how := codingOf(response); u.client.decoder != nil && how != coding.Identity && r.needs.Body == 0 {
		n, broken, err := u.client.decoder.Count(how, response.Body)
		o.BytesDecoded += n
		a.length = n
		if broken {
			return &failure{measure.Malformed, err}
		}
		return err
	}
	if a.buffer == nil {
		a.buffer = make([]byte, bodyBuffer)
	}
	for {
		n, err := response.Body.Read(a.buffer)
		a.length += int64(n)
		if room := r.needs.Body - len(a.body); room > 0 {
			a.body = append(a.body, a.buffer[:min(n, room)]...)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if u.client.decoder != nil {
		o.BytesDecoded += a.length
	}
	return nil
}

func codingOf(response *http.Response) coding.Coding {
	all := response.Header["Content-Encoding"]
	switch len(all) {
	case 0:
		return coding.Identity
	case 1:
		return coding.Of([]byte(all[0]))
	}
	return coding.Unknown
}

// inspect lets the step's inspector look into the answer.
func (u *user) inspect(o *measure.Outcome, r *request) error {
	a := &u.answer
	return httpload.Inspect(r.inspector, &loadgen.Answer{
		Status: o.Status, Head: a.head, Body: a.body, Length: a.length, Service: o.Service(),
	}, u.knows)
}
