package recorder

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// between starts a Recorder in front of a handler, and returns it with its URL.
func between(t *testing.T, h http.HandlerFunc) (*Recorder, string, *http.Client) {
	t.Helper()
	target := httptest.NewTLSServer(h)
	t.Cleanup(target.Close)
	at, err := url.Parse(target.URL)
	require.NoError(t, err)
	r := New(at, target.Client().Transport)
	here := httptest.NewServer(r)
	t.Cleanup(here.Close)
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return r, here.URL, &http.Client{Jar: jar}
}

func TestWhatPassesIsRecorded(t *testing.T) {
	var at string
	r, here, client := between(t, func(w http.ResponseWriter, in *http.Request) {
		at = "https://" + in.Host
		body, _ := io.ReadAll(in.Body)
		switch in.URL.Path {
		case "/login":
			w.Header().Set("Set-Cookie", "session=s1; Domain=shop.test; Secure; Path=/")
			http.Redirect(w, in, at+"/home?x=1", http.StatusSeeOther)
		default:
			_, _ = io.WriteString(w, in.Method+" "+string(body)+" "+in.Header.Get("Cookie"))
		}
	})
	answer, err := client.Post(here+"/login", "text/plain", strings.NewReader("ann"))
	require.NoError(t, err)
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, "GET  session=s1", string(text), "redirects and cookies lead here")
	require.True(t, strings.HasPrefix(answer.Request.URL.String(), here))

	har, n, missed := r.HAR()
	require.Equal(t, 2, n)
	require.Zero(t, missed)
	var log struct {
		Log struct {
			Entries []struct {
				Request struct {
					Method, URL string
					PostData    struct{ Text string }
				}
				Response struct {
					Status      int
					RedirectURL string
					Content     struct{ Text string }
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(har, &log))
	first, second := log.Log.Entries[0], log.Log.Entries[1]
	require.Equal(t, "POST", first.Request.Method)
	require.Equal(t, "ann", first.Request.PostData.Text)
	require.Equal(t, 303, first.Response.Status)
	require.Equal(t, at+"/home?x=1", first.Response.RedirectURL, "as the target said it")
	require.Equal(t, at+"/home?x=1", second.Request.URL)
	require.Equal(t, "GET  session=s1", second.Response.Content.Text)
}

func TestWhatThereIsNoRoomForPasses(t *testing.T) {
	big := strings.Repeat("x", 1000)
	r, here, client := between(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, big) })
	r.room = 48_500
	var asking sync.WaitGroup
	for range 60 {
		asking.Go(func() {
			answer, err := client.Get(here)
			if err == nil {
				n, _ := io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
				if n != int64(len(big)) {
					t.Errorf("%d bytes", n)
				}
			}
		})
	}
	asking.Wait()
	_, n, missed := r.HAR()
	require.Equal(t, 48, n)
	require.Equal(t, 12, missed)
}

func TestATargetThatIsDownIsSaid(t *testing.T) {
	r := New(&url.URL{Scheme: "http", Host: "127.0.0.1:1"}, nil)
	here := httptest.NewServer(r)
	defer here.Close()
	answer, err := http.Get(here.URL)
	require.NoError(t, err)
	defer answer.Body.Close()
	require.Equal(t, http.StatusBadGateway, answer.StatusCode)
}
