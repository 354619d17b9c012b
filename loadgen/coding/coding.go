// Package coding counts what bodies are that came in a content coding: gzip, br
// or zstd. It decodes as a stream and keeps nothing.
//
// Each coding is a decoder behind one small interface; decoders are used again,
// so that an answer allocates nothing once there are enough of them.
package coding

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Accept is the value of Accept-Encoding that asks for what is decoded here.
const Accept = "gzip, br, zstd"

// A Coding is how a body is coded.
type Coding uint8

// The codings.
const (
	Identity Coding = iota // not at all
	Gzip
	Brotli
	Zstd
	Unknown // in a way that nobody asked for, or in several
	codings // how many there are
)

// String returns the name that HTTP uses.
func (c Coding) String() string {
	return [...]string{"identity", "gzip", "br", "zstd", "unknown", ""}[min(c, codings)]
}

// Of returns the coding that a field Content-Encoding names. It does not
// allocate.
func Of(value []byte) Coding {
	for c := range Unknown {
		if equalFold(value, c.String()) {
			return c
		}
	}
	if equalFold(value, "x-gzip") {
		return Gzip
	}
	return Unknown
}

// equalFold compares b with a word of lower case.
func equalFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// A bomb is a body that decodes to more than this, and to more than so many
// times its own size.
const (
	bombSize  = 64 << 20
	bombRatio = 200
)

// maxWindow is how far a body may refer back: as far as RFC 9659 lets zstd do in
// HTTP. It bounds what an answer keeps while it is read.
const maxWindow = 8 << 20

// decoder is what all the libraries have in common.
type decoder interface {
	io.Reader
	Reset(from io.Reader) error
}

// A Counter counts the contents of bodies. Its zero value is ready, and any
// number of goroutines may use it.
type Counter struct {
	free [codings]sync.Pool // of *counting
	bomb int64              // bombSize, where it is 0
}

// counting is a decoder at work.
type counting struct {
	decoder decoder
	from    input
	to      io.Writer // nil: what is decoded is only counted
	buf     [16 << 10]byte
}

// input counts what a decoder reads, and keeps the error that ended it.
type input struct {
	io.Reader
	n   int64
	err error
}

func (i *input) Read(b []byte) (int, error) {
	n, err := i.Reader.Read(b)
	i.n += int64(n)
	i.err = err
	return n, err
}

// errBomb is what a body ends in that would never end.
var errBomb = fmt.Errorf("more than %d MiB and %d times the size of the body", bombSize>>20, bombRatio)

// Count reads the body to its end and returns how long its content is. An error
// of the body itself is returned as it is, with broken false; one that says that
// the coding is wrong with broken true.
func (c *Counter) Count(how Coding, body io.Reader) (n int64, broken bool, err error) {
	return c.Copy(nil, how, body)
}

// Copy is Count, and writes the content to somebody who never refuses it.
func (c *Counter) Copy(to io.Writer, how Coding, body io.Reader) (n int64, broken bool, err error) {
	if how >= Unknown {
		return 0, true, errors.New("the body is coded in a way that nobody asked for")
	}
	w, _ := c.free[how].Get().(*counting)
	if w == nil {
		if w, err = newCounting(how); err != nil {
			return 0, false, err
		}
	}
	w.from, w.to = input{Reader: body}, to
	n, err = w.count(cmp.Or(c.bomb, bombSize))
	switch {
	case err == nil:
	case w.from.err != nil && w.from.err != io.EOF:
		err = w.from.err
	default:
		broken = true
		err = fmt.Errorf("%s body: %w", how, err)
	}
	w.from, w.to = input{}, nil
	c.free[how].Put(w)
	return n, broken, err
}

func newCounting(how Coding) (*counting, error) {
	w := &counting{}
	switch how {
	case Gzip:
		w.decoder = new(gzip.Reader)
	case Brotli:
		w.decoder = new(brotli.Reader)
	case Zstd:
		z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, err
		}
		w.decoder = z
	default:
		w.decoder = &plain{}
	}
	return w, nil
}

// plain is the decoder of what is not coded.
type plain struct{ io.Reader }

func (p *plain) Reset(from io.Reader) error {
	p.Reader = from
	return nil
}

// count decodes, which reads the body to its end: all libraries look for what may
// follow. A body without any byte has no content, whatever its coding.
func (w *counting) count(bomb int64) (n int64, err error) {
	if err = w.decoder.Reset(&w.from); err == nil {
		n, err = w.drain(bomb)
	}
	if w.from.n == 0 && w.from.err == io.EOF {
		return 0, nil
	}
	return n, err
}

func (w *counting) drain(bomb int64) (n int64, err error) {
	for {
		got, err := w.decoder.Read(w.buf[:])
		n += int64(got)
		if w.to != nil {
			_, _ = w.to.Write(w.buf[:got])
		}
		switch {
		case n > bomb && n/bombRatio > w.from.n:
			return n, errBomb
		case err == io.EOF:
			return n, nil
		case err != nil:
			return n, err
		}
	}
}
