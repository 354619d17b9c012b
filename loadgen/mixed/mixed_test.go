package mixed

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/loadgen/httpload"
	"gonogo/loadgen/session"
	"gonogo/loadgen/sseload"
	"gonogo/loadgen/wsload"
	"gonogo/measure"
)

// One flow asks over HTTP, talks over WebSocket and listens to a stream.
func TestAFlowOfThreeProtocols(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") })
	mux.HandleFunc("/events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "data: a\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("/talk", func(w http.ResponseWriter, r *http.Request) {
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
	srv := httptest.NewServer(mux)
	defer srv.Close()
	at := func(path string) loadgen.Request {
		u, err := url.Parse(srv.URL + path)
		require.NoError(t, err)
		return loadgen.Request{URL: u}
	}
	text, err := (&session.Scope{}).Compile("hello ${user}", session.Raw)
	require.NoError(t, err)

	steps := []loadgen.Step{{Name: "page", Request: at("/page")}, {Name: "connect"}, {Name: "talk"}, {Name: "events"}}
	pages, err := httpload.New(steps[:1], httpload.Options{})
	require.NoError(t, err)
	talk, err := wsload.New([]*wsload.Step{nil, {Request: at("/talk")}, {Kind: wsload.RoundTrip, Connection: 1, Text: text}, nil}, wsload.Options{})
	require.NoError(t, err)
	events, err := sseload.New([]*sseload.Step{nil, nil, nil, {Request: at("/events")}}, sseload.Options{})
	require.NoError(t, err)

	plan := &loadgen.Plan{
		Closed: &loadgen.Closed{Users: 3, Iterations: 4}, Measure: 10 * time.Second, Timeout: 5 * time.Second, Grace: time.Second,
		Steps: steps, Flows: []loadgen.Flow{loadgen.InOrder("all", 4)},
	}
	p := New([]loadgen.Protocol{pages, talk, talk, events})
	require.Len(t, p.all, 3)
	result := (&loadgen.Engine{Plan: plan, Protocol: p}).Run(context.Background())
	total := result.Summary.Total()
	require.EqualValues(t, 3*4*4, total.Class[measure.OK], "%v", result.Summary.Errors())
	require.EqualValues(t, 3, pages.Network().Counts().Opened, "each user has one Sender of it")
	require.EqualValues(t, 3*4, talk.Counts().Received)
}

// recorder is a Protocol, and its Senders, that write down what is wanted of them.
type recorder struct {
	name  string
	notes *[]string
	hold  chan struct{} // closed by Interrupt: Send waits for it; nil: it does not
}

func (r *recorder) note(what string) { *r.notes = append(*r.notes, r.name+" "+what) }

func (r *recorder) NewSender(u loadgen.User) loadgen.Sender {
	r.note(fmt.Sprintf("made for %d", u.Number))
	return r
}

func (r *recorder) Send(*loadgen.Call) {
	r.note("sends")
	if r.hold != nil {
		<-r.hold
	}
}

func (r *recorder) Interrupt() {
	if r.hold != nil {
		close(r.hold)
	}
}
func (r *recorder) Close() { r.note("closes") }

// starting is a recorder whose Senders are Starters.
type starting struct{ recorder }

func (s *starting) NewSender(u loadgen.User) loadgen.Sender {
	s.recorder.NewSender(u)
	return s
}
func (s *starting) Start(*loadgen.Call) { s.note("starts") }

func TestSendersAreMadeWhenTheyAreNeeded(t *testing.T) {
	var notes []string
	a, b, c := &recorder{name: "a", notes: &notes}, &starting{recorder{name: "b", notes: &notes}}, &recorder{name: "c", notes: &notes}
	s := New([]loadgen.Protocol{a, b, a, c}).NewSender(loadgen.User{Number: 7})
	for _, step := range []int{0, 2, 1, 1} {
		call := loadgen.NewCall(measure.Outcome{Step: step}, 0)
		s.(loadgen.Starter).Start(call)
		s.Send(call)
	}
	s.Close()
	require.Equal(t, strings.Split("a made for 7,a sends,a sends,b made for 7,b sends,b starts,b sends,a closes,b closes", ","), notes)
}

func TestAnInterruptReachesWhoSends(t *testing.T) {
	var notes []string
	a := &recorder{name: "a", notes: &notes, hold: make(chan struct{})}
	s := New([]loadgen.Protocol{a}).NewSender(loadgen.User{})
	s.Interrupt() // nobody sends
	over := make(chan struct{})
	go func() {
		defer close(over)
		s.Send(loadgen.NewCall(measure.Outcome{}, 0))
	}()
	for s.(*sender).isSending() == nil { // an Interrupt that comes too soon is repeated
		time.Sleep(time.Millisecond)
	}
	s.Interrupt()
	<-over
}

func (s *sender) isSending() loadgen.Sender {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sending
}
