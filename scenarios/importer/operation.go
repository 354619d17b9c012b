package importer

import (
	"net/url"
	"slices"
	"strings"
)

// operation is one method of a path.
type operation struct {
	at, item     *node
	method, path string
	step         *Step
}

// safe tells whether the operation changes nothing.
func (o *operation) safe() bool {
	return o.method == "GET" || o.method == "HEAD" || o.method == "OPTIONS"
}

func pathUnescaped(s string) string {
	if v, err := url.PathUnescape(s); err == nil {
		return v
	}
	return s
}

// operation makes the step.
func (a *apiReader) operation(o *operation) {
	s := &Step{Name: o.at.get("operationId").str(), Method: o.method}
	o.step = s
	if s.Name == "" {
		s.Name = o.method + " " + o.path
	}
	if summary := o.at.get("summary").str(); summary != "" {
		s.Comment = append(s.Comment, summary)
	}
	if !o.safe() {
		s.Comment = append(s.Comment, "Changes data: make sure that the target may be changed.")
	}
	if o.at.get("deprecated").isTrue() {
		s.Comment = append(s.Comment, "Deprecated.")
	}
	s.Path = escapedTemplate(o.path)
	a.parameters(o)
	a.security(o)
	a.requestBody(o)
	a.answers(o)
}

// escapedTemplate is a path of the document as a text: what is in braces waits to
// be replaced.
func escapedTemplate(path string) string {
	path = strings.NewReplacer("?", "%3F", "#", "%23").Replace(path)
	return escaped(plain(path))
}

var inBraces = lazily(`\{[^{}]*\}`)

// parameters fills in those of the path and of the operation, which wins.
func (a *apiReader) parameters(o *operation) {
	type place struct{ name, in string }
	byPlace := map[place]*node{}
	var order []place
	for _, n := range append(slices.Clone(o.item.get("parameters").list()), o.at.get("parameters").list()...) {
		n = a.resolve(n)
		at := place{n.get("name").str(), n.get("in").str()}
		if at.name == "" {
			continue
		}
		if byPlace[at] == nil {
			if len(order) == mostHeaders {
				a.src.note(n.place(), "parameters behind the first %d are left out", mostHeaders)
				break
			}
			order = append(order, at)
		}
		byPlace[at] = n
	}
	skipped := 0
	for _, at := range order {
		if !a.parameter(o, at.name, at.in, byPlace[at]) {
			skipped++
		}
	}
	if skipped > 0 {
		a.src.note(o.at.place(), "optional parameters without an example are left out: %d", skipped)
	}
	if left := inBraces().FindString(strings.ReplaceAll(o.step.Path, "${", "\x00")); left != "" {
		a.src.note(o.at.place(), "the path has a part that no parameter describes: %s", clean(left))
		o.step.Path = inBraces().ReplaceAllStringFunc(o.step.Path, func(part string) string {
			return "%7B" + strings.Trim(part, "{}") + "%7D"
		})
	}
}

// parameter puts the parameter where it belongs. It is false for one that is left out.
func (a *apiReader) parameter(o *operation, name, in string, n *node) bool {
	value, given := a.parameterValue(n)
	s := o.step
	switch {
	case in == "path":
		hole := escaped(plain("{" + name + "}"))
		if strings.Contains(s.Path, hole) && !strings.Contains(s.Path, "$"+hole) {
			s.Path = strings.ReplaceAll(s.Path, hole, "${"+a.variable(name, value)+"}")
		}
	case !given && !n.get("required").isTrue():
		return false
	case in == "query" && isKey(name):
		s.Query = append(s.Query, Field{Name: name, Value: a.src.env.field(n.place(), name, value)})
	case in == "header" && !slices.Contains([]string{"accept", "content-type", "authorization"}, strings.ToLower(name)):
		a.src.addHeader(s, n.place(), name, value)
	case in == "cookie":
		had := s.header("Cookie")
		if had != "" {
			had += "; "
		}
		s.setHeader("Cookie", had+a.src.env.cookies(n.place(), name+"="+value, func(string) bool { return false }))
	}
	return true
}

// parameterValue is the example of a parameter, or else one of its schema. It is
// given where the document gives it.
func (a *apiReader) parameterValue(n *node) (value string, given bool) {
	schema := n.get("schema")
	for _, media := range n.get("content").entries {
		schema = media.get("schema")
		break
	}
	example := a.example(n)
	if example == nil {
		example = a.ownExample(a.resolve(schema))
	}
	if example != nil {
		return single(example.value()), true
	}
	return single(a.sample(schema, nil)), false
}

// single is a value as one text: that of a list has commas.
func single(j *JSON) string {
	switch j.Kind {
	case jsonText, jsonNumber:
		return j.Text
	case jsonList:
		var all []string
		for _, v := range j.Values {
			all = append(all, single(v))
		}
		return strings.Join(all, ",")
	case jsonNull:
		return ""
	}
	return strings.Join(strings.Fields(string(j.appendText(nil, ""))), "")
}

// variable returns the variable of a parameter: one name for one value.
func (a *apiReader) variable(name, value string) string {
	if value == "" {
		value = "1"
	}
	id := identifier(name, "id")
	if v, ok := a.variables[id+"\x00"+value]; ok {
		return v
	}
	v := a.varNames.take(id, "_")
	a.variables[id+"\x00"+value] = v
	a.fields = append(a.fields, Field{Name: v, Value: a.src.env.field(a.root.place(), name, value)})
	return v
}

// security sets the credential that the operation asks for.
func (a *apiReader) security(o *operation) {
	required := o.at.get("security")
	if required == nil {
		required = a.root.get("security")
	}
	all := required.list()
	if len(all) == 0 || !all[0].isObject() || len(all[0].keys) == 0 {
		return
	}
	if len(all) > 1 {
		a.src.note(required.place(), "one of %d ways to be let in is taken: the first", len(all))
	}
	for name, scopes := range all[0].entries {
		scheme := a.resolve(a.root.get("components", "securitySchemes", name))
		if scheme == nil {
			a.src.wrong(scopes.place(), "the security scheme "+clean(name)+" is not described", "it in components.securitySchemes")
			continue
		}
		a.scheme(o, name, scheme)
	}
}

func (a *apiReader) scheme(o *operation, name string, scheme *node) {
	s, env := o.step, "${env:"+envName(name)+"}"
	var auth *Auth
	switch kind, how := scheme.get("type").str(), strings.ToLower(scheme.get("scheme").str()); {
	case kind == "http" && how == "basic":
		auth = &Auth{Kind: "basic", Value: "${env:" + envName(name) + "_USER}:${env:" + envName(name) + "_PASSWORD}"}
	case kind == "http" && how == "bearer":
		auth = &Auth{Kind: "bearer", Value: env}
	case kind == "oauth2" || kind == "openIdConnect":
		a.src.note(scheme.place(), "%s: a token is taken from the environment; write auth: {oauth2: ...} to get one", kind)
		auth = &Auth{Kind: "bearer", Value: env}
	case kind == "apiKey":
		key, in := scheme.get("name").str(), scheme.get("in").str()
		switch {
		case in == "cookie" && isToken(key):
			s.setHeader("Cookie", strings.TrimPrefix(s.header("Cookie")+"; "+key+"="+env, "; "))
			return
		case (in == "header" || in == "query") && isToken(key):
			auth = &Auth{Kind: in, Name: key, Value: env}
		}
	}
	switch {
	case auth == nil:
		a.src.note(scheme.place(), "the security scheme %s is not understood and left out", clean(name))
	case s.Auth != nil:
		a.src.note(scheme.place(), "a second security scheme at a time is left out: %s", clean(name))
	default:
		s.Auth = auth
	}
}

// requestBody makes a body of the media type that says the most.
func (a *apiReader) requestBody(o *operation) {
	content := a.resolve(o.at.get("requestBody")).get("content")
	if content == nil {
		return
	}
	rank := func(media string) int {
		switch kind, _, _ := strings.Cut(media, ";"); {
		case kind == "application/json":
			return 5
		case isJSONType(kind):
			return 4
		case kind == "application/x-www-form-urlencoded":
			return 3
		case kind == "multipart/form-data":
			return 2
		case strings.HasPrefix(kind, "text/"):
			return 1
		}
		return 0
	}
	best := ""
	for media := range content.entries {
		if best == "" || rank(media) > rank(best) {
			best = media
		}
	}
	n := content.get(best)
	example := a.example(n)
	var value *JSON
	if example != nil {
		value = example.value()
	} else {
		value = a.sample(n.get("schema"), nil)
	}
	a.content(o, n, strings.ToLower(best), rank(best), value)
}

func (a *apiReader) content(o *operation, n *node, media string, rank int, value *JSON) {
	s := o.step
	pos := o.at.place()
	if n != nil {
		pos = n.place()
	}
	switch rank {
	case 5, 4:
		if !a.src.fits(pos, len(value.appendText(nil, ""))) {
			return
		}
		a.src.env.json(pos, value)
		s.JSON = value
		if rank == 4 && isFieldValue(media) {
			s.setHeader("Content-Type", plain(media))
		}
		s.asBody()
	case 3:
		var form []Field
		for i, key := range value.Keys {
			form = append(form, Field{Name: key, Value: single(value.Values[i])})
		}
		a.src.setForm(s, pos, form)
	case 2:
		a.multipart(s, n, value)
	case 1:
		a.src.setBody(s, pos, single(value), media)
	default:
		a.src.note(pos, "a body of type %s cannot be made up: write body_file:", clean(media))
		s.Comment = append(s.Comment, "Needs a body_file of type "+media+".")
	}
}

// multipart makes parts; those of format binary are files.
func (a *apiReader) multipart(s *Step, n *node, value *JSON) {
	properties := a.resolve(n.get("schema")).get("properties")
	for i, key := range value.Keys {
		if !isKey(key) {
			continue
		}
		p := Part{Name: key, Value: a.src.env.field(n.place(), key, single(value.Values[i]))}
		if schema := a.resolve(properties.get(key)); schema.get("format").str() == "binary" || schema.get("contentMediaType").str() != "" {
			p = Part{Name: key, File: identifier(key, "file") + ".bin"}
			a.src.note(schema.place(), "put a file %s next to the scenario file", p.File)
		}
		s.Multipart = append(s.Multipart, p)
	}
}

// answers expects the good ones that the document lists.
func (a *apiReader) answers(o *operation) {
	for status := range o.at.get("responses").entries {
		switch {
		case strings.EqualFold(status, "2xx"):
			o.step.Expect = []string{"2xx"}
			return
		case validStatus(status) && status[0] == '2':
			o.step.Expect = append(o.step.Expect, status)
		}
	}
}
