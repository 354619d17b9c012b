//go:build !unix

package main

// onReopen does nothing: there is no such signal here. A log that was renamed is
// noticed without it.
func onReopen(func()) (stop func()) { return func() {} }
