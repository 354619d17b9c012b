//go:build !unix

package machine

import "time"

func cpuTime() time.Duration { return Unknown }
