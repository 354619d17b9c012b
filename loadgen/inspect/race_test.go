//go:build race

package inspect

// The race detector makes a sync.Pool drop some of what is put there.
const raced = true
