package h2load

import (
	"encoding/binary"
	"slices"
	"time"

	"golang.org/x/net/http2"
)

// This file is part of the hot path.

const (
	maxQueued = 64 << 10    // bytes in the queue at which no further stream is opened, and no more of a body added
	maxReply  = 1 << 20     // and at which a peer that makes us answer, and reads nothing, is given up
	shortBody = 16 << 10    // that the goroutine may send which keeps the time
	lastRead  = time.Second // for what the peer has sent before it stopped taking anything
)

// output is what a session has to send.
type output struct {
	queue   []byte
	other   []byte  // the queue that is being written, or was
	unsent  []*user // whose requests lie in queue, in their order; nil: withdrawn
	bodies  []*user // that have more to send than is in queue
	writing bool    // a goroutine writes, and goes on until the queue is empty
	failed  error   // nothing can be sent any more
}

// flush writes what is queued. The lock is let go while the kernel works: who
// comes meanwhile adds to the queue, which is written next. It never waits for the
// peer.
func (s *session) flush() {
	out := &s.out
	if out.writing {
		return
	}
	out.writing = true
	for s.refill(); len(out.queue) > 0 && s.takes(); s.refill() {
		s.stampSent()
		out.queue, out.other = out.other[:0], out.queue
		s.lane.mu.Unlock()
		_, err := s.conn.Write(out.other)
		s.lane.mu.Lock()
		if err != nil {
			s.mute(err)
		}
	}
	out.writing = false
}

// takes tells whether something can be written now.
func (s *session) takes() bool {
	full, err := s.socket.state()
	if err != nil {
		s.mute(err)
	}
	return err == nil && !full && s.out.failed == nil
}

// refill queues what was kept from it by a full queue.
func (s *session) refill() {
	s.pump()
	if s.lane.session == s {
		s.lane.serve()
	}
}

// stampSent notes that the queued requests are sent now.
func (s *session) stampSent() {
	if len(s.out.unsent) == 0 {
		return
	}
	now := s.lane.client.clock.Now()
	for i, u := range s.out.unsent {
		if u != nil {
			u.sent = now
		}
		s.out.unsent[i] = nil
	}
	s.out.unsent = s.out.unsent[:0]
}

// mute gives up sending. What the peer has said before is still read.
func (s *session) mute(err error) {
	if s.out.failed != nil || s.ended {
		return
	}
	s.out.failed = err
	s.detach()
	s.requeue()
	s.lane.serve()
	_ = s.conn.SetReadDeadline(time.Now().Add(lastRead))
}

// drained is called by the socket when it takes more again, or nothing any more.
func (s *session) drained() {
	s.lane.mu.Lock()
	defer s.lane.mu.Unlock()
	s.takes()
	s.flush()
	s.lane.serve()
	s.lane.send()
}

// pump adds more of the bodies that wait for room or for the peer's windows, in
// turns.
func (s *session) pump() {
	for again := len(s.out.bodies) > 0; again; {
		again = false
		for _, u := range s.out.bodies {
			if u.sent > 0 { // else its first part is still in the queue, and may be taken out
				again = s.body(u, s.peer.frame) || again
			}
		}
		s.out.bodies = slices.DeleteFunc(s.out.bodies, func(u *user) bool { return len(u.left) == 0 })
	}
}

// body adds frames of the user's body, about most bytes, as far as the windows
// and the queue have room. It tells whether it added any.
func (s *session) body(u *user, most int) (added bool) {
	start := len(s.out.queue)
	for len(u.left) > 0 && most > 0 && len(s.out.queue) < maxQueued {
		n := min(len(u.left), s.peer.frame, s.peer.window, u.window, maxQueued)
		if n <= 0 {
			break
		}
		f := frame{kind: http2.FrameData, length: n, stream: u.id}
		if n == len(u.left) {
			f.flags = http2.FlagDataEndStream
		}
		s.out.queue = append(appendFrame(s.out.queue, f), u.left[:n]...)
		u.left = u.left[n:]
		s.peer.window -= n
		u.window -= n
		most -= n
		added = true
	}
	u.out += int64(len(s.out.queue) - start)
	return added
}

// forget drops the user from what is still to be sent.
func (o *output) forget(u *user) {
	if u.sent == 0 {
		if i := slices.Index(o.unsent, u); i >= 0 {
			o.unsent[i] = nil
		}
	}
	if len(u.left) > 0 {
		u.left = nil
		o.bodies = slices.DeleteFunc(o.bodies, func(other *user) bool { return other == u })
	}
}

// cut takes bytes out of the queue.
func (o *output) cut(from, to int) { o.queue = slices.Delete(o.queue, from, to) }

// What is about the connection, or ends a stream, is queued by these.

func (o *output) text(s string) { o.queue = append(o.queue, s...) }

func (o *output) settings(all ...http2.Setting) {
	o.queue = appendFrame(o.queue, frame{kind: http2.FrameSettings, length: 6 * len(all)})
	for _, s := range all {
		o.queue = binary.BigEndian.AppendUint16(o.queue, uint16(s.ID))
		o.queue = binary.BigEndian.AppendUint32(o.queue, s.Val)
	}
}

func (o *output) settingsAck() {
	o.queue = appendFrame(o.queue, frame{kind: http2.FrameSettings, flags: http2.FlagSettingsAck})
}

func (o *output) ping() {
	o.queue = appendFrame(o.queue, frame{kind: http2.FramePing, length: pingSize})
	o.queue = append(o.queue, "gonogo ?"...)
}

func (o *output) pong(payload []byte) {
	o.queue = appendFrame(o.queue, frame{kind: http2.FramePing, flags: http2.FlagPingAck, length: len(payload)})
	o.queue = append(o.queue, payload...)
}

func (o *output) windowUpdate(stream uint32, by int) {
	o.number(http2.FrameWindowUpdate, stream, uint32(by))
}

func (o *output) reset(stream uint32, code http2.ErrCode) {
	o.number(http2.FrameRSTStream, stream, uint32(code))
}

// goAway says that we take no streams of the peer, which never opens any.
func (o *output) goAway(code http2.ErrCode) {
	o.queue = appendFrame(o.queue, frame{kind: http2.FrameGoAway, length: 8})
	o.queue = binary.BigEndian.AppendUint32(o.queue, 0)
	o.queue = binary.BigEndian.AppendUint32(o.queue, uint32(code))
}

// number queues a frame that holds one number.
func (o *output) number(kind http2.FrameType, stream uint32, n uint32) {
	o.queue = appendFrame(o.queue, frame{kind: kind, length: 4, stream: stream})
	o.queue = binary.BigEndian.AppendUint32(o.queue, n)
}
