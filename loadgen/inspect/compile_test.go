package inspect

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMistakesInRules(t *testing.T) {
	w := newWorld()
	tests := []struct {
		name string
		rule Rule
		want string
	}{
		{"no name", w.extract(Rule{Source: Header}), "rule 0: header: it is empty; want a name such as Location"},
		{"not a name", w.extract(Rule{Source: Header, Of: "Location:"}), `rule 0: header: "Location:" is no name of a header field; want a name such as Location`},
		{"a path with a filter", w.extract(Rule{Source: JSON, Of: "$.a[?(@.b)].c"}), `rule 0: json: "[?(@.b)].c" is a filter: write .#(state=="ready"), or use jq, such as .items[] | select(.state == "ready"); want a path such as items.0.id or $.items[0].id`},
		{"a program that is none", w.extract(Rule{Source: JQ, Of: ".a |"}), "rule 0: jq: unexpected EOF; want a program such as .items | length"},
		{"a program with an unknown function", w.extract(Rule{Source: JQ, Of: "nope"}), "rule 0: jq: function not defined: nope/0; want a program such as .items | length"},
		{"a program that reads files", w.extract(Rule{Source: JQ, Of: `import "a" as a; 1`}), "rule 0: jq: cannot load module: \"a\"; want a program such as .items | length"},
		{"a pattern that is none", w.extract(Rule{Source: Regex, Of: "("}), "rule 0: regex: error parsing regexp: missing closing ): `(`; want a regular expression such as order-(\\d+)"},
		{"no such group", w.extract(Rule{Source: Regex, Of: "(a)", Group: 2}), "rule 0: group: there is no group 2; want 0 for all that matches, to 1"},
		{"a negative group", w.extract(Rule{Source: Regex, Of: "(a)", Group: -1}), "rule 0: group: there is no group -1; want 0 for all that matches, to 1"},
		{"a group of something else", w.extract(Rule{Source: Body, Group: 1}), "rule 0: group: there is no group 1; want 0 for all that matches, to 0"},
		{"a selector that is none", w.extract(Rule{Source: CSS, Of: "a["}), "rule 0: css: expected identifier, found EOF instead; want a selector such as input[name=csrf]"},
		{"an attribute of something else", w.extract(Rule{Source: XPath, Of: "//a", Attribute: "href"}), "rule 0: attribute: only an element has attributes; want it beside css, or an xpath such as //a/@href"},
		{"an expression that is none", w.extract(Rule{Source: XPath, Of: "//a["}), "rule 0: xpath: expression must evaluate to a node-set; want an expression such as //a/@href"},
		{"neither extracted nor checked", Rule{Source: Body}, "rule 0: body: nothing is said of it; want one of is, is_not, contains, matches, at_least, at_most, exists"},
		{"a default, and not required", func() Rule {
			r := w.extract(Rule{Source: Body})
			r.Into.Optional, r.Into.Default = true, w.text(t, "x")
			return r
		}(), "rule 0: required: there is a default; want one of the two"},
		{"both extracted and checked", w.extract(w.check(t, Rule{Source: Body}, Is, "a")), "rule 0: is: a value that goes into a variable is not checked; want a check of its own"},
		{"a limit that is no number", w.check(t, Rule{Source: Status}, AtMost, "many"), `rule 0: at_most: "many" is not a number such as 10 or 0.5; want at_least, at_most or is with a number such as 10 or 0.5`},
		{"a limit without a unit", w.check(t, Rule{Source: Time}, AtMost, "300"), `rule 0: at_most: "300" is not a duration such as 300ms or 2s; want at_least, at_most or is with a duration such as 300ms or 2s`},
		{"a size that is none", w.check(t, Rule{Source: Size}, Is, "10 apples"), `rule 0: is: "10 apples" is not a number of bytes such as 512, 10KB or 1MiB; want at_least, at_most or is with a number of bytes such as 512, 10KB or 1MiB`},
		{"a size as text", w.check(t, Rule{Source: Size}, Contains, "1"), "rule 0: contains: the size is no text; want at_least, at_most or is with a number of bytes such as 512, 10KB or 1MiB"},
		{"a digest that is none", w.check(t, Rule{Source: SHA256}, Is, "abc"), `rule 0: is: "abc" is no SHA-256; want 64 hexadecimal digits`},
		{"part of a digest", w.check(t, Rule{Source: SHA256}, Contains, "abc"), "rule 0: contains: of a digest nothing but the whole says anything; want 64 hexadecimal digits"},
		{"a pattern to match that is none", w.check(t, Rule{Source: Body}, Matches, "["), "rule 0: matches: error parsing regexp: missing closing ]: `[`; want a regular expression such as ^order-\\d+$"},
		{"a pattern with a variable", w.check(t, Rule{Source: Body}, Matches, "${known}"), "rule 0: matches: a regular expression has no variables; want a regular expression such as ^order-\\d+$"},
		{"an unknown source", w.extract(Rule{Source: 99}), "rule 0: unknown: there is no such source; want one of status, header, cookie, body, json, jq, regex, css, xpath, size, time, sha256"},
		{"an unknown op", Rule{Source: Body, Wants: []Want{{Op: 99}}}, "rule 0: unknown: there is no such check; want a text; or one of is, is_not, contains, matches, at_least, at_most, exists"},
		{"an op without a text", Rule{Source: Body, Wants: []Want{{Op: Is}}}, "rule 0: is: it says nothing; want a text; or one of is, is_not, contains, matches, at_least, at_most, exists"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := New([]Rule{test.rule}, options())
			require.EqualError(t, err, test.want)
		})
	}
	_, err := New([]Rule{w.extract(Rule{Source: Cookie, Of: "sid"})}, Options{})
	require.EqualError(t, err, "rule 0: cookie: the users have no cookies; want a name such as session, and cookies: true")
}

func TestAllMistakesAreReported(t *testing.T) {
	w := newWorld()
	_, err := New([]Rule{
		w.extract(Rule{Source: Regex, Of: "("}),
		w.extract(Rule{Source: Status}),
		{Source: Status, Attribute: "x", Wants: []Want{{AtMost, w.text(t, "a")}, {Matches, w.text(t, "(")}}},
	}, options())
	var got []RuleError
	for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
		found, ok := errors.AsType[*RuleError](e)
		require.True(t, ok)
		got = append(got, RuleError{Rule: found.Rule, Field: found.Field})
	}
	require.Equal(t, []RuleError{{Rule: 0, Field: "regex"}, {Rule: 2, Field: "attribute"}, {Rule: 2, Field: "at_most"}, {Rule: 2, Field: "matches"}}, got)
}
