package httpload

import (
	"net"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/measure"
)

// crossroads is a lab with two hosts, a of which answers over TLS, too. What they
// were asked is in the recorder, whichever it was.
func crossroads(t *testing.T, answer string) (*lab, *recorder) {
	t.Helper()
	return roads(map[string]string{"/dir/from": answer})
}

func roads(answers map[string]string) (*lab, *recorder) {
	r := &recorder{}
	fn := r.serve(answers)
	return &lab{
		names: map[string]string{"a.test": "192.0.2.1", "b.test": "192.0.2.2"},
		hosts: map[string]func(net.Conn){
			"192.0.2.1:80": fn, "192.0.2.1:81": fn, "192.0.2.2:80": fn,
			"192.0.2.1:443": secured(certificates(), 0, fn),
		},
	}, r
}

func moved(status int, to string) string {
	return "HTTP/1.1 " + strconv.Itoa(status) + " Moved\r\nLocation: " + to + "\r\nContent-Length: 0\r\n\r\n"
}

// What the next server is sent: methods by RFC 9110, 15.4, and nothing that was
// meant for the first one.
func TestRedirectedRequests(t *testing.T) {
	const whole, gone = "me/crumb/virtual.test", "//"
	tests := []struct {
		name, method, from string
		status             int
		to                 string
		// method, host, URI, type of body, body, and Authorization/Cookie/Host
		want   string
		secret string
	}{
		{"301 to POST becomes GET", "POST", "http://a.test", 301, "/to", "GET virtual.test /to", whole},
		{"302 to POST becomes GET", "POST", "http://a.test", 302, "/to", "GET virtual.test /to", whole},
		{"303 to POST becomes GET", "POST", "http://a.test", 303, "/to", "GET virtual.test /to", whole},
		{"303 to PUT becomes GET", "PUT", "http://a.test", 303, "/to", "GET virtual.test /to", whole},
		{"303 to HEAD stays HEAD", "HEAD", "http://a.test", 303, "/to", "HEAD virtual.test /to text/plain x", whole},
		{"301 to PUT stays PUT", "PUT", "http://a.test", 301, "/to", "PUT virtual.test /to text/plain x", whole},
		{"302 to DELETE stays DELETE", "DELETE", "http://a.test", 302, "/to", "DELETE virtual.test /to text/plain x", whole},
		{"307 keeps method and body", "POST", "http://a.test", 307, "/to", "POST virtual.test /to text/plain x", whole},
		{"308 keeps method and body", "POST", "http://a.test", 308, "/to", "POST virtual.test /to text/plain x", whole},
		{"a place beside the first", "GET", "http://a.test", 302, "to?c=d", "GET virtual.test /dir/to?c=d text/plain x", whole},
		{"a fragment is not sent", "GET", "http://a.test", 302, "/to?c=d#e", "GET virtual.test /to?c=d text/plain x", whole},
		{"the same host, in full", "GET", "http://a.test", 302, "http://a.test/to", "GET virtual.test /to text/plain x", whole},
		{"another host", "GET", "http://a.test", 302, "http://b.test/to", "GET b.test /to text/plain x", gone},
		{"another host, which gets the body all the same", "POST", "http://a.test", 307, "//b.test/to", "POST b.test /to text/plain x", gone},
		{"another port", "GET", "http://a.test", 302, "http://a.test:81/to", "GET a.test:81 /to text/plain x", gone},
		{"from TLS to none", "GET", "https://a.test", 302, "http://a.test/to", "GET a.test /to text/plain x", gone},
		{"within TLS", "GET", "https://a.test", 302, "/to", "GET virtual.test /to text/plain x", whole},
		{"to TLS", "GET", "http://a.test", 302, "https://a.test/to", "GET a.test /to text/plain x", gone},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l, r := crossroads(t, moved(test.status, test.to))
			synctest.Test(t, func(t *testing.T) {
				s, clock, end := l.sender(t, test.from+"/dir/from", loadgen.Request{
					Method: test.method, Body: []byte("x"), MaxRedirects: 3,
					Header: []loadgen.Field{
						{Name: "authorization", Value: "me"},
						{Name: "COOKIE", Value: "crumb"},
						{Name: "host", Value: "virtual.test"},
						{Name: "Content-type", Value: "text/plain"},
						{Name: "X-Kept", Value: "1"},
					},
				})
				o := send(s, clock, time.Minute)
				require.Equal(t, measure.OK, o.Class, "%v", o.Err)
				end()
			})
			require.Len(t, r.seen, 2)
			next := r.seen[1]
			got := []string{next.Method, next.Host, next.RequestURI, next.Header.Get("Content-Type"), r.body[1]}
			require.Equal(t, test.want, strings.TrimSpace(strings.Join(got, " ")))
			secrets := []string{next.Header.Get("Authorization"), next.Header.Get("Cookie"), ""}
			if next.Host == "virtual.test" {
				secrets[2] = next.Host
			}
			require.Equal(t, test.secret, strings.Join(secrets, "/"))
			require.Equal(t, "1", next.Header.Get("X-Kept"))
			if next.Method == "GET" && test.method != "GET" {
				require.NotContains(t, next.Header, "Content-Length")
			}
		})
	}
}

// Each redirect is of the request before it, and not of the first.
func TestRedirectsOfRedirects(t *testing.T) {
	l, r := roads(map[string]string{
		"/from":       moved(303, "dir/second"),
		"/dir/second": moved(307, "third"),
		"/dir/third":  moved(302, "//b.test/dir/fourth"),
		"/dir/fourth": moved(302, "fifth"),
	})
	synctest.Test(t, func(t *testing.T) {
		s, clock, end := l.sender(t, "http://a.test/from", loadgen.Request{
			Method: "POST", Body: []byte("x"), MaxRedirects: 5, Header: []loadgen.Field{{Name: "Cookie", Value: "crumb"}},
		})
		o := send(s, clock, time.Minute)
		require.Equal(t, measure.OK, o.Class, "%v", o.Err)
		end()
	})
	var seen []string
	for i, request := range r.seen {
		seen = append(seen, strings.TrimSpace(strings.Join([]string{
			request.Method, request.Host + request.RequestURI, request.Header.Get("Cookie"), r.body[i],
		}, " ")))
	}
	require.Equal(t, []string{
		"POST a.test/from crumb x", "GET a.test/dir/second crumb", "GET a.test/dir/third crumb",
		"GET b.test/dir/fourth", "GET b.test/dir/fifth",
	}, seen)
}

func TestHowManyRedirectsAreFollowed(t *testing.T) {
	for most := range 4 {
		l, r := crossroads(t, moved(302, "from?again"))
		synctest.Test(t, func(t *testing.T) {
			s, clock, end := l.sender(t, "http://a.test/dir/from", loadgen.Request{MaxRedirects: most})
			o := send(s, clock, time.Minute)
			require.Equal(t, 302, o.Status)
			require.Equal(t, most > 0, o.Class == measure.Status, "one that is left over is no good answer")
			end()
		})
		require.Len(t, r.seen, 1+most)
		require.Len(t, l.dials, 1, "on one connection")
	}
}

func TestWhatIsNoRedirectIsTheAnswer(t *testing.T) {
	tests := []struct{ name, answer string }{
		{"no place to go to", "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"},
		{"an empty one", moved(302, "")},
		{"another scheme", moved(302, "ftp://a.test/")},
		{"no URL", moved(302, "http://a.test:x/")},
		{"no host", moved(302, "http:///to")},
		{"a list to choose from", moved(300, "/to")},
		{"not modified", "HTTP/1.1 304 Not Modified\r\nLocation: /to\r\n\r\n"},
		{"a proxy that is to be used", moved(305, "/to")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l, r := crossroads(t, test.answer)
			synctest.Test(t, func(t *testing.T) {
				s, clock, end := l.sender(t, "http://a.test/dir/from", loadgen.Request{MaxRedirects: 3})
				require.Equal(t, measure.Status, send(s, clock, time.Minute).Class)
				end()
			})
			require.Len(t, r.seen, 1)
		})
	}
}

// A connection to a host that no step names ends with its answer, so that a target
// cannot make us hold any number of them. Those of the steps are kept.
func TestConnectionsToHostsOfRedirectsAloneAreNotKept(t *testing.T) {
	l, r := crossroads(t, moved(302, "http://b.test/to"))
	synctest.Test(t, func(t *testing.T) {
		s, clock, end := l.sender(t, "http://a.test/dir/from", loadgen.Request{MaxRedirects: 1})
		for range 2 {
			require.Equal(t, measure.OK, send(s, clock, time.Minute).Class)
			for i := range s.(*user).links[1:] {
				require.Nil(t, s.(*user).links[1+i].stream)
			}
		}
		end()
	})
	require.Len(t, r.seen, 4)
	require.Equal(t, []string{"192.0.2.1:80", "192.0.2.2:80", "192.0.2.2:80"}, l.dials)

	l, _ = crossroads(t, moved(302, "http://b.test/to"))
	synctest.Test(t, func(t *testing.T) {
		steps := stepsTo(t, "http://a.test/dir/from", "http://b.test/")
		steps[0].Request.MaxRedirects = 1
		c, err := New(steps, l.options())
		require.NoError(t, err)
		clock := loadgen.NewClock()
		s := c.NewSender(loadgen.User{Number: 0, Clock: clock})
		for range 2 {
			require.Equal(t, measure.OK, send(s, clock, time.Minute).Class)
		}
		s.Close()
		l.serving.Wait()
	})
	require.Equal(t, []string{"192.0.2.1:80", "192.0.2.2:80"}, l.dials)
}
