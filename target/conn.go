package target

// This file is the hot path: no allocation, no formatting, no map, no timer
// unless there is a delay, one lock per request (of the connection's shard).

import (
	"context"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"time"
)

// A conn is one connection and its goroutine.
type conn struct {
	net.Conn
	reader
	srv    *Server
	shard  *shard
	random rand.PCG

	stopped <-chan struct{} // of the Serve that accepted it
	armed   time.Duration   // when the read deadline was last set
	active  time.Duration   // when the last answer was sent
	timer   *time.Timer     // of delays, made by the first one
	stamped *stamped        // what src is while arrivals are logged, else nil

	// handing is odd from before an answer is written until it has been counted.
	// A client can see the answer in between and ask for the truth, which
	// therefore waits for odd ones to change: see settle.
	handing atomic.Uint32
}

// newConn gives connection number its share of the counters and of chance.
func (s *Server) newConn(ctx context.Context, nc net.Conn, number uint64) *conn {
	c := &conn{
		Conn:    nc,
		reader:  newReader(nc, s.start),
		srv:     s,
		shard:   s.shards[number%uint64(len(s.shards))],
		random:  *rand.NewPCG(s.behaviour.Seed, number),
		stopped: ctx.Done(),
		armed:   -s.behaviour.Idle,
	}
	if s.arrivals != nil {
		c.stampReads(nc)
	}
	return c
}

// serve answers until one side has had enough.
func (c *conn) serve() {
	for c.one() {
	}
	_ = c.Close()
}

// one reads and answers one request. It returns false to end the connection.
func (c *conn) one() bool {
	if !c.arm() {
		return false
	}
	var q request
	if err := c.next(&q); err != nil {
		c.refuse(err)
		return false
	}
	if c.srv.arrivals != nil {
		q.received = c.received()
	}
	if q.control != notControl {
		return c.serveControl(&q)
	}
	if c.srv.plain {
		return c.send(&q, c.srv.ok)
	}
	return c.behave(&q)
}

// arm sees to it that a silent connection is closed. Moving a deadline costs
// more than a request may, so it moves only when a quarter of it is gone.
func (c *conn) arm() bool {
	idle := c.srv.behaviour.Idle
	if max(c.stamp, c.active)-c.armed < idle/4 {
		return true
	}
	c.armed = time.Since(c.srv.start)
	return c.SetReadDeadline(time.Now().Add(idle+idle/4)) == nil
}

// send writes an answer that was rendered before.
func (c *conn) send(q *request, a *answer) bool {
	c.handing.Add(1)
	n, err := c.Write(a.bytes(q))
	return c.account(q, a.status, int64(n), err)
}

// account counts an answer once the kernel has it, or could not take it.
func (c *conn) account(q *request, status int, sent int64, err error) bool {
	c.active = time.Since(c.srv.start)
	if err != nil {
		c.shard.end(fateLost, q.size, sent)
	} else {
		c.shard.answered(status, c.active-q.headAt, q.size, sent)
		if c.srv.arrivals != nil {
			c.srv.arrivals.add(q.received, c.active, status)
		}
	}
	c.handing.Add(1)
	return err == nil && !q.mode.closes()
}

// behave does with the request what chance and the behaviour have in store.
// Every request draws the same numbers in the same order, whatever its fate.
func (c *conn) behave(q *request) bool {
	s := c.srv
	d := draw{fate: fateAnswer, delay: s.behaviour.Delay.a}
	if len(s.fates) > 0 {
		d = s.fateAt(c.uniform(), d)
	}
	if s.behaviour.Delay.law != lawConst {
		d.delay = s.behaviour.Delay.Quantile(c.uniform())
	}
	if s.behaviour.Aging != (Aging{}) {
		d = c.age(q, d)
	}
	d.size = s.behaviour.Body.Min
	if s.behaviour.Body.Max > d.size {
		d.size = s.behaviour.Body.quantile(c.uniform())
	}
	if s.limiter != nil {
		if after, refused := s.limiter.refuse(q.arrived); refused {
			return c.tooMany(q, after)
		}
	}
	if d.fate == fateError && s.behaviour.FastErrors {
		d.delay = 0
	}
	if !c.sleepUntil(s.behaviour.Stall.answerAt(q.arrived, d.delay)) {
		c.shard.end(fateLost, q.size, 0)
		return false
	}
	return c.meet(q, d)
}

// age is what the time since the start adds to what chance decided.
func (c *conn) age(q *request, d draw) draw {
	a := &c.srv.behaviour.Aging
	d.delay = min(d.delay+a.Extra(q.arrived), MaxDelay)
	if a.Growth.Share > 0 && c.uniform() < a.ErrorShare(q.arrived) && d.fate == fateAnswer {
		d.fate, d.error = fateError, c.srv.aged
	}
	return d
}

// A draw is what chance decided for one request.
type draw struct {
	fate  fate
	error *answer // for fateError
	delay time.Duration
	size  int64
}

// uniform is a number from 0 to below 1.
func (c *conn) uniform() float64 { return float64(c.random.Uint64()>>11) / (1 << 53) }

// sleepUntil waits for an instant counted from the server's start, or returns
// false if the server stops before.
func (c *conn) sleepUntil(due time.Duration) bool {
	wait := due - time.Since(c.srv.start)
	if wait <= 0 {
		return true
	}
	if c.timer == nil {
		c.timer = time.NewTimer(wait)
	} else {
		c.timer.Reset(wait)
	}
	select {
	case <-c.timer.C:
		return true
	case <-c.stopped:
		c.timer.Stop()
		return false
	}
}
