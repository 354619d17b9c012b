package feed

import (
	"bytes"
	"fmt"
)

// csv is RFC 4180: a field may be in quotes, and has to be where it holds a quote, a
// delimiter or a line break. Lines end in \n or \r\n, empty ones are no rows.
type csv struct {
	delimiter byte
	names     []string
	given     bool // the names came with the options
}

func newCSV(delimiter string, header []string) (*csv, error) {
	c := &csv{delimiter: ',', names: header, given: header != nil}
	if delimiter != "" {
		c.delimiter = delimiter[0]
		if len(delimiter) > 1 || c.delimiter >= 0x80 || bytes.IndexByte([]byte("\"\r\n\x00"), c.delimiter) >= 0 {
			return nil, fmt.Errorf("delimiter %q: want one ASCII character such as ; that is no quote and no line break", clip(delimiter))
		}
	}
	if c.given {
		for i := range header {
			if f := c.checkName(i); f != nil {
				return nil, fmt.Errorf("header: %s", f.what)
			}
		}
		if len(header) == 0 || len(header) > mostColumns {
			return nil, fmt.Errorf("header: has %d names: want 1 to %d", len(header), mostColumns)
		}
	}
	return c, nil
}

// checkName looks at a name and those before it.
func (c *csv) checkName(i int) *flaw {
	if c.names[i] == "" {
		return flawAt(0, "column %d has no name", i+1)
	}
	for j, name := range c.names[:i] {
		if name == c.names[i] {
			return flawAt(0, "column %d is called %q like column %d: want each name once", i+1, clip(name), j+1)
		}
	}
	return nil
}

func (c *csv) columns() []string { return c.names }

func (c *csv) begin(row []byte) (bool, *flaw) {
	if c.given {
		return false, nil
	}
	var scratch []byte
	var first *flaw
	for at := 0; at >= 0; {
		start := at
		var f *flaw
		if scratch, at, f = c.field(scratch[:0], row, at); f != nil {
			c.names = nil // how many they are is not known
			return true, f
		}
		if len(c.names) == mostColumns {
			c.names = nil
			return true, flawAt(start, "the header has more than %d columns", mostColumns)
		}
		c.names = append(c.names, string(scratch))
		if f := c.checkName(len(c.names) - 1); f != nil && first == nil {
			f.at = start
			first = f
		}
	}
	return true, first
}

func (c *csv) gap(p phase, text []byte, last bool) (int, phase, *flaw) {
	i := 0
	for ; i < len(text); i++ {
		if text[i] == '\r' {
			switch {
			case i+1 < len(text) && text[i+1] == '\n':
				i++
				continue
			case i+1 == len(text) && last:
				return i + 1, p, nil
			}
		}
		if text[i] != '\n' {
			break
		}
	}
	return i, p, nil
}

func (c *csv) row(text []byte) (int, bool) {
	end := bytes.IndexByte(text, '\n')
	if end >= 0 && bytes.IndexByte(text[:end], '"') < 0 {
		return end, true
	}
	for i := 0; ; i++ { // at the start of a field
		if i < len(text) && text[i] == '"' {
			if i = closing(text, i); i < 0 {
				return len(text), false
			}
		}
		for i < len(text) && text[i] != c.delimiter && text[i] != '\n' {
			i++
		}
		switch {
		case i >= len(text):
			return len(text), false
		case text[i] == '\n':
			return i, true
		}
	}
}

// closing returns what lies behind the quoted text that begins at an index, or -1.
func closing(text []byte, at int) int {
	for at++; ; at += 2 {
		quote := bytes.IndexByte(text[at:], '"')
		if quote < 0 {
			return -1
		}
		at += quote
		if at+1 >= len(text) || text[at+1] != '"' {
			return at + 1
		}
	}
}

func (c *csv) cells(row []byte, r *record) *flaw {
	r.reset()
	n, at := 0, 0
	for ; at >= 0; n++ {
		from := len(r.text)
		text, next, f := c.field(r.text, row, at)
		if f != nil {
			return f
		}
		at = next
		if to := r.want(n); to != nil {
			r.text = text
			*to = cell{from, len(text), true}
		} else {
			r.text = text[:from]
		}
	}
	if n != len(c.names) && c.names != nil {
		return flawAt(0, "the row has %s, the header has %s", count(n, "field"), count(len(c.names), "column"))
	}
	return nil
}

func count(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}

// field appends the field that begins at an index of the row, and returns where the
// next begins, -1 behind the last.
func (c *csv) field(dst, row []byte, at int) ([]byte, int, *flaw) {
	if n := len(row); n > at && row[n-1] == '\r' {
		row = row[:n-1]
	}
	if at < len(row) && row[at] == '"' {
		return c.quoted(dst, row, at)
	}
	end := bytes.IndexByte(row[at:], c.delimiter)
	next := at + end + 1
	if end < 0 {
		end, next = len(row)-at, -1
	}
	field := row[at : at+end]
	if quote := bytes.IndexByte(field, '"'); quote >= 0 {
		return dst, 0, flawAt(at+quote, `a quote in a field that is not in quotes: want "the field in quotes, and ""these"" doubled"`)
	}
	return append(dst, field...), next, nil
}

func (c *csv) quoted(dst, row []byte, at int) ([]byte, int, *flaw) {
	end := closing(row, at)
	if end < 0 {
		return dst, 0, flawAt(at, "a quote that is never closed")
	}
	for in := row[at+1 : end-1]; ; {
		quote := bytes.IndexByte(in, '"')
		if quote < 0 {
			dst = append(dst, in...)
			break
		}
		dst = append(dst, in[:quote+1]...)
		in = in[quote+2:]
	}
	switch {
	case end == len(row):
		return dst, -1, nil
	case row[end] == c.delimiter:
		return dst, end + 1, nil
	}
	return dst, 0, flawAt(end, `text behind a closing quote: want %q or the end of the line, or the quote before it doubled`, c.delimiter)
}
