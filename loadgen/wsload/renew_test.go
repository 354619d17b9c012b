package wsload

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
)

// Handshakes and messages after Renew are the new ones, and a connection stays open.
func TestStepsAreRenewed(t *testing.T) {
	got := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header.Get("Authorization")
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = c.CloseNow() }()
		for {
			_, text, err := c.Read(r.Context())
			if err != nil {
				return
			}
			got <- string(text)
		}
	}))
	defer server.Close()
	u, err := url.Parse(server.URL)
	require.NoError(t, err)
	steps := func(token, text string) []*Step {
		return []*Step{
			{Kind: Connect, Request: loadgen.Request{URL: u, Header: []loadgen.Field{{Name: "Authorization", Value: token}}}},
			{Kind: Send, Text: textOf(t, text)},
			nil,
		}
	}
	w := newWorld(t, server.URL, Options{}, nil)
	w.client, err = New(steps("old", "one"), Options{})
	require.NoError(t, err)
	w.sender = w.client.NewSender(loadgen.User{Clock: w.clock})
	defer w.sender.Close()
	expect := func(step int, want string) {
		t.Helper()
		w.ok(step)
		require.Equal(t, want, <-got)
	}
	expect(0, "old")
	expect(1, "one")
	require.NoError(t, w.client.Renew(steps("new", "two")))
	expect(1, "two")
	expect(0, "new")
	expect(1, "two")

	elsewhere := steps("new", "two")
	elsewhere[0].Request.URL = &url.URL{Scheme: "ws", Host: "other.test"}
	other := steps("new", "two")
	other[1].Kind = Close
	require.EqualError(t, w.client.Renew(elsewhere), "renew: step 0 goes to http://other.test:80 now, not to "+server.URL)
	require.EqualError(t, w.client.Renew(other), "renew: step 1 is of another kind now")
	require.EqualError(t, w.client.Renew(steps("new", "two")[:2]), "renew: want 3 steps, got 2")
	require.ErrorContains(t, w.client.Renew([]*Step{{Kind: Send}, nil, nil}), "renew: step 0: send: it has no message")
	expect(1, "two") // what cannot be used changes nothing
}
