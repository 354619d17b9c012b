package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	headTime = 10 * time.Second // for a request's head
	idleTime = 2 * time.Minute  // for a silent connection
	headSize = 32 << 10
)

// A Server is the applications behind one address.
type Server struct {
	settings Settings
	start    time.Time
	since    atomic.Int64 // the last reset, counted from start
	mux      *http.ServeMux
	tasks    tasks
	aged     even
	answers  answers

	limit    *limiter
	claude   *cooldown
	pool     *pool
	webhooks *receiver
	zap      *sender
	assets   *assets
	pages    *pages
	flow     *flow
	streams  *streams
}

// New makes a server whose age is counted from now. s has to come from Parse.
func New(s Settings) *Server { return newServer(s, renderAssets()) }

func newServer(s Settings, files map[string]asset) *Server {
	v := &Server{settings: s, start: time.Now(), mux: http.NewServeMux()}
	v.limit = newLimiter(s)
	v.claude = newCooldown(s)
	v.pool = newPool(s)
	v.webhooks = newReceiver(s)
	v.zap = newSender(s, &v.tasks)
	v.assets = newAssets(s, files)
	v.pages = newPages(s)
	v.flow = newFlow(s)
	v.streams = newStreams(s)
	v.routes()
	return v
}

func (v *Server) routes() {
	v.handle("GET /health", v.health)
	v.handle("GET /health/ready", v.ready)
	v.handle("GET /health/live", v.ready)
	v.handle("GET /limited", v.limit.serve)
	v.handle("GET /api/claude/ask", v.claude.ask)
	v.handle("POST /api/claude/ask", v.claude.ask)
	v.handle("GET /api/claude/status", v.claude.status)
	v.handle("GET /api/manus/run", v.pool.run)
	v.handle("POST /api/manus/run", v.pool.run)
	v.handle("GET /api/manus/status", v.pool.status)
	v.handle("POST /api/manus/exhaust", v.pool.exhaust)
	v.handle("POST /api/manus/fail", v.pool.fail)
	v.handle("POST /api/manus/reset", v.pool.renew)
	v.handle("POST /webhooks", v.webhooks.receive)
	v.handle("POST /webhooks/{id}", v.webhooks.receive)
	v.handle("GET /webhooks/{id}", v.webhooks.show)
	v.handle("GET /webhooks/stats", v.webhooks.stats)
	v.handle("POST /zap", v.zap.send)
	v.handle("GET /zap/{id}", v.zap.show)
	v.handle("GET /assets/{name}", v.assets.serve)
	v.handle("GET /{$}", v.pages.home)
	v.handle("GET /about", v.pages.about)
	v.handle("GET /pricing", v.pages.pricing)
	v.handle("POST /contact", v.pages.contact)
	v.handle("GET /thanks", v.pages.thanks)
	v.handle("POST /signup", v.flow.signup)
	v.handle("POST /login", v.flow.login)
	v.handle("POST /discord/link", v.flow.link)
	v.handle("POST /claude/requests", v.flow.request)
	v.handle("GET /claude/requests/{id}", v.flow.poll)
	v.handle("GET /ws", v.streams.socket)
	v.handle("GET /events", v.streams.events)
	v.mux.HandleFunc("GET /truth", v.truth)
	v.mux.HandleFunc("POST /truth/reset", v.reset)
}

// Serve answers what ln accepts until ctx ends, and returns nil then. It may be
// called once. By the time it returns, no goroutine of it is left.
func (v *Server) Serve(ctx context.Context, ln net.Listener) error {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	v.tasks.open(inner)
	web := &http.Server{
		Handler: v, BaseContext: func(net.Listener) context.Context { return inner },
		ReadHeaderTimeout: headTime, IdleTimeout: idleTime, MaxHeaderBytes: headSize,
	}
	var closing sync.WaitGroup
	closing.Go(func() {
		<-inner.Done()
		_ = web.Close()
	})
	err := web.Serve(ln)
	cancel()
	closing.Wait()
	v.tasks.close()
	v.zap.client.CloseIdleConnections()
	if ctx.Err() != nil || errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve, on %s: %w", ln.Addr(), err)
}

// ServeHTTP implements http.Handler for net/http; it works during Serve alone.
func (v *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	no, pattern := v.mux.Handler(r)
	if pattern != "" {
		v.mux.ServeHTTP(w, r)
		return
	}
	v.counted(func(w http.ResponseWriter, r *http.Request) error { // 404 or 405, which count as well
		no.ServeHTTP(w, r)
		return nil
	})(w, r)
}

// tasks are the requests and deliveries that go on.
type tasks struct {
	mu   sync.Mutex
	ctx  context.Context // of Serve: deliveries outlive the request that asked for them; nil when there is no Serve
	wait sync.WaitGroup
}

func (t *tasks) open(ctx context.Context) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ctx = ctx
}

// close lets none begin any more, and waits for those that have.
func (t *tasks) close() {
	t.mu.Lock()
	t.ctx = nil
	t.mu.Unlock()
	t.wait.Wait()
}

// begin counts a task, which has to call wait.Done; false when the server stops.
func (t *tasks) begin() (context.Context, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ctx == nil || t.ctx.Err() != nil {
		return nil, false
	}
	t.wait.Add(1)
	return t.ctx, true
}

// ready answers the checks of a load balancer, which no limit is for.
func (v *Server) ready(w http.ResponseWriter, _ *http.Request) error {
	return sendJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

func (v *Server) health(w http.ResponseWriter, r *http.Request) error {
	if v.settings.limit.health {
		if after, refused := v.limit.refuse(clientOf(r), time.Now()); refused {
			return tooMany(w, after, "too many requests in this window")
		}
	}
	return sendJSON(w, http.StatusOK, map[string]any{"status": "ok", "uptime_s": time.Since(v.start).Seconds()})
}
