// Package live owns the page that is served while a run goes on: the report of the run
// so far, drawn again as it grows, with the figures of the last seconds above it.
//
// A Page is told of each second (live.go). One goroutine owns all that the page shows
// (board.go): it merges what it is told into a summary of its own, so that it shares
// nothing with the run, adds up the last seconds (recent.go), and draws for all who
// watch together (draw.go), never for more than a four-hundredth of one processor. What
// is shown is a view, which never changes (view.go): each watcher writes what it has not
// seen of the newest one (stream.go), so that one that reads slowly loses what lies
// between and never holds anything back. server.go listens, access.go says who may look,
// handler.go answers, page.go is the page itself.
package live

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/net/netutil"

	"gonogo/measure"
	"gonogo/report"
)

// Options are what a Page needs to know beforehand.
type Options struct {
	Kind string // of the run: "load"
	Stop func() // ends the run in good order; called once at most
}

// A Run is what the page is about, from Begin on.
type Run struct {
	ID, Scenario, Target, Load string
	Length                     time.Duration    // of the whole plan
	From                       time.Duration    // where on that line the first second begins
	Config                     measure.Config   // that its intervals fit
	Against                    *measure.Config  // likewise of its other target; nil: there is none
	Before                     *measure.Summary // what earlier segments left behind, for the page to keep; nil: nothing
}

// A Pulse is what one second of a run brought, and how it is at its end. Nothing of it
// may change any more.
type Pulse struct {
	At       time.Duration // since the run's start
	Phase    string
	Users    *int     // of the closed model
	Arrivals *float64 // a second, that the plan of the open model wants now
	InFlight int
	CPU      float64 // share of the processors in use; below 0: not known
	Memory   int64   // bytes that are resident; below 0: not known

	Intervals, Against []measure.Interval

	// Report makes the report of the run up to here, of the two summaries; the second
	// is nil where there is no other target. It is called from another goroutine, and
	// only where somebody looks.
	Report func(of, against *measure.Summary) (*report.Report, error)
}

// A Page is served from Open to Close. Its methods never wait for whoever watches, but
// for Close.
type Page struct {
	board    *board
	access   *access
	watchers watchers
	stop     func()
	server   *http.Server
	address  net.Addr
	boot     string // tells this page from one that another process serves at the same address
	gate     *gate
	serving  sync.WaitGroup
}

// Open serves a page at the address. The error says what is wrong with that.
func Open(address string, o Options) (*Page, error) {
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for the live page: %w", err)
	}
	return serve(ln, o), nil
}

// serve serves a page to whoever comes through the listener.
func serve(ln net.Listener, o Options) *Page {
	p := &Page{
		address: ln.Addr(), access: newAccess(ln.Addr()), boot: rand.Text()[:8], gate: newGate(), stop: sync.OnceFunc(o.Stop),
	}
	p.board = newBoard(o.Kind, p.watchers.count)
	p.server = newServer(p.handler())
	p.serving.Go(p.board.run)
	p.serving.Go(func() {
		if err := p.server.Serve(netutil.LimitListener(ln, mostConnections)); !errors.Is(err, http.ErrServerClosed) {
			p.Say("the page is not served any more: " + err.Error())
		}
	})
	return p
}

// Watched tells whether somebody watches now.
func (p *Page) Watched() bool { return p.watchers.count() > 0 }

// URL is where the page is, with the token that it takes.
func (p *Page) URL() string { return p.access.url(p.address) }

// Begin shows another run from now on.
func (p *Page) Begin(r Run) { p.board.post(func() { p.board.begin(r) }) }

// Pulse shows what a second brought.
func (p *Page) Pulse(of Pulse) { p.board.post(func() { p.board.take(of) }) }

// Say adds a line to the log of events.
func (p *Page) Say(text string) {
	at := time.Now()
	p.board.post(func() { p.board.log(at, text) })
}

// Stopping tells that the run drains now.
func (p *Page) Stopping() { p.board.post(func() { p.board.turn(stopping) }) }

// End shows the report of the run as it is at last; nil: there is none.
func (p *Page) End(r *report.Report) { p.board.post(func() { p.board.end(r) }) }

// Close ends the page, once. Who watches has a moment to read what came last.
func (p *Page) Close() {
	const moment = time.Second
	p.board.close()
	p.gate.close()
	select {
	case <-p.gate.empty:
	case <-time.After(moment):
	}
	_ = p.server.Close()
	p.serving.Wait()
	<-p.gate.empty // those who were cut off notice it
}
