package httpload

// This file is of the hot path, too: see user.go.

import (
	"bytes"
	"errors"
	"io"

	"gonogo/loadgen"
)

// answer reads the answer to its end. The first bytes are there.
func (u *user) answer(call *loadgen.Call, r *request, s stream) error {
	if known := r.memo.recall(u.in.came()); known != nil {
		u.head = &known.head
		if u.visitor != nil {
			u.visitor.hears(u, known.bytes, true)
		}
		u.in.drop(len(known.bytes))
	} else if err := u.heads(call, r, s); err != nil {
		return err
	}
	call.Outcome.Status = u.head.status
	return u.body(call, s)
}

// heads reads the head of the answer, and those of interim answers before it.
func (u *user) heads(call *loadgen.Call, r *request, s stream) error {
	for range maxInterim {
		n, err := u.wholeHead(call, s)
		if err != nil {
			return err
		}
		h, err := parseHead(u.in.bytes[:n], r.spec.Method == "HEAD")
		if err != nil {
			return err
		}
		if h.status >= 200 {
			r.memo.learn(u.in.bytes[:n], h, call.Outcome.Read)
		}
		h.location = bytes.Clone(h.location) // the buffer goes on
		u.parsed, u.head = h, &u.parsed
		if u.visitor != nil {
			u.visitor.hears(u, u.in.bytes[:n], false)
		}
		u.in.drop(n)
		if h.status >= 200 {
			return nil
		}
	}
	return malformed("more than %d interim answers", maxInterim)
}

// wholeHead reads until a head is complete, and returns its length.
func (u *user) wholeHead(call *loadgen.Call, s stream) (int, error) {
	seen := 0
	for {
		n, err := findHead(u.in.came(), seen)
		if n > 0 || err != nil {
			return n, err
		}
		seen = u.in.end
		if seen == len(u.in.bytes) {
			u.in.grow()
		}
		if err := u.read(call, s); err != nil {
			return 0, err
		}
	}
}

// body reads and forgets the body.
func (u *user) body(call *loadgen.Call, s stream) error {
	if u.visitor != nil && u.visitor.looks {
		return u.keep(call, s)
	}
	if u.client.decoder != nil {
		return u.decode(call, s)
	}
	var left int
	var err error
	switch {
	case u.head.chunked:
		left, err = u.chunkedBody(call, s)
	case u.head.length == unknownLength:
		return u.bodyToEnd(call, s)
	default:
		left, err = u.sizedBody(call, s, u.head.length)
	}
	if err != nil {
		return err
	}
	return surplus(left)
}

// surplus refuses bytes that came behind the end of an answer.
func surplus(left int) error {
	if left > 0 {
		return malformed("%d bytes behind the end of the answer", left)
	}
	return nil
}

// sizedBody returns how many bytes came that do not belong to the body.
func (u *user) sizedBody(call *loadgen.Call, s stream, length int64) (int, error) {
	for length > int64(u.in.end) {
		length -= int64(u.in.end)
		u.in.end = 0
		if err := u.read(call, s); err != nil {
			return 0, err
		}
	}
	return u.in.end - int(length), nil
}

// chunkedBody likewise.
func (u *user) chunkedBody(call *loadgen.Call, s stream) (int, error) {
	var c chunked
	for {
		n, done, err := c.feed(u.in.came())
		if err != nil || done {
			return u.in.end - n, err
		}
		u.in.end = 0
		if err := u.read(call, s); err != nil {
			return 0, err
		}
	}
}

// bodyToEnd reads a body that ends with its connection.
func (u *user) bodyToEnd(call *loadgen.Call, s stream) error {
	for {
		u.in.end = 0
		if err := u.read(call, s); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}
