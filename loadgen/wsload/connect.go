package wsload

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/coder/websocket"

	"gonogo/loadgen"
	"gonogo/loadgen/httpload"
	"gonogo/loadgen/opening"
	"gonogo/measure"
)

// connect opens the user's connection of a Connect step, and ends the one that it
// had. The outcome is that of the handshake.
func (u *user) connect(call *loadgen.Call, o *measure.Outcome, at int) (*link, error) {
	u.forget(at)
	shake := &handshake{user: u, target: u.client.current.Load().targets[at], outcome: o}
	var l *link
	err := u.dialer.Within(call, func(ctx context.Context) (err error) {
		l, err = u.open(ctx, shake, at)
		return err
	})
	if err != nil {
		return nil, err
	}
	u.links[at] = l
	l.reading.Go(l.read)
	return l, u.inspectHead(at, shake)
}

// open shakes hands over a new connection.
func (u *user) open(ctx context.Context, shake *handshake, at int) (*link, error) {
	step := u.client.current.Load().steps[at]
	conn, err := u.dialer.Open(ctx, shake.target, shake.outcome)
	if err != nil {
		return nil, err
	}
	shake.conn = conn
	o := &websocket.DialOptions{HTTPClient: &http.Client{Transport: shake}, Subprotocols: step.Subprotocols}
	if u.client.options.Compressed {
		o.CompressionMode = websocket.CompressionNoContextTakeover
	}
	ws, _, err := websocket.Dial(ctx, shake.target.Spec.URL.String(), o)
	if err != nil {
		conn.Account(shake.outcome, false)
		_ = conn.Close()
		conn.Settle()
		return nil, shake.why(err)
	}
	shake.open = true
	ws.SetReadLimit(u.client.options.MessageLimit)
	return &link{
		conn: conn, ws: ws, keep: u.client.current.Load().keep[at], limit: u.client.options.MessageLimit, signal: u.signal,
		queue: queue{most: u.client.options.Queue, mostBytes: u.client.options.QueueBytes},
	}, nil
}

// A handshake is the transport that the library makes its one request with: over a
// connection of ours, with the header of the step in its order.
type handshake struct {
	user    *user
	target  *opening.Target
	outcome *measure.Outcome
	conn    *opening.Conn

	answer *http.Response
	behind *bufio.Reader // what came behind the head
	open   bool          // the library has agreed
	err    error
}

// RoundTrip implements http.RoundTripper.
func (h *handshake) RoundTrip(r *http.Request) (*http.Response, error) {
	h.answer, h.err = h.roundTrip(r)
	return h.answer, h.err
}

func (h *handshake) roundTrip(r *http.Request) (*http.Response, error) {
	var fields []loadgen.Field
	for _, name := range []string{
		"Connection", "Upgrade", "Sec-Websocket-Version", "Sec-Websocket-Key",
		"Sec-Websocket-Protocol", "Sec-Websocket-Extensions",
	} {
		if v := r.Header.Get(name); v != "" {
			fields = append(fields, loadgen.Field{Name: strings.Replace(name, "Websocket", "WebSocket", 1), Value: v})
		}
	}
	request, err := h.target.Append(nil, h.user.dialer.Session, fields)
	if err != nil {
		return nil, err
	}
	answer, behind, err := h.conn.Exchange(r.Context(), request, http.MethodGet, h.outcome)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		return nil, httpload.StatusError(answer.StatusCode)
	}
	h.behind = behind
	answer.Body = h
	return answer, nil
}

// why says why the library did not agree.
func (h *handshake) why(err error) error {
	if h.err != nil {
		return h.err
	}
	return httpload.Malformed("%s", strings.TrimPrefix(bare(err).Error(), "WebSocket protocol violation: "))
}

// Read implements io.Reader. A library that does not agree would like to read on, and
// wait for that.
func (h *handshake) Read(b []byte) (int, error) {
	if !h.open {
		return 0, io.EOF
	}
	if h.behind != nil && h.behind.Buffered() > 0 {
		return h.behind.Read(b)
	}
	h.behind = nil
	return h.conn.Read(b)
}

// Write implements io.Writer.
func (h *handshake) Write(b []byte) (int, error) { return h.conn.Write(b) }

// Close implements io.Closer.
func (h *handshake) Close() error { return h.conn.Close() }

// inspectHead shows the head of the answer to the step's Inspector.
func (u *user) inspectHead(at int, h *handshake) error {
	inspector := u.client.current.Load().steps[at].Inspector
	if inspector == nil {
		return nil
	}
	return inspector.Inspect(&loadgen.Answer{
		Status: h.answer.StatusCode, Head: opening.Head(h.answer.Header), Service: h.outcome.Service(),
	}, u.dialer.Session)
}

// forget ends the connection of a Connect step, if there is one.
func (u *user) forget(at int) {
	l := u.links[at]
	if l == nil {
		return
	}
	delete(u.links, at)
	l.hangUp()
	u.client.counts.add(l.queue.counts)
}

var errNoStep = errors.New("the step is none of WebSocket's")
