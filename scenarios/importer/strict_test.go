package importer

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/internal/yamlfile"
)

// The documented keys of a scenario file, as far as importers write them. Decoding
// refuses every other one.
type (
	fileDoc struct {
		Name        string             `yaml:"name"`
		Description string             `yaml:"description"`
		Target      string             `yaml:"target"`
		Load        loadDoc            `yaml:"load"`
		HTTP        httpDoc            `yaml:"http"`
		Connections connectionsDoc     `yaml:"connections"`
		Variables   map[string]string  `yaml:"variables"`
		Data        map[string]dataDoc `yaml:"data"`
		Flows       map[string]flowDoc `yaml:"flows"`
		Steps       []stepDoc          `yaml:"steps"`
		Objectives  []objectiveDoc     `yaml:"objectives"`
	}
	loadDoc struct {
		Users     int               `yaml:"users"`
		ThinkTime yamlfile.Duration `yaml:"think_time"`
		Duration  yamlfile.Duration `yaml:"duration"`
		Stages    []string          `yaml:"stages"`
	}
	httpDoc struct {
		Version    string            `yaml:"version"`
		Headers    map[string]string `yaml:"headers"`
		Auth       authDoc           `yaml:"auth"`
		Redirects  int               `yaml:"redirects"`
		Compressed bool              `yaml:"compressed"`
		Insecure   bool              `yaml:"insecure"`
		CACert     string            `yaml:"cacert"`
		Cert       string            `yaml:"cert"`
		Key        string            `yaml:"key"`
	}
	connectionsDoc struct {
		UnixSocket string   `yaml:"unix_socket"`
		Proxy      string   `yaml:"proxy"`
		ConnectTo  []string `yaml:"connect_to"`
		Resolve    []string `yaml:"resolve"`
	}
	authDoc struct {
		Basic  string  `yaml:"basic"`
		Bearer string  `yaml:"bearer"`
		APIKey *keyDoc `yaml:"api_key"`
	}
	keyDoc struct {
		Header string `yaml:"header"`
		Query  string `yaml:"query"`
		Value  string `yaml:"value"`
	}
	dataDoc struct {
		File  string `yaml:"file"`
		Order string `yaml:"order"`
	}
	flowDoc struct {
		Steps []stepDoc `yaml:"steps"`
	}
	stepDoc struct {
		Pause     yamlfile.Duration     `yaml:"pause"`
		Group     string                `yaml:"group"`
		Steps     []stepDoc             `yaml:"steps"`
		Name      string                `yaml:"name"`
		Method    string                `yaml:"method"`
		Path      string                `yaml:"path"`
		URL       string                `yaml:"url"`
		Weight    int                   `yaml:"weight"`
		Query     map[string]string     `yaml:"query"`
		Headers   map[string]string     `yaml:"headers"`
		Auth      authDoc               `yaml:"auth"`
		JSON      any                   `yaml:"json"`
		Form      map[string]string     `yaml:"form"`
		Multipart map[string]partDoc    `yaml:"multipart"`
		Body      string                `yaml:"body"`
		BodyFile  string                `yaml:"body_file"`
		Expect    yamlfile.Node         `yaml:"expect"`
		Redirects int                   `yaml:"redirects"`
		Timeout   yamlfile.Duration     `yaml:"timeout"`
		Extract   map[string]extractDoc `yaml:"extract"`
	}
	partDoc struct {
		text string
		File string `yaml:"file"`
		Type string `yaml:"type"`
	}
	extractDoc struct {
		path      string
		Header    string `yaml:"header"`
		Cookie    string `yaml:"cookie"`
		Regex     string `yaml:"regex"`
		Group     int    `yaml:"group"`
		CSS       string `yaml:"css"`
		Attribute string `yaml:"attribute"`
	}
	objectiveDoc struct {
		Name string `yaml:"name"`
		Go   string `yaml:"go"`
	}
)

func (p *partDoc) DecodeYAML(n yamlfile.Node) error {
	if n.IsText() {
		return n.Decode(&p.text)
	}
	type mapping partDoc
	return n.Decode((*mapping)(p))
}

func (x *extractDoc) DecodeYAML(n yamlfile.Node) error {
	if n.IsText() {
		return n.Decode(&x.path)
	}
	type mapping extractDoc
	return n.Decode((*mapping)(x))
}

var (
	expression1 = regexp.MustCompile(`\$\$\{|\$\{([^}]*)\}?`)
	functionUse = regexp.MustCompile(`^(?:env:\w+|user|iteration|uuid|now|now\(unix\)|random\(\d+,\d+\)|random_text\(\d+\))$`)
)

// accept decodes a file strictly and holds it against what the format says.
func accept(t testing.TB, file []byte) fileDoc {
	t.Helper()
	var d fileDoc
	_, err := yamlfile.Decode("made.yaml", file, &d)
	require.NoError(t, err, "%s", file)
	require.True(t, strings.HasPrefix(string(file), modelines))
	require.NotEmpty(t, d.Name)
	require.Regexp(t, `^(https?://[^/\s]+|\$\{env:\w+\}.*)$`, d.Target)
	require.True(t, d.Load.Users > 0 != (len(d.Load.Stages) > 0))
	a := &accepted{t: t, file: string(file), known: map[string]bool{}, names: map[string]bool{}}
	for name, value := range d.Variables {
		a.known[name] = true
		require.Regexp(t, `^[A-Za-z_]\w*$`, name)
		for _, m := range expression1.FindAllStringSubmatch(value, -1) {
			require.Regexp(t, `^(env:\w+|uuid)?$`, m[1], "variable %s", name)
		}
	}
	require.True(t, len(d.Steps) > 0 != (len(d.Flows) > 0))
	a.declare(d.Steps)
	for _, f := range d.Flows {
		a.declare(f.Steps)
	}
	if len(d.Flows) == 0 {
		a.steps(d.Steps)
	}
	for _, f := range d.Flows {
		a.steps(f.Steps)
	}
	a.texts(d.HTTP.Headers)
	return d
}

type accepted struct {
	t     testing.TB
	file  string
	known map[string]bool
	names map[string]bool
}

func (a *accepted) declare(all []stepDoc) {
	for _, s := range all {
		for name := range s.Extract {
			a.known[name] = true
		}
		a.declare(s.Steps)
	}
}

func (a *accepted) steps(all []stepDoc) {
	a.t.Helper()
	require.NotEmpty(a.t, all)
	for _, s := range all {
		switch {
		case s.Pause > 0:
			require.Empty(a.t, s.Name+s.Group+s.Path+s.URL)
			continue
		case s.Group != "":
			a.name(s.Group)
			a.steps(s.Steps)
			continue
		}
		a.name(s.Name)
		a.step(s)
	}
}

func (a *accepted) step(s stepDoc) {
	a.t.Helper()
	require.NotEqual(a.t, s.Path == "", s.URL == "", "step %s: path or url", s.Name)
	if s.Path != "" {
		require.Regexp(a.t, `^[/$]`, s.Path)
	} else {
		require.Regexp(a.t, `^(https?://[^/ ]|\$\{)`, s.URL)
	}
	bodies := 0
	for _, has := range []bool{s.JSON != nil, s.Form != nil, s.Multipart != nil, s.Body != "", s.BodyFile != ""} {
		if has {
			bodies++
		}
	}
	require.LessOrEqual(a.t, bodies, 1, "step %s has one body", s.Name)
	a.text(s.Path + " " + s.URL + " " + s.Body + " " + s.BodyFile)
	for _, m := range []map[string]string{s.Query, s.Headers, s.Form} {
		a.texts(m)
	}
	for _, x := range s.Extract {
		if x.path != "" {
			require.Regexp(a.t, `^\$\..`, x.path)
		}
		_, err := regexp.Compile(x.Regex)
		require.NoError(a.t, err)
	}
	a.any(s.JSON)
}

func (a *accepted) any(v any) {
	switch v := v.(type) {
	case string:
		a.text(v)
	case []any:
		for _, one := range v {
			a.any(one)
		}
	case map[string]any:
		for _, one := range v {
			a.any(one)
		}
	}
}

func (a *accepted) texts(m map[string]string) {
	for _, v := range m {
		a.text(v)
	}
}

// text has only placeholders that are known.
func (a *accepted) text(s string) {
	a.t.Helper()
	for _, m := range expression1.FindAllStringSubmatch(s, -1) {
		if m[0] == "$${" {
			continue
		}
		require.True(a.t, strings.HasSuffix(m[0], "}"), "never closed: %s", s)
		name, _, _ := strings.Cut(m[1], "|")
		require.True(a.t, a.known[name] || functionUse.MatchString(name), "%s is not known in\n%s", m[0], a.file)
	}
}

func (a *accepted) name(s string) {
	a.t.Helper()
	require.False(a.t, a.names[s], "the name %q comes twice", s)
	a.names[s] = true
	require.NotEmpty(a.t, s)
	require.LessOrEqual(a.t, len(s), 200)
	require.True(a.t, printable(s))
	require.NotContains(a.t, s, "${")
}
