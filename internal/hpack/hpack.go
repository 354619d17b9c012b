// Package hpack reads the header blocks of HTTP/2 (RFC 7541) without allocating
// and in bounded memory. Writing them, and Huffman's code, are left to
// golang.org/x/net/http2/hpack.
//
// hpack.go reads blocks; table.go is the table that blocks refer to, with its
// fixed part.
package hpack

import (
	"bytes"
	"errors"
	"fmt"

	"golang.org/x/net/http2/hpack"
)

// TableSize is the size of the dynamic table that a peer may use: the protocol's
// default.
const TableSize = 4096

// fieldOverhead is what a field counts beside its name and value.
const fieldOverhead = 32

// A Sink takes the fields of a block, one by one. Name and value are only valid
// within the call.
type Sink interface {
	Field(name, value []byte)
}

// A Decoder reads the header blocks of one direction of a connection, in the
// order in which they came. The zero value is not ready: use NewDecoder.
type Decoder struct {
	most  int // bytes of fields in one block, each with its overhead
	table table

	name, value bytes.Buffer // what was decoded by Huffman's code
	started     bool         // the block has brought a field
	listed      int          // bytes of fields in the block so far
}

// NewDecoder returns a Decoder that lets through no more than most bytes of
// fields from one block, 32 added for each.
func NewDecoder(most int) *Decoder {
	return &Decoder{most: most, table: table{most: TableSize}}
}

// Version changes with every change of the dynamic table: as long as it stays, the
// same block has the same meaning.
func (d *Decoder) Version() uint64 { return d.table.version }

// ErrTooLong is returned for a block that holds more than is let through. It was
// read to its end, so that later blocks keep their meaning.
var ErrTooLong = errors.New("the header list is too long")

// ErrBroken is what every other error of Decode wraps. The connection is of no
// more use after it.
var ErrBroken = errors.New("broken header block")

func broken(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrBroken, fmt.Sprintf(format, args...))
}

// Decode hands the fields of a whole block to the sink.
func (d *Decoder) Decode(block []byte, to Sink) error {
	d.started, d.listed = false, 0
	for len(block) > 0 {
		var err error
		if block, err = d.next(block, to); err != nil {
			return err
		}
	}
	if d.listed > d.most {
		return ErrTooLong
	}
	return nil
}

// next reads one instruction and returns what follows it.
func (d *Decoder) next(block []byte, to Sink) ([]byte, error) {
	switch first := block[0]; {
	case first&0x80 != 0:
		return d.indexed(block, to)
	case first&0x40 != 0:
		return d.literal(block, 6, true, to)
	case first&0x20 != 0:
		return d.resize(block)
	default: // without indexing, or never to be indexed
		return d.literal(block, 4, false, to)
	}
}

// indexed reads a field that the table holds.
func (d *Decoder) indexed(block []byte, to Sink) ([]byte, error) {
	index, rest, err := integer(block, 7)
	if err != nil {
		return nil, err
	}
	name, value, ok := d.table.at(index)
	if !ok {
		return nil, broken("no field has index %d", index)
	}
	d.emit(name, value, to)
	return rest, nil
}

// literal reads a field that is written out, and remembers it if add is set.
func (d *Decoder) literal(block []byte, bits int, add bool, to Sink) ([]byte, error) {
	index, rest, err := integer(block, bits)
	if err != nil {
		return nil, err
	}
	var name, value []byte
	if index == 0 {
		name, rest, err = text(rest, &d.name)
	} else {
		var ok bool
		if name, _, ok = d.table.at(index); !ok {
			err = broken("no name has index %d", index)
		}
	}
	if err != nil {
		return nil, err
	}
	if value, rest, err = text(rest, &d.value); err != nil {
		return nil, err
	}
	d.emit(name, value, to)
	if add {
		d.table.add(name, value)
	}
	return rest, nil
}

// resize reads a new size of the dynamic table.
func (d *Decoder) resize(block []byte) ([]byte, error) {
	if d.started {
		return nil, broken("the table's size changes behind a field")
	}
	size, rest, err := integer(block, 5)
	if err != nil {
		return nil, err
	}
	if size > TableSize {
		return nil, broken("a table of %d bytes, %d are allowed", size, TableSize)
	}
	d.table.resize(size)
	return rest, nil
}

// emit hands the field on as long as the block keeps within its bounds.
func (d *Decoder) emit(name, value []byte, to Sink) {
	d.started = true
	if d.listed > d.most {
		return // too much already; and the sum cannot overflow
	}
	if d.listed += len(name) + len(value) + fieldOverhead; d.listed <= d.most {
		to.Field(name, value)
	}
}

// integer reads a number whose first bits share a byte with something else.
func integer(b []byte, bits int) (int, []byte, error) {
	if len(b) == 0 {
		return 0, nil, errCut
	}
	most := 1<<bits - 1
	n := int(b[0]) & most
	b = b[1:]
	if n < most {
		return n, b, nil
	}
	for shift := 0; shift <= 21; shift += 7 { // 28 bits are more than anything here can mean
		if len(b) == 0 {
			return 0, nil, errCut
		}
		c := b[0]
		b = b[1:]
		n += int(c&0x7f) << shift
		if c&0x80 == 0 {
			return n, b, nil
		}
	}
	return 0, nil, broken("a number has too many digits")
}

var errCut = fmt.Errorf("%w: it ends within a field", ErrBroken)

// text reads a string; scratch takes one that is written in Huffman's code.
func text(b []byte, scratch *bytes.Buffer) (s, rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil, errCut
	}
	coded := b[0]&0x80 != 0
	n, b, err := integer(b, 7)
	if err != nil {
		return nil, nil, err
	}
	if n > len(b) {
		return nil, nil, errCut
	}
	if !coded {
		return b[:n], b[n:], nil
	}
	scratch.Reset()
	if _, err := hpack.HuffmanDecode(scratch, b[:n]); err != nil {
		return nil, nil, broken("a text is not in Huffman's code")
	}
	return scratch.Bytes(), b[n:], nil
}
