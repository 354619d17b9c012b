package importer

import (
	"encoding/base64"
	"strings"
)

// step makes the step of an entry. Secrets are taken out later, when it is known
// which of them an answer gave.
func (h *harReader) step(e *harEntry) *Step {
	s := &Step{Method: e.request.get("method").str()}
	path, _, _ := strings.Cut(unplain(e.to.path), "?")
	s.Name = s.Method + " " + general(path)
	for _, f := range e.request.get("headers").list() {
		name, value := f.get("name").str(), f.get("value").str()
		if isBrowsers(name) || !isToken(name) || !isFieldValue(value) || len(s.Headers) >= mostHeaders {
			continue
		}
		if had := s.header(name); had != "" {
			value = unplain(had) + ", " + value
		}
		s.setHeader(name, plain(value))
	}
	e.body(h.src, s)
	if e.status != "" && (e.status[0] != '2' && e.status != "304") && len(e.status) == 3 {
		s.Expect = []string{e.status}
	}
	if !validStatus(e.status) {
		s.Expect = nil
	}
	return s
}

func validStatus(s string) bool {
	return len(s) == 3 && s[0] >= '1' && s[0] <= '5' && strings.Trim(s, "0123456789") == ""
}

// isBrowsers tells whether a header is the browser's own affair: it follows from
// the connection, from a cache that nobody has here, or from the kind of browser.
func isBrowsers(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "host", "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade",
		"accept-encoding", "if-none-match", "if-modified-since", "cache-control", "pragma", "dnt", "priority", "purpose",
		"upgrade-insecure-requests", "expect":
		return true
	}
	return strings.HasPrefix(name, ":") || strings.HasPrefix(name, "sec-")
}

// body puts the posted data where it belongs: fields of a form, JSON, or a text.
func (e *harEntry) body(src *source, s *Step) {
	post := e.request.get("postData")
	if post == nil {
		return
	}
	media, body := post.get("mimeType").str(), post.get("text").str()
	kind, _, _ := strings.Cut(strings.ToLower(media), ";")
	if params := post.get("params").list(); len(params) > 0 && (body == "" || strings.HasPrefix(kind, "multipart/")) {
		e.params(src, s, kind, params)
		return
	}
	if strings.HasPrefix(kind, "multipart/") && body != "" {
		src.note(post.place(), "a multipart body is kept as it was recorded: write multipart: with files in its place")
	}
	if post.get("encoding").str() == "base64" {
		if decoded, err := base64.StdEncoding.DecodeString(body); err == nil {
			body = strings.ToValidUTF8(string(decoded), "\uFFFD")
		}
	}
	if kind == "application/x-www-form-urlencoded" && isForm(body) {
		if form := parseForm(plain(body)); uniqueKeys(form) {
			s.Form = form
			s.dropHeader("Content-Type")
			return
		}
	}
	if n := parseJSON([]byte(body)); isJSONType(kind) && n != nil && (n.kind == nodeObject || n.kind == nodeList) {
		s.JSON = n.value()
		if kind == "application/json" {
			s.dropHeader("Content-Type")
		}
		return
	}
	s.Body = plain(body)
	if media != "" && s.header("Content-Type") == "" {
		s.setHeader("Content-Type", plain(media))
	}
}

func (e *harEntry) params(src *source, s *Step, kind string, params []*node) {
	multipart := strings.HasPrefix(kind, "multipart/")
	var form []Field
	for _, p := range params {
		name, value, file := p.get("name").str(), p.get("value").str(), p.get("fileName").str()
		if multipart && isKey(name) {
			part := Part{Name: name, Value: plain(value), File: plain(file), Type: plain(p.get("contentType").str())}
			if file != "" {
				src.note(p.place(), "the file %q is not in the recording: put it next to the scenario file", clean(file))
			}
			s.Multipart = append(s.Multipart, part)
			continue
		}
		form = append(form, Field{Name: unescaped(name), Value: plain(unescaped(value))})
	}
	s.dropHeader("Content-Type")
	s.Multipart = distinctParts(src, params[0], s.Multipart)
	if !multipart {
		s.Form = form
	}
}

func distinctParts(src *source, at *node, parts []Part) []Part {
	seen := map[string]bool{}
	kept := parts[:0]
	for _, p := range parts {
		if seen[p.Name] {
			src.note(at.place(), "the part %q comes twice: the second one is left out", clean(p.Name))
			continue
		}
		seen[p.Name] = true
		kept = append(kept, p)
	}
	return kept
}

// finish takes out the secrets that no answer gave, and what has no room.
func (h *harReader) finish(e *harEntry) {
	s, pos := e.step, e.request.place()
	headers := s.Headers
	s.Headers = nil
	for _, f := range headers {
		if strings.EqualFold(f.Name, "Cookie") {
			continue
		}
		s.Headers = append(s.Headers, Field{Name: f.Name, Value: h.src.env.field(pos, f.Name, f.Value)})
	}
	if cookie := h.src.env.cookies(pos, e.cookies(headers), e.knows); cookie != "" {
		s.Headers = append(s.Headers, Field{Name: "Cookie", Value: cookie})
	}
	for i, p := range s.Multipart {
		s.Multipart[i].Value = h.src.env.field(pos, p.Name, p.Value)
	}
	if s.Form != nil {
		form := s.Form
		s.Form = nil
		h.src.setForm(s, pos, form)
	}
	if s.JSON != nil {
		if !h.src.fits(pos, len(s.JSON.appendText(nil, ""))) {
			s.JSON = nil
		} else {
			h.src.env.json(pos, s.JSON)
			s.asBody()
		}
	}
	if s.Body != "" && !h.src.fits(pos, len(s.Body)) {
		s.Body = ""
	}
}
