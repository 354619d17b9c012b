package opening

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/loadgen/httpload"
	"gonogo/measure"
)

// A Conn is an open connection. One goroutine at a time reads, another one may write;
// who reads may change.
type Conn struct {
	raw     net.Conn
	stamped httpload.StampedConn
	through net.Conn // TLS, or stamped
	clock   loadgen.Clock
	stamps  *httpload.Stamps

	in, out atomic.Int64
	told    [2]int64 // of in and out, in outcomes

	// What the reader knows.
	room  int // that the head of the answer has left; below 0: it is read
	call  *loadgen.Call
	until time.Duration // an end of waiting besides the call's; 0: none

	mu          sync.Mutex // guards what others may look at while one reads
	first, last Moment
	failed      error // why there is no more to read

	address          *dial.Address
	requests, errors int64
	ending           sync.Once
}

// A Moment is when something came: as our own code saw it, and by the kernel.
type Moment struct {
	Read  time.Duration
	stamp int64
}

// past is a deadline that makes a waiting call return at once.
func past() time.Time { return time.Unix(1, 0) }

func newConn(raw net.Conn, address *dial.Address, d *Dialer) *Conn {
	c := &Conn{raw: raw, stamped: httpload.Stamped(raw), clock: d.Clock, stamps: d.Stamps, address: address, room: -1}
	c.through = &c.stamped
	return c
}

// Read implements io.Reader.
func (c *Conn) Read(b []byte) (int, error) {
	if c.room == 0 {
		return 0, httpload.Malformed("the head of the answer is longer than %d bytes", maxHead)
	}
	if c.room > 0 && len(b) > c.room {
		b = b[:c.room]
	}
	for {
		n, err := c.through.Read(b)
		if n > 0 {
			c.came(n)
			return n, nil
		}
		if err == nil {
			continue
		}
		if !c.spurious(err) {
			c.mu.Lock()
			c.failed = err
			c.mu.Unlock()
			return 0, err
		}
	}
}

func (c *Conn) came(n int) {
	c.in.Add(int64(n))
	if c.room > 0 {
		c.room -= n
	}
	now := Moment{c.clock.Now(), c.stamped.Received()}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = now
	if c.first.Read == 0 {
		c.first = c.last
	}
}

// Await says whom later reads are for: they end with the call, or at the instant
// until, unless that is 0, and no Interrupt ends them sooner.
func (c *Conn) Await(call *loadgen.Call, until time.Duration) {
	had := c.until
	c.call, c.until = call, until
	if had != 0 || until != 0 {
		c.resume()
	}
}

// resume makes reads wait again.
func (c *Conn) resume() {
	var at time.Time
	if c.until != 0 {
		at = c.clock.Start().Add(c.until)
	}
	_ = c.raw.SetReadDeadline(at)
}

// spurious tells whether err only came of an Interrupt that was meant for an earlier
// call; reads wait again then.
func (c *Conn) spurious(err error) bool {
	if c.call == nil || !errors.Is(err, os.ErrDeadlineExceeded) || c.Expired() {
		return false
	}
	c.resume()
	return true
}

// Expired tells whether the time of Await is up.
func (c *Conn) Expired() bool {
	now := c.clock.Now()
	return c.call != nil && c.call.Expired(now) || c.until != 0 && now >= c.until
}

// Write implements io.Writer.
func (c *Conn) Write(b []byte) (int, error) {
	n, err := c.through.Write(b)
	c.out.Add(int64(n))
	return n, err
}

// Last is when the last bytes came that were read.
func (c *Conn) Last() Moment {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

// Failed is why there is no more to read; nil while there may be.
func (c *Conn) Failed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failed
}

// Received is how many bytes came.
func (c *Conn) Received() int64 { return c.in.Load() }

// Instant is when the kernel received what came at the moment, after it was asked for
// at sent; else when our own code saw it.
func (c *Conn) Instant(m Moment, sent time.Duration) time.Duration {
	if at, ok := c.stamps.Instant(m.stamp, sent, m.Read); ok {
		return at
	}
	return m.Read
}

// Interrupt makes a waiting read look at Await again.
func (c *Conn) Interrupt() { _ = c.raw.SetReadDeadline(past()) }

// Break ends all that waits. The connection is of no more use.
func (c *Conn) Break() { _ = c.raw.SetDeadline(past()) }

// Account adds to the outcome what came and went since the last one, and notes on
// which address it ended.
func (c *Conn) Account(o *measure.Outcome, several bool) {
	now := [2]int64{c.in.Load(), c.out.Load()}
	o.BytesIn += now[0] - c.told[0]
	o.BytesOut += now[1] - c.told[1]
	c.told = now
	if o.Phase != measure.Measure || c.address == nil {
		return
	}
	c.requests++
	if o.Class != measure.OK {
		c.errors++
	} else if several {
		c.address.Served(o.Service())
	}
}

// Settle adds what Account noted to the address.
func (c *Conn) Settle() {
	if c.address != nil && c.requests > 0 {
		c.address.Add(c.requests, c.errors)
	}
	c.requests, c.errors = 0, 0
}

// Close ends the connection without a farewell, which might wait for a peer that does
// not read. It may be called more than once, and while others read and write.
func (c *Conn) Close() error {
	c.ending.Do(func() { _ = c.raw.Close() })
	return nil
}
