package importer

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/internal/yamlfile"
)

// fuzz feeds an importer: what it takes must become a file that the format allows,
// and what it refuses must be refused with places.
func fuzz(f *testing.F, kind string, more ...string) {
	inputs, err := filepath.Glob("testdata/" + kind + "-*")
	require.NoError(f, err)
	for _, input := range inputs {
		if strings.HasSuffix(input, ".golden") {
			continue
		}
		data, err := os.ReadFile(input)
		require.NoError(f, err)
		if len(data) < 5_000 { // what is larger is only slower
			f.Add(data)
		}
	}
	for _, text := range more {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m := imported(kind+"-input", data)
		if m.err != nil {
			var all yamlfile.Mistakes
			require.ErrorAs(t, m.err, &all)
			require.NotEmpty(t, all)
			for _, one := range all {
				require.NotEmpty(t, one.What)
				require.Positive(t, one.Pos.Line)
			}
			return
		}
		accept(t, m.scenario.YAML())
	})
}

func FuzzCurl(f *testing.F) {
	fuzz(f, "curl", `curl a.test -d '{"${x}":"$${y}"}' --json '{"a":"${b}"}'`, `curl "$HOST/${A}b" -H "X: $(date)"`, "curl 'a.test/${x}?y=$' -F 'a=${b}'")
}

func FuzzHAR(f *testing.F) {
	fuzz(f, "har", `{"log":{"entries":[{"request":{"method":"GET","url":"http://a.test/$1234567890"},"response":{"status":200,"content":{"mimeType":"application/json","text":"{\"a\":\"1234567890\"}"}}},{"request":{"method":"PUT","url":"http://a.test/1234567890/$1234567890?a=${b}","postData":{"mimeType":"application/json","text":"{\"a\":1234567890}"}},"response":{"status":201}}]}}`)
}

func FuzzOpenAPI(f *testing.F) {
	fuzz(f, "openapi", `{"openapi":"3.0.0","paths":{"/${a}/{b}":{"get":{"parameters":[{"name":"b","in":"path","example":"${c}"}]}}}}`,
		"openapi: 3.1.0\npaths: {/a: {put: {requestBody: {content: {application/json: {schema: {oneOf: [{$ref: '#/x'}, {type: integer}]}}}}}}}\nx: {$ref: '#/x'}\n")
}

func FuzzPostman(f *testing.F) {
	fuzz(f, "postman", `{"info":{"schema":"v2.1"},"variable":[{"key":"a","value":"{{a}}{{b}}"}],"item":[{"request":"http://{{a}}/${{b}}?{{c}}={{$x}}"},{"request":{"url":"{{u}}","body":{"mode":"raw","raw":"${{a}}"}}}]}`)
}

func FuzzAccessLog(f *testing.F) {
	fuzz(f, "log", `{"ts":1,"request":{"method":"GET","uri":"/${a}"}}`, `{"time":"1772359200123","method":"GET","url":"http://a.test/x#y"}`)
}

// Any text comes back as it was, wherever it stands.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", "a", " a", "a: b", "- a", "-a", "null", "1e3", "0x1f", "2026-01-31", "a\nb", "a\n\nb\n", "\na", "a\n b", "a\r\nb", "'", `"\`, "a #b", "\u2028", "\ufeff", "\x00", "~", "...", "---", "!x", "%", "a:", "é", "\U0001F600", "a\n\tb", "a \nb", "it's \"\\", "12:30:45", "=", "<<", "\ta", "a\n\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 900 {
			return
		}
		w := &writer{}
		w.mapping(mapping{
			{key: "a", value: text(s), comment: []string{s}},
			{key: "b", value: list{{value: text(s)}, {value: mapping{{key: "c", value: text(s)}}}}},
			{key: "d" + s, value: text("e")},
		}, "", false)
		var got map[string]any
		_, err := yamlfile.Decode("x.yaml", w.Bytes(), &got)
		require.NoError(t, err, "%s", w.String())
		s = strings.ToValidUTF8(s, "\uFFFD")
		require.Equal(t, map[string]any{"a": s, "b": []any{s, map[string]any{"c": s}}, "d" + s: "e"}, got, "%s", w.String())
		require.False(t, bytes.Contains(w.Bytes(), []byte("\t")))
	})
}
