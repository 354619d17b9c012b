package live

import (
	"crypto/rand"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"gonogo/internal/loopback"
)

// An access says who may look and who may stop the run.
//
// A page on loopback is for whoever is on this machine; what must not reach it is a page
// of another site in their browser, which could give a name of its own our address: so
// the Host has to be one of loopback. Elsewhere everybody could look, so a token is
// asked for. Stopping takes a key that only the page holds, everywhere.
type access struct {
	token  string // "": none is needed
	key    string
	cookie string // its name: cookies know no ports
}

func newAccess(at net.Addr) *access {
	a := &access{key: rand.Text()} // of 128 bits and more
	if !loopback.IsAddr(at) {
		a.token = rand.Text()
	}
	_, port, _ := net.SplitHostPort(at.String()) // every address that is listened at has one
	a.cookie = "gonogo_" + port
	return a
}

// url is where somebody may look: that is for the one who started the run.
func (a *access) url(at net.Addr) string {
	host, port, err := net.SplitHostPort(at.String())
	if err != nil {
		return "http://" + at.String() + "/"
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		host = outward()
	}
	u := url.URL{Scheme: "http", Host: net.JoinHostPort(host, port), Path: "/"}
	if a.token != "" {
		u.RawQuery = url.Values{"token": {a.token}}.Encode()
	}
	return u.String()
}

// outward is an address of this machine that others may know.
func outward() string {
	all, _ := net.InterfaceAddrs() // none are known: loopback is always there
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() && n.IP.To4() != nil {
			return n.IP.String()
		}
	}
	return "localhost"
}

// may tells whether the request may look.
func (a *access) may(r *http.Request) bool {
	if a.token == "" {
		return loopback.IsHost(r.Host)
	}
	if c, err := r.Cookie(a.cookie); err == nil && same(c.Value, a.token) {
		return true
	}
	bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && same(bearer, a.token)
}

// shows tells whether the URL itself holds the token.
func (a *access) shows(r *http.Request) bool {
	return a.token != "" && same(r.URL.Query().Get("token"), a.token)
}

// remember has the browser show the token by itself from now on.
func (a *access) remember(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{Name: a.cookie, Value: a.token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
}

// mayStop tells whether the request comes from our own page.
func (a *access) mayStop(r *http.Request) bool {
	return http.NewCrossOriginProtection().Check(r) == nil && same(r.PostFormValue("key"), a.key)
}

// same compares in a time that does not tell how much of it is right.
func same(given, want string) bool {
	return subtle.ConstantTimeCompare([]byte(given), []byte(want)) == 1
}
