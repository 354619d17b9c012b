package inspect

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
)

// failure is what the rule says of the answer.
func failure(t *testing.T, r Rule, body string) string {
	t.Helper()
	w := newWorld()
	i := compiled(t, w.extract(r))
	err := i.Inspect(answer(body), w.session)
	require.True(t, loadgen.IsCheck(err), "%v", err)
	require.Empty(t, i.trees, "all places were given back")
	return strings.TrimPrefix(err.Error(), "extract v: ")
}

func TestBrokenJSONIsNotMissing(t *testing.T) {
	nested := strings.Repeat("[", 500_000) + strings.Repeat("]", 500_000)
	for name, test := range map[string]struct{ body, want string }{
		"cut short":                      {`{"a":1,"b":`, "the body is no valid JSON"},
		"cut within a string":            {`{"a":"b`, "the body is no valid JSON"},
		"something behind it":            {`{"b":1} x`, "the body is no valid JSON"},
		"two of them":                    {`{"a":1}{"a":2}`, "the body is no valid JSON"},
		"HTML":                           {"<p>502</p>", "the body is no valid JSON"},
		"nothing":                        {"", "the body is empty, and so no JSON"},
		"white space":                    {" ", "the body is no valid JSON"},
		"nests deep":                     {nested, "the body is JSON that nests deeper than 1000"},
		"nests deep and never ends":      {nested[:500_000], "the body is JSON that nests deeper than 1000"},
		"objects that nest deep":         {strings.Repeat(`{"a":`, 2000), "the body is JSON that nests deeper than 1000"},
		"brackets after a quoted escape": {`["\\",` + strings.Repeat("[", 2000), "the body is JSON that nests deeper than 1000"},
	} {
		require.Equal(t, "json a: "+test.want, failure(t, Rule{Source: JSON, Of: "a"}, test.body), name)
		require.Equal(t, "jq .a: "+test.want, failure(t, Rule{Source: JQ, Of: ".a"}, test.body), name)
	}

	w := newWorld()
	i := compiled(t, w.extract(Rule{Source: JSON, Of: "a"}), w.extract(Rule{Source: JQ, Of: ".a"}))
	for name, body := range map[string]string{
		"brackets in a string are no depth": `{"b":"` + strings.Repeat(`[\"`, 2000) + `","a":1}`,
		"brackets side by side":             `{"b":[` + strings.Repeat("[],", 2000) + `1],"a":1}`,
		"as deep as may be":                 `{"b":` + strings.Repeat("[", maxDepth-1) + strings.Repeat("]", maxDepth-1) + `,"a":1}`,
		"a number of many digits":           `{"b":` + strings.Repeat("9", 900_000) + `,"a":1}`,
		"a number of a large exponent":      `{"b":1e999999999,"a":1}`,
	} {
		require.NoError(t, i.Inspect(answer(body), w.session), name)
	}
}

// Programs that make more than fits, and that nest without an end.
func TestJQIsBounded(t *testing.T) {
	for program, want := range map[string]string{
		"reduce range(40) as $i (1; [., .])":         "the program puts out more than 10 MB",
		"reduce range(40) as $i (1; {a: ., b: .})":   "the program puts out more than 10 MB",
		"reduce range(2000) as $i (1; [.])":          "the program puts out what nests too deep",
		`error("a\nb " + ("x" * 1000))`:              "the program fails: error: a b " + strings.Repeat("x", 189) + "...",
		".a.b":                                       "the program fails: expected an object but got: number (1)",
		"halt":                                       "the program fails: halt error: null",
		"[env, $ENV] | add | length | select(. > 0)": "got nothing",
	} {
		require.Equal(t, "jq "+program+": "+want, failure(t, Rule{Source: JQ, Of: program}, `{"a":1}`))
	}
}

// Work that takes too long is given up, and nothing is left behind.
func TestPatience(t *testing.T) {
	w := newWorld()
	many := strings.Repeat("<p>", 10_000)
	for _, test := range []struct {
		rule Rule
		body string
	}{
		{Rule{Source: JQ, Of: "last(repeat(1))"}, "1"},
		{Rule{Source: JQ, Of: "def f: f; f"}, "1"},
		{Rule{Source: JQ, Of: "[range(.)] | length"}, "1e15"},
		{Rule{Source: CSS, Of: "x ~ p ~ p"}, many},
		{Rule{Source: XPath, Of: "//p[count(//p) = 1]"}, many},
		{Rule{Source: XPath, Of: "//p/preceding::x"}, many},
	} {
		i := compiled(t, w.extract(test.rule))
		i.patience = 20 * time.Millisecond
		before := runtime.NumGoroutine()
		err := i.Inspect(answer(test.body), w.session)
		require.EqualError(t, err, "extract v: "+test.rule.Source.String()+" "+test.rule.Of+": gave up after 1s")
		require.True(t, loadgen.IsCheck(err))
		require.Empty(t, i.trees)
		require.LessOrEqual(t, runtime.NumGoroutine(), before)
	}
	i := compiled(t, w.extract(Rule{Source: XPath, Of: "true()"}))
	i.patience = -1
	require.EqualError(t, i.Inspect(answer(many), w.session), "extract v: xpath true(): gave up after 1s", "while it is parsed")
	require.ErrorContains(t, giveUp(context.Canceled), "cannot be read: context canceled")
}

func TestHTMLSoup(t *testing.T) {
	w := newWorld()
	i := compiled(t, w.extract(Rule{Source: CSS, Of: "b"}), w.check(t, Rule{Source: XPath, Of: "count(//b)"}, AtLeast, "1"))
	for name, body := range map[string]string{
		"never closed":            "<html><b>x",
		"closed twice":            "<b>x</b></b></div></p>",
		"in each other":           "<i><b>x</i>y</b>",
		"in a table":              "<table><b>x<tr></table>",
		"invalid UTF-8":           "\xff<b \xff=\xfe>x\x80</b>\x00",
		"a tag cut short":         "<b>x</b><a href='",
		"many attributes":         "<b " + strings.Repeat("a=1 ", 20_000) + ">x",
		"a lot of formatting":     "<b>x</b>" + strings.Repeat("<i><p>", 200),
		"many that close nothing": "<b>x</b>" + strings.Repeat("</p>", 20_000),
		"a doctype in the middle": "<b>x</b><!doctype html>",
	} {
		require.NoError(t, i.Inspect(answer(body), w.session), name)
	}
	for _, r := range []Rule{{Source: CSS, Of: "b"}, {Source: XPath, Of: "//b"}} {
		require.ErrorContains(t, compiled(t, w.extract(r), w.extract(r)).Inspect(answer(strings.Repeat("<div>", 200_000)), w.session), "the body cannot be read as HTML: html: open stack of elements exceeds 512 nodes")
	}
}

// An expression that the library panics over fails the answer.
func TestPanicsAreFailures(t *testing.T) {
	require.Equal(t, "xpath //a[matches(@href, @b)]: cannot be read: matches() function second argument type must be string",
		failure(t, Rule{Source: XPath, Of: "//a[matches(@href, @b)]"}, "<a href=x b=x>"))
}

func FuzzInspect(f *testing.F) {
	rules := []Rule{
		{Source: Header, Of: "a"},
		{Source: JSON, Of: "a"},
		{Source: JSON, Of: "$.items[*].id"},
		{Source: JSON, Of: "a.#(b>1)#|@flatten"},
		{Source: JSON, Of: "@dig:a"},
		{Source: JSON, Of: "{a,b}"},
		{Source: JQ, Of: ".a? // [.. | numbers] | tojson"},
		{Source: Regex, Of: `(\w+)-(\d+)?`, Group: 2},
		{Source: CSS, Of: "p > a[href], :nth-child(2) ~ b"},
		{Source: CSS, Of: "p", Attribute: "id"},
		{Source: XPath, Of: "//a[2]/@href | //b/following::text()"},
		{Source: XPath, Of: "sum(//p) > 1"},
		{Source: SHA256},
		{Source: Size},
		{Source: Time},
		{Source: Body},
	}
	for which := range rules {
		for _, body := range []string{shop, page1, `{"a":[1,2,{"b":1.5e9}],"b":"\ud83d\ude00"}`, "[[[[", "<p><a><b>", "order-17", "\xff\x00"} {
			f.Add(uint8(which), "a: 1\r\nb:", body)
		}
	}
	w := newWorld()
	var all []*Inspector
	for _, r := range rules {
		i, err := New([]Rule{w.extract(r), {Source: r.Source, Of: r.Of, Wants: []Want{{Is, w.text(f, "${v}")}}}}, options())
		if r.Group != 0 || r.Attribute != "" || r.Source == Time {
			i, err = New([]Rule{w.extract(r)}, options())
		}
		require.NoError(f, err)
		all = append(all, i)
	}
	f.Fuzz(func(t *testing.T, which uint8, head, body string) {
		i := all[int(which)%len(all)]
		a := answer(body)
		a.Head = []byte(head)
		err := i.Inspect(a, w.session)
		require.Equal(t, body, string(a.Body), "an answer is not changed")
		require.Empty(t, i.trees)
		if err == nil {
			return
		}
		require.True(t, loadgen.IsCheck(err), "%v", err)
		require.NotContains(t, err.Error(), "cannot be read: runtime")
		require.NotContains(t, err.Error(), "want", "what is extracted is what is checked")
		require.NotContains(t, err.Error(), "\n")
		require.Less(t, len(err.Error()), 1000)
	})
}
