package h2load

import "gonogo/loadgen/coding"

// The windows of both directions. What the peer lets us send is counted in peer
// and stream.window, what we let it send in session.credit and stream.credit.

const maxWindow = 1<<31 - 1

// spend counts the payload of a DATA frame, all of it, against what the peer may
// send. A stream that nobody waits for any more has no window of its own. A peer
// that sends more than it may does no harm where what comes is only counted.
func (s *session) spend(u *user, n int) {
	s.credit -= n
	if u != nil {
		u.credit -= n
	}
}

// replenish lets the peer send more once half of the connection's window is gone.
func (s *session) replenish() {
	if all := s.lane.client.windows; s.credit <= all/2 {
		s.out.windowUpdate(0, all-s.credit)
		s.credit = all
	}
}

// replenishStream does the same for a stream that goes on, unless its user does.
func (s *session) replenishStream(u *user) {
	window := s.lane.client.window
	if u.body.how == coding.Identity && u.credit <= window/2 {
		s.out.windowUpdate(u.id, window-u.credit)
		u.credit = window
	}
}

// widen adds to the window that the peer gives us for a stream, or takes away
// from it. It may become negative, but not too large.
func widen(window *int, by int) bool {
	*window += by
	return *window <= maxWindow
}
