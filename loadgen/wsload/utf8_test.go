package wsload

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// However a text is cut in pieces, it is valid when the whole is.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", "hello", "\u20ac", "a\U0001f600b", "\xff", "\xe2\x82", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\x80", "\x80"} {
		f.Add([]byte(s), uint8(1))
		f.Add([]byte(s), uint8(2))
		f.Add([]byte(s), uint8(3))
	}
	f.Fuzz(func(t *testing.T, whole []byte, size uint8) {
		step := max(int(size), 1)
		var x text
		valid := true
		for rest := whole; len(rest) > 0 && valid; {
			n := min(step, len(rest))
			valid = x.add(rest[:n])
			rest = rest[n:]
		}
		require.Equal(t, utf8.Valid(whole), valid && x.whole(), "%q", whole)
	})
}
