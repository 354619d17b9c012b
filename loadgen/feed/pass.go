package feed

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"unicode/utf8"
)

// openRegular opens a file that can be read at any place. It looks before it opens:
// opening a FIFO waits for a writer.
func openRegular(path string) (*os.File, int64, error) {
	about, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	if !about.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s: is a %s: want a regular file", path, kind(about.Mode()))
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	return file, about.Size(), nil
}

func kind(m os.FileMode) string {
	switch {
	case m.IsDir():
		return "directory"
	case m&os.ModeNamedPipe != 0:
		return "FIFO"
	case m&os.ModeSocket != 0:
		return "socket"
	}
	return "device"
}

// A pass goes through a file once, checks every row and makes the index.
type pass struct {
	layout layout
	in     *io.SectionReader
	index  index
	wrong  mistakes

	buf      []byte
	from, to int // of what was read and not yet passed
	last     bool
	phase    phase
	begun    bool
	record   record

	offset    int64 // of buf[from] in the file
	line      int   // and its line, from 1
	lineStart int64
	spacing   int64
	sum       uint32 // of the group that is open
	rowEnd    int64  // of the last row
	rowSum    uint32 // and the group's sum there
	table     *crc32.Table
}

func newPass(path string, l layout, in io.ReaderAt, size int64) *pass {
	return &pass{
		layout: l, in: io.NewSectionReader(in, 0, size), wrong: mistakes{path: path}, buf: make([]byte, min(64<<10, size+16)),
		record: record{pass: &seen{}}, line: 1, spacing: spacing(size), table: castagnoli(),
	}
}

// errEnough ends a pass behind a mistake after which nothing can be told from rows.
var errEnough = errors.New("enough")

func (p *pass) run() error {
	path := p.wrong.path
	err := p.start()
	for err == nil {
		err = p.row()
	}
	switch {
	case err != io.EOF && err != errEnough:
		return fmt.Errorf("%s: %w", path, err)
	case p.wrong.told != nil:
		return p.wrong.err()
	case p.offset != p.in.Size():
		return fmt.Errorf("%s: %w", path, errChanged)
	case p.offset == 0:
		return fmt.Errorf("%s: is empty: want rows", path)
	case p.index.rows == 0:
		return fmt.Errorf("%s: has no rows: want one at least", path)
	}
	p.close()
	return nil
}

// start passes over the mark that some editors put before the text.
func (p *pass) start() error {
	if err := p.fill(); err != nil {
		return err
	}
	text := p.buf[:p.to]
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		p.flaw(nil, flawAt(0, "the file is UTF-16: want UTF-8"))
		return errEnough
	}
	if bytes.HasPrefix(text, []byte("\ufeff")) {
		p.pass(3)
		p.lineStart = 3
	}
	return nil
}

// row passes over one row and what lies before it.
func (p *pass) row() error {
	if err := p.gap(); err != nil {
		return err
	}
	n, ok := p.layout.row(p.buf[p.from:p.to])
	for !ok && !p.last && n <= longestRow {
		if err := p.fill(); err != nil {
			return err
		}
		n, ok = p.layout.row(p.buf[p.from:p.to])
	}
	if n > longestRow {
		p.flaw(nil, flawAt(0, "a row of more than %d MiB, or one that is never closed; what follows was not read", longestRow>>20))
		return errEnough
	}
	p.check(p.buf[p.from : p.from+n])
	p.pass(n)
	p.phase, p.rowEnd, p.rowSum = afterRow, p.offset, p.sum
	return nil
}

// gap goes to the start of the next row. io.EOF: there is none.
func (p *pass) gap() error {
	for {
		text := p.buf[p.from:p.to]
		n, next, f := p.layout.gap(p.phase, text, p.last)
		if f != nil {
			p.flaw(text, f)
			return errEnough
		}
		p.pass(n)
		p.phase = next
		switch {
		case p.to-p.from > 1 || p.last && p.to > p.from:
			return nil
		case p.last:
			return io.EOF
		}
		if err := p.fill(); err != nil {
			return err
		}
	}
}

// check looks at a row, and at the first one for the header. The row begins a group
// where the one before is long enough.
func (p *pass) check(row []byte) {
	if at := bytes.IndexByte(row, 0); at >= 0 {
		p.flaw(row, flawAt(at, "a NUL byte: want text"))
		return
	}
	if !utf8.Valid(row) {
		p.flaw(row, flawAt(invalid(row), "no UTF-8: want a file in UTF-8"))
		return
	}
	if !p.begun {
		p.begun = true
		if header, f := p.layout.begin(row); header {
			p.flaw(row, f)
			return
		}
	}
	if f := p.layout.cells(row, &p.record); f != nil {
		p.flaw(row, f)
		return
	}
	if n := len(p.index.groups); n == 0 || p.offset-p.index.groups[n-1].offset >= p.spacing {
		p.close()
		p.index.groups = append(p.index.groups, group{offset: p.offset, row: p.index.rows})
	}
	p.index.rows++
}

// close ends the group that is open with its last row, for what lies behind may be long.
func (p *pass) close() {
	if n := len(p.index.groups); n > 0 {
		last := &p.index.groups[n-1]
		last.length, last.sum = uint32(p.rowEnd-last.offset), p.rowSum
		p.index.largest = max(p.index.largest, int(last.length))
	}
	p.sum = 0
}

// invalid returns where the text is no UTF-8.
func invalid(text []byte) int {
	for at := 0; at < len(text); {
		r, n := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && n == 1 {
			return at
		}
		at += n
	}
	return len(text)
}

// flaw adds a mistake in the text, which begins where the pass is.
func (p *pass) flaw(text []byte, f *flaw) {
	if f == nil {
		return
	}
	before := text[:f.at]
	line, column := p.line+bytes.Count(before, []byte("\n")), p.offset+int64(f.at)-p.lineStart
	if at := bytes.LastIndexByte(before, '\n'); at >= 0 {
		column = int64(f.at - at - 1)
	}
	p.wrong.add(line, column+1, f.what)
}

// pass goes on by so many bytes.
func (p *pass) pass(n int) {
	text := p.buf[p.from : p.from+n]
	p.sum = crc32.Update(p.sum, p.table, text)
	p.line += bytes.Count(text, []byte("\n"))
	if at := bytes.LastIndexByte(text, '\n'); at >= 0 {
		p.lineStart = p.offset + int64(at) + 1
	}
	p.from += n
	p.offset += int64(n)
}

// fill reads more behind what is there.
func (p *pass) fill() error {
	p.to = copy(p.buf, p.buf[p.from:p.to])
	p.from = 0
	if p.to == len(p.buf) {
		p.buf = append(p.buf, make([]byte, len(p.buf))...)
	}
	n, err := p.in.Read(p.buf[p.to:])
	p.to += n
	if err == io.EOF {
		p.last = true
		err = nil
	}
	return err
}
