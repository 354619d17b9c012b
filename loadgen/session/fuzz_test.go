package session

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// A text without placeholders is itself, and a text with them has the values of those
// where they stand and nothing else.
func FuzzCompile(f *testing.F) {
	for _, text := range []string{"", "plain", "$${", "$$${a}", "${a}", "${", "}${a|json}", "${a|}", "${random(1,2)}", "${now(2006)}", "${${a}}", "${ a | url }x$", "${random_text(3)}"} {
		f.Add(text, "value")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		scope, s := world(map[string]string{"a": value})
		made, err := scope.Compile(text, JSON)
		if err != nil {
			require.Contains(t, err.Error(), "; want ")
			return
		}
		_, failed := made.Append(nil, s)
		if failed != nil {
			require.Equal(t, &UnsetError{"unset"}, failed)
			require.Contains(t, text, "unset")
		}
		constant, same := made.Constant()
		if same {
			require.Equal(t, strings.ReplaceAll(text, "$${", "${"), constant)
			got, err := made.Append(nil, s)
			require.NoError(t, err)
			require.Equal(t, constant, string(got))
		}
		require.True(t, same || strings.Contains(text, "${"))

		// A text in which every ${ is a plain one is that text.
		plain := strings.ReplaceAll(strings.ReplaceAll(text, "$", ""), "{", "${")
		made, err = scope.Compile(strings.ReplaceAll(plain, "${", "$${"), URL)
		require.NoError(t, err)
		constant, same = made.Constant()
		require.True(t, same)
		require.Equal(t, plain, constant)
	})
}

// A condition stays what it is beside one that is never true, and what is in quotes
// is one text.
func FuzzCondition(f *testing.F) {
	for _, text := range []string{"", "${a} == 1", "1 < ${a} or ${a} contains 'x and y'", "a = b", "'", "\"a\" != 'b' and", "${a", "$${ == '$${'", "a!=b or a<b", "x == y and", "O'B == 'a'b", "==", "a contains b"} {
		f.Add(text, "1")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		scope, s := world(map[string]string{"a": value})
		c, err := scope.Condition(text)
		if err != nil {
			require.Contains(t, err.Error(), "; want ")
			return
		}
		for _, other := range []string{text + " or 1 == 2", "1 == 2 or " + text} {
			same, err := scope.Condition(other)
			require.NoError(t, err)
			require.Equal(t, c.Holds(s), same.Holds(s), other)
		}
	})
}

// What is in quotes is one text.
func FuzzQuotes(f *testing.F) {
	f.Add(" or 1 == 2 and 'x' contains <=", "or")
	f.Fuzz(func(t *testing.T, text, part string) {
		plain := strings.NewReplacer(`"`, "", "$", "")
		text, part = plain.Replace(text), plain.Replace(part)
		var scope Scope
		c, err := scope.Condition(`"` + text + `" contains "` + part + `" and "` + text + `"=="` + text + `"`)
		require.NoError(t, err)
		require.Equal(t, strings.Contains(text, part), c.Holds(New(&scope, 1, 1)))
	})
}

// Numbers have an order, and are read as encoding/json reads them.
func FuzzCompare(f *testing.F) {
	for _, n := range []string{"", "0", "-1.50", "1e3", "1E-3", ".5", "9007199254740993", "0e1234", "x"} {
		f.Add(n, "1500e-3", "10")
	}
	f.Fuzz(func(t *testing.T, a, b, c string) {
		ab, ba := compare([]byte(a), []byte(b)), compare([]byte(b), []byte(a))
		require.Equal(t, ab, -ba)
		require.Zero(t, compare([]byte(a), []byte(a)))
		numbers := true
		for _, n := range []string{a, b, c} {
			_, ok := parseNumber([]byte(n))
			numbers = numbers && ok
			if json.Valid([]byte(n)) && strings.Trim(n, "+-.eE0123456789") == "" && !ok {
				_, exponent, _ := strings.Cut(strings.ToLower(n), "e")
				require.Greater(t, len(strings.Trim(exponent, "+-")), mostExponent, n)
			}
		}
		if numbers && ab <= 0 && compare([]byte(b), []byte(c)) <= 0 {
			require.LessOrEqual(t, compare([]byte(a), []byte(c)), 0)
		}
	})
}

// Whatever a value is, what is around it stays what it is.
func FuzzEscapes(f *testing.F) {
	for _, value := range everyByte()[:20] {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		scope, s := world(map[string]string{"a": value})
		write := func(text string, e Escape) string {
			made, err := scope.Compile(text, e)
			require.NoError(t, err)
			b, err := made.Append(nil, s)
			require.NoError(t, err)
			return string(b)
		}
		var object map[string]string
		require.NoError(t, json.Unmarshal([]byte(write(`{"a":"${a}","b":"c"}`, JSON)), &object))
		if utf8.ValidString(value) {
			require.Equal(t, map[string]string{"a": value, "b": "c"}, object)
		}
		query, err := url.ParseQuery(write("${a}=${a}&b=c", URL))
		require.NoError(t, err)
		want := url.Values{"b": {"c"}}
		want[value] = append([]string{value}, want[value]...)
		require.Equal(t, want, query)
		plain, err := base64.StdEncoding.DecodeString(write("${a}", Base64))
		require.NoError(t, err)
		require.Equal(t, value, string(plain))
	})
}
