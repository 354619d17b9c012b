package opening

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/loadgen/httpload"
	"gonogo/loadgen/session"
)

// A Target is a request that opens something, and where it goes.
type Target struct {
	Spec   loadgen.Request // its URL is http or https
	origin *dial.Origin
}

// NewTarget returns the Target of a request. URLs of ws and wss are those of http and
// https.
func NewTarget(n *dial.Network, spec loadgen.Request) (*Target, error) {
	if spec.URL == nil {
		return nil, errors.New("the URL names no host")
	}
	u := *spec.URL
	switch u.Scheme {
	case "ws":
		u.Scheme = "http"
	case "wss":
		u.Scheme = "https"
	}
	spec.URL = &u
	if spec.Method == "" {
		spec.Method = "GET"
	}
	origin, err := n.Origin(&u)
	if err != nil {
		return nil, err
	}
	return &Target{Spec: spec, origin: origin}, nil
}

// Origin is where it goes.
func (t *Target) Origin() *dial.Origin { return t.origin }

// Append appends the request with the values of a Session, and the fields of a
// protocol behind those of the step.
func (t *Target) Append(dst []byte, s *session.Session, more []loadgen.Field) ([]byte, error) {
	out, err := t.append(dst, s, more)
	if err != nil {
		return dst, httpload.Unwritten(err)
	}
	return out, nil
}

func (t *Target) append(dst []byte, s *session.Session, more []loadgen.Field) ([]byte, error) {
	target, err := t.target(s)
	if err != nil {
		return dst, err
	}
	content := t.Spec.Body
	if t.Spec.Content != nil {
		if content, err = t.Spec.Content.Append(nil, s); err != nil {
			return dst, err
		}
	}
	dst = fmt.Appendf(dst, "%s %s%s HTTP/1.1\r\n", t.Spec.Method, t.forwarded(), target)
	if credential, _ := t.origin.Forwarded(); credential != "" {
		dst = fmt.Appendf(dst, "Proxy-Authorization: %s\r\n", credential)
	}
	if !has(t.Spec.Header, "Host") {
		dst = fmt.Appendf(dst, "Host: %s\r\n", httpload.HostField(t.Spec.URL))
	}
	if !has(t.Spec.Header, "User-Agent") {
		dst = append(dst, "User-Agent: gonogo\r\n"...)
	}
	for _, f := range t.Spec.Header {
		if dst, err = appendField(dst, f, s); err != nil {
			return dst, err
		}
	}
	for _, f := range more {
		if has(t.Spec.Header, f.Name) {
			continue
		}
		if dst, err = appendField(dst, f, s); err != nil {
			return dst, err
		}
	}
	if len(content) > 0 || t.Spec.Method == "POST" || t.Spec.Method == "PUT" || t.Spec.Method == "PATCH" {
		dst = append(dst, "Content-Length: "+strconv.Itoa(len(content))+"\r\n"...)
	}
	if t.Spec.Signer != nil {
		dst = t.Spec.Signer.Sign(dst, &loadgen.Rendered{
			Method: t.Spec.Method, URL: t.Spec.URL, Target: target, Body: content, At: time.Now(),
		})
	}
	return append(append(dst, "\r\n"...), content...), nil
}

// target is path and query.
func (t *Target) target(s *session.Session) ([]byte, error) {
	if t.Spec.Target == nil {
		return []byte(t.Spec.URL.RequestURI()), nil
	}
	made, err := t.Spec.Target.Append(nil, s)
	if err != nil {
		return nil, err
	}
	if i := bytes.IndexFunc(made, func(r rune) bool { return r <= ' ' || r == 0x7f }); i >= 0 {
		return nil, fmt.Errorf("path %.64q: want no spaces and no control characters in it", made)
	}
	return made, nil
}

// forwarded is what a proxy is told that forwards the request, before its target.
func (t *Target) forwarded() string {
	if _, is := t.origin.Forwarded(); !is {
		return ""
	}
	return (&url.URL{Scheme: t.Spec.URL.Scheme, Host: httpload.HostField(t.Spec.URL)}).String()
}

// appendField appends a header line. A value that came out of an answer may hold
// anything, but no further line.
func appendField(dst []byte, f loadgen.Field, s *session.Session) ([]byte, error) {
	dst = append(append(dst, f.Name...), ": "...)
	from := len(dst)
	if f.Text == nil {
		dst = append(dst, f.Value...)
	} else {
		var err error
		if dst, err = f.Text.Append(dst, s); err != nil {
			return dst, err
		}
	}
	if bytes.ContainsAny(dst[from:], "\r\n\x00") {
		return dst, fmt.Errorf("header %s: want a value without line breaks", f.Name)
	}
	return append(dst, "\r\n"...), nil
}

func has(fields []loadgen.Field, name string) bool {
	return slices.ContainsFunc(fields, func(f loadgen.Field) bool { return strings.EqualFold(f.Name, name) })
}
