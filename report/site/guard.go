package site

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
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
		case s.own && !ours(r.Host):
			http.Error(w, "this site is served to this machine alone: ask for it by localhost or 127.0.0.1", http.StatusMisdirectedRequest)
		case len(r.URL.RawQuery) > mostQuery:
			http.Error(w, "the address is too long", http.StatusRequestURITooLong)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// ours tells whether a Host is this machine by its own names. A page elsewhere can give its
// name the address of this machine, and would read what its reader can (DNS rebinding); its
// name is what it cannot hide.
func ours(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	at, err := netip.ParseAddr(host)
	return err == nil && at.IsLoopback()
}
