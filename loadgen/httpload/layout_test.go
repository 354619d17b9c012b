//go:build linux && (amd64 || arm64)

package httpload

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// What every request needs of a user, its first link and its stream is as many lines of a
// cache as their comments say.
func TestWhatEveryRequestNeedsLiesTogether(t *testing.T) {
	const line = 64
	var u user
	var l link
	var s rawStream
	require.Zero(t, unsafe.Sizeof(u)%line)
	require.LessOrEqual(t, unsafe.Offsetof(u.own)+unsafe.Offsetof(l.requests)+unsafe.Sizeof(l.requests), uintptr(3*line))
	require.Equal(t, uintptr(2*line), unsafe.Sizeof(s))
}
