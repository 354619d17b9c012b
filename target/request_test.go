package target

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestReadRequest(t *testing.T) {
	tests := []struct {
		name, text string
		want       request
	}{
		{"the usual", "GET / HTTP/1.1\r\nHost: t\r\n\r\n", request{}},
		{"head", "HEAD / HTTP/1.1\r\nHost: t\r\n\r\n", request{isHead: true}},
		{"a body with its length", "POST / HTTP/1.1\r\nhost:t\r\nContent-Length: 5\r\n\r\nhello", request{isPost: true, length: 5}},
		{"a body in chunks", "PUT / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: Chunked\r\n\r\n5;a=b\r\nhello\r\n0A\r\n0123456789\r\n0\r\nX: y\r\n\r\n", request{chunked: true}},
		{"empty chunked body", "PUT / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", request{chunked: true}},
		{"it wants to close", "GET / HTTP/1.1\r\nHost: t\r\nConnection: foo, CLOSE\r\n\r\n", request{mode: closing}},
		{"two lines of connection options", "GET / HTTP/1.1\r\nHost: t\r\nConnection: foo\r\nConnection: close\r\n\r\n", request{mode: closing}},
		{"the old version closes", "GET / HTTP/1.0\r\n\r\n", request{mode: closing10}},
		{"unless it asks not to", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", request{mode: persistent10}},
		{"expect is ignored", "POST / HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx", request{isPost: true, length: 1}},
		{"truth", "GET /truth?x=1 HTTP/1.1\r\nHost: t\r\n\r\n", request{control: controlTruth}},
		{"reset", "POST /-/truth/reset HTTP/1.1\r\nHost: t\r\n\r\n", request{control: controlReset, isPost: true}},
		{"the reserved prefix", "GET /-/x HTTP/1.1\r\nHost: t\r\n\r\n", request{control: controlUnknown}},
		{"only like truth", "GET /truths HTTP/1.1\r\nHost: t\r\n\r\n", request{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := readAll(strings.NewReader(test.text))
			require.Equal(t, io.EOF, err)
			test.want.size = int64(len(test.text))
			require.Equal(t, []request{test.want}, got)
		})
	}
}

func TestRefusedRequests(t *testing.T) {
	tests := []struct {
		name, text string
		status     int
	}{
		{"not HTTP", "\x16\x03\x01\r\n\r\n", 400},
		{"no version", "GET /\r\n\r\n", 400},
		{"two spaces", "GET  / HTTP/1.1\r\nHost: t\r\n\r\n", 400},
		{"a space in the path", "GET /a b HTTP/1.1\r\nHost: t\r\n\r\n", 505},
		{"another version", "GET / HTTP/2.0\r\nHost: t\r\n\r\n", 505},
		{"no host", "GET / HTTP/1.1\r\n\r\n", 400},
		{"two hosts", "GET / HTTP/1.1\r\nHost: t\r\nHost: u\r\n\r\n", 400},
		{"a line without a colon", "GET / HTTP/1.1\r\nHost: t\r\nnonsense\r\n\r\n", 400},
		{"a space before the colon", "GET / HTTP/1.1\r\nHost : t\r\n\r\n", 400},
		{"a folded line", "GET / HTTP/1.1\r\nHost: t\r\nX: a\r\n b\r\n\r\n", 400},
		{"a bare LF", "GET / HTTP/1.1\nHost: t\r\n\r\n", 505},
		{"a bare LF between headers", "GET / HTTP/1.1\r\nHost: t\nX: y\r\n\r\n", 400},
		{"a bare CR in a value", "GET / HTTP/1.1\r\nHost: t\rX: y\r\n\r\n", 400},
		{"a zero byte in a value", "GET / HTTP/1.1\r\nHost: t\x00\r\n\r\n", 400},
		{"two lengths", "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400},
		{"a list of lengths", "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1, 1\r\n\r\nx", 400},
		{"a signed length", "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: +1\r\n\r\nx", 400},
		{"no length", "POST / HTTP/1.1\r\nHost: t\r\nContent-Length:\r\n\r\n", 400},
		{"a length beyond all numbers", "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 18446744073709551617\r\n\r\n", 400},
		{"length and chunks", "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
		{"another coding", "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
		{"chunked twice", "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 501},
		{"chunks in the old version", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
		{"a chunk without a size", chunked("\r\n"), 400},
		{"a chunk of another base", chunked("5g\r\nhello\r\n"), 400},
		{"a signed chunk", chunked("-5\r\nhello\r\n"), 400},
		{"a chunk beyond all numbers", chunked("fffffffffffffffff\r\n"), 400},
		{"a chunk longer than it says", chunked("5\r\nhello!\r\n"), 400},
		{"a chunk size ending in LF", chunked("5\nhello\r\n"), 400},
		{"an endless chunk size", chunked("5;" + strings.Repeat("x", maxLine)), 400},
		{"a trailer without a colon", chunked("0\r\nnonsense\r\n\r\n"), 400},
		{"endless trailers", chunked("0\r\n" + strings.Repeat("X: yyyyyyyyyyyyy\r\n", largeBuffer/16)), 431},
		{"an endless head", "GET / HTTP/1.1\r\nHost: t\r\nX: " + strings.Repeat("x", largeBuffer), 431},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := readAll(strings.NewReader(test.text))
			var b *badRequest
			require.ErrorAs(t, err, &b)
			require.Equal(t, test.status, b.status, b.why)
			require.Empty(t, got)
		})
	}
}

func chunked(body string) string {
	return "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n" + body
}

func TestLongestHeadIsRead(t *testing.T) {
	const around = "GET / HTTP/1.1\r\nHost: t\r\nX: \r\n\r\n"
	text := strings.Replace(around, "X: ", "X: "+strings.Repeat("x", largeBuffer-len(around)), 1)
	got, err := readAll(strings.NewReader(text + get))
	require.Equal(t, io.EOF, err)
	require.Equal(t, []request{{size: largeBuffer}, {size: int64(len(get))}}, got)
}

// readAll reads until the first error and leaves the clock out.
func readAll(src io.Reader) (list []request, err error) {
	r := newReader(src, time.Now())
	for {
		var q request
		if err := r.next(&q); err != nil {
			return list, err
		}
		q.headAt, q.arrived = 0, 0
		list = append(list, q)
	}
}

func requestSeeds(f *testing.F) {
	for _, seed := range []string{
		get, getLast, get + get + "\r\n" + getLast, "HEAD /x?y HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
		"POST /truth/reset HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhello" + get,
		chunked("5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n") + get, chunked("0\r\n\r\n") + chunked("zz\r\n"),
		"GET / HTTP/1.1\r\nHost: t\r\nX: " + strings.Repeat("x", 5000) + "\r\n\r\n" + get,
		chunked("5;" + strings.Repeat("x", 5000) + "\r\nhello\r\n0\r\n\r\n"),
		"GET / HTTP/1.1\nHost: t\n\n", "\r\n\r\n\r\n\r\n", "\r\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
}

// However the bytes are cut into segments, the same requests are read and the
// same mistake ends them.
func FuzzSegmentsDoNotMatter(f *testing.F) {
	requestSeeds(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		whole, err := readAll(bytes.NewReader(input))
		single, err1 := readAll(iotest.OneByteReader(bytes.NewReader(input)))
		require.Equal(t, whole, single)
		require.Equal(t, err, err1)
		halves, err2 := readAll(iotest.HalfReader(bytes.NewReader(input)))
		require.Equal(t, whole, halves)
		require.Equal(t, err, err2)
	})
}

// What we take, net/http takes, and sees the same end of the message in it. It
// refuses more paths and hosts, which are nothing to us.
func FuzzAgreesWithNetHTTP(f *testing.F) {
	requestSeeds(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		theirs := bufio.NewReader(bytes.NewReader(bytes.TrimLeft(input, "\r\n")))
		ours := newReader(bytes.NewReader(input), time.Now())
		for {
			var q request
			if ours.next(&q) != nil {
				return
			}
			r, err := http.ReadRequest(theirs)
			if err != nil {
				require.Regexp(t, `parse |invalid URI|malformed Host|invalid method`, err.Error())
				return
			}
			_, err = io.Copy(io.Discard, r.Body)
			require.NoError(t, err)
			require.Equal(t, r.Method == "HEAD", q.isHead)
			require.Equal(t, r.Close, q.mode.closes())
			require.Equal(t, len(r.TransferEncoding) == 1, q.chunked)
			if !q.chunked {
				require.Equal(t, r.ContentLength, q.length)
			}
			skipEmptyLines(theirs)
		}
	})
}

// skipEmptyLines does for net/http's parser what its server does not and ours does.
func skipEmptyLines(r *bufio.Reader) {
	for {
		if next, _ := r.Peek(2); string(next) != "\r\n" {
			return
		}
		_, _ = r.Discard(2)
	}
}
