package scenarios

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/slo"
)

// What an objective or a rule may say of a group.
func TestATargetMayNameAGroup(t *testing.T) {
	tests := []struct{ target, want string }{
		{"p95{checkout} < 300ms", ""},
		{"success{checkout} > 99% every 10s", ""},
		{"p95{checkout} < 3s", ""}, // several requests take longer than the timeout of one
		{"p95{pay} < 3s", "p95{pay} < 3s can never be seen"},
		{"status_503{checkout} == 0", "status_503{checkout} == 0 is about a group, which has no statuses; want an objective about one of its steps"},
		{"status_503{pay} == 0", ""},
		{"p95{chekout} < 1s", `no step or group is called "chekout"; did you mean "checkout"?`},
		{"p95{xyz} < 1s", `no step or group is called "xyz"; want one of pay, checkout`},
	}
	for _, test := range tests {
		t.Run(test.target, func(t *testing.T) {
			f, err := Parse("shop.yaml", []byte("target: http://h.test\nload: {users: 1, duration: 1m, timeout: 2s}\nsteps: [{name: pay, path: /}]\n"))
			require.NoError(t, err)
			c := &compiler{File: f.copy(), options: Options{ReadFile: os.ReadFile}, groups: []string{"checkout"}}
			parsed, err := slo.ParseTarget(test.target)
			require.NoError(t, err)
			c.Load.Timeout, c.Load.Duration = f.Load.Timeout, f.Load.Duration
			c.target("objectives", "go", parsed)
			if test.want == "" {
				require.Empty(t, c.mistakes)
				return
			}
			require.ErrorContains(t, c.mistakes, test.want)
		})
	}
}
