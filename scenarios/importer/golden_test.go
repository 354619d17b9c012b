package importer

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/internal/yamlfile"
)

var update = flag.Bool("update", false, "write the golden files")

// made is what an importer makes of an input.
type made struct {
	scenario *Scenario
	notes    []Note
	trace    string
	err      error
}

// make runs the importer that the name of a file in testdata begins with.
func imported(name string, data []byte) made {
	var m made
	o := Options{File: name}
	kind, rest, _ := strings.Cut(name, "-")
	switch kind {
	case "curl":
		m.scenario, m.notes, m.err = Curl(string(data), o)
	case "har":
		if strings.HasPrefix(rest, "hosts") {
			o.KeepHosts, o.KeepAssets = []string{"*"}, true
		}
		m.scenario, m.notes, m.err = HAR(bytes.NewReader(data), o)
	case "openapi":
		m.scenario, m.notes, m.err = OpenAPI(bytes.NewReader(data), o)
	case "postman":
		m.scenario, m.notes, m.err = Postman(bytes.NewReader(data), o)
	case "log":
		var trace bytes.Buffer
		m.scenario, m.notes, m.err = AccessLog(bytes.NewReader(data), &trace, LogOptions{File: name})
		m.trace = trace.String()
	default:
		m.err = errors.New("no importer is called " + kind)
	}
	return m
}

// text is all that came out, as the golden file holds it.
func (m made) text() string {
	if m.err != nil {
		return "error:\n" + m.err.Error() + "\n"
	}
	var b strings.Builder
	b.Write(m.scenario.YAML())
	b.WriteString("---- notes\n")
	for _, n := range m.notes {
		b.WriteString(n.String() + "\n")
	}
	if m.trace != "" {
		b.WriteString("---- trace\n" + m.trace)
	}
	return b.String()
}

// Each file in testdata is an input, named by its importer; NAME.golden is what is
// made of it: the file, the notes and the trace, or the error.
func TestInputsBecomeTheirGoldenFiles(t *testing.T) {
	inputs, err := filepath.Glob("testdata/*-*")
	require.NoError(t, err)
	require.NotEmpty(t, inputs)
	for _, input := range inputs {
		if strings.HasSuffix(input, ".golden") {
			continue
		}
		t.Run(filepath.Base(input), func(t *testing.T) {
			data, err := os.ReadFile(input)
			require.NoError(t, err)
			m := imported(filepath.Base(input), data)
			if m.err == nil {
				accept(t, m.scenario.YAML())
			} else {
				var all yamlfile.Mistakes
				require.ErrorAs(t, m.err, &all)
			}
			got := m.text()
			require.Equal(t, got, imported(filepath.Base(input), data).text(), "the same input gives the same bytes")
			require.NotContains(t, got, "hunter2", "no secret comes through")
			if *update {
				require.NoError(t, os.WriteFile(input+".golden", []byte(got), 0o644))
			}
			want, err := os.ReadFile(input + ".golden")
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		})
	}
}
