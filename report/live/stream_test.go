package live

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/report"
	"gonogo/report/html"
)

// A watcher that is slow loses what lies between, and sees what is newest.
func TestTheLatestWins(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		slow := w.watch(t)
		slow.update()
		for range 6 { // it reads nothing for as long
			w.pulse()
			time.Sleep(time.Second)
		}
		seen := 0
		for {
			_, got := slow.update()
			seen++
			var h head
			require.NoError(t, json.Unmarshal([]byte(got["now"]), &h))
			if strings.HasPrefix(h.Elapsed, "6s") {
				break
			}
		}
		require.LessOrEqual(t, seen, 2) // what it was being told when it stopped reading, and the newest
		slow.close()
	})
}

// A watcher that never reads is dropped, and nobody else notices it.
func TestAWatcherThatNeverReads(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		c, err := w.net.dial(t.Context(), "", "")
		require.NoError(t, err)
		_, err = io.WriteString(c, "GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
		require.NoError(t, err)
		v := w.watch(t)
		v.update()
		synctest.Wait()
		require.Equal(t, 2, w.watchers.count())
		for n := range 12 {
			w.pulse()
			_, got := v.update()
			require.Contains(t, got["now"], fmt.Sprintf(`"Elapsed":"%ds of`, n+1))
			time.Sleep(time.Second)
		}
		synctest.Wait()
		require.Equal(t, 1, w.watchers.count())
		v.close()
		require.NoError(t, c.Close())
	})
}

// Who comes back is told what it has missed; who comes from another process, all.
func TestReconnecting(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		v := w.watch(t)
		v.update()
		w.pulse()
		id, first := v.update()
		v.close()
		w.parts = func() []html.Section {
			return []html.Section{{ID: "steps", HTML: "drawn"}, {ID: "errors", HTML: "some"}}
		}
		time.Sleep(2 * time.Second)
		w.pulse()
		again := w.watch(t, "Last-Event-ID", id)
		_, got := again.update()
		delete(got, "now")
		require.Equal(t, map[string]string{"errors": "some after steps"}, got)
		again.close()
		for _, other := range []string{"AAAAAAAA-" + strings.Split(id, "-")[1], w.boot + "-99999", w.boot + "-x", "<>"} {
			anew := w.watch(t, "Last-Event-ID", other)
			_, got := anew.update()
			require.Equal(t, first["steps"], got["steps"], other)
			require.Contains(t, got, "title")
			anew.close()
		}
	})
}

// The page says what it has, so that its first connection is told nothing twice.
func TestThePageIsGoneOnWith(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.pulse()
		_, page := w.ask(t, http.MethodGet, "/", nil)
		_, rest, _ := strings.Cut(page, `data-seen="`)
		seen, _, _ := strings.Cut(rest, `"`)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:8089/events?seen="+seen, nil)
		require.NoError(t, err)
		answer, err := w.client().Do(r)
		require.NoError(t, err)
		got := make([]byte, 100)
		n, err := answer.Body.Read(got)
		require.NoError(t, err)
		require.Equal(t, "retry: 1000\n\n", string(got[:n]))
		time.Sleep(quiet)
		n, err = answer.Body.Read(got)
		require.NoError(t, err)
		require.Equal(t, ":\n\n", string(got[:n]))
		require.NoError(t, answer.Body.Close())
	})
}

func TestThereIsRoomForSoMany(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var all []*watcher
		for range mostWatchers {
			all = append(all, w.watch(t))
		}
		answer, text := w.ask(t, http.MethodGet, "/events", nil)
		require.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
		require.Equal(t, "10", answer.Header.Get("Retry-After"))
		require.Contains(t, text, "200 watch already")
		for _, v := range all {
			v.close()
		}
		synctest.Wait()
		require.Zero(t, w.watchers.count())
		w.watch(t).close()
	})
}

func TestTheEndIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := begun(t)
		v := w.watch(t)
		v.update()
		w.pulse()
		v.update()
		w.Stopping()
		_, got := v.update()
		require.Contains(t, got["state"], "Stopping")
		w.parts = func() []html.Section { return []html.Section{{ID: "verdict", HTML: "the last"}} }
		w.End(&report.Report{Verdict: "NO-GO", Files: []string{"load_test_report_20251214_090212.json"}})
		began := time.Now()
		closed := make(chan struct{})
		go func() { defer close(closed); w.Close() }()
		_, got = v.update()
		require.Equal(t, "the last", got["verdict"])
		require.Equal(t, `Ended: <strong class="stop">✖ NO-GO</strong>`, got["state"])
		require.Contains(t, got["log"], "written: load_test_report_20251214_090212.json")
		for m, more := v.next(); m.name != "ended"; m, more = v.next() {
			require.True(t, more)
		}
		_, more := v.next()
		require.False(t, more)
		<-closed
		require.Zero(t, time.Since(began)) // nobody was waited for
	})
}

func TestTheEndIsNotDrawnForNobody(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.pulse()
		w.End(&report.Report{Verdict: "GO"})
		synctest.Wait()
		require.Zero(t, w.draws.Load())
		require.Equal(t, over, w.board.state)
	})
}

// Whoever does not read the end is not waited for.
func TestTheEndWaitsForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := begun(t)
		c, err := w.net.dial(t.Context(), "", "")
		require.NoError(t, err)
		_, err = io.WriteString(c, "GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
		require.NoError(t, err)
		synctest.Wait()
		began := time.Now()
		w.Close()
		require.Equal(t, time.Second, time.Since(began))
		require.NoError(t, c.Close())
	})
}

// On a real network, neither goroutines nor descriptors are left behind.
func TestNothingIsLeftBehind(t *testing.T) {
	descriptors := func() int {
		all, _ := filepath.Glob("/proc/self/fd/*")
		return len(all)
	}
	goroutines, files := runtime.NumGoroutine(), descriptors()
	p, err := Open("127.0.0.1:0", Options{Stop: func() {}})
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{}}
	for range 50 {
		ctx, cancel := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL()+"events", nil)
		require.NoError(t, err)
		answer, err := client.Do(r)
		require.NoError(t, err)
		_, err = answer.Body.Read(make([]byte, 1))
		require.NoError(t, err)
		cancel()
		_ = answer.Body.Close()
	}
	p.Close()
	client.CloseIdleConnections()
	for runtime.NumGoroutine() > goroutines { // those of the connections end by themselves
		runtime.Gosched()
	}
	if _, err := os.Stat("/proc/self/fd"); err == nil {
		for descriptors() > files+2 { // Go's own poller has two
			runtime.Gosched()
		}
	}
}

func TestAnAddressThatIsTaken(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	_, err = Open(ln.Addr().String(), Options{Stop: func() {}})
	require.ErrorContains(t, err, "listen for the live page: listen tcp "+ln.Addr().String())
}
