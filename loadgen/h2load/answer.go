package h2load

import (
	"bytes"
	"errors"

	"golang.org/x/net/http2"

	"gonogo/internal/hpack"
	"gonogo/loadgen/coding"
	"gonogo/loadgen/httpload"
)

// This file is part of the hot path.

const (
	maxBlock   = maxFields // of a header block as it comes, with the heads of its frames
	maxMemo    = 1 << 10
	maxInterim = 16 // answers of class 1xx before the real one
)

// partial is a header block that goes on in further frames.
type partial struct {
	stream uint32 // 0: there is none
	end    bool   // the stream ends with it
	bytes  []byte
	frames int
}

func (s *session) headersFrame(f frame, payload []byte) error {
	if err := s.idle(f); err != nil {
		return err
	}
	fragment, ok := unwrap(f, payload)
	if !ok {
		return refused(http2.ErrCodeProtocol, "HEADERS with more padding than payload")
	}
	if u := s.streams.get(f.stream); u != nil {
		u.in += int64(frameHeader + f.length)
		if u.first == 0 {
			u.first = s.instant(u)
		}
	}
	end := f.flags&http2.FlagHeadersEndStream != 0
	if f.flags&http2.FlagHeadersEndHeaders != 0 {
		return s.header(f.stream, fragment, end)
	}
	s.partial = partial{stream: f.stream, end: end, bytes: append(s.partial.bytes[:0], fragment...), frames: 1}
	return nil
}

// unwrap takes padding and priority off the payload of HEADERS.
func unwrap(f frame, payload []byte) ([]byte, bool) {
	padding := 0
	if f.flags&http2.FlagHeadersPadded != 0 {
		if len(payload) == 0 {
			return nil, false
		}
		padding, payload = int(payload[0]), payload[1:]
	}
	if f.flags&http2.FlagHeadersPriority != 0 {
		const priority = 5
		if len(payload) < priority {
			return nil, false
		}
		payload = payload[priority:]
	}
	if padding > len(payload) {
		return nil, false
	}
	return payload[:len(payload)-padding], true
}

func (s *session) continuationFrame(f frame, payload []byte) error {
	p := &s.partial
	if p.stream == 0 {
		return refused(http2.ErrCodeProtocol, "CONTINUATION of nothing")
	}
	if u := s.streams.get(f.stream); u != nil {
		u.in += int64(frameHeader + f.length)
	}
	p.frames++
	if p.bytes = append(p.bytes, payload...); len(p.bytes)+p.frames*frameHeader > maxBlock {
		return refused(http2.ErrCodeEnhanceYourCalm, "a header block of more than %d bytes", maxBlock)
	}
	if f.flags&http2.FlagContinuationEndHeaders == 0 {
		return nil
	}
	p.stream = 0
	return s.header(f.stream, p.bytes, p.end)
}

// header works on a whole header block. It is read even where nobody waits for it:
// the blocks that follow depend on it.
func (s *session) header(stream uint32, block []byte, end bool) error {
	u := s.streams.get(stream)
	h, err := s.decode(u, block)
	if err != nil && errors.Is(err, hpack.ErrBroken) {
		return refused(http2.ErrCodeCompression, "%v", err)
	}
	if u == nil {
		return nil
	}
	if err == nil {
		err = s.answer(u, h, end)
	}
	if err != nil {
		s.fail(u, err)
	}
	return nil
}

// A memo is a header block with its meaning. Most answers of a step bring the same
// block again and again; it means the same as long as the table does not change.
type memo struct {
	version uint64 // of the table
	wants   wants
	block   []byte
	head    head
}

// decode reads a header block. An error that is no hpack.ErrBroken is about the
// stream.
func (s *session) decode(u *user, block []byte) (head, error) {
	step, w := 0, u.wants()
	if u != nil {
		step = u.step
	}
	m := &s.memos[step%len(s.memos)]
	version := s.decoder.Version()
	if m.version == version && m.wants == w && len(block) > 0 && bytes.Equal(m.block, block) {
		return m.head, nil
	}
	s.fields.reset(w)
	if err := s.decoder.Decode(block, &s.fields); err != nil {
		if errors.Is(err, hpack.ErrTooLong) {
			err = httpload.Malformed("the header is longer than %d bytes", maxFields)
		}
		return head{}, err
	}
	if s.fields.err != nil {
		return head{}, s.fields.err
	}
	if len(s.fields.location) > 0 {
		u.location = append(u.location[:0], s.fields.location...)
	} else if version == s.decoder.Version() && len(block) <= maxMemo {
		lines := append(m.head.lines[:0], s.fields.lines...)
		*m = memo{version: version, wants: w, block: append(m.block[:0], block...), head: s.fields.head}
		m.head.lines = lines
	}
	return s.fields.head, nil
}

// answer takes over the header of an answer, or its trailer.
func (s *session) answer(u *user, h head, end bool) error {
	switch {
	case u.status != 0:
		if h.status != 0 || !end {
			return httpload.Malformed("a second header behind that of the answer")
		}
	case h.status == 0:
		return httpload.Malformed("a header without :status")
	case h.status == 101:
		return httpload.Malformed("status 101, which HTTP/2 does not have")
	case h.status < 200:
		if u.interim++; u.interim > maxInterim {
			return httpload.Malformed("more than %d interim answers", maxInterim)
		}
		if end {
			return httpload.Malformed("the stream ends with an interim answer")
		}
	default:
		u.status, u.length = h.status, h.length
		if u.visitor != nil {
			u.visitor.hears(u.request, h)
		}
		if how := u.decodes(h.coding); how != coding.Identity && !end {
			u.body.how = how
			u.state.Store(arriving)
		}
	}
	if end {
		return s.complete(u)
	}
	return nil
}

// dataEnds is called at the end of a DATA frame.
func (s *session) dataEnds(u *user, end bool) {
	if !end {
		s.replenishStream(u)
		return
	}
	if err := s.complete(u); err != nil {
		s.fail(u, err)
	}
}

// complete ends an exchange whose answer has come to its end.
func (s *session) complete(u *user) error {
	switch {
	case u.request.noBody || u.status == 204 || u.status == 304:
		if u.got > 0 {
			return httpload.Malformed("%d bytes of an answer that has no body", u.got)
		}
	case u.length != unknownLength && u.length != u.got:
		return httpload.Malformed("a body of %d bytes, its length was said to be %d", u.got, u.length)
	}
	if len(u.left) > 0 {
		s.out.reset(u.id, http2.ErrCodeCancel) // the rest of our body is not wanted
	}
	s.finish(u, nil)
	return nil
}

// fail ends a stream that breaks the protocol.
func (s *session) fail(u *user, err error) {
	code := http2.ErrCodeProtocol
	if e, ok := err.(*protocolError); ok {
		code = e.code
	}
	s.out.reset(u.id, code)
	s.finish(u, err)
}
