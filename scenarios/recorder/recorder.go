// Package recorder stands between a browser and a target, and keeps what passes as
// an HTTP archive (HAR 1.2), of which scenarios/importer makes a scenario.
package recorder

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// What is kept at most: beyond it requests still pass, and are counted.
const (
	mostEntries = 5000
	mostBody    = 1 << 20
	mostBytes   = 48 << 20 // of all bodies
)

// A Recorder is a reverse proxy to one target. Any number of requests may pass at once.
type Recorder struct {
	target *url.URL
	proxy  *httputil.ReverseProxy

	mu      sync.Mutex
	entries []entry
	bytes   int
	room    int // for all bodies
	missed  int // requests that there was no room for
}

// New returns a Recorder to the target, over the transport; nil is Go's own.
func New(target *url.URL, over http.RoundTripper) *Recorder {
	r := &Recorder{target: target, room: mostBytes}
	r.proxy = &httputil.ReverseProxy{
		Transport: over,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			p.Out.Header.Del("Accept-Encoding") // Go's transport asks for gzip by itself, and decodes
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, "the target did not answer: "+err.Error(), http.StatusBadGateway)
		},
	}
	return r
}

// The parts of a HAR that are written.
type (
	entry struct {
		Started  string   `json:"startedDateTime"`
		Time     float64  `json:"time"`
		Request  request  `json:"request"`
		Response response `json:"response"`
	}
	request struct {
		Method  string  `json:"method"`
		URL     string  `json:"url"`
		Headers []field `json:"headers"`
		Post    *post   `json:"postData,omitempty"`
	}
	response struct {
		Status   int     `json:"status"`
		Headers  []field `json:"headers"`
		Content  content `json:"content"`
		Redirect string  `json:"redirectURL"`
	}
	field   struct{ Name, Value string }
	post    struct{ MimeType, Text string }
	content struct {
		Size     int    `json:"size"`
		MimeType string `json:"mimeType"`
		Text     string `json:"text,omitempty"`
		Encoding string `json:"encoding,omitempty"`
	}
)

// MarshalJSON writes the names as a HAR has them.
func (f field) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"name": f.Name, "value": f.Value})
}

// MarshalJSON likewise.
func (p post) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"mimeType": p.MimeType, "text": p.Text})
}

// ServeHTTP passes a request on and keeps it, with its answer.
func (r *Recorder) ServeHTTP(w http.ResponseWriter, in *http.Request) {
	began := time.Now()
	sent := &copied{}
	if in.Body != nil {
		in.Body = struct {
			io.Reader
			io.Closer
		}{io.TeeReader(in.Body, sent), in.Body}
	}
	headers := in.Header.Clone()
	out := &answer{ResponseWriter: w, recorder: r, here: in.Host}
	r.proxy.ServeHTTP(out, in)

	at := *r.target
	at = *at.JoinPath(in.URL.EscapedPath())
	at.RawQuery = in.URL.RawQuery
	e := entry{
		Started:  began.UTC().Format("2006-01-02T15:04:05.000Z"),
		Time:     float64(time.Since(began).Microseconds()) / 1000,
		Request:  request{Method: in.Method, URL: at.String(), Headers: fields(headers)},
		Response: response{Status: out.status, Headers: fields(out.original), Redirect: out.original.Get("Location")},
	}
	if sent.Len() > 0 {
		e.Request.Post = &post{headers.Get("Content-Type"), sent.String()}
	}
	e.Response.Content = contentOf(out.original.Get("Content-Type"), out.kept.Bytes())
	r.keep(e, sent.Len()+out.kept.Len())
}

func (r *Recorder) keep(e entry, size int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.entries) == mostEntries || r.bytes+size > r.room {
		r.missed++
		return
	}
	r.entries, r.bytes = append(r.entries, e), r.bytes+size
}

// HAR is what was recorded, how many requests it holds, and how many there was no
// room for.
func (r *Recorder) HAR() (har []byte, requests, missed int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	text, _ := json.Marshal(map[string]any{"log": map[string]any{ // of texts and numbers: it cannot fail
		"version": "1.2", "creator": map[string]string{"name": "gonogo", "version": "1"}, "entries": r.entries,
	}})
	return text, len(r.entries), r.missed
}

func fields(h http.Header) []field {
	all := []field{}
	for name, values := range h {
		for _, v := range values {
			all = append(all, field{name, v})
		}
	}
	return all
}

func contentOf(mediaType string, body []byte) content {
	c := content{Size: len(body), MimeType: mediaType, Text: string(body)}
	if !utf8.Valid(body) {
		c.Text, c.Encoding = base64.StdEncoding.EncodeToString(body), "base64"
	}
	return c
}

// copied keeps the start of what passes.
type copied struct{ bytes.Buffer }

func (c *copied) Write(b []byte) (int, error) {
	if room := mostBody - c.Len(); room > 0 {
		c.Buffer.Write(b[:min(room, len(b))])
	}
	return len(b), nil
}

// answer passes an answer on: where it leads to the target, the browser is led here.
type answer struct {
	http.ResponseWriter
	recorder *Recorder
	here     string
	status   int
	original http.Header
	kept     copied
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status, a.original = status, a.Header().Clone()
		a.lead()
	}
	a.ResponseWriter.WriteHeader(status)
}

// lead changes what would lead past the recorder.
func (a *answer) lead() {
	if to, err := url.Parse(a.Header().Get("Location")); err == nil && to.Host == a.recorder.target.Host {
		to.Scheme, to.Host = "http", a.here
		a.Header().Set("Location", to.String())
	}
	cookies := a.Header().Values("Set-Cookie")
	a.Header().Del("Set-Cookie")
	for _, c := range cookies {
		var kept []string
		for _, part := range strings.Split(c, ";") {
			name, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(part)), "=")
			if name != "domain" && name != "secure" { // here it is another host, without TLS
				kept = append(kept, part)
			}
		}
		a.Header().Add("Set-Cookie", strings.Join(kept, ";"))
	}
	a.Header().Del("Strict-Transport-Security")
}

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	_, _ = a.kept.Write(b)
	return a.ResponseWriter.Write(b)
}

// Unwrap lets streams be flushed.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
