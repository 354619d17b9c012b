package h2load

import (
	"bytes"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	users "gonogo/loadgen/session"
	"gonogo/measure"
)

// finds is an Inspector that looks for something in the body, and at a field.
type finds struct{ what []byte }

func (finds) Needs() loadgen.Needs { return loadgen.Needs{Head: true, Body: 1 << 10} }
func (f finds) Inspect(a *loadgen.Answer, s *users.Session) error {
	length, _ := a.Field("Content-Length")
	if !bytes.Equal(a.Body, f.what) || string(length) != "5" || a.Length != 5 {
		return a.Wrong("another body")
	}
	s.Set(0, a.Body)
	return nil
}

// sums is a Signer that allocates nothing.
type sums struct{}

func (sums) Sign(dst []byte, r *loadgen.Rendered) []byte {
	return append(append(append(dst, "X-Target: "...), r.Target...), "\r\n"...)
}

// What is written and what is looked at costs nothing once there is room for it.
func TestAFlowAllocatesNothing(t *testing.T) {
	var scope users.Scope
	name := scope.Declare("name")
	text := func(text string, e users.Escape) *users.Text {
		made, err := scope.Compile(text, e)
		require.NoError(t, err)
		return made
	}
	written := loadgen.Request{
		Method: "POST", Target: text("/x/${name}?q=${name}", users.URL), Content: text(`{"a":"${name}"}`, users.JSON), Signer: sums{},
		Header: []loadgen.Field{{Name: "X-Id", Text: text("${uuid} ${user}", users.Raw)}, {Name: "Authorization", Text: text("Bearer ${name}", users.Raw)}},
	}
	tests := []struct {
		name      string
		request   loadgen.Request
		inspector loadgen.Inspector
	}{
		{"a request that is always the same, with cookies", loadgen.Request{}, nil},
		{"a request that is written anew", written, nil},
		{"an answer that is looked into", loadgen.Request{}, finds{[]byte("hello")}},
		{"both", written, finds{[]byte("hello")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.request.URL = tcpPeers(t, echo)
			c, err := New([]loadgen.Step{{Name: "a", Request: tt.request, Inspector: tt.inspector}}, Options{Cookies: true})
			require.NoError(t, err)
			clock := loadgen.NewClock()
			user := users.New(&scope, 1, 1)
			user.Set(name, []byte("hello"))
			user.Cookies.Take([]byte("a=b; Path=/"), "127.0.0.1", []byte("/"), false, time.Now())
			s := c.NewSender(loadgen.User{Clock: clock, Session: user})
			defer s.Close()
			call := loadgen.NewCall(measure.Outcome{}, 0)
			start := false
			once := func() {
				call.Outcome = measure.Outcome{Due: clock.Now()}
				if start = !start; start {
					s.(loadgen.Starter).Start(call)
				}
				s.Send(call)
			}
			for range 1000 {
				once()
			}
			require.Equal(t, measure.OK, call.Outcome.Class, "%v", call.Outcome.Err)
			require.Zero(t, testing.AllocsPerRun(500, once))
		})
	}
}

// BenchmarkWrite is a request that is written, without sending it.
func BenchmarkWrite(b *testing.B) {
	var scope users.Scope
	name := scope.Declare("name")
	target, err := scope.Compile("/orders/${name}?page=${name}", users.URL)
	require.NoError(b, err)
	content, err := scope.Compile(`{"name":"${name}","id":"${uuid}"}`, users.JSON)
	require.NoError(b, err)
	at := &url.URL{Scheme: "http", Host: "127.0.0.1:1", Path: "/"}
	c, err := New([]loadgen.Step{{Request: loadgen.Request{Method: "POST", URL: at, Target: target, Content: content}}}, Options{})
	require.NoError(b, err)
	user := users.New(&scope, 1, 1)
	user.Set(name, []byte("an order"))
	v, r := &visitor{session: user}, c.requests[0].Load()
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		if err := r.template.write(v, now); err != nil {
			b.Fatal(err)
		}
	}
}
