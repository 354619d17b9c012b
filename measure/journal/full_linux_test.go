package journal

import (
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"gonogo/measure"
)

// On a real disk that is full: nothing that was sealed is lost, and what waited
// is written when there is room.
func TestARealDiskIsFull(t *testing.T) {
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=1m"); err != nil {
		t.Skip("NOTICE: no small disk can be mounted here: ", err)
	}
	defer func() { require.NoError(t, unix.Unmount(disk, unix.MNT_DETACH)) }() // also with files open, when the test fails
	w := newWorld(1, 2, 40)
	seals := w.seals(300)
	dir := filepath.Join(disk, "soak.journal")
	j, err := Create(dir, w.header())
	require.NoError(t, err)
	ballast := filepath.Join(disk, "ballast")
	require.ErrorIs(t, os.WriteFile(ballast, make([]byte, 2<<20), 0o600), syscall.ENOSPC)
	require.NoError(t, os.Truncate(ballast, 900<<10))

	full, sealed := 0, []measure.Interval(nil)
	for n, s := range seals {
		if err := j.Add(s); err != nil {
			require.ErrorIs(t, err, syscall.ENOSPC)
			full++
		} else {
			sealed = slices.Concat(seals[:n+1]...)
		}
		if full == 20 {
			c := readAll(t, dir)
			require.Empty(t, c.damage)
			requireSame(t, sealed, c.records)
			require.NotEmpty(t, sealed)
			require.NoError(t, os.Remove(ballast))
			full++
		}
	}
	require.Equal(t, 21, full)
	require.NoError(t, j.Close())
	c := readAll(t, dir)
	require.Empty(t, c.damage)
	requireSame(t, slices.Concat(seals...), c.records)
	require.Equal(t, Full, c.events[0].Kind)
	require.Equal(t, Room, c.events[1].Kind)
}
