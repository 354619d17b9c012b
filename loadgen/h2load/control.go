package h2load

import (
	"cmp"
	"encoding/binary"
	"slices"

	"golang.org/x/net/http2"
)

// wrong refuses a frame whose length the protocol does not allow.
func wrong(f frame, bad bool) error {
	if bad {
		return refused(http2.ErrCodeFrameSize, "a frame of type %d with %d bytes", f.kind, f.length)
	}
	return nil
}

// common refuses a frame that is about the connection and names a stream.
func common(f frame) error {
	if f.stream != 0 {
		return refused(http2.ErrCodeProtocol, "a frame of type %d, which is about the connection, on stream %d", f.kind, f.stream)
	}
	return nil
}

func (s *session) settingsFrame(f frame, payload []byte) error {
	ack := f.flags&http2.FlagSettingsAck != 0
	if err := common(f); err != nil {
		return err
	}
	if err := wrong(f, len(payload)%6 != 0 || ack && len(payload) > 0); err != nil || ack {
		return err
	}
	if !s.peer.spoken {
		s.peer.spoken = true
		s.peer.streams = s.lane.client.options.Streams
	}
	for ; len(payload) > 0; payload = payload[6:] {
		id := http2.SettingID(binary.BigEndian.Uint16(payload))
		if err := s.setting(id, int(binary.BigEndian.Uint32(payload[2:]))); err != nil {
			return err
		}
	}
	s.out.settingsAck()
	return nil
}

// setting takes over one of the peer's settings.
func (s *session) setting(id http2.SettingID, v int) error {
	switch id {
	case http2.SettingHeaderTableSize:
		s.peer.resized = true // we use no table, and have to say so
	case http2.SettingEnablePush:
		if v != 0 {
			return refused(http2.ErrCodeProtocol, "the setting ENABLE_PUSH is %d", v)
		}
	case http2.SettingMaxConcurrentStreams:
		s.peer.streams = min(v, s.lane.client.options.Streams)
	case http2.SettingInitialWindowSize:
		return s.initialWindow(v)
	case http2.SettingMaxFrameSize:
		if v < leastFrame || v > 1<<24-1 {
			return refused(http2.ErrCodeProtocol, "the setting MAX_FRAME_SIZE is %d", v)
		}
		s.peer.frame = v
	}
	return nil
}

// initialWindow changes the windows of all streams, too.
func (s *session) initialWindow(v int) error {
	if v > maxWindow {
		return refused(http2.ErrCodeFlowControl, "the setting INITIAL_WINDOW_SIZE is %d", v)
	}
	by, good := v-s.peer.initial, true
	s.peer.initial = v
	s.streams.each(func(u *user) { good = widen(&u.window, by) && good })
	if !good {
		return refused(http2.ErrCodeFlowControl, "the setting INITIAL_WINDOW_SIZE makes a stream's window too large")
	}
	return nil
}

func (s *session) windowFrame(f frame, payload []byte) error {
	if err := wrong(f, len(payload) != 4); err != nil {
		return err
	}
	by := int(binary.BigEndian.Uint32(payload) & maxWindow)
	if f.stream == 0 {
		if by == 0 || !widen(&s.peer.window, by) {
			return refused(http2.ErrCodeFlowControl, "WINDOW_UPDATE of the connection by %d", by)
		}
		return nil
	}
	if err := s.idle(f); err != nil {
		return err
	}
	if u := s.streams.get(f.stream); u != nil && (by == 0 || !widen(&u.window, by)) {
		s.fail(u, refused(http2.ErrCodeFlowControl, "WINDOW_UPDATE of the stream by %d", by))
	}
	return nil
}

func (s *session) pingFrame(f frame, payload []byte) error {
	if err := common(f); err != nil {
		return err
	}
	if err := wrong(f, len(payload) != pingSize); err != nil {
		return err
	}
	if f.flags&http2.FlagPingAck == 0 {
		s.out.pong(payload)
	}
	return nil
}

func (s *session) priorityFrame(f frame) error { return wrong(f, f.length != 5) }

func (s *session) resetFrame(f frame, payload []byte) error {
	if err := wrong(f, len(payload) != 4); err != nil {
		return err
	}
	if err := s.idle(f); err != nil {
		return err
	}
	if u := s.streams.get(f.stream); u != nil {
		u.in += int64(frameHeader + f.length)
		s.finish(u, &resetError{code: http2.ErrCode(binary.BigEndian.Uint32(payload))})
	}
	return nil
}

// goAwayFrame: the peer takes no further streams, and none above the last one that
// it names.
func (s *session) goAwayFrame(f frame, payload []byte) error {
	if err := common(f); err != nil {
		return err
	}
	if err := wrong(f, len(payload) < 8); err != nil {
		return err
	}
	last := binary.BigEndian.Uint32(payload) & lastID
	why := &goAwayError{code: http2.ErrCode(binary.BigEndian.Uint32(payload[4:])), debug: slices.Clone(payload[8:min(len(payload), 8+64)])}
	s.farewell = why
	s.detach()
	s.requeue()
	s.turnedAway(last, why)
	return nil
}

// turnedAway ends the streams above the last one that the peer names. RFC 9113,
// 6.8, lets their requests be sent again, since the peer has done nothing with
// them: it is so, once, where it left in good order.
func (s *session) turnedAway(last uint32, why *goAwayError) {
	var again []*user
	s.streams.each(func(u *user) {
		switch {
		case u.id <= last:
		case why.code == http2.ErrCodeNo && u.began == 0 && u.first == 0:
			again = append(again, u)
		default:
			s.finish(u, why)
		}
	})
	slices.SortFunc(again, func(a, b *user) int { return cmp.Compare(a.id, b.id) })
	for _, u := range slices.Backward(again) {
		s.forget(u)
		u.began, u.sent = u.sent, 0
		s.wait(u)
	}
}
