package yamlfile

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// decode fills v from the node and adds what is wrong to m.
func (n Node) decode(v reflect.Value, m *Mistakes) {
	if len(*m) > maxMistakes || n.tooMuch(m) {
		return
	}
	if node, ok := v.Addr().Interface().(*Node); ok {
		*node = n
		return
	}
	if d, ok := v.Addr().Interface().(Decoder); ok && !n.isNull() {
		*m = append(*m, asMistakes(d.DecodeYAML(n), n.Pos(), n.path)...)
		return
	}
	if n.isNull() {
		n.add(m, "nothing is written here", wanted(v))
		return
	}
	n.decodeKind(v, m)
}

// tooMuch bounds what aliases can make of a small file. It says so once.
func (n Node) tooMuch(m *Mistakes) bool {
	n.doc.nodes++
	switch {
	case n.doc.nodes > maxNodes+1:
	case n.doc.nodes == maxNodes+1:
		n.add(m, fmt.Sprintf("the file has more than %d values, aliases counted as what they stand for", maxNodes), "fewer")
	case n.depth > maxDepth:
		n.doc.nodes = maxNodes + 1
		n.add(m, fmt.Sprintf("nested more than %d deep", maxDepth), "less, and no alias inside of what it stands for")
	default:
		return false
	}
	return true
}

func (n Node) decodeKind(v reflect.Value, m *Mistakes) {
	if text, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		n.decodeText(text, v, m)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		n.decode(v.Elem(), m)
	case reflect.Struct:
		n.decodeStruct(v, m)
	case reflect.Map:
		n.decodeMap(v, m)
	case reflect.Slice:
		n.decodeSlice(v, m)
	case reflect.Interface:
		n.decodeAny(v, m)
	default:
		n.decodeScalar(v, m)
	}
}

func (n Node) decodeText(text encoding.TextUnmarshaler, v reflect.Value, m *Mistakes) {
	if !n.IsText() {
		n.wrongType(m, wanted(v))
		return
	}
	*m = append(*m, asMistakes(text.UnmarshalText([]byte(n.value().Value)), n.Pos(), n.path)...)
}

func (n Node) decodeStruct(v reflect.Value, m *Mistakes) {
	if !n.IsMapping() {
		n.wrongForm(m, wanted(v))
		return
	}
	fields, known := n.doc.fields[v.Type()]
	if !known {
		fields = Fields(v.Type())
		n.doc.fields[v.Type()] = fields
	}
	for _, e := range n.entries(m) {
		i := slices.IndexFunc(fields, func(f Field) bool { return f.Key == e.Key })
		if i < 0 && len(*m) > maxMistakes {
			return
		}
		if i < 0 {
			*m = append(*m, unknownKey(e, n.path, fields))
			continue
		}
		e.Value.decode(v.FieldByIndex(fields[i].Index), m)
	}
}

func (n Node) decodeMap(v reflect.Value, m *Mistakes) {
	if !n.IsMapping() {
		n.wrongForm(m, wanted(v))
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, e := range n.entries(m) {
		value := reflect.New(v.Type().Elem()).Elem()
		e.Value.decode(value, m)
		v.SetMapIndex(reflect.ValueOf(e.Key).Convert(v.Type().Key()), value)
	}
}

func (n Node) decodeSlice(v reflect.Value, m *Mistakes) {
	if !n.IsList() {
		n.wrongForm(m, wanted(v))
		return
	}
	content := n.value().Content
	v.Set(reflect.MakeSlice(v.Type(), len(content), len(content)))
	for i, item := range content {
		if n.doc.nodes > maxNodes {
			return
		}
		n.child(item, n.path.Index(i)).decode(v.Index(i), m)
	}
}

// decodeAny fills an any with what the file says of itself: map[string]any,
// []any, string, bool, int64 or float64.
func (n Node) decodeAny(v reflect.Value, m *Mistakes) {
	kind := reflect.TypeFor[string]()
	switch tag := n.value().Tag; {
	case n.IsMapping():
		kind = reflect.TypeFor[map[string]any]()
	case n.IsList():
		kind = reflect.TypeFor[[]any]()
	case tag == "!!bool":
		kind = reflect.TypeFor[bool]()
	case tag == "!!int":
		kind = reflect.TypeFor[int64]()
	case tag == "!!float":
		kind = reflect.TypeFor[float64]()
	}
	value := reflect.New(kind).Elem()
	n.decodeKind(value, m)
	v.Set(value)
}

func (n Node) decodeScalar(v reflect.Value, m *Mistakes) {
	if !n.IsText() {
		n.wrongType(m, wanted(v))
		return
	}
	isText := n.value().Tag == "!!str" && v.Kind() != reflect.String
	if isText || !setScalar(v, n.value().Value) {
		v.SetZero()
		n.wrongType(m, wanted(v))
	}
}

// Set reads a text into what into points to, as Decode reads it from a file. It
// is for single values that come from elsewhere.
func Set(into any, text string) error {
	if t, ok := into.(encoding.TextUnmarshaler); ok {
		return t.UnmarshalText([]byte(text))
	}
	if v := reflect.ValueOf(into).Elem(); !setScalar(v, text) {
		v.SetZero()
		return &TextError{What: Quote(text) + " does not fit", Want: wanted(v)}
	}
	return nil
}

// setScalar tells whether the text fits. If not, v holds anything.
func setScalar(v reflect.Value, text string) bool {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
		return true
	case reflect.Bool:
		v.SetBool(strings.EqualFold(text, "true"))
		return v.Bool() || strings.EqualFold(text, "false")
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		i, err := strconv.ParseInt(decimal(text), 10, v.Type().Bits())
		v.SetInt(i)
		return err == nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		u, err := strconv.ParseUint(decimal(text), 10, v.Type().Bits())
		v.SetUint(u)
		return err == nil
	case reflect.Float32, reflect.Float64:
		f, err := strconv.ParseFloat(text, v.Type().Bits())
		v.SetFloat(f)
		return err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
	}
	panic("yamlfile: cannot read into " + v.Type().String())
}

// decimal returns the digits of a whole number, or what strconv refuses: YAML's
// versions disagree on whether 010 is ten or eight.
func decimal(text string) string {
	text = strings.ReplaceAll(text, "_", "")
	if digits := strings.TrimLeft(text, "+-"); len(digits) > 1 && digits[0] == '0' {
		return ""
	}
	return text
}

func (n Node) add(m *Mistakes, what, want string) { *m = append(*m, n.Mistake(what, want)) }

// wrongForm is wrongType where a mapping or a list is wanted. A single value is
// not shown: it may be a password that stands one key too high.
func (n Node) wrongForm(m *Mistakes, want string) {
	if n.IsText() {
		n.add(m, "is a single value", want)
		return
	}
	n.wrongType(m, want)
}

// wrongType says what is there instead of what is wanted.
func (n Node) wrongType(m *Mistakes, want string) {
	value := n.value()
	switch {
	case n.IsMapping():
		n.add(m, "is a mapping", want)
	case n.IsList():
		n.add(m, "is a list", want)
	case value.Tag == "!!str" && value.Style != 0:
		n.add(m, Quote(value.Value)+" is text in quotes", want+" without quotes")
	default:
		n.add(m, Quote(value.Value)+" does not fit", want)
	}
}

// A Wanter is a type that says what a value of it looks like: "500ms, 30s or 1d12h".
type Wanter interface{ Want() string }

// wanted says what may be written for a Go value.
func wanted(v reflect.Value) string {
	if w, ok := reflect.New(v.Type()).Interface().(Wanter); ok {
		return w.Want()
	}
	switch v.Kind() {
	case reflect.Pointer:
		return wanted(reflect.Zero(v.Type().Elem()))
	case reflect.Struct, reflect.Map:
		return "a mapping (key: value)"
	case reflect.Slice:
		return "a list"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number, 0 or more"
	case reflect.Float32, reflect.Float64:
		return "a number"
	}
	return "text"
}

// A Field is a key that a struct takes.
type Field struct {
	Key   string
	Index []int
	Type  reflect.Type
}

// Fields returns the keys that a struct type takes, in its own order.
func Fields(t reflect.Type) []Field {
	var fields []Field
	for _, f := range reflect.VisibleFields(t) {
		if key, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); f.IsExported() && key != "" && key != "-" {
			fields = append(fields, Field{Key: key, Index: f.Index, Type: f.Type})
		}
	}
	return fields
}

func unknownKey(e Entry, path Path, fields []Field) *Mistake {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.Key
	}
	m := &Mistake{Pos: e.KeyPos, Path: path, Key: e.Key, What: "unknown key " + Quote(e.Key)}
	if near := Nearest(e.Key, keys); near != "" {
		m.What += "; did you mean " + Quote(near) + "?"
	} else {
		m.Want = "one of " + strings.Join(keys, ", ")
	}
	return m
}

// badKey says what is wrong with a key; seen holds the line of each key before it.
func badKey(key *yaml.Node, seen map[string]int) (what, want string) {
	switch {
	case key.Kind != yaml.ScalarNode:
		return "a key that is no text", "a name as the key"
	case key.Value == "<<":
		return "merge keys (<<) are not read", "the keys written out"
	case seen[key.Value] > 0:
		return fmt.Sprintf("key %s comes twice, first in line %d", Quote(key.Value), seen[key.Value]), "one of them"
	}
	return "", ""
}
