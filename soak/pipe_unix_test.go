//go:build unix

package soak

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A pipe in the place of the state is an error, and not waited for.
func TestStateThatIsAPipe(t *testing.T) {
	f := Folder(t.TempDir())
	require.NoError(t, syscall.Mkfifo(filepath.Join(string(f), stateName), 0o600))
	_, err := f.State()
	require.ErrorContains(t, err, "run.json: it is no regular file: want the one that gonogo wrote")
}
