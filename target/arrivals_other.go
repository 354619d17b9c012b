//go:build !linux

package target

import (
	"net"
	"time"
)

const hasStamps = false

// stamped is never made here.
type stamped struct {
	net.Conn
	last time.Duration
}

func stampListener(net.Listener) {}

func newStamped(net.Conn, time.Time) *stamped { return nil }
