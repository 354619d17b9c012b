package cookie

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// noon is when tests begin.
func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// sent is what the jar says to https://host/path at noon.
func sent(j *Jar, host, path string) string {
	return string(j.Append(nil, host, []byte(path), true, noon()))
}

func TestTake(t *testing.T) {
	const home = "https://www.shop.test/a/b"
	tests := []struct {
		name string
		set  []string // answers of home, or of the URL before a space and a >
		ask  string
		want string
	}{
		{"a cookie goes back to its host", []string{"a=1"}, home, "a=1"},
		{"and to no other", []string{"a=1"}, "https://shop.test/a/b", ""},
		{"nor to a host in it", []string{"a=1"}, "https://x.www.shop.test/a/b", ""},
		{"blanks around name and value go, those within stay", []string{" a \t= 1 2 ; x"}, home, "a=1 2"},
		{"quotes are part of the value", []string{`a="1=2"`}, home, `a="1=2"`},
		{"a value may be empty", []string{"a="}, home, "a="},
		{"a name may not", []string{"=1", "1", ""}, home, ""},
		{"control characters are refused", []string{"a=1\r\nX: y", "b=\x7f", "c=1; path=/\x00"}, home, ""},
		{"the folder of the request is the path", []string{"a=1"}, "https://www.shop.test/a/c?q=/a/b", "a=1"},
		{"whose name another begins with", []string{"a=1"}, "https://www.shop.test/ab", ""},
		{"the folder of the root is the root", []string{"https://www.shop.test/x > a=1"}, "https://www.shop.test", "a=1"},
		{"a query is no folder", []string{"https://www.shop.test/x?y=/z/ > a=1"}, home, "a=1"},
		{"a path that is named", []string{"a=1; PATH=/x"}, "https://www.shop.test/x/y", "a=1"},
		{"a path that ends in a slash", []string{"a=1; path=/x/"}, "https://www.shop.test/x", ""},
		{"a path that is none", []string{"a=1; path=x"}, home, "a=1"},
		{"the last path counts", []string{"a=1; path=/x; path=/"}, "https://www.shop.test/", "a=1"},
		{"longer paths come first, then older cookies", []string{"a=1; path=/", "b=1; path=/", "c=1; path=/a/b", "d=1; path=/a"}, home, "c=1; d=1; a=1; b=1"},
		{"what is replaced keeps its place", []string{"a=1", "b=2", "a=3"}, home, "a=3; b=2"},
		{"another path is another cookie", []string{"a=1; path=/", "a=2; path=/a"}, home, "a=2; a=1"},
		{"case matters in names", []string{"a=1", "A=2"}, home, "a=1; A=2"},
		{"a domain holds for the hosts in it", []string{"a=1; domain=.Shop.TEST; path=/"}, "https://x.y.shop.test/", "a=1"},
		{"and for itself", []string{"a=1; domain=shop.test; path=/"}, "https://SHOP.test./", "a=1"},
		{"but not for those that end like it", []string{"a=1; domain=shop.test; path=/"}, "https://workshop.test/", ""},
		{"a domain elsewhere is refused", []string{"a=1; domain=evil.test", "b=1; domain=x.www.shop.test", "c=1; domain=op.test", "d=1; domain=..shop.test"}, home, ""},
		{"an empty domain is the host", []string{"a=1; domain=evil.test; domain="}, home, "a=1"},
		{"a public suffix is refused", []string{"https://a.co.uk/ > a=1; domain=co.uk"}, "https://b.co.uk/", ""},
		{"also one of a company", []string{"https://a.github.io/ > a=1; domain=github.io"}, "https://a.github.io/", ""},
		{"but a host that is one may name itself", []string{"https://github.io/ > a=1; domain=github.io"}, "https://github.io/", "a=1"},
		{"and others do not get it", []string{"https://github.io/ > a=1; domain=github.io"}, "https://x.github.io/", ""},
		{"a host without dots", []string{"http://localhost/ > a=1; domain=localhost"}, "http://localhost/", "a=1"},
		{"an address", []string{"http://127.0.0.1/ > a=1; domain=127.0.0.1"}, "http://127.0.0.1/", "a=1"},
		{"has no hosts in it", []string{"http://127.0.0.1/ > a=1; domain=0.0.1"}, "http://127.0.0.1/", ""},
		{"an address of version 6", []string{"http://::1/ > a=1; domain=::1"}, "http://::1/", "a=1"},
		{"secure cookies go over TLS", []string{"a=1; Secure"}, home, "a=1"},
		{"only", []string{"a=1; secure=no"}, "http://www.shop.test/a/b", ""},
		{"and come over TLS", []string{"http://www.shop.test/ > a=1; secure"}, home, ""},
		{"a plain connection does not replace a secure cookie", []string{"a=1; secure; path=/", "http://www.shop.test/a/b > a=2"}, home, "a=1"},
		{"nor put one before it", []string{"a=1; secure; domain=shop.test; path=/a", "http://www.shop.test/ > a=2; path=/a/b"}, home, "a=1"},
		{"but sets one of the same name elsewhere", []string{"a=1; secure; path=/a", "http://www.shop.test/ > a=2; path=/"}, home, "a=1; a=2"},
		{"__Secure- has to be secure", []string{"__Secure-a=1", "__SECURE-b=1; secure"}, home, "__SECURE-b=1"},
		{"__Host- has to be the host's", []string{
			"__Host-a=1; secure", "__host-b=1; secure; path=/; domain=www.shop.test", "__Host-c=1; path=/", "__Host-d=1; secure; path=/a", "__Host-e=1; secure; path=/",
		}, home, "__Host-e=1"},
		{"HttpOnly and SameSite change nothing", []string{"a=1; HttpOnly; SameSite=Strict; Partitioned; unknown=x;;"}, home, "a=1"},
		{"an age of nothing deletes", []string{"a=1", "b=1", "a=; max-age=0"}, home, "b=1"},
		{"so does a date that is past", []string{"a=1", "a=2; expires=Thu, 01 Jan 1970 00:00:00 GMT"}, home, ""},
		{"what is deleted and set again is new", []string{"a=1", "b=1", "a=; max-age=-1", "a=2"}, home, "b=1; a=2"},
		{"an age counts more than a date", []string{"a=1; max-age=9; expires=Thu, 01 Jan 1970 00:00:00 GMT", "b=1; expires=Tue, 01 Jan 2030 00:00:00 GMT; max-age=0"}, home, "a=1"},
		{"an age that is none is ignored", []string{"a=1; max-age=+1", "b=1; max-age=", "c=1; max-age=-", "d=1; max-age=1.5"}, home, "a=1; b=1; c=1; d=1"},
		{"an age beyond all numbers", []string{"a=1; max-age=99999999999999999999999", "b=1; max-age=-99999999999999999999999"}, home, "a=1"},
		{"a date beyond all dates", []string{"a=1; expires=Fri, 31 Dec 9999 23:59:59 GMT"}, home, "a=1"},
		{"a date that is none is ignored", []string{"a=1; expires=yesterday"}, home, "a=1"},
		{"long cookies are ignored", []string{"a=" + strings.Repeat("x", Longest), "b=" + strings.Repeat("x", 3)}, home, "b=xxx"},
		{"long attributes are ignored", []string{"a=1; path=/" + strings.Repeat("x", longestAttribute)}, home, "a=1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var j Jar
			for _, set := range test.set {
				from, text, other := strings.Cut(set, " > ")
				if !other {
					from, text = home, set
				}
				host, path, secure := split(from)
				j.Take([]byte(text), host, []byte(path), secure, noon())
			}
			host, path, secure := split(test.ask)
			require.Equal(t, test.want, string(j.Append(nil, host, []byte(path), secure, noon())))
		})
	}
}

func split(url string) (host, path string, secure bool) {
	scheme, rest, _ := strings.Cut(url, "://")
	host, path, slash := strings.Cut(rest, "/")
	if slash {
		path = "/" + path
	}
	return host, path, scheme == "https"
}

func TestCookiesExpire(t *testing.T) {
	var j Jar
	j.Take([]byte("a=1; max-age=60"), "shop.test", []byte("/"), true, noon())
	j.Take([]byte("b=1; expires=Sun, 01 Mar 2026 12:02:00 GMT"), "shop.test", []byte("/"), true, noon())
	j.Take([]byte("c=1; max-age=99999999999"), "shop.test", []byte("/"), true, noon())
	for after, want := range map[time.Duration]string{
		59 * time.Second: "a=1; b=1; c=1", 60 * time.Second: "b=1; c=1", 2 * time.Minute: "c=1", furthest: "",
	} {
		require.Equal(t, want, string(j.Append(nil, "shop.test", []byte("/"), true, noon().Add(after))), after)
	}
	j.Take([]byte("a=2"), "shop.test", []byte("/"), true, noon().Add(time.Hour))
	require.Equal(t, "b=1; c=1; a=2", sent(&j, "shop.test", "/"), "what has expired is not replaced, it is gone")
}

func TestDates(t *testing.T) {
	want := time.Date(1994, 11, 6, 8, 49, 37, 0, time.UTC)
	for _, text := range []string{
		"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
		"6 november 94 8:49:37", "1994-6-NOVEMBER 8:49:37x", "08:49:37,1994,6,nov,x,7",
	} {
		at, ok := date([]byte(text))
		require.True(t, ok, text)
		require.Equal(t, want, at, text)
	}
	for text, year := range map[string]int{"1 jan 69 0:0:0": 2069, "1 jan 70 0:0:0": 1970, "1 jan 2199 0:0:0": 2199} {
		at, _ := date([]byte(text))
		require.Equal(t, year, at.Year(), text)
	}
	for _, text := range []string{
		"", "now", "6 Nov 1994", "Nov 1994 08:49:37", "6 1994 08:49:37", "6 Nov 08:49:37", "31 Feb 2026 1:1:1", "0 Nov 1994 1:1:1", "32 Nov 1994 1:1:1",
		"6 Nov 1600 1:1:1", "6 Nov 1994 24:00:00", "6 Nov 1994 1:60:00", "6 Nov 1994 1:1:60", "6 Nov 19945 1:1:1", "6 Nov 1994 1:1", "6 Nov 1994 1-1-1", "6 Nov 1994 001:1:1",
	} {
		_, ok := date([]byte(text))
		require.False(t, ok, text)
	}
}

func TestAJarIsBounded(t *testing.T) {
	var j Jar
	for i := range 3 * Most {
		j.Take(fmt.Appendf(nil, "c%d=1", i), "shop.test", []byte("/"), true, noon())
		_, has := j.Value("c0", "shop.test")
		require.True(t, has, "what is used stays")
		sent := j.Append(nil, "shop.test", []byte("/"), true, noon())
		require.LessOrEqual(t, strings.Count(string(sent), "=1"), Most)
		if i > 0 { // only c0 fits here, so that it is the one used last
			j.Take([]byte("c0=1"), "shop.test", []byte("/"), true, noon())
		}
	}
	require.Equal(t, Most, j.Len())
	var short Jar
	for i := range 2 * Most {
		short.Take(fmt.Appendf(nil, "c%d=1; max-age=%d", i, 1+i%2*3600), "shop.test", []byte("/"), true, noon().Add(time.Duration(i)*time.Second))
	}
	require.Equal(t, Most, strings.Count(string(short.Append(nil, "shop.test", []byte("/"), true, noon().Add(100*time.Second))), "=1"), "those that have expired go first")
}

func TestValue(t *testing.T) {
	var j Jar
	j.Take([]byte("a=1; path=/x"), "www.shop.test", []byte("/"), true, noon())
	j.Take([]byte("b=2; domain=shop.test"), "www.shop.test", []byte("/"), true, noon())
	for _, test := range []struct{ name, host, want string }{
		{"a", "www.shop.test", "1"}, {"a", "shop.test", "-"}, {"b", "shop.test", "2"}, {"b", "evil.test", "-"}, {"c", "shop.test", "-"},
	} {
		value, ok := j.Value(test.name, test.host)
		if !ok {
			value = []byte("-")
		}
		require.Equal(t, test.want, string(value), test)
	}
}

func TestResetGoesBackToMark(t *testing.T) {
	var j Jar
	take := func(text string) { j.Take([]byte(text), "shop.test", []byte("/"), true, noon()) }
	take("a=1")
	j.Reset()
	require.Zero(t, j.Len(), "without a mark, to nothing")
	take("a=1")
	take("b=2; path=/x")
	j.Mark()
	for range 3 {
		take("a=something longer")
		take("c=3; path=/x/y")
		take("b=; path=/x; max-age=0")
		require.Equal(t, "c=3; a=something longer", sent(&j, "shop.test", "/x/y"))
		j.Reset()
		require.Equal(t, "b=2; a=1", sent(&j, "shop.test", "/x/y"))
		require.Equal(t, 2, j.Len())
	}
	take("a=; max-age=0")
	take("b=; path=/x; max-age=0")
	j.Reset()
	require.Equal(t, "b=2; a=1", sent(&j, "shop.test", "/x"))
}

func TestAJarAllocatesNothing(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates")
	}
	var j Jar
	now, path, dst := noon(), []byte("/a/b?c"), make([]byte, 0, 1000)
	sets := [][]byte{
		[]byte("session=0123456789; domain=shop.test; secure"), []byte("session=012345678; domain=shop.test; secure; expires=Sun, 01 Mar 2037 12:02:00 GMT"),
		[]byte("gone=1"), []byte("gone=1; max-age=0"), []byte("x=1"),
	}
	round := func() {
		for _, set := range sets {
			j.Take(set, "www.shop.test", path, true, now)
		}
		dst = j.Append(dst[:0], "www.shop.test", path, true, now)
		j.Reset()
	}
	round()
	j.Mark()
	round()
	require.Equal(t, "session=012345678; x=1", string(dst))
	require.Zero(t, testing.AllocsPerRun(100, round))
}

func BenchmarkAppend(b *testing.B) {
	var j Jar
	for i := range 5 {
		j.Take(fmt.Appendf(nil, "cookie%d=0123456789", i), "shop.test", []byte("/"), true, noon())
	}
	now, path, dst := noon(), []byte("/a/b"), make([]byte, 0, 1000)
	b.ReportAllocs()
	for b.Loop() {
		dst = j.Append(dst[:0], "shop.test", path, true, now)
	}
}

func BenchmarkTake(b *testing.B) {
	var j Jar
	now, path, set := noon(), []byte("/a/b"), []byte("session=0123456789abcdef; Path=/; Domain=shop.test; HttpOnly; Secure; Max-Age=3600")
	b.ReportAllocs()
	for b.Loop() {
		j.Take(set, "www.shop.test", path, true, now)
	}
}
