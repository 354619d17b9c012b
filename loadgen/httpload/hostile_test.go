package httpload

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/measure"
)

// leavesNothing runs fn and waits until no goroutine and no descriptor of it is
// left.
func leavesNothing(t *testing.T, fn func()) {
	t.Helper()
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors(t)
	fn()
	for range 10_000 { // what was closed may not have ended yet
		if runtime.NumGoroutine() <= goroutines && openDescriptors(t) <= descriptors {
			return
		}
		time.Sleep(time.Millisecond)
	}
	require.Equal(t, goroutines, runtime.NumGoroutine())
	require.Equal(t, descriptors, openDescriptors(t))
}

// target is a server that a test ends with all it started.
type target struct {
	ln      net.Listener
	serving sync.WaitGroup
}

func newTarget(t *testing.T, address string, fn func(net.Conn)) *target {
	t.Helper()
	ln, err := net.Listen("tcp", address)
	require.NoError(t, err)
	s := &target{ln: ln}
	s.serving.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			s.serving.Go(func() {
				defer c.Close()
				fn(c)
			})
		}
	})
	return s
}

func (s *target) close() {
	_ = s.ln.Close()
	s.serving.Wait()
}

// secretly answers over TLS, if the client still wants to.
func secretly(config *tls.Config) func(net.Conn) {
	return func(c net.Conn) { answering(hello)(tls.Server(c, config)) }
}

// Whatever a target does, the run goes on, each request ends in the class of what
// was done to it, and nothing is left behind.
func TestHostileTargets(t *testing.T) {
	lender := httptest.NewTLSServer(nil) // of a certificate for 127.0.0.1
	trust := lender.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	certificates := lender.TLS.Certificates
	lender.Close()
	trusting := func(change func(*tls.Config)) *tls.Config {
		c := trust.Clone()
		change(c)
		return c
	}
	over := make(chan struct{}) // once the last row is
	swallow := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	tests := []struct {
		name   string
		target func(net.Conn)
		tls    *tls.Config // nil: plain
		body   int
		class  measure.Class
	}{
		{"resets every connection", func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }, nil, 0, measure.Reset},
		{"ends every connection", func(net.Conn) {}, nil, 0, measure.Reset},
		{"resets within the answer", func(c net.Conn) {
			_, _ = c.Read(make([]byte, 4096))
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nh")
			_ = c.(*net.TCPConn).SetLinger(0)
		}, nil, 0, measure.Reset},
		{"speaks HTTP/2", func(c net.Conn) {
			_, _ = c.Read(make([]byte, 4096))
			_, _ = c.Write([]byte("\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x80"))
			swallow(c)
		}, nil, 0, measure.Malformed},
		{"speaks SSH", func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.9\r\n"); swallow(c) }, nil, 0, measure.Malformed},
		{"negotiates another protocol", secretly(&tls.Config{Certificates: certificates, NextProtos: []string{"imap"}}), trust, 0, measure.TLS},
		{"speaks plainly where TLS is wanted", answering(hello), trust, 0, measure.TLS},
		{"has an expired certificate", secretly(&tls.Config{Certificates: certificates}), trusting(func(c *tls.Config) {
			c.Time = func() time.Time { return time.Now().AddDate(200, 0, 0) }
		}), 0, measure.TLS},
		{"has a certificate for another name", secretly(&tls.Config{Certificates: certificates}), trusting(func(c *tls.Config) { c.ServerName = "elsewhere.test" }), 0, measure.TLS},
		{"has a certificate that nobody vouches for", secretly(&tls.Config{Certificates: certificates}), &tls.Config{}, 0, measure.TLS},
		{"speaks only an old TLS", secretly(&tls.Config{Certificates: certificates, MaxVersion: tls.VersionTLS11}), trust, 0, measure.TLS},
		{"floods headers", func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			line := strings.Repeat("X-Filler: "+strings.Repeat("x", 90)+"\r\n", 10)
			for {
				if _, err := io.WriteString(c, line); err != nil {
					return
				}
			}
		}, nil, 0, measure.Malformed},
		{"never answers", swallow, nil, 0, measure.Timeout},
		{"never shakes hands", swallow, trust, 0, measure.Timeout},
		{"accepts and never reads", func(c net.Conn) {
			_, _ = c.Read(make([]byte, 1))
			<-over
		}, nil, 16 << 20, measure.Timeout},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			leavesNothing(t, func() {
				s := newTarget(t, "127.0.0.1:0", test.target)
				defer s.close()
				if test.body > 0 {
					defer close(over)
				}
				scheme := "http://"
				if test.tls != nil {
					scheme = "https://"
				}
				plan := planFor(scheme+s.ln.Addr().String()+"/", 5, loadgen.Request{Body: make([]byte, test.body)})
				plan.Measure, plan.Timeout = 300*time.Millisecond, 50*time.Millisecond // long enough for each user on a busy machine
				if test.class != measure.Timeout {
					plan.Timeout = 10 * time.Second // nothing else may end them
				}
				client, err := New(plan.Steps, Options{Network: dial.Options{TLS: test.tls}})
				require.NoError(t, err)
				result := (&loadgen.Engine{Plan: plan, Protocol: client}).Run(t.Context())
				total := result.Summary.Total()
				require.Positive(t, total.Class[test.class])
				require.Equal(t, total.Planned(), total.Class[test.class], "%v", result.Summary.Errors())
				require.GreaterOrEqual(t, result.Issued, int64(5))
			})
		})
	}
}

// A name that gets another address, while the old one dies: the run moves on.
func TestATargetThatChangesItsAddress(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has all of 127.0.0.0/8")
	}
	leavesNothing(t, func() {
		old := newTarget(t, "127.0.0.1:0", answering(hello))
		_, port, err := net.SplitHostPort(old.ln.Addr().String())
		require.NoError(t, err)
		next := newTarget(t, "127.0.0.2:"+port, answering(hello))
		defer next.close()
		dns := &steady{}
		dns.set("127.0.0.1")
		plan := planFor("http://h.test:"+port+"/", 5, loadgen.Request{})
		plan.Measure = time.Minute // the test ends it
		plan.Closed.ThinkTime = loadgen.Distribution{A: time.Millisecond}
		client, err := New(plan.Steps, Options{Network: dial.Options{
			Resolver:    dns,
			Connections: loadgen.Connections{DNSEvery: 5 * time.Millisecond, MaxAge: 5 * time.Millisecond},
		}})
		require.NoError(t, err)
		require.NoError(t, client.Preflight(t.Context()))

		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var resolving sync.WaitGroup
		resolving.Go(func() { client.Network().KeepResolving(ctx) })
		each := func(loadgen.Tick) {
			switch c := client.Network().Counts(); {
			case c.Changes == 0:
				dns.set("127.0.0.2")
				_ = old.ln.Close()
			case len(c.Addresses) == 2 && c.Addresses[1].Opened > 20:
				cancel()
			}
		}
		result := (&loadgen.Engine{Plan: plan, Protocol: client, Each: each}).Run(ctx)
		resolving.Wait()
		old.close()

		c := client.Network().Counts()
		require.EqualValues(t, 1, c.Changes)
		require.Equal(t, "127.0.0.2:"+port, c.Addresses[1].Address)
		require.Positive(t, c.Addresses[1].Requests)
		require.Zero(t, c.Addresses[1].Errors)
		total := result.Summary.Total()
		require.Equal(t, total.Planned(), total.OK()+total.Class[measure.Connect]+total.Class[measure.Reset])
	})
}

// A name server that fails, and one that lies: the requests fail to connect.
func TestNamesThatAreNotFound(t *testing.T) {
	for _, r := range []dial.Resolver{failing{}, &steady{}} {
		s, clock := senderFor(t, "http://h.test/", Options{Network: dial.Options{Resolver: r}}, loadgen.Request{})
		o := send(s, clock, time.Minute)
		require.Equal(t, measure.Connect, o.Class)
		require.ErrorContains(t, o.Err, "resolve h.test: ")
	}
}

type failing struct{ dial.Resolver }

func (failing) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return nil, errors.New("server misbehaving")
}
