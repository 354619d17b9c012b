package httpload

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/measure"
)

// script is a net.Conn whose peer has said all it will say.
type script struct {
	net.Conn
	answer io.Reader
}

func (s *script) Write(b []byte) (int, error)      { return len(b), nil }
func (s *script) Read(b []byte) (int, error)       { return s.answer.Read(b) }
func (s *script) Close() error                     { return nil }
func (s *script) SetReadDeadline(time.Time) error  { return nil }
func (s *script) SetWriteDeadline(time.Time) error { return nil }

// ask lets a user read the answer, and returns its outcome and whether the
// connection would be used again.
func ask(method string, answer io.Reader) (measure.Outcome, bool) {
	return askOf(&request{bytes: []byte("x"), spec: loadgen.Request{Method: method}}, answer)
}

// askRemembering is ask by a user of a step that has a memo.
func askRemembering(m *memo, answer string) (measure.Outcome, bool) {
	return askOf(&request{bytes: []byte("x"), memo: m}, strings.NewReader(answer))
}

func askOf(r *request, answer io.Reader) (measure.Outcome, bool) {
	c := &Client{stamps: &stampClock{clock: loadgen.NewClock()}}
	u := &user{client: c, clock: loadgen.NewClock(), in: buffer{bytes: make([]byte, 512)}}
	call := loadgen.NewCall(measure.Outcome{}, 0)
	err := u.exchange(call, r, r.bytes, &netStream{conn: &script{answer: answer}})
	if err != nil {
		u.fail(call, err)
	}
	return call.Outcome, err == nil && u.head.keep
}

func TestAnswers(t *testing.T) {
	tests := []struct {
		name, method, answer string
		class                measure.Class
		status               int
		keep                 bool
	}{
		{"a length", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", measure.OK, 200, true},
		{"no body at all", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", measure.OK, 200, true},
		{"no reason phrase", "GET", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", measure.OK, 200, true},
		{"header names in any case", "GET", "HTTP/1.1 200 OK\r\ncOnTeNt-LENGTH:\t 5 \r\n\r\nhello", measure.OK, 200, true},
		{"the same length twice", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", measure.OK, 200, true},
		{"chunks", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n", measure.OK, 200, true},
		{"chunks with trailers", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\nC: d\r\n\r\n", measure.OK, 200, true},
		{"interim answers", "GET", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", measure.OK, 204, true},
		{"204 has no body", "GET", "HTTP/1.1 204 No Content\r\n\r\n", measure.OK, 204, true},
		{"304 has no body whatever its length says", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n", measure.OK, 304, true},
		{"HEAD has no body whatever its length says", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", measure.OK, 200, true},
		{"close is obeyed", "GET", "HTTP/1.1 200 OK\r\nConnection: foo, Close\r\nContent-Length: 0\r\n\r\n", measure.OK, 200, false},
		{"HTTP/1.0 ends with the connection", "GET", "HTTP/1.0 200 OK\r\n\r\nhello", measure.OK, 200, false},
		{"HTTP/1.0 may keep the connection", "GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello", measure.OK, 200, true},
		{"no length ends with the connection", "GET", "HTTP/1.1 200 OK\r\n\r\nhello", measure.OK, 200, false},

		{"nothing", "GET", "", measure.Reset, 0, false},
		{"an end within the head", "GET", "HTTP/1.1 200 OK\r\nContent-", measure.Reset, 0, false},
		{"an end within the body", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", measure.Reset, 200, false},
		{"an end within a chunk", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe", measure.Reset, 200, false},
		{"garbage", "GET", "SSH-2.0-OpenSSH", measure.Malformed, 0, false},
		{"little garbage", "GET", "220", measure.Malformed, 0, false},
		{"HTTP/2", "GET", "HTTP/2.0 200 OK\r\n\r\n", measure.Malformed, 0, false},
		{"HTTP/1.2", "GET", "HTTP/1.2 200 OK\r\n\r\n", measure.Malformed, 0, false},
		{"a status of two digits", "GET", "HTTP/1.1 20 OK\r\n\r\n", measure.Malformed, 0, false},
		{"a status of four digits", "GET", "HTTP/1.1 2000 OK\r\n\r\n", measure.Malformed, 0, false},
		{"a status with a sign", "GET", "HTTP/1.1 +20 OK\r\n\r\n", measure.Malformed, 0, false},
		{"a status below 100", "GET", "HTTP/1.1 099 OK\r\n\r\n", measure.Malformed, 0, false},
		{"bare line feeds", "GET", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", measure.Malformed, 0, false},
		{"one bare line feed", "GET", "HTTP/1.1 200 OK\r\nA: b\nContent-Length: 0\r\n\r\n", measure.Malformed, 0, false},
		{"a folded line", "GET", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n", measure.Malformed, 0, false},
		{"a space before the colon", "GET", "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n", measure.Malformed, 0, false},
		{"a line without a colon", "GET", "HTTP/1.1 200 OK\r\nContent-Length\r\n\r\n", measure.Malformed, 0, false},
		{"a line without a name", "GET", "HTTP/1.1 200 OK\r\n: 0\r\n\r\n", measure.Malformed, 0, false},
		{"a null byte in a value", "GET", "HTTP/1.1 200 OK\r\nA: \x00\r\n\r\n", measure.Malformed, 0, false},
		{"two lengths that differ", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", measure.Malformed, 0, false},
		{"a list of lengths", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello", measure.Malformed, 0, false},
		{"a negative length", "GET", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello", measure.Malformed, 0, false},
		{"a length that overflows", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551621\r\n\r\nhello", measure.Malformed, 0, false},
		{"a length and chunks", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", measure.Malformed, 0, false},
		{"an unknown encoding", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", measure.Malformed, 0, false},
		{"chunks in HTTP/1.0", "GET", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", measure.Malformed, 0, false},
		{"an upgrade that nobody asked for", "GET", "HTTP/1.1 101 Switching Protocols\r\n\r\n", measure.Malformed, 0, false},
		{"interim answers without end", "GET", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 100), measure.Malformed, 0, false},
		{"a chunk size that overflows", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n", measure.Malformed, 200, false},
		{"a chunk size that is no number", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", measure.Malformed, 200, false},
		{"a negative chunk size", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n", measure.Malformed, 200, false},
		{"a chunk longer than its size", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n", measure.Malformed, 200, false},
		{"a bare line feed after a chunk size", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n", measure.Malformed, 200, false},
		{"an endless header", "GET", "HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", 20000), measure.Malformed, 0, false},
		{"an endless chunk extension", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;" + strings.Repeat("a", 5000), measure.Malformed, 200, false},
		{"endless trailers", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("A: b\r\n", 20000), measure.Malformed, 200, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, pieces := range []int{1, 2, 7, 1 << 20} {
				o, keep := ask(test.method, &slowly{[]byte(test.answer), pieces})
				require.Equal(t, test.class, o.Class, "in pieces of %d: %v", pieces, o.Err)
				require.Equal(t, test.status, o.Status)
				require.Equal(t, test.keep, keep)
				if o.Class == measure.OK {
					require.EqualValues(t, len(test.answer), o.BytesIn)
				}
			}
		})
	}
}

// What comes in one piece with an answer and does not belong to it was sent
// unasked; on the same connection it would be taken for the next answer.
func TestBytesBehindTheEndAreMalformed(t *testing.T) {
	for _, answer := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\n",
		"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nx",
	} {
		o, keep := ask("GET", strings.NewReader(answer))
		require.Equal(t, measure.Malformed, o.Class, answer)
		require.False(t, keep)
	}
}

// slowly reads a few bytes at a time.
type slowly struct {
	left []byte
	most int
}

func (s *slowly) Read(b []byte) (int, error) {
	if len(s.left) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), s.most)], s.left)
	s.left = s.left[n:]
	return n, nil
}
