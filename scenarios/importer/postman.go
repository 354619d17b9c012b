package importer

import (
	"io"
	"strings"

	"gonogo/internal/yamlfile"
)

// Postman makes a scenario of a Postman collection 2.0 or 2.1: folders are groups,
// and the simple lines of its scripts are extracts and expected statuses.
func Postman(r io.Reader, o Options) (*Scenario, []Note, error) {
	src, err := open(r, o, "postman")
	if err != nil {
		return nil, nil, err
	}
	root, err := src.jsonDocument()
	if err != nil {
		return nil, nil, err
	}
	p := &postmanReader{src: src, variables: map[string]string{}, known: map[string]bool{}, noted: map[string]bool{}, used: map[string]yamlfile.Pos{}, ids: map[string]string{}, taken: names{}}
	if inner := root.get("collection"); inner != nil { // as the service's own API wraps it
		root = inner
	}
	if p.version(root) {
		p.declare(root.get("variable"))
		p.steps = p.items(root.get("item"), inherited{auth: root.get("auth"), events: root.get("event")}, 0)
		if len(p.all) == 0 && len(src.mistakes) == 0 {
			src.wrong(root.place(), "the collection has no request", "at least one item with a request")
		}
	}
	if err := src.err(); err != nil {
		return nil, nil, err
	}
	return p.scenario(root, o), src.said(), nil
}

type postmanReader struct {
	src       *source
	variables map[string]string // of the collection, by identifier
	order     []string
	known     map[string]bool // extracted from an answer
	noted     map[string]bool // missing, and that was said
	used      map[string]yamlfile.Pos
	usedOrder []string
	ids       map[string]string // the identifier of a variable's name
	taken     names
	steps     []Step
	all       []placed
}

// inherited is what the folders around a request say.
type inherited struct{ auth, events *node }

func (p *postmanReader) version(root *node) bool {
	schema := root.get("info", "schema")
	switch {
	case schema == nil && (root.get("requests") != nil || root.get("order") != nil):
		p.src.wrong(root.place(), "a collection of version 1", "version 2.1: in Postman, Export, Collection v2.1")
	case schema == nil:
		p.src.wrong(root.place(), "not a Postman collection: it has no info.schema", "a collection exported as Collection v2.1")
	case !strings.Contains(schema.str(), "v2.0") && !strings.Contains(schema.str(), "v2.1"):
		p.src.wrong(schema.place(), "the version of the collection is not understood", "version 2.1: in Postman, Export, Collection v2.1")
	default:
		return true
	}
	return false
}

// declare takes the collection's variables. Secret ones come from the environment.
func (p *postmanReader) declare(list *node) {
	for _, v := range list.list() {
		name := v.get("key").str()
		if name == "" {
			name = v.get("id").str()
		}
		if name == "" || v.get("disabled").isTrue() || len(p.order) >= maxSteps {
			continue
		}
		id := p.id(name)
		if _, twice := p.variables[id]; !twice {
			p.order = append(p.order, id)
		}
		value := p.text(v.get("value"), v.get("value").str())
		if v.get("type").str() == "secret" || isSensitive(name) {
			value = p.src.env.hide(v.place(), name, value)
		}
		p.variables[id] = value
	}
}

// id is the variable of a name.
func (p *postmanReader) id(name string) string {
	id, ok := p.ids[name]
	if !ok {
		id = p.taken.take(identifier(name, "value"), "_")
		p.ids[name] = id
	}
	return id
}

// deepestFolder is how deep folders may lie in each other.
const deepestFolder = 20

// items makes the steps of a folder.
func (p *postmanReader) items(list *node, in inherited, depth int) []Step {
	var out []Step
	for _, n := range list.list() {
		if depth > deepestFolder {
			p.src.wrong(n.place(), "folders are nested too deep", "20 at most")
			return nil
		}
		name := n.get("name").str()
		own := in
		if auth := n.get("auth"); auth.isObject() {
			own.auth = auth
		}
		if n.get("item") != nil {
			p.scripts(n.get("event"), nil)
			if inside := p.items(n.get("item"), own, depth+1); len(inside) > 0 {
				out = append(out, Step{Group: named(name, "folder"), Steps: inside, Comment: p.describe(n)})
			}
			continue
		}
		if len(p.all) >= maxSteps {
			p.src.note(n.place(), "left out: requests behind the first %d", maxSteps)
			return out
		}
		if step, ok := p.request(n, own); ok {
			out = append(out, *step)
		}
	}
	return out
}

// describe is the first line of a description.
func (p *postmanReader) describe(n *node) []string {
	d := n.get("description")
	text := d.str()
	if text == "" {
		text = d.get("content").str()
	}
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return notEmpty(clean(line))
}

// text replaces {{name}} by placeholders in what somebody wrote.
func (p *postmanReader) text(at *node, s string) string {
	s = plain(s)
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "{{")
		name, after, closed := strings.Cut(rest, "}}")
		if !ok || !closed {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(before)
		name = strings.TrimSpace(name)
		switch {
		case name == "" || len(name) > longestKey || !printable(name) || !dollarless(b.String()):
			b.WriteString("{{" + name + "}}")
			p.src.note(at.place(), "a variable is left as it is written: %s", yamlfile.Quote("{{"+name+"}}"))
		default:
			b.WriteString("${" + p.placeholder(at, name) + "}")
		}
		s = after
	}
}

// placeholder is what stands for a variable, or for one that Postman makes up.
func (p *postmanReader) placeholder(at *node, name string) string {
	if !strings.HasPrefix(name, "$") {
		id := p.id(name)
		if _, seen := p.used[id]; !seen {
			p.used[id] = at.place()
			p.usedOrder = append(p.usedOrder, id)
		}
		return id
	}
	switch name {
	case "$guid", "$randomUUID":
		return "uuid"
	case "$timestamp":
		return "now(unix)"
	case "$isoTimestamp":
		return "now"
	case "$randomInt":
		return "random(0,1000)"
	}
	p.src.note(at.place(), "%s is replaced by random letters", clean(name))
	return "random_text(8)"
}

// scenario puts it together.
func (p *postmanReader) scenario(root *node, o Options) *Scenario {
	title := root.get("info", "name").str()
	s := &Scenario{
		Name: named(o.Name, named(title, "collection")), Flow: "collection", Steps: p.steps,
		Head: []string{
			"Made of the Postman collection " + named(title, "without a name") + ": " + plural(len(p.all), "request") + ", in its order.",
			"A user performs all of them in turn: leave out what no user does, and write pauses.",
		},
	}
	s.aim(p.placed(s.Steps), p.target())
	p.declared(s)
	taken := names{}
	groups(s.Steps, taken)
	s.call(taken)
	s.share()
	s.start()
	return s
}

// missing says, once, that a variable's value is not known.
func (p *postmanReader) missing(id string) {
	if !p.noted[id] {
		p.noted[id] = true
		p.src.note(p.used[id], "the variable %s is not in the collection: set the environment variable %s, or write its value", id, envName(id))
	}
}

// constant resolves the variables in a variable's value: in the file it may only
// hold placeholders of the environment.
func (p *postmanReader) constant(value string) string {
	for range 5 {
		var b strings.Builder
		for _, part := range pieces(value) {
			other, ok := p.variables[part.name]
			switch {
			case part.name == "":
				b.WriteString(part.literal)
			case ok:
				b.WriteString(other)
			case strings.HasPrefix(part.name, "env:"):
				b.WriteString("${" + part.name + "}")
			default:
				p.missing(part.name)
				b.WriteString("${env:" + envName(part.name) + "}")
			}
		}
		if value == b.String() || b.Len() > maxBody {
			break
		}
		value = b.String()
	}
	return value
}

// groups gives every group a name of its own.
func groups(all []Step, taken names) {
	for i := range all {
		if s := &all[i]; s.Group != "" {
			s.Group = taken.take(s.Group, " ")
			groups(s.Steps, taken)
		}
	}
}

// placed finds the steps where they are now: they were copied into their groups.
func (p *postmanReader) placed(steps []Step) []placed {
	i := 0
	all := make([]placed, 0, len(p.all))
	walk(steps, func(s *Step) {
		all = append(all, placed{s, p.all[i].to})
		i++
	})
	return all
}

// target is where the first request goes. A variable in it is resolved, since a
// target is known before any user is.
func (p *postmanReader) target() string {
	return p.all[0].to.origin()
}

// declared writes the variables that the steps use. Those that nobody sets come
// from the environment.
func (p *postmanReader) declared(s *Scenario) {
	uses := s.uses()
	for _, id := range p.order {
		if uses[id] {
			s.Variables = append(s.Variables, Field{Name: id, Value: p.constant(p.variables[id])})
		}
	}
	for _, id := range p.usedOrder {
		if _, ok := p.variables[id]; ok || p.known[id] || !uses[id] {
			continue
		}
		p.missing(id)
		s.Variables = append(s.Variables, Field{Name: id, Value: "${env:" + envName(id) + "}", Comment: "of the Postman environment, which is not in the collection"})
	}
}
