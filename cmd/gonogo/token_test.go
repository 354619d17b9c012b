package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/loadgen/session"
	"gonogo/measure"
	"gonogo/scenarios"
)

// gated is a server that gives tokens at /token, and answers those who bring one with
// what they brought. /used tells how many different ones were brought.
type gated struct {
	life int  // seconds that a token lives; 0: it has no end
	most int  // tokens that are given; beyond that it fails. 0: no bound
	deny bool // nobody is known

	mu    sync.Mutex
	given int
	used  map[string]bool
}

func (g *gated) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	carried := r.Header.Get("Authorization")
	switch _, secret, _ := r.BasicAuth(); {
	case r.URL.Path == "/used":
		fmt.Fprintf(w, "used %d of %d\n", len(g.used), g.given)
	case r.URL.Path == "/token" && (g.deny || g.most > 0 && g.given == g.most):
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, "%q is not the secret", secret)
	case r.URL.Path == "/token":
		g.given++
		w.Header().Set("Content-Type", "application/json")
		answer := map[string]any{"access_token": fmt.Sprintf("%d-opens-the-gate-of-%s", g.given, strings.ToUpper(secret)), "token_type": "bearer", "expires_in": g.life}
		_ = json.NewEncoder(w).Encode(answer)
	case !strings.Contains(carried, "-opens-the-gate"):
		w.WriteHeader(http.StatusUnauthorized)
	default:
		g.used[carried] = true
		fmt.Fprint(w, carried)
	}
}

func gatedCmd(ts *testscript.TestScript, _ bool, args []string) {
	g := &gated{used: map[string]bool{}}
	for _, arg := range args {
		switch arg {
		case "deny":
			g.deny = true
		case "once":
			g.most = 1
		default:
			_, err := fmt.Sscan(arg, &g.life)
			ts.Check(err)
		}
	}
	server := httptest.NewServer(g)
	ts.Defer(server.Close)
	ts.Setenv("GATE", server.URL)
}

// A client's secret that is replaced brings another token, which later requests carry;
// where it brings none, they go on with the one that they have.
func TestASecretOfAClientIsRenewed(t *testing.T) {
	g := &gated{used: map[string]bool{}}
	server := httptest.NewServer(g)
	defer server.Close()
	secret := filepath.Join(t.TempDir(), "secret")
	write := func(text string) { require.NoError(t, os.WriteFile(secret, []byte(text), 0o600)) }
	write("first")
	file, err := scenarios.Parse("f.yaml", []byte("target: "+server.URL+"\nload: {users: 1}\nhttp: {auth: {oauth2: {token_url: '"+server.URL+"/token', client_id: me, client_secret: '${file:"+secret+"}'}}}"))
	require.NoError(t, err)
	c, err := file.Compile(scenarios.Options{ReadFile: os.ReadFile})
	require.NoError(t, err)
	client, err := prepare(t.Context(), c, stdio{env: func(string) (string, bool) { return "", false }})
	require.NoError(t, err)
	defer c.Tokens.Close()
	var said []string
	r := newRenewer(c, client, func(kind, text string) { said = append(said, kind+": "+text) })
	s := client.NewSender(loadgen.User{Clock: loadgen.NewClock(), Session: session.New(c.Plan.Scope, 1, 1)})
	defer s.Close()
	send := func(want string) {
		t.Helper()
		call := loadgen.NewCall(measure.Outcome{}, 0)
		s.Send(call)
		require.Equal(t, measure.OK, call.Outcome.Class, "%v", call.Outcome.Err)
		g.mu.Lock()
		defer g.mu.Unlock()
		require.True(t, g.used["Bearer "+want], "%v", g.used)
		clear(g.used)
	}
	send("1-opens-the-gate-of-FIRST")

	write("second")
	r.look(t.Context())
	send("2-opens-the-gate-of-SECOND")
	require.Equal(t, "***, ***", r.mask("1-opens-the-gate-of-FIRST, 2-opens-the-gate-of-SECOND"))

	g.mu.Lock()
	g.deny = true
	g.mu.Unlock()
	write("third")
	r.look(t.Context())
	r.look(t.Context())
	send("2-opens-the-gate-of-SECOND")
	require.Equal(t, []string{
		"renewed: credentials were read again and are in use",
		"not renewed: credentials stay as they were: token of " + server.URL + "/token: the answer is 401 Unauthorized",
	}, said)

	g.mu.Lock()
	g.deny = false
	g.mu.Unlock()
	r.look(t.Context())
	send("3-opens-the-gate-of-THIRD")
}
