package importer

import (
	"net/url"
	"strings"

	"gonogo/internal/yamlfile"
)

// address is a URL taken apart; the parts may hold placeholders.
type address struct {
	scheme, user, host, path string // the path with its query
}

// parseAddress takes a URL apart, without changing what it says.
func parseAddress(s string) address {
	var a address
	if i := strings.IndexByte(s, '#'); i >= 0 {
		s = s[:i]
	}
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok || strings.ContainsAny(scheme, "/?{") {
		rest = s
	} else {
		a.scheme = strings.ToLower(scheme)
	}
	end := strings.IndexAny(rest, "/?")
	if i := strings.Index(rest, "${"); i >= 0 && i < end { // ${env:A/B} holds a slash
		if after := strings.IndexByte(rest[i:], '}'); after >= 0 {
			if end = strings.IndexAny(rest[i+after:], "/?"); end >= 0 {
				end += i + after
			}
		}
	}
	if end < 0 {
		end = len(rest)
	}
	a.host, a.path = rest[:end], rest[end:]
	if at := strings.LastIndexByte(a.host, '@'); at >= 0 {
		a.user, a.host = a.host[:at], a.host[at+1:]
	}
	if !strings.Contains(a.host, "${") {
		a.host = strings.ToLower(a.host)
	}
	if a.path == "" || a.path[0] == '?' {
		a.path = "/" + a.path
	}
	return a
}

// environment is the scheme of an address whose host stands for a whole base URL
// that the environment holds: ${env:BASE_URL}.
const environment = "env"

// canBeSent tells whether the address is one of HTTP, with a host that is one.
func (a address) canBeSent() bool {
	if a.scheme != "http" && a.scheme != "https" && a.scheme != environment || a.host == "" || !printable(a.host) {
		return false
	}
	for _, p := range pieces(a.host) {
		if p.name != "" && !strings.HasPrefix(p.name, "env:") { // a host is known before any user is
			return false
		}
		if strings.ContainsAny(p.literal, " {}<>\"\\^`|") {
			return false
		}
	}
	return true
}

// origin is the scheme and the host.
func (a address) origin() string {
	if a.scheme == environment {
		return a.host
	}
	return a.scheme + "://" + a.host
}

// unescaped decodes percent signs and plus signs, if that is what they are.
func unescaped(s string) string {
	if v, err := url.QueryUnescape(s); err == nil {
		return v
	}
	return s
}

// escaped makes a path or query that can be sent of one with blanks and letters
// that may not stand there. Placeholders and percent signs stay.
func escaped(s string) string {
	var b strings.Builder
	for _, p := range pieces(s) {
		if p.name != "" {
			b.WriteString("${" + p.name + "}")
			continue
		}
		for i := range len(p.literal) {
			c := p.literal[i]
			if c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`", c) >= 0 {
				b.WriteString("%" + string("0123456789ABCDEF"[c>>4]) + string("0123456789ABCDEF"[c&15]))
				continue
			}
			b.WriteByte(c)
		}
	}
	return b.String()
}

// setForm gives the step a form; one that a mapping cannot hold becomes a body.
func (s *source) setForm(step *Step, pos yamlfile.Pos, form []Field) {
	size := 0
	for _, f := range form {
		size += len(f.Name) + len(f.Value)
	}
	if !s.fits(pos, size) {
		return
	}
	for i, f := range form {
		form[i].Value = s.env.field(pos, f.Name, f.Value)
	}
	if uniqueKeys(form) {
		step.Form = form
		return
	}
	var pairs []string
	for _, f := range form {
		pairs = append(pairs, formEscaped(f.Name)+"="+formEscaped(f.Value))
	}
	step.Body = strings.Join(pairs, "&")
	step.setHeader("Content-Type", "application/x-www-form-urlencoded")
}

// formEscaped encodes what is literal, and makes placeholders encode themselves.
func formEscaped(s string) string {
	var b strings.Builder
	for _, p := range pieces(s) {
		if p.name != "" {
			b.WriteString("${" + filtered(p.name, "url") + "}")
			continue
		}
		b.WriteString(url.QueryEscape(unplain(p.literal)))
	}
	return b.String()
}

// uniqueKeys tells whether a mapping of the file can hold the fields.
func uniqueKeys(form []Field) bool {
	seen := map[string]bool{}
	for _, f := range form {
		if !isKey(f.Name) || seen[f.Name] {
			return false
		}
		seen[f.Name] = true
	}
	return true
}

// isKey tells whether a name can be a key of a mapping in the file.
func isKey(name string) bool {
	return name != "" && name != "<<" && len(name) <= longestKey && printable(name) && !strings.Contains(name, "${")
}

// parseForm reads name=value&name=value of a body whose texts are written as in the file.
func parseForm(body string) []Field {
	var form []Field
	for _, pair := range strings.Split(body, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		form = append(form, Field{Name: unescaped(name), Value: unescapedText(value)})
	}
	return form
}

// unescapedText decodes the literals of a text.
func unescapedText(s string) string {
	var b strings.Builder
	for _, p := range pieces(s) {
		if p.name != "" {
			b.WriteString("${" + p.name + "}")
			continue
		}
		b.WriteString(plain(unescaped(unplain(p.literal))))
	}
	return b.String()
}

// isForm tells whether a body is name=value pairs and nothing else.
func isForm(body string) bool {
	return strings.Contains(body, "=") && !strings.ContainsAny(body, " \n\r\t{}<>\"") || dynamic(body) && strings.Contains(body, "=") && !strings.ContainsAny(body, " \n<\"")
}

// setBody gives the step a body of a media type: as JSON or as a form where it is
// one, else as it is.
func (s *source) setBody(step *Step, pos yamlfile.Pos, body, media string) {
	kind, _, _ := strings.Cut(strings.ToLower(media), ";")
	kind = strings.TrimSpace(kind)
	switch {
	case isJSONType(kind):
		if s.setJSON(step, pos, body) {
			if kind == "application/json" {
				step.dropHeader("Content-Type")
			}
			return
		}
	case kind == "application/x-www-form-urlencoded" && isForm(body):
		step.dropHeader("Content-Type")
		s.setForm(step, pos, parseForm(body))
		return
	}
	if media != "" && step.header("Content-Type") == "" {
		step.setHeader("Content-Type", media)
	}
	if body != "" && s.fits(pos, len(body)) {
		step.Body = body
	}
}

func isJSONType(kind string) bool {
	return kind == "application/json" || strings.HasSuffix(kind, "+json") || kind == "text/json"
}

// setJSON gives the step a JSON body, and tells whether the text was JSON. It is
// true, too, where the body has no room in the file.
func (s *source) setJSON(step *Step, pos yamlfile.Pos, body string) bool {
	n := parseJSON([]byte(body))
	if n == nil || n.kind != nodeObject && n.kind != nodeList {
		return false
	}
	j := n.value()
	if strings.Contains(body, "${") && !revive(j) {
		return false
	}
	if s.fits(pos, len(body)) {
		s.env.json(pos, j)
		step.JSON = j
		step.asBody()
	}
	return true
}

// revive makes placeholders of those that plain took for text: the body was a
// text of the file. It fails where one stands in a key.
func revive(j *JSON) bool {
	j.Text = unplain(j.Text)
	for _, key := range j.Keys {
		if strings.Contains(key, "${") {
			return false
		}
	}
	for _, v := range j.Values {
		if !revive(v) {
			return false
		}
	}
	return true
}

// asBody sets the header of a JSON value that has to be sent as a body.
func (s *Step) asBody() {
	if s.JSON != nil && !s.JSON.asYAML(0) && s.header("Content-Type") == "" {
		s.setHeader("Content-Type", "application/json")
	}
}

func (s *Step) header(name string) string {
	for _, h := range s.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// setHeader replaces a header, or adds it.
func (s *Step) setHeader(name, value string) {
	for i, h := range s.Headers {
		if strings.EqualFold(h.Name, name) {
			s.Headers[i].Value = value
			return
		}
	}
	s.Headers = append(s.Headers, Field{Name: name, Value: value})
}

func (s *Step) dropHeader(name string) {
	kept := s.Headers[:0]
	for _, h := range s.Headers {
		if !strings.EqualFold(h.Name, name) {
			kept = append(kept, h)
		}
	}
	s.Headers = kept
}

// isToken tells whether s can be a method or the name of a header.
func isToken(s string) bool {
	for i := range len(s) {
		switch b := s[i]; {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9':
		case strings.IndexByte("!#$%&'*+-.^_`|~", b) < 0:
			return false
		}
	}
	return s != "" && len(s) <= longestKey
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

// mostHeaders is how many a step may have.
const mostHeaders = 100

// addHeader adds a header that can be sent; two of a name become one.
func (s *source) addHeader(step *Step, pos yamlfile.Pos, name, value string) {
	if len(step.Headers) >= mostHeaders {
		s.note(pos, "a header is left out: there are more than %d", mostHeaders)
		return
	}
	if !isToken(name) || !isFieldValue(value) {
		s.note(pos, "a header is left out: %s cannot be sent", yamlfile.Quote(name))
		return
	}
	value = s.env.field(pos, name, strings.TrimSpace(value))
	if had := step.header(name); had != "" {
		step.setHeader(name, had+", "+value)
		return
	}
	step.setHeader(name, value)
}
