package importer

import (
	"slices"
	"strings"

	"gonogo/internal/yamlfile"
)

// request makes the step of an item.
func (p *postmanReader) request(n *node, in inherited) (*Step, bool) {
	r := n.get("request")
	if r == nil || !r.isObject() && r.kind != nodeText {
		p.src.wrong(n.place(), "an item that is neither a folder nor a request", "item: or request:")
		return nil, false
	}
	s := &Step{Name: n.get("name").str(), Method: "GET", Comment: p.describe(r)}
	if method := r.get("method").str(); method != "" {
		s.Method = method
	}
	address := r.get("url")
	if r.kind == nodeText {
		address = r
	}
	to := parseAddress(p.expand(p.url(s, address)))
	if to.scheme == "" {
		to.scheme = "http"
	}
	if !to.canBeSent() || !isToken(s.Method) {
		p.src.wrong(r.place(), "the request cannot be sent: its method or its URL is missing or wrong", "a method, and a URL with a host")
		return nil, false
	}
	if to.user != "" {
		s.Auth = p.src.env.basic(address.place(), to.user)
	}
	to.path = p.src.env.query(address.place(), to.path)
	p.headers(s, r)
	p.auth(s, r, in)
	p.body(s, r.get("body"))
	p.all = append(p.all, placed{s, to})
	p.scripts(in.events, s)
	p.scripts(n.get("event"), s)
	return s, true
}

// url is the address of a request: a text, or an object that holds one.
func (p *postmanReader) url(s *Step, n *node) string {
	if n == nil {
		return ""
	}
	raw := n.str()
	if n.isObject() {
		if raw = n.get("raw").str(); raw == "" {
			raw = p.joined(n)
		}
	}
	raw, disabled := withoutDisabled(raw, n.get("query").list())
	if disabled {
		p.src.note(n.place(), "query parameters that are switched off are left out")
	}
	text := p.text(n, raw)
	for _, v := range n.get("variable").list() { // /users/:id
		if key := v.get("key").str(); key != "" {
			text = replaceSegment(text, ":"+key, p.text(v, v.get("value").str()))
		}
	}
	return text
}

// joined puts the parts of a URL together.
func (p *postmanReader) joined(n *node) string {
	join := func(n *node, separator string) string {
		if n.str() != "" {
			return n.str()
		}
		var all []string
		for _, part := range n.list() {
			if part.isObject() {
				part = part.get("value")
			}
			all = append(all, part.str())
		}
		return strings.Join(all, separator)
	}
	raw := join(n.get("host"), ".")
	if scheme := n.get("protocol").str(); scheme != "" {
		raw = scheme + "://" + raw
	}
	if port := n.get("port").str(); port != "" {
		raw += ":" + port
	}
	if path := strings.TrimPrefix(join(n.get("path"), "/"), "/"); path != "" {
		raw += "/" + path
	}
	separator := "?"
	for _, q := range n.get("query").list() {
		if !q.get("disabled").isTrue() {
			raw += separator + q.get("key").str() + "=" + q.get("value").str()
			separator = "&"
		}
	}
	return raw
}

// withoutDisabled takes parameters out of the query that are switched off.
func withoutDisabled(raw string, query []*node) (url string, disabled bool) {
	for _, q := range query {
		if !q.get("disabled").isTrue() {
			continue
		}
		pair := q.get("key").str() + "=" + q.get("value").str()
		before, after, ok := strings.Cut(raw, "?")
		if !ok || len(raw) > maxBody {
			return raw, disabled
		}
		pairs := strings.Split(after, "&")
		if i := slices.Index(pairs, pair); i >= 0 {
			disabled = true
			pairs = slices.Delete(pairs, i, i+1)
		}
		raw = before
		if len(pairs) > 0 {
			raw += "?" + strings.Join(pairs, "&")
		}
	}
	return raw, disabled
}

func replaceSegment(path, segment, by string) string {
	before, query, ok := strings.Cut(path, "?")
	parts := strings.Split(before, "/")
	for i, part := range parts {
		if part == segment {
			parts[i] = by
		}
	}
	path = strings.Join(parts, "/")
	if ok {
		path += "?" + query
	}
	return path
}

// expand resolves the variable that a URL begins with: {{baseUrl}}/path. The
// target has to be known before the run, so it may only hold ${env:NAME}.
func (p *postmanReader) expand(url string) string {
	for range 5 {
		all := pieces(parseAddress(url).origin())
		if i := strings.Index(url, "://"); i < 0 || strings.Contains(url[:i], "${") {
			all = pieces(url)
		}
		name := ""
		for _, part := range all {
			if part.name != "" && !strings.HasPrefix(part.name, "env:") {
				name = part.name
				break
			}
			if strings.ContainsAny(part.literal, "/?") && !strings.Contains(part.literal, "://") {
				break // the rest is path
			}
		}
		if name == "" {
			break
		}
		value, ok := p.variables[name]
		if !ok {
			value = "${env:" + envName(name) + "}"
			p.missing(name)
		}
		url = strings.Replace(url, "${"+name+"}", value, 1)
	}
	if strings.HasPrefix(url, "${env:") { // a whole base URL
		return environment + "://" + url
	}
	return url
}

func (p *postmanReader) headers(s *Step, r *node) {
	for _, h := range r.get("header").list() {
		name, value := h.get("key").str(), h.get("value").str()
		switch lower := strings.ToLower(name); {
		case h.get("disabled").isTrue() || name == "":
		case lower == "content-length" || lower == "host" || lower == "accept-encoding" || lower == "connection":
		case lower == "cookie":
			s.setHeader("Cookie", p.src.env.cookies(h.place(), p.text(h, value), func(string) bool { return false }))
		default:
			p.src.addHeader(s, h.place(), name, p.text(h, value))
		}
	}
}

// auth sets the credential of the request, or of a folder around it.
func (p *postmanReader) auth(s *Step, r *node, in inherited) {
	n := r.get("auth")
	if !n.isObject() {
		n = in.auth
	}
	kind := n.get("type").str()
	param := func(name string) string {
		params := n.get(kind)
		if params.isObject() { // version 2.0
			return p.text(params, params.get(name).str())
		}
		for _, v := range params.list() {
			if v.get("key").str() == name {
				return p.text(v, v.get("value").str())
			}
		}
		return ""
	}
	switch kind {
	case "", "noauth":
	case "basic":
		s.Auth = &Auth{Kind: "basic", Value: param("username") + ":" + p.src.env.hide(n.place(), "PASSWORD", param("password"))}
	case "bearer":
		s.Auth = &Auth{Kind: "bearer", Value: p.src.env.hide(n.place(), "TOKEN", param("token"))}
	case "apikey":
		where := "header"
		if param("in") == "query" {
			where = "query"
		}
		s.Auth = &Auth{Kind: where, Name: param("key"), Value: p.src.env.hide(n.place(), "API_KEY", param("value"))}
	case "oauth2":
		p.src.note(n.place(), "oauth2: a token is taken from the environment; write auth: {oauth2: ...} to get one")
		s.Auth = &Auth{Kind: "bearer", Value: "${env:ACCESS_TOKEN}"}
	default:
		p.src.note(n.place(), "the credential of kind %s is left out: write auth: yourself", clean(kind))
	}
	if s.Auth != nil && s.Auth.Value == "" {
		s.Auth = nil
		p.src.note(n.place(), "an empty credential is left out")
	}
}

// body puts what is sent where it belongs.
func (p *postmanReader) body(s *Step, b *node) {
	if b == nil || b.get("disabled").isTrue() {
		return
	}
	switch mode := b.get("mode").str(); mode {
	case "", "none":
	case "raw":
		raw := b.get("raw")
		media := unplain(s.header("Content-Type"))
		if media == "" {
			media = map[string]string{"json": "application/json", "xml": "application/xml", "html": "text/html", "text": "text/plain"}[b.get("options", "raw", "language").str()]
		}
		if raw.str() != "" {
			p.src.setBody(s, b.place(), p.text(raw, raw.str()), media)
		}
	case "urlencoded":
		s.dropHeader("Content-Type")
		var form []Field
		for _, f := range p.enabled(b.get(mode)) {
			form = append(form, Field{Name: f.get("key").str(), Value: p.text(f, f.get("value").str())})
		}
		p.src.setForm(s, b.place(), form)
	case "formdata":
		s.dropHeader("Content-Type")
		p.formData(s, b.get(mode))
	case "graphql":
		p.graphQL(s, b.get(mode))
	case "file":
		s.BodyFile = plain(b.get("file", "src").str())
		p.src.note(b.place(), "the file %s has to be next to the scenario file", yamlfile.Quote(s.BodyFile))
	default:
		p.src.note(b.place(), "a body of kind %s is left out", clean(mode))
	}
}

func (p *postmanReader) enabled(n *node) []*node {
	var all []*node
	for _, f := range n.list() {
		if !f.get("disabled").isTrue() {
			all = append(all, f)
		}
	}
	return all
}

func (p *postmanReader) formData(s *Step, n *node) {
	for _, f := range p.enabled(n) {
		part := Part{Name: f.get("key").str(), Type: plain(f.get("contentType").str())}
		if !isKey(part.Name) {
			p.src.note(f.place(), "a part of the form is left out: its name cannot be written")
			continue
		}
		if f.get("type").str() == "file" {
			part.File = f.get("src").str()
			if all := f.get("src").list(); len(all) > 0 {
				part.File = all[0].str()
			}
			part.File = plain(part.File)
			p.src.note(f.place(), "the file %s has to be next to the scenario file", yamlfile.Quote(part.File))
			if part.File == "" {
				continue
			}
		} else {
			part.Value = p.src.env.field(f.place(), part.Name, p.text(f, f.get("value").str()))
		}
		s.Multipart = append(s.Multipart, part)
	}
	if len(s.Multipart) > 0 {
		s.Multipart = distinctParts(p.src, n, s.Multipart)
	}
}

func (p *postmanReader) graphQL(s *Step, n *node) {
	query := p.text(n, n.get("query").str())
	variables := n.get("variables")
	j := &JSON{Kind: jsonObject}
	j.add("query", &JSON{Kind: jsonText, Text: query})
	if text := strings.TrimSpace(variables.str()); text != "" {
		v := parseJSON([]byte(p.text(variables, text)))
		if v == nil {
			p.src.note(variables.place(), "the variables of the query are no JSON and left out")
		} else if value := v.value(); revive(value) {
			j.add("variables", value)
		}
	} else if variables.isObject() {
		j.add("variables", variables.value())
	}
	if p.src.fits(n.place(), len(query)) {
		p.src.env.json(n.place(), j)
		s.JSON = j
		s.asBody()
	}
}
