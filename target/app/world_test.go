package app

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/target"
)

// parsed is settings and faults from words of the form of --set,
// or of --fault after an exclamation mark.
func parsed(t *testing.T, words ...string) Settings {
	t.Helper()
	var settings, faults []string
	for _, word := range words {
		if fault, is := strings.CutPrefix(word, "!"); is {
			faults = append(faults, fault)
		} else {
			settings = append(settings, word)
		}
	}
	s, err := Parse(settings, faults, target.Aging{})
	require.NoError(t, err)
	return s
}

// inTime runs a server in a bubble of its own, without a network: the clock
// stands still while anything runs, so durations are exact.
func inTime(t *testing.T, words []string, f func(t *testing.T, b *bubble)) {
	t.Helper()
	settings := parsed(t, words...)
	synctest.Test(t, func(t *testing.T) { f(t, newBubble(t, settings)) })
}

// made is a server that does not render what all of them share.
func made(s Settings) *Server { return newServer(s, rendered()) }

var rendered = sync.OnceValue(renderAssets)

type bubble struct {
	t *testing.T
	v *Server
}

func newBubble(t *testing.T, s Settings) *bubble {
	b := &bubble{t, made(s)}
	b.v.tasks.open(t.Context())
	b.v.zap.client.Transport = b
	return b
}

// RoundTrip answers a request as the server does, or fails where it ends the connection.
func (b *bubble) RoundTrip(r *http.Request) (answer *http.Response, err error) {
	w := httptest.NewRecorder()
	defer func() {
		if recover() != nil {
			answer, err = nil, io.ErrUnexpectedEOF
		}
	}()
	r.RemoteAddr = "192.0.2.1:1234"
	b.v.ServeHTTP(w, r)
	return w.Result(), nil
}

// A reply is one answer, whole.
type reply struct {
	status int
	header http.Header
	body   string
	took   time.Duration
	err    error
}

// ask makes a request such as "GET /health"; headers are NAME: VALUE.
func (b *bubble) ask(request, body string, headers ...string) reply {
	method, path, _ := strings.Cut(request, " ")
	r := httptest.NewRequestWithContext(b.t.Context(), method, "http://app.test"+path, strings.NewReader(body))
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	began := time.Now()
	answer, err := b.RoundTrip(r)
	if err != nil {
		return reply{err: err, took: time.Since(began)}
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return reply{answer.StatusCode, answer.Header, string(text), time.Since(began), err}
}

// field reads a field of a JSON object.
func (r reply) field(t *testing.T, name string) any {
	t.Helper()
	var object map[string]any
	require.NoError(t, json.Unmarshal([]byte(r.body), &object), r.body)
	return object[name]
}

// start serves on loopback for the length of the test.
func start(t *testing.T, v *Server) (address string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan error, 1)
	ctx := t.Context()
	go func() { done <- v.Serve(ctx, ln) }()
	t.Cleanup(func() { require.NoError(t, <-done) }) // the context has ended by then
	return ln.Addr().String()
}
