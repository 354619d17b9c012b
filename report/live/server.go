package live

import (
	"io"
	"log"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	mostWatchers    = 200
	mostConnections = 300 // so that the load keeps its descriptors
	writeWithin     = 10 * time.Second
)

func newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, MaxHeaderBytes: 16 << 10, ErrorLog: log.New(io.Discard, "", 0),
		ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, // streams end by deadlines of their own
	}
}

// watchers counts those who watch.
type watchers struct{ n atomic.Int64 }

func (w *watchers) count() int { return int(w.n.Load()) }

// join tells whether there is room for one more, who has to leave again.
func (w *watchers) join() bool {
	if w.n.Add(1) > mostWatchers {
		w.n.Add(-1)
		return false
	}
	return true
}

func (w *watchers) leave() { w.n.Add(-1) }

// A gate counts what is being answered, so that somebody may wait for it.
type gate struct {
	mu    sync.Mutex
	n     int
	shut  bool
	empty chan struct{} // closed when it is shut, and nothing is being answered
}

func newGate() *gate { return &gate{empty: make(chan struct{})} }

// enter tells whether there is still something to be had. Who enters has to leave.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.shut {
		g.n++
	}
	return !g.shut
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.n--; g.shut && g.n == 0 {
		close(g.empty)
	}
}

// close lets nobody in any more.
func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut = true; g.n == 0 {
		close(g.empty)
	}
}
