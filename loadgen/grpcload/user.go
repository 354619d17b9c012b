package grpcload

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"gonogo/loadgen"
	"gonogo/loadgen/httpload"
	"gonogo/loadgen/session"
	"gonogo/measure"
)

// user is one user's Sender.
type user struct {
	client  *Client
	clock   loadgen.Clock
	turn    int // which lane of every origin
	knows   *session.Session
	scratch []byte // of texts

	// mu guards what Interrupt needs: the call under way, and how to end it.
	mu     sync.Mutex
	call   *loadgen.Call
	cancel context.CancelFunc
}

// Send implements loadgen.Sender.
func (u *user) Send(call *loadgen.Call) {
	made := u.client.calls[call.Outcome.Step].Load()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	u.waits(call, cancel)
	defer u.waits(nil, nil)

	o := &call.Outcome
	err := u.try(ctx, o, made)
	if o.Done == 0 {
		o.Done = u.clock.Now()
	}
	o.Read = o.Done
	if err == nil {
		return
	}
	o.Class, o.Err = classify(err), err
	if o.Class == measure.Timeout || call.Expired(o.Read) && o.Class != measure.Status && o.Class != measure.Check {
		o.Class, o.Err = measure.Timeout, httpload.ErrTimeout()
	}
}

// try makes the call. One that met the end of a connection before it was sent is made
// again on a new one, once.
func (u *user) try(ctx context.Context, o *measure.Outcome, made *call) error {
	header, err := u.metadata(made)
	if err != nil {
		return &failure{measure.Local, err}
	}
	ctx = metadata.NewOutgoingContext(ctx, header)
	err = u.exchange(ctx, o, made)
	if unsent(err) {
		err = u.exchange(ctx, o, made)
	}
	return err
}

// metadata is what the call says beside its message.
func (u *user) metadata(made *call) (metadata.MD, error) {
	md := metadata.MD{}
	for _, f := range made.step.Metadata {
		value := f.Value
		if f.Text != nil {
			var err error
			if u.scratch, err = f.Text.Append(u.scratch[:0], u.knows); err != nil {
				return nil, fmt.Errorf("metadata %s: %w", f.Name, err)
			}
			value = string(u.scratch)
			if err := checkValue(f.Name, value); err != nil {
				return nil, err
			}
		}
		md.Append(f.Name, value)
	}
	return md, nil
}

// exchange makes the call on a connection, and reads the answer to its end.
func (u *user) exchange(ctx context.Context, o *measure.Outcome, made *call) error {
	first, text, err := made.message(u.scratch, u.knows)
	u.scratch = text
	if err != nil {
		return &failure{measure.Local, err}
	}
	l := u.client.lanes[made.origin][u.turn]
	var took opened
	c, err := l.enter(ctx, &took)
	o.Connect += took.connect
	o.TLS += took.tls
	if took.waited {
		o.Ready = max(o.Ready, u.clock.Now())
	}
	if err != nil {
		return err
	}
	if made.step.Deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, made.step.Deadline)
		defer cancel()
	}
	p := &progress{clock: u.clock}
	a, err := u.stream(context.WithValue(ctx, progressKey{}, p), c.cc, made, first)
	l.leave(c, unsent(err))
	trailer := u.report(o, p)
	if unsent(err) {
		return err
	}
	o.Done = u.clock.Now() // what follows is our own time
	err = u.judge(o, made, a, trailer, err)
	u.count(c, o, err)
	return err
}

// report adds how far the call came to the outcome.
func (u *user) report(o *measure.Outcome, p *progress) (trailer bool) {
	sent, first, in, out, trailer := p.soFar()
	if o.Sent == 0 {
		o.Sent = sent
	}
	o.FirstByte = first
	o.BytesIn += in
	o.BytesOut += out
	return trailer
}

// received is what came of a call.
type received struct {
	header, trailer metadata.MD
	last            answer
	messages        int
	left            bool // we have gone
}

// stream sends the messages and receives those of the answer.
func (u *user) stream(ctx context.Context, cc *grpc.ClientConn, made *call, first []byte) (*received, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &received{last: answer{keep: made.needs.Body > 0}}
	options := []grpc.CallOption{
		grpc.ForceCodecV2(wire{}), grpc.MaxCallRecvMsgSize(u.client.options.MaxMessage), grpc.Trailer(&r.trailer),
	}
	s, err := cc.NewStream(ctx, &made.desc, made.path, options...)
	if err != nil {
		return r, err
	}
	if !made.desc.ServerStreams || made.step.Send <= 1 {
		if err := u.send(s, made, first); err != nil {
			return r, err
		}
		return r, u.receive(s, made, r)
	}
	// Who sends much and reads nothing may wait for a peer that does the same.
	var sending sync.WaitGroup
	var failed error
	sending.Go(func() {
		if failed = u.send(s, made, first); failed != nil {
			cancel()
		}
	})
	err = u.receive(s, made, r)
	cancel()
	sending.Wait()
	if failed != nil {
		err = failed
	}
	return r, err
}

// send sends the messages. When the stream is over, receive says why.
func (u *user) send(s grpc.ClientStream, made *call, message []byte) error {
	for n := 1; ; n++ {
		if err := s.SendMsg(message); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if n >= made.step.Send {
			return s.CloseSend()
		}
		var err error
		if message, u.scratch, err = made.message(u.scratch, u.knows); err != nil {
			return &failure{measure.Local, err}
		}
	}
}

func (u *user) receive(s grpc.ClientStream, made *call, r *received) error {
	for {
		if err := s.RecvMsg(&r.last); err != nil {
			r.header, _ = s.Header()
			if err == io.EOF {
				return nil
			}
			return err
		}
		r.messages++
		if made.step.Leave && r.messages == made.step.Receive {
			r.left = true
			r.header, _ = s.Header()
			return nil
		}
		if !made.desc.ServerStreams {
			r.header, _ = s.Header()
			return nil
		}
	}
}

// judge says what the end of a call means.
func (u *user) judge(o *measure.Outcome, made *call, r *received, trailer bool, err error) error {
	if err != nil && (!trailer || strings.Contains(err.Error(), "cardinality violation")) { // which the library says in the peer's name
		return ended(err, made.step.Deadline > 0)
	}
	code := status.Code(err)
	o.Status = int(code)
	if code == codes.DeadlineExceeded && made.step.Deadline > 0 && !made.step.expects(int(code)) {
		return httpload.ErrTimeout()
	}
	if !made.step.expects(int(code)) {
		return &statusError{code, status.Convert(err).Message()}
	}
	if want := made.step.Receive; code == codes.OK && made.desc.ServerStreams && want > 0 && r.messages != want {
		return &failure{measure.Check, fmt.Errorf("%d messages came, want %d", r.messages, want)}
	}
	if made.step.Inspector == nil {
		return nil
	}
	return u.inspect(o, made, r)
}

// inspect lets the step's inspector look into the answer.
func (u *user) inspect(o *measure.Outcome, made *call, r *received) error {
	a := &loadgen.Answer{Status: o.Status, Service: o.Service()}
	if made.needs.Head {
		a.Head = appendMetadata(appendMetadata(nil, r.header), r.trailer)
	}
	if made.needs.Body > 0 && r.messages > 0 {
		text, err := made.decode(r.last.bytes)
		if err != nil {
			return &failure{measure.Malformed, err}
		}
		a.Length = int64(len(text))
		a.Body = text[:min(len(text), made.needs.Body)]
	}
	if err := made.step.Inspector.Inspect(a, u.knows); err != nil {
		return &failure{measure.Check, err}
	}
	return nil
}

// appendMetadata appends it as lines, sorted by name: the library does not keep their
// order.
func appendMetadata(dst []byte, md metadata.MD) []byte {
	for _, name := range slices.Sorted(maps.Keys(md)) {
		for _, value := range md[name] {
			dst = fmt.Appendf(dst, "%s: %s\r\n", name, value)
		}
	}
	return dst
}

// count notes on which address the call ended.
func (u *user) count(c *conn, o *measure.Outcome, err error) {
	if o.Phase != measure.Measure || c.address == nil {
		return
	}
	if err != nil {
		c.address.Add(1, 1)
		return
	}
	c.address.Add(1, 0)
	if u.client.network.Several() {
		c.address.Served(o.Service())
	}
}

// waits lets Interrupt end the call; nil: none is under way.
func (u *user) waits(call *loadgen.Call, cancel context.CancelFunc) {
	u.mu.Lock()
	u.call, u.cancel = call, cancel
	u.mu.Unlock()
}

// Interrupt implements loadgen.Sender.
func (u *user) Interrupt() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.call != nil && u.call.Expired(u.clock.Now()) {
		u.cancel()
	}
}

// Close implements loadgen.Sender.
func (u *user) Close() { u.client.closed() }

var _ loadgen.Sender = (*user)(nil)
