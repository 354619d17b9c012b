package wsload

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

// shake reads a handshake and answers with the head, whose %s is the right key.
func shake(c net.Conn, head string) (*bufio.Reader, bool) {
	r := bufio.NewReader(c)
	request, err := http.ReadRequest(r)
	if err != nil {
		return nil, false
	}
	sum := sha1.Sum([]byte(request.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	if strings.Contains(head, "%s") {
		head = fmt.Sprintf(head, base64.StdEncoding.EncodeToString(sum[:]))
	}
	_, err = io.WriteString(c, head)
	return r, err == nil
}

const agreed = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: %s\r\n\r\n"

// frame is one that a server sends.
func frame(first byte, payload string) string {
	head := []byte{first}
	switch n := len(payload); {
	case n < 126:
		head = append(head, byte(n))
	case n < 1<<16:
		head = binary.BigEndian.AppendUint16(append(head, 126), uint16(n))
	default:
		head = binary.BigEndian.AppendUint64(append(head, 127), uint64(n))
	}
	return string(head) + payload
}

// First bytes of frames.
const (
	fin, cont, textual, binaryKind, closing, ping = 0x80, 0, 1, 2, 8, 9
)

// framing serves frames behind a good handshake. It closes at the end, or listens.
func framing(closes bool, frames ...string) func(net.Conn) {
	return func(c net.Conn) {
		r, ok := shake(c, agreed)
		if !ok {
			return
		}
		for _, f := range frames {
			if _, err := io.WriteString(c, f); err != nil {
				return
			}
		}
		if !closes {
			_, _ = io.Copy(io.Discard, r)
		}
	}
}

func TestHandshakesThatFail(t *testing.T) {
	answer := func(text string) func(net.Conn) {
		return func(c net.Conn) {
			r, ok := shake(c, text)
			if ok {
				_, _ = io.Copy(io.Discard, r)
			}
		}
	}
	tests := []struct {
		name   string
		server func(net.Conn)
		class  measure.Class
		text   string
	}{
		{"another key", answer(strings.Replace(agreed, "%s", "bm90IHRoZSBrZXkgaXQgc2hvdWxkIGJl", 1)), measure.Malformed, "invalid Sec-WebSocket-Accept"},
		{"no upgrade", answer(strings.Replace(agreed, "Upgrade: websocket\r\n", "", 1)), measure.Malformed, "Upgrade header"},
		{"a subprotocol that nobody offered", answer(strings.Replace(agreed, "\r\n\r\n", "\r\nSec-WebSocket-Protocol: other\r\n\r\n", 1)), measure.Malformed, "unexpected Sec-WebSocket-Protocol"},
		{"an extension that nobody offered", answer(strings.Replace(agreed, "\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n", 1)), measure.Malformed, "unsupported extensions"},
		{"200 in place of 101", answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), measure.Status, "HTTP 200"},
		{"a redirect is the answer", answer("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"), measure.Status, "HTTP 302"},
		{"no HTTP", answer("garbage garbage garbage\r\n\r\n"), measure.Malformed, "malformed HTTP"},
		{"interim answers without end", answer(strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 20)), measure.Malformed, "more than 16 interim answers"},
		{"a head without end", func(c net.Conn) {
			_, ok := shake(c, "HTTP/1.1 101 Switching Protocols\r\n")
			for ok {
				_, err := io.WriteString(c, "X-Filler: "+strings.Repeat("x", 100)+"\r\n")
				ok = err == nil
			}
		}, measure.Malformed, "longer than 65536 bytes"},
		{"an end before the answer", func(net.Conn) {}, measure.Reset, "before the answer began"},
		{"an end within the answer", func(c net.Conn) { _, _ = shake(c, "HTTP/1.1 101 Sw") }, measure.Reset, "within the answer"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			at := listen(t, test.server)
			w := newWorld(t, at, Options{}, &Step{Kind: Send, Text: textOf(t, "a")})
			for _, step := range []int{0, 0, 1} { // nothing is left behind that the next would suffer from
				o := w.fails(step, test.class, test.text)
				require.Equal(t, test.class == measure.Status, o.Status == 200 || o.Status == 302)
			}
		})
	}
}

func TestMessagesThatFail(t *testing.T) {
	tests := []struct {
		name   string
		server func(net.Conn)
		class  measure.Class
		text   string
	}{
		{"an end between messages", framing(true), measure.Reset, "the connection ended"},
		{"an end within a frame", framing(true, frame(fin|textual, "hello")[:4]), measure.Reset, "the connection ended"},
		{"an end within a message", framing(true, frame(textual, "hel")), measure.Reset, "the connection ended"},
		{"a close frame with a code", framing(false, frame(fin|closing, "\x03\xf3down")), measure.Reset, `code 1011: "down"`},
		{"a close frame without a code", framing(false, frame(fin|closing, "")), measure.Reset, "the server closed the connection"},
		{"a close frame with half a code", framing(false, frame(fin|closing, "x")), measure.Malformed, "too small"},
		{"a close frame with a code that is none", framing(false, frame(fin|closing, "\x03\xec")), measure.Malformed, "invalid status code"},
		{"text that is no UTF-8", framing(false, frame(fin|textual, "a\xff")), measure.Malformed, "not UTF-8"},
		{"text that ends within a rune", framing(false, frame(fin|textual, "a\xe2\x82")), measure.Malformed, "not UTF-8"},
		{"a reserved bit", framing(false, frame(fin|textual|0x40, "a")), measure.Malformed, "rsv bits"},
		{"an opcode that is none", framing(false, frame(fin|3, "a")), measure.Malformed, "unknown opcode"},
		{"a continuation of nothing", framing(false, frame(fin|cont, "a")), measure.Malformed, "continuation frame"},
		{"a message within a message", framing(false, frame(textual, "a"), frame(fin|textual, "b")), measure.Malformed, "without finishing"},
		{"a long ping", framing(false, frame(fin|ping, strings.Repeat("x", 126))), measure.Malformed, "invalid length"},
		{"a ping in pieces", framing(false, frame(ping, "x")), measure.Malformed, "fragmented control frame"},
		{"a length below 0", framing(false, "\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff"), measure.Malformed, "negative payload length"},
		{"a message that is too long", framing(false, frame(fin|binaryKind, strings.Repeat("x", 2000))), measure.Malformed, "a message longer than 1000 bytes"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, listen(t, test.server), Options{MessageLimit: 1000}, &Step{Kind: Expect, Inspector: holding("hello")})
			for range 2 {
				w.ok(0)
				w.fails(1, test.class, test.text)
			}
		})
	}
}

func TestPiecesPingsAndPongs(t *testing.T) {
	ponged := make(chan string, 1)
	at := listen(t, func(c net.Conn) {
		r, ok := shake(c, agreed+frame(textual, "\xe2")) // with the head
		if !ok {
			return
		}
		_, _ = io.WriteString(c, frame(fin|ping, "are you there")+frame(cont, "\x82"))
		_, _ = io.WriteString(c, frame(cont, "")+frame(fin|cont, "\xac hello"))
		head := make([]byte, 6)
		if _, err := io.ReadFull(r, head); err != nil {
			return
		}
		payload := make([]byte, head[1]&0x7f)
		_, _ = io.ReadFull(r, payload)
		for i := range payload {
			payload[i] ^= head[2+i%4]
		}
		ponged <- string(payload)
		_, _ = io.Copy(io.Discard, r)
	})
	w := newWorld(t, at, Options{}, &Step{Kind: Expect, Inspector: holding("\u20ac hello"), Next: true})
	w.ok(0)
	w.ok(1)
	require.Equal(t, "are you there", <-ponged)
}

// However long a message is, only what is looked at is kept.
func TestALongMessageIsReadAndForgotten(t *testing.T) {
	const long = 100 << 20
	at := listen(t, func(c net.Conn) {
		r, ok := shake(c, agreed+string(binary.BigEndian.AppendUint64([]byte{fin | binaryKind, 127}, long)))
		piece := []byte(strings.Repeat("hello \u20ac ", 1<<20/10+1)[:1<<20/10*10])
		for left := long; ok && left > 0; {
			n, err := c.Write(piece[:min(left, len(piece))])
			left -= n
			ok = err == nil
		}
		_, _ = io.Copy(io.Discard, r)
	})
	w := newWorld(t, at, Options{MessageLimit: 2 * long}, &Step{Kind: Expect, Inspector: holding("hello")})
	head := w.ok(0).BytesIn // and what came with it
	require.Greater(t, head+w.ok(1).BytesIn, int64(long))
	w.sender.(*user).links[0].queue.mu.Lock()
	defer w.sender.(*user).links[0].queue.mu.Unlock()
	for _, m := range w.sender.(*user).links[0].queue.spare {
		require.LessOrEqual(t, cap(m.body), 2<<10)
	}
}

// Whatever a step waits for, its end ends it.
func TestWhatHangsIsInterrupted(t *testing.T) {
	silent := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	deaf := func(c net.Conn) {
		if _, ok := shake(c, agreed); ok {
			for { // it notices the end, and reads nothing
				time.Sleep(10 * time.Millisecond)
				if err := c.(*net.TCPConn).SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
					return
				}
				if _, err := c.Write([]byte(frame(fin|9, "x"))); err != nil {
					return
				}
			}
		}
	}
	tests := []struct {
		name   string
		at     string
		server func(net.Conn)
		step   Step
		opens  bool // the handshake is good
	}{
		{"a handshake that nobody answers", "ws", silent, Step{Kind: Send, Text: textOf(t, "a")}, false},
		{"a TLS handshake that nobody answers", "wss", silent, Step{Kind: Send, Text: textOf(t, "a")}, false},
		{"a message that never comes", "ws", framing(false), Step{Kind: Expect}, true},
		{"an answer that never comes", "ws", framing(false), Step{Kind: RoundTrip, Text: textOf(t, "a")}, true},
		{"a message that nobody reads", "ws", deaf, Step{Kind: Send, Text: textOf(t, strings.Repeat("x", 16<<20))}, true},
		{"a farewell that nobody answers", "ws", framing(false), Step{Kind: Close}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			at := test.at + strings.TrimPrefix(listen(t, test.server), "ws")
			w := newWorld(t, at, Options{}, &test.step)
			if test.opens {
				w.ok(0)
			}
			const timeout = 100 * time.Millisecond
			o := w.do(1, timeout)
			require.Equal(t, measure.Timeout, o.Class, "%v", o.Err)
			require.GreaterOrEqual(t, o.Read, o.Due+timeout)
			if !test.opens {
				require.Equal(t, measure.Timeout, w.do(0, timeout).Class)
			}
		})
	}
}

// A message that does not come leaves the connection as it was.
func TestATimeoutCostsNoConnection(t *testing.T) {
	w := newWorld(t, serving(t, echo), Options{}, &Step{Kind: Expect}, &Step{Kind: RoundTrip, Text: textOf(t, "a")})
	w.ok(0)
	require.Equal(t, measure.Timeout, w.do(1, 20*time.Millisecond).Class)
	require.Zero(t, w.ok(2).Connect)
}

// An Interrupt that was meant for an earlier call, or comes too often, costs nothing.
func TestASpuriousInterruptIsHarmless(t *testing.T) {
	w := newWorld(t, serving(t, echo), Options{},
		&Step{Kind: RoundTrip, Text: textOf(t, strings.Repeat("x", 1<<20))}, &Step{Kind: Close})
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(100 * time.Microsecond):
				w.sender.Interrupt()
			}
		}
	}()
	for range 5 {
		w.ok(0)
		w.ok(1)
		w.ok(2)
	}
	close(stop)
	<-stopped
}
