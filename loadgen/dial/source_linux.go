package dial

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// latePort is lateBind for a net.Dialer.
func latePort(_, _ string, raw syscall.RawConn) error {
	return raw.Control(func(fd uintptr) { lateBind(int(fd)) })
}

// lateBind lets the kernel choose the local port of a socket with a source
// address when it connects, and not when it is bound: so a port can be used once
// for each target address, and not only once. Where that is refused, there are
// fewer ports.
func lateBind(fd int) {
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
}
