package site

import (
	"net/http"

	"gonogo/internal/loopback"
)

// policy lets a page load nothing but our own style and script, and nobody frame it.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard answers what must not be answered, and tells browsers what pages may do.
func (s *Site) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for name, value := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			"Cache-Control": "no-cache",
		} {
			h.Set(name, value)
		}
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "this site can only be read: want GET or HEAD", http.StatusMethodNotAllowed)
		case s.own && !loopback.IsHost(r.Host):
			http.Error(w, "this site is served to this machine alone: ask for it by localhost or 127.0.0.1", http.StatusMisdirectedRequest)
		case len(r.URL.RawQuery) > mostQuery:
			http.Error(w, "the address is too long", http.StatusRequestURITooLong)
		default:
			next.ServeHTTP(w, r)
		}
	})
}
