//go:build race

package httpload

// The race detector makes a sync.Pool drop one in four of what is put there.
const poolDrops = 0.25
