package app

import (
	"bytes"
	"compress/gzip"
	"image/png"
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func gunzip(t *testing.T, text string) string {
	t.Helper()
	z, err := gzip.NewReader(strings.NewReader(text))
	require.NoError(t, err)
	plain, err := io.ReadAll(z)
	require.NoError(t, err)
	return string(plain)
}

func TestAssets(t *testing.T) {
	inTime(t, nil, func(t *testing.T, b *bubble) {
		for name, kind := range map[string]string{"app.css": "text/css", "app.js": "text/javascript", "logo.png": "image/png"} {
			plain := b.ask("GET /assets/"+name, "")
			require.Equal(t, 200, plain.status)
			require.Contains(t, plain.header.Get("Content-Type"), kind)
			require.Equal(t, "public, max-age=31536000, immutable", plain.header.Get("Cache-Control"))
			require.Greater(t, len(plain.body), 10_000)

			small := b.ask("GET /assets/"+name, "", "Accept-Encoding: br, gzip")
			if name != "logo.png" {
				require.Equal(t, "gzip", small.header.Get("Content-Encoding"))
				require.Equal(t, plain.body, gunzip(t, small.body))
				require.NotEqual(t, plain.header.Get("Etag"), small.header.Get("Etag"))
				require.Less(t, len(small.body), len(plain.body)/2)
			}
			for tag, want := range map[string]int{
				plain.header.Get("Etag"): 304, `"other", W/` + plain.header.Get("Etag"): 304, "*": 304, `"other"`: 200, `nonsense`: 200,
			} {
				require.Equal(t, want, b.ask("GET /assets/"+name, "", "If-None-Match: "+tag).status, tag)
			}
			require.Equal(t, plain.header.Get("Etag"), b.ask("HEAD /assets/"+name, "").header.Get("Etag"))
		}
		picture, err := png.Decode(bytes.NewReader(b.v.assets.files["logo.png"].body))
		require.NoError(t, err)
		require.Equal(t, logoSide, picture.Bounds().Dx())
		require.Equal(t, 404, b.ask("GET /assets/none", "").status)
		require.Equal(t, AssetTruth{Plain: 3 + 1 + 3*2 + 3, Compressed: 2, NotModified: 9}, b.v.Truth().Assets)
	})
}

func TestAssetFaults(t *testing.T) {
	inTime(t, []string{"!assets=uncached", "!assets=plain", "!assets=slow"}, func(t *testing.T, b *bubble) {
		r := b.ask("GET /assets/app.css", "", "Accept-Encoding: gzip", "If-None-Match: *")
		require.Equal(t, 200, r.status)
		require.Equal(t, 150*time.Millisecond, r.took)
		for _, name := range []string{"Etag", "Cache-Control", "Last-Modified", "Content-Encoding"} {
			require.Empty(t, r.header.Get(name), name)
		}
	})
}

func TestWhoTakesGzip(t *testing.T) {
	for text, want := range map[string]string{
		"gzip": "gzip", "GZIP": "gzip", "br,gzip;q=0.1": "gzip", "*": "gzip", "deflate , gzip ; q=1": "gzip",
		"": "", "br": "", "gzip;q=0": "", "gzip;q=0.000": "", "xgzip": "", ";;,,": "",
	} {
		inTime(t, nil, func(t *testing.T, b *bubble) {
			require.Equal(t, want, b.ask("GET /about", "", "Accept-Encoding: "+text).header.Get("Content-Encoding"), text)
		})
	}
}

func TestPages(t *testing.T) {
	inTime(t, nil, func(t *testing.T, b *bubble) {
		for path, title := range map[string]string{"/": "Home", "/about": "About", "/pricing": "Pricing"} {
			r := b.ask("GET "+path, "")
			require.Equal(t, 200, r.status)
			require.Contains(t, r.body, "<h1>"+title+"</h1>")
			require.Contains(t, r.body, `href="/assets/app.css"`)
			require.Greater(t, len(r.body), 1024)
			require.Equal(t, strings.Split(r.body, "csrf")[0], strings.Split(gunzip(t, b.ask("GET "+path, "", "Accept-Encoding: gzip").body), "csrf")[0])
		}
		require.Equal(t, 404, b.ask("GET /nowhere", "").status)
	})
}

func TestAFormNeedsTheTokenOfItsPage(t *testing.T) {
	inTime(t, nil, func(t *testing.T, b *bubble) {
		page := b.ask("GET /pricing", "")
		cookie, _, _ := strings.Cut(page.header.Get("Set-Cookie"), ";")
		token := regexp.MustCompile(`name="csrf" value="(\w+)"`).FindStringSubmatch(page.body)[1]
		post := func(token, cookie, email string) int {
			form := url.Values{"csrf": {token}, "email": {email}}.Encode()
			return b.ask("POST /contact", form, "Content-Type: application/x-www-form-urlencoded", "Cookie: "+cookie).status
		}
		require.Equal(t, 303, post(token, cookie, "a@b.test"))
		require.Equal(t, 400, post(token, cookie, ""))
		require.Equal(t, 403, post(token, "", "a@b.test"))
		require.Equal(t, 403, post(token, "visitor=other", "a@b.test"))
		require.Equal(t, 403, post("", cookie, "a@b.test"))
		again := b.ask("GET /about", "", "Cookie: "+cookie)
		require.Contains(t, again.body, token) // one token for one visitor
		require.Empty(t, again.header.Get("Set-Cookie"))
		multipart := "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n" + token + "\r\n--x\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\na\r\n--x--\r\n"
		require.Equal(t, 303, b.ask("POST /contact", multipart, "Content-Type: multipart/form-data; boundary=x", "Cookie: "+cookie).status)
		require.Equal(t, 400, b.ask("POST /contact", "{}", "Content-Type: application/json", "Cookie: "+cookie).status)
		require.Equal(t, PageTruth{Shown: 2, Contacts: 2, BadTokens: 3}, b.v.Truth().Pages)
	})
}

func TestPageFaults(t *testing.T) {
	tests := map[string]struct {
		status      int
		home, about time.Duration
	}{
		"!pages=slow":      {200, 3500 * time.Millisecond, 3500 * time.Millisecond},
		"!pages=slow-home": {200, 2500 * time.Millisecond, 0},
		"!pages=500":       {500, 0, 0},
	}
	for fault, want := range tests {
		t.Run(fault, func(t *testing.T) {
			inTime(t, []string{fault}, func(t *testing.T, b *bubble) {
				home, about := b.ask("GET /", ""), b.ask("GET /about", "")
				require.Equal(t, []int{want.status, want.status}, []int{home.status, about.status})
				require.Equal(t, []time.Duration{want.home, want.about}, []time.Duration{home.took, about.took})
			})
		})
	}
}
