package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestConvert(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"plain text stays", "a b\nc\n", "a b\nc"},
		{"markup is text", "<b>&", "&lt;b&gt;&amp;"},
		{"a colour ends with reset", "\x1b[32m✔\x1b[0m GO", `<span class="c32">✔</span> GO`},
		{"bold and a colour in one sequence", "\x1b[1;31mNO\x1b[39m-\x1b[22mGO", `<span class="b c31">NO</span><span class="b">-</span>GO`},
		{"other sequences are left out", "a\x1b[2Kb\x1b(Bc\x1b[?25hd", "abcd"},
		{"one that is cut ends the text", "a\x1b[3", "a"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			require.NoError(t, convert(strings.NewReader(test.text), &out))
			require.Equal(t, head+test.want+"</pre>\n", out.String())
		})
	}
}
