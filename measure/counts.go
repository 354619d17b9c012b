package measure

import (
	"encoding/binary"
	"iter"
	"math/bits"
	"sync"
	"time"
)

// The layout is HdrHistogram's for a unit of 1 µs and three digits: the first
// 2048 buckets are one unit wide, and each 1024 that follow twice as wide as
// those before.
const (
	halfBits = 10 // 1024 buckets for each doubling
	pageBits = 7  // 128 counts to a page
	pageSize = 1 << pageBits
)

// bucketOf returns the index of the bucket that counts d, which is in range.
func bucketOf(d time.Duration) int {
	return indexOf(uint64(d+time.Microsecond-1) / uint64(time.Microsecond))
}

func indexOf(unit uint64) int {
	shift := max(bits.Len64(unit)-halfBits-1, 0)
	return shift<<halfBits + int(unit>>shift)
}

// edgesOf returns the smallest and the largest unit that bucket i counts.
func edgesOf(i int) (low, high int64) {
	shift := max(i>>halfBits-1, 0)
	low = int64(i-shift<<halfBits) << shift
	return low, low + 1<<shift - 1
}

// topOf returns the upper edge of bucket i, which it still counts.
func topOf(i int) time.Duration {
	_, high := edgesOf(i)
	return time.Duration(high) * time.Microsecond
}

// coarse returns the last bucket of the group that agrees with bucket i in that
// many significant bits of the value: it is never less than i.
func coarse(i, significant int) int {
	low, _ := edgesOf(i)
	drop := max(bits.Len64(uint64(low))-significant, 0)
	return indexOf(uint64(low) | (1<<drop - 1))
}

// pages hold counts that still grow. Only pages that count something exist.
// They start with 16 bits a count, which is enough for most of the steps of a
// large plan, and become wide when one of their counts outgrows that.
type pages struct {
	narrow []*[pageSize]uint16
	wide   []*[pageSize]int64
}

func (p *pages) add(i int, n int64) {
	page, at := i>>pageBits, i&(pageSize-1)
	if page < len(p.wide) && p.wide[page] != nil {
		p.wide[page][at] += n
		return
	}
	narrow := *grown(&p.narrow, page)
	if narrow == nil {
		narrow = new([pageSize]uint16)
		p.narrow[page] = narrow
	}
	if sum := int64(narrow[at]) + n; sum < 1<<16 {
		narrow[at] = uint16(sum)
		return
	}
	p.widen(page)[at] += n
}

// widen moves a page to where counts have 64 bits.
func (p *pages) widen(page int) *[pageSize]int64 {
	wide := new([pageSize]int64)
	for at, n := range p.narrow[page] {
		wide[at] = int64(n)
	}
	p.narrow[page] = nil
	*grown(&p.wide, page) = wide
	return wide
}

// grown returns the element of a slice that is made long enough for it.
func grown[T any](s *[]T, i int) *T {
	for len(*s) <= i {
		*s = append(*s, *new(T))
	}
	return &(*s)[i]
}

// each yields the indices and counts of the buckets that count something.
func (p *pages) each() iter.Seq2[int, int64] {
	return func(yield func(int, int64) bool) {
		for page := range max(len(p.narrow), len(p.wide)) {
			if page < len(p.narrow) && !eachOf(page, p.narrow[page], yield) ||
				page < len(p.wide) && !eachOf(page, p.wide[page], yield) {
				return
			}
		}
	}
}

// eachOf yields those of one page, which may not exist.
func eachOf[N uint16 | int64](page int, counts *[pageSize]N, yield func(int, int64) bool) bool {
	if counts == nil {
		return true
	}
	for at, n := range counts {
		if n != 0 && !yield(page<<pageBits+at, int64(n)) {
			return false
		}
	}
	return true
}

// Packed counts are pairs of varints in ascending order: how far the bucket's
// index is above the one before (the first: above -1), less one, and its count.

// eachPacked yields indices and counts.
func eachPacked(packed []byte) iter.Seq2[int, int64] {
	return func(yield func(int, int64) bool) {
		for i := -1; len(packed) > 0; {
			gap, size := binary.Uvarint(packed)
			packed = packed[size:]
			n, size := binary.Uvarint(packed)
			packed = packed[size:]
			i += int(gap) + 1
			if !yield(i, int64(n)) {
				return
			}
		}
	}
}

// A tally adds up counts densely and packs them. It marks which of them are not
// 0, so that packing a few of many is cheap. It is used again and again.
type tally struct {
	counts []int64
	marks  []uint64
	packed []byte
}

// tallies are those that nobody uses. What is packed leaves one empty.
var tallies = sync.Pool{New: func() any { return new(tally) }}

// tallied is what make returns, given an empty tally that it leaves empty.
func tallied[T any](make func(*tally) T) T {
	t := tallies.Get().(*tally)
	made := make(t)
	tallies.Put(t)
	return made
}

func (t *tally) add(i int, n int64) {
	if n == 0 {
		return
	}
	if i >= len(t.counts) {
		t.grow(i)
	}
	t.counts[i] += n
	t.marks[i>>6] |= 1 << (i & 63)
}

func (t *tally) grow(i int) {
	size := (i>>halfBits + 1) << halfBits
	t.counts = append(t.counts, make([]int64, size-len(t.counts))...)
	t.marks = append(t.marks, make([]uint64, size>>6-len(t.marks))...)
}

// load adds a histogram to one whose buckets are in the tally until packed,
// with so many significant bits.
func (t *tally) load(to, h *Histogram, bits int) {
	to.absorb(h)
	for i, n := range h.each() {
		if bits < allBits {
			i = coarse(i, bits)
		}
		t.add(i, n)
	}
}

// sum returns the sum of packed counts, packed.
func (t *tally) sum(of [][]byte) []byte {
	for _, packed := range of {
		for i, n := range eachPacked(packed) {
			t.add(i, n)
		}
	}
	return t.pack()
}

// pack returns the packed counts, nil if there are none, and forgets them.
func (t *tally) pack() []byte {
	t.packed = t.packed[:0]
	last := -1
	for word, marks := range t.marks {
		if marks == 0 {
			continue
		}
		t.marks[word] = 0
		for ; marks != 0; marks &= marks - 1 {
			i := word<<6 + bits.TrailingZeros64(marks)
			t.packed = binary.AppendUvarint(t.packed, uint64(i-last-1))
			t.packed = binary.AppendUvarint(t.packed, uint64(t.counts[i]))
			t.counts[i], last = 0, i
		}
	}
	return append([]byte(nil), t.packed...)
}
