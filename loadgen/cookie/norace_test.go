//go:build !race

package cookie

const raced = false
