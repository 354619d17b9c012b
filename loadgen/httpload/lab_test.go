package httpload

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/measure"
)

// A lab is a network within this process, so that its time may be virtual. What
// listens at an address is a function; a name is found at the address it is given.
type lab struct {
	hosts map[string]func(net.Conn)
	names map[string]string
	slow  time.Duration   // connecting takes so long
	hangs map[string]bool // connecting to these addresses never ends

	mu      sync.Mutex
	dials   []string // the addresses, in order
	serving sync.WaitGroup
}

func (l *lab) dial(ctx context.Context, _, address string) (net.Conn, error) {
	time.Sleep(l.slow)
	l.mu.Lock()
	l.dials = append(l.dials, address)
	l.mu.Unlock()
	if l.hangs[address] {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	fn := l.hosts[address]
	if fn == nil {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	ours, theirs := net.Pipe()
	l.serving.Go(func() {
		defer theirs.Close()
		fn(theirs)
	})
	return ours, ctx.Err()
}

func (l *lab) LookupNetIP(_ context.Context, _, name string) ([]netip.Addr, error) {
	if at, ok := l.names[name]; ok {
		return []netip.Addr{netip.MustParseAddr(at)}, nil
	}
	return nil, fmt.Errorf("no such host: %s", name)
}

// options are those of a client in the lab. It believes any certificate.
func (l *lab) options() Options {
	return Options{Network: dial.Options{Dial: l.dial, Resolver: l, TLS: &tls.Config{InsecureSkipVerify: true}}}
}

// sender returns a Sender for one step. The test has to end with close.
func (l *lab) sender(t *testing.T, at string, spec loadgen.Request) (s loadgen.Sender, clock loadgen.Clock, end func()) {
	t.Helper()
	u, err := url.Parse(at)
	require.NoError(t, err)
	spec.URL = u
	c, err := New([]loadgen.Step{{Name: "a", Request: spec}}, l.options())
	require.NoError(t, err)
	clock = loadgen.NewClock()
	s = c.NewSender(loadgen.User{Number: 0, Clock: clock})
	return s, clock, func() {
		s.Close()
		l.serving.Wait()
	}
}

// parts answers each request with texts, and a pause before each.
func parts(pause time.Duration, texts ...string) func(net.Conn) {
	return func(c net.Conn) {
		b := bufio.NewReader(c)
		for {
			if _, err := http.ReadRequest(b); err != nil {
				return
			}
			for _, text := range texts {
				time.Sleep(pause)
				if _, err := c.Write([]byte(text)); err != nil {
					return
				}
			}
		}
	}
}

// certificates are for a server in a lab.
func certificates() []tls.Certificate {
	lender := httptest.NewTLSServer(nil)
	defer lender.Close()
	return lender.TLS.Certificates
}

// secured puts TLS before fn, with a pause before the handshake. Session tickets
// would be written into a pipe that nobody reads.
func secured(all []tls.Certificate, pause time.Duration, fn func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) {
		time.Sleep(pause)
		fn(tls.Server(c, &tls.Config{Certificates: all, SessionTicketsDisabled: true}))
	}
}

// On a virtual clock every instant of an outcome is known.
func TestInstantsAndBytes(t *testing.T) {
	const ms = time.Millisecond
	answer := []string{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", "llo"}
	served := parts(30*ms, answer...)
	moved := "HTTP/1.1 302 Found\r\nLocation: http://b.test/\r\nContent-Length: 2\r\n\r\nno"
	sent := int64(len("GET / HTTP/1.1\r\nHost: a.test\r\nUser-Agent: gonogo\r\nAccept: */*\r\n\r\n"))
	got := int64(len(answer[0] + answer[1]))
	all := certificates()
	tests := []struct {
		name          string
		at            string
		redirects     int
		first, second measure.Outcome
	}{
		{
			"plain", "http://a.test/", 0,
			measure.Outcome{Sent: 10 * ms, FirstByte: 40 * ms, Done: 70 * ms, Connect: 10 * ms, BytesOut: sent, BytesIn: got},
			measure.Outcome{Sent: 70 * ms, FirstByte: 100 * ms, Done: 130 * ms, BytesOut: sent, BytesIn: got},
		},
		{
			"TLS, whose own bytes do not count", "https://a.test/", 0,
			measure.Outcome{Sent: 30 * ms, FirstByte: 60 * ms, Done: 90 * ms, Connect: 10 * ms, TLS: 20 * ms, BytesOut: sent, BytesIn: got},
			measure.Outcome{Sent: 90 * ms, FirstByte: 120 * ms, Done: 150 * ms, BytesOut: sent, BytesIn: got},
		},
		{
			// 10 ms to connect, 5 to be sent on, 10 to connect again, and the answer.
			// What is sent first is sent for all, and so is what comes back first.
			"a redirect, which is one request with all it takes", "http://moved.test/", 1,
			measure.Outcome{
				Sent: 10 * ms, FirstByte: 15 * ms, Done: 85 * ms, Connect: 20 * ms,
				BytesOut: 2*sent + int64(len("moved")-len("a")), BytesIn: got + int64(len(moved)),
			},
			measure.Outcome{
				Sent: 85 * ms, FirstByte: 90 * ms, Done: 160 * ms, Connect: 10 * ms,
				BytesOut: 2*sent + int64(len("moved")-len("a")), BytesIn: got + int64(len(moved)),
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &lab{slow: 10 * ms, hosts: map[string]func(net.Conn){
					"192.0.2.1:80":  served,
					"192.0.2.1:443": secured(all, 20*ms, served),
					"192.0.2.2:80":  served,
					"192.0.2.3:80":  parts(5*ms, moved),
				}, names: map[string]string{"a.test": "192.0.2.1", "b.test": "192.0.2.2", "moved.test": "192.0.2.3"}}
				s, clock, end := l.sender(t, test.at, loadgen.Request{MaxRedirects: test.redirects})
				defer end()
				for i, want := range []measure.Outcome{test.first, test.second} {
					want.Status, want.Read = 200, want.Done
					if i == 1 {
						want.Due = test.first.Done
					}
					require.Equal(t, want, *send(s, clock, time.Minute))
				}
			})
		})
	}
}

// once reads a request, and ends with the text after a pause.
func once(pause time.Duration, text string) func(net.Conn) {
	return func(c net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
			return
		}
		time.Sleep(pause)
		_, _ = c.Write([]byte(text))
	}
}

// Of a request that failed it is known how far it came, and when it failed.
func TestInstantsOfFailures(t *testing.T) {
	const ms = time.Millisecond
	sent := int64(len("GET / HTTP/1.1\r\nHost: 192.0.2.1\r\nUser-Agent: gonogo\r\nAccept: */*\r\n\r\n"))
	half := "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"
	busy := "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
	tests := []struct {
		name   string
		server func(net.Conn)
		want   measure.Outcome
	}{
		{
			"nobody listens", nil,
			measure.Outcome{Class: measure.Connect, Done: 10 * ms, Connect: 10 * ms},
		},
		{
			"an end before the answer", once(30*ms, ""),
			measure.Outcome{Class: measure.Reset, Sent: 10 * ms, Done: 40 * ms, Connect: 10 * ms, BytesOut: sent},
		},
		{
			"an end within the answer", once(30*ms, half),
			measure.Outcome{
				Class: measure.Reset, Status: 200, Sent: 10 * ms, FirstByte: 40 * ms, Done: 40 * ms, Connect: 10 * ms,
				BytesOut: sent, BytesIn: int64(len(half)),
			},
		},
		{
			"no answer", func(c net.Conn) {
				b := bufio.NewReader(c)
				for {
					if _, err := b.ReadByte(); err != nil {
						return
					}
				}
			},
			measure.Outcome{Class: measure.Timeout, Sent: 10 * ms, Done: 500 * ms, Connect: 10 * ms, BytesOut: sent},
		},
		{
			"a request that is never read", func(net.Conn) { time.Sleep(time.Second) },
			measure.Outcome{Class: measure.Timeout, Sent: 10 * ms, Done: 500 * ms, Connect: 10 * ms, BytesOut: sent},
		},
		{
			"an unexpected status", once(30*ms, busy),
			measure.Outcome{
				Class: measure.Status, Status: 503, Sent: 10 * ms, FirstByte: 40 * ms, Done: 40 * ms, Connect: 10 * ms,
				BytesOut: sent, BytesIn: int64(len(busy)),
			},
		},
		{
			"garbage", once(30*ms, "garbage"),
			measure.Outcome{
				Class: measure.Malformed, Sent: 10 * ms, FirstByte: 40 * ms, Done: 40 * ms, Connect: 10 * ms,
				BytesOut: sent, BytesIn: int64(len("garbage")),
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &lab{slow: 10 * ms, hosts: map[string]func(net.Conn){"192.0.2.1:80": test.server}}
				s, clock, end := l.sender(t, "http://192.0.2.1/", loadgen.Request{})
				defer end()
				got := *send(s, clock, 500*ms)
				require.Error(t, got.Err)
				got.Err, test.want.Read = nil, test.want.Done
				require.Equal(t, test.want, got)
			})
		})
	}
}
