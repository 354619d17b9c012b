package yamlfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type sample struct {
	Name    string            `yaml:"name"`
	Count   int               `yaml:"count"`
	Seed    uint64            `yaml:"seed"`
	Share   float64           `yaml:"share"`
	On      bool              `yaml:"on"`
	Wait    Duration          `yaml:"wait"`
	Limit   *Duration         `yaml:"limit"`
	Headers map[string]string `yaml:"headers"`
	Parts   []sample          `yaml:"parts"`
	Words   words             `yaml:"words"`
	Later   Node              `yaml:"later"`
	Hidden  string
}

// words may be written as one text or as a list.
type words []string

func (w *words) DecodeYAML(n Node) error {
	if n.IsText() {
		*w = make(words, 1)
		return n.Decode(&(*w)[0])
	}
	if n.IsMapping() {
		return errors.New("a mapping says nothing")
	}
	return n.Decode((*[]string)(w))
}

func TestDecodeFillsWhatIsWritten(t *testing.T) {
	var s sample
	doc, err := Decode("a.yaml", []byte(`
name: 9.10
count: 1_000
seed: 18446744073709551615
share: .5
on: true
wait: 1d12h
limit: 90
headers: &h {X.Y: "1", Accept: yes}
parts:
  - name: inner
    headers: *h
words: one
later: {name: kept}
`), &s)
	require.NoError(t, err)
	limit := Duration(90e9)
	later := s.Later
	s.Later = Node{}
	require.Equal(t, sample{
		Name: "9.10", Count: 1000, Seed: 18446744073709551615, Share: 0.5, On: true, Wait: 36 * 3600e9, Limit: &limit,
		Headers: map[string]string{"X.Y": "1", "Accept": "yes"},
		Parts:   []sample{{Name: "inner", Headers: map[string]string{"X.Y": "1", "Accept": "yes"}}},
		Words:   words{"one"},
	}, s)

	var kept sample
	require.NoError(t, later.Decode(&kept))
	require.Equal(t, sample{Name: "kept"}, kept)
	require.Equal(t, "a.yaml:14:15", doc.At("later.name").String())
	require.Equal(t, "a.yaml:9:19", doc.At(Path("headers").Key("X.Y")).String())
	require.Equal(t, "a.yaml:11:5", doc.At("parts[0].nothing").String(), "the nearest thing around it")
	require.Equal(t, "a.yaml:1:1", doc.At("nothing").String())
	require.True(t, doc.Has("parts[0].name"))
	require.False(t, doc.Has("parts[1]"))
}

func TestMistakes(t *testing.T) {
	tests := []struct {
		name, yaml string
		want       []string
	}{
		{"an unknown key that is nearly known", "nmae: x", []string{`f.yaml:1:1: unknown key "nmae"; did you mean "name"?`}},
		{
			"an unknown key like no other", "quux: x",
			[]string{`f.yaml:1:1: unknown key "quux"; want one of name, count, seed, share, on, wait, limit, headers, parts, words, later`},
		},
		{"a field without a tag is no key", "Hidden: x", []string{`f.yaml:1:1: unknown key "Hidden"; want one of name, count, seed, share, on, wait, limit, headers, parts, words, later`}},
		{"an unknown key further in", "parts:\n  - name: a\n  - cuont: 1", []string{`f.yaml:3:5: parts[1]: unknown key "cuont"; did you mean "count"?`}},
		{"a key twice", "name: a\ncount: 1\nname: b", []string{`f.yaml:3:1: key "name" comes twice, first in line 1; want one of them`}},
		{"a key twice in a map", "headers: {A: 1, A: 2}", []string{`f.yaml:1:17: headers: key "A" comes twice, first in line 1; want one of them`}},
		{"a key that is a list", "? [a, b]\n: c", []string{`f.yaml:1:3: a key that is no text; want a name as the key`}},
		{"a merge key", "headers: &h {A: 1}\nparts:\n  - <<: *h", []string{`f.yaml:3:5: parts[0]: merge keys (<<) are not read; want the keys written out`}},
		{"text for a whole number", "count: many", []string{`f.yaml:1:8: count: "many" does not fit; want a whole number`}},
		{"a fraction for a whole number", "count: 1.5", []string{`f.yaml:1:8: count: "1.5" does not fit; want a whole number`}},
		{"a number in quotes", `count: "5"`, []string{`f.yaml:1:8: count: "5" is text in quotes; want a whole number without quotes`}},
		{"a number that is too large", "count: 99999999999999999999", []string{`f.yaml:1:8: count: "99999999999999999999" does not fit; want a whole number`}},
		{"a number that may be octal", "count: 010", []string{`f.yaml:1:8: count: "010" does not fit; want a whole number`}},
		{"a negative for an unsigned", "seed: -1", []string{`f.yaml:1:7: seed: "-1" does not fit; want a whole number, 0 or more`}},
		{"not a number", "share: .nan", []string{`f.yaml:1:8: share: ".nan" does not fit; want a number`}},
		{"an infinite number", "share: -.inf", []string{`f.yaml:1:8: share: "-.inf" does not fit; want a number`}},
		{"the yes of YAML 1.1", "on: yes", []string{`f.yaml:1:5: on: "yes" does not fit; want true or false`}},
		{"a list for text", "name: [a]", []string{`f.yaml:1:7: name: is a list; want text`}},
		{"a mapping for text", "name: {a: b}", []string{`f.yaml:1:7: name: is a mapping; want text`}},
		{"a value for a mapping, which is not shown", "headers: hunter2", []string{`f.yaml:1:10: headers: is a single value; want a mapping (key: value)`}},
		{"a mapping for a list", "parts: {name: a}", []string{`f.yaml:1:8: parts: is a mapping; want a list`}},
		{"a list for the whole", "- name: a", []string{`f.yaml:1:1: is a list; want a mapping (key: value)`}},
		{"nothing after a key", "name:\nparts: ~", []string{`f.yaml:1:6: name: nothing is written here; want text`, `f.yaml:2:8: parts: nothing is written here; want a list`}},
		{"a wrong text", "wait: 5 min", []string{`f.yaml:1:7: wait: "5 min" has the unknown unit " min"; want d, h, m, s, ms, us or ns`}},
		{"a wrong text behind a pointer", "limit: soon", []string{`f.yaml:1:8: limit: "soon" is not a duration; want a duration such as 500ms, 30s, 24h or 1d12h`}},
		{"a list for a text type", "wait: [1s]", []string{`f.yaml:1:7: wait: is a list; want a duration such as 500ms, 30s, 24h or 1d12h`}},
		{"a type that decodes itself", "words: {a: b}", []string{`f.yaml:1:8: words: a mapping says nothing`}},
		{"a mistake inside of one", "words: [a, [b]]", []string{`f.yaml:1:12: words[1]: is a list; want text`}},
		{"columns count characters", "headers: {ü: [], é: []}", []string{
			`f.yaml:1:14: headers["ü"]: is a list; want text`, `f.yaml:1:21: headers["é"]: is a list; want text`,
		}},
		{"an alias stands for its anchor, where the mistake is", "name: &n [a]\nparts:\n  - name: *n", []string{
			`f.yaml:1:7: name: is a list; want text`, `f.yaml:3:11: parts[0].name: is a list; want text`,
		}},
		{"all at once", "nmae: a\ncount: x\nparts:\n  - on: maybe\n    wait: -1s\n", []string{
			`f.yaml:1:1: unknown key "nmae"; did you mean "name"?`,
			`f.yaml:2:8: count: "x" does not fit; want a whole number`,
			`f.yaml:4:9: parts[0].on: "maybe" does not fit; want true or false`,
			`f.yaml:5:11: parts[0].wait: "-1s" is negative; want a duration of 0 or more`,
		}},
		{"a long text is cut", "count: " + strings.Repeat("x", 100), []string{`f.yaml:1:8: count: "` + strings.Repeat("x", 60) + `"... does not fit; want a whole number`}},

		{"an empty file", "", []string{`f.yaml:1:1: the file is empty; want a YAML document`}},
		{"nothing but comments", "# nothing\n", []string{`f.yaml:1:1: the file is empty; want a YAML document`}},
		{"two documents", "name: a\n---\nname: b\n", []string{`f.yaml:2:1: a second document starts here; want one document in a file`}},
		{"a tab as indentation", "parts:\n\t- name: a\n", []string{`f.yaml:2:1: the line is indented with a tab; want spaces`}},
		{"Latin-1", "name: caf\xe9\n", []string{`f.yaml:1:10: byte 0xe9 is not UTF-8; want a file saved as UTF-8`}},
		{"UTF-16", "\x00n\x00a", []string{`f.yaml:1:1: a zero byte; want text saved as UTF-8`}},
		{"a control character", "name: \x07\n", []string{`f.yaml:1:7: not YAML: control characters are not allowed (value: 7)`}},
		{"a colon too many", "name: a: b\n", []string{`f.yaml:1:8: not YAML: a second ": " in one line; want quotes around a value that holds ": "`}},
		{"a line that is indented too far", "count: 1\n  name: a\n", []string{`f.yaml:2:3: not YAML: the line is indented deeper than the one above, which has a value already; want the same indentation as above`}},
		{"a line in a list that is indented too far", "parts:\n  - count: 1\n     name: a\n", []string{`f.yaml:3:6: not YAML: the line is indented deeper than the one above, which has a value already; want the same indentation as above`}},
		{"a placeholder between braces", "parts: [{name: /a?x=${uuid}, count: 1}]\n", []string{`f.yaml:1:21: not YAML: the } of a placeholder ends what { began; want quotes around a text with ${...} that stands between { and }`}},
		{"a placeholder in quotes, and a bracket that is never closed", "parts: [{name: '${uuid}', count: 1}\ncount: 1\n", []string{`f.yaml:1:8: not YAML: while parsing a flow sequence that starts here, did not find expected ',' or ']' in line 2`}},
		{"an at sign", "name: @x\n", []string{`f.yaml:1:7: not YAML: a value cannot start with this character; want quotes around it`}},
		{"an unknown alias", "name: *.example.test\n", []string{`f.yaml:1:7: not YAML: unknown anchor '.example.test' referenced; want an anchor (&name) further up, or quotes around a value that starts with *`}},
		{"a list on the line of its key", "parts: - a\n", []string{`f.yaml:1:8: not YAML: a list cannot start here; want each "- " in a line of its own`}},
		{"a quote that is never closed", "name: \"a\ncount: 1\n", []string{`f.yaml:1:7: not YAML: while scanning a quoted scalar that starts here, found unexpected end of stream in line 3`}},
		{"a bracket that is never closed", "parts: [a\ncount: 1\n", []string{`f.yaml:1:8: not YAML: while parsing a flow sequence that starts here, did not find expected ',' or ']' in line 2`}},
		{"a second document that is broken", "name: a\n---\n[", []string{`f.yaml:4:1: not YAML: did not find expected node content`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s sample
			_, err := Decode("f.yaml", []byte(tt.yaml), &s)
			require.Error(t, err)
			require.Equal(t, tt.want, strings.Split(err.Error(), "\n"))
		})
	}
}

func TestDecodeAnything(t *testing.T) {
	var got any
	_, err := Decode("f.yaml", []byte("a: [1, 2.5, true, yes, 2025-12-14, \"7\"]\nb: {c: {}}"), &got)
	require.NoError(t, err)
	require.Equal(t, map[string]any{
		"a": []any{int64(1), 2.5, true, "yes", "2025-12-14", "7"}, "b": map[string]any{"c": map[string]any{}},
	}, got)
	_, err = Decode("f.yaml", []byte("a: ~\nb: 0x10\nb: 1"), &got)
	require.EqualError(t, err, `f.yaml:1:4: a: nothing is written here; want text
f.yaml:2:4: b: "0x10" does not fit; want a whole number
f.yaml:3:1: key "b" comes twice, first in line 2; want one of them`)
}

// What is right is there, whatever else is wrong.
func TestMistakesLeaveTheRest(t *testing.T) {
	var s sample
	_, err := Decode("f.yaml", []byte("name: a\ncount: x\nwait: 5s"), &s)
	require.Error(t, err)
	require.Equal(t, sample{Name: "a", Wait: 5e9}, s)

	m, ok := errors.AsType[*Mistake](err)
	require.True(t, ok)
	require.Equal(t, &Mistake{Pos: Pos{"f.yaml", 2, 8}, Path: "count", What: `"x" does not fit`, Want: "a whole number"}, m)
}

func TestAliasesCannotBlowUp(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("parts:\n  - &a0 {name: x}\n")
	for i := range 40 {
		fmt.Fprintf(&bomb, "  - &a%d {parts: [*a%d, *a%d, *a%d, *a%d]}\n", i+1, i, i, i, i)
	}
	var s sample
	_, err := Decode("f.yaml", []byte(bomb.String()), &s)
	require.ErrorContains(t, err, "the file has more than 100000 values, aliases counted as what they stand for; want fewer")
	require.NotContains(t, err.Error(), "\n", "it is said once")

	_, err = Decode("f.yaml", []byte("parts: &p\n  - parts: *p\n"), &s)
	require.ErrorContains(t, err, "nested more than 100 deep; want less, and no alias inside of what it stands for")
	require.NotContains(t, err.Error(), "\n")
}

func TestSizeIsBounded(t *testing.T) {
	var s sample
	_, err := Decode("f.yaml", slices.Repeat([]byte("#"), maxBytes+1), &s)
	require.EqualError(t, err, "f.yaml:1:1: the file has 4194305 bytes; want 4194304 at most")
	_, err = Decode("f.yaml", []byte("later: "+strings.Repeat("[", 1e6)), &s)
	require.ErrorContains(t, err, "exceeded max depth")
}

func TestMistakesAreNotListedForEver(t *testing.T) {
	var text strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&text, "k%d: 1\n", i)
	}
	var s sample
	_, err := Decode("f.yaml", []byte(text.String()), &s)
	var all Mistakes
	require.ErrorAs(t, err, &all)
	require.Len(t, all, maxMistakes+1)
	require.EqualError(t, all[maxMistakes], "f.yaml:1:1: and more, which are not listed")
}

func TestPath(t *testing.T) {
	p := Path("").Key("steps").Index(2).Key("headers").Key("X.Y")
	require.Equal(t, Path(`steps[2].headers["X.Y"]`), p)
	require.Equal(t, Path("steps[2].headers"), p.Parent())
	require.Equal(t, Path("steps[2]"), p.Parent().Parent())
	require.Equal(t, Path("steps"), p.Parent().Parent().Parent())
	require.Equal(t, Path(""), Path("steps").Parent())
	require.True(t, p.Within("steps[2]"))
	require.True(t, p.Within(""))
	require.False(t, Path("steps[22]").Within("steps[2"))
	require.False(t, Path("stepsize").Within("steps"))
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"", "name: a", "parts: &p\n  - parts: *p", "- - - a", "{a: [b, {c: d}]}", "name: |\n  a\n\tb", "a: !!binary x", "? a\n: b",
		"\ufeffname: x", "%YAML 1.2\n---\nname: a\n...\n", "wait: 1d12h\nlimit: 5", "<<: {a: b}", "words: &w [a]\nlater: *w", "\x00", "name: !!int 3",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var s sample
		doc, err := Decode("f.yaml", data, &s)
		require.NotNil(t, doc)
		var all Mistakes
		require.Equal(t, err != nil, errors.As(err, &all))
		for _, m := range all {
			require.Positive(t, m.Pos.Line)
			require.Positive(t, m.Pos.Column)
			require.NotEmpty(t, m.What)
		}
	})
}
