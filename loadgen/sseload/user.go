package sseload

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"gonogo/loadgen"
	"gonogo/loadgen/httpload"
	"gonogo/loadgen/opening"
	"gonogo/measure"
)

// user is one user's Sender.
type user struct {
	client  *Client
	clock   loadgen.Clock
	dialer  *opening.Dialer
	streams map[int]*stream // by Open step
	last    map[int][]byte  // the last event's id, likewise
	head    []byte
	answer  loadgen.Answer

	mu      sync.Mutex // guards what Interrupt needs
	reading *opening.Conn
}

// Send implements loadgen.Sender.
func (u *user) Send(call *loadgen.Call) {
	o := &call.Outcome
	if o.Step >= len(u.client.current.Load().steps) || u.client.current.Load().steps[o.Step] == nil {
		u.fail(call, httpload.Unwritten(errNoStep))
		return
	}
	step, at := u.client.current.Load().steps[o.Step], o.Step
	if step.Kind != Open {
		at = step.Stream
	}
	var over bool
	var err error
	switch step.Kind {
	case Open:
		over, err = u.begin(call, step, at)
	case Next:
		over, err = u.next(call, step, at)
	case Close:
		o.Sent = u.clock.Now()
		o.Done, o.Read, over = o.Sent, o.Sent, true
	}
	if err != nil {
		u.fail(call, err)
	}
	s := u.streams[at]
	if s != nil {
		s.conn.Account(o, u.client.network.Several())
	}
	if over {
		u.sayOver(at)
	}
	if over || err != nil && o.Class != measure.Check {
		u.forget(at)
	}
}

// sayOver tells the flow that a stream is over.
func (u *user) sayOver(at int) {
	if v := u.client.current.Load().steps[at].Over; v != nil {
		u.dialer.Session.Set(*v, []byte("true"))
	}
	delete(u.last, at)
}

// fail fills in the outcome of a step that ended in err.
func (u *user) fail(call *loadgen.Call, err error) {
	o := &call.Outcome
	o.Class, o.Err = opening.Classify(err), err
	if o.Class == measure.Status {
		return // the answer is there
	}
	o.Read = u.clock.Now()
	o.Done = o.Read
}

// begin opens a stream, and waits for its first event. It tells whether the stream is
// over by then.
func (u *user) begin(call *loadgen.Call, step *Step, at int) (over bool, err error) {
	u.forget(at)
	delete(u.last, at)
	if step.Over != nil {
		u.dialer.Session.Clear(*step.Over)
	}
	s, err := u.open(call, at, nil)
	if err != nil || s == nil {
		return s == nil && err == nil, err
	}
	u.streams[at] = s
	over, err = u.wait(call, step, at, s)
	if over && err == nil && s.events == 0 {
		return false, &silentError{} // it had no first event
	}
	return over, err
}

// next waits for the next event. A stream that failed before is opened anew: all of
// that is connecting.
func (u *user) next(call *loadgen.Call, step *Step, at int) (over bool, err error) {
	o := &call.Outcome
	s := u.streams[at]
	if s == nil {
		began := u.clock.Now()
		if s, err = u.open(call, at, u.last[at]); err != nil || s == nil {
			return s == nil && err == nil, err
		}
		o.Connect = u.clock.Now() - began - o.TLS
		u.streams[at] = s
	}
	o.Sent, o.FirstByte, o.Status = u.clock.Now(), 0, 200
	return u.wait(call, step, at, s)
}

// wait waits for an event that fits, or for the end of the stream.
func (u *user) wait(call *loadgen.Call, step *Step, at int, s *stream) (over bool, err error) {
	until := s.until
	if step.Within > 0 {
		if within := u.clock.Now() + step.Within; until == 0 || within < until {
			until = within
		}
	}
	u.guard(s.conn)
	defer u.guard(nil)
	s.conn.Await(call, until)
	silent := &silentError{}
	for {
		if err = s.event(); err != nil {
			return u.stopped(call, at, s, err, silent)
		}
		u.last[at] = append(u.last[at][:0], s.parser.id...)
		over, err = u.look(call, step, u.client.current.Load().steps[at], s)
		if over || err == nil {
			return over, nil
		}
		silent.looked, silent.last = silent.looked+1, err
	}
}

// stopped says what it means that no event came.
func (u *user) stopped(call *loadgen.Call, at int, s *stream, err error, silent *silentError) (over bool, _ error) {
	now := u.clock.Now()
	opened := u.client.current.Load().steps[at]
	switch {
	case s.until != 0 && now >= s.until && !call.Expired(now):
		u.end(call, now, now)
		return true, nil
	case s.conn.Expired():
		return false, silent
	case errors.Is(err, errEnd) && opened.Ends && s.events > 0:
		moment := s.conn.Last()
		u.end(call, s.conn.Instant(moment, call.Outcome.Sent), moment.Read)
		call.Outcome.Void = true // the end is no event, and no gap before one
		return true, nil
	case errors.Is(err, errEnd):
		return false, httpload.Ended(fmt.Errorf("%w: %w", errEnd, io.EOF), s.conn.Received())
	}
	return false, err
}

// end fills in the instants of a step that went well.
func (u *user) end(call *loadgen.Call, done, read time.Duration) {
	o := &call.Outcome
	o.Done = max(done, o.Sent)
	o.FirstByte, o.Read = o.Done, max(read, o.Done)
}

// look tells whether an event fits, and whether the stream is over with it.
func (u *user) look(call *loadgen.Call, step, opened *Step, s *stream) (over bool, err error) {
	moment := s.conn.Last()
	u.end(call, s.conn.Instant(moment, call.Outcome.Sent), moment.Read)
	over = opened.Until != nil && u.inspect(opened.Until, call, s) == nil
	if step.Inspector != nil {
		err = u.inspect(step.Inspector, call, s)
	}
	if err == nil || over {
		s.events++
	}
	return over || opened.Events > 0 && s.events >= opened.Events, err
}

// inspect shows an event to an Inspector.
func (u *user) inspect(i loadgen.Inspector, call *loadgen.Call, s *stream) error {
	needs, p := i.Needs(), &s.parser
	u.answer = loadgen.Answer{
		Status: call.Outcome.Status, Body: p.data[:min(len(p.data), needs.Body)], Length: int64(len(p.data)),
		Service: call.Outcome.Service(),
	}
	if needs.Head {
		u.head = append(append(append(u.head[:0], "event: "...), p.name...), "\r\nid: "...)
		u.head = append(append(u.head, p.id...), "\r\n"...)
		u.answer.Head = u.head
	}
	return i.Inspect(&u.answer, u.dialer.Session)
}

// forget ends the stream of an Open step, if there is one.
func (u *user) forget(at int) {
	if s := u.streams[at]; s != nil {
		delete(u.streams, at)
		_ = s.conn.Close()
		s.conn.Settle()
	}
}

// guard lets Interrupt reach a read that waits; nil: none does.
func (u *user) guard(c *opening.Conn) {
	u.mu.Lock()
	u.reading = c
	u.mu.Unlock()
}

// Interrupt implements loadgen.Sender.
func (u *user) Interrupt() {
	u.dialer.Interrupt()
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.reading != nil {
		u.reading.Interrupt()
	}
}

// Close implements loadgen.Sender.
func (u *user) Close() {
	for at := range u.streams {
		u.forget(at)
	}
}

var _ loadgen.Sender = (*user)(nil)
