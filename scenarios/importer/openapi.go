package importer

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"

	"gonogo/internal/yamlfile"
)

// OpenAPI makes a scenario of an OpenAPI document 3.0 or 3.1, in JSON or YAML: one
// step an operation, with the document's own examples or values made of its schemas.
// Nothing is fetched: a reference out of the document is a mistake.
func OpenAPI(r io.Reader, o Options) (*Scenario, []Note, error) {
	src, err := open(r, o, "openapi")
	if err != nil {
		return nil, nil, err
	}
	var root *node
	if trimmed := bytes.TrimLeft(bytes.TrimPrefix(src.data, []byte("\xef\xbb\xbf")), " \t\r\n"); len(trimmed) > 0 && trimmed[0] == '{' {
		root, err = src.jsonDocument()
	} else {
		root, err = src.yamlDocument()
	}
	if err != nil {
		return nil, nil, err
	}
	a := &apiReader{src: src, root: root, variables: map[string]string{}, varNames: names{}, left: mostOfAll}
	if a.version() {
		a.references(root, false, 0)
		a.operations()
	}
	if err := src.err(); err != nil {
		return nil, nil, err
	}
	return a.scenario(o), src.said(), nil
}

type apiReader struct {
	src       *source
	root      *node
	all       []*operation
	prefix    string // the path of the server
	variables map[string]string
	fields    []Field
	varNames  names
	budget    int // values that may still be made for the operation at work
	left      int // and for the whole document
}

// version tells whether the document is one that is understood.
func (a *apiReader) version() bool {
	version := a.root.get("openapi")
	switch {
	case a.root.get("swagger") != nil:
		a.src.wrong(a.root.get("swagger").place(), "a Swagger 2 document", "OpenAPI 3: convert it first, as the Swagger editor does")
	case version == nil:
		a.src.wrong(a.root.place(), "not an OpenAPI document: it has no version", "openapi: 3.0.3 or 3.1.0")
	case !strings.HasPrefix(version.str(), "3.0") && !strings.HasPrefix(version.str(), "3.1"):
		a.src.wrong(version.place(), "version "+yamlfile.Quote(version.str())+" is not understood", "3.0 or 3.1")
	case !a.root.get("paths").isObject():
		a.src.wrong(a.root.place(), "the document has no paths", "paths: with at least one operation")
	default:
		return true
	}
	return false
}

// references checks every $ref of the document. What is only an example is no part
// of the document: a $ref in there is a text.
func (a *apiReader) references(n *node, named bool, depth int) {
	if n == nil || depth > maxDepth {
		return
	}
	for _, item := range n.list() {
		a.references(item, false, depth+1)
	}
	for key, v := range n.entries {
		switch {
		case named: // the key is a name that somebody chose
			a.references(v, false, depth+1)
		case key == "$ref" && v.kind == nodeText:
			a.reference(v)
		case key == "example" || key == "examples" && v.kind == nodeList || key == "default" || key == "enum" || key == "const" || strings.HasPrefix(key, "x-"):
		case key == "examples":
			for _, e := range v.entries {
				if ref := e.get("$ref"); ref != nil {
					a.reference(ref)
				}
			}
		case key == "mapping": // of a discriminator: names of schemas
		default:
			a.references(v, slices.Contains([]string{"properties", "patternProperties", "schemas", "responses", "parameters", "requestBodies", "headers", "securitySchemes", "paths", "callbacks", "pathItems", "content", "variables", "$defs"}, key) && v.isObject(), depth+1)
		}
	}
}

func (a *apiReader) reference(ref *node) {
	if !strings.HasPrefix(ref.text, "#") {
		a.src.wrong(ref.place(), "the reference "+yamlfile.Quote(ref.text)+" leads out of the document, and nothing is fetched", "a reference such as #/components/schemas/Name: bundle the documents into one first")
		return
	}
	if a.find(ref.text) == nil {
		a.src.wrong(ref.place(), "the reference "+yamlfile.Quote(ref.text)+" leads nowhere", "a place of the document, such as #/components/schemas/Name")
	}
}

// find follows a pointer; nil where it leads nowhere.
func (a *apiReader) find(ref string) *node {
	n := a.root
	if ref == "#" {
		return n
	}
	path, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return nil
	}
	for _, part := range strings.Split(path, "/") {
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(pathUnescaped(part))
		if n != nil && n.kind == nodeList {
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(n.items) {
				return nil
			}
			n = n.items[i]
			continue
		}
		n = n.get(part)
	}
	return n
}

// resolve follows references to what they stand for; nil in a circle.
func (a *apiReader) resolve(n *node) *node {
	for range 32 {
		ref := n.get("$ref")
		if ref == nil || ref.kind != nodeText {
			return n
		}
		n = a.find(ref.text)
	}
	return nil
}

// operations reads all of them: first those that change nothing.
func (a *apiReader) operations() {
	var unsafe []*operation
	for path, item := range a.root.get("paths").entries {
		if strings.HasPrefix(path, "x-") {
			continue
		}
		if !strings.HasPrefix(path, "/") {
			a.src.wrong(item.place(), "the path "+yamlfile.Quote(path)+" does not start with a slash", "a path such as /pets/{id}")
			continue
		}
		item = a.resolve(item)
		for _, method := range []string{"get", "head", "options", "post", "put", "patch", "delete", "trace"} {
			n := item.get(method)
			if n == nil {
				continue
			}
			if !n.isObject() {
				a.src.wrong(n.place(), "the operation is "+n.kind.String(), "an object")
				continue
			}
			op := &operation{at: n, item: item, method: strings.ToUpper(method), path: path}
			if op.safe() {
				a.all = append(a.all, op)
			} else {
				unsafe = append(unsafe, op)
			}
		}
	}
	a.all = append(a.all, unsafe...)
	if len(a.all) == 0 && len(a.src.mistakes) == 0 {
		a.src.wrong(a.root.get("paths").place(), "the document has no operation", "at least one, such as get:")
	}
	if len(a.all) > maxSteps {
		a.src.note(a.all[maxSteps].at.place(), "left out: operations behind the first %d", maxSteps)
		a.all = a.all[:maxSteps]
	}
	if len(a.src.mistakes) > 0 {
		return // the references may lead nowhere
	}
	for _, op := range a.all {
		a.budget = min(mostValues, a.left)
		a.left -= a.budget
		a.operation(op)
		a.left += max(a.budget, 0)
	}
}

func (a *apiReader) scenario(o Options) *Scenario {
	title := a.root.get("info", "title").str()
	s := &Scenario{
		Name: named(o.Name, named(title, "api")),
		Head: []string{
			"Made of the OpenAPI document " + named(title, "without a title") + ": a step for each of its " + plural(len(a.all), "operation") + ".",
			"Each arrival performs one of them, by weight. The values are the document's examples,",
			"or made of its schemas: put in some that your service knows. For steps in order, with",
			"values of one answer in the next request, write flows: and extract:.",
		},
		Variables: a.fields,
	}
	a.server(s)
	for _, op := range a.all {
		op.step.Path = a.prefix + op.step.Path
		if len(a.all) > 1 {
			op.step.Weight = 1 // without any, they would run in order
		}
		s.Steps = append(s.Steps, *op.step)
	}
	s.call(names{})
	s.share()
	s.start()
	return s
}

// server makes the target of the first server, with the defaults of its variables.
func (a *apiReader) server(s *Scenario) {
	servers := a.root.get("servers")
	first := &node{}
	if all := servers.list(); len(all) > 0 {
		first = all[0]
	}
	url := plain(first.get("url").str())
	for name, v := range first.get("variables").entries {
		url = strings.ReplaceAll(url, "{"+name+"}", plain(v.get("default").str()))
	}
	to := parseAddress(url)
	if !to.canBeSent() || to.scheme == environment {
		at := a.root
		if servers != nil {
			at = servers
		}
		a.src.note(at.place(), "the document names no server with a whole URL: the target is guessed")
		s.TargetNote = "guessed: the document names no server with a whole URL"
		path := to.path
		to = address{scheme: "http", host: "localhost:8080", path: "/"}
		if strings.HasPrefix(url, "/") {
			to.path = path
		}
	}
	s.Target = to.origin()
	path, _, _ := strings.Cut(to.path, "?")
	a.prefix = escaped(strings.TrimRight(path, "/"))
	for i, other := range servers.list() {
		if i > 0 {
			a.src.note(other.place(), "another server, not used: %s", yamlfile.Quote(other.get("url").str()))
		}
	}
}
