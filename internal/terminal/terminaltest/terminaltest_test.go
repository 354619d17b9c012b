package terminaltest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestScreen(t *testing.T) {
	tests := []struct{ name, told, want string }{
		{"lines", "one\ntwo\r\nthree", "one\ntwo\nthree"},
		{"a line is written over", "one\rTWO\x1b[K!", "TWO!"},
		{"a line is broken", "12345678901", "1234567890\n1"},
		{"a line is cut", "\x1b[?7l12345678901\x1b[?7h", "1234567891"},
		{"the screen scrolls", "1\n2\n3\n4\n5", "1\n2\n3\n4\n5"},
		{"up no further than the top", "1\n2\n3\n4\n5\x1b[9A\rx", "1\n2\nx\n4\n5"},
		{"erased below", "1\n2\n3\x1b[1A\r\x1b[J", "1"},
		{"colour is not seen", "\x1b[1;31m✖\x1b[0m ä", "✖ ä"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			whole, piecemeal := New(10, 3), New(10, 3)
			_, _ = whole.Write([]byte(tt.told))
			for i := range len(tt.told) {
				_, _ = piecemeal.Write([]byte(tt.told[i : i+1]))
			}
			require.Equal(t, tt.want, whole.String())
			require.Equal(t, whole, piecemeal, "it does not matter in how many pieces it comes")
			require.Empty(t, whole.Unknown)
		})
	}
	odd := New(10, 3)
	_, _ = odd.Write([]byte("\x1b[2J"))
	require.Equal(t, []string{`"\x1b[2J"`}, odd.Unknown)
}
