//go:build !race

package sign

const raced = false
