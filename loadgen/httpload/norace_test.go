//go:build !race

package httpload

const poolDrops = 0.
