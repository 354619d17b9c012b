package journal

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"time"
)

// A Reader is a journal as it was at the moment of Read: what is written later is
// not seen. It has no lock, and holds its files open until Close.
type Reader struct {
	dir     string
	tag     string
	header  Header
	events  eventLog
	sources []*source
	covered []segment // by sources that are whole
	damage  []Damage
}

// Read opens a journal for reading, also one that is being written. It goes
// through every file once, so that Damage is known from the start. What cannot be
// left out, such as a wrong header or a segment of another journal, is an error.
func Read(dir string) (*Reader, error) {
	r, err := read(&disk{dir: dir})
	if err != nil {
		return nil, fmt.Errorf("read journal %s: %w", dir, err)
	}
	return r, nil
}

// How often a folder is looked at anew, because a segment was replaced between
// the listing and the opening, or seems to be missing because of that.
const (
	triesToOpen = 20
	triesToFind = 3
)

func read(dir *disk) (*Reader, error) {
	header, tag, damaged, err := readHeader(dir)
	if err != nil {
		return nil, err
	}
	r := &Reader{dir: dir.dir, tag: tag, header: header}
	for try := 1; ; try++ {
		r.damage = nil
		if damaged != nil {
			r.damage = append(r.damage, *damaged)
		}
		again, err := r.open(dir)
		if err == nil && (!again || try == triesToFind) {
			return r, nil
		}
		_ = r.Close()
		if err != nil && (!again || try == triesToOpen) {
			return nil, err
		}
	}
}

// open opens all files. It asks to be called again when segments are missing,
// which may be because they were merged meanwhile.
func (r *Reader) open(dir *disk) (again bool, err error) {
	segments, _, err := list(dir.dir)
	if err != nil {
		return false, err
	}
	if err := r.choose(dir, segments); err != nil {
		return errors.Is(err, fs.ErrNotExist), err
	}
	if err := r.openEvents(dir); err != nil {
		return false, err
	}
	return r.assess(), nil
}

// choose opens the segments that count.
func (r *Reader) choose(dir *disk, segments []segment) error {
	if len(segments) > maxSegments {
		return fmt.Errorf("it has %d segments, the limit is %d", len(segments), maxSegments)
	}
	r.sources, r.covered = nil, nil
	var before *segment
	for n, s := range segments {
		if before != nil && before.covers(s) {
			r.covered = append(r.covered, s)
			continue
		}
		if err := s.fits(before); err != nil {
			return err
		}
		src, err := s.open(dir, r.tag)
		if err != nil {
			return err
		}
		if !src.whole() && n+1 < len(segments) && s.covers(segments[n+1]) {
			r.damage = append(r.damage, Damage{
				File: s.name(), Bytes: src.size, From: src.from, To: src.to, Cause: "it is not whole; what it was made of is read", Lossless: true,
			})
			_ = src.file.Close()
			continue
		}
		r.sources, before = append(r.sources, src), &src.segment
	}
	return nil
}

func (r *Reader) openEvents(dir *disk) error {
	f, err := openFile(dir.path(eventsName))
	if errors.Is(err, fs.ErrNotExist) {
		r.events = eventLog{}
		r.damage = append(r.damage, Damage{File: eventsName, To: -1, Cause: "the file is missing"})
		return nil
	} else if err != nil {
		return err
	}
	defer f.Close()
	r.events, err = readEvents(f, r.tag)
	r.damage = append(r.damage, r.events.damage...)
	return err
}

// assess finds what is damaged beyond single frames, and tells whether a segment
// is missing.
func (r *Reader) assess() (missing bool) {
	next, second := 1, 0
	for n, s := range r.sources {
		if s.first != next {
			missing = true
			r.damage = append(r.damage, gone(next, s.first-1, second, s.from))
		}
		next = s.last + 1
		r.damage = append(r.damage, s.assessed(n == len(r.sources)-1 && !r.closed())...)
		if s.to >= 0 {
			second = s.to
		}
	}
	if next <= r.events.segment {
		missing = true
		r.damage = append(r.damage, gone(next, r.events.segment, second, -1))
	}
	return missing
}

func gone(first, last, from, to int) Damage {
	s := segment{0, first, last}
	return Damage{File: s.name(), From: from, To: to, Cause: "the segment is missing, in this form or merged into another"}
}

// assessed returns a source's damage. Only the last one may be without its end,
// while the run goes on.
func (s *source) assessed(open bool) []Damage {
	all := slices.Clone(s.damage)
	if s.complete || open && s.level == 0 {
		return all
	}
	if n := len(all); n > 0 && all[n-1].Lossless {
		all[n-1].Lossless, all[n-1].Cause = false, "the end is missing"
		return all
	}
	return append(all, Damage{File: s.name(), Offset: s.size, From: s.to, To: -1, Cause: "the end is missing"})
}

// Header returns which run it is.
func (r *Reader) Header() *Header { return &r.header }

// Events returns what happened, in the order in which it was noted.
func (r *Reader) Events() []Event { return r.events.events }

// Damage returns what could not be read, and is left out.
func (r *Reader) Damage() []Damage { return r.damage }

// closed tells whether the last that happened is that everything was written.
func (r *Reader) closed() bool {
	n := len(r.events.events)
	return n > 0 && r.events.events[n-1].Kind == Closed
}

// Ended tells whether the run came to its end, or was stopped before. If not, it
// goes on or it died.
func (r *Reader) Ended() bool {
	for _, e := range slices.Backward(r.events.events) {
		switch e.Kind {
		case Ended, Stopped:
			return true
		case Started, Resumed:
			return false
		}
	}
	return false
}

// Last returns the last second of which something is known, -1 when there is
// none, and when that was by the wall clock.
func (r *Reader) Last() (second int, wall time.Time) {
	second, wall = -1, r.header.Started
	for _, s := range r.sources {
		second = max(second, s.to)
		if s.wall.After(wall) {
			wall = s.wall
		}
	}
	return second, wall
}

// Records yields the run in order of time and phase. Each second and phase is in
// one Record only, however often and late something of it was sealed. A Record is
// never changed; an error is the last that comes. It may be called again.
func (r *Reader) Records() iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		c := &codec{config: &r.header.Config}
		m, err := newMerger(c, r.sources, r.tag)
		for err == nil {
			var records []Record
			if records, err = m.records(c); len(records) == 0 {
				break
			}
			for _, record := range records {
				if !yield(record, nil) {
					return
				}
			}
		}
		if err != nil {
			yield(Record{}, fmt.Errorf("read journal %s: %w", r.dir, err))
		}
	}
}

// records returns the next ones, none at the end.
func (m *merger) records(c *codec) ([]Record, error) {
	items, err := m.window(0)
	if err != nil {
		return nil, err
	}
	var records []Record
	for len(items) > 0 {
		n := nested(items, 0)
		record, err := c.merge(items[:n], items[0].to-items[0].from+1)
		if err != nil {
			return nil, err
		}
		records = append(records, record)
		items = items[n:]
	}
	slices.SortStableFunc(records, func(a, b Record) int {
		return cmp.Or(cmp.Compare(a.Interval.Second, b.Interval.Second), cmp.Compare(a.Interval.Phase, b.Interval.Phase))
	})
	return records, nil
}

// Close closes the files.
func (r *Reader) Close() error {
	var errs []error
	for _, s := range r.sources {
		errs = append(errs, s.file.Close())
	}
	r.sources = nil
	return errors.Join(errs...)
}
