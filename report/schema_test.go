package report

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// node is as much of a JSON Schema as the published one uses.
type node struct {
	Description          string           `json:"description"`
	Ref                  string           `json:"$ref"`
	Required             []string         `json:"required"`
	Properties           map[string]*node `json:"properties"`
	AdditionalProperties json.RawMessage  `json:"additionalProperties"`
	Items                *node            `json:"items"`
	AllOf, OneOf         []*node
	Definitions          map[string]*node `json:"definitions"`
}

func schemaTree(t *testing.T) *node {
	t.Helper()
	root := new(node)
	require.NoError(t, json.Unmarshal([]byte(Schema()), root))
	return root
}

// target follows references.
func (n *node) target(root *node) *node {
	for _, of := range slices.Concat(n.AllOf, n.OneOf) {
		if of.Ref != "" {
			return of.target(root)
		}
	}
	if name, ok := strings.CutPrefix(n.Ref, "#/definitions/"); ok {
		return root.Definitions[name]
	}
	return n
}

// fields returns the JSON names of a struct's fields with their types, and those
// that may be left out.
func fields(of reflect.Type) (all map[string]reflect.Type, optional []string) {
	all = map[string]reflect.Type{}
	for f := range structFields(of) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous {
			inner, more := fields(f.Type)
			maps.Copy(all, inner)
			optional = append(optional, more...)
			continue
		}
		all[name] = f.Type
		if options == "omitempty" {
			optional = append(optional, name)
		}
	}
	return all, optional
}

func structFields(of reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range of.NumField() {
			if f := of.Field(i); (f.Anonymous || f.IsExported()) && !yield(f) {
				return
			}
		}
	}
}

func TestSchemaNamesTheFieldsOfTheTypes(t *testing.T) {
	root := schemaTree(t)
	sameFields(t, root, root, reflect.TypeFor[Report](), "")
}

func sameFields(t *testing.T, root, n *node, of reflect.Type, at string) {
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		if of.Kind() == reflect.Slice && n.target(root).Items != nil {
			n = n.target(root).Items
		}
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct || of == reflect.TypeFor[time.Time]() {
		return
	}
	n = n.target(root)
	all, optional := fields(of)
	names := slices.Sorted(maps.Keys(all))
	require.Equal(t, names, slices.Sorted(maps.Keys(n.Properties)), "fields at %s/", at)
	require.Equal(t, "false", string(n.AdditionalProperties), "additionalProperties at %s/", at)
	require.ElementsMatch(t, names, append(optional, n.Required...), "required at %s/", at)
	for name, inner := range all {
		sameFields(t, root, n.Properties[name], inner, at+"/"+name)
	}
}

func TestSchemaDescribesEveryField(t *testing.T) {
	root := schemaTree(t)
	require.NotEmpty(t, root.Description)
	for name, n := range root.Properties {
		require.NotEmpty(t, n.Description, "property %s", name)
	}
	for of, n := range root.Definitions {
		require.NotEmpty(t, n.Description, "definition %s", of)
		for name, inner := range n.Properties {
			require.NotEmpty(t, inner.Description, "property %s of %s", name, of)
		}
	}
}

func TestSchemaDefinesOnlyWhatItUses(t *testing.T) {
	for name := range schemaTree(t).Definitions {
		require.Contains(t, Schema(), `"#/definitions/`+name+`"`)
	}
}

func TestReportsConformToTheSchema(t *testing.T) {
	for name, r := range reports() {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, conforms(encoded(t, r)))
		})
	}
}

func TestEncodeIsReadable(t *testing.T) {
	r := burst()
	text := encoded(t, r)
	require.False(t, bytes.Contains(text, []byte(`\u003c`)))
	require.Equal(t, 330, bytes.Count(text, []byte("\n    {\"t\":")), "one line an interval")
	r.Intervals = r.Intervals[28:32]
	golden(t, "burst.json", encoded(t, r))
}

func TestLayOutChangesNothingButSpace(t *testing.T) {
	long := strings.Repeat("x", 500)
	for _, compact := range []string{
		"1", `"a,b"`, "{}", "[]", `{"a":{}}`, `[{},{"a":[]}]`, `{"a\"{":[{"b":"]}\\"},null],"c":"` + long + `"}`,
		`["` + long + `",":",{"` + long + `":1}]`,
	} {
		var out, again bytes.Buffer
		layOut(&out, []byte(compact), "\n")
		require.NoError(t, json.Compact(&again, out.Bytes()))
		require.Equal(t, compact, again.String())
	}
}

func encoded(t *testing.T, r *Report) []byte {
	t.Helper()
	var text bytes.Buffer
	require.NoError(t, Encode(&text, r))
	return text.Bytes()
}
