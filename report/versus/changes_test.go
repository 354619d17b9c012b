package versus

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChangesAreNamedByTheirPath(t *testing.T) {
	was := map[string]any{
		"load":  map[string]any{"users": 20, "ramp": "5s"},
		"steps": []any{map[string]any{"path": "/a"}, map[string]any{"path": "/b"}},
	}
	is := map[string]any{
		"load":  map[string]any{"users": 30, "ramp": "5s"},
		"steps": []any{map[string]any{"path": "/a"}},
		"http":  map[string]any{"version": "2"},
	}
	require.Equal(t, []Change{
		{"http.version", "", "2"},
		{"load.users", "20", "30"},
		{"steps[1].path", "/b", ""},
	}, Changes(was, is))
	require.Empty(t, Changes(was, was))
	require.Equal(t, "load.users was 20, is not set", Change{"load.users", "20", ""}.String())
}
