package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"gonogo/internal/yamlfile"
)

// node is a value of a document, with its place. A nil node is a value that is
// not there: all methods take it.
type node struct {
	kind  nodeKind
	text  string // of a text; the digits of a number
	truth bool
	keys  []string
	items []*node        // the values of the keys, or of the list
	index map[string]int // where a key is in them
	pos   yamlfile.Pos   // of YAML; the others have an offset
	from  int
	src   *source
}

type nodeKind uint8

const (
	nodeNull nodeKind = iota
	nodeText
	nodeNumber
	nodeBool
	nodeList
	nodeObject
)

func (k nodeKind) String() string {
	return [...]string{"null", "a text", "a number", "true or false", "a list", "an object"}[k]
}

// The limits of a document.
const (
	maxDepth = 200
	maxNodes = 8_000_000
)

// get returns what lies below the keys, or nil.
func (n *node) get(keys ...string) *node {
	for _, key := range keys {
		if n == nil || n.kind != nodeObject {
			return nil
		}
		i, ok := n.index[key]
		if !ok {
			return nil
		}
		n = n.items[i]
	}
	return n
}

// str is the text of a value that is one, or "".
func (n *node) str() string {
	if n == nil || n.kind != nodeText && n.kind != nodeNumber {
		return ""
	}
	return n.text
}

// isTrue tells whether the value is true.
func (n *node) isTrue() bool { return n != nil && n.kind == nodeBool && n.truth }

// list is what a list holds.
func (n *node) list() []*node {
	if n == nil || n.kind != nodeList {
		return nil
	}
	return n.items
}

// isObject tells whether the value is an object.
func (n *node) isObject() bool { return n != nil && n.kind == nodeObject }

// entries yields the keys of an object with their values, in order.
func (n *node) entries(yield func(string, *node) bool) {
	if !n.isObject() {
		return
	}
	for i, key := range n.keys {
		if !yield(key, n.items[i]) {
			return
		}
	}
}

// place is where the value stands.
func (n *node) place() yamlfile.Pos {
	if n.src != nil {
		return n.src.pos(n.from)
	}
	return n.pos
}

// put sets a key; the last of two counts, at the place of the first.
func (n *node) put(key string, v *node) {
	if i, twice := n.index[key]; twice {
		n.items[i] = v
		return
	}
	n.index[key] = len(n.items)
	n.keys, n.items = append(n.keys, key), append(n.items, v)
}

// value copies the node as the value of a body, its texts plain.
func (n *node) value() *JSON {
	if n == nil {
		return &JSON{Kind: jsonNull}
	}
	switch n.kind {
	case nodeText:
		return &JSON{Kind: jsonText, Text: plain(n.text)}
	case nodeNumber:
		return &JSON{Kind: jsonNumber, Text: n.text}
	case nodeBool:
		if n.truth {
			return &JSON{Kind: jsonTrue}
		}
		return &JSON{Kind: jsonFalse}
	case nodeNull:
		return &JSON{Kind: jsonNull}
	}
	j := &JSON{Kind: jsonList, Keys: n.keys}
	if n.kind == nodeObject {
		j.Kind = jsonObject
	}
	for _, item := range n.items {
		j.Values = append(j.Values, item.value())
	}
	return j
}

// jsonDocument reads JSON.
func (s *source) jsonDocument() (*node, error) {
	s.data = bytes.TrimPrefix(s.data, []byte("\xef\xbb\xbf"))
	d := &jsonReader{src: s, dec: json.NewDecoder(bytes.NewReader(s.data))}
	d.dec.UseNumber()
	n, err := d.value(0)
	if err == nil {
		if _, more := d.dec.Token(); more == nil || !errors.Is(more, io.EOF) {
			s.wrong(s.pos(int(d.dec.InputOffset())), "something follows the document", "one JSON value")
			return nil, s.err()
		}
		return n, nil
	}
	if len(s.mistakes) == 0 {
		s.wrong(s.pos(d.offset(err)), "not JSON: "+explain(err), "")
	}
	return nil, s.err()
}

func explain(err error) string {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "it ends too early"
	}
	return err.Error()
}

// parseJSON reads a body that is meant to be JSON; nil if it is none.
func parseJSON(text []byte) *node {
	s := &source{data: text}
	n, err := s.jsonDocument()
	if err != nil {
		return nil
	}
	return n
}

type jsonReader struct {
	src   *source
	dec   *json.Decoder
	nodes int
}

// start is the offset of the next token.
func (d *jsonReader) start() int {
	at := int(d.dec.InputOffset())
	for at < len(d.src.data) && bytes.IndexByte([]byte(" \t\r\n,:"), d.src.data[at]) >= 0 {
		at++
	}
	return at
}

func (d *jsonReader) offset(err error) int {
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return int(e.Offset) - 1
	}
	return d.start()
}

func (d *jsonReader) value(depth int) (*node, error) {
	n := &node{src: d.src, from: d.start()}
	if d.nodes++; d.nodes > maxNodes || depth > maxDepth {
		d.src.wrong(n.place(), "the document is too large or nested too deep",
			fmt.Sprintf("%d values, %d deep, at most", maxNodes, maxDepth))
		return nil, d.src.err()
	}
	token, err := d.dec.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case string:
		n.kind, n.text = nodeText, t
	case json.Number:
		n.kind, n.text = nodeNumber, t.String()
	case bool:
		n.kind, n.truth = nodeBool, t
	case json.Delim:
		return n, d.inside(n, t, depth)
	}
	return n, nil
}

// inside reads what an object or a list holds.
func (d *jsonReader) inside(n *node, open json.Delim, depth int) error {
	n.kind = nodeList
	if open == '{' {
		n.kind, n.index = nodeObject, map[string]int{}
	}
	for d.dec.More() {
		key := ""
		if n.kind == nodeObject {
			token, err := d.dec.Token()
			if err != nil {
				return err
			}
			key, _ = token.(string)
		}
		v, err := d.value(depth + 1)
		if err != nil {
			return err
		}
		if n.kind == nodeObject {
			n.put(key, v)
		} else {
			n.items = append(n.items, v)
		}
	}
	_, err := d.dec.Token()
	return err
}

// yamlDocument reads YAML, as strictly as all YAML here.
func (s *source) yamlDocument() (*node, error) {
	var root yamlfile.Node
	if _, err := yamlfile.Decode(s.file, s.data, &root); err != nil {
		return nil, err
	}
	y := &yamlReader{}
	n := y.value(root, 0)
	if y.full {
		y.mistakes = append(y.mistakes, root.Mistake("the document is too large or nested too deep", "less, or the same document as JSON"))
	}
	y.mistakes.Sort()
	return n, y.mistakes.Err()
}

type yamlReader struct {
	nodes    int
	full     bool
	mistakes yamlfile.Mistakes
}

func (y *yamlReader) value(from yamlfile.Node, depth int) *node {
	n := &node{pos: from.Pos()}
	if y.nodes++; y.nodes > maxYAML || depth > maxDepth {
		y.full = true
		return n
	}
	switch {
	case from.IsMapping():
		n.kind, n.index = nodeObject, map[string]int{}
		entries, err := from.Entries()
		y.take(err)
		for _, e := range entries {
			n.put(e.Key, y.value(e.Value, depth+1))
		}
	case from.IsList():
		n.kind = nodeList
		var items []yamlfile.Node
		y.take(from.Decode(&items))
		for _, item := range items {
			n.items = append(n.items, y.value(item, depth+1))
		}
	case from.IsText():
		y.single(n, from)
	}
	return n
}

// maxYAML bounds what aliases can make of a small document.
const maxYAML = 500_000

// single reads a value that is neither a mapping nor a list.
func (y *yamlReader) single(n *node, from yamlfile.Node) {
	var v any
	if err := from.Decode(&v); err != nil {
		if y.take(from.Decode(&n.text)); len(y.mistakes) == 0 {
			n.kind = nodeText // a number that is none for YAML: an octal, say
		}
		return
	}
	switch v := v.(type) {
	case string:
		n.kind, n.text = nodeText, v
	case bool:
		n.kind, n.truth = nodeBool, v
	case int64:
		n.kind, n.text = nodeNumber, strconv.FormatInt(v, 10)
	case float64:
		n.kind, n.text = nodeNumber, strconv.FormatFloat(v, 'f', -1, 64)
	default: // the document has too many values; the first one of them said so
		y.full = true
	}
}

func (y *yamlReader) take(err error) {
	if all, ok := errors.AsType[yamlfile.Mistakes](err); ok && len(y.mistakes) < maxMistakes {
		y.mistakes = append(y.mistakes, all...)
	}
}
