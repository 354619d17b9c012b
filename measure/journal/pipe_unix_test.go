//go:build unix

package journal

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// A pipe in the place of a file is an error, and not waited for. The header has a
// copy, which will do.
func TestPipesAreNotWaitedFor(t *testing.T) {
	for _, name := range []string{"0-00000006-00000006.seg", eventsName} {
		t.Run(name, func(t *testing.T) {
			dir := path(t)
			small(t, dir)
			replaceByPipe(t, filepath.Join(dir, name))
			_, err := contentsOf(dir)
			require.ErrorContains(t, err, "it is no regular file: want the one that gonogo wrote")
		})
	}
	t.Run(headerName, func(t *testing.T) {
		dir := path(t)
		was := small(t, dir)
		replaceByPipe(t, filepath.Join(dir, headerName))
		requireNoted(t, dir, was)
	})
}

func replaceByPipe(t *testing.T, name string) {
	require.NoError(t, os.Remove(name))
	require.NoError(t, syscall.Mkfifo(name, 0o600))
}
