package live

import (
	"net/http"
	"strings"
	"time"
)

// handler answers all requests.
func (p *Page) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.page)
	mux.HandleFunc("GET /events", p.events)
	mux.HandleFunc("GET /style.css", asset("text/css; charset=utf-8", style()))
	mux.HandleFunc("GET /script.js", asset("text/javascript; charset=utf-8", script()))
	mux.HandleFunc("GET /healthz", asset("text/plain; charset=utf-8", "ok\n"))
	mux.HandleFunc("POST /stop", p.stopRun)
	return p.guarded(mux)
}

// guarded lets in who may look, and says to browsers what the page may do: nothing but
// what comes from here.
func (p *Page) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !p.gate.enter() {
			p.refuse(w, http.StatusServiceUnavailable, "the run has ended")
			return
		}
		defer p.gate.leave()
		control := http.NewResponseController(w)
		_ = control.SetWriteDeadline(time.Now().Add(writeWithin)) // every server of ours can
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin") // with no-referrer, a form tells no origin
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		switch {
		case p.access.shows(r) && r.URL.Path == "/":
			p.welcome(w)
		case !p.access.may(r):
			p.refuse(w, http.StatusForbidden, p.access.wanted())
		default:
			next.ServeHTTP(w, r)
		}
		_ = control.Flush() // before the page may be closed
	})
}

// wanted says what a request has to have.
func (a *access) wanted() string {
	if a.token == "" {
		return "this page is for this machine: open it as http://127.0.0.1 or http://localhost, with its port"
	}
	return "this page takes the token: open the whole address that gonogo printed"
}

// refuse answers with words.
func (p *Page) refuse(w http.ResponseWriter, code int, why string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	_, _ = w.Write([]byte(why + "\n")) // who does not listen is not told
}

// welcome takes the token out of the address bar. A redirect would not do: a browser
// that comes from elsewhere, as from a mail, would not show the cookie to it.
func (p *Page) welcome(w http.ResponseWriter) {
	p.access.remember(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(`<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=/"><title>gonogo</title><p><a href="/">Go on to the page</a></p></html>` + "\n"))
}

func asset(kind, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write([]byte(text))
	}
}

// page answers with all that there is to see so far.
func (p *Page) page(w http.ResponseWriter, r *http.Request) {
	v := p.board.look(r.Context().Done())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = render(w, p.content(v)) // who went away needs none
}

const mostForm = 4 << 10

// stopRun ends the run in good order.
func (p *Page) stopRun(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, mostForm)
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(writeWithin)) // every server of ours can
	switch {
	case !p.access.mayStop(r):
		p.refuse(w, http.StatusForbidden, "only the page itself may stop the run: load it again, and press its button")
	case p.board.shown.newest().over:
		p.refuse(w, http.StatusConflict, "the run has ended")
	default:
		p.Stopping()
		p.stop()
		if strings.Contains(r.Header.Get("Accept"), "text/html") { // a form, and no script
			w.Header().Set("Location", "/")
			w.WriteHeader(http.StatusSeeOther)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	}
}
