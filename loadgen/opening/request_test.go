package opening

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/loadgen/session"
)

// signing is a Signer that says what it was shown.
type signing struct{}

func (signing) Sign(dst []byte, r *loadgen.Rendered) []byte {
	return append(dst, "Signature: "+r.Method+" "+string(r.Target)+" "+string(r.Body)+"\r\n"...)
}

func TestRequestsAsTheyAreSent(t *testing.T) {
	scope := &session.Scope{}
	v := scope.Declare("v")
	text := func(s string, e session.Escape) *session.Text {
		made, err := scope.Compile(s, e)
		require.NoError(t, err)
		return made
	}
	more := []loadgen.Field{{Name: "Accept", Value: "text/event-stream"}}
	tests := []struct {
		name, at, proxy string
		spec            loadgen.Request
		v               string
		want            string // the lines, with | between them
		err             string
	}{
		{"the least", "ws://a.test", "", loadgen.Request{}, "", "GET / HTTP/1.1|Host: a.test|User-Agent: gonogo|Accept: text/event-stream||", ""},
		{"the port of wss is not said", "wss://a.test:443/x?y=z", "", loadgen.Request{}, "", "GET /x?y=z HTTP/1.1|Host: a.test|User-Agent: gonogo|Accept: text/event-stream||", ""},
		{
			"the step's fields come first, and win", "http://a.test:81/", "",
			loadgen.Request{Header: []loadgen.Field{{Name: "user-agent", Value: "me"}, {Name: "host", Value: "b"}, {Name: "ACCEPT", Value: "x"}}},
			"", "GET / HTTP/1.1|user-agent: me|host: b|ACCEPT: x||", "",
		},
		{
			"values of variables", "http://a.test/", "",
			loadgen.Request{
				Method: "POST", Target: text("/q?v=${v}", session.Raw), Content: text("<${v}>", session.Raw),
				Header: []loadgen.Field{{Name: "X", Text: text("${v}", session.Raw)}}, Signer: signing{},
			},
			"1", "POST /q?v=1 HTTP/1.1|Host: a.test|User-Agent: gonogo|X: 1|Accept: text/event-stream|Content-Length: 3|Signature: POST /q?v=1 <1>||<1>", "",
		},
		{"a proxy is told all of the URL", "http://a.test/x", "http://u:p@proxy.test", loadgen.Request{}, "", "GET http://a.test/x HTTP/1.1|Proxy-Authorization: Basic dTpw|Host: a.test|User-Agent: gonogo|Accept: text/event-stream||", ""},
		{"a value that would be two paths", "http://a.test/", "", loadgen.Request{Target: text("/${v}", session.Raw)}, "a HTTP/1.1\r\nX: y", "", `path "/a HTTP/1.1\r\nX: y": want no spaces`},
		{"a value that would be two fields", "http://a.test/", "", loadgen.Request{Header: []loadgen.Field{{Name: "X", Text: text("${v}", session.Raw)}}}, "a\nY: b", "", "header X: want a value without line breaks"},
		{"a variable without a value", "http://a.test/", "", loadgen.Request{Content: text("${v}", session.Raw)}, "", "", "write the request: variable v has no value"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var o dial.Options
			var err error
			if test.proxy != "" {
				o.Proxy, err = url.Parse(test.proxy)
				require.NoError(t, err)
			}
			test.spec.URL, err = url.Parse(test.at)
			require.NoError(t, err)
			target, err := NewTarget(dial.New(o), test.spec)
			require.NoError(t, err)
			knows := session.New(scope, 1, 1)
			if test.v != "" {
				knows.Set(v, []byte(test.v))
			}
			got, err := target.Append([]byte("before "), knows, more)
			if test.err != "" {
				require.ErrorContains(t, err, test.err)
				require.Equal(t, "before ", string(got))
				return
			}
			require.NoError(t, err)
			require.Equal(t, "before "+strings.ReplaceAll(test.want, "|", "\r\n"), string(got))
		})
	}
}
