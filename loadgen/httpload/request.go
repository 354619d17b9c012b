package httpload

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"gonogo/loadgen"
	"gonogo/loadgen/coding"
	"gonogo/loadgen/dial"
)

// A request is a step, rendered once: the bytes that go out every time, unless it
// has a template.
type request struct {
	bytes    []byte
	template *template // of one that is written anew each time; else nil
	origin   *origin
	spec     loadgen.Request
	memo     *memo // of the step's answers; nil: nothing is kept

	path      []byte            // of its URL, with the query: where the template does not write it
	inspector loadgen.Inspector // nil: nobody looks into the answer
	needs     loadgen.Needs
}

// render makes the bytes of a request to u. A proxy that forwards it has to be
// told all of u.
func (c *Client) render(spec loadgen.Request, u *url.URL, o *origin) []byte {
	var b strings.Builder
	method, before := c.opening(&spec, u, o)
	fmt.Fprintf(&b, "%s %s%s HTTP/1.1\r\n", method, before, targetOf(u))
	c.fixedFields(&b, &spec, u, o)
	for _, f := range spec.Header {
		fmt.Fprintf(&b, "%s: %s\r\n", f.Name, f.Value)
	}
	if hasBody(method, spec.Body) {
		b.WriteString("Content-Length: " + strconv.Itoa(len(spec.Body)) + "\r\n")
	}
	b.WriteString("\r\n")
	b.Write(spec.Body)
	return []byte(b.String())
}

// targetOf is path and query of u. The path of a URL that was put together in code
// may have no slash before it.
func targetOf(u *url.URL) string {
	target := u.RequestURI()
	if target[0] != '/' && target != "*" {
		return "/" + target
	}
	return target
}

// hasBody tells whether a request says how long its body is.
func hasBody(method string, body []byte) bool {
	return len(body) > 0 || method == "POST" || method == "PUT" || method == "PATCH"
}

// opening is what a request begins with: its method, and what is before the path.
func (c *Client) opening(spec *loadgen.Request, u *url.URL, o *origin) (method, before string) {
	if method = spec.Method; method == "" {
		method = "GET"
	}
	if _, forwarded := o.Forwarded(); forwarded {
		before = u.Scheme + "://" + hostField(u)
	}
	return method, before
}

// fixedFields writes the header fields that no step says.
func (c *Client) fixedFields(b *strings.Builder, spec *loadgen.Request, u *url.URL, o *origin) {
	if credential, _ := o.Forwarded(); credential != "" {
		fmt.Fprintf(b, "Proxy-Authorization: %s\r\n", credential)
	}
	if !has(spec.Header, "Host") {
		fmt.Fprintf(b, "Host: %s\r\n", hostField(u))
	}
	if !has(spec.Header, "User-Agent") {
		b.WriteString("User-Agent: gonogo\r\n")
	}
	if !has(spec.Header, "Accept") {
		b.WriteString("Accept: */*\r\n")
	}
	if c.decoder != nil && !has(spec.Header, "Accept-Encoding") {
		b.WriteString("Accept-Encoding: " + coding.Accept + "\r\n")
	}
}

// hostField is what the field Host says: no port where it is the scheme's own,
// and no zone, which means nothing to others.
func hostField(u *url.URL) string {
	host, _, _ := strings.Cut(u.Hostname(), "%")
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port := u.Port(); port != "" && port != dial.DefaultPort(u.Scheme) {
		return host + ":" + port
	}
	return host
}

func has(fields []loadgen.Field, name string) bool {
	return slices.ContainsFunc(fields, func(f loadgen.Field) bool { return strings.EqualFold(f.Name, name) })
}

// expects tells whether the status is one that the step calls ok.
func (r *request) expects(status int) bool {
	if len(r.spec.Expect) == 0 {
		return status >= 200 && (status < 300 || status < 400 && r.spec.MaxRedirects == 0)
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
	spec, to, ok := redirect(r.spec, from, h)
	if !ok {
		return nil, nil, false
	}
	made, err := c.network.Origin(to)
	if err != nil {
		return nil, nil, false
	}
	at := c.known(made)
	if at == nil {
		at = newOrigin(made, -1, to)
	}
	next := &request{bytes: c.render(spec, to, at), origin: at, spec: spec, path: []byte(targetOf(to)), inspector: r.inspector, needs: r.needs}
	next.template = c.newTemplate(&next.spec, to, at)
	return next, to, true
}

// redirect is what of that no protocol changes.
func redirect(spec loadgen.Request, from *url.URL, h head) (loadgen.Request, *url.URL, bool) {
	switch h.status {
	case 301, 302, 303, 307, 308:
	default:
		return spec, nil, false
	}
	to, err := from.Parse(string(h.location))
	if err != nil || len(h.location) == 0 || to.Host == "" {
		return spec, nil, false
	}
	if h.status == 303 && spec.Method != "HEAD" || h.status < 303 && spec.Method == "POST" {
		spec.Method, spec.Body = "GET", nil
		spec.Header = without(spec.Header, "Content-Type")
	}
	if to.Host != from.Host || to.Scheme != from.Scheme {
		spec.Header = without(spec.Header, "Authorization", "Cookie", "Host") // they were meant for the first host
		spec.Signer = nil
	}
	spec.URL = to
	return spec, to, true
}

// without returns the fields that have none of the names.
func without(fields []loadgen.Field, names ...string) []loadgen.Field {
	return slices.DeleteFunc(slices.Clone(fields), func(f loadgen.Field) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(f.Name, n) })
	})
}
