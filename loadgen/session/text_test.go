package session

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTextsAreWritten(t *testing.T) {
	scope, s := world(map[string]string{"name": `a "b"/ü`, "empty": "", "source.column": "x"})
	tests := []struct {
		name, text string
		escape     Escape
		want       string
	}{
		{"a plain text is itself", "plain $ { } $x", Raw, "plain $ { } $x"},
		{"an empty one too", "", JSON, ""},
		{"a variable is its value", "<${name}>", Raw, `<a "b"/ü>`},
		{"twice if need be", "${name}${name}", Raw, `a "b"/üa "b"/ü`},
		{"spaces around a name mean nothing", "${ name }", Raw, `a "b"/ü`},
		{"a name may have a dot", "${source.column}", Raw, "x"},
		{"an empty value writes nothing", "<${empty}>", JSON, "<>"},
		{"only values are escaped", `"/${name}`, URL, `"/a%20%22b%22%2F%C3%BC`},
		{"within a string of JSON", `{"n":"${name}"}`, JSON, `{"n":"a \"b\"/ü"}`},
		{"in Base64", "${name|base64}", Raw, "YSAiYiIvw7w="},
		{"a filter is the escape", "${name|raw} ${name|url} ${name|json}", URL, `a "b"/ü a%20%22b%22%2F%C3%BC a \"b\"/ü`},
		{"spaces around a filter mean nothing", "${name | url }", Raw, "a%20%22b%22%2F%C3%BC"},
		{"functions can be filtered", "${now|url}", Raw, "2026-03-04T04%3A06%3A07.008Z"},
		{"the user's number", "${user}", Raw, "7"},
		{"the iteration's", "${iteration}", Raw, "3"},
		{"an empty list of arguments", "${user()} ${ user () }", Raw, "7 7"},
		{"the time, in UTC", "${now}", Raw, "2026-03-04T04:06:07.008Z"},
		{"in seconds", "${now(unix)}", Raw, "1772597167"},
		{"in milliseconds", "${now( unix_ms )}", Raw, "1772597167008"},
		{"in a layout", "${now(02 Jan 06, 15h)}", Raw, "04 Mar 26, 04h"},
		{"a number of one", "${random(-5,-5)}", Raw, "-5"},
		{"spaces around numbers mean nothing", "${random( 5 , 5 )}", Raw, "5"},
		{"$${ is a plain ${", "$${name} $${", Raw, "${name} ${"},
		{"behind a placeholder", "${user}$${user}${user}", Raw, "7${user}7"},
		{"a $ before it stays", "$$${name}", Raw, "$${name}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text, err := scope.Compile(tt.text, tt.escape)
			require.NoError(t, err)
			got, err := text.Append([]byte("before "), s)
			require.NoError(t, err)
			require.Equal(t, "before "+tt.want, string(got))
		})
	}
}

func TestTextsThatCannotBeCompiled(t *testing.T) {
	const placeholder = "; want ${variable}, ${user}, ${iteration}, ${uuid}, ${now}, ${random(1,9)}, ${env:NAME}, ${file:NAME}, or $${ for a plain ${"
	const filter = "; want one of base64, json, raw, url"
	tests := []struct {
		name, text, want string
	}{
		{"one that ends within a placeholder", "a ${name", "a ${ is never closed" + placeholder},
		{"a variable that nobody declared", "/${nobody}/", `"${nobody}" is not known` + placeholder},
		{"a placeholder without a name", "${}", `"${}" is not known` + placeholder},
		{"a variable with arguments", "${name(1)}", `"${name(1)}" is not known` + placeholder},
		{"arguments that are never closed", "${random(1,9}", `"${random(1,9}" is not known` + placeholder},
		{"nothing but arguments", "${(1)}", `"${(1)}" is not known` + placeholder},
		{"what only a file can say", "${env:HOME}", `"${env:HOME}" is not known` + placeholder},
		{"a filter that is none", "${name|html}", `the filter of "${name|html}" is not known` + filter},
		{"an empty filter", "${name|}", `the filter of "${name|}" is not known` + filter},
		{"two filters", "${name|url|json}", `the filter of "${name|url|json}" is not known` + filter},
		{"an argument where none is taken", "${uuid(4)}", `"${uuid(4)}" takes no argument` + placeholder},
		{"a number of nothing", "${random}", `"${random}" wants two whole numbers, the smaller one first` + placeholder},
		{"a number of one bound", "${random(1)}", `"${random(1)}" wants two whole numbers, the smaller one first` + placeholder},
		{"a number of three", "${random(1,2,3)}", `"${random(1,2,3)}" wants two whole numbers, the smaller one first` + placeholder},
		{"bounds the wrong way round", "${random(2,1)}", `"${random(2,1)}" wants two whole numbers, the smaller one first` + placeholder},
		{"bounds too far apart", "${random(-9223372036854775808,9223372036854775807)}", `"${random(-9223372036854775808,9223372036854775807)}" wants bounds less than 4611686018427387904 apart` + placeholder},
		{"bounds that are not whole", "${random(1.5,2)}", `"${random(1.5,2)}" wants two whole numbers, the smaller one first` + placeholder},
		{"a text without a length", "${random_text}", `"${random_text}" wants a length from 1 to 1048576` + placeholder},
		{"a text of nothing", "${random_text(0)}", `"${random_text(0)}" wants a length from 1 to 1048576` + placeholder},
		{"a text beyond all measure", "${random_text(1048577)}", `"${random_text(1048577)}" wants a length from 1 to 1048576` + placeholder},
		{"a layout that names no time", "${now(hello)}", `"${now(hello)}" names no time: want unix, unix_ms or a layout such as 2006-01-02` + placeholder},
		{"every mistake of it", "${a} ${name} ${b|x} ${", `"${a}" is not known` + placeholder + "\n" + `the filter of "${b|x}" is not known` + filter + "\na ${ is never closed" + placeholder},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			scope, _ := world(map[string]string{"name": "x"})
			_, err := scope.Compile(tt.text, Raw)
			require.EqualError(t, err, tt.want)
		})
	}
}

// Whoever reports a mistake finds the placeholder in it.
func TestAMistakeSaysWhatItFound(t *testing.T) {
	var scope Scope
	_, err := scope.placeholder("${ a.b |url}", Raw)
	require.Equal(t, &SyntaxError{Found: "${ a.b |url}", Name: "a.b", What: `"${ a.b |url}" is not known`, Want: WantPlaceholder}, err)
	_, err = scope.placeholder("${random}", Raw)
	require.Equal(t, &SyntaxError{Found: "${random}", What: `"${random}" wants two whole numbers, the smaller one first`, Want: WantPlaceholder}, err)
}

func TestAValueThatIsMissingIsLeftOut(t *testing.T) {
	scope, s := world(map[string]string{"name": "x"})
	other := scope.Declare("other")
	s.values = append(s.values, value{})
	text, err := scope.Compile("<${unset|base64}|${other}|${name}>", Raw)
	require.NoError(t, err)
	got, err := text.Append(nil, s)
	require.Equal(t, &UnsetError{"unset"}, err, "the first one")
	require.Equal(t, "<||x>", string(got))
	s.Set(0, []byte("set"))
	s.Set(1, []byte("set"))
	s.Set(other, []byte("set"))
	_, err = text.Append(nil, s)
	require.NoError(t, err)
}

func TestConstantsAndVariablesOfATextAreKnown(t *testing.T) {
	var scope Scope
	a, b := scope.Declare("a"), scope.Declare("b")
	tests := []struct {
		text, constant string
		same           bool
		vars           []Var
	}{
		{"", "", true, nil},
		{"plain", "plain", true, nil},
		{"a $${b} c", "a ${b} c", true, nil},
		{"${a}", "", false, []Var{a}},
		{"${user}", "", false, nil},
		{"x ${b} ${uuid} ${a|json} ${b}", "", false, []Var{b, a, b}},
	}
	for _, tt := range tests {
		text, err := scope.Compile(tt.text, Raw)
		require.NoError(t, err)
		constant, same := text.Constant()
		require.Equal(t, tt.same, same, tt.text)
		require.Equal(t, tt.constant, constant, tt.text)
		require.Equal(t, tt.vars, text.Vars(), tt.text)
	}
}

func TestFunctionsHaveNamesOfTheirOwn(t *testing.T) {
	for _, name := range []string{"user", "iteration", "uuid", "now", "random", "random_text"} {
		require.True(t, IsFunction(name), name)
	}
	require.False(t, IsFunction("name"))
}

// draws are what a text becomes so many times.
func draws(t *testing.T, text string, times int) []string {
	t.Helper()
	scope, s := world(nil)
	made, err := scope.Compile(text, Raw)
	require.NoError(t, err)
	var all []string
	for range times {
		b, err := made.Append(nil, s)
		require.NoError(t, err)
		all = append(all, string(b))
	}
	return all
}

// RFC 9562, 5.4: version 4, variant 10, and 122 bits of chance.
func TestUUIDs(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	const times = 5000
	seen := map[string]bool{}
	var zeros, ones [36]bool
	for _, id := range draws(t, "${uuid}", times) {
		require.Regexp(t, form, id)
		seen[id] = true
		for i := range id {
			zeros[i] = zeros[i] || id[i] == '0'
			ones[i] = ones[i] || id[i] == 'f'
		}
	}
	require.Len(t, seen, times)
	for i := range zeros {
		fixed := slices.Contains([]int{8, 13, 14, 18, 19, 23}, i)
		require.Equal(t, !fixed, zeros[i] && ones[i], "digit %d", i)
	}
}

func TestRandomNumbersKeepWithinTheirBounds(t *testing.T) {
	for _, bounds := range [][2]int64{{0, 9}, {-3, 2}, {1<<63 - 4, 1<<63 - 1}, {-1 << 63, -1<<63 + 3}} {
		seen := map[int64]bool{}
		for _, text := range draws(t, fmt.Sprintf("${random(%d,%d)}", bounds[0], bounds[1]), 1000) {
			n, err := strconv.ParseInt(text, 10, 64)
			require.NoError(t, err)
			require.True(t, bounds[0] <= n && n <= bounds[1], "%d of %v", n, bounds)
			seen[n] = true
		}
		require.Len(t, seen, int(bounds[1]-bounds[0]+1), "both bounds and all between come up: %v", bounds)
	}
	require.Len(t, draws(t, "${random(0,4611686018427387903)}", 1), 1, "as far apart as they may be")
}

func TestRandomTextsHaveTheirLength(t *testing.T) {
	var letters strings.Builder
	for _, text := range draws(t, "${random_text(20)}", 100) {
		require.Regexp(t, `^[a-z0-9]{20}$`, text)
		letters.WriteString(text)
	}
	for _, letter := range "abcdefghijklmnopqrstuvwxyz0123456789" {
		require.Contains(t, letters.String(), string(letter))
	}
	require.Len(t, draws(t, "${random_text(1048576)}", 1)[0], 1<<20)
}
