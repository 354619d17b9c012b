package session

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestConditions(t *testing.T) {
	scope, s := world(map[string]string{
		"state": "done", "n": "10", "float": "1.5e3", "empty": "", "spaces": " a ", "or": `a or b`, "sign": "a == b",
		"id": "9007199254740993", "token": "0e1234", "hex": "0x10", "price": "€5",
	})
	tests := []struct {
		name, text string
		want       bool
	}{
		{"equal texts", "${state} == done", true},
		{"texts that differ", "${state} == open", false},
		{"texts that are to differ", "${state} != open", true},
		{"case matters", "${state} == Done", false},
		{"no space is needed around a sign", "${state}==done", true},
		{"numbers are compared as such", "${n} > 9", true},
		{"and not as texts", "${n} < 9", false},
		{"equal numbers are not less", "${n} < 10.0", false},
		{"but no more either", "${n} <= 10.0", true},
		{"nor greater", "${n} > 10", false},
		{"at least", "${n} >= 10", true},
		{"a number below nothing", "${n} > -3", true},
		{"a number with an exponent", "${float} == 1500", true},
		{"a text is above a number, as its bytes are", "${state} > 10", true},
		{"texts go by their bytes", "b < ab", false},
		{"numbers that only differ behind a float's digits", "${id} == 9007199254740992", false},
		{"and in their order", "${id} > 9007199254740992", true},
		{"tokens that look like powers of nothing", "${token} == 0e5678", false},
		{"hexadecimal is text", "${hex} == 16", false},
		{"a text contains another", "${state} contains on", true},
		{"or does not", "${state} contains no", false},
		{"everything contains nothing", "${state} contains ''", true},
		{"contains compares no numbers", "${n} contains 10.0", false},
		{"contains may be a part of a word", "contains_x == contains_x", true},
		{"a variable without a value is empty", "${unset} == ''", true},
		{"and what is around it stays", "a${unset}b == ab", true},
		{"an empty value is empty", "${empty} == \"\"", true},
		{"quotes keep spaces", "${spaces} == ' a '", true},
		{"without them spaces go", "${spaces} == a", false},
		{"a value is not read again", "${or} == 'a or b'", true},
		{"signs in quotes are text", "${sign} == 'a == b'", true},
		{"words in quotes are text", `"x and y contains z" contains "and y contains"`, true},
		{"quotes on both sides", `'a' == "a"`, true},
		{"one kind within the other", `'"' == '"'`, true},
		{"an apostrophe is none", "O'Brien == O'Brien and 1 == 1", true},
		{"an exclamation mark is no sign", "hello! == hello!", true},
		{"a placeholder in quotes is one", "'${state}' == done", true},
		{"a placeholder is no place for signs", "${now(2006<01 or)} contains '<03 or'", true},
		{"functions have values", "${user} == 7 and ${iteration} == 3", true},
		{"a plain ${ in quotes", "'$${' contains '{'", true},
		{"a plain ${ hides nothing behind it", "${state} == $${ or ${n} == 10", true},
		{"letters beyond ASCII", "${price} == €5", true},
		{"both of two", "1 == 1 and 2 == 2", true},
		{"not both", "1 == 1 and 2 == 3", false},
		{"one of two", "1 == 2 or 2 == 2", true},
		{"neither", "1 == 2 or 2 == 3", false},
		{"and before or", "1 == 1 or 1 == 1 and 1 == 2", true},
		{"and before or, the other way round", "1 == 2 and 1 == 1 or 1 == 1", true},
		{"and before or, in the middle", "1 == 2 or 1 == 1 and 1 == 2 or 1 == 2", false},
		{"over lines", "1 == 2\n\tor\n1 == 1", true},
		{"a word that begins like one", "order == order or android == x", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := scope.Condition(tt.text)
			require.NoError(t, err)
			require.Equal(t, tt.want, c.Holds(s))
		})
	}
}

func TestConditionsThatCannotBeCompiled(t *testing.T) {
	const want = "; want a comparison such as ${state} != done, with == != < <= > >= or contains, joined by and, or"
	const placeholder = "; want " + WantPlaceholder
	tests := []struct {
		name, text, want string
	}{
		{"nothing", "", `"" is not a condition` + want},
		{"nothing but spaces", " \t", `"" is not a condition` + want},
		{"a value alone", "${a}", `"${a}" is not a condition` + want},
		{"a value beside a comparison", "${a} and 1 == 1", `"${a}" is not a condition` + want},
		{"nothing on the left", "== done", `"== done" has nothing on one side: write '' for an empty text` + want},
		{"nothing on the right", "${a} ==", `"${a} ==" has nothing on one side: write '' for an empty text` + want},
		{"nothing on both", "==", `"==" has nothing on one side: write '' for an empty text` + want + "\n" + `"==" has nothing on one side: write '' for an empty text` + want},
		{"contains nothing", "${a} contains", `"${a} contains" has nothing on one side: write '' for an empty text` + want},
		{"nothing behind or", "1 == 1 or", `"1 == 1 or" has nothing on one side of an and or an or` + want},
		{"nothing before and", "and 1 == 1", `"and 1 == 1" has nothing on one side of an and or an or` + want},
		{"nothing between", "1 == 1 and and 1 == 1", `"1 == 1 and and 1 == 1" has nothing on one side of an and or an or` + want},
		{"one sign of equality", "${a} = done", `"${a} = done" compares with =, which is not known` + want},
		{"three of them", "${a} === done", `"${a} === done" compares with ===, which is not known` + want},
		{"a sign the wrong way round", "${a} => 1", `"${a} => 1" compares with =>, which is not known` + want},
		{"the sign of SQL", "${a} <> 1", `"${a} <> 1" compares with <>, which is not known` + want},
		{"a range", "1 < ${a} < 3", `"1 < ${a} < 3" compares more than once: put quotes around what is text` + want},
		{"a sign in a text without quotes", "${a} contains ?q=1", `"${a} contains ?q=1" compares more than once: put quotes around what is text` + want},
		{"a quote that is never closed", "${a} == 'x and 1 == 1", `"${a} == 'x and 1 == 1" has a quote that is never closed` + want},
		{"something behind a quote", "${a} == 'x' y", `"${a} == 'x' y" has something behind a quote` + want},
		{"two quotes", "${a} == 'x' 'y'", `"${a} == 'x' 'y'" has something behind a quote` + want},
		{"a variable that nobody declared", "${b} == ${c}", `"${b}" is not known` + placeholder + "\n" + `"${c}" is not known` + placeholder},
		{"a placeholder that is never closed", "${a} == ${b and 1 == 1", "a ${ is never closed" + placeholder},
		{"every mistake of it", "${a} or ${b} == 1", `"${a}" is not a condition` + want + "\n" + `"${b}" is not known` + placeholder},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			scope, _ := world(map[string]string{"a": "x"})
			c, err := scope.Condition(tt.text)
			require.EqualError(t, err, tt.want)
			_ = c.Vars()
		})
	}
}

func TestTheVariablesOfAConditionAreKnown(t *testing.T) {
	var scope Scope
	a, b, c := scope.Declare("a"), scope.Declare("b"), scope.Declare("c")
	made, err := scope.Condition("${c} == 1 and '${a}' == ${b} or 1 < ${a}")
	require.NoError(t, err)
	require.Equal(t, []Var{c, a, b, a}, made.Vars())
}

func TestWhatIsANumber(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"1", "1.000", 0},
		{"007", "7", 0},
		{"+7", "7", 0},
		{"-0", "0.00", 0},
		{".5", "0.5", 0},
		{"5.", "5", 0},
		{"1e3", "1000", 0},
		{"1.5E+2", "150", 0},
		{"15e-1", "1.5", 0},
		{"0e0", "0", 0},
		{"1200", "12e2", 0},
		{"0.0012", "12e-4", 0},
		{"2", "10", -1},
		{"-2", "-10", 1},
		{"-1", "1", -1},
		{"0", "-0.1", 1},
		{"0.09", "0.1", -1},
		{"0.101", "0.1", 1},
		{"123456789012345678901234567890", "123456789012345678901234567891", -1},
		{"1e999", "1e998", 1},
		{"1e-999", "1e-998", -1},
		{"-", "1", -1},
		{".", "0", -1},
		{"", "0", -1},
		{"1e", "1", 1},
		{"1e1000", "1e1000.0", -1},
		{"1x", "1", 1},
		{"1 ", "1", 1},
		{"--1", "-1", -1},
		{"NaN", "1", 1},
		{"Inf", "1", 1},
		{"1_0", "10", 1},
		{"1,5", "1", 1},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, compare([]byte(tt.a), []byte(tt.b)), "%s and %s", tt.a, tt.b)
		require.Equal(t, -tt.want, compare([]byte(tt.b), []byte(tt.a)), "%s and %s", tt.b, tt.a)
	}
}

// Whatever a float is written as, it compares as math/big does.
func TestNumbersCompareAsTheyShould(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	draw := func() string {
		f := float64(r.IntN(2000)-1000) * math.Pow10(r.IntN(9)-4)
		return strconv.FormatFloat(f, "feg"[r.IntN(3)], r.IntN(8)-1, 64)
	}
	for range 20_000 {
		a, b := draw(), draw()
		x, ok := new(big.Rat).SetString(a)
		require.True(t, ok)
		y, ok := new(big.Rat).SetString(b)
		require.True(t, ok)
		require.Equal(t, x.Cmp(y), compare([]byte(a), []byte(b)), "%s and %s", a, b)
	}
}
