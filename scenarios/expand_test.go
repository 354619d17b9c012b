package scenarios

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExpand(t *testing.T) {
	env := func(name string) (string, bool) {
		value, ok := map[string]string{"TOKEN": "verysecret", "EMPTY": " "}[name]
		return value, ok
	}
	tests := []struct{ name, text, want, wrong string }{
		{"nothing to expand", "http://h/", "http://h/", ""},
		{"a variable, escaped", "http://u:${env:TOKEN}@h/${env:TOKEN}", "http://u:VERYSECRET@h/VERYSECRET", ""},
		{"a plain ${", "$${x", "${x", ""},
		{"a variable that is not set", "${env:NONE}", "", "the environment variable NONE is not set"},
		{"a variable that is empty", "${env:EMPTY}", "", "the environment variable EMPTY is empty"},
		{"something else", "${file:token}", "", `"${file:token}" is not known: want ${env:NAME}, or $${ for a plain ${`},
		{"without an end", "${env:TOKEN", "", `"${env:TOKEN" is not known: want ${env:NAME}, or $${ for a plain ${`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, held, err := Expand(tt.text, env, strings.ToUpper)
			if tt.wrong != "" {
				require.EqualError(t, err, tt.wrong)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
			if strings.Contains(tt.text, "TOKEN") {
				require.Equal(t, "it is ***", held.Mask("it is verysecret"))
			}
		})
	}
}
