package scenarios

import (
	"bytes"
	"encoding"
	"encoding/json"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"gonogo/internal/yamlfile"
	"gonogo/loadgen"
)

func schema(t *testing.T) (map[string]any, *jsonschema.Schema) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("scenario.json", doc))
	compiled, err := c.Compile("scenario.json")
	require.NoError(t, err)
	return doc.(map[string]any), compiled
}

func TestReadyMadeScenariosFitSchemaAndCompile(t *testing.T) {
	_, s := schema(t)
	all := AllReadyMade()
	require.NotEmpty(t, all)
	for _, r := range all {
		t.Run(r.Name, func(t *testing.T) {
			var instance any
			_, err := yamlfile.Decode(r.Name, r.YAML, &instance)
			require.NoError(t, err)
			require.NoError(t, s.Validate(instance))
			require.NotEmpty(t, r.Description)
			require.True(t, strings.HasPrefix(string(r.YAML), "# yaml-language-server: $schema="))

			f, err := Load(r.Name, os.ReadFile)
			require.NoError(t, err)
			require.Equal(t, r.Name, f.Name)
			set(f, ByFlag, "target", "http://h")
			require.NotEmpty(t, compiled(t, f).Objectives)
		})
	}
}

func TestHelixBurst(t *testing.T) {
	f, err := Load("helix-burst", os.ReadFile)
	require.NoError(t, err)
	_, err = f.Compile(testOptions())
	require.NoError(t, f.Validate(testOptions()))
	require.EqualError(t, err, "helix-burst.yaml:1:1: target: no target is given; want --target with a URL, or target: in the file")

	set(f, ByFlag, "target", "https://staging.example.test")
	c := compiled(t, f)
	require.Equal(t, &loadgen.Closed{Users: 1000}, c.Plan.Closed)
	require.Equal(t, []time.Duration{10 * time.Second, time.Minute}, []time.Duration{c.Plan.Ramp, c.Plan.Measure})
	require.Equal(t, "https://staging.example.test/health", c.Plan.Steps[0].Request.URL.String())
	var bands []string
	for _, o := range c.Objectives {
		bands = append(bands, o.Name, o.Go.String(), o.Conditional.String(), o.NoGo.String())
	}
	require.Equal(t, []string{
		"p95", "p95 < 200ms", "p95 < 300ms", "p95 > 500ms",
		"success", "success > 99.5%", "success > 99%", "success < 99%",
	}, bands)
}

func TestHelixSustained(t *testing.T) {
	f, err := Load("helix-sustained", os.ReadFile)
	require.NoError(t, err)
	set(f, ByFlag, "target", "https://staging.example.test")
	c := compiled(t, f)
	require.Equal(t, 200, c.Plan.Closed.Users)
	require.Equal(t, 24*time.Hour, c.Plan.Measure)
	require.Equal(t, "error_rate < 1%", c.Objectives[0].Go.String())
}

func TestLoad(t *testing.T) {
	read := func(name string) ([]byte, error) {
		switch name {
		case "mine.yaml":
			return []byte("load: {users: 1}\ntarget: http://h"), nil
		case "locked.yaml":
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
		case "broken.yaml":
			return []byte("load: ["), nil
		}
		return nil, fs.ErrNotExist
	}
	f, err := Load("mine.yaml", read)
	require.NoError(t, err)
	require.Equal(t, "mine", f.Name)

	for name, want := range map[string]string{
		"helix-brust":      `load scenario "helix-brust": no such file, and no ready-made scenario of this name; did you mean helix-burst?`,
		"helix-burst.yaml": `load scenario "helix-burst.yaml": no such file, and no ready-made scenario of this name; did you mean helix-burst?`,
		"x":                `load scenario "x": no such file, and no ready-made scenario of this name; ready-made are helix-burst, helix-claude-cooldown, helix-headroom, helix-journeys, helix-manus-failover, helix-rate-limit, helix-static-assets, helix-sustained, helix-webhooks, spek-canary, spek-pages, spek-smoke`,
		"127.0.0.1:80/a":   `load scenario "127.0.0.1:80/a": no such file, and no ready-made scenario of this name; a URL would be http://127.0.0.1:80/a`,
		"example.test:443": `load scenario "example.test:443": no such file, and no ready-made scenario of this name; a URL would be https://example.test:443`,
		"locked.yaml":      `load scenario: open locked.yaml: permission denied`,
		"broken.yaml":      `broken.yaml:2:1: not YAML: did not find expected node content`,
	} {
		_, err := Load(name, read)
		require.EqualError(t, err, want)
	}
}

// The schema and the Go types say the same, both ways.
func TestSchemaAndTypesAreEqual(t *testing.T) {
	doc, _ := schema(t)
	seen := map[reflect.Type]bool{}
	var walk func(path string, node map[string]any, typ reflect.Type)
	walk = func(path string, node map[string]any, typ reflect.Type) {
		node = resolve(t, doc, node)
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
			if value, isMap := mapped(typ); isMap {
				values, ok := node["additionalProperties"].(map[string]any)
				require.True(t, ok, "%s is no mapping of any names", path)
				node, typ = resolve(t, doc, values), value
				continue
			}
			if items, ok := node["items"].(map[string]any); ok {
				node = resolve(t, doc, items)
			}
			typ = typ.Elem()
		}
		if _, isText := reflect.New(typ).Interface().(encoding.TextUnmarshaler); isText || typ.Kind() != reflect.Struct || seen[typ] {
			return
		}
		properties, ok := object(node)["properties"].(map[string]any)
		if typ == reflect.TypeFor[loadgen.Field]() { // headers: a mapping of any names
			require.False(t, ok, path)
			return
		}
		require.True(t, ok, "%s has no properties", path)
		require.Equal(t, false, object(node)["additionalProperties"], path)
		seen[typ] = true
		var keys, names []string
		for _, f := range yamlfile.Fields(typ) {
			keys = append(keys, f.Key)
			if property, ok := properties[f.Key].(map[string]any); ok {
				walk(path+"."+f.Key, property, f.Type)
			}
		}
		for name := range properties {
			names = append(names, name)
		}
		require.ElementsMatch(t, names, keys, path)
	}
	walk("scenario", doc, reflect.TypeFor[File]())
	require.Len(t, seen, 20, "File, Model, HTTP, GRPC, Auth with APIKey, OAuth2, HMAC and AWS, Connections, Step, Objective, Abort, Flow, OwnLoad, Choice, Part, Data, Source and Check")
}

// mapped returns the type of the values of a Map.
func mapped(typ reflect.Type) (reflect.Type, bool) {
	if typ.Kind() != reflect.Slice || typ.Elem().Kind() != reflect.Struct {
		return nil, false
	}
	name, isNamed := typ.Elem().FieldByName("Name")
	value, hasValue := typ.Elem().FieldByName("Value")
	return value.Type, isNamed && hasValue && name.Tag == "" && typ.Elem() != reflect.TypeFor[loadgen.Field]()
}

func resolve(t *testing.T, doc, node map[string]any) map[string]any {
	t.Helper()
	if ref, ok := node["$ref"].(string); ok {
		found, ok := doc["definitions"].(map[string]any)[strings.TrimPrefix(ref, "#/definitions/")].(map[string]any)
		require.True(t, ok, ref)
		return found
	}
	return node
}

// object returns the alternative that is an object, of a node that has several.
func object(node map[string]any) map[string]any {
	for _, one := range append([]any{node}, slices.Clip(anys(node["oneOf"]))...) {
		if m, ok := one.(map[string]any); ok && m["type"] == "object" {
			return m
		}
	}
	return node
}

func anys(v any) []any {
	list, _ := v.([]any)
	return list
}

// What compiles fits the schema, as does the effective scenario.
func TestSchemaTakesWhatCompiles(t *testing.T) {
	_, s := schema(t)
	for _, text := range []string{
		everything,
		"load: {users: 1_000, think_time: 'uniform:1s,3s', ramp: 1.5}\ntarget: http://h",
		"load: {rate: 30000/min, duration: 1d12h, seed: 9007199254740991}\ntarget: http://h",
		"load: {users: 1, pacing: 250µs}\ntarget: http://h\nsteps: [{path: /, body: 5, expect: 2xx}]\nhttp: {headers: {A: 1, B: true}}",
	} {
		var instance any
		_, err := yamlfile.Decode("f.yaml", []byte(text), &instance)
		require.NoError(t, err)
		require.NoError(t, s.Validate(instance), text)

		written, err := json.Marshal(compiled(t, parsed(t, text)).Effective)
		require.NoError(t, err)
		effective, err := jsonschema.UnmarshalJSON(bytes.NewReader(written))
		require.NoError(t, err)
		require.NoError(t, s.Validate(effective), string(written))
	}
}

func TestSchemaRefusesWhatDoesNotCompile(t *testing.T) {
	_, s := schema(t)
	for _, text := range []string{
		"usres: 1", "load: {users: 0}", "load: {users: 1.5}", "load: {rate: 5/fortnight}", "load: {duration: -5s}", "load: {duration: 5 min}",
		"load: {arrival: poison}", "load: {stages: []}", "steps: []", "steps: [{weight: -1}]", "steps: [{expect: [2yy]}]",
		"objectives: [{no_go: p95 > 1s}]", "http: {auth: token}", "http: {redirects: 51}",
	} {
		var instance any
		_, err := yamlfile.Decode("f.yaml", []byte(text), &instance)
		require.NoError(t, err)
		require.Error(t, s.Validate(instance), text)
	}
}
