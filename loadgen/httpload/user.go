package httpload

// This file is the hot path: nothing in it allocates while requests succeed on a
// kept connection, formats or logs.

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/measure"
)

const (
	smallBuffer = 2 << 10  // enough for most heads and many answers
	largeBuffer = 32 << 10 // for a user whose answers take many reads
	manyReads   = 4
	maxInterim  = 16 // answers of class 1xx before the real one
)

// user is one user's Sender.
type user struct {
	client *Client
	clock  loadgen.Clock
	links  []link

	// The answer under way: its bytes so far are buf[:end], head and body both
	// until the body is counted and dropped.
	buf   []byte
	end   int
	got   int64 // bytes of it
	reads int
	head  head // kept here: a head that every function returns makes every stack deeper

	started *request // Start has written this one
	early   bool     // the answer came before the request was written

	index    int
	sessions dial.Sessions
	content  *content // the body under way, where bodies are decoded

	// mu guards what Interrupt needs: which streams are open, and the call whose
	// connection is being opened.
	mu      sync.Mutex
	call    *loadgen.Call
	cancel  context.CancelFunc
	writing stream
}

// Start implements loadgen.Starter: on a kept connection that is still good, as
// much of the request is written as goes without waiting.
func (u *user) Start(call *loadgen.Call) {
	r := u.client.requests[call.Outcome.Step].Load()
	l := u.linkTo(r.origin)
	if l.stream == nil || l.isStale(call.Began) {
		return
	}
	now := u.clock.Now()
	if l.stream.start(r.bytes) {
		u.started, call.Outcome.Sent = r, now
	}
}

// Send implements loadgen.Sender.
func (u *user) Send(call *loadgen.Call) {
	o := &call.Outcome
	r := u.started
	if r == nil {
		r = u.client.requests[o.Step].Load()
	}
	l := u.linkTo(r.origin)
	err := u.roundTrip(call, r, l)
	if err == nil && r.spec.MaxRedirects > 0 {
		l, err = u.follow(call, r, l)
	}
	if err == nil && !r.expects(u.head.status) {
		err = statusError(u.head.status)
	}
	if err != nil {
		u.fail(call, err)
	}
	u.count(l, o)
}

// fail fills in the outcome of a request that ended in err.
func (u *user) fail(call *loadgen.Call, err error) {
	o := &call.Outcome
	o.Class, o.Err = classify(err), err
	if o.Class == measure.Timeout {
		o.Err = errTimeout
	}
	if o.Class != measure.Status {
		o.Read = u.clock.Now()
		o.Done = o.Read
	}
}

// linkTo returns the user's link to an origin. The last link is for those that
// only a redirect led to; it is not kept.
func (u *user) linkTo(o *origin) *link {
	if o.index < 0 {
		return &u.links[len(u.links)-1]
	}
	return &u.links[o.index]
}

// follow goes where the answer sends it, as often as the step allows. It returns
// the link of the last answer.
func (u *user) follow(call *loadgen.Call, r *request, l *link) (*link, error) {
	at := r.spec.URL
	for range r.spec.MaxRedirects {
		next, to, ok := r.redirected(u.client, at, u.head)
		if !ok {
			return l, nil
		}
		l = u.linkTo(next.origin)
		if err := u.roundTrip(call, next, l); err != nil {
			return l, err
		}
		if next.origin.index < 0 {
			u.hangUp(l)
		}
		r, at = next, to
	}
	return l, nil
}

// roundTrip sends the request and reads the answer to its end.
//
// A kept connection that the server had closed before the request reached it is
// replaced and the request sent again, once: RFC 9112, 9.3, lets a server close an
// idle connection at any time. A reset, or an end after the request, is a failure.
func (u *user) roundTrip(call *loadgen.Call, r *request, l *link) error {
	if u.started == nil && (l.stream == nil || l.isStale(call.Began)) {
		if err := u.reconnect(call, l, r.origin); err != nil {
			return err
		}
	}
	err := u.exchange(call, r, l.stream)
	if err != nil && l.kept && u.got == 0 && l.stream.refused() {
		if err = u.reconnect(call, l, r.origin); err == nil {
			err = u.exchange(call, r, l.stream)
		}
	}
	l.kept = true
	l.used = call.Outcome.Read
	l.left--
	if err != nil || !u.head.keep || u.early || l.left == 0 {
		u.hangUp(l)
	}
	return err
}

// count notes on which address the request ended.
func (u *user) count(l *link, o *measure.Outcome) {
	if o.Phase != measure.Measure || l.address == nil {
		return
	}
	l.requests++
	if o.Class != measure.OK {
		l.errors++
	} else if u.client.network.Several() {
		l.address.Served(o.Service())
	}
}

// reconnect opens the link. Unless that is a small thing it is done by a goroutine
// of its own: dialling takes a deep stack, which every user would keep for the rest
// of the run.
func (u *user) reconnect(call *loadgen.Call, l *link, o *origin) (err error) {
	u.hangUp(l)
	l.kept = false
	if o.Shallow() {
		return u.connect(call, l, o)
	}
	var connecting sync.WaitGroup
	connecting.Go(func() { err = u.connect(call, l, o) })
	connecting.Wait()
	return err
}

// exchange is roundTrip on an open connection.
func (u *user) exchange(call *loadgen.Call, r *request, s stream) error {
	o := &call.Outcome
	u.end, u.got, u.reads, u.early = 0, 0, 0, false
	if o.Sent == 0 {
		o.Sent = u.clock.Now()
	}
	o.BytesOut += int64(len(r.bytes))
	err := u.write(call, r.bytes, s)
	if err == nil {
		if o.FirstByte == 0 {
			o.FirstByte = o.Done
		}
		err = u.answer(call, r, s)
	}
	if err != nil {
		return ended(err, u.got)
	}
	if u.reads > manyReads && len(u.buf) < largeBuffer {
		u.buf = make([]byte, largeBuffer)
	}
	return nil
}

// write sends the request and reads the first bytes of the answer.
func (u *user) write(call *loadgen.Call, bytes []byte, s stream) error {
	if u.started != nil {
		u.started, bytes = nil, nil
	}
	for {
		n, err := s.exchange(bytes, u.buf)
		if err == nil {
			u.took(call, s, n)
			return nil
		}
		if err == errFull {
			err = u.flush(call, s)
		}
		if err != nil && s.unwritten() && u.answeredEarly(call, s) {
			return nil
		}
		if err != nil && !u.spurious(call, s, err) {
			return err
		}
		bytes = nil
	}
}

// answeredEarly reads what a peer said before it stopped taking the request: that
// it is too large, for instance.
func (u *user) answeredEarly(call *loadgen.Call, s stream) bool {
	n, err := s.read(u.buf)
	if err != nil {
		return false
	}
	u.early = true
	u.took(call, s, n)
	return true
}

// flush writes what is left of the request while Interrupt may end it: the peer
// may never read.
func (u *user) flush(call *loadgen.Call, s stream) error {
	u.guard(call, s)
	defer u.guard(nil, nil)
	return s.flush()
}

// read reads more of the answer behind what is kept of it.
func (u *user) read(call *loadgen.Call, s stream) error {
	for {
		n, err := s.read(u.buf[u.end:])
		if err == nil {
			u.took(call, s, n)
			return nil
		}
		if !u.spurious(call, s, err) {
			return err
		}
	}
}

// took notes n more bytes of the answer, and when they came.
func (u *user) took(call *loadgen.Call, s stream, n int) {
	o := &call.Outcome
	u.end += n
	u.got += int64(n)
	u.reads++
	o.BytesIn += int64(n)
	o.Read = u.clock.Now()
	o.Done = o.Read
	if at, ok := u.client.stamps.instant(s.received(), o.Sent, o.Read); ok {
		o.Done = at
	}
}

// spurious tells whether err only came of an Interrupt that was meant for an
// earlier call; the stream is ready again then.
func (u *user) spurious(call *loadgen.Call, s stream, err error) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) || call.Expired(u.clock.Now()) {
		return false
	}
	s.resume()
	return true
}

// answer reads the answer to its end. The first bytes are there.
func (u *user) answer(call *loadgen.Call, r *request, s stream) error {
	if n := r.memo.recall(u.buf[:u.end], &u.head); n > 0 {
		u.drop(n)
	} else if err := u.heads(call, r, s); err != nil {
		return err
	}
	call.Outcome.Status = u.head.status
	return u.body(call, s)
}

// heads reads the head of the answer, and those of interim answers before it.
func (u *user) heads(call *loadgen.Call, r *request, s stream) error {
	for range maxInterim {
		n, err := u.wholeHead(call, s)
		if err != nil {
			return err
		}
		u.head, err = parseHead(u.buf[:n], r.spec.Method == "HEAD")
		if err != nil {
			return err
		}
		if u.head.status >= 200 {
			r.memo.learn(u.buf[:n], u.head, call.Outcome.Read)
		}
		if len(u.head.location) > 0 {
			u.head.location = append([]byte(nil), u.head.location...) // the buffer goes on
		}
		u.drop(n)
		if u.head.status >= 200 {
			return nil
		}
	}
	return malformed("more than %d interim answers", maxInterim)
}

// wholeHead reads until a head is complete, and returns its length.
func (u *user) wholeHead(call *loadgen.Call, s stream) (int, error) {
	seen := 0
	for {
		n, err := findHead(u.buf[:u.end], seen)
		if n > 0 || err != nil {
			return n, err
		}
		seen = u.end
		if u.end == len(u.buf) {
			u.buf = append(u.buf, make([]byte, min(len(u.buf), maxHead-len(u.buf)))...)
		}
		if err := u.read(call, s); err != nil {
			return 0, err
		}
	}
}

// drop forgets the first n bytes that are kept.
func (u *user) drop(n int) {
	copy(u.buf, u.buf[n:u.end])
	u.end -= n
}

// body reads and forgets the body.
func (u *user) body(call *loadgen.Call, s stream) error {
	if u.client.decoder != nil {
		return u.decode(call, s, u.head)
	}
	var left int
	var err error
	switch {
	case u.head.chunked:
		left, err = u.chunkedBody(call, s)
	case u.head.length == unknownLength:
		return u.bodyToEnd(call, s)
	default:
		left, err = u.sizedBody(call, s, u.head.length)
	}
	if err == nil && left > 0 {
		err = malformed("%d bytes behind the end of the answer", left)
	}
	return err
}

// sizedBody returns how many bytes came that do not belong to the body.
func (u *user) sizedBody(call *loadgen.Call, s stream, length int64) (int, error) {
	for length > int64(u.end) {
		length -= int64(u.end)
		u.end = 0
		if err := u.read(call, s); err != nil {
			return 0, err
		}
	}
	return u.end - int(length), nil
}

// chunkedBody likewise.
func (u *user) chunkedBody(call *loadgen.Call, s stream) (int, error) {
	var c chunked
	for {
		n, done, err := c.feed(u.buf[:u.end])
		if err != nil || done {
			return u.end - n, err
		}
		u.end = 0
		if err := u.read(call, s); err != nil {
			return 0, err
		}
	}
}

// bodyToEnd reads a body that ends with its connection.
func (u *user) bodyToEnd(call *loadgen.Call, s stream) error {
	for {
		u.end = 0
		if err := u.read(call, s); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

// guard lets Interrupt end a write of the call that waits; nil: none does.
func (u *user) guard(call *loadgen.Call, s stream) {
	u.mu.Lock()
	u.call, u.writing = call, s
	u.mu.Unlock()
}

// Interrupt implements loadgen.Sender.
func (u *user) Interrupt() {
	u.mu.Lock()
	defer u.mu.Unlock()
	expired := u.call != nil && u.call.Expired(u.clock.Now())
	if expired && u.cancel != nil {
		u.cancel()
	}
	for i := range u.links {
		if s := u.links[i].stream; s != nil {
			s.interrupt(expired && s == u.writing)
		}
	}
}

// Close implements loadgen.Sender.
func (u *user) Close() {
	for i := range u.links {
		u.hangUp(&u.links[i])
		u.links[i].moveTo(nil)
	}
}

var _ loadgen.Sender = (*user)(nil)
