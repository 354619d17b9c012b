package target

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// message is one control message as the kernel lays it out.
func message(level, kind int32, data ...uint64) []byte {
	b := binary.NativeEndian.AppendUint64(nil, uint64(unix.SizeofCmsghdr+8*len(data)))
	b = binary.NativeEndian.AppendUint32(b, uint32(level))
	b = binary.NativeEndian.AppendUint32(b, uint32(kind))
	for _, d := range data {
		b = binary.NativeEndian.AppendUint64(b, d)
	}
	return b
}

func TestParseStamp(t *testing.T) {
	if unix.SizeofCmsghdr != 16 {
		t.Skip("the layout of 64-bit systems")
	}
	stamp := message(unix.SOL_SOCKET, unix.SCM_TIMESTAMPNS, 1700000000, 123)
	other := message(unix.SOL_SOCKET, unix.SCM_RIGHTS, 1)
	tests := []struct {
		name    string
		control []byte
		want    int64
	}{
		{"a stamp", stamp, 1700000000_000000123},
		{"a stamp behind another message", append(other, stamp...), 1700000000_000000123},
		{"no message", nil, 0},
		{"another message", other, 0},
		{"a stamp cut short", stamp[:24], 0},
		{"a stamp of 32-bit times", message(unix.SOL_SOCKET, unix.SCM_TIMESTAMPNS, 1), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, parseStamp(tt.control)) })
	}
}

func FuzzParseStamp(f *testing.F) {
	f.Add(message(unix.SOL_SOCKET, unix.SCM_TIMESTAMPNS, 1700000000, 123))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, control []byte) { parseStamp(control) })
}
