package httpload

// Limits of what a chunked body may spend on other things than content.
const (
	maxChunkLine = 4 << 10  // a size with its extensions, or a trailer line
	maxTrailer   = 64 << 10 // all trailer lines together
)

// chunked follows a chunked body without keeping it. The zero value stands
// before the first chunk.
type chunked struct {
	state   chunkState
	left    int64 // of the chunk's content
	digits  int   // of the size so far
	line    int   // bytes of the line so far
	trailer int   // bytes of all trailer lines so far
}

type chunkState uint8

const (
	chunkSize    chunkState = iota // within the size
	chunkExt                       // after it: white space, extensions
	chunkSizeLF                    // the line feed that ends the size
	chunkContent                   // within the content
	chunkCR                        // the carriage return behind it
	chunkLF                        // the line feed behind that
	trailerStart                   // at the start of a trailer line
	trailerLine                    // within one
	trailerLF                      // the line feed that ends one
	lastLF                         // the line feed that ends the body
	chunkDone
)

// feed takes the next bytes of the body. It returns how many belong to it and
// whether it is complete.
func (c *chunked) feed(b []byte) (n int, done bool, err error) {
	for n < len(b) {
		if c.state == chunkContent {
			take := min(int64(len(b)-n), c.left)
			n += int(take)
			if c.left -= take; c.left == 0 {
				c.state = chunkCR
			}
			continue
		}
		if err := c.next(b[n]); err != nil {
			return n, false, err
		}
		n++
		if c.state == chunkDone {
			return n, true, nil
		}
	}
	return n, false, nil
}

// next takes one byte that is not content.
func (c *chunked) next(b byte) error {
	switch c.state {
	case chunkSize:
		return c.size(b)
	case chunkExt:
		return c.extension(b)
	case chunkSizeLF:
		return c.expect(b, '\n', c.afterSize())
	case chunkCR:
		return c.expect(b, '\r', chunkLF)
	case chunkLF:
		c.digits, c.line = 0, 0
		return c.expect(b, '\n', chunkSize)
	case trailerStart:
		if b == '\r' {
			c.state = lastLF
			return nil
		}
		c.state, c.line = trailerLine, 0
		return c.trailerByte(b)
	case trailerLine:
		return c.trailerByte(b)
	case trailerLF:
		return c.expect(b, '\n', trailerStart)
	default: // lastLF
		return c.expect(b, '\n', chunkDone)
	}
}

func (c *chunked) expect(got, want byte, then chunkState) error {
	if got != want {
		return malformed("chunked body: want %q, got %q", want, got)
	}
	c.state = then
	return nil
}

func (c *chunked) afterSize() chunkState {
	if c.left == 0 {
		return trailerStart
	}
	return chunkContent
}

func (c *chunked) size(b byte) error {
	digit, ok := hexDigit(b)
	if !ok {
		if c.digits == 0 {
			return malformed("chunk size starts with %q", b)
		}
		c.state = chunkExt
		return c.extension(b)
	}
	if c.digits++; c.digits > 15 { // 15 digits always fit
		return malformed("chunk size has more than 15 digits")
	}
	c.left = c.left<<4 | int64(digit)
	return nil
}

func (c *chunked) extension(b byte) error {
	if c.line++; c.line > maxChunkLine {
		return malformed("chunk size line is longer than %d bytes", maxChunkLine)
	}
	switch {
	case b == '\r':
		c.state = chunkSizeLF
	case c.line == 1 && b != ';' && b != ' ' && b != '\t':
		return malformed("chunk size ends with %q", b)
	case (b < ' ' && b != '\t') || b == 0x7f:
		return malformed("chunk extension holds %q", b)
	}
	return nil
}

func (c *chunked) trailerByte(b byte) error {
	c.line++
	if c.trailer++; c.line > maxChunkLine || c.trailer > maxTrailer {
		return malformed("trailer is longer than %d bytes", maxTrailer)
	}
	switch {
	case b == '\r':
		c.state = trailerLF
	case (b < ' ' && b != '\t') || b == 0x7f:
		return malformed("trailer holds %q", b)
	}
	return nil
}

func hexDigit(b byte) (byte, bool) {
	switch {
	case '0' <= b && b <= '9':
		return b - '0', true
	case 'a' <= b && b <= 'f':
		return b - 'a' + 10, true
	case 'A' <= b && b <= 'F':
		return b - 'A' + 10, true
	}
	return 0, false
}
