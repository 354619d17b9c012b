//go:build integration

package integration

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/loadgen/session"
	"gonogo/loadgen/sseload"
	"gonogo/loadgen/wsload"
	"gonogo/measure"
)

// behind serves WebSocket and an event stream where nginx passes /live/ on to.
func behind(t *testing.T, n *nginx) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/live/talk", func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		for {
			kind, b, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), kind, b) != nil {
				return
			}
		}
	})
	mux.HandleFunc("/live/events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 5 {
			fmt.Fprintf(w, "id: %d\ndata: tick\n\n", i)
			_ = http.NewResponseController(w).Flush()
			time.Sleep(10 * time.Millisecond)
		}
	})
	ln, err := net.Listen("tcp", n.back)
	require.NoError(t, err)
	srv := &http.Server{Handler: mux}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	t.Cleanup(func() {
		_ = srv.Close()
		<-served
	})
}

// ways are those to nginx: in clear text and over TLS.
func ways(t *testing.T, n *nginx) (all []string, o dial.Options) {
	t.Helper()
	pem, err := os.ReadFile(n.ca)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(pem))
	return []string{"http://" + n.plain, "https://" + n.tls}, dial.Options{TLS: &tls.Config{RootCAs: roots}}
}

// run performs a flow, and wants every request of it to go well.
func run(t *testing.T, p loadgen.Protocol, scope *session.Scope, steps int, actions []loadgen.Action) *measure.Summary {
	t.Helper()
	plan := &loadgen.Plan{
		Closed: &loadgen.Closed{Users: 50, Iterations: 5}, Measure: 10 * time.Second, Timeout: 5 * time.Second, Grace: time.Second,
		Steps: make([]loadgen.Step, steps), Scope: scope, Flows: []loadgen.Flow{{Name: "f", Weight: 1, Actions: actions}},
	}
	for i := range plan.Steps {
		plan.Steps[i].Name = fmt.Sprint("step ", i)
	}
	result := (&loadgen.Engine{Plan: plan, Protocol: p}).Run(t.Context())
	total := result.Summary.Total()
	require.Equal(t, total.Planned(), total.Class[measure.OK], "%v", result.Summary.Errors())
	return result.Summary
}

func TestWebSocketThroughNginx(t *testing.T) {
	n := startNginx(t)
	behind(t, n)
	all, o := ways(t, n)
	scope := &session.Scope{}
	text, err := scope.Compile("hello ${user} ${iteration}", session.Raw)
	require.NoError(t, err)
	for _, way := range all {
		u, err := url.Parse(way + "/live/talk")
		require.NoError(t, err)
		p, err := wsload.New([]*wsload.Step{
			{Request: loadgen.Request{URL: u}},
			{Kind: wsload.RoundTrip, Text: text},
			{Kind: wsload.Close},
		}, wsload.Options{Network: o})
		require.NoError(t, err)
		require.NoError(t, p.Preflight(t.Context()))
		s := run(t, p, scope, 3, []loadgen.Action{
			loadgen.Do{Step: 0}, loadgen.Repeat{Times: 3, Actions: []loadgen.Action{loadgen.Do{Step: 1}}}, loadgen.Do{Step: 2},
		})
		require.EqualValues(t, 50*5*(1+3+1), s.Total().Planned())
		require.EqualValues(t, 50*5*3, p.Counts().Received)
	}
}

func TestEventStreamsThroughNginx(t *testing.T) {
	n := startNginx(t)
	behind(t, n)
	all, o := ways(t, n)
	for _, way := range all {
		u, err := url.Parse(way + "/live/events")
		require.NoError(t, err)
		scope := &session.Scope{}
		actions, over, err := sseload.Follow(scope, "over", 0, 1)
		require.NoError(t, err)
		p, err := sseload.New([]*sseload.Step{
			{Request: loadgen.Request{URL: u}, Events: 5, Over: &over}, {Kind: sseload.Next},
		}, sseload.Options{Network: o})
		require.NoError(t, err)
		s := run(t, p, scope, 2, actions)
		require.EqualValues(t, 50*5*5, s.Total().Planned())
	}
}

// A server that does not know the protocol says so with its status.
func TestNginxItselfIsNoWebSocket(t *testing.T) {
	n := startNginx(t)
	u, err := url.Parse("ws://" + n.plain + "/health")
	require.NoError(t, err)
	p, err := wsload.New([]*wsload.Step{{Request: loadgen.Request{URL: u}}}, wsload.Options{})
	require.NoError(t, err)
	s := p.NewSender(loadgen.User{Clock: loadgen.NewClock()})
	defer s.Close()
	call := loadgen.NewCall(measure.Outcome{}, 0)
	s.Send(call)
	require.Equal(t, measure.Status, call.Outcome.Class, "%v", call.Outcome.Err)
	require.Equal(t, 200, call.Outcome.Status)
}
