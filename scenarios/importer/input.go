package importer

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"unicode/utf8"

	"gonogo/internal/yamlfile"
)

// The limits of what is read and of what is made of it. The file that comes out
// must be one that can be read, and that somebody would read.
const (
	maxInput = 64 << 20
	maxSteps = 2_000
	maxBody  = 64 << 10 // of one step
	maxText  = 2 << 20  // of all steps together
)

// Options say what an importer cannot know.
type Options struct {
	File string // what the input is called in errors and notes
	Name string // of the scenario; "": as the input calls itself

	// Of a recording: the hosts that are kept beside the main one ("*": all), and
	// whether images, styles, fonts and scripts are.
	KeepHosts  []string
	KeepAssets bool
}

// source is an input on its way: its text, what is wrong with it, what is to say of it.
type source struct {
	file     string
	data     []byte
	lines    []int // offsets at which lines start
	notes    []Note
	mistakes yamlfile.Mistakes
	env      *secrets
	size     int // of the bodies so far
}

// open reads the input, as much of it as may be.
func open(r io.Reader, o Options, kind string) (*source, error) {
	s := &source{file: cmp.Or(o.File, kind)}
	s.env = &secrets{source: s}
	data, err := io.ReadAll(io.LimitReader(r, maxInput+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.file, err)
	}
	if len(data) > maxInput {
		return nil, yamlfile.Mistakes{{Pos: s.at(1, 1), What: "the input has more than 64 MiB", Want: "less; leave out what is not to be sent"}}
	}
	s.data = data
	return s, nil
}

func (s *source) at(line, column int) yamlfile.Pos {
	return yamlfile.Pos{File: s.file, Line: line, Column: column}
}

// pos is the place of an offset.
func (s *source) pos(offset int) yamlfile.Pos {
	if s.lines == nil {
		s.lines = []int{0}
		for i, b := range s.data {
			if b == '\n' {
				s.lines = append(s.lines, i+1)
			}
		}
	}
	offset = min(max(offset, 0), len(s.data))
	line, found := slices.BinarySearch(s.lines, offset)
	if !found {
		line--
	}
	column := utf8.RuneCount(s.data[s.lines[line]:offset]) + 1
	return s.at(line+1, column)
}

// maxNotes is how many notes anybody reads.
const maxNotes = 200

func (s *source) note(pos yamlfile.Pos, format string, args ...any) {
	switch {
	case len(s.notes) < maxNotes:
		s.notes = append(s.notes, Note{pos, fmt.Sprintf(format, args...)})
	case len(s.notes) == maxNotes:
		s.notes = append(s.notes, Note{s.at(0, 0), "and more, which are not listed"})
	}
}

// said are the notes, in the order of their places; those about the whole input
// come last.
func (s *source) said() []Note {
	line := func(n Note) int {
		if n.Pos.Line == 0 {
			return math.MaxInt
		}
		return n.Pos.Line
	}
	slices.SortStableFunc(s.notes, func(a, b Note) int {
		return cmp.Or(cmp.Compare(line(a), line(b)), cmp.Compare(a.Pos.Column, b.Pos.Column))
	})
	return s.notes
}

// maxMistakes is how many mistakes anybody reads.
const maxMistakes = 200

func (s *source) wrong(pos yamlfile.Pos, what, want string) {
	if len(s.mistakes) < maxMistakes {
		s.mistakes = append(s.mistakes, &yamlfile.Mistake{Pos: pos, What: what, Want: want})
	}
}

// err is all that is wrong.
func (s *source) err() error {
	s.mistakes.Sort()
	return s.mistakes.Err()
}

// fits tells whether there is room for a body of the size, and takes the room.
func (s *source) fits(pos yamlfile.Pos, size int) bool {
	if size > maxBody || s.size+size > maxText {
		s.note(pos, "a body of %d bytes is left out: save it as a file and name it as body_file", size)
		return false
	}
	s.size += size
	return true
}
