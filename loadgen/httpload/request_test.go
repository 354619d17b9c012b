package httpload

import (
	"bufio"
	"net"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/measure"
)

func TestRenderedRequests(t *testing.T) {
	const own = "User-Agent: gonogo\r\nAccept: */*\r\n"
	body := []byte("{\"a\":\r\n1}")
	tests := []struct {
		name, at string
		spec     loadgen.Request
		want     string
	}{
		{"the least there can be", "http://h.test", loadgen.Request{}, "GET / HTTP/1.1\r\nHost: h.test\r\n" + own + "\r\n"},
		{"the scheme's own port is left out", "http://h.test:80/", loadgen.Request{}, "GET / HTTP/1.1\r\nHost: h.test\r\n" + own + "\r\n"},
		{"that of TLS, too", "https://h.test:443/", loadgen.Request{}, "GET / HTTP/1.1\r\nHost: h.test\r\n" + own + "\r\n"},
		{"another port stays", "http://h.test:443/", loadgen.Request{}, "GET / HTTP/1.1\r\nHost: h.test:443\r\n" + own + "\r\n"},
		{"an address of IPv6", "http://[2001:db8::1]:8080/", loadgen.Request{}, "GET / HTTP/1.1\r\nHost: [2001:db8::1]:8080\r\n" + own + "\r\n"},
		{"a query and no path", "http://h.test?a=b", loadgen.Request{}, "GET /?a=b HTTP/1.1\r\nHost: h.test\r\n" + own + "\r\n"},
		{"a fragment is not for the server", "http://h.test/p?a=b&c#f", loadgen.Request{}, "GET /p?a=b&c HTTP/1.1\r\nHost: h.test\r\n" + own + "\r\n"},
		{"what is escaped stays so", "http://h.test/a%2Fb%20c?q=%26", loadgen.Request{}, "GET /a%2Fb%20c?q=%26 HTTP/1.1\r\nHost: h.test\r\n" + own + "\r\n"},
		{"a credential in the URL is not part of it", "http://me:pw@h.test/", loadgen.Request{}, "GET / HTTP/1.1\r\nHost: h.test\r\n" + own + "\r\n"},
		{
			"fields, in their order and spelling", "http://h.test/",
			loadgen.Request{Header: []loadgen.Field{{Name: "x-B", Value: "2"}, {Name: "A", Value: "1"}, {Name: "x-B", Value: "3"}}},
			"GET / HTTP/1.1\r\nHost: h.test\r\n" + own + "x-B: 2\r\nA: 1\r\nx-B: 3\r\n\r\n",
		},
		{
			"fields that replace ours, however they are spelt", "http://h.test/",
			loadgen.Request{Header: []loadgen.Field{{Name: "accept", Value: "text/html"}, {Name: "HOST", Value: "virtual.test"}, {Name: "User-agent", Value: "me"}}},
			"GET / HTTP/1.1\r\naccept: text/html\r\nHOST: virtual.test\r\nUser-agent: me\r\n\r\n",
		},
		{"HEAD", "http://h.test/", loadgen.Request{Method: "HEAD"}, "HEAD / HTTP/1.1\r\nHost: h.test\r\n" + own + "\r\n"},
		{"DELETE has no body, and says nothing of it", "http://h.test/", loadgen.Request{Method: "DELETE"}, "DELETE / HTTP/1.1\r\nHost: h.test\r\n" + own + "\r\n"},
		{"an empty POST has a length", "http://h.test/", loadgen.Request{Method: "POST"}, "POST / HTTP/1.1\r\nHost: h.test\r\n" + own + "Content-Length: 0\r\n\r\n"},
		{"an empty PUT", "http://h.test/", loadgen.Request{Method: "PUT"}, "PUT / HTTP/1.1\r\nHost: h.test\r\n" + own + "Content-Length: 0\r\n\r\n"},
		{"an empty PATCH", "http://h.test/", loadgen.Request{Method: "PATCH"}, "PATCH / HTTP/1.1\r\nHost: h.test\r\n" + own + "Content-Length: 0\r\n\r\n"},
		{"a body", "http://h.test/", loadgen.Request{Method: "POST", Body: body}, "POST / HTTP/1.1\r\nHost: h.test\r\n" + own + "Content-Length: 9\r\n\r\n{\"a\":\r\n1}"},
		{"a body of a GET", "http://h.test/", loadgen.Request{Body: body}, "GET / HTTP/1.1\r\nHost: h.test\r\n" + own + "Content-Length: 9\r\n\r\n{\"a\":\r\n1}"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			u, err := url.Parse(test.at)
			require.NoError(t, err)
			test.spec.URL = u
			c, err := New([]loadgen.Step{{Request: test.spec}}, Options{})
			require.NoError(t, err)
			require.Equal(t, test.want, string(c.requests[0].Load().bytes))
		})
	}
}

func TestExpectedStatuses(t *testing.T) {
	tests := []struct {
		name     string
		spec     loadgen.Request
		ok, fail []int
	}{
		{"by default a redirect is an answer", loadgen.Request{}, []int{200, 204, 299, 300, 302, 399}, []int{100, 199, 400, 404, 500, 999}},
		{"where redirects are followed it is none", loadgen.Request{MaxRedirects: 1}, []int{200, 204, 299}, []int{199, 300, 302, 399, 400, 500}},
		{
			"what the step says, and nothing else",
			loadgen.Request{Expect: []loadgen.StatusRange{{From: 404, To: 404}, {From: 500, To: 502}}},
			[]int{404, 500, 501, 502},
			[]int{200, 403, 405, 499, 503},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, status := range test.ok {
				require.True(t, Expects(test.spec, status), status)
			}
			for _, status := range test.fail {
				require.False(t, Expects(test.spec, status), status)
			}
		})
	}
}

// stepsTo are steps of GET requests.
func stepsTo(t *testing.T, all ...string) []loadgen.Step {
	t.Helper()
	var steps []loadgen.Step
	for _, at := range all {
		u, err := url.Parse(at)
		require.NoError(t, err)
		steps = append(steps, loadgen.Step{Name: at, Weight: 1, Request: loadgen.Request{URL: u}})
	}
	return steps
}

// A user goes to one host on one connection, whatever the steps are called.
func TestStepsOfAHostShareAConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lab{hosts: map[string]func(net.Conn){
			"192.0.2.1:80": parts(0, hello), "192.0.2.1:81": parts(0, hello), "192.0.2.2:80": parts(0, hello),
		}}
		steps := stepsTo(
			t, "http://192.0.2.1/a", "http://192.0.2.2/", "http://192.0.2.1:80/b?c", "http://192.0.2.1:81/a", "http://192.0.2.1/d",
		)
		c, err := New(steps, l.options())
		require.NoError(t, err)
		require.Equal(t, []string{"http://192.0.2.1:80", "http://192.0.2.2:80", "http://192.0.2.1:81"}, c.Hosts())
		s := c.NewSender(loadgen.User{Number: 0, Clock: loadgen.NewClock()})
		for range 3 {
			for i := range steps {
				call := loadgen.NewCall(measure.Outcome{Step: i}, 0)
				s.Send(call)
				require.Equal(t, measure.OK, call.Outcome.Class, "%v", call.Outcome.Err)
			}
		}
		require.Equal(t, []string{"192.0.2.1:80", "192.0.2.2:80", "192.0.2.1:81"}, l.dials)
		s.Close()
		l.serving.Wait()
	})
}

// A request that was renewed is another one as a whole, also for a user that is
// connected already; where it goes cannot change.
func TestRenewedRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		l := &lab{hosts: map[string]func(net.Conn){"192.0.2.1:80": func(c net.Conn) {
			b := bufio.NewReader(c)
			for {
				r, err := http.ReadRequest(b)
				if err != nil {
					return
				}
				seen = append(seen, r.Header.Get("Authorization"))
				_, _ = c.Write([]byte(hello))
			}
		}}}
		steps := stepsTo(t, "http://192.0.2.1/a")
		token := func(value string) []loadgen.Step {
			renewed := steps[0]
			renewed.Request.Header = []loadgen.Field{{Name: "Authorization", Value: value}}
			return []loadgen.Step{renewed}
		}
		c, err := New(token("first"), l.options())
		require.NoError(t, err)
		clock := loadgen.NewClock()
		s := c.NewSender(loadgen.User{Number: 0, Clock: clock})
		require.Equal(t, measure.OK, send(s, clock, time.Minute).Class)
		require.NoError(t, c.Renew(token("second, and longer")))
		require.Equal(t, measure.OK, send(s, clock, time.Minute).Class)
		s.Close()
		l.serving.Wait()
		require.Equal(t, []string{"first", "second, and longer"}, seen)
		require.Len(t, l.dials, 1)

		require.EqualError(t, c.Renew(stepsTo(t, "http://192.0.2.2/a")), `renew step "http://192.0.2.2/a": it goes to http://192.0.2.2:80 now, not to http://192.0.2.1:80`)
		require.EqualError(t, c.Renew(nil), "renew requests: want 1 steps, got 0")
	})
}

// The addresses of a name get the same number of users each.
func TestUsersAreSpreadOverAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lab{hosts: map[string]func(net.Conn){}}
		dns := &steady{}
		dns.set("192.0.2.1", "192.0.2.2", "192.0.2.3")
		for _, at := range []string{"192.0.2.1:80", "192.0.2.2:80", "192.0.2.3:80"} {
			l.hosts[at] = parts(0, hello)
		}
		o := l.options()
		o.Network.Resolver = dns
		c, err := New(stepsTo(t, "http://h.test/"), o)
		require.NoError(t, err)
		clock, dials := loadgen.NewClock(), map[string]int{}
		for i := range 12 {
			s := c.NewSender(loadgen.User{Number: i, Clock: clock})
			require.Equal(t, measure.OK, send(s, clock, time.Minute).Class)
			s.Close()
		}
		l.serving.Wait()
		for _, at := range l.dials {
			dials[at]++
		}
		require.Equal(t, map[string]int{"192.0.2.1:80": 4, "192.0.2.2:80": 4, "192.0.2.3:80": 4}, dials)
	})
}

// recorder is a server in a lab that keeps what it was sent.
type recorder struct {
	seen []*http.Request
	body []string
}

// serve answers paths as the test says, and all others with 200.
func (r *recorder) serve(answers map[string]string) func(net.Conn) {
	return func(c net.Conn) {
		b := bufio.NewReader(c)
		for {
			request, err := http.ReadRequest(b)
			if err != nil {
				return
			}
			body := make([]byte, max(request.ContentLength, 0))
			for n := 0; n < len(body); n++ {
				if body[n], err = b.ReadByte(); err != nil {
					return
				}
			}
			r.seen, r.body = append(r.seen, request), append(r.body, string(body))
			answer, known := answers[request.URL.Path]
			if !known {
				answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
			}
			if _, err := c.Write([]byte(answer)); err != nil {
				return
			}
		}
	}
}
