package terminal

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func environment(pairs map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := pairs[name]
		return v, ok
	}
}

func TestIsColoured(t *testing.T) {
	type env map[string]string
	tests := []struct {
		name             string
		env              env
		terminal, piped  bool // what is wanted on each
		animated, notTTY bool
	}{
		{"no wish", nil, true, false, true, false},
		{"empty ones are no wish", env{"NO_COLOR": "", "FORCE_COLOR": "", "CLICOLOR_FORCE": "", "CI": ""}, true, false, true, false},
		{"NO_COLOR", env{"NO_COLOR": "1"}, false, false, true, false},
		{"NO_COLOR, whatever it says", env{"NO_COLOR": "0"}, false, false, true, false},
		{"FORCE_COLOR=1", env{"FORCE_COLOR": "1"}, true, true, true, false},
		{"FORCE_COLOR=2", env{"FORCE_COLOR": "2"}, true, true, true, false},
		{"FORCE_COLOR=3", env{"FORCE_COLOR": "3"}, true, true, true, false},
		{"FORCE_COLOR=true", env{"FORCE_COLOR": "true"}, true, true, true, false},
		{"FORCE_COLOR=0", env{"FORCE_COLOR": "0"}, false, false, true, false},
		{"FORCE_COLOR=false", env{"FORCE_COLOR": "false"}, false, false, true, false},
		{"NO_COLOR is stronger than FORCE_COLOR", env{"NO_COLOR": "1", "FORCE_COLOR": "3"}, false, false, true, false},
		{"CLICOLOR_FORCE", env{"CLICOLOR_FORCE": "1"}, true, true, true, false},
		{"CLICOLOR_FORCE=0 is no wish", env{"CLICOLOR_FORCE": "0"}, true, false, true, false},
		{"FORCE_COLOR is stronger than CLICOLOR_FORCE", env{"FORCE_COLOR": "0", "CLICOLOR_FORCE": "1"}, false, false, true, false},
		{"NO_COLOR is stronger than CLICOLOR_FORCE", env{"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, false, false, true, false},
		{"TERM=dumb", env{"TERM": "dumb"}, false, false, false, false},
		{"a wish is stronger than TERM=dumb", env{"TERM": "dumb", "FORCE_COLOR": "1"}, true, true, false, false},
		{"TERM=xterm", env{"TERM": "xterm"}, true, false, true, false},
		{"CI", env{"CI": "true"}, true, false, false, false},
		{"CI=false", env{"CI": "false"}, true, false, true, false},
		{"CI=0", env{"CI": "0"}, true, false, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			of := environment(tt.env)
			got := [4]bool{IsColoured(of, true), IsColoured(of, false), IsAnimated(of, true), IsAnimated(of, false)}
			require.Equal(t, [4]bool{tt.terminal, tt.piped, tt.animated, tt.notTTY}, got)
		})
	}
}
