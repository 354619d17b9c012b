package measure

import (
	"slices"
	"time"
)

// Even returns the run over time, oldest first, in stretches of one length: as short
// as makes most of them at most, for each phase. Their histograms are to 1.6 %, where
// a stretch is not a second.
func (s *Summary) Even(most int) (unit time.Duration, all []Bucket) {
	seconds := s.series.even(max(1, most))
	return time.Duration(seconds) * time.Second, tallied(func(t *tally) []Bucket { return s.series.inStretchesOf(t, seconds) })
}

// evenUnits are lengths, in seconds, that people read time by. Behind the last one,
// each is twice the one before. Every length that stretches can have divides some.
func evenUnits() []int {
	return []int{1, 2, 5, medium, 20, 30, minute, 2 * minute, 4 * minute, 12 * minute, 3600, 6 * 3600, 24 * 3600}
}

// even returns the shortest unit that the series can be cut into evenly, and that
// makes no more than most stretches of the time there is.
func (s *series) even(most int) int {
	coarsest := 1
	for at := range s.stretches {
		switch {
		case at.start < s.cut.medium:
			coarsest = max(coarsest, s.cut.unit)
		case at.start < s.cut.fine:
			coarsest = max(coarsest, medium)
		}
	}
	first, end := s.extent()
	end = max(end, first+1)
	fits := func(unit int) bool { return unit%coarsest == 0 && (end-1)/unit-first/unit < most }
	units := evenUnits()
	for _, unit := range units {
		if fits(unit) {
			return unit
		}
	}
	unit := 2 * units[len(units)-1]
	for ; !fits(unit); unit *= 2 {
	}
	return unit
}

// inStretchesOf returns the buckets, merged where several belong to one stretch.
func (s *series) inStretchesOf(t *tally, unit int) []Bucket {
	pieces := make(map[stretch][]*Bucket)
	for at, b := range s.stretches {
		to := stretch{at.start / unit * unit, at.phase}
		pieces[to] = append(pieces[to], b)
	}
	all := make([]Bucket, 0, len(pieces))
	for at, of := range pieces {
		b := *of[0]
		if unit > 1 {
			b = *s.sum(t, at.phase, oldBits, of)
		}
		all = append(all, s.dated(b, at.start, at.start+unit))
	}
	slices.SortFunc(all, inTime)
	return all
}

// Coarse returns the Histogram to 1.6 %: a time is as long as the longest that it is
// not told apart from.
func (h *Histogram) Coarse() *Histogram {
	return tallied(func(t *tally) *Histogram {
		to := new(Histogram)
		t.load(to, h, oldBits)
		to.packed = t.pack()
		told := Histogram{packed: to.packed, clipped: to.clipped}
		for i, n := range to.each() {
			top := topOf(i)
			told.absorb(&Histogram{count: n, sum: n * int64(top/time.Microsecond), min: top, max: top})
		}
		return &told
	})
}
