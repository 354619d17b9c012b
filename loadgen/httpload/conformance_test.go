package httpload

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
)

// testdata/answers holds what nginx, h2o, Caddy, Node, Python and Go put on the wire.
func TestAnswersOfRealServers(t *testing.T) {
	names, err := filepath.Glob("testdata/answers/*")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			answer, err := os.ReadFile(name)
			require.NoError(t, err)
			status, keep, err := referenceRead("GET", answer)
			require.NoError(t, err)
			for _, pieces := range []int{1, 3, 1 << 20} {
				o, kept := ask("GET", &slowly{answer, pieces})
				require.Contains(t, []measure.Class{measure.OK, measure.Status}, o.Class, "%v", o.Err)
				require.Equal(t, status, o.Status)
				require.Equal(t, keep, kept)
				require.EqualValues(t, len(answer), o.BytesIn)
			}
		})
	}
}

// stricter are the reasons for which we refuse what net/http takes. Everything
// else that it takes, we take, and read alike.
var stricter = []string{
	"want HTTP/1.x",               // it takes any version, and answers any version may give
	"without a carriage return",   // RFC 9112, 2.2: allowed to recipients, never to senders
	"folded header line",          // 5.2: senders must not
	"has no name",                 //
	"header name",                 // 5: a name is a token
	"holds a control character",   // RFC 9110, 5.5
	"status line",                 // a control character in the reason, or a space too few
	"is below 100",                //
	"is not a number of three",    // it takes a sign
	"both Content-Length and Tra", // 6.1: a message that might be an attack
	"in an answer of HTTP/1.0",    // 6.1: faulty framing
	"two lengths",                 // it ignores them where there is no body
	"Content-Length",              // likewise
	"Transfer-Encoding",           // likewise, and where it is given twice
	"asked for no upgrade",        // 101 is no answer to us
	"interim answers",             // it goes on for ever
	"the head is longer",          // it allows more
	"behind the end of the answe", // it leaves them to the next answer
	"chunk size",                  // an extension without its semicolon
	"chunk extension",             // a control character in it
	"trailer",                     // likewise
	"chunked body",                // a bare line feed
}

// FuzzAnswer holds our reading of an answer against net/http's, both ways.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), false)
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\n"), false)
	f.Add([]byte("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"), true)
	f.Add([]byte("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"), false)
	f.Add([]byte("HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n"), false)
	names, err := filepath.Glob("testdata/answers/*")
	require.NoError(f, err)
	for _, name := range names {
		answer, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(answer, false)
	}
	f.Fuzz(func(t *testing.T, answer []byte, isHead bool) {
		method := "GET"
		if isHead {
			method = "HEAD"
		}
		ours, keep := ask(method, bytes.NewReader(answer))
		status, theirs, err := referenceRead(method, answer)
		switch {
		case ours.Class == measure.OK || ours.Class == measure.Status:
			require.NoError(t, err, "we took what net/http refuses: %q", answer)
			require.Equal(t, status, ours.Status)
			require.Equal(t, theirs, keep, "keep-alive of %q", answer)
		case err == nil:
			require.Equal(t, measure.Malformed, ours.Class, "%v: %q", ours.Err, answer)
			require.True(t, isStricter(ours.Err), "%v: %q", ours.Err, answer)
		}
	})
}

func isStricter(err error) bool {
	for _, reason := range stricter {
		if strings.Contains(err.Error(), reason) {
			return true
		}
	}
	return false
}

// referenceRead reads the answer with net/http, to the end of its body.
func referenceRead(method string, answer []byte) (status int, keep bool, err error) {
	b := bufio.NewReader(bytes.NewReader(answer))
	for {
		r, err := http.ReadResponse(b, &http.Request{Method: method, URL: &url.URL{}})
		if err != nil {
			return 0, false, err
		}
		if r.StatusCode >= 100 && r.StatusCode < 200 {
			continue
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return 0, false, err
		}
		return r.StatusCode, !r.Close, nil
	}
}
