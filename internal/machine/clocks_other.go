//go:build !linux

package machine

// SystemClocks returns a reader of the system's clocks.
func SystemClocks() func() (Clocks, bool) { return GoClocks() }
