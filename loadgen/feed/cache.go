package feed

import (
	"hash/crc32"
	"io"
	"sync"

	"gonogo/loadgen/session"
)

// The cache's bounds.
const (
	mostSlots = 64
	cacheSize = 4 << 20
)

// A cache keeps groups in memory. Each has its place in one slot, as in a cache of a
// processor; whoever reads a row holds that slot's lock alone. It has no more memory
// than Open gave it.
type cache struct {
	file  io.ReaderAt
	index *index
	slots []slot
}

type slot struct {
	sync.Mutex
	group  int // that it holds; -1: none
	text   []byte
	at     int   // where in the text
	row    int64 // this row begins
	record record
}

func (c *cache) init(file io.ReaderAt, x *index) {
	c.file, c.index = file, x
	c.slots = make([]slot, min(mostSlots, len(x.groups), max(2, cacheSize/x.largest)))
	for i := range c.slots {
		c.slots[i].group = -1
		c.slots[i].text = make([]byte, 0, x.largest)
	}
}

// read gives a row to a user.
func (c *cache) read(row int64, s *Source, to *session.Session) error {
	g := c.index.find(row)
	slot := &c.slots[g%len(c.slots)]
	slot.Lock()
	defer slot.Unlock()
	if slot.group != g {
		if err := c.load(slot, g); err != nil {
			return err
		}
	}
	if slot.record.wanted == nil {
		slot.record.wanted = s.wanted
		slot.record.cells = make([]cell, s.cells)
	}
	if row < slot.row {
		slot.at, slot.row = 0, c.index.groups[g].row
	}
	n, _ := s.layout.row(slot.text[slot.at:])
	for slot.row < row {
		slot.at += n
		more, _, _ := s.layout.gap(afterRow, slot.text[slot.at:], true)
		slot.at += more
		slot.row++
		n, _ = s.layout.row(slot.text[slot.at:])
	}
	if f := s.layout.cells(slot.text[slot.at:slot.at+n], &slot.record); f != nil {
		return errChanged // and yet its sum is the same
	}
	s.give(&slot.record, to)
	return nil
}

// load reads a group. It has to be what the pass saw.
func (c *cache) load(s *slot, g int) error {
	at := &c.index.groups[g]
	s.group, s.at, s.row = -1, 0, at.row
	s.text = s.text[:at.length]
	n, err := c.file.ReadAt(s.text, at.offset)
	if n < len(s.text) {
		if err == io.EOF {
			err = errChanged
		}
		return err
	}
	if crc32.Checksum(s.text, castagnoli()) != at.sum {
		return errChanged
	}
	s.group = g
	return nil
}
