package grpcload

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"

	"gonogo/loadgen"
	"gonogo/measure"
)

// A server that shuts down in good order ends what it has begun. What comes next goes
// to the connection that follows.
func TestGoAway(t *testing.T) {
	s := serve(t, false, v1)
	o := s.options()
	slow, quick := s.call(t, "EmptyCall", "", Step{}), s.call(t, "UnaryCall", "", Step{})
	c, err := New([]*Step{slow, quick}, o)
	require.NoError(t, err)
	require.NoError(t, c.Preflight(t.Context()))
	clock := loadgen.NewClock()
	first := &sending{c.NewSender(loadgen.User{Clock: clock}), c, clock}
	second := &sending{c.NewSender(loadgen.User{Number: 1, Clock: clock}), c, clock}
	require.NoError(t, second.send(1).Err)

	var waiting sync.WaitGroup
	var held *measure.Outcome
	waiting.Go(func() { held = first.send(0) })
	<-s.arrived
	var stopping sync.WaitGroup
	stopping.Go(s.GracefulStop)
	var refused *measure.Outcome
	for refused == nil || refused.Class == measure.OK { // until GOAWAY has arrived
		refused = second.send(1)
	}
	require.Equal(t, measure.Connect, refused.Class, "%v", refused.Err)
	close(s.hold)
	waiting.Wait()
	stopping.Wait()
	require.NoError(t, held.Err)
	first.Close()
	second.Close()
}

// A connection that ended while nothing was under way costs nobody a call.
func TestAConnectionThatEndedIsReplaced(t *testing.T) {
	s := serve(t, false, v1)
	u := sender(t, s.options(), s.call(t, "UnaryCall", "", Step{}))
	defer u.Close()
	for range 3 {
		require.NoError(t, u.send(0).Err)
		l := u.client.lanes[0][0]
		l.mu.Lock()
		c := l.current
		l.mu.Unlock()
		_ = c.below.Close()
		c.cc.WaitForStateChange(t.Context(), connectivity.Ready) // until it has been noticed
	}
	require.EqualValues(t, 3, u.client.Network().Counts().Opened)
}

// A server that goes away within a call resets it, whatever the library calls that.
func TestAServerThatDies(t *testing.T) {
	leaves(t, func(t *testing.T) {
		s := serve(t, false, v1)
		u := sender(t, s.options(), s.call(t, "EmptyCall", "", Step{}))
		defer u.Close()
		var waiting sync.WaitGroup
		var o *measure.Outcome
		waiting.Go(func() { o = u.send(0) })
		<-s.arrived
		s.Stop()
		waiting.Wait()
		require.Equal(t, measure.Reset, o.Class, "%v", o.Err)
		require.Positive(t, o.Sent)
		require.Equal(t, measure.Connect, u.send(0).Class)
	})
}

// What answers over HTTP/2, and speaks no gRPC or does so badly.
func TestHostilePeers(t *testing.T) {
	grpcHead := func(w http.ResponseWriter) { w.Header().Set("Content-Type", "application/grpc") }
	tests := []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request)
		class  measure.Class
		err    string
	}{
		{"a page", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html>")
		}, measure.Malformed, "unexpected HTTP status code received from server: 200 (OK)"},
		{"a proxy that has no server", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) }, measure.Status, "no gRPC: unexpected HTTP status code received from server: 502"},
		{"an end without a code", func(w http.ResponseWriter, _ *http.Request) { grpcHead(w) }, measure.Status, "gRPC 2 UNKNOWN"},
		{"an OK without a message", func(w http.ResponseWriter, _ *http.Request) {
			grpcHead(w)
			w.Header().Set("Grpc-Status", "0")
		}, measure.Malformed, "cardinality violation"},
		{"a code that is no number", func(w http.ResponseWriter, _ *http.Request) {
			grpcHead(w)
			w.Header().Set("Grpc-Status", "good")
		}, measure.Malformed, "malformed grpc-status"},
		{"a code that is none", func(w http.ResponseWriter, _ *http.Request) {
			grpcHead(w)
			w.Header().Set("Grpc-Status", "4711")
		}, measure.Status, "gRPC 4711"},
		{"a message cut short", func(w http.ResponseWriter, _ *http.Request) {
			grpcHead(w)
			_, _ = io.WriteString(w, "\x00\x00\x00\x00\x09abc")
		}, measure.Malformed, "unexpected EOF"},
		{"a message that says to be huge", func(w http.ResponseWriter, _ *http.Request) {
			grpcHead(w)
			_, _ = io.WriteString(w, "\x00\xff\xff\xff\xffabc")
		}, measure.Local, "received message larger than max"},
		{"a message that is compressed, unasked", func(w http.ResponseWriter, _ *http.Request) {
			grpcHead(w)
			_, _ = io.WriteString(w, "\x01\x00\x00\x00\x03abc")
		}, measure.Malformed, "compressed flag set with identity or empty encoding"},
		{"a message that is none", func(w http.ResponseWriter, _ *http.Request) {
			grpcHead(w)
			w.Header().Set("Trailer", "Grpc-Status")
			_, _ = io.WriteString(w, "\x00\x00\x00\x00\x03abc")
			w.Header().Set("Grpc-Status", "0")
		}, measure.Malformed, "the answer is no grpc.testing.SimpleResponse: "},
		{"a stream that is reset", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, measure.Reset, "RST_STREAM"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			leaves(t, func(t *testing.T) {
				peer := httptest.NewUnstartedServer(http.HandlerFunc(test.answer))
				peer.Config.Protocols = &http.Protocols{}
				peer.Config.Protocols.SetUnencryptedHTTP2(true)
				peer.Start()
				defer peer.Close()
				s := &server{url: "grpc" + peer.URL[4:]}
				step := s.call(t, "UnaryCall", "", Step{Inspector: &keeper{needs: loadgen.Needs{Body: 1 << 20}}})
				c, err := New([]*Step{step}, Options{Descriptors: descriptorSet(t)})
				require.NoError(t, err)
				clock := loadgen.NewClock()
				u := &sending{c.NewSender(loadgen.User{Clock: clock}), c, clock}
				defer u.Close()
				for range 2 {
					o := u.send(0)
					require.Equal(t, test.class, o.Class, "%v", o.Err)
					require.ErrorContains(t, o.Err, test.err)
				}
			})
		})
	}
}

// A peer that accepts and says nothing costs a call its time, and no more.
func TestASilentPeer(t *testing.T) {
	leaves(t, func(t *testing.T) {
		step := &Step{Name: "a", Method: service + "UnaryCall"}
		var err error
		step.Target, err = url.Parse(talker(t, ""))
		require.NoError(t, err)
		c, err := New([]*Step{step}, Options{Descriptors: descriptorSet(t)})
		require.NoError(t, err)
		clock := loadgen.NewClock()
		u := &sending{c.NewSender(loadgen.User{Clock: clock}), c, clock}
		defer u.Close()
		o := u.sendFor(0, 50*time.Millisecond)
		require.Equal(t, measure.Timeout, o.Class, "%v", o.Err)
		require.Zero(t, o.Sent)
	})
}

// With few streams allowed, calls wait for each other and none is lost.
func TestFewStreams(t *testing.T) {
	s := serve(t, false, v1, grpc.MaxConcurrentStreams(2))
	c, err := New([]*Step{s.call(t, "UnaryCall", "", Step{})}, s.options())
	require.NoError(t, err)
	require.NoError(t, c.Preflight(t.Context()))
	clock := loadgen.NewClock()
	var all sync.WaitGroup
	outcomes := make([]*measure.Outcome, 20)
	for i := range outcomes {
		u := &sending{c.NewSender(loadgen.User{Number: i, Clock: clock}), c, clock}
		all.Go(func() { outcomes[i] = u.send(0) })
		defer u.Close()
	}
	all.Wait()
	for _, o := range outcomes {
		require.NoError(t, o.Err)
	}
	require.EqualValues(t, 1, c.Network().Counts().Opened)
}
