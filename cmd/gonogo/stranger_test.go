package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// What people type at first, and what they are told.
func TestWhatAStrangerIsTold(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`target: http://127.0.0.1:1
load: {users: 1}
steps:
  - {name: order, method: POST, path: /orders, json: {id: '${uuid}'}}
  - {name: cart, method: POST, path: /cart, body: abc}
`), 0o600))
	tests := []struct {
		name string
		args []string
		code int
		want []string
	}{
		{
			"a curl command without quotes",
			[]string{"import", "curl", "curl", "https://a.test/"},
			3,
			[]string{"gonogo: want one file or command, got 2 arguments\ngonogo: hint: put the command in quotes: gonogo import curl 'curl https://host/path'\n"},
		},
		{
			"the plan of bodies that only the run knows",
			[]string{"load", file, "--dry-run"},
			0,
			[]string{"POST http://127.0.0.1:1/orders   a body with variables\n", "POST http://127.0.0.1:1/cart     3 bytes of body\n"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, out, err := typed(t, nil, tt.args...)
			require.Equal(t, tt.code, code, err)
			for _, want := range tt.want {
				require.Contains(t, out+err, want)
			}
		})
	}
}
