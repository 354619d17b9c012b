// Package terminaltest is a terminal to test against: it takes what a program writes
// and knows what a user would see.
package terminaltest

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Screen is a terminal of a size. It knows the escapes that this project writes;
// any other is kept in Unknown.
type Screen struct {
	Above   []string // lines that have scrolled away
	Unknown []string
	Hidden  bool // the cursor
	Held    bool // nothing is shown until a frame is complete

	width, height int
	rows          [][]rune
	row, column   int
	nowrap        bool
	rest          string // of an escape or a letter that is not complete yet
}

// New returns an empty one.
func New(width, height int) *Screen {
	return &Screen{width: width, height: height, rows: [][]rune{nil}}
}

// Write implements io.Writer.
func (s *Screen) Write(text []byte) (int, error) {
	left := s.rest + string(text)
	for s.rest = ""; left != ""; {
		if !utf8.FullRuneInString(left) {
			s.rest = left
			break
		}
		if left[0] != '\x1b' {
			r, size := utf8.DecodeRuneInString(left)
			s.put(r)
			left = left[size:]
			continue
		}
		end := strings.IndexFunc(left[min(2, len(left)):], func(r rune) bool { return r >= '@' && r <= '~' })
		if end < 0 {
			s.rest = left
			break
		}
		s.obey(left[:end+3])
		left = left[end+3:]
	}
	return len(text), nil
}

// put shows a rune at the cursor. Every one is a column wide.
func (s *Screen) put(r rune) {
	switch r {
	case '\r':
		s.column = 0
		return
	case '\n': // as a terminal's driver has it, which adds the other
		s.column = 0
		s.down()
		return
	}
	if s.column >= s.width {
		if s.column = s.width - 1; !s.nowrap {
			s.column = 0
			s.down()
		}
	}
	for len(s.rows[s.row]) <= s.column {
		s.rows[s.row] = append(s.rows[s.row], ' ')
	}
	s.rows[s.row][s.column] = r
	s.column++
}

func (s *Screen) down() {
	if s.row++; s.row == len(s.rows) {
		s.rows = append(s.rows, nil)
	}
	s.scroll()
}

// scroll lets what does not fit any more go.
func (s *Screen) scroll() {
	for len(s.rows) > s.height {
		s.Above = append(s.Above, text(s.rows[0]))
		s.rows, s.row = s.rows[1:], max(0, s.row-1)
	}
}

func (s *Screen) obey(escape string) {
	switch escape {
	case "\x1b[?25l":
		s.Hidden = true
	case "\x1b[?25h":
		s.Hidden = false
	case "\x1b[?2026h":
		s.Held = true
	case "\x1b[?2026l":
		s.Held = false
	case "\x1b[?7l":
		s.nowrap = true
	case "\x1b[?7h":
		s.nowrap = false
	case "\x1b[K":
		s.rows[s.row] = s.rows[s.row][:min(s.column, len(s.rows[s.row]))]
	case "\x1b[J":
		s.rows[s.row] = s.rows[s.row][:min(s.column, len(s.rows[s.row]))]
		s.rows = s.rows[:s.row+1]
	default:
		n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(escape, "\x1b["), "A"))
		switch {
		case strings.HasSuffix(escape, "A") && err == nil:
			s.row = max(0, s.row-n)
		case !strings.HasSuffix(escape, "m"):
			s.Unknown = append(s.Unknown, fmt.Sprintf("%q", escape))
		}
	}
}

// Resize gives the screen another size, and breaks lines anew as most terminals do.
func (s *Screen) Resize(width, height int) {
	var rows [][]rune
	at := 0
	for i, r := range s.rows {
		for len(r) > width {
			rows, r = append(rows, r[:width:width]), r[width:]
		}
		rows = append(rows, r)
		if i == s.row {
			at = len(rows) - 1
		}
	}
	s.width, s.height, s.rows, s.row = width, height, rows, at
	s.scroll()
}

// String is all that was written and not erased, also what has scrolled away, without
// blank lines at the end.
func (s *Screen) String() string {
	all := append([]string{}, s.Above...)
	for _, r := range s.rows {
		all = append(all, text(r))
	}
	return strings.TrimRight(strings.Join(all, "\n"), "\n")
}

func text(row []rune) string { return strings.TrimRight(string(row), " ") }
