package sseload

import (
	"bytes"

	"gonogo/loadgen/httpload"
)

// A parser reads an event stream, as the HTML standard defines it (9.2.6), from
// whatever pieces it comes in. The zero value, but for its limit, stands at the start.
type parser struct {
	limit int // of a line, and of the data of an event

	line    []byte // so far
	begun   bool   // the first line is over
	cr      bool   // the last byte was a carriage return: a line feed belongs to it
	comment bool   // so is the line: nobody needs it

	// The event so far.
	name, data []byte
	hasData    bool

	id []byte // the last one that was set
}

// feed takes bytes up to the end of an event, and returns how many these were and
// whether there is an event: name, data and id say what it is, until the next feed.
func (p *parser) feed(b []byte) (n int, event bool, err error) {
	for n < len(b) {
		if p.cr && b[n] == '\n' {
			p.cr = false
			n++
			continue
		}
		p.cr = false
		end := bytes.IndexAny(b[n:], "\r\n")
		if end < 0 {
			return len(b), false, p.grow(b[n:])
		}
		if err := p.grow(b[n : n+end]); err != nil {
			return n, false, err
		}
		n += end + 1
		p.cr = b[n-1] == '\r'
		if event, err := p.endLine(); event || err != nil {
			return n, event, err
		}
	}
	return n, false, nil
}

// grow adds to the line.
func (p *parser) grow(b []byte) error {
	if len(p.line) == 0 && len(b) > 0 && b[0] == ':' {
		p.comment = true
	}
	if p.comment {
		return nil
	}
	if len(p.line)+len(b) > p.limit {
		return httpload.Malformed("a line of more than %d bytes", p.limit)
	}
	p.line = append(p.line, b...)
	return nil
}

// endLine tells whether the line that is over ends an event.
func (p *parser) endLine() (event bool, err error) {
	line := p.line
	p.line = p.line[:0]
	if !p.begun {
		p.begun = true
		line = bytes.TrimPrefix(line, mark)
	}
	switch {
	case p.comment:
		p.comment = false
		return false, nil
	case len(line) == 0 && p.hasData:
		return true, nil
	case len(line) == 0: // without data it is no event
		p.name = p.name[:0]
		return false, nil
	case line[0] == ':': // behind a byte order mark
		return false, nil
	}
	name, value, _ := bytes.Cut(line, colon)
	value = bytes.TrimPrefix(value, space)
	return false, p.field(name, value)
}

// next forgets the event that was looked at.
func (p *parser) next() {
	p.name, p.data, p.hasData = p.name[:0], p.data[:0], false
}

func (p *parser) field(name, value []byte) error {
	switch string(name) {
	case "event":
		p.name = append(p.name[:0], value...)
	case "data":
		if len(p.data)+len(value) >= p.limit {
			return httpload.Malformed("an event of more than %d bytes", p.limit)
		}
		if p.hasData {
			p.data = append(p.data, '\n')
		}
		p.data, p.hasData = append(p.data, value...), true
	case "id":
		if bytes.IndexByte(value, 0) < 0 {
			p.id = append(p.id[:0], value...)
		}
	}
	return nil
}

var (
	mark  = []byte("\ufeff")
	colon = []byte(":")
	space = []byte(" ")
)
