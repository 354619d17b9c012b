package httpload

import (
	"bytes"
	"sync/atomic"
	"time"
)

// A memo remembers a head that was parsed, for all users of a step. The answers of
// a step mostly begin with the very same bytes, for a second at least: what these
// mean is known already. A head with a Location is not remembered, since that is
// part of the buffer.
type memo struct {
	last    atomic.Pointer[parsed]
	learned atomic.Int64 // when last was set, of the run
}

// parsed is a head with what it means. It never changes.
type parsed struct {
	bytes []byte
	head  head
}

// learnEvery bounds what remembering costs where every head is another.
const learnEvery = 100 * time.Millisecond

// recall returns the remembered head if b begins with it, else nil.
func (m *memo) recall(b []byte) *parsed {
	if m == nil {
		return nil
	}
	p := m.last.Load()
	if p == nil || !bytes.HasPrefix(b, p.bytes) {
		return nil
	}
	return p
}

// learn remembers a head that was read at the instant now, unless another one was
// remembered a moment ago.
func (m *memo) learn(b []byte, h head, now time.Duration) {
	if m == nil || h.location != nil {
		return
	}
	last := m.learned.Load()
	if m.last.Load() != nil && now-time.Duration(last) < learnEvery || !m.learned.CompareAndSwap(last, int64(now)) {
		return
	}
	m.last.Store(&parsed{bytes.Clone(b), h})
}
