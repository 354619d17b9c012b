package h2load

import (
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
	users "gonogo/loadgen/session"
	"gonogo/measure"
)

// A trip is a user of a client that goes through flows.
type trip struct {
	t       *testing.T
	scope   users.Scope
	session *users.Session
	client  *Client
	sender  loadgen.Sender
	clock   loadgen.Clock
}

// newTrip makes a user that knows name, and makes a client of the steps.
func newTrip(t *testing.T, server *httptest.Server, name string, o Options, steps func(tr *trip, u *url.URL) []loadgen.Step) *trip {
	t.Helper()
	u, err := url.Parse(server.URL)
	require.NoError(t, err)
	tr := &trip{t: t, clock: loadgen.NewClock()}
	v := tr.scope.Declare("name")
	tr.scope.Declare("unset")
	o.Network = trusting(server).Network
	tr.client, err = New(steps(tr, u), o)
	require.NoError(t, err)
	tr.session = users.New(&tr.scope, 7, 1)
	tr.session.Set(v, []byte(name))
	tr.sender = tr.client.NewSender(loadgen.User{Clock: tr.clock, Session: tr.session})
	t.Cleanup(tr.sender.Close)
	return tr
}

func (tr *trip) text(text string, escape users.Escape) *users.Text {
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
	return *performed(tr.sender, call, 10*time.Second)
}

// onBoth runs a test with both sorts of connections.
func onBoth(t *testing.T, test func(t *testing.T, secure bool)) {
	for _, secure := range []bool{true, false} {
		t.Run(fmt.Sprintf("TLS %t", secure), func(t *testing.T) { test(t, secure) })
	}
}

// A diary is what a server of net/http saw.
type diary struct {
	mu    sync.Mutex
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
	onBoth(t, func(t *testing.T, secure bool) {
		var got diary
		server := goServer(t, secure, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got.note(r) }))
		tr := newTrip(t, server, "a b/&?", Options{}, func(tr *trip, u *url.URL) []loadgen.Step {
			return []loadgen.Step{{Request: loadgen.Request{
				Method: "POST", URL: u,
				Target:  tr.text("/users/${name}?q=${name}", users.URL),
				Header:  []loadgen.Field{{Name: "X-Name", Text: tr.text("<${user}>", users.Raw)}, {Name: "X-Other", Value: "same"}},
				Content: tr.text(`{"n":"${name}"}`, users.JSON),
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
	})
}

// signs adds fields that say what they are of.
type signs struct{ lines string }

func (s signs) Sign(dst []byte, r *loadgen.Rendered) []byte {
	return fmt.Appendf(dst, s.lines, fmt.Sprintf("%s %s%s %s", r.Method, r.URL.Path, r.Target, r.Body))
}

func TestWhatTheHeaderOfARequestMayHold(t *testing.T) {
	long := strings.Repeat("long value~", 20_000)
	tests := []struct {
		name    string
		value   string
		request func(tr *trip) loadgen.Request
		header  string // to look at
		want    string
	}{
		{"a text as long as the first byte of a length can say", strings.Repeat("x", 127), func(tr *trip) loadgen.Request {
			return loadgen.Request{Header: []loadgen.Field{{Name: "X-A", Text: tr.text("${name}", users.Raw)}}}
		}, "X-A", strings.Repeat("x", 127)},
		{"a text of several frames", long, func(tr *trip) loadgen.Request {
			return loadgen.Request{Header: []loadgen.Field{{Name: "X-A", Text: tr.text("${name}", users.Raw)}, {Name: "X-B", Value: "b"}}}
		}, "X-A", long},
		{"an empty text", "", func(tr *trip) loadgen.Request {
			return loadgen.Request{Header: []loadgen.Field{{Name: "X-A", Text: tr.text("${name}", users.Raw)}, {Name: "X-B", Value: "b"}}}
		}, "X-B", "b"},
		{"a secret", "token", func(tr *trip) loadgen.Request {
			return loadgen.Request{Header: []loadgen.Field{{Name: "Authorization", Text: tr.text("Bearer ${name}", users.Raw)}}}
		}, "Authorization", "Bearer token"},
		{"another host", "other.test", func(tr *trip) loadgen.Request {
			return loadgen.Request{Header: []loadgen.Field{{Name: "Host", Text: tr.text("${name}", users.Raw)}}, Target: tr.text("/x", users.Raw)}
		}, "Host", "other.test"},
		{"nothing that is of a connection", "x", func(tr *trip) loadgen.Request {
			return loadgen.Request{Header: []loadgen.Field{{Name: "Connection", Text: tr.text("${name}", users.Raw)}, {Name: "X-A", Text: tr.text("${name}", users.Raw)}, {Name: "TE", Value: "gzip"}}}
		}, "Connection", ""},
		{"a signature of what is sent", "x y", func(tr *trip) loadgen.Request {
			return loadgen.Request{Method: "PUT", Target: tr.text("/${name}?a", users.URL), Content: tr.text("<${name}>", users.Raw), Signer: signs{"X-A: %s\r\nAuthorization: x\r\n"}}
		}, "X-A", "PUT /base/x%20y?a <x y>"},
		{"a signature of what is always the same", "", func(*trip) loadgen.Request {
			return loadgen.Request{Method: "PUT", Body: []byte("b"), Signer: signs{"x-a:%s\r\n"}}
		}, "X-A", "PUT /base/base?q=1 b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, secure bool) {
				server := goServer(t, secure, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					r.Header.Set("Host", r.Host)
					_, _ = io.WriteString(w, r.Header.Get(tt.header))
				}))
				l := &look{needs: loadgen.Needs{Body: 1 << 20}}
				tr := newTrip(t, server, tt.value, Options{}, func(tr *trip, u *url.URL) []loadgen.Step {
					r := tt.request(tr)
					r.URL = u.ResolveReference(&url.URL{Path: "/base", RawQuery: "q=1"})
					return []loadgen.Step{{Request: r, Inspector: l}}
				})
				for _, start := range []bool{false, true} {
					o := tr.send(0, start)
					require.Equal(t, measure.OK, o.Class, "%v", o.Err)
				}
				require.Len(t, l.seen, 2)
				for _, a := range l.seen {
					require.Equal(t, tt.want, string(a.Body))
				}
			})
		})
	}
}

// A request that cannot be written is not sent, and the fault of the answer that its
// value came from.
func TestARequestThatCannotBeWrittenIsNotSent(t *testing.T) {
	tests := []struct {
		name, value string
		request     func(tr *trip) loadgen.Request
		want        string
	}{
		{"a variable without a value", "x", func(tr *trip) loadgen.Request { return loadgen.Request{Target: tr.text("/${unset}", users.URL)} }, "write the request: path: variable unset has no value"},
		{"a body without one", "x", func(tr *trip) loadgen.Request { return loadgen.Request{Content: tr.text("${unset}", users.Raw)} }, "write the request: body: variable unset has no value"},
		{"a header that would become two", "a\r\nB: c", func(tr *trip) loadgen.Request {
			return loadgen.Request{
				Target: tr.text("/${name}", users.URL),
				Header: []loadgen.Field{{Name: "Fixed", Value: "x"}, {Name: "X-A", Text: tr.text("${user}", users.Raw)}, {Name: "X-B", Text: tr.text("${name}", users.Raw)}},
			}
		}, "write the request: header X-B: holds a line break or another control character"},
		{"a path with a space in it", "a b", func(tr *trip) loadgen.Request { return loadgen.Request{Target: tr.text("/${name|raw}", users.URL)} }, "write the request: path: holds a line break or another control character"},
		{"a signature that is no field", "x", func(*trip) loadgen.Request { return loadgen.Request{Signer: signs{"no field"}} }, "write the request: the signature holds what is no header field"},
		{"a signature with a name that is none", "x", func(*trip) loadgen.Request { return loadgen.Request{Signer: signs{"a b: c\r\n"}} }, "write the request: the signature holds what is no header field"},
		{"a signature with a control character", "x", func(*trip) loadgen.Request { return loadgen.Request{Signer: signs{"a: b\x00c\r\n"}} }, "write the request: the signature holds what is no header field"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, secure bool) {
				server := goServer(t, secure, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					if r.URL.Path != "/fine" {
						t.Error("something was sent")
					}
				}))
				tr := newTrip(t, server, tt.value, Options{}, func(tr *trip, u *url.URL) []loadgen.Step {
					r := tt.request(tr)
					r.URL = u
					return []loadgen.Step{{Request: r}, {Request: loadgen.Request{URL: u.JoinPath("fine")}}}
				})
				for range 2 { // without a connection, and with one
					for _, start := range []bool{false, true} {
						o := tr.send(0, start)
						require.Equal(t, measure.Local, o.Class)
						require.EqualError(t, o.Err, tt.want)
						require.Zero(t, o.Sent)
						require.Equal(t, o.Read, o.Done)
					}
					require.Equal(t, measure.OK, tr.send(1, true).Class)
				}
			})
		})
	}
}

func TestATextNeedsAUser(t *testing.T) {
	var scope users.Scope
	text, err := scope.Compile("/${user}", users.URL)
	require.NoError(t, err)
	_, send := senderTo(t, "http://127.0.0.1:1", Options{Cookies: true}, loadgen.Request{Target: text})
	o := send(0, time.Minute)
	require.EqualError(t, o.Err, "write the request: it needs what a user knows, and there is none")
	require.Equal(t, measure.Local, o.Class)

	server := goServer(t, false, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	_, send = senderTo(t, server.URL, Options{Cookies: true}, loadgen.Request{})
	require.Equal(t, measure.OK, send(0, time.Minute).Class, "cookies alone need none")
}

func TestWhatWasSentIsSentAgainWhereARedirectAsksForIt(t *testing.T) {
	onBoth(t, func(t *testing.T, secure bool) {
		var got diary
		server := goServer(t, secure, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got.note(r)
			if r.URL.Path == "/old" {
				http.Redirect(w, r, "/new", http.StatusTemporaryRedirect)
			}
			if r.URL.Path == "/new" {
				http.Redirect(w, r, "/newest", http.StatusTemporaryRedirect)
			}
		}))
		l := &look{}
		tr := newTrip(t, server, "old", Options{Cookies: true}, func(tr *trip, u *url.URL) []loadgen.Step {
			return []loadgen.Step{{Inspector: l, Request: loadgen.Request{
				Method: "POST", URL: u, Target: tr.text("/${name|raw}", users.URL), MaxRedirects: 2,
				Content: tr.text("${uuid}", users.Raw), Signer: signs{"X-Sum: %s\r\n"},
				Header: []loadgen.Field{{Name: "Connection", Text: tr.text("x", users.Raw)}, {Name: "X-Other", Text: tr.text("${user}", users.Raw)}, {Name: "X-Name", Text: tr.text("${name} ${uuid}", users.Raw)}},
			}}}
		})
		for i, start := range []bool{false, true} {
			o := tr.send(0, start)
			require.Equal(t, measure.OK, o.Class, "%v", o.Err)
			require.Len(t, got.all(), 3*(i+1))
			pages := got.all()[3*i:]
			require.Equal(t, strings.Replace(pages[0], "/old", "/new", 1), pages[1])
			require.Equal(t, strings.Replace(pages[0], "/old", "/newest", 1), pages[2])
			require.Regexp(t, `x=old [0-9a-f-]{36} .* body=[0-9a-f-]{36}$`, pages[0])
		}
		require.Len(t, l.seen, 2, "somebody looks into the last answer alone")
	})
}

func TestAUserGivesItsCookiesBack(t *testing.T) {
	onBoth(t, func(t *testing.T, secure bool) {
		var got diary
		server := goServer(t, secure, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got.note(r)
			switch r.URL.Path {
			case "/login":
				w.Header().Add("Set-Cookie", "session=s1; Path=/; HttpOnly")
				w.Header().Add("Set-Cookie", "area=x; Path=/private")
			case "/shop/enter": // for what is below /shop
				w.Header().Add("Set-Cookie", "basket=b")
				http.Redirect(w, r, "/shop/inside", http.StatusFound)
			}
		}))
		l := &look{}
		tr := newTrip(t, server, "", Options{Cookies: true}, func(tr *trip, u *url.URL) []loadgen.Step {
			own := []loadgen.Field{{Name: "cookie", Value: "own=1"}}
			return []loadgen.Step{
				{Request: loadgen.Request{URL: u.JoinPath("login")}},
				{Request: loadgen.Request{URL: u.JoinPath("private/page")}, Inspector: l},
				{Request: loadgen.Request{URL: u, Header: own}},
				{Request: loadgen.Request{URL: u.JoinPath("shop/enter"), Header: own, MaxRedirects: 1}},
				{Request: loadgen.Request{URL: u, Target: tr.text("/shop/${user}", users.URL)}},
			}
		})
		for _, step := range []int{1, 0, 1, 0, 2, 3, 4, 2} {
			o := tr.send(step, step == 1)
			require.Equal(t, measure.OK, o.Class, "%v", o.Err)
		}
		require.Equal(t, []string{
			"GET /private/page q= x= cookie= length=0 body=",
			"GET /login q= x= cookie= length=0 body=",
			"GET /private/page q= x= cookie=area=x; session=s1 length=0 body=",
			"GET /login q= x= cookie=session=s1 length=0 body=",
			"GET / q= x= cookie=own=1 length=0 body=",
			"GET /shop/enter q= x= cookie=own=1 length=0 body=",
			"GET /shop/inside q= x= cookie=own=1 length=0 body=",
			"GET /shop/7 q= x= cookie=basket=b; session=s1 length=0 body=",
			"GET / q= x= cookie=own=1 length=0 body=",
		}, got.all())
		require.Empty(t, l.seen[1].Head, "whoever does not ask for the header does not see it")
	})
}
