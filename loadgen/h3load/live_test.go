package h3load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/quic-go/quic-go"
	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/loadgen/session"
	"gonogo/measure"
)

// echo says what it was asked.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("X-Proto", r.Proto)
	fmt.Fprintf(w, "%s %s host=%s agent=%s length=%d a=%q te=%q body=%s", r.Method, r.RequestURI,
		strings.Split(r.Host, ":")[0], r.UserAgent(), r.ContentLength, r.Header["A"], r.Header["Te"], body)
}

// keeper is an Inspector that keeps all it is shown.
type keeper struct {
	needs loadgen.Needs
	err   error
	seen  loadgen.Answer
}

func (k *keeper) Needs() loadgen.Needs { return k.needs }

func (k *keeper) Inspect(a *loadgen.Answer, _ *session.Session) error {
	k.seen = *a
	k.seen.Head, k.seen.Body = []byte(string(a.Head)), []byte(string(a.Body))
	return k.err
}

func TestWhatIsSent(t *testing.T) {
	scope := &session.Scope{}
	id := scope.Declare("id")
	text := func(s string, e session.Escape) *session.Text {
		made, err := scope.Compile(s, e)
		require.NoError(t, err)
		return made
	}
	tests := []struct {
		name, path string
		spec       loadgen.Request
		want       string
	}{
		{"a plain GET", "/a?b=c%2Fd", loadgen.Request{}, `GET /a?b=c%2Fd host=127.0.0.1 agent=gonogo length=-1 a=[] te=[] body=`},
		{
			"a body with its length", "/",
			loadgen.Request{Method: "PUT", Body: []byte("hello")},
			`PUT / host=127.0.0.1 agent=gonogo length=5 a=[] te=[] body=hello`,
		},
		{
			"header fields, without those of an HTTP/1.1 connection", "/",
			loadgen.Request{Header: []loadgen.Field{
				{Name: "Host", Value: "b.test"},
				{Name: "user-agent", Value: "me"},
				{Name: "a", Value: "1"},
				{Name: "A", Value: "2"},
				{Name: "Connection", Value: "close"},
				{Name: "TE", Value: "gzip"},
				{Name: "Content-Length", Value: "9"},
			}},
			`GET / host=b.test agent=me length=-1 a=["1" "2"] te=[] body=`,
		},
		{
			"what varies", "/",
			loadgen.Request{
				Method: "POST", Target: text("/orders/${id}", session.URL), Content: text(`{"id":"${id}"}`, session.JSON),
				Header: []loadgen.Field{{Name: "A", Value: "first"}, {Name: "a", Text: text("id ${id}", session.Raw)}},
			},
			`POST /orders/x%20y host=127.0.0.1 agent=gonogo length=12 a=["first" "id x y"] te=[] body={"id":"x y"}`,
		},
		{
			"what a signer adds", "/s",
			loadgen.Request{Signer: signer{}},
			`GET /s host=127.0.0.1 agent=gonogo length=-1 a=["GET /s \"\""] te=[] body=`,
		},
	}
	s := serve(t, http.HandlerFunc(echo), nil)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			step := s.step(t, test.path, test.spec)
			k := &keeper{needs: loadgen.Needs{Head: true, Body: 1 << 10}}
			step.Inspector = k
			c, err := New([]loadgen.Step{step}, s.options())
			require.NoError(t, err)
			knows := session.New(scope, 1, 1)
			knows.Set(id, []byte("x y"))
			clock := loadgen.NewClock()
			u := &sending{c.NewSender(loadgen.User{Clock: clock, Session: knows}), clock}
			defer u.Close()
			for range 2 { // what the first left behind does not show in the second
				o := u.send(0)
				require.NoError(t, o.Err)
				require.Equal(t, test.want, string(k.seen.Body))
				value, _ := k.seen.Field("x-proto")
				require.Equal(t, "HTTP/3.0", string(value))
				require.Equal(t, int64(len(test.want)), k.seen.Length)
				require.Equal(t, o.Service(), k.seen.Service)
			}
		})
	}
}

// signer shows what it was given to sign.
type signer struct{}

func (signer) Sign(dst []byte, r *loadgen.Rendered) []byte {
	return fmt.Appendf(dst, "a: %s %s %q\r\n", r.Method, r.Target, r.Body)
}

// A user sends back the cookies that it was given, each where it belongs, and no other
// user's; unless a step has some of its own, or nobody wants them kept.
func TestCookies(t *testing.T) {
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/give" {
			w.Header().Add("Set-Cookie", "a=1")
			w.Header().Add("Set-Cookie", "b=2; Path=/deep; Secure")
			return
		}
		fmt.Fprintf(w, "%q", r.Header["Cookie"])
	}), nil)
	own := loadgen.Request{Header: []loadgen.Field{{Name: "Cookie", Value: "own=3"}}}
	steps := []loadgen.Step{
		s.step(t, "/give", loadgen.Request{}),
		s.step(t, "/?x", loadgen.Request{}),
		s.step(t, "/deep/er?y=/", loadgen.Request{}),
		s.step(t, "/deep", own),
	}
	k := &keeper{needs: loadgen.Needs{Body: 100}}
	for i := range steps[1:] {
		steps[1+i].Inspector = k
	}
	said := func(kept bool) (all []string) {
		o := s.options()
		o.Cookies = kept
		u := sender(t, o, steps...)
		defer u.Close()
		for i := range steps {
			require.NoError(t, u.send(i).Err)
			all = append(all, string(k.seen.Body))
		}
		return all[1:]
	}
	require.Equal(t, []string{`["a=1"]`, `["b=2; a=1"]`, `["own=3"]`}, said(true))
	require.Equal(t, []string{`[]`, `[]`, `["own=3"]`}, said(false))
}

func TestWhatCannotBeSent(t *testing.T) {
	scope := &session.Scope{}
	scope.Declare("id")
	unset, err := scope.Compile("/${id}", session.URL)
	require.NoError(t, err)
	relative, err := scope.Compile("orders", session.Raw)
	require.NoError(t, err)
	broken, err := scope.Compile("a\r\nb: c", session.Raw)
	require.NoError(t, err)
	tests := []struct {
		name string
		spec loadgen.Request
		want string
	}{
		{"a variable without a value", loadgen.Request{Target: unset}, "target: variable id has no value"},
		{"a target that is no path", loadgen.Request{Target: relative}, `target "orders": want a path that begins with / and has no spaces`},
		{
			"a line break in a header field",
			loadgen.Request{Header: []loadgen.Field{{Name: "a", Text: broken}}},
			"header field a: the value holds what no value may, a line break say",
		},
	}
	s := serve(t, http.HandlerFunc(echo), nil)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			u := sender(t, s.options(), s.step(t, "/", test.spec))
			defer u.Close()
			// The users of a plan with texts have a session of its scope.
			u.Sender.(*user).knows = session.New(scope, 1, 1)
			o := u.send(0)
			require.Equal(t, measure.Local, o.Class)
			require.EqualError(t, o.Err, test.want)
			require.Zero(t, o.Sent)
		})
	}
}

func TestNewRefuses(t *testing.T) {
	text, err := (&session.Scope{}).Compile("${uuid}", session.Raw)
	require.NoError(t, err)
	proxy := &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	tests := []struct {
		name, url string
		spec      loadgen.Request
		options   func(*Options)
		want      string
	}{
		{"clear text", "http://a.test/", loadgen.Request{}, nil, "HTTP/3 is always encrypted: want a URL with https"},
		{"another scheme", "ftp://a.test/", loadgen.Request{}, nil, `scheme "ftp": want http or https`},
		{"a tunnel", "https://a.test/", loadgen.Request{Method: "CONNECT"}, nil, errMethod.Error()},
		{"redirects", "https://a.test/", loadgen.Request{MaxRedirects: 1}, nil, errRedirect.Error()},
		{
			"a name that is none", "https://a.test/",
			loadgen.Request{Header: []loadgen.Field{{Name: "a b", Value: "c"}}},
			nil,
			`header field "a b": the name holds what no name may`,
		},
		{
			"a value with a line break", "https://a.test/",
			loadgen.Request{Header: []loadgen.Field{{Name: "a", Value: "b\nc"}}},
			nil,
			"header field a: the value holds what no value may, a line break say",
		},
		{
			"a host that varies", "https://a.test/",
			loadgen.Request{Header: []loadgen.Field{{Name: "host", Text: text}}},
			nil,
			"header field Host: it cannot be written anew for each request",
		},
		{
			"a proxy", "https://a.test/",
			loadgen.Request{},
			func(o *Options) { o.Network.Proxy = proxy },
			"HTTP/3 runs over UDP, which goes through no proxy and no unix socket; leave them out, or use another protocol",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			u, err := url.Parse(test.url)
			require.NoError(t, err)
			test.spec.URL = u
			var o Options
			if test.options != nil {
				test.options(&o)
			}
			_, err = New([]loadgen.Step{{Name: "a", Request: test.spec}}, o)
			require.EqualError(t, err, `step "a": `+test.want)
		})
	}
}

func TestInstantsAndBytes(t *testing.T) {
	const size = 300_000
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Length", strconv.Itoa(size))
		_, _ = w.Write(make([]byte, size))
		_ = n
	}), nil)
	u := sender(t, s.options(), s.step(t, "/", loadgen.Request{Method: "POST", Body: make([]byte, size)}))
	defer u.Close()
	for i := range 3 {
		o := u.send(0)
		require.NoError(t, o.Err)
		require.Equal(t, 200, o.Status)
		require.Less(t, o.Due, o.Sent)
		require.Less(t, o.Sent, o.FirstByte)
		require.LessOrEqual(t, o.FirstByte, o.Done)
		require.Equal(t, o.Done, o.Read, "no kernel stamps")
		require.Equal(t, i == 0, o.Connect > 0, "the connection is kept")
		require.Zero(t, o.TLS, "it is part of Connect")
		if i == 0 {
			require.LessOrEqual(t, o.Connect, o.Sent-o.Due)
		}
		for _, n := range []int64{o.BytesIn, o.BytesOut} {
			require.Greater(t, n, int64(size))
			require.Less(t, n, int64(2*size))
		}
	}
}

func TestStatusAndCheck(t *testing.T) {
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(r.URL.Path[1:])
		w.WriteHeader(code)
	}), nil)
	expected := s.step(t, "/404", loadgen.Request{Expect: []loadgen.StatusRange{{From: 404, To: 404}}})
	wrong := s.step(t, "/200", loadgen.Request{})
	wrong.Inspector = &keeper{err: &loadgen.CheckError{What: "body: wrong"}}
	unseen := s.step(t, "/500", loadgen.Request{})
	unseen.Inspector = &keeper{err: errors.New("nobody looks into an answer of the wrong status")}
	u := sender(t, s.options(), expected, wrong, unseen, s.step(t, "/204", loadgen.Request{}), s.step(t, "/302", loadgen.Request{}))
	defer u.Close()
	tests := []struct {
		name   string
		class  measure.Class
		status int
		err    string
	}{
		{"a status that the step expects", measure.OK, 404, ""},
		{"an answer that is wrong", measure.Check, 200, "body: wrong"},
		{"a status that the step does not expect", measure.Status, 500, "HTTP 500"},
		{"no body", measure.OK, 204, ""},
		{"a redirect, which is the answer", measure.OK, 302, ""},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := u.send(i)
			require.Equal(t, test.class, o.Class)
			require.Equal(t, test.status, o.Status)
			require.Positive(t, o.Done)
			require.Equal(t, o.Done, o.Read)
			if test.err == "" {
				require.NoError(t, o.Err)
			} else {
				require.EqualError(t, o.Err, test.err)
			}
		})
	}
}

func TestCodedAnswers(t *testing.T) {
	const text = 40_000
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			_, _ = w.Write([]byte("plain"))
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		if r.URL.Path == "/broken" {
			_, _ = w.Write([]byte("no gzip"))
			return
		}
		z := gzip.NewWriter(w)
		_, _ = z.Write(make([]byte, text))
		_ = z.Close()
	}), nil)
	o := s.options()
	o.Compressed = true
	seen := s.step(t, "/", loadgen.Request{})
	k := &keeper{needs: loadgen.Needs{Body: 100}}
	seen.Inspector = k
	u := sender(t, o, s.step(t, "/", loadgen.Request{}), s.step(t, "/broken", loadgen.Request{}), seen)
	defer u.Close()

	good := u.send(0)
	require.NoError(t, good.Err)
	require.EqualValues(t, text, good.BytesDecoded)
	require.Less(t, good.BytesIn, int64(text))

	broken := u.send(1)
	require.Equal(t, measure.Malformed, broken.Class)
	require.ErrorContains(t, broken.Err, "gzip body: ")

	require.NoError(t, u.send(2).Err)
	require.Equal(t, "plain", string(k.seen.Body), "it is not asked for where somebody looks into the body")
}

// A user's second connection resumes its TLS session, and no request is sent before
// the handshake is over.
func TestSessionsAreResumed(t *testing.T) {
	var early atomic.Int64
	s := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if !r.TLS.HandshakeComplete {
			early.Add(1)
		}
	}), &quic.Config{Allow0RTT: true})
	for _, resume := range []bool{false, true} {
		o := s.options()
		o.Network.Resume = resume
		o.Network.MaxRequests = 1
		c, err := New([]loadgen.Step{s.step(t, "/", loadgen.Request{})}, o)
		require.NoError(t, err)
		clock := loadgen.NewClock()
		u := &sending{c.NewSender(loadgen.User{Clock: clock}), clock}
		for range 4 {
			require.NoError(t, u.send(0).Err)
		}
		u.Close()
		counts := c.Network().Counts()
		require.EqualValues(t, 4, counts.Opened, "MaxRequests is 1")
		require.Equal(t, map[string]int64{"1.3": 4}, counts.Versions)
		require.EqualValues(t, 4, counts.Addresses[0].Requests)
		require.Equal(t, resume, counts.Resumed > 0)
		require.Zero(t, early.Load())
	}
}

func TestPreflight(t *testing.T) {
	leaves(t, func(t *testing.T) {
		s := serve(t, http.HandlerFunc(echo), nil)
		c, err := New([]loadgen.Step{s.step(t, "/", loadgen.Request{})}, s.options())
		require.NoError(t, err)
		require.NoError(t, c.Preflight(t.Context()))
		require.Equal(t, []string{s.url}, c.Hosts())
		require.Equal(t, []string{strings.TrimPrefix(s.url, "https://")}, c.Addresses())
		require.Zero(t, c.Network().Counts().Opened)

		c, err = New([]loadgen.Step{s.step(t, "/", loadgen.Request{})}, Options{})
		require.NoError(t, err)
		require.ErrorContains(t, c.Preflight(t.Context()), "tls: failed to verify certificate")
	})
}

func TestRenew(t *testing.T) {
	s := serve(t, http.HandlerFunc(echo), nil)
	c, err := New([]loadgen.Step{s.step(t, "/", loadgen.Request{})}, s.options())
	require.NoError(t, err)
	again := s.step(t, "/", loadgen.Request{Header: []loadgen.Field{{Name: "A", Value: "new"}}})
	k := &keeper{needs: loadgen.Needs{Body: 1000}}
	again.Inspector = k
	require.NoError(t, c.Renew([]loadgen.Step{again}))
	clock := loadgen.NewClock()
	u := &sending{c.NewSender(loadgen.User{Clock: clock}), clock}
	defer u.Close()
	require.NoError(t, u.send(0).Err)
	require.Contains(t, string(k.seen.Body), `a=["new"]`)

	require.EqualError(t, c.Renew(nil), "renew requests: want 1 steps, got 0")
	moved := again
	moved.Request.URL, _ = url.Parse("https://127.0.0.1:1/")
	require.EqualError(t, c.Renew([]loadgen.Step{moved}), `renew step "a": it goes to https://127.0.0.1:1 now, not to `+s.url)
}

// The engine drives many users; nothing is left of them.
func TestARunLeavesNothingBehind(t *testing.T) {
	leaves(t, func(t *testing.T) {
		s := serve(t, http.HandlerFunc(echo), nil)
		plan := &loadgen.Plan{
			Steps:   []loadgen.Step{s.step(t, "/", loadgen.Request{Method: "POST", Body: []byte("x")})},
			Closed:  &loadgen.Closed{Users: 10, Iterations: 5},
			Measure: time.Minute, Timeout: time.Minute, Grace: time.Second,
		}
		plan.Steps[0].Weight = 1
		c, err := New(plan.Steps, s.options())
		require.NoError(t, err)
		r := (&loadgen.Engine{Plan: plan, Protocol: c}).Run(context.Background())
		total := r.Summary.Total()
		require.EqualValues(t, 50, total.Class[measure.OK], "%v", r.Summary.Errors())
		require.EqualValues(t, 10, c.Network().Counts().Opened)
	})
}
