package app

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"encoding/hex"
	"html/template"
	"mime"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// pages are HTML with a form whose token is bound to a cookie, and links to the assets.
type pages struct {
	layout *template.Template
	key    string // of the tokens, which need no memory so
	all    time.Duration
	first  time.Duration // of the home page alone
	fail   bool

	mu    sync.Mutex
	truth PageTruth
}

func newPages(s Settings) *pages {
	p := &pages{key: rand.Text(), fail: s.has(pageFail), layout: template.Must(template.New("page").Parse(layout))}
	if s.has(pageSlow) {
		p.all = s.page.slow
	}
	if s.has(pageSlowHome) {
		p.first = s.page.slowHome
	}
	return p
}

// layout is a page of middling size: what is over 1 KB is to be compressed.
const layout = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{{.Title}}</title>
<meta name="description" content="A page whose behaviour is known in advance.">
<link rel="stylesheet" href="/assets/app.css">
<script src="/assets/app.js" defer></script>
</head>
<body>
<header><img src="/assets/logo.png" width="128" height="128" alt="Logo">
<nav><a href="/">Home</a> <a href="/about">About</a> <a href="/pricing">Pricing</a></nav></header>
<main>
<h1>{{.Title}}</h1>
{{range .Lines}}<p>{{.}}</p>
{{end}}<form method="post" action="/contact">
<input type="hidden" name="csrf" value="{{.CSRF}}">
<label>Email <input type="email" name="email" required></label>
<label>Message <textarea name="message"></textarea></label>
<button type="submit">Send</button>
</form>
</main>
<footer><a href="/about">About</a> <a href="/pricing">Pricing</a></footer>
</body>
</html>
`

func (p *pages) home(w http.ResponseWriter, r *http.Request) error {
	if err := sleep(r.Context(), p.first); err != nil {
		return err
	}
	return p.show(w, r, "Home", 12)
}

func (p *pages) about(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, "About", 20)
}

func (p *pages) pricing(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, "Pricing", 8)
}

func (p *pages) thanks(w http.ResponseWriter, r *http.Request) error {
	return p.show(w, r, "Thanks", 1)
}

func (p *pages) show(w http.ResponseWriter, r *http.Request, title string, lines int) error {
	if err := sleep(r.Context(), p.all); err != nil {
		return err
	}
	if p.fail {
		p.count(&p.truth.Failed)
		return refusal{http.StatusInternalServerError, "page: failed"}
	}
	seed := p.seed(w, r)
	content := struct {
		Title, CSRF string
		Lines       []string
	}{Title: title, CSRF: p.token(seed)}
	for i := range lines {
		content.Lines = append(content.Lines, title+", line "+strconv.Itoa(i+1)+": the same words for everybody, long enough to be worth compressing.")
	}
	var b bytes.Buffer
	if err := p.layout.Execute(&b, content); err != nil {
		return refusal{http.StatusInternalServerError, "render page: " + err.Error()}
	}
	p.count(&p.truth.Shown)
	return sendHTML(w, r, b.Bytes())
}

// sendHTML compresses for those who take it.
func sendHTML(w http.ResponseWriter, r *http.Request, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "no-store")
	if takesGzip(r) {
		h.Set("Content-Encoding", "gzip")
		body = gzipped(body)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body)
	return nil
}

// seed is what the token is bound to; a new client gets one as a cookie.
func (p *pages) seed(w http.ResponseWriter, r *http.Request) string {
	if cookie, err := r.Cookie("visitor"); err == nil && cookie.Value != "" && len(cookie.Value) <= textSize {
		return cookie.Value
	}
	seed := rand.Text()
	http.SetCookie(w, &http.Cookie{Name: "visitor", Value: seed, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	return seed
}

func (p *pages) token(seed string) string { return hex.EncodeToString(sum(p.key, []byte(seed))) }

// contact takes the form that the pages have and redirects to its thanks.
func (p *pages) contact(w http.ResponseWriter, r *http.Request) error {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/x-www-form-urlencoded" {
		if err := r.ParseForm(); err != nil {
			return refusal{http.StatusBadRequest, "form: " + err.Error()}
		}
	} else if err := r.ParseMultipartForm(bodySize); err != nil {
		return refusal{http.StatusBadRequest, "form: " + err.Error()}
	}
	cookie, err := r.Cookie("visitor")
	if err != nil || !hmac.Equal([]byte(r.PostForm.Get("csrf")), []byte(p.token(cookie.Value))) {
		p.count(&p.truth.BadTokens)
		return refusal{http.StatusForbidden, "csrf: want the token of the page, with its cookie"}
	}
	if err := short("email", r.PostForm.Get("email")); err != nil {
		return err
	}
	p.count(&p.truth.Contacts)
	w.Header().Set("Location", "/thanks")
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

func (p *pages) count(n *int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	*n++
}
