package journal

import (
	"cmp"
	"fmt"
	"slices"
)

// An item is a Record that is read, or the payload of one that is not yet.
type item struct {
	label
	payload []byte
	record  Record
}

// A cursor goes through a source in order of time. What it holds is one stretch
// of a compacted segment, or the whole of a segment of seconds, which is in the
// order in which intervals were sealed; but not before it is needed.
type cursor struct {
	codec  *codec
	source *source
	scan   scanner
	head   label // of what comes next, from its second on
	loaded []item
	sorted bool // the source's seconds are loaded
	done   bool
}

func newCursor(c *codec, s *source, tag string) (*cursor, error) {
	cur := &cursor{codec: c, source: s, scan: s.scanner(tag), head: label{from: s.from, to: s.from}, done: s.to < 0}
	if s.level == 0 || cur.done {
		return cur, nil
	}
	return cur, cur.advance()
}

// take returns the next item and goes on.
func (c *cursor) take() (item, error) {
	if c.source.level == 0 && !c.sorted {
		if err := c.load(); err != nil {
			return item{}, err
		}
	}
	next := c.loaded[0]
	c.loaded = c.loaded[1:]
	return next, c.advance()
}

// advance finds out what comes next.
func (c *cursor) advance() error {
	for len(c.loaded) == 0 && c.source.level > 0 {
		f, err := c.scan.next()
		if done, err := ended(err); done || err != nil {
			c.done = true
			return err
		}
		if f.kind == kindStretch {
			l, _, err := cutLabel(f.payload)
			if err != nil {
				return c.at(f, err)
			}
			c.loaded = append(c.loaded, item{label: l, payload: slices.Clone(f.payload)})
		}
	}
	if c.done = len(c.loaded) == 0; !c.done {
		c.head = c.loaded[0].label
	}
	return nil
}

// load reads a segment of seconds.
func (c *cursor) load() error {
	c.sorted = true
	for {
		f, err := c.scan.next()
		if done, err := ended(err); done || err != nil {
			slices.SortStableFunc(c.loaded, func(i, j item) int { return compareLabels(i.label, j.label) })
			if len(c.loaded) == 0 && err == nil {
				err = fmt.Errorf("%s: it changed while it was read", c.source.name())
			}
			return err
		}
		if f.kind != kindBatch {
			continue
		}
		records, err := c.codec.records(f.payload)
		if err != nil {
			return c.at(f, err)
		}
		for _, r := range records {
			i := &r.Interval
			c.loaded = append(c.loaded, item{label: label{from: i.Second, to: i.Second, phase: i.Phase}, record: r})
		}
	}
}

func (c *cursor) at(f frame, err error) error {
	return fmt.Errorf("%s: at byte %d: %w", c.source.name(), f.offset, err)
}

// A merger goes through many sources at once, in order of time.
type merger struct{ cursors []*cursor }

func newMerger(c *codec, sources []*source, tag string) (*merger, error) {
	m := new(merger)
	for _, s := range sources {
		cur, err := newCursor(c, s, tag)
		if err != nil {
			return nil, err
		}
		m.cursors = append(m.cursors, cur)
	}
	return m, nil
}

// window returns the next items that may have to be merged with one another:
// those of the next unit of seconds or, when unit is 0, of the longest stretch
// that comes next. Stretches are nested, because each length divides the next.
// They are in order of phase and second, the longest first. There are none at the
// end.
func (m *merger) window(unit int) ([]item, error) {
	next := label{from: -1}
	for _, c := range m.cursors {
		if !c.done && (next.from < 0 || cmp.Or(cmp.Compare(c.head.from, next.from), cmp.Compare(next.to, c.head.to)) < 0) {
			next = c.head
		}
	}
	if next.from < 0 {
		return nil, nil
	}
	if unit > 0 {
		next.to = next.from - next.from%unit + unit - 1
	}
	var items []item
	for _, c := range m.cursors {
		for !c.done && c.head.from <= next.to {
			taken, err := c.take()
			if err != nil {
				return nil, err
			}
			items = append(items, taken)
		}
	}
	slices.SortStableFunc(items, func(i, j item) int {
		return cmp.Or(cmp.Compare(i.phase, j.phase), cmp.Compare(i.from, j.from), cmp.Compare(j.to, i.to))
	})
	return items, nil
}

// nested returns how many of the items, from the first on, lie within the first,
// or within its unit of seconds if there is one.
func nested(items []item, unit int) int {
	end := items[0].to
	if unit > 0 {
		end = items[0].from - items[0].from%unit + unit - 1
	}
	n := 1
	for n < len(items) && items[n].phase == items[0].phase && items[n].from <= end {
		n++
	}
	return n
}

// merge returns the items as one Record of that many seconds.
func (c *codec) merge(items []item, length int) (Record, error) {
	records := make([]Record, len(items))
	for n, i := range items {
		if records[n] = i.record; i.payload != nil {
			r, err := c.record(i.payload)
			if err != nil {
				return Record{}, err
			}
			records[n] = r
		}
	}
	from := items[0].from
	return stretch(from-from%length, length, records), nil
}
