package sseload

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
)

// Streams that are opened after Renew are opened in the new way.
func TestStepsAreRenewed(t *testing.T) {
	got := make(chan string, 10)
	stream := streaming(0, false, "data: a\n\n")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header.Get("Authorization")
		stream.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close) // after the user's
	u, err := url.Parse(server.URL)
	require.NoError(t, err)
	steps := func(token string) []*Step {
		return []*Step{{Request: loadgen.Request{URL: u, Header: []loadgen.Field{{Name: "Authorization", Value: token}}}}, {Kind: Next}, nil}
	}
	w := newWorld(t, server.URL, Options{}, steps("old")...)
	w.ok(0)
	require.NoError(t, w.client.Renew(steps("new")))
	w.ok(0)
	require.Equal(t, []string{"old", "new"}, []string{<-got, <-got})

	elsewhere := steps("new")
	elsewhere[0].Request.URL = &url.URL{Scheme: "https", Host: "other.test"}
	other := steps("new")
	other[1].Kind = Close
	require.EqualError(t, w.client.Renew(elsewhere), "renew: step 0 goes to https://other.test:443 now, not to "+server.URL)
	require.EqualError(t, w.client.Renew(other), "renew: step 1 is of another kind now")
	require.EqualError(t, w.client.Renew(steps("new")[:2]), "renew: want 3 steps, got 2")
	require.ErrorContains(t, w.client.Renew([]*Step{{Kind: Next, Stream: 1}, nil, nil}), "renew: step 0: next: step 1 is none that opens a stream")
}
