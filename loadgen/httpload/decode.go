package httpload

import (
	"errors"
	"io"

	"gonogo/loadgen"
)

// decode reads the body to its end and counts what it decodes to. That takes our
// time and not the target's: an answer is done with its last byte.
func (u *user) decode(call *loadgen.Call, s stream) error {
	if u.content == nil {
		u.content = &content{user: u}
	}
	c := u.content
	c.begin(call, s, u.head)
	if !c.done {
		n, broken, err := u.client.decoder.Count(u.head.coding, c)
		call.Outcome.BytesDecoded += n
		if broken {
			return malformed("%v", err)
		}
		if err != nil {
			return err
		}
	}
	return surplus(u.in.end - c.at)
}

// content is the body of an answer, as an io.Reader: what is in the user's buffer
// first, then what the stream brings, without the framing.
type content struct {
	user   *user
	call   *loadgen.Call
	stream stream

	chunks bool
	frame  chunked
	left   int64 // of a body without chunks; unknownLength: to the end of the stream
	at     int   // how much of the buffer is read
	done   bool
}

func (c *content) begin(call *loadgen.Call, s stream, h *head) {
	*c = content{user: c.user, call: call, stream: s, chunks: h.chunked, left: h.length}
	c.done = !c.chunks && c.left == 0
}

// Read implements io.Reader.
func (c *content) Read(b []byte) (int, error) {
	for !c.done && len(b) > 0 {
		if c.at == c.user.in.end {
			if err := c.more(); err != nil {
				return 0, err
			}
			continue
		}
		n, err := c.take(b, c.user.in.bytes[c.at:c.user.in.end])
		if n > 0 || err != nil {
			return n, err
		}
	}
	if c.done {
		return 0, io.EOF
	}
	return 0, nil
}

// more reads into the buffer, all of which was taken.
func (c *content) more() error {
	c.user.in.end, c.at = 0, 0
	err := c.user.read(c.call, c.stream)
	if c.left == unknownLength && !c.chunks && errors.Is(err, io.EOF) {
		c.done = true
		return nil
	}
	if err == io.EOF {
		return io.ErrUnexpectedEOF // an io.EOF would say that the body is complete
	}
	return err
}

// take copies content out of the bytes that came; 0 when they were framing.
func (c *content) take(b, came []byte) (int, error) {
	if c.chunks && c.frame.state != chunkContent {
		c.at++
		err := c.frame.next(came[0])
		c.done = c.frame.state == chunkDone
		return 0, err
	}
	most := int64(len(came))
	switch {
	case c.chunks:
		most = min(most, c.frame.left)
	case c.left >= 0:
		most = min(most, c.left)
	}
	n := copy(b, came[:most])
	c.at += n
	if c.chunks {
		_, _, err := c.frame.feed(came[:n])
		return n, err
	}
	if c.left >= 0 {
		c.left -= int64(n)
		c.done = c.left == 0
	}
	return n, nil
}
