package scenarios

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"gonogo/internal/yamlfile"
)

// embedded holds the ready-made scenarios and the schema of the file.
//
//go:embed *.yaml schema/*.json
var embedded embed.FS

// ErrNotFound tells that there is no file and no ready-made scenario of the name.
var ErrNotFound = errors.New("no such file, and no ready-made scenario of this name")

// Load reads a scenario: a ready-made one by its name, such as helix-burst, else
// a file. What is wrong inside the file is reported by Compile, together with
// all other mistakes; an error here means that there is no scenario at all.
func Load(name string, readFile func(string) ([]byte, error)) (*File, error) {
	data, err := embedded.ReadFile(name + ".yaml")
	file := name + ".yaml"
	if err != nil {
		data, err = readFile(name)
		file = name
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("load scenario %q: %w%s", name, ErrNotFound, hint(name))
	}
	if err != nil {
		return nil, fmt.Errorf("load scenario: %w", err)
	}
	return Parse(file, data)
}

// Parse reads a scenario from the contents of the file called name.
func Parse(name string, data []byte) (*File, error) {
	f := &File{origins: map[yamlfile.Path]Origin{}}
	doc, err := yamlfile.Decode(name, data, f)
	f.document = doc
	for p, pos := range doc.Places {
		f.origins[p] = Origin{Layer: InFile, Pos: pos}
	}
	if errors.As(err, &f.mistakes); len(f.origins) == 0 && err != nil {
		return nil, err // no YAML, or no mapping: nothing that Compile could add to
	}
	if f.Name == "" {
		base := filepath.Base(name)
		f.Name = strings.TrimSuffix(base, path.Ext(base))
	}
	return f, nil
}

// FromURL returns the scenario of a single GET of the URL.
func FromURL(raw string) *File {
	argument := Origin{Layer: ByArgument}
	f := &File{
		Name:  "url",
		Steps: []Step{{}},
		origins: map[yamlfile.Path]Origin{
			"target": argument, "steps": argument, "steps[0].path": argument,
		},
	}
	f.Target = raw
	if u, err := url.Parse(raw); err == nil && u.Host != "" && u.User == nil {
		f.Name = u.Hostname()
		f.Target = u.Scheme + "://" + u.Host
		f.Steps[0].Path = strings.TrimPrefix(raw, f.Target)
	}
	return f
}

// A ReadyMade is a scenario that is part of gonogo.
type ReadyMade struct {
	Name        string
	Description string
	YAML        []byte
}

// AllReadyMade returns the ready-made scenarios in the order of their names.
func AllReadyMade() []ReadyMade {
	var all []ReadyMade
	for _, name := range readyMadeNames() {
		data, _ := embedded.ReadFile(name + ".yaml") // its name was just listed
		if f, err := Parse(name+".yaml", data); err == nil {
			all = append(all, ReadyMade{Name: name, Description: f.Description, YAML: data})
		}
	}
	return all
}

// Schema returns the JSON Schema of the scenario file.
func Schema() []byte {
	data, _ := embedded.ReadFile("schema/scenario.schema.json") // embedded, so it is there
	return data
}

func readyMadeNames() []string {
	files, _ := fs.Glob(embedded, "*.yaml") // the pattern is right
	for i, f := range files {
		files[i] = strings.TrimSuffix(f, ".yaml")
	}
	slices.Sort(files)
	return files
}

func hint(name string) string {
	if host, _, _ := strings.Cut(name, "/"); isLoopback(host) || isHostPort(host) {
		return "; a URL would be " + withScheme(name)
	}
	names := readyMadeNames()
	if near := yamlfile.Nearest(strings.TrimSuffix(name, ".yaml"), names); near != "" {
		return "; did you mean " + near + "?"
	}
	return "; ready-made are " + strings.Join(names, ", ")
}
