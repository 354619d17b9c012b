package h2load

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	users "gonogo/loadgen/session"
	"gonogo/measure"
)

// look is an Inspector that keeps what it is shown.
type look struct {
	needs loadgen.Needs
	seen  []loadgen.Answer
	err   error
}

func (l *look) Needs() loadgen.Needs { return l.needs }
func (l *look) Inspect(a *loadgen.Answer, _ *users.Session) error {
	kept := *a
	kept.Head, kept.Body = bytes.Clone(a.Head), bytes.Clone(a.Body)
	l.seen = append(l.seen, kept)
	return l.err
}

func TestInspectorsSeeWhatTheyNeed(t *testing.T) {
	body := strings.Repeat("0123456789", 500_000)
	coded := &bytes.Buffer{}
	z := gzip.NewWriter(coded)
	_, _ = z.Write([]byte(body))
	_ = z.Close()
	tests := []struct {
		name   string
		answer func(w http.ResponseWriter)
		needs  loadgen.Needs
		want   string
		length int
	}{
		{"a short body", func(w http.ResponseWriter) { _, _ = w.Write([]byte("hello")) }, loadgen.Needs{Head: true, Body: 100}, "hello", 5},
		{"a long body", func(w http.ResponseWriter) { _, _ = io.WriteString(w, body) }, loadgen.Needs{Head: true, Body: 1 << 30}, body, len(body)},
		{"the start of a long body", func(w http.ResponseWriter) { _, _ = io.WriteString(w, body) }, loadgen.Needs{Head: true, Body: 15}, body[:15], len(body)},
		{"a body in pieces", func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, body[:20000])
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, body[20000:])
		}, loadgen.Needs{Head: true, Body: 1 << 30}, body, len(body)},
		{"a body with a trailer", func(w http.ResponseWriter) {
			w.Header().Set("Trailer", "X-Sum")
			_, _ = io.WriteString(w, "hello")
			w.Header().Set("X-Sum", "5")
		}, loadgen.Needs{Head: true, Body: 100}, "hello", 5},
		{"a body behind an interim answer", func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusEarlyHints)
			_, _ = io.WriteString(w, "hello")
		}, loadgen.Needs{Head: true, Body: 100}, "hello", 5},
		{"a body that is coded", func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(coded.Bytes())
		}, loadgen.Needs{Head: true, Body: 1 << 30}, body, len(body)},
		{"the start of a body that is coded", func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(coded.Bytes())
		}, loadgen.Needs{Head: true, Body: 5}, body[:5], len(body)},
		{"how long it is, and nothing of it", func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(coded.Bytes())
		}, loadgen.Needs{Head: true}, "", len(body)},
		{"a body that is coded in an unknown way, as it is", func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "rot13")
			_, _ = w.Write([]byte("uryyb"))
		}, loadgen.Needs{Head: true, Body: 100}, "uryyb", 5},
		{"a body without its header", func(w http.ResponseWriter) { _, _ = w.Write([]byte("hello")) }, loadgen.Needs{Body: 100}, "hello", 5},
		{"no body", func(w http.ResponseWriter) { w.WriteHeader(204) }, loadgen.Needs{Head: true, Body: 100}, "", 0},
		{"no body that would be coded", func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(204)
		}, loadgen.Needs{Head: true, Body: 100}, "", 0},
	}
	for _, tt := range tests {
		for _, compressed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, compressed %t", tt.name, compressed), func(t *testing.T) {
				onBoth(t, func(t *testing.T, secure bool) {
					server := goServer(t, secure, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
						w.Header().Set("X-Answer", "yes")
						tt.answer(w)
					}))
					l := &look{needs: tt.needs}
					tr := newTrip(t, server, "", Options{Compressed: compressed}, func(_ *trip, u *url.URL) []loadgen.Step {
						return []loadgen.Step{{Request: loadgen.Request{URL: u}, Inspector: l}}
					})
					for range 3 {
						o := tr.send(0, false)
						require.Equal(t, measure.OK, o.Class, "%v", o.Err)
						require.Equal(t, compressed && tt.length > 0, o.BytesDecoded > 0)
						require.True(t, !compressed || o.BytesDecoded == int64(tt.length))
					}
					require.Len(t, l.seen, 3)
					for _, a := range l.seen {
						require.True(t, tt.want == string(a.Body), "%d bytes", len(a.Body))
						require.Equal(t, int64(tt.length), a.Length)
						require.Positive(t, a.Service)
						require.NotZero(t, a.Status)
						if !tt.needs.Head {
							require.Empty(t, a.Head)
							continue
						}
						value, ok := a.Field("X-Answer")
						require.True(t, ok)
						require.Equal(t, "yes", string(value))
						require.True(t, bytes.HasSuffix(a.Head, []byte("\r\n")))
					}
				})
			})
		}
	}
}

func TestABodyThatIsCodedWrongIsMalformedForWhoeverLooksAtIt(t *testing.T) {
	server := goServer(t, false, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write([]byte("not coded at all"))
	}))
	l := &look{}
	tr := newTrip(t, server, "", Options{}, func(_ *trip, u *url.URL) []loadgen.Step {
		return []loadgen.Step{{Request: loadgen.Request{URL: u}, Inspector: l}, {Request: loadgen.Request{URL: u}}}
	})
	for range 2 {
		o := tr.send(0, false)
		require.Equal(t, measure.Malformed, o.Class)
		require.ErrorContains(t, o.Err, "gzip body")
		require.Equal(t, measure.OK, tr.send(1, false).Class, "nobody looks at it")
	}
	require.Empty(t, l.seen)
}

// Steps that share a header of an answer do not share what is kept of it.
func TestStepsWithTheSameAnswersKeepTheirOwn(t *testing.T) {
	server := goServer(t, false, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		_, _ = io.WriteString(w, "hello")
	}))
	l, none := &look{needs: loadgen.Needs{Head: true}}, &look{}
	tr := newTrip(t, server, "", Options{}, func(_ *trip, u *url.URL) []loadgen.Step {
		steps := make([]loadgen.Step, 17) // the last has the first one's place
		for i := range steps {
			steps[i] = loadgen.Step{Request: loadgen.Request{URL: u}, Inspector: none}
		}
		steps[16].Inspector = l
		return steps
	})
	for _, step := range []int{0, 0, 16, 16, 0, 16, 16} {
		require.Equal(t, measure.OK, tr.send(step, true).Class)
	}
	require.Len(t, l.seen, 4)
	for _, a := range l.seen {
		require.Equal(t, "content-type: text/plain; charset=utf-8\r\ncontent-length: 5\r\n", string(a.Head))
	}
	for _, a := range none.seen {
		require.Empty(t, a.Head)
	}
}

func TestAnAnswerThatIsWrongIsOfClassCheck(t *testing.T) {
	onBoth(t, func(t *testing.T, secure bool) {
		server := goServer(t, secure, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/status" {
				w.WriteHeader(500)
			}
			_, _ = w.Write([]byte("sorry"))
		}))
		l := &look{needs: loadgen.Needs{Body: 10}, err: &loadgen.CheckError{What: "no"}}
		tr := newTrip(t, server, "", Options{}, func(_ *trip, u *url.URL) []loadgen.Step {
			return []loadgen.Step{
				{Request: loadgen.Request{URL: u}, Inspector: l},
				{Request: loadgen.Request{URL: u.JoinPath("status")}, Inspector: l},
			}
		})
		for i := range 2 {
			o := tr.send(0, false)
			require.Equal(t, measure.Check, o.Class)
			require.Equal(t, l.err, o.Err)
			require.GreaterOrEqual(t, o.Read, o.Done)
			require.Greater(t, o.Done, o.Sent)
			require.Equal(t, l.seen[i].Service, o.Service(), "its time is that of the answer")
			require.Equal(t, i == 0, o.Connect > 0, "the connection goes on")
		}
		o := tr.send(1, false)
		require.Equal(t, measure.Status, o.Class, "nobody looks into an answer of the wrong status")
		require.Len(t, l.seen, 2)

		l.err = errors.New("not of the sort")
		o = tr.send(0, false)
		require.Equal(t, measure.Check, o.Class)
		require.Equal(t, &loadgen.CheckError{What: "not of the sort"}, o.Err)
	})
}
