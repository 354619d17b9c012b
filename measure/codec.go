package measure

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"
	"unicode/utf8"
)

// The encoding of an Interval: a version, then varints in the order of the
// fields, lengths before lists, only the figures that are not 0. It has one
// form for each Interval: version 2 has groups behind the steps, and version 1 none.
// It has no checksum: that is for whoever stores it.
const (
	plainVersion   = 1
	groupedVersion = 2
)

// MarshalBinary encodes the Interval, always to the same bytes. It never fails.
func (i *Interval) MarshalBinary() ([]byte, error) {
	to := []byte{plainVersion}
	if len(i.Groups) > 0 {
		to[0] = groupedVersion
	}
	to = appendInts(to, int64(i.Second), int64(i.Phase), int64(len(i.Over)))
	to = appendInts(to, i.Over...)
	to = appendParts(to, i.Steps)
	if len(i.Groups) > 0 {
		to = appendParts(to, i.Groups)
	}
	to = appendInts(to, int64(len(i.Errors)))
	for g := range i.Errors {
		to = i.Errors[g].append(to)
	}
	return to, nil
}

func appendParts(to []byte, parts []Part) []byte {
	to = appendInts(to, int64(len(parts)))
	for p := range parts {
		to = appendInts(to, int64(parts[p].Step))
		to = parts[p].append(to)
	}
	return to
}

// appendInts appends numbers that are not negative.
func appendInts(to []byte, numbers ...int64) []byte {
	for _, n := range numbers {
		to = binary.AppendUvarint(to, uint64(n))
	}
	return to
}

func (f *Figures) append(to []byte) []byte {
	to = f.Statuses.append(f.Counts.append(to))
	for _, h := range f.histograms() {
		to = h.append(to)
	}
	return to
}

func (s Statuses) append(to []byte) []byte {
	to = appendInts(to, int64(len(s)))
	for _, of := range s {
		to = appendInts(binary.AppendVarint(to, int64(of.Status)), of.Count)
	}
	return to
}

func (c *Counts) append(to []byte) []byte {
	var which int64
	for class, n := range c.Class {
		if n != 0 {
			which |= 1 << class
		}
	}
	to = appendInts(to, which)
	for _, n := range c.Class {
		if n != 0 {
			to = appendInts(to, n)
		}
	}
	return appendInts(to, c.BytesIn, c.BytesOut, c.BytesDecoded)
}

func (h *Histogram) append(to []byte) []byte {
	packed := h.packed
	if h.pages != nil {
		packed = tallied(func(t *tally) []byte {
			t.load(new(Histogram), h, allBits)
			return t.pack()
		})
	}
	to = appendInts(to, h.count)
	if h.count == 0 {
		return to
	}
	to = appendInts(to, h.sum, h.clipped, int64(h.min), int64(h.max-h.min), int64(len(packed)))
	return append(to, packed...)
}

func (g *ErrorGroup) append(to []byte) []byte {
	to = appendInts(to, int64(g.Class))
	if !g.Other {
		to = appendInts(binary.AppendVarint(to, int64(g.Status)), int64(g.Step))
	}
	to = appendInts(to, g.Count, int64(g.FirstAt), int64(len(g.Example)))
	return append(to, g.Example...)
}

// UnmarshalBinary decodes what MarshalBinary encoded and refuses all else:
// bytes that are left, figures that contradict each other, a second encoding of
// the same. It does not keep data.
func (i *Interval) UnmarshalBinary(data []byte) error {
	r := reader{rest: append([]byte(nil), data...)}
	read := r.interval()
	if r.err == nil && len(r.rest) > 0 {
		r.fail("%d bytes are left", len(r.rest))
	}
	if r.err != nil {
		return fmt.Errorf("decode an interval: %w", r.err)
	}
	*i = read
	return nil
}

// A reader decodes until the first error, which it keeps; then all is 0.
type reader struct {
	rest []byte
	err  error
}

// most is above all that can be counted, and low enough for sums of it.
const most = 1 << 56

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
	r.rest = nil
}

// number decodes a number from 0 to highest.
func (r *reader) number(highest int64) int64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 || size > 1 && r.rest[size-1] == 0 || n > uint64(highest) {
		r.fail("want a number up to %d", highest)
		return 0
	}
	r.rest = r.rest[size:]
	return int64(n)
}

// length decodes that of a list, whose elements are of at least one byte each.
func (r *reader) length() int { return int(r.number(int64(len(r.rest)))) }

func (r *reader) bytes(n int) []byte {
	if n > len(r.rest) {
		r.fail("want %d more bytes", n)
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) interval() Interval {
	version := r.number(math.MaxInt64)
	if version != plainVersion && version != groupedVersion {
		r.fail("want version %d or %d, got %d", plainVersion, groupedVersion, version)
	}
	i := Interval{Second: int(r.number(math.MaxInt32)), Phase: Phase(r.number(int64(Phases) - 1))}
	for range r.length() {
		i.Over = append(i.Over, r.number(most))
	}
	i.Steps = r.parts("step")
	if version == groupedVersion {
		if i.Groups = r.parts("group"); len(i.Groups) == 0 {
			r.fail("version %d without a group", version)
		}
	}
	for range r.length() {
		i.Errors = append(i.Errors, r.group(i.Phase))
	}
	if err := i.check(); err != nil {
		r.fail("%w", err)
	}
	return i
}

// parts decodes those of steps or groups.
func (r *reader) parts(what string) (all []Part) {
	last := int64(-1)
	for range r.length() {
		step := r.number(math.MaxInt32)
		if step <= last {
			r.fail("%s %d is out of order", what, step)
		}
		last = step
		all = append(all, Part{int(step), r.figures()})
	}
	return all
}

func (r *reader) figures() Figures {
	f := Figures{Counts: r.counts(), Statuses: r.statuses()}
	for _, h := range f.histograms() {
		*h = r.histogram()
	}
	return f
}

func (r *reader) statuses() (all Statuses) {
	for range r.length() {
		all = append(all, StatusCount{int(r.signed()), r.number(most)})
	}
	return all
}

func (r *reader) signed() int64 {
	n := uint64(r.number(math.MaxUint32))
	return int64(n>>1) ^ -int64(n&1)
}

func (r *reader) counts() Counts {
	var c Counts
	which := r.number(1<<Classes - 1)
	for class := range c.Class {
		if which>>class&1 == 0 {
			continue
		}
		if c.Class[class] = r.number(most); c.Class[class] == 0 {
			r.fail("%v counts 0", Class(class))
		}
	}
	c.BytesIn, c.BytesOut, c.BytesDecoded = r.number(math.MaxInt64), r.number(math.MaxInt64), r.number(math.MaxInt64)
	return c
}

func (r *reader) histogram() Histogram {
	h := Histogram{count: r.number(most)}
	if h.count == 0 {
		return h
	}
	h.sum, h.clipped = r.number(math.MaxInt64), r.number(h.count)
	h.min = time.Duration(r.number(int64(Longest)))
	h.max = h.min + time.Duration(r.number(int64(Longest-h.min)))
	h.packed = r.packed(r.length())
	if r.err == nil {
		if err := h.check(); err != nil {
			r.fail("%w", err)
		}
	}
	return h
}

// packed returns that many bytes of packed counts that can be trusted.
func (r *reader) packed(size int) []byte {
	packed := r.bytes(size)
	inner := reader{rest: packed}
	for i := int64(-1); len(inner.rest) > 0; {
		i += inner.number(int64(bucketOf(Longest))-1-i) + 1
		if n := inner.number(most); n == 0 {
			inner.fail("bucket %d counts 0", i)
		}
	}
	if inner.err != nil {
		r.fail("%w", inner.err)
	}
	return packed
}

func (r *reader) group(of Phase) ErrorGroup {
	g := ErrorGroup{Phase: of, Class: Class(r.number(int64(Classes) - 1))}
	if g.Class == OK {
		g = ErrorGroup{Step: AllSteps, Other: true}
	} else {
		g.Status, g.Step = int(r.signed()), int(r.number(math.MaxInt32))
	}
	g.Count, g.FirstAt = r.number(most), time.Duration(r.number(math.MaxInt64))
	g.Example = string(r.bytes(int(r.number(maxExample))))
	if g.Count == 0 || !utf8.ValidString(g.Example) || g.Other && g.Example != "" {
		r.fail("a group of errors makes no sense")
	}
	return g
}
