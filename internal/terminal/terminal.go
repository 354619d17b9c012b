// Package terminal owns how a command treats the terminal that it speaks to: a few
// lines that stand below all that is said and are drawn again in place (terminal.go),
// what only the operating system knows of a terminal (tty_unix.go, tty_windows.go,
// tty_other.go), and whether a stream is coloured (colour.go).
package terminal

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"

	"gonogo/report/show"
)

// What a frame is made of. Between begin and end a terminal that knows how shows
// nothing, so that no half of a frame is ever seen; the others see no cursor that
// jumps. Nothing of it outlasts the frame: whatever ends the program between two of
// them, the terminal is as it was.
const (
	begin      = "\x1b[?2026h\x1b[?25l"
	end        = "\x1b[?25h\x1b[?2026l"
	wrapOff    = "\x1b[?7l" // a terminal that has just become narrower must not scroll
	wrapOn     = "\x1b[?7h"
	eraseRight = "\x1b[K"
	eraseBelow = "\x1b[J"
)

// A Stream is a stream such as stderr that may have a view below what was written:
// lines that Draw puts there and replaces. What is written meanwhile scrolls above it.
// The cursor rests on the line below the view, where a terminal echoes keys. A Stream
// may be used by several goroutines.
type Stream struct {
	file *os.File

	mu   sync.Mutex // held while the terminal takes what is written
	view []string   // as it was drawn; nil: there is none
	held []byte     // a line that has no end yet, written while the view stands
}

// NewStream returns the stream that the file is.
func NewStream(file *os.File) *Stream { return &Stream{file: file} }

// Of tells whether w is a Stream or a file that is a terminal.
func Of(w io.Writer) bool {
	switch w := w.(type) {
	case *Stream:
		return Of(w.file)
	case *os.File:
		return term.IsTerminal(int(w.Fd())) && obeys(w)
	}
	return false
}

// Size is how many columns and lines the terminal has now; 80 and 24 where it does
// not tell.
func (s *Stream) Size() (width, height int) {
	width, height, err := term.GetSize(int(s.file.Fd()))
	if err != nil || width <= 0 || height <= 0 { // a serial line knows no size
		return 80, 24
	}
	return width, height
}

// IsOurs tells whether this process is the one that the terminal's user speaks to. One
// that the shell has put into the background leaves the screen to others.
func (s *Stream) IsOurs() bool { return inForeground(s.file) }

// Write writes whole lines above the view. What has no line break yet waits for it,
// while a view stands.
func (s *Stream) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.view == nil {
		return s.file.Write(text)
	}
	s.held = append(s.held, text...)
	whole := bytes.LastIndexByte(s.held, '\n') + 1
	if whole == 0 {
		return len(text), nil
	}
	lines := string(s.held[:whole])
	s.held = s.held[whole:]
	if err := s.write(begin + s.erased() + lines + drawn(s.view) + end); err != nil {
		return 0, err
	}
	return len(text), nil
}

// Draw puts the lines in the place of the view that stands, or below what was written.
// None may be wider than the terminal.
func (s *Stream) Draw(lines []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	frame := begin + s.top() + drawn(lines) + eraseBelow + end
	s.view = lines
	return s.write(frame)
}

// Erase takes the view away, if there is one, and what was written stays.
func (s *Stream) Erase() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.view == nil {
		return nil
	}
	text := begin + s.erased() + string(s.held) + end
	s.view, s.held = nil, nil
	return s.write(text)
}

// Forget leaves the view where it is: others have written below it, and the next one
// begins anew.
func (s *Stream) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.view = nil
}

// write hands the terminal all at once.
func (s *Stream) write(text string) error {
	_, err := io.WriteString(s.file, text)
	return err
}

// erased takes the view off the screen and leaves the cursor where it began. It does
// so line by line: some terminals keep what is erased from the first line of the screen
// on as if it had scrolled away.
func (s *Stream) erased() string {
	rows := s.rows()
	return s.top() + strings.Repeat(eraseRight+"\r\n", rows) + eraseBelow + up(rows)
}

// top takes the cursor from below the view to its first line.
func (s *Stream) top() string { return up(s.rows()) }

func up(rows int) string {
	if rows == 0 {
		return "\r"
	}
	return fmt.Sprintf("\r\x1b[%dA", rows)
}

// rows is how many the view takes on the screen. A terminal that has become narrower
// has broken the lines of it, as almost all do.
func (s *Stream) rows() int {
	width, height := s.Size()
	rows := 0
	for _, line := range s.view {
		rows += max(1, (columns(line)+width-1)/width)
	}
	return min(rows, height-1)
}

// drawn is the lines, each over what stood there.
func drawn(lines []string) string {
	var text strings.Builder
	text.WriteString(wrapOff)
	for _, line := range lines {
		text.WriteString(line + eraseRight + "\r\n")
	}
	text.WriteString(wrapOn)
	return text.String()
}

// columns is how wide a line is whose only escapes are colours.
func columns(line string) int {
	sum := 0
	for {
		text, rest, found := strings.Cut(line, "\x1b[")
		sum += show.Columns(text)
		if !found {
			return sum
		}
		_, line, _ = strings.Cut(rest, "m")
	}
}
