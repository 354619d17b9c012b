package feed

import (
	"bytes"
	stdcsv "encoding/csv"
	stdjson "encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen/session"
)

// all are the rows that a text holds, by column, as users get them.
func all(t *testing.T, text []byte, o Options) ([]map[string]string, error) {
	t.Helper()
	o.Order = Unique
	s, err := open(o, bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return nil, err
	}
	scope := &session.Scope{}
	for _, column := range s.Columns() {
		require.NoError(t, s.Bind(column, scope.Declare(column)))
	}
	var rows []map[string]string
	for n := range s.Rows() {
		u := session.New(scope, int64(n)+1, 1)
		ok, err := s.Next(u)
		require.NoError(t, err)
		require.True(t, ok)
		row := map[string]string{}
		for i, column := range s.Columns() {
			if value, ok := u.Get(session.Var(i)); ok {
				row[column] = string(value)
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// CSV is read as encoding/csv reads it. What differs is explained: it makes \r\n in
// quotes a \n, and takes what is no text.
func FuzzCSV(f *testing.F) {
	for _, text := range []string{"a,b\n1,2\n", "\"a\"\"\r\n\",b\r\n\r\n,\r", "a\"b", "\"a\"b", "\"", "\"\"\r", "a\r\r\n", "\n\n\r\n", "a,\"b", ","} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if bytes.HasPrefix(text, []byte("\ufeff")) || !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
			_, err := all(t, text, Options{Format: CSV})
			_ = err
			return
		}
		r := stdcsv.NewReader(bytes.NewReader(text))
		first, err := r.Read()
		if err == io.EOF {
			_, err := all(t, text, Options{Format: CSV, Header: []string{"a"}})
			require.ErrorContains(t, err, ": want ")
			return
		}
		header := []string{"0"}
		for i := range first[min(1, len(first)):] {
			header = append(header, fmt.Sprint(i+1))
		}
		want := [][]string{first}
		if err == nil {
			var rest [][]string
			rest, err = r.ReadAll()
			want = append(want, rest...)
		}
		rows, ours := all(t, text, Options{Format: CSV, Header: header})
		require.Equal(t, err == nil, ours == nil, "%v, %v", err, ours)
		if err != nil {
			return
		}
		require.Len(t, rows, len(want))
		for n, row := range rows {
			for i, field := range want[n] {
				require.Equal(t, field, strings.ReplaceAll(row[header[i]], "\r\n", "\n"))
			}
		}
	})
}

// flat adds what a value of encoding/json holds, under the names that it has here. It
// returns false where a name comes twice, which is refused here.
func flat(into map[string]string, path string, raw stdjson.RawMessage) bool {
	raw = bytes.TrimSpace(raw)
	if path != "" && string(raw) != "null" {
		value := string(raw)
		if raw[0] == '"' {
			_ = stdjson.Unmarshal(raw, &value)
		}
		if _, twice := into[path]; twice {
			return false
		}
		into[path] = value
	}
	if raw[0] != '{' {
		return true
	}
	d := stdjson.NewDecoder(bytes.NewReader(raw))
	_, _ = d.Token()
	seen := map[string]bool{}
	for d.More() {
		token, _ := d.Token()
		name := token.(string)
		var inner stdjson.RawMessage
		_ = d.Decode(&inner)
		if seen[name] {
			return false
		}
		seen[name] = true
		if path != "" {
			name = path + "." + name
		}
		if !flat(into, name, inner) {
			return false
		}
	}
	return true
}

// JSON is read as encoding/json reads it, but for names that come twice and values
// nested too deep, which are refused.
func FuzzJSON(f *testing.F) {
	for _, text := range []string{
		`[{"a":1,"b":{"c":[1,{"d":2}],"e":null}},{"a":"\u00e4\ud800x\n"}]`, `[]`, `[{}]`, `[{},]`, `[{} {}]`, `[{"a":1e5,"b":-0.5,"c":01}]`,
		` [ { } , {"":{"a":true}} ] `, `[{"a":1}]x`, `[1]`, `{`, `[{"a":"]}`, `[{"a":tru}]`, `[{"a.b":1,"a":{"b":2}}]`, `[}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		rows, ours := all(t, text, Options{Format: JSON})
		var raw []stdjson.RawMessage
		err := stdjson.Unmarshal(text, &raw)
		objects := !slices.ContainsFunc(raw, func(r stdjson.RawMessage) bool { return len(r) == 0 || r[0] != '{' })
		if ours == nil && utf8.Valid(text) {
			if bytes.HasPrefix(text, []byte("\ufeff")) {
				return
			}
			require.NoError(t, err)
			require.True(t, objects)
		}
		if err != nil || !objects || len(raw) == 0 {
			require.Error(t, ours)
			return
		}
		var want []map[string]string
		for _, r := range raw {
			row := map[string]string{}
			if !flat(row, "", r) {
				return
			}
			want = append(want, row)
		}
		if ours != nil && (strings.Contains(ours.Error(), "twice") || strings.Contains(ours.Error(), "deeper") || !utf8.Valid(text)) {
			return
		}
		require.NoError(t, ours)
		require.Equal(t, want, rows)
	})
}

// An object a line is what an array of them is.
func FuzzNDJSON(f *testing.F) {
	for _, text := range []string{"{\"a\":1}\n{\"a\":2}", "\r\n{}\r\n", "{}{}", "{\n}", "x", `{"a":"\ud83d\ude00"}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		rows, err := all(t, text, Options{Format: NDJSON})
		if err != nil {
			return
		}
		var objects [][]byte
		for _, line := range bytes.Split(bytes.TrimPrefix(text, []byte("\ufeff")), []byte("\n")) {
			if line = bytes.TrimSpace(line); len(line) > 0 {
				require.True(t, stdjson.Valid(line), "%q", line)
				objects = append(objects, line)
			}
		}
		array := slices.Concat([]byte("["), bytes.Join(objects, []byte(",")), []byte("]"))
		same, err := all(t, array, Options{Format: JSON})
		require.NoError(t, err)
		require.Equal(t, rows, same)
	})
}
