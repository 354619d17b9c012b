package wsload

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"github.com/coder/websocket"

	"gonogo/loadgen"
	"gonogo/loadgen/httpload"
	"gonogo/loadgen/opening"
	"gonogo/measure"
)

// user is one user's Sender.
type user struct {
	client *Client
	clock  loadgen.Clock
	dialer *opening.Dialer
	links  map[int]*link // by Connect step
	wake   chan struct{} // holds one: look again at the queue and the time
	timer  *time.Timer   // of waits that end before their call; nil before the first
	text   []byte        // of the message that is sent
	answer loadgen.Answer
	unfit  unfitError // of the wait under way

	// mu guards what Interrupt needs: the call that writes, and where.
	mu      sync.Mutex
	call    *loadgen.Call
	writing *opening.Conn
}

// Send implements loadgen.Sender.
func (u *user) Send(call *loadgen.Call) {
	o := &call.Outcome
	l, err := u.perform(call)
	if err != nil {
		u.fail(call, err)
	}
	if l != nil {
		l.conn.Account(o, u.client.network.Several())
		if u.client.current.Load().steps[o.Step].Kind == Close || err != nil && lost(l, o) {
			u.forget(u.connection(o.Step))
		}
	}
}

// lost tells whether a connection is of no more use after a failure. That it brought
// no message, or a wrong one, is not its fault.
func lost(l *link, o *measure.Outcome) bool {
	over := l.queue.isOver()
	return over != nil || o.Class != measure.Timeout && o.Class != measure.Check && o.Class != measure.Local
}

// fail fills in the outcome of a step that ended in err.
func (u *user) fail(call *loadgen.Call, err error) {
	o := &call.Outcome
	o.Class, o.Err = classify(err), err
	if o.Class == measure.Check || o.Class == measure.Status {
		return // the answer is there
	}
	o.Read = u.clock.Now()
	o.Done = o.Read
}

// connection is the number of the Connect step whose connection a step needs.
func (u *user) connection(step int) int {
	if s := u.client.current.Load().steps[step]; s.Kind != Connect {
		return s.Connection
	}
	return step
}

// perform does what the step says. It returns the connection that it came to.
func (u *user) perform(call *loadgen.Call) (*link, error) {
	o := &call.Outcome
	if o.Step >= len(u.client.current.Load().steps) || u.client.current.Load().steps[o.Step] == nil {
		return nil, httpload.Unwritten(errNoStep)
	}
	s := u.client.current.Load().steps[o.Step]
	if s.Kind == Connect {
		return u.connect(call, o, o.Step)
	}
	l := u.links[s.Connection]
	if s.Kind == Close {
		return l, u.farewell(call, s, l)
	}
	if l == nil {
		var err error
		if l, err = u.reconnect(call, s.Connection); err != nil {
			return nil, err
		}
	}
	o.Sent = u.clock.Now()
	if s.Kind != Expect {
		if err := u.write(call, s, l); err != nil {
			return l, err
		}
	}
	if s.Kind == Send {
		o.Read = u.clock.Now()
		o.Done = o.Read
		return l, nil
	}
	return l, u.await(call, s, l)
}

// reconnect opens a connection for a step that needs one: all of it is connecting.
func (u *user) reconnect(call *loadgen.Call, at int) (*link, error) {
	o := &call.Outcome
	began := u.clock.Now()
	opened := measure.Outcome{Step: o.Step, Phase: o.Phase}
	l, err := u.connect(call, &opened, at)
	o.TLS = opened.TLS
	o.Connect = u.clock.Now() - began - o.TLS
	if err != nil {
		o.Status, o.BytesIn, o.BytesOut = opened.Status, opened.BytesIn, opened.BytesOut
		o.Sent, o.FirstByte = opened.Sent, opened.FirstByte
		o.Done, o.Read = opened.Done, opened.Read
	}
	return l, err
}

// write sends the step's message.
func (u *user) write(call *loadgen.Call, s *Step, l *link) error {
	var err error
	if u.text, err = s.Text.Append(u.text[:0], u.dialer.Session); err != nil {
		return httpload.Unwritten(err)
	}
	if s.Kind == RoundTrip {
		l.queue.pass() // what came before is no answer
	}
	if over := l.queue.isOver(); over != nil {
		return over
	}
	kind := websocket.MessageText
	if s.Binary {
		kind = websocket.MessageBinary
	}
	u.guard(call, l.conn)
	call.Outcome.Sent = u.clock.Now()
	err = l.ws.Write(context.Background(), kind, u.text)
	u.guard(nil, nil)
	return u.broken(call, l, err)
}

// broken says what the failure of a write means. The connection is of no more use.
func (u *user) broken(call *loadgen.Call, l *link, err error) error {
	if err == nil {
		return nil
	}
	expired := call.Expired(u.clock.Now())
	_ = l.conn.Close()
	l.reading.Wait()
	if expired {
		return httpload.ErrTimeout()
	}
	over := l.queue.isOver()
	return over
}

// await waits for a message that fits.
func (u *user) await(call *loadgen.Call, s *Step, l *link) error {
	until := time.Duration(math.MaxInt64)
	if s.Within > 0 {
		until = call.Outcome.Sent + s.Within
	}
	u.unfit = unfitError{}
	for {
		m, err := l.queue.pop()
		if m != nil {
			if done, err := u.look(call, s, l, m); done {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		now := u.clock.Now()
		if call.Expired(now) || now >= until {
			unfit := u.unfit
			return &unfit
		}
		u.sleep(until - now)
	}
}

// sleep returns when there is something to look at, or after so long.
func (u *user) sleep(most time.Duration) {
	if most > longest {
		<-u.wake
		return
	}
	if u.timer == nil {
		u.timer = time.NewTimer(most)
	} else {
		u.timer.Reset(most)
	}
	select {
	case <-u.wake:
		u.timer.Stop()
	case <-u.timer.C:
	}
}

// longest is a wait that needs no timer: its call ends sooner.
const longest = 365 * 24 * time.Hour

// early is how much sooner than the request its answer may seem to have come: the
// two are read off different clocks.
const early = time.Millisecond

// look tells whether a message ends the wait, and how.
func (u *user) look(call *loadgen.Call, s *Step, l *link, m *message) (done bool, err error) {
	o := &call.Outcome
	came := l.conn.Instant(m.last, 0)
	if s.Kind == RoundTrip && came < o.Sent-early {
		l.queue.giveBack(m, false)
		return false, nil
	}
	first, last := max(l.conn.Instant(m.first, 0), o.Sent), max(came, o.Sent)
	if s.Inspector != nil {
		u.answer = loadgen.Answer{Body: m.body, Length: m.length, Service: last - o.Sent}
		err = s.Inspector.Inspect(&u.answer, u.dialer.Session)
	}
	l.queue.giveBack(m, err == nil)
	if err != nil && !s.Next {
		u.unfit.looked++
		u.unfit.last = err
		return false, nil
	}
	o.FirstByte, o.Done, o.Read = min(first, last), last, max(m.last.Read, last)
	if u.client.options.Compressed {
		o.BytesDecoded += m.length
	}
	return true, err
}

// farewell closes the connection by the rules. Where there is none, none is to be
// closed; one that the server has closed by the rules is.
func (u *user) farewell(call *loadgen.Call, s *Step, l *link) error {
	o := &call.Outcome
	o.Sent = u.clock.Now()
	o.Done, o.Read = o.Sent, o.Sent
	if l == nil {
		return nil
	}
	code := websocket.StatusNormalClosure
	if s.Code != 0 {
		code = websocket.StatusCode(s.Code)
	}
	u.guard(call, l.conn)
	err := l.ws.Close(code, s.Reason)
	u.guard(nil, nil)
	expired := call.Expired(u.clock.Now())
	_ = l.conn.Close()
	l.reading.Wait()
	over := l.queue.isOver()
	_, closed := errors.AsType[*closedError](over)
	if closed || err == nil && l.conn.Failed() == nil { // whoever of the two that read it first
		at := l.conn.Last()
		o.Done = max(l.conn.Instant(at, o.Sent), o.Sent)
		o.FirstByte, o.Read = o.Done, max(at.Read, o.Done)
		return nil
	}
	switch {
	case expired:
		return httpload.ErrTimeout()
	case errors.Is(err, context.DeadlineExceeded):
		return errNoFarewell
	}
	return over
}

// guard lets Interrupt end a write of the call that waits; nil: none does.
func (u *user) guard(call *loadgen.Call, c *opening.Conn) {
	u.mu.Lock()
	u.call, u.writing = call, c
	u.mu.Unlock()
}

// signal wakes the user. It may come too often.
func (u *user) signal() {
	select {
	case u.wake <- struct{}{}:
	default:
	}
}

// Interrupt implements loadgen.Sender.
func (u *user) Interrupt() {
	u.dialer.Interrupt()
	u.mu.Lock()
	if u.call != nil && u.call.Expired(u.clock.Now()) {
		u.writing.Break()
	}
	u.mu.Unlock()
	u.signal()
}

// Close implements loadgen.Sender.
func (u *user) Close() {
	for at := range u.links {
		u.forget(at)
	}
}

var _ loadgen.Sender = (*user)(nil)
