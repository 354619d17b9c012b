package h3load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"sync"

	"golang.org/x/net/http/httpguts"

	"gonogo/loadgen"
	"gonogo/loadgen/coding"
	"gonogo/loadgen/dial"
	"gonogo/loadgen/httpload"
)

// A request is a step, rendered as far as it is the same each time.
type request struct {
	to        *dial.Origin
	origin    int // its number
	spec      loadgen.Request
	template  *http.Request
	host      string // as cookies know it
	varies    bool
	cookies   bool // those of the user are sent
	inspector loadgen.Inspector
	needs     loadgen.Needs
}

// render makes the request of a step, all but where it goes.
func render(step *loadgen.Step, compressed bool) (*request, error) {
	spec := step.Request
	if spec.Method == "" {
		spec.Method = http.MethodGet
	}
	switch {
	case spec.Method == http.MethodConnect:
		return nil, errMethod
	case spec.MaxRedirects > 0:
		return nil, errRedirect
	}
	r := &request{spec: spec, host: strings.ToLower(spec.URL.Hostname()), varies: spec.Varies(), inspector: step.Inspector}
	if r.inspector != nil {
		r.needs = r.inspector.Needs()
	}
	header, err := fields(spec.Header, compressed && r.needs.Body == 0)
	if err != nil {
		return nil, err
	}
	host := httpload.HostField(spec.URL)
	if i := slices.IndexFunc(spec.Header, func(f loadgen.Field) bool { return strings.EqualFold(f.Name, "Host") }); i >= 0 {
		if spec.Header[i].Text != nil {
			return nil, errors.New("header field Host: it cannot be written anew for each request")
		}
		host = spec.Header[i].Value
	}
	r.template = &http.Request{
		Method: spec.Method, Host: host, Header: header,
		URL: &url.URL{Scheme: spec.URL.Scheme, Host: spec.URL.Host, Opaque: spec.URL.RequestURI()},
	}
	return r, nil
}

// fields are those of a header that are always the same.
func fields(spec []loadgen.Field, compressed bool) (http.Header, error) {
	h := http.Header{}
	for _, f := range spec {
		name := textproto.CanonicalMIMEHeaderKey(f.Name)
		if name == "Host" || ofConnection(name, f.Value) {
			continue
		}
		if !httpguts.ValidHeaderFieldName(name) {
			return nil, fmt.Errorf("header field %q: the name holds what no name may", f.Name)
		}
		if f.Text == nil && !httpguts.ValidHeaderFieldValue(f.Value) {
			return nil, fmt.Errorf("header field %s: the value holds what no value may, a line break say", f.Name)
		}
		h[name] = append(h[name], f.Value) // of a Text, the place where it goes
	}
	byDefault(h, "User-Agent", "gonogo")
	byDefault(h, "Accept", "*/*")
	if compressed {
		byDefault(h, "Accept-Encoding", coding.Accept)
	}
	return h, nil
}

func byDefault(h http.Header, name, value string) {
	if len(h[name]) == 0 {
		h[name] = []string{value}
	}
}

// ofConnection tells the fields of HTTP/1.1 that are about its connection, and the one
// that the library writes.
func ofConnection(name, value string) bool {
	switch name {
	case "Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade", "Content-Length":
		return true
	case "Te":
		return value != "trailers"
	}
	return false
}

// make writes the request, with the values of the user's variables.
func (r *request) make(ctx context.Context, u *user) (*http.Request, *content, error) {
	made := r.template.WithContext(ctx)
	body := r.spec.Body
	if r.varies || r.cookies && u.knows.Cookies.Len() > 0 {
		var err error
		if body, err = r.vary(made, u); err != nil {
			return nil, nil, err
		}
	}
	if len(body) == 0 {
		return made, nil, nil
	}
	c := &content{left: body}
	made.Body, made.ContentLength = c, int64(len(body))
	return made, c, nil
}

// vary writes what is not the same each time, and returns the body.
func (r *request) vary(made *http.Request, u *user) (body []byte, err error) {
	body, target := r.spec.Body, made.URL.Opaque
	if r.spec.Target != nil {
		if u.scratch, err = r.spec.Target.Append(u.scratch[:0], u.knows); err != nil {
			return nil, fmt.Errorf("target: %w", err)
		}
		if target, err = checked(u.scratch); err != nil {
			return nil, err
		}
		made.URL = &url.URL{Scheme: made.URL.Scheme, Host: made.URL.Host, Opaque: target}
	}
	if r.spec.Content != nil {
		if u.body, err = r.spec.Content.Append(u.body[:0], u.knows); err != nil {
			return nil, fmt.Errorf("body: %w", err)
		}
		body = u.body
	}
	if made.Header, err = r.header(made.Header, u); err != nil {
		return nil, err
	}
	r.addCookies(made.Header, target, u)
	if r.spec.Signer != nil {
		u.scratch = r.spec.Signer.Sign(u.scratch[:0], &loadgen.Rendered{
			Method: made.Method, URL: r.spec.URL, Target: []byte(target), Body: body, At: u.wall(),
		})
		addLines(made.Header, u.scratch)
	}
	return body, nil
}

// checked returns a target that can be sent: a path, without what would need escaping.
func checked(target []byte) (string, error) {
	if len(target) == 0 || target[0] != '/' || bytes.ContainsFunc(target, func(c rune) bool { return c <= ' ' || c == 0x7f }) {
		return "", fmt.Errorf("target %.80q: want a path that begins with / and has no spaces", target)
	}
	return string(target), nil
}

// header returns a copy of the fields, with the values of the user's variables.
func (r *request) header(always http.Header, u *user) (http.Header, error) {
	h := always.Clone()
	seen := map[string]int{}
	for _, f := range r.spec.Header {
		name := textproto.CanonicalMIMEHeaderKey(f.Name)
		if len(h[name]) == 0 || name == "Host" {
			continue
		}
		at := seen[name]
		seen[name]++
		if f.Text == nil {
			continue
		}
		value, err := f.Text.Append(u.scratch[:0], u.knows)
		u.scratch = value
		if err != nil {
			return nil, fmt.Errorf("header field %s: %w", f.Name, err)
		}
		if !httpguts.ValidHeaderFieldValue(string(value)) {
			return nil, fmt.Errorf("header field %s: the value holds what no value may, a line break say", f.Name)
		}
		h[name][at] = string(value)
	}
	return h, nil
}

// addCookies adds the cookies of the user that go to the target.
func (r *request) addCookies(h http.Header, target string, u *user) {
	if !r.cookies {
		return
	}
	u.scratch = u.knows.Cookies.Append(u.scratch[:0], r.host, pathOf(target), true, u.wall())
	if len(u.scratch) > 0 {
		h["Cookie"] = []string{string(u.scratch)}
	}
}

// takeCookies takes those that an answer brought to a request for the target.
func (r *request) takeCookies(h http.Header, target string, u *user) {
	if !u.client.options.Cookies {
		return
	}
	for _, line := range h["Set-Cookie"] {
		u.knows.Cookies.Take([]byte(line), r.host, pathOf(target), true, u.wall())
	}
}

// pathOf is a target without its query.
func pathOf(target string) []byte {
	path, _, _ := strings.Cut(target, "?")
	return []byte(path)
}

// addLines adds fields that are lines "Name: value\r\n".
func addLines(h http.Header, lines []byte) {
	for line := range bytes.SplitSeq(lines, []byte("\r\n")) {
		if name, value, ok := bytes.Cut(line, []byte(":")); ok {
			h.Set(string(name), string(bytes.TrimSpace(value)))
		}
	}
}

// content is the body of a request, which the library reads in a goroutine of its own
// that may outlive the answer.
type content struct {
	mu   sync.Mutex
	left []byte
	over bool
}

// errOver ends a reader of what nobody wants any more.
var errOver = errors.New("the answer came before the whole request was taken")

// Read implements io.Reader.
func (c *content) Read(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return 0, errOver
	}
	n := copy(b, c.left)
	c.left = c.left[n:]
	if n == 0 && len(b) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Close implements io.Closer.
func (c *content) Close() error { return nil }

// end forgets the body, and tells whether the whole of it was taken.
func (c *content) end() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	return len(c.left) == 0
}
