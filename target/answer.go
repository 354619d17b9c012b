package target

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

const (
	wholeBody  = 64 << 10              // up to here a body of constant size is rendered beforehand
	pieceSize  = 16 << 10              // longer ones are sent in pieces of this size
	dripEvery  = 20 * time.Millisecond // between pieces of a body, about
	leastChunk = 4                     // how many chunks a body is cut into, at least, where it has the bytes
)

// An answer is rendered for each mode. The texts never change.
type answer struct {
	status int
	wire   [modes][]byte
	head   [modes]int // how much of wire is the head, all that HEAD gets
}

// bytes is what q gets.
func (a *answer) bytes(q *request) []byte {
	if q.isHead {
		return a.wire[q.mode][:a.head[q.mode]]
	}
	return a.wire[q.mode]
}

// newAnswer renders a short text with any status.
func newAnswer(status int, extra, contentType, body string) *answer {
	a := &answer{status: status}
	bodiless := status == http.StatusNoContent || status == http.StatusNotModified
	for m := range a.wire {
		wire := appendStatus(nil, status, mode(m))
		wire = append(wire, extra...)
		if !bodiless {
			wire = fmt.Appendf(wire, "Content-Type: %s\r\nContent-Length: %d\r\n", contentType, len(body))
		}
		wire = append(wire, "\r\n"...)
		a.head[m] = len(wire)
		if !bodiless {
			wire = append(wire, body...)
		}
		a.wire[m] = wire
	}
	return a
}

// errorAnswer renders a status with its reason as the body.
func errorAnswer(status int, extra string) *answer {
	reason := strconv.Itoa(status) + " " + http.StatusText(status) + "\n"
	return newAnswer(status, extra, "text/plain", reason)
}

// appendStatus begins every answer. Date is left out, as RFC 9110 lets a server
// without a clock do: it would have to be rendered anew each second.
func appendStatus(b []byte, status int, m mode) []byte {
	b = append(b, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, ' ')
	b = append(b, http.StatusText(status)...)
	b = append(b, "\r\nServer: gonogo-target\r\n"...)
	switch m {
	case closing, closing10:
		b = append(b, "Connection: close\r\n"...)
	case persistent10:
		b = append(b, "Connection: keep-alive\r\n"...)
	}
	return b
}

// A body is one that has not been rendered: its size, and how it is framed.
type body struct {
	size    int64
	chunked bool
	pieces  int64 // how many writes or chunks it is cut into, evenly
}

// appendHead writes a 200's head.
func (p *body) appendHead(b []byte, m mode) []byte {
	b = appendStatus(b, http.StatusOK, m)
	b = append(b, "Content-Type: text/plain\r\n"...)
	if p.chunked {
		return append(b, "Transfer-Encoding: chunked\r\n\r\n"...)
	}
	b = append(b, "Content-Length: "...)
	b = strconv.AppendInt(b, p.size, 10)
	return append(b, "\r\n\r\n"...)
}

// appendPiece writes piece i, counted from 0.
func (p *body) appendPiece(b []byte, i int64) []byte {
	from, to := p.size*i/p.pieces, p.size*(i+1)/p.pieces
	if !p.chunked {
		return appendFiller(b, from, to)
	}
	b = strconv.AppendInt(b, to-from, 16)
	b = append(b, "\r\n"...)
	b = appendFiller(b, from, to)
	return append(b, "\r\n"...)
}

// appendEnd writes what follows the last piece.
func (p *body) appendEnd(b []byte) []byte {
	if p.chunked {
		return append(b, "0\r\n\r\n"...)
	}
	return b
}

// appendFiller writes bytes from..to of a text without end, in lines of 64.
func appendFiller(b []byte, from, to int64) []byte {
	const line = "gonogo target: filler, the same for every request, 64 a line...\n"
	for from < to {
		part := line[from%int64(len(line)):]
		part = part[:min(int64(len(part)), to-from)]
		b = append(b, part...)
		from += int64(len(part))
	}
	return b
}

// newBody cuts a body of size into pieces: as many as the drip needs, or few.
func (b *Behaviour) newBody(size int64, m mode) body {
	p := body{size: size, chunked: b.Chunked && m.chunks(), pieces: (size + pieceSize - 1) / pieceSize}
	if p.chunked {
		p.pieces = max(p.pieces, leastChunk)
	}
	if b.Drip > 0 {
		p.pieces = max(p.pieces, int64(b.Drip/dripEvery))
	}
	p.pieces = min(p.pieces, size) // an empty body has none
	return p
}

// stream writes an answer that could not be rendered before: of random size,
// large, or spread over time.
func (c *conn) stream(q *request, size int64) bool {
	p := c.srv.behaviour.newBody(size, q.mode)
	out := c.srv.buffers.Get().(*[]byte)
	defer c.srv.buffers.Put(out)
	*out = p.appendHead((*out)[:0], q.mode)
	w := writer{c: c, out: out}
	if !q.isHead {
		w.body(&p)
	}
	c.handing.Add(1)
	w.flush()
	return c.account(q, http.StatusOK, w.sent, w.err)
}

// A writer gathers pieces into writes. After an error it does nothing more.
type writer struct {
	c    *conn
	out  *[]byte
	sent int64
	err  error
}

var errStopped = errors.New("server stopped")

func (w *writer) body(p *body) {
	drip, start := w.c.srv.behaviour.Drip, time.Since(w.c.srv.start)
	for i := int64(0); i < p.pieces && w.err == nil; i++ {
		if drip > 0 {
			w.flush()
			due := start + time.Duration(float64(drip)*float64(i+1)/float64(p.pieces))
			if !w.c.sleepUntil(due + w.c.srv.behaviour.Stall.Wait(due)) {
				w.err = errStopped
			}
		}
		*w.out = p.appendPiece(*w.out, i)
		if len(*w.out) >= pieceSize {
			w.flush()
		}
	}
	*w.out = p.appendEnd(*w.out)
}

func (w *writer) flush() {
	if w.err != nil || len(*w.out) == 0 {
		return
	}
	var n int
	n, w.err = w.c.Write(*w.out)
	w.sent += int64(n)
	*w.out = (*w.out)[:0]
}
