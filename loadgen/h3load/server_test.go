package h3load

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/measure"
)

// A server is a real one of HTTP/3, on loopback.
type server struct {
	*http3.Server
	url  string
	root *x509.CertPool
}

// quiet is a socket of whose buffers the library does not speak.
type quiet struct{ net.PacketConn }

func (quiet) SetReadBuffer(int) error  { return nil }
func (quiet) SetWriteBuffer(int) error { return nil }

// identity returns a certificate for 127.0.0.1 and who vouches for it.
func identity() ([]tls.Certificate, *x509.CertPool) {
	lender := httptest.NewTLSServer(nil)
	defer lender.Close()
	root := x509.NewCertPool()
	root.AddCert(lender.Certificate())
	return lender.TLS.Certificates, root
}

// listen opens a UDP socket on loopback.
func listen(t *testing.T) *net.UDPConn {
	t.Helper()
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	return udp
}

// serve starts a server, which the test ends.
func serve(t *testing.T, h http.Handler, config *quic.Config) *server {
	t.Helper()
	all, root := identity()
	udp := listen(t)
	s := &server{
		Server: &http3.Server{
			Handler: h, QUICConfig: config, TLSConfig: http3.ConfigureTLSConfig(&tls.Config{Certificates: all}),
		},
		url: "https://" + udp.LocalAddr().String(), root: root,
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Serve(quiet{udp})
	}()
	t.Cleanup(func() {
		_ = s.Close()
		_ = udp.Close()
		<-ended
	})
	return s
}

// options trust the server's certificate.
func (s *server) options() Options {
	return Options{Network: dial.Options{TLS: &tls.Config{RootCAs: s.root}}}
}

// step is a GET, or what the request says.
func (s *server) step(t *testing.T, path string, spec loadgen.Request) loadgen.Step {
	t.Helper()
	u, err := url.Parse(s.url + path)
	require.NoError(t, err)
	spec.URL = u
	return loadgen.Step{Name: "a", Request: spec}
}

// A sending is a Sender with the clock of its run.
type sending struct {
	loadgen.Sender
	clock loadgen.Clock
}

// sender makes the Sender of user 0, which the test closes.
func sender(t *testing.T, o Options, steps ...loadgen.Step) *sending {
	t.Helper()
	c, err := New(steps, o)
	require.NoError(t, err)
	clock := loadgen.NewClock()
	return &sending{c.NewSender(loadgen.User{Clock: clock}), clock}
}

// send performs a step that is due now.
func (s *sending) send(step int) *measure.Outcome {
	return s.sendFor(step, time.Minute)
}

func (s *sending) sendFor(step int, timeout time.Duration) *measure.Outcome {
	now := s.clock.Now()
	call := loadgen.NewCall(measure.Outcome{Step: step, Phase: measure.Measure, Due: now}, now+timeout)
	watch := time.AfterFunc(timeout, s.Interrupt) // as the engine does
	defer watch.Stop()
	s.Send(call)
	return &call.Outcome
}

// leaves fails the test if fn, with the servers that it starts, leaves a goroutine or
// a descriptor behind. A goroutine that is on its way out is waited for.
func leaves(t *testing.T, fn func(*testing.T)) {
	t.Helper()
	goroutines, files := runtime.NumGoroutine(), descriptors(t)
	t.Run("leaves nothing", fn)
	deadline := time.Now().Add(10 * time.Second)
	for runtime.NumGoroutine() > goroutines || descriptors(t) > files {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines are left of %d, and %d descriptors of %d:\n%s", runtime.NumGoroutine(), goroutines, descriptors(t), files, stacks[:runtime.Stack(stacks, true)])
		}
		runtime.Gosched()
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0 // no such thing here
	}
	return len(all)
}
