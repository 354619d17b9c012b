package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/measure"
	"gonogo/scenarios"
	"gonogo/target"
)

// A server wants the token of the moment, and tells which ones it was given.
type guarded struct {
	mu    sync.Mutex
	given map[string]int
}

func (g *guarded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	token := r.Header.Get("Authorization")
	g.given[token]++
	if token == "Bearer " {
		w.WriteHeader(http.StatusUnauthorized)
	}
}

func (g *guarded) times(token string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.given["Bearer "+token]
}

// When the file of a token holds another one, requests carry that from the next look
// on, on the connections that there are; a file that cannot be used changes nothing,
// and is told once.
func TestCredentialsAreRenewed(t *testing.T) {
	for _, version := range []string{"1.1", "2"} {
		t.Run("HTTP/"+version, func(t *testing.T) {
			g := &guarded{given: map[string]int{}}
			server := httptest.NewUnstartedServer(g)
			server.Config.Protocols = new(http.Protocols)
			server.Config.Protocols.SetHTTP1(true)
			server.Config.Protocols.SetUnencryptedHTTP2(true)
			server.Start()
			defer server.Close()
			token := filepath.Join(t.TempDir(), "token")
			write := func(text string) { require.NoError(t, os.WriteFile(token, []byte(text+"\n"), 0o600)) }
			write("first-token")

			file := scenarios.FromURL(server.URL + "/")
			for _, s := range scenarios.Settings() {
				if v := map[string]string{"users": "1", "http": version, "bearer": "${file:" + token + "}"}[s.Name]; v != "" {
					s.Set(file, scenarios.ByFlag, v)
				}
			}
			c, err := file.Compile(scenarios.Options{ReadFile: os.ReadFile})
			require.NoError(t, err)
			client, err := newClient(c, stdio{env: func(string) (string, bool) { return "", false }})
			require.NoError(t, err)
			var said []string
			r := newRenewer(c, client, func(kind, text string) { said = append(said, kind+": "+text) })
			s := client.NewSender(loadgen.User{Number: 0, Clock: loadgen.NewClock()})
			defer s.Close()
			send := func() {
				call := loadgen.NewCall(measure.Outcome{}, 0)
				s.Send(call)
				require.Equal(t, measure.OK, call.Outcome.Class, "%v", call.Outcome.Err)
			}

			send()
			r.look(t.Context())
			send()
			require.Equal(t, 2, g.times("first-token"))
			require.Empty(t, said)

			write("second-token")
			r.look(t.Context())
			send()
			require.Equal(t, 1, g.times("second-token"))
			require.Equal(t, []string{"renewed: credentials were read again and are in use"}, said)
			require.Equal(t, "*** and ***", r.mask("first-token and second-token"))

			write("")
			r.look(t.Context())
			r.look(t.Context())
			send()
			require.Equal(t, 2, g.times("second-token"))
			require.Len(t, said, 2)
			require.Contains(t, said[1], "not renewed: credentials stay as they were: --bearer: the file ")
			require.NotContains(t, said[1], "second-token")

			write("third-token")
			r.look(t.Context())
			send()
			require.Equal(t, 1, g.times("third-token"))
			require.Len(t, said, 3)
		})
	}
}

// A target that goes away and comes back costs what was due meanwhile, and nothing
// more: its users connect again, and do not hammer at a closed door.
func TestATargetThatIsStartedAnew(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	at := ln.Addr().String()
	serve := func(ln net.Listener) (stop func()) {
		ctx, cancel := context.WithCancel(context.Background())
		var serving sync.WaitGroup
		serving.Go(func() { _ = target.New(target.Behaviour{}).Serve(ctx, ln) })
		return func() { cancel(); serving.Wait() }
	}
	stop := serve(ln)
	dir := t.TempDir()
	file := scenarios.FromURL("http://" + at + "/")
	for _, s := range scenarios.Settings() {
		if v := map[string]string{"users": "20", "think-time": "20ms", "duration": "4", "timeout": "5", "slo": "p95 < 500ms"}[s.Name]; v != "" {
			s.Set(file, scenarios.ByFlag, v)
		}
	}
	c, err := file.Compile(scenarios.Options{ReadFile: os.ReadFile})
	require.NoError(t, err)
	a := newAttempt(c, soakOptions{logFormat: "logfmt"}, soaking(t, dir, &fakeTarget{}, map[string]string{"users": "1"}).std)
	a.o.load.outDir, a.o.load.quiet = dir, true
	require.NoError(t, a.prepare(t.Context()))

	var away, back bool
	a.tune = func(e *loadgen.Engine) {
		each := e.Each
		e.Each = func(now loadgen.Tick) {
			each(now)
			switch {
			case now.At >= time.Second && !away:
				away = true
				stop()
			case now.At >= 2*time.Second && !back:
				back = true
				again, err := net.Listen("tcp", at)
				if err == nil {
					stop = serve(again)
				}
			}
		}
	}
	_ = a.begin(t.Context(), "x")
	stop()
	r, _, err := reportFromJournal(dir, time.Now())
	require.NoError(t, err)
	require.True(t, r.Accounting.Closes())
	require.Positive(t, r.Accounting.Failed)
	require.Less(t, r.Accounting.Failed, r.Accounting.OK)
	classes := map[string]bool{}
	for _, e := range r.Errors {
		classes[e.Class] = true
	}
	delete(classes, "connect")
	delete(classes, "reset")
	require.Empty(t, classes, "%+v", r.Errors)
	last := r.Intervals[len(r.Intervals)-1]
	require.Positive(t, last.OK, "good again at the end")
	require.InDelta(t, 4, r.Soak.Made, 1e-9)
}
