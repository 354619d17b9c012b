package importer

import (
	"cmp"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"gonogo/internal/yamlfile"
)

// HAR makes a scenario of a recording (HAR 1.2) of a browser or a proxy: pages are
// groups, gaps are pauses, and values that an answer gave and a later request used
// are extracted.
func HAR(r io.Reader, o Options) (*Scenario, []Note, error) {
	src, err := open(r, o, "har")
	if err != nil {
		return nil, nil, err
	}
	root, err := src.jsonDocument()
	if err != nil {
		return nil, nil, err
	}
	h := &harReader{src: src, options: o, left: map[string]*leftOut{}}
	list := root.get("log", "entries")
	if list == nil || list.kind != nodeList {
		src.wrong(root.place(), "not a recording: it has no log.entries", "a HAR file, as a browser saves it")
		return nil, nil, src.err()
	}
	h.read(list)
	h.choose()
	if len(h.entries) == 0 && len(src.mistakes) == 0 {
		src.wrong(list.place(), "the recording has no request that can be sent", "requests to http:// or https://, not all of them aborted")
	}
	if err := src.err(); err != nil {
		return nil, nil, err
	}
	return h.scenario(root), src.said(), nil
}

type harReader struct {
	src     *source
	options Options
	entries []*harEntry
	left    map[string]*leftOut // by why
	whys    []string
	main    string // the host
}

// harEntry is a request of the recording with its answer.
type harEntry struct {
	at       *node
	request  *node
	response *node
	to       address
	start    time.Time
	end      time.Time
	page     string
	status   string
	step     *Step
	jar      map[string]bool // cookies that answers before it set
}

// leftOut counts what is left out for one reason.
type leftOut struct {
	pos   yamlfile.Pos
	count int
}

func (h *harReader) leave(why string, n *node) {
	l := h.left[why]
	if l == nil {
		l = &leftOut{pos: n.place()}
		h.left[why] = l
		h.whys = append(h.whys, why)
	}
	l.count++
}

// read takes the entries that could be sent, in the order in which they started.
func (h *harReader) read(list *node) {
	for _, n := range list.list() {
		e := &harEntry{at: n, request: n.get("request"), response: n.get("response"), page: n.get("pageref").str()}
		raw, method := e.request.get("url"), e.request.get("method")
		if raw.str() == "" || !isToken(method.str()) {
			h.src.wrong(n.place(), "an entry without the URL or the method of its request", "request.url and request.method")
			continue
		}
		e.to = parseAddress(plain(raw.str()))
		e.status = e.response.get("status").str()
		switch e.to.scheme {
		case "http", "https":
		case "ws", "wss":
			h.leave("WebSockets", n)
			continue
		default:
			h.leave("data:, blob: and other URLs that are not sent", n)
			continue
		}
		if !e.to.canBeSent() {
			h.src.wrong(raw.place(), yamlfile.Quote(raw.str())+" has no host", "an absolute URL")
			continue
		}
		h.keep(e)
	}
	slices.SortStableFunc(h.entries, func(a, b *harEntry) int { return a.start.Compare(b.start) })
}

func (h *harReader) keep(e *harEntry) {
	n := e.at
	switch started := n.get("startedDateTime"); {
	case e.status == "" || e.status == "0" || e.response.get("_error").str() != "":
		h.leave("requests that were aborted", n)
	case e.request.get("method").str() == "CONNECT":
		h.leave("CONNECT, which opens a tunnel", n)
	default:
		var err error
		if e.start, err = time.Parse(time.RFC3339Nano, started.str()); err != nil && len(h.entries) > 0 {
			e.start = h.entries[len(h.entries)-1].start
			h.src.note(n.place(), "startedDateTime is no time: the request stays where it is in the list")
		}
		e.end = e.start.Add(milliseconds(n.get("time").str()))
		h.entries = append(h.entries, e)
	}
}

// choose keeps the main host and those that were asked for, and documents and
// calls rather than what a cache of the browser would hold.
func (h *harReader) choose() {
	h.main = h.mainHost()
	kept := h.entries[:0]
	for _, e := range h.entries {
		switch {
		case e.to.host != h.main && !slices.Contains(h.options.KeepHosts, "*") && !slices.Contains(h.options.KeepHosts, e.to.host):
			h.leave("requests to "+clean(e.to.host), e.at)
		case !h.options.KeepAssets && e.isAsset():
			h.leave("images, styles, fonts and scripts", e.at)
		case len(kept) >= maxSteps:
			h.leave("requests behind the first 2000", e.at)
		default:
			kept = append(kept, e)
		}
	}
	h.entries = kept
	for _, why := range h.whys {
		l := h.left[why]
		h.src.note(l.pos, "left out: %s (%d)", why, l.count)
	}
}

// mainHost is that of the first page, or else the one with the most requests.
func (h *harReader) mainHost() string {
	counts := map[string]int{}
	for _, e := range h.entries {
		if e.status == "200" && strings.HasPrefix(e.media(), "text/html") {
			return e.to.host
		}
		if !e.isAsset() {
			counts[e.to.host]++
		}
	}
	best := ""
	for _, e := range h.entries {
		if host := e.to.host; best == "" || counts[host] > counts[best] {
			best = host
		}
	}
	return best
}

// media is the type of the answer.
func (e *harEntry) media() string {
	return strings.ToLower(e.response.get("content", "mimeType").str())
}

func (e *harEntry) isAsset() bool {
	switch e.at.get("_resourceType").str() {
	case "image", "font", "stylesheet", "script", "media", "manifest", "ping":
		return true
	case "document", "xhr", "fetch":
		return false
	}
	media := e.media()
	for _, prefix := range []string{"image/", "font/", "text/css", "text/javascript", "application/javascript", "application/x-javascript", "video/", "audio/", "application/font", "application/wasm"} {
		if strings.HasPrefix(media, prefix) {
			return true
		}
	}
	file, _, _ := strings.Cut(e.to.path, "?")
	return slices.Contains([]string{".css", ".js", ".mjs", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".ico", ".woff", ".woff2", ".ttf", ".map"}, strings.ToLower(path.Ext(file)))
}

// milliseconds reads a length of time, up to an hour.
func milliseconds(s string) time.Duration {
	f, err := time.ParseDuration(cmp.Or(s, "0") + "ms")
	if err != nil || f < 0 {
		return 0
	}
	return min(f, time.Hour)
}

// scenario makes the steps, correlates them, and puts them in order.
func (h *harReader) scenario(root *node) *Scenario {
	s := &Scenario{Name: named(h.options.Name, named(h.main, "recording")), Flow: "recorded"}
	for _, e := range h.entries {
		e.step = h.step(e)
	}
	c := newCorrelation(h)
	c.run()
	all := make([]placed, len(h.entries))
	target := ""
	for i, e := range h.entries {
		e.to.path = h.src.env.query(e.request.place(), e.to.path)
		h.finish(e)
		all[i] = placed{e.step, e.to}
		if target == "" && e.to.host == h.main {
			target = e.to.origin()
		}
	}
	s.aim(all, target)
	s.Head = []string{
		"Made of a recording of " + plural(len(h.entries), "request") + ". Before it means anything, look at:",
		"",
		"- the pauses: they are those of the one person who was recorded",
		"- extract: values that answers gave and later requests used; a guess, each of them",
		"- ${env:...}: what was secret in the recording",
		"- what every user sends alike: a person each wants a row of data:, see the documentation",
	}
	taken := names{}
	s.Steps = h.order(root, taken)
	s.call(taken)
	s.share()
	s.start()
	s.HTTP.Compressed = true
	return s
}

// The gaps that are pauses.
const (
	leastPause = 200 * time.Millisecond
	mostPause  = time.Minute
)

// order puts the steps into groups, one a page, with pauses between.
func (h *harReader) order(root *node, taken names) []Step {
	titles := map[string]string{}
	for _, p := range root.get("log", "pages").list() {
		titles[p.get("id").str()] = p.get("title").str()
	}
	var out []Step
	var ended time.Time
	group, parallel := "", 0
	for i, e := range h.entries {
		pause, comment := h.pause(e, ended)
		if i > 0 && e.start.Before(ended) {
			parallel++
		}
		if e.end.After(ended) {
			ended = e.end
		}
		in := &out
		if title, ok := titles[e.page]; ok && e.page != "" {
			if group != e.page || len(out) == 0 {
				if pause != nil {
					out = append(out, *pause)
				}
				pause = nil
				group = e.page
				out = append(out, Step{Group: taken.take(named(pageName(title), "page"), " "), Comment: comment})
			}
			in = &out[len(out)-1].Steps
		} else {
			group = ""
		}
		if pause != nil {
			*in = append(*in, *pause)
		}
		*in = append(*in, *e.step)
	}
	if parallel > 0 {
		h.src.note(h.entries[0].at.place(), "%s sent while others were open: here all are sent one after the other", plural(parallel, "request"))
	}
	return out
}

// pageName makes a name of a title, which often is a URL.
func pageName(title string) string {
	if strings.Contains(title, "://") {
		at, _, _ := strings.Cut(parseAddress(title).path, "?")
		return "page " + at
	}
	return title
}

// pause is the gap before an entry, if it is one.
func (h *harReader) pause(e *harEntry, ended time.Time) (pause *Step, comment []string) {
	gap := e.start.Sub(ended)
	if ended.IsZero() || e.start.IsZero() || gap <= leastPause {
		return nil, nil
	}
	p := &Step{Pause: gap.Round(10 * time.Millisecond)}
	if gap > time.Second {
		p.Pause = gap.Round(100 * time.Millisecond)
	}
	if gap > mostPause {
		p.Comment = []string{"recorded: " + yamlfile.Duration(gap.Round(time.Second)).String()}
		p.Pause = mostPause
	}
	return p, nil
}
