package scenarios

import (
	"encoding/base64"
	"fmt"
	"net/textproto"
	"slices"
	"strings"

	"gonogo/internal/yamlfile"
	"gonogo/loadgen"
	"gonogo/loadgen/session"
)

// common resolves the headers that every step carries.
func (c *compiler) common() Headers {
	const path = yamlfile.Path("http.headers")
	headers := c.fields(path, c.HTTP.Headers)
	if value, at := c.authorization("http.auth", c.HTTP.Auth); at != "" {
		for _, h := range headers {
			if strings.EqualFold(h.Name, "Authorization") {
				c.wrong(at, "both auth and an Authorization header are given", "one of them")
			}
		}
		headers = append(headers, loadgen.Field{Name: "Authorization", Value: value})
		c.origins[path.Key("Authorization")] = c.origin(at)
	}
	if c.HTTP.Redirects < 0 || c.HTTP.Redirects > maxRedirects {
		c.wrong("http.redirects", fmt.Sprintf("%d is out of range", c.HTTP.Redirects), fmt.Sprintf("0 to %d", maxRedirects))
	}
	fill(c, "http.redirects", &c.HTTP.Redirects, 0)
	fill(c, "http.compressed", &c.HTTP.Compressed, false)
	fill(c, "http.body_limit", &c.HTTP.BodyLimit, defaultBodyLimit)
	return headers
}

// authorization returns the value of the Authorization header and the path that
// it comes from, "" if there is none.
func (c *compiler) authorization(path yamlfile.Path, auth Auth) (string, yamlfile.Path) {
	basic, bearer := path.Key("basic"), path.Key("bearer")
	switch {
	case auth.Basic != "" && auth.Bearer != "":
		c.wrong(bearer, "both basic and bearer are given", "one of them")
	case auth.Basic != "":
		credentials, known := c.expand(basic, auth.Basic)
		_, password, ok := strings.Cut(credentials, ":")
		if !known {
			return "", basic
		}
		if c.secrets.add(password); !ok {
			c.secrets.add(credentials)
			c.wrong(basic, "there is no colon after the user name", "user:password, best as user:${env:NAME}")
		}
		encoded := base64.StdEncoding.EncodeToString([]byte(credentials))
		c.secrets.add(encoded)
		return "Basic " + encoded, basic
	case auth.Bearer != "":
		token, known := c.expand(bearer, auth.Bearer)
		if !known {
			return "", bearer
		}
		if c.secrets.add(token); !isFieldValue(token) {
			c.wrong(bearer, "the token holds a line break or another control character", "the token alone")
		}
		return "Bearer " + token, bearer
	}
	return "", ""
}

// headers merges the common headers with the step's own. The step wins, unless
// the other comes from a stronger layer.
// The type of what is sent follows from its form, unless one of them says it.
func (j *journey) headers(path yamlfile.Path, s *Step, common Headers, kind string) []loadgen.Field {
	c := j.compiler
	own := j.ownFields(path.Key("headers"), s.Headers)
	if s.Auth != nil {
		common = without(common, "Authorization")
		if value, at := c.authorization(path.Key("auth"), *s.Auth); at != "" {
			own = append(own, loadgen.Field{Name: "Authorization", Value: value})
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
	return append(all, own...)
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

func without(headers Headers, name string) Headers {
	return slices.DeleteFunc(slices.Clone(headers), func(h loadgen.Field) bool { return strings.EqualFold(h.Name, name) })
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
