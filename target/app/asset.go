package app

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Sizes of the texts, about what a site of middling size has.
const (
	cssSize  = 40_000
	jsSize   = 180_000
	logoSide = 128
)

// assets never change, so everything is rendered beforehand.
type assets struct {
	files    map[string]asset
	uncached bool          // fault: no ETag, no Cache-Control, no 304
	plain    bool          // fault: never compressed
	slow     time.Duration // fault

	mu    sync.Mutex
	truth AssetTruth
}

type asset struct {
	contentType string
	body, small []byte // small is compressed, nil where that saves nothing
	tag         string // without quotes
}

// renderAssets takes a moment, which no request is to wait for.
func renderAssets() map[string]asset {
	return map[string]asset{
		"app.css":  newAsset("text/css; charset=utf-8", script(cssSize, ".part-%d { margin: %dpx %dpx; color: #%06x }\n"), true),
		"app.js":   newAsset("text/javascript; charset=utf-8", script(jsSize, "export const part%d = (x) => x * %d + %d; // %06x\n"), true),
		"logo.png": newAsset("image/png", logo(), false),
	}
}

func newAssets(s Settings, files map[string]asset) *assets {
	a := &assets{files: files, uncached: s.has(assetUncached), plain: s.has(assetPlain)}
	if s.has(assetSlow) {
		a.slow = s.asset.slow
	}
	return a
}

func newAsset(contentType string, body []byte, compress bool) asset {
	digest := sha256.Sum256(body)
	a := asset{contentType: contentType, body: body, tag: hex.EncodeToString(digest[:8])}
	if compress {
		a.small = gzipped(body)
	}
	return a
}

// script is a text of lines, the same in every server.
func script(size int, line string) []byte {
	random := rand.New(rand.NewPCG(1, 1))
	var b bytes.Buffer
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, line, i, random.IntN(100), random.IntN(100), random.IntN(1<<24))
	}
	return b.Bytes()
}

// logo is a picture, the same in every server.
func logo() []byte {
	random := rand.New(rand.NewPCG(2, 2))
	picture := image.NewNRGBA(image.Rect(0, 0, logoSide, logoSide))
	for y := range logoSide {
		for x := range logoSide {
			shade := uint8(random.IntN(64))
			picture.SetNRGBA(x, y, color.NRGBA{R: uint8(x) + shade, G: uint8(y), B: shade, A: 255})
		}
	}
	var b bytes.Buffer
	_ = png.Encode(&b, picture) // into memory, and not empty, so it cannot fail
	return b.Bytes()
}

func gzipped(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(text) // into memory, so it cannot fail
	_ = z.Close()
	return b.Bytes()
}

func (a *assets) serve(w http.ResponseWriter, r *http.Request) error {
	file, known := a.files[r.PathValue("name")]
	if !known {
		return refusal{http.StatusNotFound, "asset: want app.css, app.js or logo.png"}
	}
	if err := sleep(r.Context(), a.slow); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", file.contentType)
	h.Set("Vary", "Accept-Encoding")
	body, tag := file.body, file.tag
	if file.small != nil && !a.plain && takesGzip(r) {
		h.Set("Content-Encoding", "gzip")
		body, tag = file.small, tag+"-gzip"
	}
	if a.uncached {
		r.Header.Del("If-None-Match") // which * would match even without a tag
	} else {
		h.Set("Etag", `"`+tag+`"`)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(&assetCounter{w, a}, r, "", time.Time{}, bytes.NewReader(body))
	return nil
}

// takesGzip reads Accept-Encoding; an empty one takes nothing.
func takesGzip(r *http.Request) bool {
	for item := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		name, weight, _ := strings.Cut(strings.ReplaceAll(item, " ", ""), ";")
		if strings.EqualFold(name, "gzip") || name == "*" {
			return strings.Trim(strings.ToLower(weight), "q=0.") != "" || weight == ""
		}
	}
	return false
}

// assetCounter counts whether the client had the file already.
type assetCounter struct {
	http.ResponseWriter
	assets *assets
}

// WriteHeader implements http.ResponseWriter.
func (c *assetCounter) WriteHeader(status int) {
	c.assets.mu.Lock()
	switch {
	case status == http.StatusNotModified:
		c.assets.truth.NotModified++
	case c.Header().Get("Content-Encoding") != "":
		c.assets.truth.Compressed++
	default:
		c.assets.truth.Plain++
	}
	c.assets.mu.Unlock()
	c.ResponseWriter.WriteHeader(status)
}
