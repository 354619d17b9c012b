package inspect

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"
)

func TestPathsAreTranslated(t *testing.T) {
	for text, want := range map[string]string{
		"$": "@this", "$.a": "a", "$.items[0].id": "items.0.id", "$['a'].b": "a.b", `$["a"]['b']`: "a.b", "$[0]": "0", "$[0][1]": "0.1",
		"$[ 'a' ][ 0 ]": "a.0", "$['a.b*']": `a\.b\*`, `$['it\'s']`: `it\'s`, "$['@this']": `\@this`, "$.items[*].id": "items.#.id", "$[*].id": "#.id",
		"$.items[*][0]": "items.#.0", "$.items.0.id": "items.0.id", "$.items.#.id": "items.#.id", "$.a|@reverse": "a|@reverse", `$.a\.b`: `a\.b`,
		// what is gjson's already
		"items.0.id": "items.0.id", `a\.b`: `a\.b`, `a\[0\]`: `a\[0\]`, "items.#": "items.#", `items.#(state=="ready").id`: `items.#(state=="ready").id`,
		`items.#(a.#(b>1))#.c`: `items.#(a.#(b>1))#.c`, `items.#(a==")")`: `items.#(a==")")`, "na*.fi?st": "na*.fi?st", "[a,b.0]": "[a,b.0]", "{a,\"x\":b}": "{a,\"x\":b}",
		"a.{b,c}": "a.{b,c}", "@reverse": "@reverse", `@pretty:{"indent":"."}`: `@pretty:{"indent":"."}`, "a.@flatten|0": "a.@flatten|0", "@join:x.y|a": "@join:x.y|a",
		`!"text"`: `!"text"`, "!true": "!true", "@id": "@id", "@type.a": "@type.a", "$ref": "$ref", "a.:1": "a.:1", "héé": "héé", "a b": "a b",
	} {
		got, err := translate(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
}

func TestPathsThatWouldBeMisread(t *testing.T) {
	for text, want := range map[string]string{
		"":                  "a name is missing",
		"$.":                "a name is missing",
		"a.":                "a name is missing",
		"a|":                "a name is missing",
		"a.|b":              "a name is missing",
		".a":                "begins with a dot",
		"$..a":              `".." is not known here: use jq`,
		"$.a..b":            `".." is not known here: use jq`,
		"..#.a":             `".." is not known here: use jq`,
		"a..b":              `".." is not known here: use jq`,
		"items[0].id":       "elements are written items.0 here, or $.items[0]",
		"$.items[?(@.a)].b": "is a filter",
		"$.items[?@.a]":     "is a filter",
		"items.?(@.a)":      "is a function or a filter",
		"$.items.length()":  "is a function or a filter",
		"$.items[-1]":       "use jq, such as .items[-1]",
		"items.-1":          "no counting from the end",
		"$.items[1:3]":      "is not one element",
		"$.items[0,1]":      "is not one element",
		"$['a','b']":        "are several names",
		"$[(@.length-1)]":   "is not one element",
		"$.items[*]":        "would count the elements",
		"$.a[*].b[*].c":     "lists of lists",
		"$.*":               "use jq",
		"$.a.*.b":           "use jq",
		"$['a'":             "never closed",
		"$['a":              "never closed",
		"$['a\\":            "never closed",
		"$['a'x]":           "a ] is missing",
		"$[''].a":           "an empty name",
		"$[0":               "never closed",
		"$[]":               "is no element",
		"$[a]":              "is no element",
		"$[9999999999]":     "is no element",
		"$[0]a":             "stands where a dot has to",
		"#(a==1":            "never closed",
		`#(a=="1)`:          "never closed",
		"#(a==1)b":          "stands where a dot has to",
		"{a":                "never closed",
		"'a.b'.c":           `a dot within a name is written a\.b`,
		`$."a.b"`:           "a dot within a name is written ['a.b']",
		"${v}.a":            "a path has no variables",
		"a.${v}":            "a path has no variables",
		`a\`:                "ends in a backslash",
		"!":                 "nothing follows",
	} {
		_, err := translate(text)
		require.ErrorContains(t, err, want, text)
	}
}

// Whatever is let through, gjson reads without a panic; and a quoted name leads to the
// member of that very name.
func FuzzTranslate(f *testing.F) {
	for _, text := range []string{
		"$.items[0].id", "$['a'].b", "$[*].id", `items.#(state=="ready")#.id`, "[a,b]", "{a,\"x\":b}", `@pretty:{"indent":"."}`, "a..b", "$[?(@.a)]", `!"x"`,
		"@dig:a", "@group", "@fromstr", "a|b.#", "..0", `a\.b`, "$['\\'']",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1000 {
			return
		}
		if path, err := translate(text); err == nil {
			require.NotEmpty(t, path)
			for _, body := range []string{shop, `[[1,[2]],{"a":[{"b":"c"}]}]`, `"a"`, "1", "{}", "[]"} {
				gjson.Get(body, path)
			}
		}
		name := strings.Map(func(c rune) rune {
			if c < ' ' || c == '\'' || c == '\\' || c == '"' || c > '~' {
				return -1
			}
			return c
		}, text)
		if name == "" {
			return
		}
		path, err := translate("$['" + name + "']")
		require.NoError(t, err)
		require.Equal(t, "yes", gjson.Get(`{"`+name+`":"yes"}`, path).String(), path)
	})
}
