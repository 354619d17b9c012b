package replay

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"sync"
	"time"

	"gonogo/loadgen"
)

// ahead is how many groups are read before they are asked for: whoever keeps the time
// of a run must not wait for a disk.
const ahead = 3

// A playback is a goroutine that reads groups into batches, and whoever takes their
// arrivals. The batches go round between the two.
type playback struct {
	from    time.Duration
	free    chan *batch
	full    chan *batch
	stop    chan struct{}
	reading sync.WaitGroup

	current *batch // the taker's, as is what follows
	at      int
	err     error
}

// Play returns the arrivals from an instant on. It reads ahead until it is closed.
func (t *Trace) Play(from time.Duration) loadgen.Playback {
	p := &playback{from: from, free: make(chan *batch, ahead), full: make(chan *batch, ahead), stop: make(chan struct{})}
	for range ahead {
		p.free <- t.newBatch()
	}
	p.reading.Go(func() { p.read(t) })
	return p
}

// read reads one group after the other, and ends with the last or one that changed.
func (p *playback) read(t *Trace) {
	defer close(p.full)
	for i := t.groupOf(p.from); i < len(t.groups); i++ {
		var b *batch
		select {
		case b = <-p.free:
		case <-p.stop:
			return
		}
		b.read(t, i)
		p.full <- b // there is room for all of them
		if b.err != nil {
			return
		}
	}
}

// Next implements loadgen.Playback.
func (p *playback) Next() (loadgen.Recorded, bool) {
	for {
		for p.current != nil && p.at < len(p.current.arrivals) {
			r := p.current.arrivals[p.at]
			p.at++
			if r.At >= p.from {
				return r, true
			}
		}
		if !p.turn() {
			return loadgen.Recorded{}, false
		}
	}
}

// turn goes on to the next batch.
func (p *playback) turn() bool {
	if p.current != nil {
		if p.err = p.current.err; p.err != nil {
			return false
		}
		p.free <- p.current // there is room for all of them
	}
	p.current, p.at = <-p.full, 0
	return p.current != nil
}

// Err implements loadgen.Playback.
func (p *playback) Err() error { return p.err }

// Close implements loadgen.Playback.
func (p *playback) Close() {
	close(p.stop)
	p.reading.Wait()
}

// A batch is a group as it was read. Its memory is used again for the next.
type batch struct {
	text     []byte
	reader   reader
	key      []byte
	arrivals []loadgen.Recorded
	err      error
	table    *crc32.Table
}

func (t *Trace) newBatch() *batch {
	return &batch{table: crc32.MakeTable(crc32.Castagnoli)}
}

// read reads a group. One that is no longer what it was has no arrivals.
func (b *batch) read(t *Trace, i int) {
	g := t.groups[i]
	b.arrivals, b.reader.arena, b.err = b.arrivals[:0], b.reader.arena[:0], nil
	if cap(b.text) < int(g.length) {
		b.text = make([]byte, g.length)
	}
	b.text = b.text[:g.length]
	n, err := t.file.ReadAt(b.text, g.offset)
	switch {
	case n < len(b.text) && err != io.EOF:
		b.err = fmt.Errorf("%s: %w", t.path, err)
		return
	case n < len(b.text) || crc32.Checksum(b.text, b.table) != g.sum:
		b.err = fmt.Errorf("%s: %w", t.path, errChanged)
		return
	}
	for text, first := b.text, i == 0; len(text) > 0; first = false {
		end := bytes.IndexByte(text, '\n') + 1
		if end == 0 {
			end = len(text)
		}
		b.take(t, text[:end], first)
		text = text[end:]
	}
}

// take takes a line, which the sum has shown to be as good as it was.
func (b *batch) take(t *Trace, text []byte, first bool) {
	var l line
	if any, _ := b.reader.line(text, first, &l); !any {
		return
	}
	step, counts := t.routes.route(&l, &b.key)
	if !counts {
		return
	}
	if step < 0 {
		step = t.routes.others[string(l.method)]
	}
	b.arrivals = append(b.arrivals, loadgen.Recorded{At: l.at, Flow: step, Target: l.path})
}
