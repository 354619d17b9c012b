package journal

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// A segment is a file of intervals. Segments of level 0 are written second by
// second and numbered; one of a higher level replaces a row of others, from the
// number first to last, and is named for them. As long as those are still there,
// the one that covers more counts, if it is whole: so replacing is a rename and
// nothing else.
type segment struct{ level, first, last int }

const (
	maxSegment  = 99_999_999
	maxSegments = 4096 // that are read: three days in which nothing was ever merged
)

func (s segment) name() string { return fmt.Sprintf("%d-%08d-%08d.seg", s.level, s.first, s.last) }

func (s segment) covers(o segment) bool { return s.first <= o.first && o.last <= s.last }

// list returns the segments in a folder, in order, each before those that it
// covers, and the names of those that were never finished.
func list(dir string) (segments []segment, unfinished []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	pattern := regexp.MustCompile(`^([0-9])-([0-9]{8})-([0-9]{8})\.seg(\.tmp)?$`)
	for _, entry := range entries {
		m := pattern.FindStringSubmatch(entry.Name())
		switch {
		case m == nil:
		case m[4] != "":
			unfinished = append(unfinished, entry.Name())
		default:
			var s segment
			s.level, _ = strconv.Atoi(m[1])
			s.first, _ = strconv.Atoi(m[2])
			s.last, _ = strconv.Atoi(m[3])
			segments = append(segments, s)
		}
	}
	slices.SortFunc(segments, func(s, o segment) int {
		return cmp.Or(cmp.Compare(s.first, o.first), cmp.Compare(o.last, s.last), cmp.Compare(o.level, s.level))
	})
	return segments, unfinished, nil
}

// fits tells whether there can be such a segment behind another, or behind none.
func (s segment) fits(before *segment) error {
	possible := s.first > 0 && s.first <= s.last && s.level < len(tiers()) && (s.level > 0 || s.first == s.last)
	if !possible || before != nil && s.first <= before.last {
		return fmt.Errorf("%s: there can be no such segment beside the others: was it renamed?", s.name())
	}
	return nil
}

// A source is a segment that is open for reading, and what is known of it.
type source struct {
	segment
	file     *os.File
	size     int64 // how far it went when it was opened
	end      int64 // of its last frame
	from, to int   // the first and the last second; to is -1 when it holds nothing
	wall     time.Time
	raw      int64
	complete bool // it has its last frame
	damage   []Damage
}

// open opens a segment and reads every frame once, for what is damaged.
func (s segment) open(dir *disk, tag string) (src *source, err error) {
	f, err := openFile(dir.path(s.name()))
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			src = nil
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	src = &source{segment: s, file: f, size: info.Size(), to: -1}
	return src, src.survey(tag)
}

// whole tells whether a segment of a higher level is as it was written.
func (s *source) whole() bool { return s.complete && len(s.damage) == 0 }

func (s *source) scanner(tag string) scanner {
	return scanner{file: s.file, seal: sealOf(tag, s.name()), size: s.size}
}

// survey reads the labels of all frames, and checks that they can be merged.
func (s *source) survey(tag string) error {
	scan := s.scanner(tag)
	last := label{to: -1}
	for {
		f, err := scan.next()
		if done, err := ended(err); done || err != nil {
			s.end = scan.end()
			s.note(&scan, last.from, -1)
			return err
		}
		before := last.from
		if err := s.add(f, &last, owner{tag, s.name()}); err != nil {
			return fmt.Errorf("%s: at byte %d: %w", s.name(), f.offset, err)
		}
		s.note(&scan, before, last.to)
	}
}

// note describes the holes that were found since the last time.
func (s *source) note(scan *scanner, from, to int) {
	for _, h := range scan.damaged[len(s.damage):] {
		s.damage = append(s.damage, h.damage(s.name(), from, to))
	}
}

func (s *source) add(f frame, last *label, o owner) error {
	switch {
	case s.complete:
		return errors.New("a frame behind the last one")
	case f.kind == kindFile:
		return o.check(f.payload)
	case f.kind == kindEnd:
		s.complete = true
		return nil
	case f.kind != kindBatch && f.kind != kindStretch || (f.kind == kindBatch) != (s.level == 0):
		return fmt.Errorf("a frame of kind %q makes no sense here", f.kind)
	}
	l, _, err := cutLabel(f.payload)
	if err != nil {
		return err
	}
	if err := s.order(l, last); err != nil {
		return err
	}
	if s.to < 0 || l.from < s.from {
		s.from = l.from
	}
	if s.raw += int64(l.raw); s.level == 0 && s.raw > maxLoaded {
		return fmt.Errorf("more than the %d bytes that gonogo writes to a segment", maxLoaded)
	}
	s.to = max(s.to, l.to)
	if l.wall != 0 {
		s.wall = time.Unix(0, l.wall)
	}
	*last = l
	return nil
}

// order tells whether a stretch is as long as all of its level, and comes after
// the one before.
func (s *source) order(l label, last *label) error {
	unit := tiers()[s.level].unit
	if s.level > 0 && (l.from%unit != 0 || l.to != l.from+unit-1 || s.to >= 0 && compareLabels(l, *last) <= 0) {
		return fmt.Errorf("the seconds %d to %d of %v are out of order", l.from, l.to, l.phase)
	}
	return nil
}

func compareLabels(l, o label) int {
	return cmp.Or(cmp.Compare(l.from, o.from), cmp.Compare(l.phase, o.phase))
}

// A tier says how the segments of a level are kept.
type tier struct {
	unit  int // seconds of a stretch
	age   int // seconds that the newest of those that are merged must be behind the run
	merge int // so many, the oldest, become one of the next level
}

// tiers are chosen so that what measure.Summary keeps of a run over time is the
// same when it is made from a journal: a stretch is never longer than there.
func tiers() []tier {
	return []tier{
		{unit: 1, age: 620, merge: 5},   // segments of a minute
		{unit: 10, age: 1900, merge: 6}, // 5 minutes
		{unit: 60, merge: 8},            // half an hour
		{unit: 60, age: 4 * 3600, merge: 1},
		{unit: 240, merge: 6}, // 4 hours
		{unit: 240},           // a day
	}
}

// due returns the oldest segments that are to be merged, or none. newest is the
// last second of the run so far.
func due(segments []known, newest int) []known {
	for level := len(tiers()) - 2; level >= 0; level-- {
		t := tiers()[level]
		first := slices.IndexFunc(segments, func(s known) bool { return s.level == level })
		if first < 0 || first+t.merge > len(segments) {
			continue
		}
		row := segments[first : first+t.merge]
		if row[t.merge-1].level == level && !slices.ContainsFunc(row, func(s known) bool { return s.to > newest-t.age }) {
			return slices.Clone(row)
		}
	}
	return nil
}
