package target

import (
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A fate is how a request ends.
type fate uint8

const (
	fateAnswer fate = iota
	fateError       // answered with a configured status
	fateReset
	fateGarbage
	fateHang
	fateMidBody
	fateEndlessHeader
	fateLost    // the client left, or the server stopped, before its answer was sent
	fateRefused // it was not a request
	fates
)

const (
	headerEvery = time.Millisecond // between pieces of an endless header
	lingerFor   = 500 * time.Millisecond
)

// A boundary of the unit interval: a number below it, and not below the one
// before, means this fate.
type boundary struct {
	below float64
	fate  fate
	error *answer
}

// boundaries lays the shares side by side.
func (b *Behaviour) boundaries() []boundary {
	var list []boundary
	sum := 0.0
	for _, s := range b.shares() {
		if s.share <= 0 {
			continue
		}
		sum += s.share
		next := boundary{below: sum, fate: s.fate}
		if s.fate == fateError {
			next.error = errorAnswer(s.status, "")
		}
		list = append(list, next)
	}
	return list
}

// fateAt looks up the fate of a uniform number; d stands when none is struck.
func (s *Server) fateAt(u float64, d draw) draw {
	for i := range s.fates {
		if u < s.fates[i].below {
			d.fate, d.error = s.fates[i].fate, s.fates[i].error
			return d
		}
	}
	return d
}

// meet carries out a request's fate.
func (c *conn) meet(q *request, d draw) bool {
	switch d.fate {
	case fateError:
		return c.send(q, d.error)
	case fateReset:
		c.shard.end(fateReset, q.size, 0)
		c.reset()
	case fateGarbage:
		c.breakOff(q, d.fate, garbage(c.random.Uint64()))
	case fateHang:
		c.shard.end(fateHang, q.size, 0)
		c.hang()
	case fateMidBody:
		c.breakOff(q, d.fate, c.srv.behaviour.halfBody(q, d.size))
	case fateEndlessHeader:
		c.shard.end(fateEndlessHeader, q.size, 0)
		c.endlessHeader(q)
	default:
		if c.srv.ok != nil {
			return c.send(q, c.srv.ok)
		}
		return c.stream(q, d.size)
	}
	return false
}

// reset makes the kernel send RST, also under TLS, where nothing is said first.
func (c *conn) reset() {
	nc := c.Conn
	if under, ok := nc.(interface{ NetConn() net.Conn }); ok {
		nc = under.NetConn()
	}
	if tcp, ok := nc.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = nc.Close()
}

// garbage is one of several texts that no HTTP client may take for an answer.
func garbage(pick uint64) []byte {
	const fine = "HTTP/1.1 200 OK\r\n"
	texts := [...]string{
		"\x16\x03\x01\x00\xff this is not HTTP\r\n\r\n",
		"HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n",
		fine + "Content-Length: 1a\r\n\r\nhello",
		fine + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nhello",
		fine + "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
	}
	return []byte(texts[pick%uint64(len(texts))])
}

// hang keeps the connection and says nothing, until the client or the server goes.
func (c *conn) hang() {
	_ = c.SetReadDeadline(time.Time{})
	for {
		if _, err := c.Conn.Read(c.buf); err != nil {
			return
		}
	}
}

// breakOff sends a text, after which the connection ends.
func (c *conn) breakOff(q *request, f fate, text []byte) {
	c.handing.Add(1)
	n, _ := c.Write(text)
	c.shard.end(f, q.size, int64(n))
	c.handing.Add(1)
}

// halfBody promises a body and holds the first half of it.
func (b *Behaviour) halfBody(q *request, size int64) []byte {
	p := body{size: max(size, 2), chunked: b.Chunked && q.mode.chunks(), pieces: 1}
	wire := p.appendHead(nil, q.mode)
	if !q.isHead {
		half := min(p.size/2, pieceSize)
		if p.chunked {
			wire = append(strconv.AppendInt(wire, p.size, 16), "\r\n"...)
		}
		wire = appendFiller(wire, 0, half)
	}
	return wire
}

// endlessHeader sends one header line after the other for as long as somebody
// takes them, and no faster than would trouble the machine.
func (c *conn) endlessHeader(q *request) {
	wire := appendStatus(nil, http.StatusOK, q.mode)
	line := 0
	for {
		for len(wire) < wholeBody/16 {
			line++
			wire = append(strconv.AppendInt(append(wire, "X-Endless-"...), int64(line), 10), ": filler\r\n"...)
		}
		n, err := c.Write(wire)
		c.shard.sent(int64(n))
		if err != nil || !c.sleepUntil(time.Since(c.srv.start)+headerEvery) {
			return
		}
		wire = wire[:0]
	}
}

// A limiter keeps a RateLimit.
type limiter struct {
	rule RateLimit

	mu     sync.Mutex
	opened time.Duration // when the present window began
	used   int           // requests let through in it
}

// refuse tells whether a request that arrived now is one too many, and how long
// the window is still closed.
func (l *limiter) refuse(now time.Duration) (after time.Duration, refused bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.used == 0 || now-l.opened >= l.rule.Window {
		l.opened, l.used = now, 0
	}
	if l.used < l.rule.Requests {
		l.used++
		return 0, false
	}
	return l.opened + l.rule.Window - now, true
}

// tooMany answers 429 as soon as a stall lets it, without the delay.
func (c *conn) tooMany(q *request, after time.Duration) bool {
	if !c.sleepUntil(q.arrived + c.srv.behaviour.Stall.Wait(q.arrived)) {
		c.shard.end(fateLost, q.size, 0)
		return false
	}
	seconds := strconv.Itoa(int(math.Ceil(after.Seconds())))
	return c.send(q, errorAnswer(http.StatusTooManyRequests, "Retry-After: "+seconds+"\r\n"))
}

// refuse answers what is not a request, if it was that and not a lost
// connection. It waits for the client to have read the answer: closing over
// unread bytes would make the kernel reset the connection and take it away.
func (c *conn) refuse(err error) {
	var b *badRequest
	if !errors.As(err, &b) {
		return
	}
	q := request{mode: closing}
	c.breakOff(&q, fateRefused, errorAnswer(b.status, "").bytes(&q))
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	_ = c.SetReadDeadline(time.Now().Add(lingerFor))
	_, _ = io.Copy(io.Discard, c.Conn)
}
