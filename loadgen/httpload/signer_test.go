package httpload

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/measure"
)

// pathSigner signs with the path that it is shown.
type pathSigner struct{}

func (pathSigner) Sign(dst []byte, r *loadgen.Rendered) []byte {
	return append(append(append(dst, "X-Signed: "...), r.URL.Path...), "\r\n"...)
}

// What follows a redirect is signed as the request that it is; what goes to another
// host is not.
func TestASignatureStaysWithItsHost(t *testing.T) {
	var mu sync.Mutex
	var got []string
	note := func(r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, r.URL.Path+" "+r.Header.Get("X-Signed"))
	}
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { note(r) }))
	defer other.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		note(r)
		switch r.URL.Path {
		case "/old":
			http.Redirect(w, r, "/new", http.StatusFound)
		case "/new":
			http.Redirect(w, r, other.URL+"/other", http.StatusFound)
		}
	}))
	defer server.Close()
	tr := newTrip(t, server.URL+"/old", "", Options{}, func(_ *trip, u *url.URL) []loadgen.Step {
		return []loadgen.Step{{Request: loadgen.Request{URL: u, Signer: pathSigner{}, MaxRedirects: 2}}}
	})
	require.Equal(t, measure.OK, tr.send(0, false).Class)
	mu.Lock()
	defer mu.Unlock()
	require.Equal(t, []string{"/old /old", "/new /new", "/other "}, got)
}
