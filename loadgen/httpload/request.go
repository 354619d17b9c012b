package httpload

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"gonogo/loadgen"
)

// A request is a step, rendered once: the bytes that go out every time.
type request struct {
	bytes  []byte
	origin *origin
	spec   loadgen.Request
}

// render makes the bytes of a request to u.
func render(spec loadgen.Request, u *url.URL) []byte {
	var b strings.Builder
	method := spec.Method
	if method == "" {
		method = "GET"
	}
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", method, u.RequestURI())
	if !has(spec.Header, "Host") {
		fmt.Fprintf(&b, "Host: %s\r\n", hostField(u))
	}
	if !has(spec.Header, "User-Agent") {
		b.WriteString("User-Agent: gonogo\r\n")
	}
	if !has(spec.Header, "Accept") {
		b.WriteString("Accept: */*\r\n")
	}
	for _, f := range spec.Header {
		fmt.Fprintf(&b, "%s: %s\r\n", f.Name, f.Value)
	}
	if len(spec.Body) > 0 || method == "POST" || method == "PUT" || method == "PATCH" {
		b.WriteString("Content-Length: " + strconv.Itoa(len(spec.Body)) + "\r\n")
	}
	b.WriteString("\r\n")
	b.Write(spec.Body)
	return []byte(b.String())
}

// hostField is what the field Host says: no port where it is the scheme's own.
func hostField(u *url.URL) string {
	if u.Port() == "" || u.Port() == defaultPort(u.Scheme) {
		return strings.TrimSuffix(u.Host, ":"+u.Port())
	}
	return u.Host
}

func defaultPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}

func has(fields []loadgen.Field, name string) bool {
	return slices.ContainsFunc(fields, func(f loadgen.Field) bool { return strings.EqualFold(f.Name, name) })
}

// expects tells whether the status is one that the step calls ok.
func (r *request) expects(status int) bool {
	if len(r.spec.Expect) == 0 {
		return status >= 200 && status < 400
	}
	for _, e := range r.spec.Expect {
		if e.From <= status && status <= e.To {
			return true
		}
	}
	return false
}

// redirected returns the request that a redirect asks for, or false where the
// answer is no redirect that can be followed.
func (r *request) redirected(c *Client, from *url.URL, h head) (*request, *url.URL, bool) {
	switch h.status {
	case 301, 302, 303, 307, 308:
	default:
		return nil, nil, false
	}
	to, err := from.Parse(string(h.location))
	if err != nil || len(h.location) == 0 || to.Host == "" {
		return nil, nil, false
	}
	origin, err := newOrigin(c, to)
	if err != nil {
		return nil, nil, false
	}
	spec := r.spec
	if h.status == 303 && spec.Method != "HEAD" || h.status < 303 && spec.Method == "POST" {
		spec.Method, spec.Body = "GET", nil
		spec.Header = without(spec.Header, "Content-Type")
	}
	if to.Host != from.Host || to.Scheme != from.Scheme {
		spec.Header = without(spec.Header, "Authorization", "Cookie", "Host") // they were meant for the first host
	}
	if origin.key() == r.origin.key() {
		origin = r.origin
	}
	return &request{bytes: render(spec, to), origin: origin, spec: spec}, to, true
}

// without returns the fields that have none of the names.
func without(fields []loadgen.Field, names ...string) []loadgen.Field {
	return slices.DeleteFunc(slices.Clone(fields), func(f loadgen.Field) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(f.Name, n) })
	})
}
