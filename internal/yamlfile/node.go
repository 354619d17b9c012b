package yamlfile

import (
	"reflect"

	"go.yaml.in/yaml/v4"
)

// A Decoder is a type that decodes itself, because it can be written in more
// than one way. The error may be Mistakes, or any error, which is then reported
// at the node.
type Decoder interface {
	DecodeYAML(Node) error
}

// A Node is a part of a file. A field of this type keeps its part for later.
type Node struct {
	doc   *Document
	node  *yaml.Node
	path  Path
	depth int
}

// IsZero tells whether there is no node: the file has nothing at this place.
func (n Node) IsZero() bool { return n.node == nil }

// Pos returns the place of the node.
func (n Node) Pos() Pos { return Pos{File: n.doc.name, Line: n.node.Line, Column: n.node.Column} }

// Path returns the path of the node.
func (n Node) Path() Path { return n.path }

// IsText tells whether the node is a single value: text, a number, true or false.
func (n Node) IsText() bool { return n.value().Kind == yaml.ScalarNode && !n.isNull() }

// IsList tells whether the node is a list.
func (n Node) IsList() bool { return n.value().Kind == yaml.SequenceNode }

// IsMapping tells whether the node is a mapping.
func (n Node) IsMapping() bool { return n.value().Kind == yaml.MappingNode }

// Decode fills what into points to. The error is nil or Mistakes.
func (n Node) Decode(into any) error {
	var m Mistakes
	n.decode(reflect.ValueOf(into).Elem(), &m)
	m.Sort()
	if len(m) > maxMistakes {
		m = append(m[:maxMistakes], n.Mistake("and more, which are not listed", ""))
	}
	return m.Err()
}

// An Entry is a key of a mapping with its value.
type Entry struct {
	Key    string
	KeyPos Pos
	Value  Node
}

// Entries returns the entries of a mapping in the order of the file. Keys that
// are no text or come twice are mistakes, and left out.
func (n Node) Entries() ([]Entry, error) {
	var m Mistakes
	entries := n.entries(&m)
	return entries, m.Err()
}

// Mistake returns a mistake at the node.
func (n Node) Mistake(what, want string) *Mistake {
	return &Mistake{Pos: n.Pos(), Path: n.path, What: what, Want: want}
}

// value is the node itself, or what it is an alias of.
func (n Node) value() *yaml.Node {
	v := n.node
	for range maxDepth { // an alias of an alias cannot be written, so this is caution
		if v.Kind != yaml.AliasNode || v.Alias == nil {
			break
		}
		v = v.Alias
	}
	return v
}

func (n Node) isNull() bool { return n.value().Kind == yaml.ScalarNode && n.value().Tag == "!!null" }

func (n Node) entries(m *Mistakes) []Entry {
	var entries []Entry
	seen := map[string]int{}
	content := n.value().Content
	for i := 0; i+1 < len(content); i += 2 {
		key, value := content[i], content[i+1]
		pos := Pos{File: n.doc.name, Line: key.Line, Column: key.Column}
		if what, want := badKey(key, seen); what != "" {
			*m = append(*m, &Mistake{Pos: pos, Path: n.path, Key: key.Value, What: what, Want: want})
			continue
		}
		seen[key.Value] = key.Line
		entries = append(entries, Entry{Key: key.Value, KeyPos: pos, Value: n.child(value, n.path.Key(key.Value))})
	}
	return entries
}

func (n Node) child(node *yaml.Node, path Path) Node {
	c := n.doc.node(node, path)
	c.depth = n.depth + 1
	return c
}

// node makes the Node of a path and remembers its place.
func (d *Document) node(node *yaml.Node, path Path) Node {
	n := Node{doc: d, node: node, path: path}
	if path != "" {
		d.places[path] = n.Pos()
	}
	return n
}
