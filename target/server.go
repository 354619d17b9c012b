package target

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A Server behaves as it was told and remembers what it did.
type Server struct {
	behaviour Behaviour
	start     time.Time // stalls and all instants count from here

	plain   bool    // nothing but s.ok can happen
	ok      *answer // the good answer, where one text serves for all
	fates   []boundary
	aged    *answer   // what a growing share of errors gets
	limiter *limiter  // nil without a rate limit
	buffers sync.Pool // *[]byte, what stream writes with

	shards   []*shard
	accepted atomic.Int64  // since the last reset
	numbers  atomic.Uint64 // of connections, in the order of acceptance, for their random streams
	open     openConns
	since    atomic.Int64 // the last reset, counted from start
	arrivals *arrivalLog  // nil unless LogArrivals was called
}

// New makes a server; its start, from which stalls count, is now. b has to be
// valid, as Validate tells.
func New(b Behaviour) *Server {
	if b.Idle == 0 {
		b.Idle = DefaultIdle
	}
	s := &Server{behaviour: b, start: time.Now(), fates: b.boundaries()}
	s.open.conns = map[*conn]struct{}{}
	s.buffers.New = func() any {
		b := make([]byte, 0, 2*pieceSize+512) // what stream can have in hand at most
		return &b
	}
	if b.Body.Min == b.Body.Max && b.Body.Max <= wholeBody && b.Drip == 0 {
		s.ok = b.wholeAnswer()
	}
	if b.RateLimit.Requests > 0 {
		s.limiter = &limiter{rule: b.RateLimit}
	}
	s.plain = s.ok != nil && len(s.fates) == 0 && s.limiter == nil &&
		b.Delay == Delay{} && b.Stall == Stall{} && b.Aging == Aging{}
	s.aged = errorAnswer(http.StatusServiceUnavailable, "")
	for range min(runtime.GOMAXPROCS(0), maxShards) {
		s.shards = append(s.shards, &shard{})
	}
	return s
}

// maxShards bounds the memory of the counters.
const maxShards = 16

// wholeAnswer renders the answer that every request gets.
func (b *Behaviour) wholeAnswer() *answer {
	a := &answer{status: 200}
	for m := range a.wire {
		p := b.newBody(b.Body.Min, mode(m))
		wire := p.appendHead(nil, mode(m))
		a.head[m] = len(wire)
		for i := range p.pieces {
			wire = p.appendPiece(wire, i)
		}
		a.wire[m] = p.appendEnd(wire)
	}
	return a
}

// Serve answers what ln accepts until ctx ends, and returns nil then; or until
// accepting fails for good. By the time it returns, ln and its connections are
// closed and no goroutine of it is left. A server may serve several listeners
// at a time. A TLS one must not offer HTTP/2. A log of arrivals that could not be
// written is an error too.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	if s.arrivals != nil {
		stampListener(ln)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		<-inner.Done()
		_ = ln.Close()
		s.open.closeAll(inner.Done())
	})
	err := s.acceptAll(inner, ln, func(nc net.Conn) {
		c := s.newConn(inner, nc, s.numbers.Add(1))
		if s.open.add(inner, c) {
			wg.Go(func() {
				c.serve()
				s.open.remove(c)
			})
		}
	})
	cancel()
	wg.Wait()
	if ctx.Err() != nil {
		err = nil
	}
	if unlogged := s.arrivals.flush(); unlogged != nil {
		err = errors.Join(err, fmt.Errorf("log arrivals: %w", unlogged))
	}
	return err
}

// acceptAll hands over connections. Running out of descriptors passes, so it
// tries again after a while, as net/http does.
func (s *Server) acceptAll(ctx context.Context, ln net.Listener, each func(net.Conn)) error {
	for {
		nc, err := ln.Accept()
		if err == nil {
			s.accepted.Add(1)
			each(nc)
			continue
		}
		var passing interface{ Temporary() bool }
		if ctx.Err() != nil || !errors.As(err, &passing) || !passing.Temporary() {
			return fmt.Errorf("accept, on %s: %w", ln.Addr(), err)
		}
		select {
		case <-time.After(acceptAgain):
		case <-ctx.Done():
		}
	}
}

const acceptAgain = 20 * time.Millisecond

// openConns is every connection of every Serve.
type openConns struct {
	mu    sync.Mutex
	conns map[*conn]struct{}
}

// add takes a connection over, or closes it if its Serve has ended meanwhile.
func (o *openConns) add(ctx context.Context, c *conn) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if ctx.Err() != nil {
		_ = c.Close()
		return false
	}
	o.conns[c] = struct{}{}
	return true
}

func (o *openConns) remove(c *conn) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.conns, c)
}

// closeAll closes the connections of one Serve, told by its channel.
func (o *openConns) closeAll(stopped <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for c := range o.conns {
		if c.stopped == stopped {
			_ = c.Close()
		}
	}
}

// list is a copy of what is open now.
func (o *openConns) list() []*conn {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Collect(maps.Keys(o.conns))
}

// settle waits until every answer that was being written has been counted, so
// that whoever has seen an answer finds it in the truth. A client that does not
// read could hold it up, so it has only so much patience.
func (s *Server) settle() {
	patience := 100
	for _, c := range s.open.list() {
		before := c.handing.Load()
		for before%2 == 1 && c.handing.Load() == before && patience > 0 {
			patience--
			time.Sleep(time.Microsecond)
		}
	}
}
