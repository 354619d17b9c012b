package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/report/show"
)

func TestReadGivesBackWhatWasEncoded(t *testing.T) {
	for name, r := range reports() {
		if name == "hostile" { // bytes that are no text do not come back
			continue
		}
		t.Run(name, func(t *testing.T) {
			again, err := Read(bytes.NewReader(encoded(t, r)))
			require.NoError(t, err)
			require.Equal(t, r, again)
		})
	}
}

// changed returns the burst's JSON with one text replaced by another.
func changed(t *testing.T, old, with string) string {
	t.Helper()
	text := string(encoded(t, burst()))
	require.True(t, strings.Contains(text, old), old)
	return strings.Replace(text, old, with, 1)
}

func TestReadRefuses(t *testing.T) {
	whole := string(encoded(t, burst()))
	tests := []struct{ name, text, want string }{
		{"an empty file", " \n", "is empty: want a JSON report of gonogo"},
		{"a web page", "<!doctype html>", "is HTML or XML and not a page of gonogo"},
		{"a list", "[1]", "is a JSON array and not a report of gonogo: want an object"},
		{"another tool's JSON", `{"metrics":{}}`, `is JSON and not a report of gonogo: want "schema_version" and "kind"`},
		{"a truncated report", whole[:len(whole)/2], "in the middle: the file was cut short"},
		{"a report without its last brace", strings.TrimSpace(whole)[:len(whole)-2], "in the middle: the file was cut short"},
		{"a report and something behind it", whole + "{}", "invalid character '{' after top-level value"},
		{"a newer schema", changed(t, `"schema_version": 1`, `"schema_version": 2`), "has schema version 2 and this gonogo knows up to 1: use a newer gonogo"},
		{"a newer schema with other fields", `{"schema_version":7,"kind":"load","shape":1}`, "has schema version 7"},
		{"no schema at all", changed(t, `"schema_version": 1`, `"schema_version": 0`), "has schema version 0: want 1 to 1"},
		{"a schema version in words", changed(t, `"schema_version": 1`, `"schema_version": "one"`), "at /schema_version: is a string: want int"},
		{"another kind", changed(t, `"kind": "load"`, `"kind": "histogram"`), `is a report of kind "histogram": want "load"`},
		{"a verdict that there is not", changed(t, `"verdict": "CONDITIONAL-GO"`, `"verdict": "MAYBE"`), "at /verdict: value must be one of 'GO', 'CONDITIONAL-GO'"},
		{"a field that there is not", changed(t, `"seed"`, `"sed"`), "at /run: "},
		{"a field in capitals", changed(t, `"seed"`, `"SEED"`), "at /run: "},
		{"a missing field", `{"schema_version":1,"kind":"load"}`, "missing properties"},
		{"a text for a number", changed(t, `"rate":2399,"p50_ms"`, `"rate":"2399","p50_ms"`), "at /intervals/0/rate: got string, want null or number"},
		{"a negative count", changed(t, `"planned":720418`, `"planned":-1`), "at /totals/accounting/planned: minimum: got -1, want 0"},
		{"a count beyond all integers", changed(t, `"planned":720418`, `"planned":1e30`), "at /totals.accounting.planned: is a number 1e30: want int64"},
		{"a verdict with another's exit code", changed(t, `"verdict": "CONDITIONAL-GO"`, `"verdict": "GO"`), "at /exit_code: is 11: want 0, that of GO"},
		{"a verdict better than its objectives", strings.Replace(changed(t, `"verdict": "CONDITIONAL-GO"`, `"verdict": "GO"`), `"exit_code": 11`, `"exit_code": 0`, 1), "at /verdict: is GO: want CONDITIONAL-GO, as its objectives and its validity have it"},
		{"a verdict better than its validity", changed(t, `"valid": true`, `"valid": false`), "at /verdict: is CONDITIONAL-GO: want INVALID"},
		{"a time that is none", changed(t, `"started_at": "2025-12-14T09:02:12Z"`, `"started_at": "yesterday"`), "at /run/started_at: 'yesterday' is not valid date-time"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Read(strings.NewReader(test.text))
			require.ErrorContains(t, err, test.want)
			require.NotContains(t, err.Error(), "\n")
		})
	}
}

// endless never ends and counts what was taken of it.
type endless struct{ taken int }

func (e *endless) Read(p []byte) (int, error) {
	e.taken += len(p)
	return copy(p, bytes.Repeat([]byte(" "), len(p))), nil
}

func TestReadTakesNoMoreThanItNeeds(t *testing.T) {
	from := new(endless)
	_, err := Read(from)
	require.EqualError(t, err, "is larger than 64 MiB: no report of gonogo is")
	require.LessOrEqual(t, from.taken, 2*MaxSize)
}

func TestReadReportsWhatReadingReported(t *testing.T) {
	_, err := Read(io.MultiReader(strings.NewReader("{"), errorReader{}))
	require.ErrorIs(t, err, errBroken)
}

var errBroken = errors.New("the cable is broken")

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, errBroken }

func TestReadFileNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes.txt")
	require.NoError(t, os.WriteFile(path, []byte("all is well"), 0o600))
	_, err := ReadFile(path)
	require.ErrorContains(t, err, "read report "+path+": is not JSON, at line 1")
	_, err = ReadFile(filepath.Join(t.TempDir(), "none.json"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestErrorsAreInertAndShort(t *testing.T) {
	evil := strings.Repeat(`\u001b[31m\u202e`, 5_000)
	for _, text := range []string{
		changed(t, `"seed"`, `"`+evil+`"`),
		changed(t, `"verdict": "CONDITIONAL-GO"`, `"verdict": "`+evil+`"`),
		changed(t, `"kind": "load"`, `"kind": "`+evil+`"`),
		changed(t, `"started_at": "2025-12-14T09:02:12Z"`, `"started_at": "`+evil+`"`),
		changed(t, `"planned":720418`, `"planned":1`+strings.Repeat("0", 5_000)),
	} {
		_, err := Read(strings.NewReader(text))
		require.Error(t, err)
		require.True(t, show.Inert(err.Error(), 400) == err.Error(), "%.500q", err)
	}
}

func FuzzRead(f *testing.F) {
	for _, r := range reports() {
		r.Intervals = r.Intervals[:min(3, len(r.Intervals))]
		r.Steps = r.Steps[:min(3, len(r.Steps))]
		var text bytes.Buffer
		if err := Encode(&text, r); err != nil {
			f.Fatal(err)
		}
		f.Add(text.Bytes())
	}
	f.Add([]byte(`{"schema_version":1,"kind":"load"}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := Read(bytes.NewReader(text))
		if err != nil {
			require.Nil(t, r)
			return
		}
		requireInert(t, printed(t, r, Style{}), 80)
		require.True(t, json.Valid(encoded(t, r)))
		again, err := Read(bytes.NewReader(encoded(t, r)))
		require.NoError(t, err)
		require.Equal(t, printed(t, r, Style{}), printed(t, again, Style{}))
	})
}
