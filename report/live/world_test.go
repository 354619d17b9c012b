package live

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/measure"
	"gonogo/report"
	"gonogo/report/html"
)

// pipes is a network without a kernel: what is written has to be read before the writer
// goes on, on the clock of the bubble.
type pipes struct {
	come   chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{come: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.come:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8089} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.come <- there:
		return here, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// world is a page on a network of its own.
type world struct {
	*Page
	net    *pipes
	draws  atomic.Int64 // how often it was drawn
	takes  time.Duration
	parts  func() []html.Section
	stops  atomic.Int64
	second int
}

// newWorld serves a page whose report has one section, which says how often it was drawn.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{net: newPipes()}
	w.Page = serve(w.net, Options{Kind: "load", Stop: func() { w.stops.Add(1) }})
	w.parts = func() []html.Section { return []html.Section{{ID: "steps", HTML: "drawn"}} }
	w.board.post(func() {
		w.board.pen.spent = func(do func()) time.Duration { // on the clock of the bubble
			began := time.Now()
			do()
			return time.Since(began)
		}
		w.board.pen.draws = func(*report.Report) []html.Section {
			time.Sleep(w.takes)
			w.draws.Add(1)
			return w.parts()
		}
	})
	return w
}

func config() measure.Config { return measure.Config{Steps: []string{"look"}, Charge: time.Second} }

// pulse is the next second of a run, with ten good requests of ten milliseconds.
func (w *world) pulse() {
	recorder := measure.NewRecorder(config())
	for i := range 10 {
		due := time.Duration(w.second)*time.Second + time.Duration(i)*100*time.Millisecond
		recorder.Record(&measure.Outcome{
			Phase: measure.Measure, Status: 200, Due: due, Sent: due, FirstByte: due + 10*time.Millisecond, Done: due + 10*time.Millisecond, Read: due + 10*time.Millisecond,
		})
	}
	w.second++
	w.Pulse(Pulse{
		At: time.Duration(w.second) * time.Second, Phase: "measure", Users: new(3), CPU: -1, Memory: -1,
		Intervals: recorder.Seal(),
		Report: func(of, _ *measure.Summary) (*report.Report, error) {
			n := of.Total().Planned()
			return &report.Report{Totals: report.Totals{Requests: n}}, nil
		},
	})
}

// begun is a world in which a run has begun.
func begun(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.Begin(Run{ID: "20251214_090212", Scenario: "burst", Target: "http://127.0.0.1", Load: "3 users", Length: time.Minute, Config: config()})
	return w
}

// client is a browser without a cache.
func (w *world) client() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DialContext: w.net.dial, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// ask sends a request, and returns the answer with its whole body.
func (w *world) ask(t *testing.T, method, path string, body io.Reader, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:8089"+path, body)
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		if r.Header.Set(header[i], header[i+1]); header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	answer, err := w.client().Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer, string(text)
}

// message is one server-sent event.
type message struct{ name, data, id string }

// watcher reads events.
type watcher struct {
	t    *testing.T
	body io.ReadCloser
	from *bufio.Reader
}

// watch connects a watcher; header and value come in turn.
func (w *world) watch(t *testing.T, header ...string) *watcher {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:8089/events", nil)
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := w.client().Do(r)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Equal(t, "text/event-stream", answer.Header.Get("Content-Type"))
	t.Cleanup(func() { _ = answer.Body.Close() })
	return &watcher{t, answer.Body, bufio.NewReader(answer.Body)}
}

// next reads the next event; false: there is no other one.
func (w *watcher) next() (m message, more bool) {
	for {
		line, err := w.from.ReadString('\n')
		if err != nil {
			return m, false
		}
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch key {
		case "event":
			m.name = value
		case "data":
			m.data = value
		case "id":
			m.id = value
		case "":
			if m != (message{}) {
				return m, true
			}
		}
	}
}

// update reads events up to the id that ends an update, and returns it and what there
// was by name: of parts by their own.
func (w *watcher) update() (id string, all map[string]string) {
	all = map[string]string{}
	for {
		m, more := w.next()
		require.True(w.t, more, "the stream ended")
		if m.id != "" {
			return m.id, all
		}
		if m.name != "part" {
			all[m.name] = m.data
			continue
		}
		var p struct{ ID, HTML, After string }
		require.NoError(w.t, json.Unmarshal([]byte(m.data), &p))
		all[p.ID] = p.HTML
		if p.After != "" {
			all[p.ID] += " after " + p.After
		}
	}
}

func (w *watcher) close() { _ = w.body.Close() }

// inBubble runs a test on a virtual clock, and closes the page.
func inBubble(t *testing.T, of func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := begun(t)
		defer w.Close()
		of(t, w)
	})
}
