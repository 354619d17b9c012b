package httpload

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/loadgen/coding"
	"gonogo/measure"
)

// encoded returns the text in the coding that HTTP calls how.
func encoded(t testing.TB, how string, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser
	switch how {
	case "gzip":
		w = gzip.NewWriter(&out)
	case "br":
		w = brotli.NewWriterLevel(&out, brotli.BestSpeed)
	case "zstd":
		var err error
		w, err = zstd.NewWriter(&out)
		require.NoError(t, err)
	default:
		return text
	}
	_, err := w.Write(text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

// framed returns an answer with the body, framed in one of three ways.
func framed(coding, framing string, body []byte) string {
	head := "HTTP/1.1 200 OK\r\n"
	if coding != "" {
		head += "Content-Encoding: " + coding + "\r\n"
	}
	switch framing {
	case "length":
		return head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
	case "chunks":
		head += "Transfer-Encoding: chunked\r\n\r\n"
		for len(body) > 0 {
			n := min(len(body), 100)
			head += fmt.Sprintf("%x;x=y\r\n%s\r\n", n, body[:n])
			body = body[n:]
		}
		return head + "0\r\nA: b\r\n\r\n"
	}
	return head + "\r\n" + string(body)
}

// askDecoded is ask by a user that decodes.
func askDecoded(method string, answer io.Reader) (measure.Outcome, bool) {
	c := &Client{stamps: &stampClock{clock: loadgen.NewClock()}, decoder: &coding.Counter{}}
	u := &user{client: c, clock: loadgen.NewClock(), in: buffer{bytes: make([]byte, 512)}}
	r := &request{bytes: []byte("x"), spec: loadgen.Request{Method: method}}
	call := loadgen.NewCall(measure.Outcome{}, 0)
	err := u.exchange(call, r, r.bytes, &netStream{conn: &script{answer: answer}})
	if err != nil {
		u.fail(call, err)
	}
	return call.Outcome, err == nil && u.head.keep
}

func TestCodedAnswers(t *testing.T) {
	text := []byte(strings.Repeat("some text that repeats itself, ", 300))
	for _, how := range []string{"", "identity", "gzip", "br", "zstd"} {
		for _, framing := range []string{"length", "chunks", "close"} {
			for _, content := range [][]byte{text, nil} {
				answer := framed(how, framing, encoded(t, how, content))
				for _, pieces := range []int{1, 7, 1 << 20} {
					o, keep := askDecoded("GET", &slowly{[]byte(answer), pieces})
					require.Equal(t, measure.OK, o.Class, "%q by %s in pieces of %d: %v", how, framing, pieces, o.Err)
					require.EqualValues(t, len(content), o.BytesDecoded)
					require.EqualValues(t, len(answer), o.BytesIn)
					require.Equal(t, framing != "close", keep)
				}
			}
		}
	}
}

func TestCodedAnswersWithoutABody(t *testing.T) {
	for _, test := range []struct{ method, answer string }{
		{"HEAD", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 100\r\n\r\n"},
		{"GET", "HTTP/1.1 304 Not Modified\r\nContent-Encoding: deflate\r\n\r\n"},
		{"GET", "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 0\r\n\r\n"},
		{"GET", "HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
	} {
		o, keep := askDecoded(test.method, strings.NewReader(test.answer))
		require.Equal(t, measure.OK, o.Class, "%s: %v", test.answer, o.Err)
		require.Zero(t, o.BytesDecoded)
		require.True(t, keep)
	}
}

func TestBrokenCodedAnswers(t *testing.T) {
	body := encoded(t, "gzip", []byte(strings.Repeat("text ", 1000)))
	bomb := encoded(t, "zstd", make([]byte, 65<<20))
	tests := []struct {
		name, answer string
		class        measure.Class
	}{
		{"not in the coding that it names", framed("gzip", "length", []byte("plain text")), measure.Malformed},
		{"a coding that ends early", framed("gzip", "length", body[:len(body)-9]), measure.Malformed},
		{"a coding that goes on", framed("gzip", "chunks", append(bytes.Clone(body), "more"...)), measure.Malformed},
		{"a coding that nobody asked for", framed("deflate", "length", body), measure.Malformed},
		{"two codings", framed("gzip, br", "length", body), measure.Malformed},
		{"two codings in two lines", framed("gzip\r\nContent-Encoding: gzip", "length", body), measure.Malformed},
		{"a bomb", framed("zstd", "length", bomb), measure.Malformed},
		{"bytes behind the end", framed("gzip", "length", body) + "x", measure.Malformed},
		{"bytes behind the end of what is not coded", framed("", "chunks", body) + "x", measure.Malformed},
		{"a framing that breaks", strings.Replace(framed("gzip", "chunks", body), ";x=y", "!", 1), measure.Malformed},
		{"a connection that ends within", strings.TrimSuffix(framed("gzip", "length", body), string(body[len(body)-5:])), measure.Reset},
		{"a connection that ends within chunks", strings.TrimSuffix(framed("", "chunks", body), "0\r\nA: b\r\n\r\n"), measure.Reset},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o, keep := askDecoded("GET", strings.NewReader(test.answer))
			require.Equal(t, test.class, o.Class, "%v", o.Err)
			require.Error(t, o.Err)
			require.False(t, keep)
		})
	}
}

func TestCodedAnswersOfAServer(t *testing.T) {
	text := []byte(strings.Repeat("text ", 10_000))
	asked := make(chan string, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Header.Get("Accept-Encoding")
		w.Header().Set("Content-Encoding", r.URL.Query().Get("in"))
		_, _ = w.Write(encoded(t, r.URL.Query().Get("in"), text))
	}))
	defer srv.Close()
	for _, how := range []string{"gzip", "br", "zstd"} {
		s, clock := senderFor(t, srv.URL+"/?in="+how, Options{Compressed: true}, loadgen.Request{})
		for range 3 { // on one connection
			o := send(s, clock, time.Minute)
			require.Equal(t, measure.OK, o.Class, "%v", o.Err)
			require.Equal(t, "gzip, br, zstd", <-asked)
			require.EqualValues(t, len(text), o.BytesDecoded)
			require.Less(t, o.BytesIn, int64(len(text)/10))
		}
	}

	s, clock := senderFor(t, srv.URL+"/?in=gzip", Options{}, loadgen.Request{})
	o := send(s, clock, time.Minute)
	require.Equal(t, measure.OK, o.Class, "%v", o.Err)
	require.Empty(t, <-asked)
	require.Zero(t, o.BytesDecoded, "nobody asked for decoding")

	own := loadgen.Request{Header: []loadgen.Field{{Name: "accept-encoding", Value: "br"}}}
	s, clock = senderFor(t, srv.URL+"/?in=br", Options{Compressed: true}, own)
	require.Equal(t, measure.OK, send(s, clock, time.Minute).Class)
	require.Equal(t, "br", <-asked, "the scenario's own header stays")
}

// A body that decodes for ever, or never comes, ends with the request's time.
func TestACodedAnswerThatNeverEnds(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(encoded(t, "gzip", []byte("hello"))[:5])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	defer srv.Close()
	s, clock := senderFor(t, srv.URL, Options{Compressed: true}, loadgen.Request{})
	o := send(s, clock, 30*time.Millisecond)
	require.Equal(t, measure.Timeout, o.Class, "%v", o.Err)
}

// FuzzDecoded holds the reading of bodies with decoding against the one without:
// what is not coded ends the same way.
func FuzzDecoded(f *testing.F) {
	for _, framing := range []string{"length", "chunks", "close"} {
		f.Add([]byte(framed("", framing, []byte("hello, hello"))), uint8(3))
		f.Add([]byte(framed("gzip", framing, encoded(f, "gzip", []byte("hello, hello")))), uint8(100))
	}
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\nx"), uint8(1))
	f.Fuzz(func(t *testing.T, answer []byte, pieces uint8) {
		plain, plainKeep := ask("GET", &slowly{bytes.Clone(answer), int(pieces) + 1})
		decoded, keep := askDecoded("GET", &slowly{bytes.Clone(answer), int(pieces) + 1})
		if bytes.Contains(bytes.ToLower(answer), []byte("content-encoding")) {
			require.True(t, decoded.Class != measure.OK || plain.Class == measure.OK, "what is well coded is well framed")
			return
		}
		require.Equal(t, plain.Class, decoded.Class, "%v and %v", plain.Err, decoded.Err)
		require.Equal(t, plainKeep, keep)
		if plain.Class == measure.OK {
			require.Equal(t, plain.BytesIn, decoded.BytesIn)
			require.LessOrEqual(t, decoded.BytesDecoded, decoded.BytesIn)
		}
	})
}
