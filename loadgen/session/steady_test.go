package session

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNothingAllocatesOnceTheLongestValuesWereMet(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates")
	}
	scope, s := world(map[string]string{"a": strings.Repeat(`12 "é"/`, 100), "n": "12345678901234567890123456789012345678901234567890", "word": "12abc", "empty": ""})
	a, _ := scope.Lookup("a")
	for _, text := range []string{
		"plain", "${a}", "${a|url}", "${a|json}", "${a|base64}", "${a|raw}/${n}/${user}/${iteration}",
		"${uuid}", "${now} ${now(unix)} ${now(unix_ms)} ${now(2006)}", "${random(1,1000)}", "${random_text(20)}", "${unset}",
	} {
		made, err := scope.Compile(text, Raw)
		require.NoError(t, err)
		var dst []byte
		write := func() { dst, _ = made.Append(dst[:0], s) }
		write()
		require.Zero(t, testing.AllocsPerRun(100, write), text)
	}
	for _, text := range []string{
		"${a} == x", "${n} < 3", "${n} == ${word}", "${word} < 1", "${unset} == '' and ${a|json} contains x", "${empty} == 1 or 1.5e3 == 1500",
	} {
		made, err := scope.Condition(text)
		require.NoError(t, err)
		made.Holds(s)
		require.Zero(t, testing.AllocsPerRun(100, func() { made.Holds(s) }), text)
	}
	text, err := scope.Compile("${n|json}", Raw)
	require.NoError(t, err)
	s.Mark()
	once := func() {
		_ = s.SetText(a, text)
		s.Clear(a)
		s.Reset()
	}
	once()
	require.Zero(t, testing.AllocsPerRun(100, once), "a value that is set, taken away and comes back")
}

// What a value of a kibibyte costs.
func BenchmarkAppend(b *testing.B) {
	scope, s := world(map[string]string{"a": strings.Repeat(`a "é"/x `, 128)})
	for _, text := range []string{"${a|raw}", "${a|url}", "${a|json}", "${a|base64}"} {
		made, err := scope.Compile(text, Raw)
		require.NoError(b, err)
		b.Run(text, func(b *testing.B) {
			var dst []byte
			b.ReportAllocs()
			for b.Loop() {
				dst, _ = made.Append(dst[:0], s)
			}
		})
	}
}

func BenchmarkHolds(b *testing.B) {
	scope, s := world(map[string]string{"state": "done", "n": "10"})
	c, err := scope.Condition("${n} < 9 or ${state} == done and ${n} <= 10.0")
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		c.Holds(s)
	}
}
