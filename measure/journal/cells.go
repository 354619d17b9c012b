package journal

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"gonogo/measure"
)

// The encoding of the Cells of a stretch: how many, then each by its second since
// the one before, its steps likewise with the classes that are not 0, their
// counts and the bytes, where the interval has groups those likewise, and its counts
// by limit. All numbers are varints.
func appendCells(to []byte, of *measure.Interval, cells []measure.Cell) []byte {
	add := func(n int64) { to = binary.AppendUvarint(to, uint64(n)) }
	add(int64(len(cells)))
	first := of.Second
	for _, cell := range cells {
		add(int64(cell.Second - first))
		first = cell.Second
		to = appendSteps(to, cell.Steps)
		if len(of.Groups) > 0 {
			to = appendSteps(to, cell.Groups)
		}
		for _, n := range cell.Over {
			add(n)
		}
	}
	return to
}

func appendSteps(to []byte, steps []measure.StepCounts) []byte {
	to = binary.AppendUvarint(to, uint64(len(steps)))
	step := 0
	for s := range steps {
		to = binary.AppendUvarint(to, uint64(steps[s].Step-step))
		step = steps[s].Step
		to = appendCounts(to, &steps[s].Counts)
	}
	return to
}

func appendCounts(to []byte, c *measure.Counts) []byte {
	var which uint64
	for class, n := range c.Class {
		if n != 0 {
			which |= 1 << class
		}
	}
	to = binary.AppendUvarint(to, which)
	for _, n := range c.Class {
		if n != 0 {
			to = binary.AppendUvarint(to, uint64(n))
		}
	}
	for _, n := range [...]int64{c.BytesIn, c.BytesOut, c.BytesDecoded} {
		to = binary.AppendUvarint(to, uint64(n))
	}
	return to
}

// cutCells reads the Cells of a Record, which have to add up to its Interval.
func cutCells(data []byte, of *Record) ([]measure.Cell, error) {
	r := numbers{rest: data}
	i := &of.Interval
	length := min(r.length(), of.Length)
	cells := make([]measure.Cell, 0, length)
	sum := i.Cell()
	sum.Over = slices.Clone(sum.Over)
	second := i.Second
	for n := range length {
		ahead := int(r.next(int64(i.Second + of.Length - 1 - second)))
		if n > 0 && ahead == 0 {
			r.fail("a second comes twice")
		}
		second += ahead
		cell := measure.Cell{Second: second, Phase: i.Phase}
		cell.Steps = r.steps(len(i.Steps))
		if len(i.Groups) > 0 {
			cell.Groups = r.steps(len(i.Groups))
		}
		for range i.Over {
			cell.Over = append(cell.Over, r.next(math.MaxInt64))
		}
		if r.err == nil {
			subtract(&sum, &cell, &r)
		}
		cells = append(cells, cell)
	}
	if r.err == nil && (len(r.rest) > 0 || !empty(&sum)) {
		r.fail("they do not add up to the interval")
	}
	return cells, r.err
}

func (r *numbers) steps(most int) []measure.StepCounts {
	length, step := min(r.length(), most), 0
	if length == 0 {
		return nil
	}
	steps := make([]measure.StepCounts, 0, length)
	for n := range length {
		ahead := int(r.next(maxSteps))
		if n > 0 && ahead == 0 {
			r.fail("a step comes twice")
		}
		step += ahead
		steps = append(steps, measure.StepCounts{Step: step, Counts: r.counts()})
	}
	return steps
}

func (r *numbers) counts() (c measure.Counts) {
	which := r.next(1<<measure.Classes - 1)
	for class := range c.Class {
		if which>>class&1 != 0 {
			c.Class[class] = r.next(math.MaxInt64)
		}
	}
	c.BytesIn, c.BytesOut, c.BytesDecoded = r.next(math.MaxInt64), r.next(math.MaxInt64), r.next(math.MaxInt64)
	return c
}

// subtract takes a Cell off a sum, and fails where there is not as much.
func subtract(sum, cell *measure.Cell, r *numbers) {
	subtractSteps("step", sum.Steps, cell.Steps, r)
	subtractSteps("group", sum.Groups, cell.Groups, r)
	for k, n := range cell.Over {
		r.take(&sum.Over[k], n)
	}
}

func subtractSteps(what string, sum, steps []measure.StepCounts, r *numbers) {
	for _, s := range steps {
		at, found := slices.BinarySearchFunc(sum, s.Step, func(s measure.StepCounts, step int) int { return s.Step - step })
		if !found {
			r.fail("they know %s %d and the interval does not", what, s.Step)
			return
		}
		from := &sum[at].Counts
		for class, n := range s.Class {
			r.take(&from.Class[class], n)
		}
		r.take(&from.BytesIn, s.BytesIn)
		r.take(&from.BytesOut, s.BytesOut)
		r.take(&from.BytesDecoded, s.BytesDecoded)
	}
}

// take takes a count off a sum.
func (r *numbers) take(from *int64, n int64) {
	if *from -= n; *from < 0 {
		r.fail("they count more than the interval")
	}
}

func empty(c *measure.Cell) bool {
	counts := func(s measure.StepCounts) bool { return s.Counts != measure.Counts{} }
	return !slices.ContainsFunc(c.Steps, counts) && !slices.ContainsFunc(c.Groups, counts) &&
		!slices.ContainsFunc(c.Over, func(n int64) bool { return n != 0 })
}

// numbers reads varints until the first error, which it keeps; then all are 0.
type numbers struct {
	rest []byte
	err  error
}

func (r *numbers) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
	r.rest = nil
}

// next reads a number from 0 to highest.
func (r *numbers) next(highest int64) int64 {
	if r.err != nil {
		return 0
	}
	n, size := binary.Uvarint(r.rest)
	if size <= 0 {
		r.fail("it ends too early")
		return 0
	}
	if n > uint64(max(highest, 0)) {
		r.fail("want a number up to %d, got %d", highest, n)
		return 0
	}
	r.rest = r.rest[size:]
	return int64(n)
}

// length reads that of a list, whose elements take a byte at least.
func (r *numbers) length() int { return int(r.next(int64(len(r.rest)))) }
