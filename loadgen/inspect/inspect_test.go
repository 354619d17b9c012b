package inspect

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/loadgen/session"
)

// shop is the answer that most tests look into.
const shop = `{"items":[{"id":7,"state":"ready","price":12.50},{"id":12345678901234567890,"state":"sold \"out\" \u00e9"}],
"a.b":{"c d":true},"none":null,"empty":"","next":"/page/2","deep":{"tags":["x","y"]},"@id":"urn:1"}`

const page1 = `<!DOCTYPE html><html><body><!-- no --><h1>
  Orders <b>today</b>
</h1><form><input name=csrf value="t0ken"><input name=empty value=""></form>
<a href="/one">first</a><a href="/two">second</a><p class="total">3</p></body></html>`

func answer(body string) *loadgen.Answer {
	return &loadgen.Answer{
		Status: 201, Service: 412_345_678 * time.Nanosecond,
		Head: []byte("Content-Type: application/json\r\nLocation: /orders/9\r\nlocation: /other\r\nX-Empty:\r\n"),
		Body: []byte(body), Length: int64(len(body)),
	}
}

// world is a scope with the variables that tests use, and a session of it.
type world struct {
	scope   session.Scope
	session *session.Session
}

func newWorld() *world {
	w := &world{}
	for _, name := range []string{"v", "known", "unknown"} {
		w.scope.Declare(name)
	}
	w.session = session.New(&w.scope, 1, 1)
	w.session.Set(w.variable("known"), []byte("ready"))
	return w
}

func (w *world) variable(name string) session.Var { return w.scope.Declare(name) }

func (w *world) text(t testing.TB, text string) *session.Text {
	t.Helper()
	made, err := w.scope.Compile(text, session.Raw)
	require.NoError(t, err)
	return made
}

// extract is r as a rule that fills v.
func (w *world) extract(r Rule) Rule {
	r.Into = &Into{Name: "v", Var: w.variable("v")}
	return r
}

func (w *world) check(t testing.TB, r Rule, op Op, text string) Rule {
	t.Helper()
	want := Want{Op: op}
	if op != Exists && op != Absent {
		want.Text = w.text(t, text)
	}
	r.Wants = []Want{want}
	return r
}

func options() Options {
	return Options{Cookie: func(_ *session.Session, name string) ([]byte, bool) {
		return []byte("abc"), name == "sid"
	}}
}

func compiled(t testing.TB, rules ...Rule) *Inspector {
	t.Helper()
	i, err := New(rules, options())
	require.NoError(t, err)
	return i
}

func TestValuesAreExtracted(t *testing.T) {
	sum := sha256.Sum256([]byte(shop))
	tests := []struct {
		name string
		rule Rule
		body string
		want string
	}{
		{"the status", Rule{Source: Status}, shop, "201"},
		{"the first header field of the name, whatever its case", Rule{Source: Header, Of: "LOCATION"}, shop, "/orders/9"},
		{"a header field that is empty is there", Rule{Source: Header, Of: "X-Empty"}, shop, ""},
		{"a cookie of the user's", Rule{Source: Cookie, Of: "sid"}, shop, "abc"},
		{"the body", Rule{Source: Body}, "hello", "hello"},
		{"the body, although there is none", Rule{Source: Body}, "", ""},
		{"the size", Rule{Source: Size}, "hello", "5"},
		{"the time", Rule{Source: Time}, "", "412.345678ms"},
		{"the digest", Rule{Source: SHA256}, shop, hex.EncodeToString(sum[:])},

		{"JSON by a path of gjson", Rule{Source: JSON, Of: "items.0.id"}, shop, "7"},
		{"JSON by JSONPath", Rule{Source: JSON, Of: "$.items[0]['state']"}, shop, "ready"},
		{"a number as it is written", Rule{Source: JSON, Of: "items.0.price"}, shop, "12.50"},
		{"a number that no float holds", Rule{Source: JSON, Of: "items.1.id"}, shop, "12345678901234567890"},
		{"a string as what it stands for", Rule{Source: JSON, Of: "items.1.state"}, shop, `sold "out" é`},
		{"names with dots and spaces", Rule{Source: JSON, Of: "$['a.b']['c d']"}, shop, "true"},
		{"a name that begins like a modifier", Rule{Source: JSON, Of: "@id"}, shop, "urn:1"},
		{"an object as JSON", Rule{Source: JSON, Of: "deep"}, shop, `{"tags":["x","y"]}`},
		{"a number of elements", Rule{Source: JSON, Of: "items.#"}, shop, "2"},
		{"one of each element", Rule{Source: JSON, Of: "$.items[*].id"}, shop, "[7,12345678901234567890]"},
		{"an element by what is in it", Rule{Source: JSON, Of: `items.#(state=="ready").id`}, shop, "7"},
		{"a modifier", Rule{Source: JSON, Of: "deep.tags|@reverse|0"}, shop, "y"},
		{"all of it", Rule{Source: JSON, Of: "$"}, ` [1, "2"] `, `[1, "2"]`},
		{"a string that is empty is there", Rule{Source: JSON, Of: "empty"}, shop, ""},
		{"invalid UTF-8 in a string as it is", Rule{Source: JSON, Of: "a"}, "{\"a\":\"x\xff\"}", "x\xff"},

		{"a jq program", Rule{Source: JQ, Of: ".items | map(.state) | join(\"; \")"}, shop, `ready; sold "out" é`},
		{"the first of several outputs", Rule{Source: JQ, Of: ".deep.tags[]"}, shop, "x"},
		{"a large number through jq", Rule{Source: JQ, Of: ".items[1].id"}, shop, "12345678901234567890"},
		{"an object of jq as JSON", Rule{Source: JQ, Of: "{a: .next, b: [1, null]}"}, shop, `{"a":"/page/2","b":[1,null]}`},
		{"false is a value", Rule{Source: JQ, Of: ".empty == null"}, shop, "false"},

		{"all that a pattern matches", Rule{Source: Regex, Of: `order-\d+`}, "order- order-17 order-18", "order-17"},
		{"a group of it", Rule{Source: Regex, Of: `order-(\d+)`, Group: 1}, "order-17", "17"},
		{"a group that is empty", Rule{Source: Regex, Of: `order-(\d*)`, Group: 1}, "order-", ""},
		{"a match that is empty", Rule{Source: Regex, Of: `x*`}, "y", ""},

		{"the text of an element, without the white space around it", Rule{Source: CSS, Of: "h1"}, page1, "Orders <b>today</b>"},
		{"an attribute", Rule{Source: CSS, Of: "input[name=csrf]", Attribute: "VALUE"}, page1, "t0ken"},
		{"an attribute that is empty", Rule{Source: CSS, Of: "input[name=empty]", Attribute: "value"}, page1, ""},
		{"one of several selectors", Rule{Source: CSS, Of: "h7, a + a"}, page1, "second"},
		{"an attribute by XPath", Rule{Source: XPath, Of: "//a/@href"}, page1, "/one"},
		{"the second element by XPath", Rule{Source: XPath, Of: "(//a)[2]"}, page1, "second"},
		{"an element by its text", Rule{Source: XPath, Of: "//a[text()='second']/@href"}, page1, "/two"},
		{"a number by XPath", Rule{Source: XPath, Of: "count(//a)"}, page1, "2"},
		{"a text by XPath", Rule{Source: XPath, Of: "string(//p[@class='total'])"}, page1, "3"},
		{"a truth by XPath", Rule{Source: XPath, Of: "count(//a) > 5"}, page1, "false"},
		{"a parent, and a sibling before", Rule{Source: XPath, Of: "//b/../../a[last()]/preceding-sibling::a"}, page1, "first"},
		{"a comment", Rule{Source: XPath, Of: "//comment()"}, page1, "no"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld()
			i := compiled(t, w.extract(test.rule))
			want := strings.NewReplacer("<b>", "", "</b>", "").Replace(test.want)
			for range 2 { // what was compiled keeps nothing of an answer
				require.NoError(t, i.Inspect(answer(test.body), w.session))
				got, set := w.session.Get(w.variable("v"))
				require.True(t, set)
				require.Equal(t, want, string(got))
			}
		})
	}
}

func TestWhatIsMissing(t *testing.T) {
	tests := []struct {
		name string
		rule Rule
		got  string
	}{
		{"a header field", Rule{Source: Header, Of: "X-None"}, "header X-None: got nothing"},
		{"a cookie", Rule{Source: Cookie, Of: "none"}, "cookie none: got nothing"},
		{"a member", Rule{Source: JSON, Of: "items.0.none"}, "json items.0.none: got nothing"},
		{"an element", Rule{Source: JSON, Of: "items.9"}, "json items.9: got nothing"},
		{"null", Rule{Source: JSON, Of: "none"}, "json none: got null, which counts as nothing"},
		{"null of jq", Rule{Source: JQ, Of: ".nowhere"}, "jq .nowhere: got null, which counts as nothing"},
		{"no output of jq", Rule{Source: JQ, Of: "empty"}, "jq empty: got nothing"},
		{"no match", Rule{Source: Regex, Of: "zzz"}, "regex zzz: got nothing"},
		{"a group that took no part", Rule{Source: Regex, Of: "items|(zzz)", Group: 1}, "regex items|(zzz): got nothing"},
		{"no element", Rule{Source: CSS, Of: "h1"}, "css h1: got nothing"},
		{"no attribute", Rule{Source: CSS, Of: "body", Attribute: "id"}, "css body attribute id: got nothing"},
		{"no node", Rule{Source: XPath, Of: "//h1"}, "xpath //h1: got nothing"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld()
			required := w.extract(test.rule)
			err := compiled(t, required).Inspect(answer(shop), w.session)
			require.True(t, loadgen.IsCheck(err))
			require.EqualError(t, err, "extract v: "+test.got)
			_, set := w.session.Get(w.variable("v"))
			require.False(t, set)

			into := *required.Into
			into.Default = w.text(t, "instead of ${known}")
			required.Into = &into
			require.NoError(t, compiled(t, required).Inspect(answer(shop), w.session))
			got, _ := w.session.Get(w.variable("v"))
			require.Equal(t, "instead of ready", string(got))

			into.Default, into.Optional = nil, true
			require.NoError(t, compiled(t, required).Inspect(answer(shop), w.session))
			got, set = w.session.Get(w.variable("v"))
			require.True(t, set)
			require.Empty(t, got)

			require.NoError(t, compiled(t, w.check(t, test.rule, Absent, "")).Inspect(answer(shop), w.session))
			for _, op := range []Op{Exists, Is, IsNot, Contains, Matches, AtLeast, AtMost} {
				require.Error(t, compiled(t, w.check(t, test.rule, op, "0")).Inspect(answer(shop), w.session), "%s: no data is never a pass", op)
			}
		})
	}
}

func TestChecks(t *testing.T) {
	sum := sha256.Sum256([]byte(shop))
	digest := hex.EncodeToString(sum[:])
	state, price := Rule{Source: JSON, Of: "items.0.state"}, Rule{Source: JSON, Of: "items.0.price"}
	tests := []struct {
		name string
		rule Rule
		op   Op
		text string
		want string // the error; empty: it holds
	}{
		{"is what it is", state, Is, "ready", ""},
		{"is what a variable says", state, Is, "${known}", ""},
		{"is something else", state, Is, "done", `check json items.0.state: want "done", got "ready"`},
		{"is longer", state, Is, "read", `check json items.0.state: want "read", got "ready"`},
		{"is not something else", state, IsNot, "done", ""},
		{"is what it must not be", state, IsNot, "${known}", `check json items.0.state: want anything but "ready", got "ready"`},
		{"contains it", Rule{Source: Header, Of: "Content-Type"}, Contains, "json", ""},
		{"does not contain it", Rule{Source: Header, Of: "content-type"}, Contains, "html", `check header content-type: want it to contain "html", got "application/json"`},
		{"the body contains what a variable says", Rule{Source: Body}, Contains, `"${known}"`, ""},
		{"matches", Rule{Source: Status}, Matches, "^2..$", ""},
		{"does not match", Rule{Source: Status}, Matches, "^3", `check status: want it to match "^3", got "201"`},
		{"exists", state, Exists, "", ""},
		{"exists and must not", state, Absent, "", `check json items.0.state: want it not to exist, got "ready"`},
		{"null does not exist", Rule{Source: JSON, Of: "none"}, Exists, "", "check json none: want it to exist, got null, which counts as nothing"},
		{"is large enough", price, AtLeast, "12.5", ""},
		{"is too small", price, AtLeast, "12.51", `check json items.0.price: want at least "12.51", got "12.50"`},
		{"is small enough", price, AtMost, "1e3", ""},
		{"is too large", Rule{Source: Status}, AtMost, "200", `check status: want at most "200", got "201"`},
		{"is larger by less than a float can tell", Rule{Source: JQ, Of: "9007199254740993"}, AtMost, "9007199254740992", `check jq 9007199254740993: want at most "9007199254740992", got "9007199254740993"`},
		{"is no number", state, AtMost, "5", `check json items.0.state: want at most "5", got "ready": "ready" is not a number such as 10 or 0.5`},
		{"is held against no number", price, AtMost, "${known}", `check json items.0.price: want at most "ready", got "12.50": "ready" is not a number such as 10 or 0.5`},
		{"is fast enough", Rule{Source: Time}, AtMost, "500ms", ""},
		{"is as fast as said", Rule{Source: Time}, AtMost, "412345678ns", ""},
		{"is too slow", Rule{Source: Time}, AtMost, "412345677ns", `check time: want at most "412345677ns", got "412.345678ms"`},
		{"is small enough a body", Rule{Source: Size}, AtMost, "10KB", ""},
		{"is too large a body", Rule{Source: Size}, AtMost, "0.1kB", fmt.Sprintf(`check size: want at most "0.1kB", got "%d"`, len(shop))},
		{"is as large a body, in another unit", Rule{Source: Size}, Is, fmt.Sprintf("%gKB", float64(len(shop))/1000), ""},
		{"is not so large a body", Rule{Source: Size}, IsNot, "1KiB", ""},
		{"has the digest, whatever its case", Rule{Source: SHA256}, Is, strings.ToUpper(digest), ""},
		{"has another digest", Rule{Source: SHA256}, Is, strings.Repeat("0", 64), fmt.Sprintf("check sha256: want %q, got %q", strings.Repeat("0", 64), digest)},
		{"a value is shown cut", Rule{Source: JQ, Of: `"é\n" * 100`}, Is, strings.Repeat("w", 101), "check jq \"\\\"é\\\\n\\\" * 100\": want"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld()
			err := compiled(t, w.check(t, test.rule, test.op, test.text)).Inspect(answer(shop), w.session)
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			if strings.HasSuffix(test.want, "want") {
				test.want = `check jq "é\n" * 100: want "` + strings.Repeat("w", 100) + `"... (101 bytes), got "` + strings.Repeat(`é\n`, 33) + `\xc3"... (300 bytes)`
			}
			require.EqualError(t, err, test.want)
			check, ok := errors.AsType[*loadgen.CheckError](err)
			require.True(t, ok)
			require.Equal(t, shop, string(check.Body), "the body goes with it")
		})
	}
}

// Expected texts may hold what was just extracted, and the first failure is told.
func TestExtractionsComeFirst(t *testing.T) {
	w := newWorld()
	rules := []Rule{
		w.check(t, Rule{Source: JSON, Of: "next"}, Is, "${v}"),
		w.check(t, Rule{Source: Status}, Is, "500"),
		w.extract(Rule{Source: Regex, Of: "/page/[0-9]"}),
		w.check(t, Rule{Source: Status}, Is, "501"),
	}
	i := compiled(t, rules...)
	require.Equal(t, loadgen.Needs{Body: DefaultBodyLimit}, i.Needs())
	require.EqualError(t, i.Inspect(answer(shop), w.session), `check status: want "500", got "201"`)
	require.EqualError(t, i.Inspect(answer("{}"), w.session), "extract v: regex /page/[0-9]: got nothing")

	both := w.check(t, Rule{Source: Status}, AtLeast, "200")
	both.Wants = append(both.Wants, Want{AtMost, w.text(t, "200")})
	require.EqualError(t, compiled(t, both).Inspect(answer(shop), w.session), `check status: want at most "200", got "201"`)
}

// A variable without a value is not the answer's fault.
func TestVariablesWithoutValue(t *testing.T) {
	w := newWorld()
	err := compiled(t, w.check(t, Rule{Source: Status}, Is, "${unknown}")).Inspect(answer(shop), w.session)
	require.EqualError(t, err, "check status: is: variable unknown has no value")
	require.False(t, loadgen.IsCheck(err))

	missing := w.extract(Rule{Source: Header, Of: "X-None"})
	missing.Into.Default = w.text(t, "${unknown}")
	err = compiled(t, missing).Inspect(answer(shop), w.session)
	require.EqualError(t, err, "extract v: header X-None: default: variable unknown has no value")
	require.False(t, loadgen.IsCheck(err))
}

func TestNeeds(t *testing.T) {
	all := loadgen.Needs{Head: true, Body: 77}
	for source, want := range map[Source]loadgen.Needs{
		Status: {}, Cookie: {}, Size: {}, Time: {}, Header: {Head: true},
		Body: {Body: 77}, JSON: {Body: 77}, JQ: {Body: 77}, Regex: {Body: 77}, CSS: {Body: 77}, XPath: {Body: 77}, SHA256: {Body: 77},
	} {
		w := newWorld()
		o := options()
		o.BodyLimit = 77
		of := "a"
		if source == JQ {
			of = ".a"
		}
		rule := w.extract(Rule{Source: source, Of: of})
		i, err := New([]Rule{rule}, o)
		require.NoError(t, err, source)
		require.Equal(t, want, i.Needs(), source)
		i, err = New([]Rule{rule, w.extract(Rule{Source: Body}), w.extract(Rule{Source: Header, Of: "a"}), rule}, o)
		require.NoError(t, err, source)
		require.Equal(t, all, i.Needs(), source)
	}
	i, err := New(nil, Options{})
	require.NoError(t, err)
	require.Equal(t, loadgen.Needs{}, i.Needs())
	require.NoError(t, i.Inspect(answer(shop), newWorld().session))
}

// What was cut off may be what was looked for.
func TestABodyThatWasNotKeptWhole(t *testing.T) {
	w := newWorld()
	a := answer(`{"a":1}`)
	a.Length = 3_000_000
	for _, rule := range []Rule{
		{Source: Body}, {Source: JSON, Of: "a"}, {Source: JQ, Of: ".a"}, {Source: Regex, Of: "a"}, {Source: CSS, Of: "a"}, {Source: XPath, Of: "//a"}, {Source: SHA256},
	} {
		err := compiled(t, w.extract(rule)).Inspect(a, w.session)
		require.ErrorContains(t, err, ": the body is 3 MB, only 7 bytes was kept: raise http.body_limit")
		require.True(t, loadgen.IsCheck(err))
		require.Error(t, compiled(t, w.check(t, rule, Absent, "")).Inspect(a, w.session), rule.Source)
	}
	require.NoError(t, compiled(t, w.check(t, Rule{Source: Size}, Is, "3MB"), w.check(t, Rule{Source: Header, Of: "Location"}, Exists, "")).Inspect(a, w.session))
}

// Users share what is compiled, and nothing else.
func TestManyUsersAtOnce(t *testing.T) {
	w := newWorld()
	var rules []Rule
	for _, r := range []Rule{
		{Source: JSON, Of: "html"},
		{Source: JQ, Of: ".n"},
		{Source: Regex, Of: `"n":(\d+)`, Group: 1},
		{Source: CSS, Of: "p b"},
		{Source: XPath, Of: "//p/b"},
		{Source: XPath, Of: "count(//p) = 1 and //b"},
		{Source: Size},
		{Source: SHA256},
	} {
		rules = append(rules, w.extract(r))
	}
	rules = append(rules, w.check(t, Rule{Source: JSON, Of: "n"}, Is, "${user}"), w.check(t, Rule{Source: XPath, Of: "//p/b"}, Is, "user ${user}"),
		w.check(t, Rule{Source: JQ, Of: ".n + 1"}, AtLeast, "${user}"), w.check(t, Rule{Source: XPath, Of: "count(//p/b)"}, Is, "1"))
	i := compiled(t, rules...)
	var group sync.WaitGroup
	errs := make([]error, 16)
	for user := range errs {
		group.Go(func() {
			s := session.New(&w.scope, int64(user), 1)
			a := answer(fmt.Sprintf(`{"n":%d,"html":"<p><b>user %[1]d</b></p>"}`, user))
			for range 100 {
				errs[user] = errors.Join(errs[user], i.Inspect(a, s))
			}
		})
	}
	group.Wait()
	require.NoError(t, errors.Join(errs...))
	require.Empty(t, i.trees, "all places were given back")
}
