package scenarios

import (
	"fmt"
	"net/textproto"
	"slices"
	"strings"

	"gonogo/internal/yamlfile"
	"gonogo/loadgen"
	"gonogo/loadgen/session"
)

// shared resolves the headers that every step carries, and the credential, which may be
// one of them.
func (j *journey) shared() {
	c := j.compiler
	const path = yamlfile.Path("http.headers")
	j.common = c.fields(path, c.HTTP.Headers)
	j.credential = j.credentialOf("http.auth", &c.HTTP.Auth, false)
	j.clash(&j.credential, j.common)
	if f := j.credential.field; f != nil {
		j.common = append(j.common, *f)
		c.origins[path.Key(f.Name)] = c.origin(j.credential.at)
	}
	if c.HTTP.Redirects < 0 || c.HTTP.Redirects > maxRedirects {
		c.wrong("http.redirects", fmt.Sprintf("%d is out of range", c.HTTP.Redirects), fmt.Sprintf("0 to %d", maxRedirects))
	}
	fill(c, "http.redirects", &c.HTTP.Redirects, 0)
	fill(c, "http.compressed", &c.HTTP.Compressed, false)
	fill(c, "http.body_limit", &c.HTTP.BodyLimit, defaultBodyLimit)
}

// clash refuses header fields that a credential adds, too.
func (j *journey) clash(of *credential, headers Headers) {
	for _, h := range headers {
		if of.sets(h.Name) {
			j.wrong(of.at, "both auth and the header "+h.Name+" are given", "one of them")
		}
	}
}

// headers merges the common headers with the step's own. The step wins, unless
// the other comes from a stronger layer.
// The type of what is sent follows from its form, unless one of them says it.
func (j *journey) headers(path yamlfile.Path, s *Step, r *loadgen.Request, of *credential, kind string) {
	c, common := j.compiler, j.common
	own := j.ownFields(path.Key("headers"), s.Headers)
	if s.Auth != nil {
		j.clash(of, own)
		common = slices.DeleteFunc(slices.Clone(common), func(f loadgen.Field) bool {
			return strings.EqualFold(f.Name, "Authorization") || j.credential.sets(f.Name)
		})
		if of.field != nil {
			own = append(own, *of.field)
		}
	}
	if kind != "" && !hasField(own, "Content-Type") && !hasField(common, "Content-Type") {
		own = append(own, loadgen.Field{Name: "Content-Type", Value: kind})
	}
	var all []loadgen.Field
	for _, h := range common {
		i := slices.IndexFunc(own, func(o loadgen.Field) bool { return strings.EqualFold(o.Name, h.Name) })
		switch {
		case i < 0:
			all = append(all, h)
		case c.origin(yamlfile.Path("http.headers").Key(h.Name)).Layer > c.origin(path.Key("headers").Key(own[i].Name)).Layer:
			all = append(all, h)
			own = slices.Delete(own, i, i+1)
		}
	}
	r.Header = append(all, own...)
	signs := of.signer != nil && !slices.ContainsFunc(own, func(f loadgen.Field) bool { return of.sets(f.Name) })
	if signs { // what a step says itself, counts
		r.Signer = of.signer(j.hostField(of, r.Header))
	}
}

// hostField is what a header says of the host, "" where none does.
func (j *journey) hostField(of *credential, headers Headers) string {
	for _, h := range headers {
		if strings.EqualFold(h.Name, "Host") {
			if h.Text != nil {
				j.wrong(of.at, "a signature is of the host, which would be known only within the run", "the header Host without variables")
			}
			return h.Value
		}
	}
	return ""
}

// ownFields resolves the header lines of a step, whose values only the run may know.
func (j *journey) ownFields(path yamlfile.Path, headers Headers) Headers {
	var out Headers
	for _, h := range headers {
		if !varies(h.Value) {
			out = append(out, j.fields(path, Headers{h})...)
			continue
		}
		if checked := j.fields(path, Headers{{Name: h.Name}}); len(checked) > 0 {
			out = append(out, loadgen.Field{Name: h.Name, Text: j.text(path.Key(h.Name), h.Value, session.Raw)})
		}
	}
	return out
}

func hasField(headers Headers, name string) bool {
	return slices.ContainsFunc(headers, func(h loadgen.Field) bool { return strings.EqualFold(h.Name, name) })
}

// fields resolves and checks header lines.
func (c *compiler) fields(path yamlfile.Path, headers Headers) Headers {
	var out Headers
	for _, h := range headers {
		at := path.Key(h.Name)
		value, known := c.expand(at, h.Value)
		value = strings.Trim(value, " \t")
		if known && isSensitive(h.Name) {
			c.credential(value)
		}
		switch name := textproto.CanonicalMIMEHeaderKey(h.Name); {
		case !isToken(h.Name):
			c.wrong(at, yamlfile.Quote(h.Name)+" is not the name of a header", "letters, digits and hyphens")
		case known && !isFieldValue(value):
			c.wrong(at, "the value holds a line break or another control character", "one line of text")
		case name == "Content-Length" || name == "Transfer-Encoding":
			c.wrong(at, name+" is not yours to set: it follows from the body", "it left out")
		default:
			out = append(out, loadgen.Field{Name: h.Name, Value: value})
		}
	}
	return out
}

// credential takes the value of a sensitive header as a secret, whole and in the
// parts that a server might repeat: what cookies hold. Of "Bearer token" it is the
// token alone, as the word before it gives nothing away.
func (c *compiler) credential(value string) {
	scheme, token, ok := strings.Cut(value, " ")
	if ok && isToken(scheme) && !strings.ContainsAny(token, " ,") {
		c.secrets.add(token)
	} else {
		c.secrets.add(value)
	}
	for _, pair := range strings.Split(value, ";") {
		if _, v, ok := strings.Cut(pair, "="); ok && len(v) >= 8 {
			c.secrets.add(v)
		}
	}
}

// isSensitive tells whether a header carries a credential, however it is written.
func isSensitive(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"authorization", "cookie", "api-key", "apikey", "token", "secret", "password"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// isToken tells whether s is a token of RFC 9110: a method or a header's name.
func isToken(s string) bool {
	for i := range len(s) {
		switch b := s[i]; {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9':
		case !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(b)):
			return false
		}
	}
	return s != ""
}

// isFieldValue tells whether s can be the value of a header.
func isFieldValue(s string) bool {
	for i := range len(s) {
		if b := s[i]; b < ' ' && b != '\t' || b == 0x7f {
			return false
		}
	}
	return true
}
