package h2load

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"time"

	"golang.org/x/net/http2"

	"gonogo/internal/hpack"
	"gonogo/loadgen/dial"
	"gonogo/loadgen/httpload"
)

// A session is one HTTP/2 connection. The lane's lock guards it, but for buf,
// which is its reader's.
type session struct {
	lane    *lane
	socket  *socket
	conn    net.Conn // TLS over the socket, or the socket itself
	address *dial.Address

	streams   streams
	nextID    uint32
	left      int           // requests that it may still carry; below 0: any number
	until     time.Duration // when it is too old; 0: never
	detached  bool          // it takes no further streams, and ends with the last it has
	ended     bool
	peer      peer
	out       output
	credit    int // what the peer may still send on the connection
	lastHeard time.Duration
	farewell  *goAwayError
	probed    time.Duration // when it was asked whether it is there

	input
}

// peer is what the other side has told about itself.
type peer struct {
	spoken  bool // its settings came
	streams int  // that it takes at a time
	frame   int  // the largest payload that it takes
	initial int  // its window for a new stream
	window  int  // for all streams together
	resized bool // it has given our table of header fields a size, which the next block must answer
}

const (
	protocol  = "h2"    // what ALPN calls it
	unlimited = 1 << 30 // streams
	lastID    = 1<<31 - 1

	maxFields    = 64 << 10 // of the header of an answer: what is longer is malformed
	streamWindow = 16 << 20 // what we let the peer send of an answer ahead of our reading
	codedWindow  = 1 << 20  // of one that is kept until it is decoded
	connWindow   = 1 << 30  // and of all answers on a connection
	firstWindow  = 65535    // both before anybody has said otherwise
)

func newSession(l *lane, below *socket, a *dial.Address) *session {
	s := &session{
		lane: l, socket: below, conn: below, address: a,
		nextID: 1, left: -1, credit: l.client.windows,
		peer:  peer{streams: 1, frame: leastFrame, initial: firstWindow, window: firstWindow},
		input: input{decoder: hpack.NewDecoder(maxFields), buf: make([]byte, smallBuffer)},
	}
	below.drained = s.drained
	way := &l.client.options.Network.Connections
	requests, age := httpload.Lifetime(way, l.client.options.Seed, l.index, slices.Index(l.client.origins, l.origin), l.opened)
	if requests > 0 {
		s.left = requests
	}
	if age > 0 {
		s.until = l.client.clock.Now() + age
	}
	return s
}

// greet queues what a connection begins with. Our settings say the defaults where
// that lets some servers encode less.
func (s *session) greet() {
	s.out.text(http2.ClientPreface)
	s.out.settings(
		http2.Setting{ID: http2.SettingHeaderTableSize, Val: hpack.TableSize},
		http2.Setting{ID: http2.SettingEnablePush, Val: 0},
		http2.Setting{ID: http2.SettingInitialWindowSize, Val: uint32(s.lane.client.window)},
		http2.Setting{ID: http2.SettingMaxHeaderListSize, Val: maxFields},
	)
	s.out.windowUpdate(0, s.credit-firstWindow)
}

// start lets the reader run.
func (s *session) start() {
	s.socket.rests = s.rest
	s.lane.client.working.Go(s.read)
}

// hasRoom tells whether a further stream can be opened; before the peer has spoken,
// one in all, since that may be all it takes. It may let go of the lock.
func (s *session) hasRoom() bool {
	if s.streams.count >= s.peer.streams || len(s.out.queue) >= maxQueued {
		return false
	}
	if s.isUsedUp() {
		s.detach()
		s.flush()
		s.closeIfDone()
		return false
	}
	return true
}

// isUsedUp tells whether the connection has had all the requests or time that it
// is to have.
func (s *session) isUsedUp() bool {
	return s.left == 0 || s.nextID > lastID || s.until > 0 && s.lane.client.clock.Now() >= s.until
}

// open gives the user a stream and queues its request.
func (s *session) open(u *user) {
	u.session, u.address, u.id = s, s.address, s.nextID
	s.nextID += 2
	s.left--
	s.streams.put(u)
	u.window, u.credit = s.peer.initial, s.lane.client.window
	u.from = len(s.out.queue)
	s.out.queue = u.appendHeader(s.out.queue, s.peer.resized)
	s.peer.resized = false
	u.out += int64(len(s.out.queue) - u.from)
	if u.left = u.payload; len(u.left) > 0 {
		s.body(u, maxQueued)
		if len(u.left) > 0 {
			s.out.bodies = append(s.out.bodies, u)
		}
	}
	u.to = len(s.out.queue)
	s.out.unsent = append(s.out.unsent, u)
}

// forget takes the user's stream off the session.
func (s *session) forget(u *user) {
	s.streams.remove(u)
	s.out.forget(u)
	if s.data.user == u {
		s.data.user = nil
	}
}

// finish ends the user's exchange: well, or with err.
func (s *session) finish(u *user, err error) {
	s.forget(u)
	u.read = s.readAt
	u.done = max(s.instant(u), u.first) // one of the two may have had to do without a stamp
	u.err = err
	u.state.Store(over)
	s.finished = append(s.finished, u)
}

// cancel ends the stream of a user that gives it up.
func (s *session) cancel(u *user) {
	if u.sent == 0 {
		s.withdraw(u)
		s.forget(u)
		return
	}
	s.forget(u)
	s.out.reset(u.id, http2.ErrCodeCancel)
	if s.lastHeard <= u.sent {
		s.doubt()
	}
}

// probeTime is how long a peer from which nothing came may take to answer a ping.
const probeTime = time.Second

// doubt asks a peer that has been silent whether it is there. One that was asked
// before and has not answered is taken for dead, though the kernel may take many
// minutes to say so: what comes next gets another connection.
func (s *session) doubt() {
	now := s.lane.client.clock.Now()
	switch {
	case s.probed == 0 || s.lastHeard >= s.probed:
		s.probed = now
		s.out.ping()
	case now-s.probed >= probeTime:
		s.detach()
	}
}

// withdraw takes a request that was not sent out of the queue again.
func (s *session) withdraw(u *user) {
	size := u.to - u.from
	s.out.cut(u.from, u.to)
	for _, other := range s.out.unsent {
		if other != nil && other.from >= u.to {
			other.from -= size
			other.to -= size
		}
	}
	body := len(u.payload) - len(u.left)
	s.peer.window += body
	s.peer.resized = true // it may have been the block that said so, and saying it again does no harm
	u.out -= int64(size)
}

// detach makes the lane open another session for what comes.
func (s *session) detach() {
	s.detached = true
	if s.lane.session == s {
		s.lane.session = nil
	}
}

// closeIfDone ends a detached session that has no streams left.
func (s *session) closeIfDone() {
	if s.detached && s.streams.count == 0 {
		s.bye()
	}
}

// bye ends the session in good order. It may let go of the lock.
func (s *session) bye() {
	if s.ended {
		return
	}
	s.ended = true
	s.detach()
	s.out.goAway(http2.ErrCodeNo)
	s.flush()
	_ = s.conn.Close()
}

// end ends the session and all of its streams with err.
func (s *session) end(err error) {
	if s.ended {
		return
	}
	s.ended = true
	s.detach()
	s.requeue()
	s.streams.each(func(u *user) { s.finish(u, s.reason(err, u)) })
	if e, ok := err.(*protocolError); ok {
		s.out.goAway(e.code)
		s.flush()
	}
	_ = s.conn.Close()
	s.lane.serve()
}

// reason says why the user's stream ends with err, which may only be what follows
// from something that is known better.
func (s *session) reason(err error, u *user) error {
	if s.out.failed != nil && errors.Is(err, os.ErrDeadlineExceeded) {
		err = s.out.failed
	}
	err = httpload.Ended(err, u.in)
	if s.farewell != nil && s.farewell.code != http2.ErrCodeNo {
		err = fmt.Errorf("GOAWAY: %v: %w", s.farewell.code, err)
	}
	return err
}

// requeue puts the requests that were never sent in front of the queue.
func (s *session) requeue() {
	unsent := s.out.unsent
	for i := len(unsent) - 1; i >= 0; i-- {
		u := unsent[i]
		if u == nil {
			continue
		}
		s.withdraw(u)
		s.forget(u)
		s.wait(u)
	}
}

// wait puts a user whose stream was taken away in front of the queue.
func (s *session) wait(u *user) {
	u.session, u.left, u.queued = nil, nil, true
	s.lane.waiting.pushFront(u)
}

// instant is when the kernel had what was read last, as far as it can be known.
func (s *session) instant(u *user) time.Duration {
	if at, ok := s.lane.client.stamps.Instant(s.stamp, u.sent, s.readAt); ok {
		return at
	}
	return s.readAt
}

// streams are those of a session that are open, found by their number. Numbers
// rise, so that they meet in the ring only when one stream lasts while many
// others go by.
type streams struct {
	count int
	ring  [256]*user
	spill map[uint32]*user
}

func (t *streams) place(id uint32) **user { return &t.ring[id/2%uint32(len(t.ring))] }

func (t *streams) put(u *user) {
	t.count++
	if at := t.place(u.id); *at == nil {
		*at = u
		return
	}
	if t.spill == nil {
		t.spill = map[uint32]*user{}
	}
	t.spill[u.id] = u
}

// get returns nil when there is no such stream.
func (t *streams) get(id uint32) *user {
	if u := *t.place(id); u != nil && u.id == id {
		return u
	}
	return t.spill[id]
}

func (t *streams) remove(u *user) {
	t.count--
	if at := t.place(u.id); *at == u {
		*at = nil
		return
	}
	delete(t.spill, u.id)
}

// each calls fn for every stream, which it may remove.
func (t *streams) each(fn func(*user)) {
	for _, u := range t.ring {
		if u != nil {
			fn(u)
		}
	}
	for _, u := range t.spill {
		fn(u)
	}
}
