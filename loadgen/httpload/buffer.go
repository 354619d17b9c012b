package httpload

import "sync"

const (
	smallBuffer = 2 << 10  // enough for most heads and many answers
	largeBuffer = 32 << 10 // for a user whose answers take many reads
)

// A buffer holds the bytes of an answer that came and were not looked at yet.
//
// A small one is had when there is something to read and given back at the end of
// the answer: users that wait have none, and all share the few that are in the
// processor's cache. A user that needed more keeps what it has.
type buffer struct {
	bytes []byte // nil between answers, unless they need more than a small one
	end   int    // bytes[:end] are those that came
}

var smallBuffers = sync.Pool{New: func() any { return new([smallBuffer]byte) }}

// room is where the next bytes go.
func (b *buffer) room() []byte {
	if b.bytes == nil {
		b.bytes = smallBuffers.Get().(*[smallBuffer]byte)[:]
	}
	return b.bytes[b.end:]
}

// came are the bytes that came.
func (b *buffer) came() []byte { return b.bytes[:b.end] }

// drop forgets the first n bytes.
func (b *buffer) drop(n int) {
	copy(b.bytes, b.bytes[n:b.end])
	b.end -= n
}

// grow makes room for a head that is longer than the buffer.
func (b *buffer) grow() {
	b.bytes = append(b.bytes, make([]byte, min(len(b.bytes), maxHead-len(b.bytes)))...)
}

// release forgets all bytes.
func (b *buffer) release() {
	b.end = 0
	if len(b.bytes) == smallBuffer {
		smallBuffers.Put((*[smallBuffer]byte)(b.bytes))
		b.bytes = nil
	}
}

// enlarge makes it a large one for good.
func (b *buffer) enlarge() {
	if len(b.bytes) < largeBuffer {
		b.bytes = make([]byte, largeBuffer)
	}
}
