package measure

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Longest is the longest time that a Histogram tells apart.
const Longest = 100 * time.Hour

// A Histogram counts durations with three digits of precision, in the layout
// of HdrHistogram with a unit of one microsecond. Times are rounded up to it:
// no figure is better than what was measured. The zero value is empty and
// ready to use. It has no lock, and a copy shares memory with its original.
type Histogram struct {
	count    int64
	sum      int64 // µs, each time rounded to the nearest
	clipped  int64
	min, max time.Duration

	// Exactly one of the two holds the counts, if any. What is packed never
	// changes and may be shared; adding to it moves it to pages first.
	packed []byte
	pages  *pages
}

// Record adds one duration. A negative one is kept as 0 and one above Longest
// as that; both are counted as clipped.
func (h *Histogram) Record(d time.Duration) {
	d = h.note(d, Longest)
	h.unpack().add(bucketOf(d), 1)
}

// note updates everything but the buckets and returns d as it is to be counted.
func (h *Histogram) note(d, highest time.Duration) time.Duration {
	if d < 0 || d > highest {
		d = min(max(d, 0), highest)
		h.clipped++
	}
	if h.count == 0 || d < h.min {
		h.min = d
	}
	h.max = max(h.max, d)
	h.count++
	h.sum += int64((d + time.Microsecond/2) / time.Microsecond)
	return d
}

// unpack makes the counts ready to be added to.
func (h *Histogram) unpack() *pages {
	if h.pages == nil {
		h.pages = new(pages)
		for i, n := range eachPacked(h.packed) {
			h.pages.add(i, n)
		}
		h.packed = nil
	}
	return h.pages
}

// each yields the indices and counts of the buckets that count something.
func (h *Histogram) each() iter.Seq2[int, int64] {
	if h.pages != nil {
		return h.pages.each()
	}
	return eachPacked(h.packed)
}

// Count returns how many were recorded.
func (h *Histogram) Count() int64 { return h.count }

// Clipped returns how many were out of range.
func (h *Histogram) Clipped() int64 { return h.clipped }

// Min returns the shortest, exactly; 0 when there is none.
func (h *Histogram) Min() time.Duration { return h.min }

// Max returns the longest, exactly; 0 when there is none.
func (h *Histogram) Max() time.Duration { return h.max }

// Mean returns the mean, to the microsecond; 0 when there is none.
func (h *Histogram) Mean() time.Duration {
	if h.count == 0 {
		return 0
	}
	mean := float64(h.sum) / float64(h.count) * float64(time.Microsecond)
	return min(max(time.Duration(math.Round(mean)), h.min), h.max)
}

// Quantile returns a time that is at least as long as the share q of all: the
// upper edge of the bucket of rank ceil(q*Count), but never more than Max. It
// is 0 when there is none: ask Count first, no data is not a good figure.
func (h *Histogram) Quantile(q float64) time.Duration {
	return h.atRank(rankOf(q, h.count))
}

// rankOf returns ceil(q*count), from 1 to count. The product is taken a little
// smaller, because 0.07*100 is above 7 in floating point.
func rankOf(q float64, count int64) int64 {
	product := q * float64(count)
	rank := math.Ceil(product - product*0x1p-51)
	return min(max(int64(rank), 1), count)
}

// Merge adds all that the other one counted.
func (h *Histogram) Merge(o *Histogram) {
	if o.count == 0 {
		return
	}
	if h.count == 0 && o.pages == nil {
		*h = *o
		return
	}
	h.unpack()
	h.absorb(o)
	for i, n := range o.each() {
		h.pages.add(i, n)
	}
}

// absorb merges everything but the buckets.
func (h *Histogram) absorb(o *Histogram) {
	if h.count == 0 || o.count > 0 && o.min < h.min {
		h.min = o.min
	}
	h.max = max(h.max, o.max)
	h.count += o.count
	h.sum += o.sum
	h.clipped += o.clipped
}

// Each visits the buckets that count something, in ascending order. What a
// bucket counts is longer than low (or 0) and at most high.
func (h *Histogram) Each(visit func(low, high time.Duration, count int64)) {
	for i, n := range h.each() {
		low, high := edgesOf(i)
		visit(time.Duration(max(low-1, 0))*time.Microsecond, time.Duration(high)*time.Microsecond, n)
	}
}

// BucketOf returns the edges of the bucket that counts a time, as Each does.
func BucketOf(d time.Duration) (low, high time.Duration) {
	i := bucketOf(min(max(d, 0), Longest))
	from, to := edgesOf(i)
	return time.Duration(max(from-1, 0)) * time.Microsecond, time.Duration(to) * time.Microsecond
}

// Export returns the buckets as an HdrHistogram in microseconds, for its
// encodings. Those carry no exact sum, minimum or maximum: see Exact.
func (h *Histogram) Export() *hdrhistogram.Histogram {
	highest := time.Minute
	for highest < h.max {
		highest *= 2
	}
	x := hdrhistogram.New(1, int64(highest/time.Microsecond), 3).Export()
	for i, n := range h.each() {
		x.Counts[i] = n
	}
	return hdrhistogram.Import(x)
}

// Exact are the figures of a Histogram that its buckets do not hold.
type Exact struct {
	Sum      int64 // µs
	Min, Max time.Duration
	Clipped  int64
}

// Exact returns them, for Import.
func (h *Histogram) Exact() Exact { return Exact{h.sum, h.min, h.max, h.clipped} }

// Import returns the Histogram that Export and Exact took apart. With a zero
// Exact it takes the upper edges of the buckets for what they count.
func Import(x *hdrhistogram.Histogram, exact Exact) (*Histogram, error) {
	if x.LowestTrackableValue() != 1 || x.SignificantFigures() != 3 {
		return nil, fmt.Errorf("import a histogram: want a unit of 1 and 3 digits, got %d and %d",
			x.LowestTrackableValue(), x.SignificantFigures())
	}
	counts := x.Export().Counts
	if slices.Min(counts) < 0 {
		return nil, errors.New("import a histogram: it has a negative count")
	}
	h := fromCounts(counts)
	if exact != (Exact{}) {
		h.sum, h.min, h.max, h.clipped = exact.Sum, exact.Min, exact.Max, exact.Clipped
	}
	if err := h.check(); err != nil {
		return nil, fmt.Errorf("import a histogram: %w", err)
	}
	return h, nil
}

// fromCounts takes each time for the upper edge of its bucket.
func fromCounts(counts []int64) *Histogram {
	h := &Histogram{pages: new(pages)}
	for i, n := range counts {
		if n != 0 {
			h.pages.add(i, n)
			h.absorb(&Histogram{count: n, sum: n * int64(topOf(i)/time.Microsecond), min: topOf(i), max: topOf(i)})
		}
	}
	return h
}

// check finds what cannot be true of a histogram that comes from outside.
func (h *Histogram) check() error {
	var count int64
	first, last, least, most := -1, -1, 0.0, 0.0
	for i, n := range h.each() {
		if n <= 0 || n > math.MaxInt64-count || i > bucketOf(Longest) {
			return fmt.Errorf("bucket %d counts %d", i, n)
		}
		if first < 0 {
			first = i
		}
		low, high := edgesOf(i)
		least += float64(n) * float64(max(low-1, 0))
		most += float64(n) * float64(high)
		count, last = count+n, i
	}
	const slack = 1e-9 // of adding floats
	switch {
	case count != h.count:
		return fmt.Errorf("the buckets count %d, not %d", count, h.count)
	case count == 0 && (h.sum != 0 || h.min != 0 || h.max != 0 || h.clipped != 0):
		return errors.New("it is empty and has a sum, minimum, maximum or clipped times")
	case count == 0:
		return nil
	case h.min < 0 || h.max > Longest || bucketOf(h.min) != first || bucketOf(h.max) != last || h.min > h.max:
		return fmt.Errorf("minimum %v or maximum %v is not in the buckets", h.min, h.max)
	case h.clipped < 0 || h.clipped > count:
		return fmt.Errorf("%d of %d are clipped", h.clipped, count)
	case float64(h.sum) < least*(1-slack) || float64(h.sum) > most*(1+slack):
		return fmt.Errorf("the sum %d is not that of the buckets", h.sum)
	}
	return nil
}
