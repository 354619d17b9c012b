package wsload

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/coder/websocket"

	"gonogo/loadgen/httpload"
	"gonogo/loadgen/opening"
)

// A link is a user's connection.
type link struct {
	conn    *opening.Conn
	ws      *websocket.Conn
	queue   queue
	keep    int    // how much is looked at of each message; below 0: nobody looks
	limit   int64  // of a message
	signal  func() // wakes the user
	reading sync.WaitGroup
	rest    []byte // room for what nobody looks at
}

// restSize is how much of what nobody looks at is read at a time.
const restSize = 4 << 10

// read puts messages into the queue until there are no more.
func (l *link) read() {
	for {
		m, err := l.message()
		if err != nil {
			l.queue.end(ended(err, l.conn))
			l.signal()
			_ = l.ws.CloseNow()
			return
		}
		l.queue.push(m)
		if l.keep < 0 {
			l.queue.pass()
		} else {
			l.signal()
		}
	}
}

// message reads the next message. Its context never ends: the library would close
// the connection with it, and pays for one that may.
func (l *link) message() (*message, error) {
	kind, r, err := l.ws.Reader(context.Background())
	if err != nil {
		return nil, err
	}
	m := l.queue.blank()
	m.first = l.conn.Last()
	isText := kind == websocket.MessageText
	var t text
	for {
		room := l.room(m)
		n, err := r.Read(room)
		if isText && !t.add(room[:n]) {
			return nil, l.refuseText()
		}
		if kept := min(n, max(l.keep, 0)-len(m.body)); kept > 0 {
			m.body = m.body[:len(m.body)+kept]
		}
		m.length += int64(n)
		switch {
		case errors.Is(err, io.EOF):
			if isText && !t.whole() {
				return nil, l.refuseText()
			}
			m.last = l.conn.Last()
			return m, nil
		case errors.Is(err, websocket.ErrMessageTooBig):
			return nil, httpload.Malformed("a message longer than %d bytes", l.limit)
		case err != nil:
			return nil, err
		}
	}
}

// room is where the next bytes of a message go: behind those that are kept, or to
// where they are forgotten.
func (l *link) room(m *message) []byte {
	left := max(l.keep, 0) - len(m.body)
	if left <= 0 {
		if l.rest == nil {
			l.rest = make([]byte, restSize)
		}
		return l.rest
	}
	if len(m.body) == cap(m.body) {
		m.body = append(m.body, make([]byte, min(left, max(minBody, cap(m.body))))...)[:len(m.body)]
	}
	return m.body[len(m.body):min(cap(m.body), len(m.body)+left)]
}

// minBody is the least room that a message gets.
const minBody = 256

// refuseText ends a connection whose peer calls text what is none (RFC 6455, 8.1).
func (l *link) refuseText() error {
	return httpload.Malformed("a text message that is not UTF-8")
}

// hangUp ends the connection at once, and what works on it.
func (l *link) hangUp() {
	_ = l.conn.Close()
	_ = l.ws.CloseNow()
	l.reading.Wait()
	l.conn.Settle()
}
