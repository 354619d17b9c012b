package h2load

import (
	"io"

	"gonogo/loadgen"
	"gonogo/loadgen/coding"
	"gonogo/loadgen/httpload"
)

// coded is the body of an answer that the user decodes while it comes. The reader
// of the connection adds to it and the user takes from it, under the lane's lock;
// the stream's window, which only the user opens again, bounds what lies there.
type coded struct {
	how   coding.Coding
	bytes []byte // not yet taken
	taken int    // of bytes
	eaten int    // that the peer was not yet told of
}

// keptCoded is the room that is kept from one answer to the next.
const keptCoded = 64 << 10

// again empties c for another answer.
func (c coded) again() coded {
	if cap(c.bytes) > keptCoded {
		return coded{}
	}
	return coded{bytes: c.bytes[:0]}
}

// comes is called when more of the body has come.
func (u *user) comes(b []byte) {
	if u.body.taken == len(u.body.bytes) {
		u.body.bytes, u.body.taken = u.body.bytes[:0], 0
		u.signal()
	}
	u.body.bytes = append(u.body.bytes, b...)
}

// decodes says how the user is to decode a body that is coded so. One that is coded
// in an unknown way stays as it is where somebody looks at it, who sees that.
func (u *user) decodes(how coding.Coding) coding.Coding {
	looks := u.looks()
	if looks && how == coding.Unknown || !looks && u.client.decoder == nil {
		return coding.Identity
	}
	return how
}

// decode reads the body to its end and counts what it decodes to. That takes our
// time and not the target's: an answer is done with its last byte.
func (u *user) decode(call *loadgen.Call, l *lane) {
	var to io.Writer
	if u.looks() {
		to = u.visitor
	}
	u.taking = content{user: u, call: call, lane: l}
	n, broken, err := u.client.bodies.Copy(to, u.body.how, &u.taking)
	u.decoded = n
	if broken {
		l.stop(u, httpload.Malformed("%v", err))
	} else if err != nil {
		l.stop(u, err)
	}
}

// content is the body of an answer as an io.Reader.
type content struct {
	user *user
	call *loadgen.Call
	lane *lane
}

// Read implements io.Reader.
func (c *content) Read(b []byte) (int, error) {
	u := c.user
	for {
		if n, err := c.take(b); n > 0 || err != nil {
			return n, err
		}
		<-u.wake
		if c.call.Expired(u.clock.Now()) && c.lane.abandon(u) {
			return 0, u.err
		}
	}
}

// take returns what is there. The end is where the exchange is over.
func (c *content) take(b []byte) (int, error) {
	u := c.user
	c.lane.mu.Lock()
	defer c.lane.mu.Unlock()
	n := copy(b, u.body.bytes[u.body.taken:])
	u.body.taken += n
	if u.state.Load() != over {
		u.session.eaten(u, n)
		return n, nil
	}
	if n == 0 && u.err == nil {
		return 0, io.EOF
	}
	return n, u.err
}

// eaten lets the peer send more once half of the stream's window is taken.
func (s *session) eaten(u *user, n int) {
	u.body.eaten += n
	if window := s.lane.client.window; u.body.eaten >= window/2 {
		s.out.windowUpdate(u.id, u.body.eaten)
		u.credit += u.body.eaten
		u.body.eaten = 0
		s.flush()
	}
}

// stop ends an exchange with err, whether or not its answer is complete.
func (l *lane) stop(u *user, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if u.state.Load() != over {
		l.giveUp(u)
	}
	u.err = err
}
