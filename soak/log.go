package soak

import (
	"fmt"
	"os"
	"strings"
	"sync"
)

// A Log appends lines to a file, each in one write. It survives what happens to
// logs in a day: the file may be rotated away or truncated, and its disk may be
// full. It never fails its caller: what cannot be written is counted, said once,
// and tried again with the next line.
//
// A file that was renamed is noticed by itself, before the next line; Reopen does
// the same at once. Truncation (copytruncate) needs nothing: every write goes to
// the end that the file has then.
type Log struct {
	path   string
	format Format
	say    func(string)

	mu   sync.Mutex // a signal may ask for a new file between two lines
	file *os.File   // nil: to be opened
	torn bool       // the file ends within a line
	lost int        // lines since the last that was written
}

// OpenLog opens the log at path, or makes it. say is told, in a line of text, when
// the log cannot be written any more and when it can again.
func OpenLog(path string, format Format, say func(string)) (*Log, error) {
	l := &Log{path: path, format: format, say: say}
	if err := l.open(); err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	return l, nil
}

func (l *Log) open() (err error) {
	l.torn = isTorn(l.path)
	l.file, err = os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	return err
}

// isTorn tells whether a file ends within a line: its disk was full, or whoever
// wrote it was killed.
func isTorn(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return false
	}
	last := []byte{'\n'}
	_, err = f.ReadAt(last, info.Size()-1)
	return err == nil && last[0] != '\n'
}

// Line writes a line, and returns what it says.
func (l *Log) Line(line Line) string {
	return l.write(l.format.render(line.At, line.Run, line.fields()))
}

// Event writes an event, likewise.
func (l *Log) Event(e Event) string { return l.write(l.format.render(e.At, e.Run, e.fields())) }

// Reopen opens the file at the log's path anew: after a rotation.
func (l *Log) Reopen() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop()
}

// Close ends the log.
func (l *Log) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop()
}

// drop forgets the file, whose lines were written already.
func (l *Log) drop() {
	if l.file != nil {
		_ = l.file.Close()
	}
	l.file = nil
}

func (l *Log) write(line []byte) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.append(line)
	switch {
	case err != nil && l.lost == 0:
		l.say(fmt.Sprintf("the log cannot be written, and the run goes on without: %v", err))
	case err == nil && l.lost > 0:
		l.say(fmt.Sprintf("the log is written again; lines lost: %d", l.lost))
	}
	l.lost++
	if err == nil {
		l.lost = 0
	}
	return strings.TrimSuffix(string(line), "\n")
}

// append writes one line to the file that has the log's path now. A line that was
// cut off by a full disk is ended first, so that this one stands by itself.
func (l *Log) append(line []byte) error {
	if l.moved() {
		l.drop()
	}
	if l.file == nil {
		if err := l.open(); err != nil {
			return err
		}
	}
	if l.torn {
		line = append([]byte{'\n'}, line...)
	}
	n, err := l.file.Write(line)
	if n > 0 {
		l.torn = n < len(line)
	}
	if err != nil {
		l.drop() // the disk may have been mounted anew
	}
	return err
}

// moved tells whether another file has the log's path, or none.
func (l *Log) moved() bool {
	if l.file == nil {
		return false
	}
	open, err := l.file.Stat()
	if err != nil {
		return true
	}
	there, err := os.Stat(l.path)
	return err != nil || !os.SameFile(open, there)
}
