//go:build !unix && !windows

package terminal

import "os"

// obeys: nothing is known of the terminals here.
func obeys(*os.File) bool { return false }

func inForeground(*os.File) bool { return true }

// Follow tells of nothing.
func Follow() (resized, continued <-chan os.Signal, stop func()) { return nil, nil, func() {} }
