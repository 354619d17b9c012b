package h2load

import (
	"encoding/binary"
	"runtime"
	"time"

	"golang.org/x/net/http2"

	"gonogo/internal/hpack"
	"gonogo/loadgen/coding"
	"gonogo/loadgen/httpload"
)

// This file is part of the hot path.

const (
	frameHeader = 9
	leastFrame  = 16 << 10 // the payload that every peer takes, and the most that we do
	pingSize    = 8

	smallBuffer = 4 << 10
	largeBuffer = 64 << 10 // for a connection whose reads fill smaller ones
)

// frame is the head of a frame.
type frame struct {
	length int
	kind   http2.FrameType
	flags  http2.Flags
	stream uint32
}

func parseFrame(b []byte) frame {
	return frame{
		length: int(b[0])<<16 | int(b[1])<<8 | int(b[2]),
		kind:   http2.FrameType(b[3]),
		flags:  http2.Flags(b[4]),
		stream: binary.BigEndian.Uint32(b[5:]) &^ (1 << 31),
	}
}

func appendFrame(b []byte, f frame) []byte {
	b = append(b, byte(f.length>>16), byte(f.length>>8), byte(f.length), byte(f.kind), byte(f.flags))
	return binary.BigEndian.AppendUint32(b, f.stream)
}

// input is what a session makes of what comes. It is the reader's, and what frames
// change is changed under the lane's lock.
type input struct {
	buf      []byte // buf[:filled] came and was not worked on yet
	filled   int
	readAt   time.Duration // when our code saw what was read last
	stamp    int64         // when the kernel did
	reading  bool          // the reader works, and will flush
	finished []*user       // whose exchange ended in what was read last

	decoder *hpack.Decoder
	fields  fields
	memos   [16]memo
	partial partial // a header block of which more is to come
	data    data    // the DATA frame that is being read
}

// data is a DATA frame whose payload is not all here yet.
type data struct {
	user    *user // nil: nobody waits for it
	end     bool  // it is the stream's last
	content int   // bytes that are still to come
	padding int   // likewise
}

// read is the session's reader: it follows the peer until the connection ends.
func (s *session) read() {
	for {
		n, err := s.conn.Read(s.buf[s.filled:])
		if !s.take(n, err) {
			s.rest()
			return
		}
	}
}

// take works on n more bytes. It returns false when the connection has ended.
func (s *session) take(n int, err error) bool {
	l := s.lane
	l.mu.Lock()
	defer l.mu.Unlock()
	s.reading = true
	if n > 0 {
		s.filled += n
		s.readAt, s.stamp = l.client.clock.Now(), s.socket.Received()
		s.lastHeard = s.readAt
		if problem := s.consume(); problem != nil {
			err = problem
		}
	}
	if err != nil {
		s.end(err)
	}
	l.serve()
	return err == nil
}

// rest is called when all is worked on that came, before the reader waits for
// more. The users whose answers are complete run before it flushes, so that their
// next requests go out together.
func (s *session) rest() {
	if len(s.finished) > 0 {
		s.wake()
		runtime.Gosched()
	}
	s.lane.mu.Lock()
	defer s.lane.mu.Unlock()
	s.reading = false
	s.flush()
	s.closeIfDone()
}

// wake tells the users that their exchange is over.
func (s *session) wake() {
	for i, u := range s.finished {
		u.signal()
		s.finished[i] = nil
	}
	s.finished = s.finished[:0]
}

// consume works on what is in the buffer, and keeps the beginning of what is not
// whole. An error is about the connection.
func (s *session) consume() error {
	b := s.buf[:s.filled]
	wanted := 0 // size of the frame that is not whole
	for len(b) > 0 {
		n, want, err := s.one(b)
		if err != nil {
			return err
		}
		if n == 0 {
			wanted = want
			break
		}
		b = b[n:]
	}
	if s.filled == len(s.buf) {
		wanted = max(wanted, min(2*len(s.buf), largeBuffer))
	}
	s.filled = copy(s.buf, b)
	if wanted > len(s.buf) {
		s.buf = append(make([]byte, 0, wanted), s.buf[:s.filled]...)[:wanted]
	}
	s.replenish()
	if len(s.out.queue) > maxReply {
		return refused(http2.ErrCodeEnhanceYourCalm, "it asks for answers and reads none of them")
	}
	return nil
}

// one works on one frame, or on a piece of a DATA frame, and returns how many
// bytes that took: 0 when it must be as long as wanted first.
func (s *session) one(b []byte) (n, wanted int, err error) {
	if s.data.content+s.data.padding > 0 {
		return s.content(b), 0, nil
	}
	if len(b) < frameHeader {
		return 0, frameHeader, s.peek(b)
	}
	f := parseFrame(b)
	if err := s.check(f, b); err != nil {
		return 0, 0, err
	}
	if f.kind == http2.FrameData {
		return s.dataFrame(f, b)
	}
	size := frameHeader + f.length
	if len(b) < size {
		return 0, size, nil
	}
	return size, 0, s.frame(f, b[frameHeader:size])
}

// frame works on a whole frame.
func (s *session) frame(f frame, payload []byte) error {
	switch f.kind {
	case http2.FrameHeaders:
		return s.headersFrame(f, payload)
	case http2.FrameContinuation:
		return s.continuationFrame(f, payload)
	case http2.FrameRSTStream:
		return s.resetFrame(f, payload)
	case http2.FrameWindowUpdate:
		return s.windowFrame(f, payload)
	case http2.FrameSettings:
		return s.settingsFrame(f, payload)
	case http2.FramePing:
		return s.pingFrame(f, payload)
	case http2.FrameGoAway:
		return s.goAwayFrame(f, payload)
	case http2.FramePriority:
		return s.priorityFrame(f)
	case http2.FramePushPromise:
		return refused(http2.ErrCodeProtocol, "PUSH_PROMISE, which our settings forbid")
	}
	return nil // of a kind that is not known: to be ignored
}

// check refuses frames that have no place where they are.
func (s *session) check(f frame, b []byte) error {
	switch {
	case !s.peer.spoken && (f.kind != http2.FrameSettings || f.flags&http2.FlagSettingsAck != 0):
		return notHTTP2(b)
	case f.length > leastFrame:
		return refused(http2.ErrCodeFrameSize, "a frame of %d bytes, %d are allowed", f.length, leastFrame)
	case s.partial.stream != 0 && (f.kind != http2.FrameContinuation || f.stream != s.partial.stream):
		return refused(http2.ErrCodeProtocol, "a header block is broken off by a frame of type %d", f.kind)
	}
	return nil
}

// peek refuses early what cannot become a frame, so that a peer which speaks
// something else does not have to be waited for.
func (s *session) peek(b []byte) error {
	if !s.peer.spoken && len(b) >= 4 && (b[0] != 0 || http2.FrameType(b[3]) != http2.FrameSettings) {
		return notHTTP2(b)
	}
	return nil
}

// idle refuses frames on a stream that was never opened.
func (s *session) idle(f frame) error {
	if f.stream == 0 || f.stream%2 == 0 || f.stream >= s.nextID {
		return refused(http2.ErrCodeProtocol, "a frame of type %d on stream %d, which was never opened", f.kind, f.stream)
	}
	return nil
}

// dataFrame begins with a DATA frame.
func (s *session) dataFrame(f frame, b []byte) (n, wanted int, err error) {
	head, padding := frameHeader, 0
	if f.flags&http2.FlagDataPadded != 0 && f.length > 0 {
		if head++; len(b) < head {
			return 0, head, nil
		}
		padding = int(b[frameHeader])
	}
	content := f.length - padding - (head - frameHeader)
	if content < 0 || f.length == 0 && f.flags&http2.FlagDataPadded != 0 {
		return 0, 0, refused(http2.ErrCodeProtocol, "DATA with more padding than payload")
	}
	if err := s.idle(f); err != nil {
		return 0, 0, err
	}
	s.data = data{
		user: s.streams.get(f.stream), end: f.flags&http2.FlagDataEndStream != 0,
		content: content, padding: padding,
	}
	s.spend(s.data.user, f.length)
	if u := s.data.user; u != nil {
		u.in += int64(head)
		switch {
		case u.status == 0:
			s.fail(u, httpload.Malformed("DATA before the header of the answer"))
		case u.credit < 0 && u.body.how != coding.Identity:
			s.fail(u, refused(http2.ErrCodeFlowControl, "more DATA than the stream's window"))
		}
	}
	s.content(nil) // which ends an empty frame
	return head, 0, nil
}

// content takes what b has of the DATA frame, and returns how much that is.
func (s *session) content(b []byte) int {
	d := &s.data
	body := min(len(b), d.content)
	n := min(len(b), d.content+d.padding)
	d.content -= body
	d.padding -= n - body
	if u := d.user; u != nil {
		u.in += int64(n)
		u.got += int64(body)
		switch {
		case u.body.how != coding.Identity:
			u.comes(b[:body])
		case u.visitor != nil:
			_, _ = u.visitor.Write(b[:body])
		}
		if d.content+d.padding == 0 {
			d.user = nil
			s.dataEnds(u, d.end)
		}
	}
	return n
}
