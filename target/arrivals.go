package target

import (
	"bufio"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"
	"time"
)

// LogArrivals writes a line to w for every request that is answered, when it has been:
//
//	RECEIVED ANSWERED STATUS
//
// The instants are nanoseconds since the server's start on the monotonic clock.
// RECEIVED is when the kernel had received the last bytes of the request, whatever
// this process was busy with; 0 where the kernel did not say, as under TLS. ANSWERED
// is when the kernel had taken the last byte of the answer. So their difference
// is the latency on the wire of a loopback, and the row of RECEIVED is what a load
// generator really sent, and when.
//
// It has to be called before Serve, which writes out what is buffered when it ends.
// It is an error on a system without receive stamps.
func (s *Server) LogArrivals(w io.Writer) error {
	if !hasStamps {
		return errors.New("log arrivals: the kernel of this system has no receive stamps, want Linux")
	}
	s.arrivals = &arrivalLog{w: bufio.NewWriterSize(w, 64<<10)}
	return nil
}

// An arrivalLog takes lines from all connections. What it keeps is bounded by its buffer.
type arrivalLog struct {
	mu   sync.Mutex
	w    *bufio.Writer // after an error it takes no more and gives the error to flush
	line []byte
}

func (l *arrivalLog) add(received, answered time.Duration, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line = strconv.AppendInt(l.line[:0], int64(received), 10)
	l.line = strconv.AppendInt(append(l.line, ' '), int64(answered), 10)
	l.line = strconv.AppendInt(append(l.line, ' '), int64(status), 10)
	_, _ = l.w.Write(append(l.line, '\n'))
}

// flush is for a nil log too.
func (l *arrivalLog) flush() error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Flush()
}

// stampReads makes c read through the kernel's receive stamps, where its
// connection can.
func (c *conn) stampReads(nc net.Conn) {
	if c.stamped = newStamped(nc, c.srv.start); c.stamped != nil {
		c.src = c.stamped
	}
}

// received is when the kernel received what was read last, 0 when that is not known.
func (c *conn) received() time.Duration {
	if c.stamped == nil {
		return 0
	}
	return c.stamped.last
}

// sinceStamp turns a stamp of the wall clock, in nanoseconds, into an instant that
// counts from start. That clock may be set at any time, so only the stamp's age is
// taken from it.
func sinceStamp(stamp int64, start time.Time) time.Duration {
	if stamp == 0 {
		return 0
	}
	now := time.Now()
	return now.Sub(start) - time.Duration(now.UnixNano()-stamp)
}
