package live

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// On loopback, a page of another site that gave its name our address gets nothing.
func TestWhoMayLookOnLoopback(t *testing.T) {
	tests := []struct {
		host string
		code int
	}{
		{"127.0.0.1:8089", 200},
		{"127.1.2.3", 200},
		{"localhost:9000", 200},
		{"LOCALHOST", 200},
		{"[::1]:8089", 200},
		{"[::ffff:127.0.0.1]:80", 200},
		{"evil.example.test", 403},
		{"evil.example.test:8089", 403},
		{"localhost.evil.example.test", 403},
		{"192.0.2.7:8089", 403},
		{"127.0.0.1.evil.example.test", 403},
		{"0.0.0.0:8089", 403},
		{"127.0.0.1:x", 403},
	}
	inBubble(t, func(t *testing.T, w *world) {
		for _, test := range tests {
			for _, path := range []string{"/", "/style.css", "/script.js", "/healthz"} {
				answer, _ := w.ask(t, http.MethodGet, path, nil, "Host", test.host)
				require.Equal(t, test.code, answer.StatusCode, "%s %s", test.host, path)
			}
		}
	})
}

// Elsewhere whoever comes has to know the token.
func TestWhoMayLookElsewhere(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.access = newAccess(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 8089})
		token := w.access.token
		require.GreaterOrEqual(t, len(token), 26) // of 32 letters: 130 bits
		require.Equal(t, "http://192.0.2.7:8089/?token="+token, w.access.url(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 8089}))
		for _, path := range []string{"/", "/events", "/style.css", "/script.js", "/healthz", "/?token=" + token[1:], "/?token=", "/events?token=" + token, "/nothing"} {
			answer, text := w.ask(t, http.MethodGet, path, nil)
			require.Equal(t, http.StatusForbidden, answer.StatusCode, path)
			require.Equal(t, "this page takes the token: open the whole address that gonogo printed\n", text)
			require.Empty(t, answer.Cookies())
		}
		answer, text := w.ask(t, http.MethodPost, "/stop", form("key", w.access.key), "Content-Type", "application/x-www-form-urlencoded")
		require.Equal(t, http.StatusForbidden, answer.StatusCode, text)

		answer, text = w.ask(t, http.MethodGet, "/?token="+token, nil)
		require.Equal(t, http.StatusOK, answer.StatusCode)
		require.Contains(t, text, `content="0; url=/"`)
		require.Equal(t, []string{"gonogo_8089=" + token + "; Path=/; HttpOnly; SameSite=Strict"}, answer.Header["Set-Cookie"])

		for _, header := range [][]string{{"Cookie", "gonogo_8089=" + token}, {"Authorization", "Bearer " + token}} {
			answer, text = w.ask(t, http.MethodGet, "/", nil, header...)
			require.Equal(t, http.StatusOK, answer.StatusCode)
			require.NotContains(t, text, token)
		}
		for _, header := range [][]string{{"Cookie", "gonogo_8089=" + token + "A"}, {"Cookie", "gonogo_8090=" + token}, {"Authorization", "Bearer x"}, {"Authorization", token}} {
			answer, _ = w.ask(t, http.MethodGet, "/", nil, header...)
			require.Equal(t, http.StatusForbidden, answer.StatusCode, header)
		}
	})
}

func form(pairs ...string) *strings.Reader {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return strings.NewReader(v.Encode())
}

func TestWhoMayStop(t *testing.T) {
	const kind = "application/x-www-form-urlencoded"
	tests := []struct {
		name   string
		header []string
		key    bool
		code   int
	}{
		{"the page's script", []string{"Origin", "http://127.0.0.1:8089", "Sec-Fetch-Site", "same-origin"}, true, 202},
		{"the page's form without a script", []string{"Origin", "http://127.0.0.1:8089", "Accept", "text/html,*/*"}, true, 303},
		{"a program with the key", nil, true, 202},
		{"who has no key", []string{"Origin", "http://127.0.0.1:8089"}, false, 403},
		{"a page of another site, with the key", []string{"Origin", "http://evil.example.test"}, true, 403},
		{"a page of another port", []string{"Origin", "http://127.0.0.1:9999"}, true, 403},
		{"a page that hides where it is from", []string{"Origin", "null"}, true, 403},
		{"a page of another site, as the browser says", []string{"Sec-Fetch-Site", "cross-site"}, true, 403},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				key := "wrong"
				if test.key {
					key = w.access.key
				}
				answer, _ := w.ask(t, http.MethodPost, "/stop", form("key", key), append([]string{"Content-Type", kind}, test.header...)...)
				require.Equal(t, test.code, answer.StatusCode)
				stopped := test.code < 400
				require.Equal(t, stopped, w.stops.Load() == 1)
				synctest.Wait()
				require.Equal(t, stopped, w.board.state == stopping)
			})
		})
	}
}

func TestStoppingTwiceStopsOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		for range 2 {
			answer, _ := w.ask(t, http.MethodPost, "/stop", form("key", w.access.key), "Content-Type", "application/x-www-form-urlencoded")
			require.Equal(t, http.StatusAccepted, answer.StatusCode)
		}
		require.EqualValues(t, 1, w.stops.Load())
	})
}

func TestWhatIsNotAnswered(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		tests := []struct {
			method, path, body string
			header             []string
			code               int
		}{
			{"GET", "/nothing", "", nil, 404},
			{"GET", "/stop", "", nil, 405},
			{"POST", "/", "", nil, 405},
			{"PUT", "/stop", "", nil, 405},
			{"DELETE", "/events", "", nil, 405},
			{"POST", "/stop", strings.Repeat("x", 1<<20), []string{"Content-Type", "application/x-www-form-urlencoded"}, 403},
			{"GET", "/", "", []string{"X-Long", strings.Repeat("x", 64<<10)}, 431},
			{"HEAD", "/", "", nil, 200},
			{"HEAD", "/events", "", nil, 200},
		}
		for _, test := range tests {
			answer, _ := w.ask(t, test.method, test.path, strings.NewReader(test.body), test.header...)
			require.Equal(t, test.code, answer.StatusCode, "%s %s", test.method, test.path)
		}
		answer, _ := w.ask(t, http.MethodPost, "/stop", form("a", strings.Repeat("x", mostForm), "key", w.access.key), "Content-Type", "application/x-www-form-urlencoded")
		require.Equal(t, http.StatusForbidden, answer.StatusCode)
		require.Zero(t, w.stops.Load())
		time.Sleep(time.Second) // a server that refuses a body waits before it closes
	})
}

func TestWhatBrowsersAreTold(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		for _, path := range []string{"/", "/style.css", "/script.js", "/nothing"} {
			answer, _ := w.ask(t, http.MethodGet, path, nil)
			for name, want := range map[string]string{
				"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
				"X-Content-Type-Options":  "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
			} {
				require.Equal(t, want, answer.Header.Get(name), path)
			}
		}
	})
}

// Without a script the page comes again by itself, and can stop the run all the same.
func TestThePageWithoutAScript(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		_, page := w.ask(t, http.MethodGet, "/", nil)
		require.Contains(t, page, `<noscript><meta http-equiv="refresh" content="5"></noscript>`)
		require.Contains(t, page, `<form method="post" action="/stop">`)
		require.Contains(t, page, `value="`+w.access.key+`"`)
		require.NotContains(t, page, "style=")
		w.End(nil)
		_, page = w.ask(t, http.MethodGet, "/", nil)
		require.Contains(t, page, "Ended, without a report.")
	})
}
