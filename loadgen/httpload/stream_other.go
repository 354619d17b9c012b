//go:build !linux || !(amd64 || arm64)

package httpload

import "net"

// Elsewhere there are no kernel stamps: Done is the moment our own code saw the
// answer, and a connection that was closed while idle is noticed on use.

func newRawStream(net.Conn) stream { return nil }

type stampConn struct {
	net.Conn
	last                  int64
	unread, unsent, peeks bool
}

func newStampConn(net.Conn) *stampConn { return nil }

func (*stampConn) holds(int) bool    { return false }
func (*stampConn) asks(bool)         {}
func (*stampConn) sendNow()          {}
func (*stampConn) waits() bool       { return false }
func (*stampConn) hungUp() bool      { return false }
func (*stampConn) refusedData() bool { return false }
