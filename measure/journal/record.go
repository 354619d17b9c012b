package journal

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"gonogo/measure"
)

// A Record is a stretch of the run, of one phase.
type Record struct {
	Interval measure.Interval // of the whole stretch; its Second is the first
	Length   int              // of the stretch, in seconds: 1, 10, 60 or 240
	Cells    []measure.Cell   // the exact counters of each of its seconds that had requests, in order
}

// stretch merges Records of one phase that lie within a stretch.
func stretch(from, length int, of []Record) Record {
	if len(of) == 1 && of[0].Length == length {
		return of[0]
	}
	merged := Record{Length: length}
	intervals := make([]measure.Interval, len(of))
	for i := range of {
		intervals[i] = of[i].Interval
		merged.Cells = append(merged.Cells, of[i].Cells...)
	}
	merged.Interval = measure.Stretch(from, intervals)
	merged.Cells = measure.JoinCells(merged.Cells)
	return merged
}

// single is a Record of one second.
func single(i measure.Interval) Record {
	return Record{Interval: i, Length: 1, Cells: []measure.Cell{i.Cell()}}
}

// A label begins the payload of a batch or stretch, and is not compressed.
type label struct {
	from, to int           // the first and the last second
	phase    measure.Phase // of a stretch
	wall     int64         // Unix time in ns, of a batch
	raw      int           // bytes of what follows, before it was compressed
}

func (l label) append(to []byte) []byte {
	for _, n := range [...]int{l.from, l.to - l.from, int(l.phase), int(l.wall), l.raw} {
		to = binary.AppendUvarint(to, uint64(n))
	}
	return to
}

// cutLabel parts a payload.
func cutLabel(payload []byte) (l label, rest []byte, err error) {
	r := numbers{rest: payload}
	l.from = int(r.next(maxSecond))
	l.to = l.from + int(r.next(maxSecond-int64(l.from)))
	l.phase = measure.Phase(r.next(int64(measure.Phases) - 1))
	l.wall = r.next(math.MaxInt64)
	l.raw = int(r.next(maxRaw))
	if r.err != nil {
		return label{to: -1}, nil, r.err
	}
	return l, r.rest, nil
}

// How much is read at once, so that a file that lies about itself cannot take
// all memory. What is written is always within.
const (
	maxSecond = math.MaxInt32
	maxRaw    = 64 << 20 // of one frame: a plan of 500 steps at 100,000 requests a second needs 26 MB
	perStep   = 1 << 20  // of one frame, for each step and group
	otherwise = 2 << 20  // and for what is not a step's
	maxLoaded = 80 << 20 // of a segment of level 0
	fullAt    = 16 << 20 // there, it is complete
	batchSize = 256 << 10
)

// A codec turns Records into payloads and back. It is used again and again, by
// one goroutine.
type codec struct {
	config     *measure.Config
	fast, best *flate.Writer
	inflate    io.ReadCloser
	raw        []byte
	buf        bytes.Buffer
}

// worthwhile is from how many seconds on a stretch repeats itself enough to look
// for it: a minute becomes 14 % smaller, and of ten seconds nothing.
const worthwhile = 60

func (c *codec) limit() int { return min(maxRaw, perStep*c.names()+otherwise) }

// names is how many steps and groups there are.
func (c *codec) names() int { return len(c.config.Steps) + len(c.config.Groups) }

// batches returns the payloads of intervals: one, unless they are many. Each is
// read back first: what is written can be read, come what may.
func (c *codec) batches(intervals []measure.Interval, wall time.Time) ([][]byte, error) {
	var payloads [][]byte
	raw, l := []byte(nil), label{from: math.MaxInt, wall: wall.UnixNano()}
	for n := range intervals {
		i := &intervals[n]
		start := len(raw)
		raw = appendInterval(raw, i)
		if _, _, err := c.cutInterval(raw[start:]); err != nil {
			return nil, err
		}
		l.from, l.to = min(l.from, i.Second), max(l.to, i.Second)
		if len(raw) < batchSize && n < len(intervals)-1 {
			continue
		}
		payload, err := c.pack(l, raw, true)
		if err != nil {
			return nil, err
		}
		payloads = append(payloads, payload)
		raw, l.from, l.to = raw[:0], math.MaxInt, 0
	}
	return payloads, nil
}

func appendInterval(to []byte, i *measure.Interval) []byte {
	data, _ := i.MarshalBinary() // it never fails
	return append(binary.AppendUvarint(to, uint64(len(data))), data...)
}

// pack returns a payload of its own memory.
func (c *codec) pack(l label, raw []byte, fast bool) ([]byte, error) {
	if l.raw = len(raw); l.raw > c.limit() {
		return nil, fmt.Errorf("the seconds %d to %d take %d bytes, the limit is %d", l.from, l.to, l.raw, c.limit())
	}
	w, level := &c.best, flate.DefaultCompression
	if fast {
		w, level = &c.fast, flate.HuffmanOnly
	}
	c.buf.Reset()
	if *w == nil {
		*w, _ = flate.NewWriter(&c.buf, level) // the level is valid
	} else {
		(*w).Reset(&c.buf)
	}
	_, _ = (*w).Write(raw) // to memory: it cannot fail
	_ = (*w).Close()
	return append(l.append(nil), c.buf.Bytes()...), nil
}

// unpack returns what pack took, valid until the next time.
func (c *codec) unpack(payload []byte) (label, []byte, error) {
	l, rest, err := cutLabel(payload)
	if err != nil {
		return l, nil, err
	}
	if l.raw > c.limit() {
		return l, nil, fmt.Errorf("want up to %d bytes for %d steps and groups, got %d", c.limit(), c.names(), l.raw)
	}
	packed := bytes.NewReader(rest)
	if c.inflate == nil {
		c.inflate = flate.NewReader(packed)
	} else if err := c.inflate.(flate.Resetter).Reset(packed, nil); err != nil {
		return l, nil, err
	}
	c.buf.Reset()
	n, err := io.Copy(&c.buf, io.LimitReader(c.inflate, int64(l.raw)+1))
	switch {
	case err != nil:
		return l, nil, fmt.Errorf("decompress the seconds from %d on: %w", l.from, err)
	case n != int64(l.raw) || packed.Len() > 0:
		return l, nil, fmt.Errorf("decompress the seconds from %d on: want %d bytes, no more and no less", l.from, l.raw)
	}
	return l, c.buf.Bytes(), nil
}

// records reads a batch.
func (c *codec) records(payload []byte) ([]Record, error) {
	l, raw, err := c.unpack(payload)
	if err != nil {
		return nil, err
	}
	var all []Record
	for len(raw) > 0 {
		var i measure.Interval
		if i, raw, err = c.cutInterval(raw); err != nil {
			return nil, err
		}
		if i.Second < l.from || i.Second > l.to {
			return nil, fmt.Errorf("want the seconds %d to %d, got %d", l.from, l.to, i.Second)
		}
		all = append(all, single(i))
	}
	return all, nil
}

func (c *codec) cutInterval(raw []byte) (i measure.Interval, rest []byte, err error) {
	n, size := binary.Uvarint(raw)
	if size <= 0 || n > uint64(len(raw)-size) {
		return i, nil, errors.New("an interval is longer than what holds it")
	}
	raw = raw[size:]
	if err := i.UnmarshalBinary(raw[:n]); err != nil {
		return i, nil, err
	}
	return i, raw[n:], i.Fits(c.config)
}

// stretch returns the payload of a Record.
func (c *codec) stretch(r *Record) ([]byte, error) {
	i := &r.Interval
	c.raw = appendCells(appendInterval(c.raw[:0], i), i, r.Cells)
	return c.pack(label{from: i.Second, to: i.Second + r.Length - 1, phase: i.Phase}, c.raw, r.Length < worthwhile)
}

// record reads a stretch.
func (c *codec) record(payload []byte) (r Record, err error) {
	l, raw, err := c.unpack(payload)
	if err != nil {
		return r, err
	}
	r.Length = l.to - l.from + 1
	if r.Interval, raw, err = c.cutInterval(raw); err != nil {
		return r, err
	}
	if i := &r.Interval; i.Second != l.from || i.Phase != l.phase {
		return r, fmt.Errorf("want second %d of %v, got %d of %v", l.from, l.phase, i.Second, i.Phase)
	}
	if r.Cells, err = cutCells(raw, &r); err != nil {
		return r, fmt.Errorf("the counters of second %d on: %w", l.from, err)
	}
	return r, nil
}
