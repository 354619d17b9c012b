package cookie

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/publicsuffix"
)

// A peer is net/http's jar at the same work.
type peer struct {
	*testing.T
	ours Jar
	jar  *cookiejar.Jar
}

// step performs what three bytes say, with both jars: an answer that sets a cookie, or
// a request. Cookies are in step with the rules that both have. What differs is left
// out: net/http lets a plain connection set secure cookies, knows no prefixes of names,
// has no bounds, and keeps no apart host and domain in what a cookie replaces.
func (p *peer) step(a, b, c byte) {
	hosts := []string{"shop.test", "www.shop.test", "a.www.shop.test", "evil.test", "co.uk", "x.co.uk", "127.0.0.1", "localhost"}
	paths := []string{"/", "/a", "/a/", "/a/b", "/ab", "/a/b/c?d=/e/", ""}
	scheme, host, path := "https", hosts[a%8], paths[int(b)%len(paths)]
	if a&0x80 != 0 {
		scheme = "http"
	}
	at, err := url.Parse(scheme + "://" + host + path)
	require.NoError(p, err)
	if a&0x40 == 0 {
		set := p.field(a>>3, b, c, scheme == "https")
		p.jar.SetCookies(at, (&http.Response{Header: http.Header{"Set-Cookie": {set}}}).Cookies())
		p.ours.Take([]byte(set), host, []byte(path), scheme == "https", time.Now())
	}
	var want []string
	for _, c := range p.jar.Cookies(at) {
		value := c.Value
		if c.Quoted {
			value = `"` + value + `"`
		}
		want = append(want, c.Name+"="+value)
	}
	got := p.ours.Append(nil, host, []byte(path), scheme == "https", time.Now())
	require.Equal(p, strings.Join(want, "; "), string(got))
}

// field makes a Set-Cookie.
func (p *peer) field(a, b, c byte, secure bool) string {
	domains := []string{"", "", "", "; Domain=shop.test", "; domain=.WWW.shop.test", "; Domain=co.uk", "; Domain=x.co.uk", "; Domain=127.0.0.1", "; Domain=localhost", "; Domain="}
	paths := []string{"", "; Path=/", "; path=/a", "; Path=/a/", "; Path=nonsense", "; Path="}
	ends := []string{"", "; Max-Age=0", "; Max-Age=3600", "; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "; Expires=Fri, 01-Jan-2100 00:00:00 GMT", "; Max-Age=-5; Expires=Fri, 01 Jan 2100 00:00:00 GMT", "; max-age=x"}
	domain := domains[int(c)%len(domains)]
	name := fmt.Sprintf("n%d", a%3)
	if strings.Trim(domain, "; Ddomain=") != "" {
		name = "d" + name
	}
	set := fmt.Sprintf(" %s =v%d%s%s%s", name, b, domain, paths[int(b>>3)%len(paths)], ends[int(c>>4)%len(ends)])
	if secure && a&4 != 0 {
		set = strings.Replace(set, "=v", `="v`, 1)
		set = strings.Replace(set, fmt.Sprint("v", b), fmt.Sprintf(`v%d"`, b), 1)
	}
	return set
}

// The same answers and requests make the same cookies as net/http's jar.
func FuzzLikeCookiejar(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x08\x08\x01\x41\x03\x03\x00\x00\x10"))
	f.Add([]byte("\x01\x0b\x03\x02\x13\x04\x05\x1b\x05\x06\x03\x07\x07\x00\x08\x00\x00\x50\x81\x00\x30"))
	f.Add([]byte("0A70B80C09x0AyBCzDE{}|\x9f\x8e\x7d\x6c"))
	f.Fuzz(func(t *testing.T, moves []byte) {
		jar, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
		require.NoError(t, err)
		p := &peer{T: t, jar: jar}
		for ; len(moves) >= 3 && p.ours.Len() < Most; moves = moves[3:] {
			p.step(moves[0], moves[1], moves[2])
		}
	})
}

// Whatever comes, what goes out is a header field, and is bounded.
func FuzzTake(f *testing.F) {
	for _, set := range []string{"a=1; Path=/; Domain=.shop.test; Secure", "a=; expires=Sun, 06 Nov 1994 08:49:37 GMT", "=;=;=", "__Host-a=1; secure; path=/", ";;; domain==", "a=1; max-age=-"} {
		f.Add([]byte(set), "www.shop.test", []byte("/a/b?c"))
	}
	f.Fuzz(func(t *testing.T, set []byte, host string, path []byte) {
		var j Jar
		j.Take([]byte("kept=1"), host, path, true, noon())
		j.Take(set, host, path, true, noon())
		got := string(j.Append(nil, host, path, true, noon()))
		require.LessOrEqual(t, len(got), Longest+len("kept=1; ="))
		require.False(t, control([]byte(got)), "%q", got)
		require.LessOrEqual(t, j.Len(), 2)
		j.Mark()
		j.Reset()
		require.Equal(t, got, string(j.Append(nil, host, path, true, noon())))
	})
}
