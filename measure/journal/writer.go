package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"gonogo/measure"
)

// A Writer appends to a journal. It may be used by many goroutines.
//
// What Add and Note return from has been handed to the kernel: it outlives the
// process. What is to outlive the machine is made durable in the background: once
// a second, and at once after an event; and in Sync and Close.
type Writer struct {
	disk   *disk
	tag    string
	header Header
	lock   *os.File
	rest   func(context.Context, time.Duration) // after so long a piece of merging

	syncing sync.Mutex // is held while files are made durable; taken before mu

	mu       sync.Mutex // guards all below; nobody waits for a disk to be durable under it
	codec    codec
	clock    clock
	segments []known // that are complete
	current  *file   // of seconds; nil between two
	filled   known   // what current holds
	raw      int     // bytes of it, before they were compressed
	events   *file
	waiting  waiting
	newest   int     // the last second of the run so far
	unsynced []*file // complete ones that are not durable yet
	named    bool    // there are segments whose names are not
	failing  error   // of the last attempt to make durable
	unmerged error   // of the last attempt to merge
	closed   bool

	kick   chan struct{} // make durable now
	merge  chan struct{} // look for what is to be merged
	cancel context.CancelFunc
	done   sync.WaitGroup
}

// known is a segment, the second in which it began, and its last second.
type known struct {
	segment
	from, to int
}

// waiting is what could not be written yet.
type waiting struct {
	batches [][]byte
	size    int // bytes of them
	events  []Event
	since   time.Time
	cause   error // nil when nothing is wrong
	lost    lost
}

// lost is what was given up because too much was waiting.
type lost struct {
	from, to int
	requests int64
}

// How much waits in memory for room on the disk: bytes of batches, at 1000
// requests a second half an hour of them; and events, of which the last ones are
// the caller's.
const (
	maxWaiting = 8 << 20
	maxNotes   = 1000
	ownNotes   = maxNotes / 2
)

// Add seals intervals: they are in the journal when it returns nil. They are
// written all or none, unless they take more than 256 KiB.
//
// When they cannot be written, it returns why, and they wait in memory, up to
// 8 MiB of them, and are written by the next Add that can. So go on with the run,
// and tell somebody. What is given up is told by an event and by Close.
func (w *Writer) Add(intervals []measure.Interval) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return w.wrap(os.ErrClosed)
	}
	w.lookAtClock()
	payloads, err := w.codec.batches(intervals, w.clock.wall)
	if w.waiting.size > maxWaiting {
		_ = w.flush() // there may be room again
	}
	if err != nil || w.waiting.size > maxWaiting {
		w.waiting.lost.add(intervals)
		payloads = nil
	}
	for _, i := range intervals {
		w.newest = max(w.newest, i.Second)
	}
	for _, p := range payloads {
		w.waiting.batches, w.waiting.size = append(w.waiting.batches, p), w.waiting.size+len(p)
	}
	if err != nil {
		err = w.wrap(err)
	}
	return errors.Join(err, w.flush())
}

func (w *Writer) wrap(err error) error {
	return fmt.Errorf("write journal %s: %w", w.disk.dir, err)
}

func (l *lost) add(intervals []measure.Interval) {
	for n := range intervals {
		i := &intervals[n]
		if l.requests == 0 {
			l.from, l.to = i.Second, i.Second
		}
		l.from, l.to = min(l.from, i.Second), max(l.to, i.Second)
		for p := range i.Steps {
			l.requests += i.Steps[p].Planned()
		}
	}
}

// lookAtClock notes when the wall clock does not go like the monotonic one.
func (w *Writer) lookAtClock() {
	jumped, jump := w.clock.read()
	if jumped {
		w.note(Event{Kind: ClockJumped, Length: jump, Text: "the wall clock against the monotonic one: it was set, or the machine slept"})
	}
}

// Note adds an event, which is made durable at once, in the background. One
// without a wall time is of now, and one without At of the last second added.
func (w *Writer) Note(e Event) error {
	if err := e.check(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
		return w.wrap(os.ErrClosed)
	case len(w.waiting.events) >= maxNotes:
		return w.wrap(fmt.Errorf("%d events wait in memory, this one is lost: %w", maxNotes, w.waiting.cause))
	}
	w.noteAt(e)
	err := w.flush()
	w.wake(w.kick)
	return err
}

// note adds an event of our own, to be written by the next flush. There is room
// kept for those of the caller: ours may be as many as the times that a disk gets
// full.
func (w *Writer) note(e Event) {
	if len(w.waiting.events) < ownNotes && w.events.size < maxEvents-eventRoom {
		w.noteAt(e)
	}
}

func (w *Writer) noteAt(e Event) {
	if e.Wall.IsZero() {
		e.Wall = time.Now()
	}
	if e.At == 0 {
		e.At = w.second()
	}
	w.waiting.events = append(w.waiting.events, e)
}

func (w *Writer) second() time.Duration { return time.Duration(max(w.newest, 0)) * time.Second }

func (w *Writer) wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// flush writes all that waits, as far as it can be written.
func (w *Writer) flush() error {
	err := errors.Join(w.flushBatches(), w.flushEvents())
	switch {
	case err != nil && w.waiting.cause == nil:
		w.waiting.cause, w.waiting.since = err, time.Now()
		w.note(Event{Kind: Full, Text: "it cannot be written and waits in memory: " + err.Error()})
		_ = w.flushEvents() // a few bytes may find room
	case err == nil && (w.waiting.cause != nil || w.waiting.lost.requests > 0):
		w.recovered()
		err = w.flushEvents()
	}
	if err != nil {
		return w.wrap(fmt.Errorf("%d bytes wait in memory, what is over %d is lost: %w", w.waiting.size, maxWaiting, err))
	}
	return nil
}

// recovered notes that there is room again, and what was lost meanwhile.
func (w *Writer) recovered() {
	q := &w.waiting
	if l := q.lost; l.requests > 0 {
		w.noteAt(Event{
			Kind: Lost, At: time.Duration(l.from) * time.Second, Length: time.Duration(l.to-l.from+1) * time.Second, Requests: l.requests,
			Text: fmt.Sprintf("of the seconds %d to %d, %d requests are not in the journal", l.from, l.to, l.requests),
		})
	}
	if q.cause != nil {
		w.note(Event{Kind: Room, Length: time.Since(q.since), Text: "all that waited is written"})
	}
	q.cause, q.lost = nil, lost{}
}

func (w *Writer) flushBatches() error {
	q := &w.waiting
	for len(q.batches) > 0 {
		if err := w.append(q.batches[0]); err != nil {
			return err
		}
		q.size -= len(q.batches[0])
		q.batches = q.batches[1:]
	}
	q.batches = nil
	return nil
}

func (w *Writer) flushEvents() error {
	q := &w.waiting
	for len(q.events) > 0 {
		payload, err := q.events[0].encode(w.lastSegment())
		if err == nil && w.events.size+int64(headSize+len(payload)) > maxEvents {
			err = fmt.Errorf("%s has %d bytes, the limit is %d", eventsName, w.events.size, maxEvents)
		}
		if err == nil {
			err = w.events.append(kindEvent, payload)
		}
		if err != nil {
			return err
		}
		q.events = q.events[1:]
	}
	q.events = nil
	return nil
}

// lastSegment returns the number of the newest segment of seconds.
func (w *Writer) lastSegment() int {
	if w.current != nil {
		return w.filled.last
	}
	if n := len(w.segments); n > 0 {
		return w.segments[n-1].last
	}
	return 0
}

// append writes a batch to the current segment, or to the next.
func (w *Writer) append(batch []byte) error {
	l, _, err := cutLabel(batch)
	if err != nil {
		return err
	}
	if w.current != nil && (l.to >= w.filled.from+segmentLength || w.raw+l.raw > fullAt) {
		if err := w.complete(); err != nil {
			return err
		}
	}
	if w.current == nil {
		if err := w.begin(l.to); err != nil {
			return err
		}
	}
	if err := w.current.append(kindBatch, batch); err != nil {
		return err
	}
	w.filled.to, w.raw = max(w.filled.to, l.to), w.raw+l.raw
	return nil
}

// segmentLength is how many seconds go into a segment.
const segmentLength = 60

// begin makes the next segment.
func (w *Writer) begin(second int) error {
	next := w.lastSegment() + 1
	s := segment{0, next, next}
	if next > maxSegment {
		return fmt.Errorf("there are %d segments, which is the limit", maxSegment)
	}
	f, err := newFile(w.disk, s.name(), s.name(), w.tag)
	if err != nil {
		return err
	}
	w.current, w.filled, w.raw = f, known{segment: s, from: second, to: -1}, 0
	w.named = true
	return nil
}

// complete ends the current segment. Making it durable is left to others.
func (w *Writer) complete() error {
	if err := w.current.append(kindEnd, nil); err != nil {
		return err
	}
	w.segments = append(w.segments, w.filled)
	w.unsynced = append(w.unsynced, w.current)
	w.current = nil
	w.wake(w.merge)
	return nil
}
