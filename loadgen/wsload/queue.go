package wsload

import (
	"sync"
	"sync/atomic"

	"gonogo/loadgen/opening"
)

// Counts is what became of the messages of a run, all phases together. Those of a
// connection are added when it ends.
type Counts struct {
	Received int64 // messages
	Bytes    int64 // of them, decoded
	Passed   int64 // that a step looked at, or that came before it sent, and that did not fit
	Dropped  int64 // that nobody waited for while the queue was full
}

type counters struct{ received, bytes, passed, dropped atomic.Int64 }

func (c *counters) add(n Counts) {
	c.received.Add(n.Received)
	c.bytes.Add(n.Bytes)
	c.passed.Add(n.Passed)
	c.dropped.Add(n.Dropped)
}

// Counts returns what was counted so far.
func (c *Client) Counts() Counts {
	n := &c.counts
	return Counts{n.received.Load(), n.bytes.Load(), n.passed.Load(), n.dropped.Load()}
}

// A message is one that came.
type message struct {
	body   []byte // what is looked at
	length int64  // of all of it
	first  opening.Moment
	last   opening.Moment
}

// A queue holds the messages that came and that no step has taken, in order. The
// reader puts them in, the user takes them out.
type queue struct {
	most, mostBytes int

	mu     sync.Mutex // guards what follows
	all    []*message
	head   int // all[head:] are waiting
	bytes  int
	spare  []*message // to be used again
	counts Counts
	ended  error // why no more will come
}

// push adds a message, and drops the oldest ones that are too many.
func (q *queue) push(m *message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.counts.Received++
	q.counts.Bytes += m.length
	q.all = append(q.all, m)
	q.bytes += len(m.body)
	for q.waiting() > 1 && (q.waiting() > q.most || q.bytes > q.mostBytes) {
		q.counts.Dropped++
		q.recycle(q.take())
	}
}

func (q *queue) waiting() int { return len(q.all) - q.head }

func (q *queue) take() *message {
	m := q.all[q.head]
	q.all[q.head] = nil
	if q.head++; q.head == len(q.all) {
		q.all, q.head = q.all[:0], 0
	} else if q.head >= 2*q.most {
		n := copy(q.all, q.all[q.head:])
		clear(q.all[n:])
		q.all, q.head = q.all[:n], 0
	}
	q.bytes -= len(m.body)
	return m
}

// pop returns the oldest message; or why there will be none, or nothing at all.
func (q *queue) pop() (*message, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiting() > 0 {
		return q.take(), nil
	}
	return nil, q.ended
}

// pass drops all messages that wait.
func (q *queue) pass() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.waiting() > 0 {
		q.counts.Passed++
		q.recycle(q.take())
	}
}

// giveBack returns a message that was taken, and says whether it fit.
func (q *queue) giveBack(m *message, fit bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !fit {
		q.counts.Passed++
	}
	q.recycle(m)
}

// What is kept for later messages.
const (
	mostSpare  = 4
	largeSpare = 64 << 10
)

func (q *queue) recycle(m *message) {
	if len(q.spare) < mostSpare && cap(m.body) <= largeSpare {
		q.spare = append(q.spare, m)
	}
}

// blank returns an empty message.
func (q *queue) blank() *message {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := len(q.spare)
	if n == 0 {
		return &message{}
	}
	m := q.spare[n-1]
	q.spare = q.spare[:n-1]
	*m = message{body: m.body[:0]}
	return m
}

// end says that no more messages will come. The first reason counts.
func (q *queue) end(why error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended == nil {
		q.ended = why
	}
}

// isOver returns why no more messages will come; nil when some may.
func (q *queue) isOver() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.ended
}
