//go:build !linux

package dial

import (
	"net/netip"
	"syscall"
)

func latePort(_, _ string, _ syscall.RawConn) error { return nil }

func direct(_ netip.Addr, otherwise Func) Func { return otherwise }

// shallow tells whether direct connects with a stack that a user can spare.
const shallow = false
