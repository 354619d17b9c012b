//go:build !linux

package dial

import "net/netip"

func direct(_ netip.Addr, otherwise Func) Func { return otherwise }

// shallow tells whether direct connects with a stack that a user can spare.
const shallow = false
