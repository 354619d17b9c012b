package httpload

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/loadgen/session"
	"gonogo/measure"
)

// A trip is a user of a client that goes through flows.
type trip struct {
	t       *testing.T
	scope   session.Scope
	session *session.Session
	client  *Client
	sender  loadgen.Sender
	clock   loadgen.Clock
}

// newTrip makes a user that knows name, and makes a client of the steps.
func newTrip(t *testing.T, at string, name string, o Options, steps func(tr *trip, u *url.URL) []loadgen.Step) *trip {
	t.Helper()
	u, err := url.Parse(at)
	require.NoError(t, err)
	tr := &trip{t: t, clock: loadgen.NewClock()}
	v := tr.scope.Declare("name")
	tr.scope.Declare("unset")
	tr.client, err = New(steps(tr, u), o)
	require.NoError(t, err)
	tr.session = session.New(&tr.scope, 7, 1)
	tr.session.Set(v, []byte(name))
	tr.sender = tr.client.NewSender(loadgen.User{Clock: tr.clock, Session: tr.session})
	t.Cleanup(tr.sender.Close)
	return tr
}

func (tr *trip) text(text string, escape session.Escape) *session.Text {
	made, err := tr.scope.Compile(text, escape)
	require.NoError(tr.t, err)
	return made
}

// send performs a step, with Start first if that is asked for.
func (tr *trip) send(step int, start bool) measure.Outcome {
	now := tr.clock.Now()
	call := loadgen.NewCall(measure.Outcome{Step: step, Due: now}, now+10*time.Second)
	if start {
		tr.sender.(loadgen.Starter).Start(call)
	}
	tr.sender.Send(call)
	return call.Outcome
}

// A diary is what a server of net/http saw.
type diary struct {
	mu    sync.Mutex // for the race detector, which does not see that the answers came
	pages []string
}

func (d *diary) note(r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pages = append(d.pages, fmt.Sprintf("%s %s q=%s x=%s cookie=%s length=%d body=%s", r.Method, r.URL.Path, r.URL.Query().Get("q"), r.Header.Get("X-Name"), r.Header.Get("Cookie"), r.ContentLength, body))
}

func (d *diary) all() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.pages
}

func TestTextsAreWrittenAnewForEachRequest(t *testing.T) {
	var got diary
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got.note(r) }))
	defer server.Close()
	tr := newTrip(t, server.URL, "a b/&?", Options{}, func(tr *trip, u *url.URL) []loadgen.Step {
		return []loadgen.Step{{Request: loadgen.Request{
			Method: "POST", URL: u,
			Target:  tr.text("/users/${name}?q=${name}", session.URL),
			Header:  []loadgen.Field{{Name: "X-Name", Text: tr.text("<${user}>", session.Raw)}, {Name: "X-Other", Value: "same"}},
			Content: tr.text(`{"n":"${name}"}`, session.JSON),
		}}}
	})
	for i, start := range []bool{false, true, true} {
		if i == 2 {
			tr.session.Set(0, []byte(`"x"`))
		}
		o := tr.send(0, start)
		require.Equal(t, measure.OK, o.Class, "%v", o.Err)
		require.Positive(t, o.BytesOut)
	}
	require.Equal(t, []string{
		`POST /users/a b/&? q=a b/&? x=<7> cookie= length=14 body={"n":"a b/&?"}`,
		`POST /users/a b/&? q=a b/&? x=<7> cookie= length=14 body={"n":"a b/&?"}`,
		`POST /users/"x" q="x" x=<7> cookie= length=13 body={"n":"\"x\""}`,
	}, got.all())
}

// A request that cannot be written is not sent, and no failure of the target.
func TestARequestThatCannotBeWrittenIsNotSent(t *testing.T) {
	tests := []struct {
		name, value string
		request     func(tr *trip) loadgen.Request
		want        string
	}{
		{"a variable without a value", "x", func(tr *trip) loadgen.Request { return loadgen.Request{Target: tr.text("/${unset}", session.URL)} }, "write the request: path: variable unset has no value"},
		{"a body without one", "x", func(tr *trip) loadgen.Request { return loadgen.Request{Content: tr.text("${unset}", session.Raw)} }, "write the request: body: variable unset has no value"},
		{"a header that would become two", "a\r\nB: c", func(tr *trip) loadgen.Request {
			return loadgen.Request{
				Target: tr.text("/${name}", session.URL),
				Header: []loadgen.Field{{Name: "Fixed", Value: "x"}, {Name: "X-A", Text: tr.text("${user}", session.Raw)}, {Name: "X-B", Text: tr.text("${name}", session.Raw)}},
			}
		}, "write the request: header X-B: holds a line break or another control character"},
		{"a path with a space in it", "a b", func(tr *trip) loadgen.Request { return loadgen.Request{Target: tr.text("/${name|raw}", session.URL)} }, "write the request: path: holds a line break or another control character"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("something was sent") }))
			defer server.Close()
			tr := newTrip(t, server.URL, tt.value, Options{}, func(tr *trip, u *url.URL) []loadgen.Step {
				r := tt.request(tr)
				r.URL = u
				return []loadgen.Step{{Request: r}}
			})
			for _, start := range []bool{false, true} {
				o := tr.send(0, start)
				require.Equal(t, measure.Local, o.Class)
				require.EqualError(t, o.Err, tt.want)
				require.Zero(t, o.Sent)
			}
		})
	}
}

// look is an Inspector that keeps what it is shown.
type look struct {
	needs loadgen.Needs
	seen  []loadgen.Answer
	err   error
}

func (l *look) Needs() loadgen.Needs { return l.needs }
func (l *look) Inspect(a *loadgen.Answer, _ *session.Session) error {
	kept := *a
	kept.Head, kept.Body = bytes.Clone(a.Head), bytes.Clone(a.Body)
	l.seen = append(l.seen, kept)
	return l.err
}

func TestInspectorsSeeWhatTheyNeed(t *testing.T) {
	body := strings.Repeat("0123456789", 5000)
	coded := &bytes.Buffer{}
	z := gzip.NewWriter(coded)
	_, _ = z.Write([]byte(body))
	_ = z.Close()
	tests := []struct {
		name   string
		answer func(w http.ResponseWriter)
		needs  int
		want   string
		length int64
	}{
		{"a short body", func(w http.ResponseWriter) { _, _ = w.Write([]byte("hello")) }, 100, "hello", 5},
		{"a long body", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "50000")
			_, _ = io.WriteString(w, body)
		}, 1 << 20, body, 50000},
		{"the start of a long body", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "50000")
			_, _ = io.WriteString(w, body)
		}, 15, body[:15], 50000},
		{"a body in chunks", func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, body[:20000])
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, body[20000:])
		}, 1 << 20, body, 50000},
		{"a body that ends with its connection", func(w http.ResponseWriter) {
			c, _, _ := w.(http.Hijacker).Hijack()
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n"+body)
			_ = c.Close()
		}, 1 << 20, body, 50000},
		{"a body that is coded", func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(coded.Bytes())
		}, 1 << 20, body, 50000},
		{"a body that is coded in an unknown way, as it is", func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "rot13")
			_, _ = w.Write([]byte("uryyb"))
		}, 100, "uryyb", 5},
		{"no body", func(w http.ResponseWriter) { w.WriteHeader(204) }, 100, "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Answer", "yes")
				tt.answer(w)
			}))
			defer server.Close()
			l := &look{needs: loadgen.Needs{Head: true, Body: tt.needs}}
			tr := newTrip(t, server.URL, "", Options{}, func(_ *trip, u *url.URL) []loadgen.Step {
				return []loadgen.Step{{Request: loadgen.Request{URL: u}, Inspector: l}}
			})
			for range 3 {
				o := tr.send(0, false)
				require.Equal(t, measure.OK, o.Class, "%v", o.Err)
			}
			require.Len(t, l.seen, 3)
			for _, a := range l.seen {
				require.Equal(t, tt.want, string(a.Body))
				require.Equal(t, tt.length, a.Length)
				require.Positive(t, a.Service)
				if tt.name != "a body that ends with its connection" {
					value, ok := a.Field("x-answer")
					require.True(t, ok)
					require.Equal(t, "yes", string(value))
				}
			}
		})
	}
}

func TestAnAnswerThatIsWrongIsOfClassCheck(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/status" {
			w.WriteHeader(500)
		}
		_, _ = w.Write([]byte("sorry"))
	}))
	defer server.Close()
	l := &look{needs: loadgen.Needs{Body: 10}, err: &loadgen.CheckError{What: "no"}}
	tr := newTrip(t, server.URL, "", Options{}, func(_ *trip, u *url.URL) []loadgen.Step {
		return []loadgen.Step{
			{Request: loadgen.Request{URL: u}, Inspector: l},
			{Request: loadgen.Request{URL: u.JoinPath("status")}, Inspector: l},
		}
	})
	o := tr.send(0, false)
	require.Equal(t, measure.Check, o.Class)
	require.Equal(t, l.err, o.Err)
	require.GreaterOrEqual(t, o.Read, o.Done)
	require.Greater(t, o.Done, o.Sent, "its time is that of the answer")
	o = tr.send(1, false)
	require.Equal(t, measure.Status, o.Class, "nobody looks into an answer of the wrong status")
	require.Len(t, l.seen, 1)
	require.Equal(t, measure.OK, tr.send(0, false).Class-measure.Check+measure.OK, "the connection goes on")
	require.False(t, errors.Is(o.Err, l.err))
}

func TestWhatWasSentIsSentAgainWhereARedirectAsksForIt(t *testing.T) {
	var got diary
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got.note(r)
		if r.URL.Path == "/old" {
			http.Redirect(w, r, "/new", http.StatusTemporaryRedirect)
		}
	}))
	defer server.Close()
	tr := newTrip(t, server.URL, "ann", Options{}, func(tr *trip, u *url.URL) []loadgen.Step {
		return []loadgen.Step{{Request: loadgen.Request{
			Method: "POST", URL: u, Target: tr.text("/${name|raw}", session.URL), MaxRedirects: 1,
			Content: tr.text("${uuid}", session.Raw),
			Header:  []loadgen.Field{{Name: "X-Other", Text: tr.text("${user}", session.Raw)}, {Name: "X-Name", Text: tr.text("${name} ${uuid}", session.Raw)}},
		}}}
	})
	tr.session.Set(0, []byte("old"))
	require.Equal(t, measure.OK, tr.send(0, false).Class)
	require.Len(t, got.all(), 2)
	require.Equal(t, strings.Replace(got.all()[0], "/old", "/new", 1), got.all()[1])
}

func TestAUserGivesItsCookiesBack(t *testing.T) {
	var got diary
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got.note(r)
		if r.URL.Path == "/login" {
			w.Header().Add("Set-Cookie", "session=s1; Path=/; HttpOnly")
			w.Header().Add("Set-Cookie", "area=x; Path=/private")
		}
	}))
	defer server.Close()
	tr := newTrip(t, server.URL, "", Options{Cookies: true}, func(_ *trip, u *url.URL) []loadgen.Step {
		return []loadgen.Step{
			{Request: loadgen.Request{URL: u.JoinPath("login")}},
			{Request: loadgen.Request{URL: u.JoinPath("private/page")}},
			{Request: loadgen.Request{URL: u, Header: []loadgen.Field{{Name: "Cookie", Value: "own=1"}}}},
		}
	})
	for _, step := range []int{1, 0, 1, 0, 2} {
		o := tr.send(step, step == 1)
		require.Equal(t, measure.OK, o.Class, "%v", o.Err)
	}
	require.Equal(t, []string{
		"GET /private/page q= x= cookie= length=0 body=",
		"GET /login q= x= cookie= length=0 body=",
		"GET /private/page q= x= cookie=area=x; session=s1 length=0 body=",
		"GET /login q= x= cookie=session=s1 length=0 body=",
		"GET / q= x= cookie=own=1 length=0 body=",
	}, got.all())
}
