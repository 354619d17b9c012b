//go:build unix

package history

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// To open a pipe that nobody writes to would never return.
func TestAPipeIsNoReport(t *testing.T) {
	dir := t.TempDir()
	save(t, dir, run(0, 100))
	const name = "load_test_report_20251214_100000.json"
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, name), 0o600))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, File), 0o600))
	v := look(t, dir)
	require.Len(t, v.Rows, 1)
	require.Equal(t, []Unreadable{{name, "is no regular file"}}, v.Unreadable)
}
