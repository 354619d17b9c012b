//go:build !race

package wsload

const slack = 0.
