//go:build linux && (amd64 || arm64)

package h2load

import (
	"os"
	"syscall"
	"unsafe"
)

const canPush = true

// pushTo writes as much as the socket takes without waiting, and returns the rest.
// The socket never blocks, so the scheduler need not hear of the call.
func pushTo(fd uintptr, b []byte) ([]byte, error) {
	for len(b) > 0 {
		n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
		switch errno {
		case 0:
			b = b[n:]
		case syscall.EINTR:
		case syscall.EAGAIN:
			return b, nil
		default:
			return b, os.NewSyscallError("write", errno)
		}
	}
	return nil, nil
}
