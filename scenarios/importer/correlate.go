package importer

import (
	"net/url"
	"strings"
)

// correlation finds what answers gave and later requests used.
type correlation struct {
	har    *harReader
	given  map[string]*given // by value: the latest answer that gave it
	sent   map[string]bool   // values that requests held before any answer did
	bodies []string          // of the answers so far
	scan   int               // bytes that may still be searched
	names  names
	jar    map[string]bool // names of cookies that were set
}

// mostScan bounds the search through the texts of answers.
const mostScan = 1 << 30

func newCorrelation(h *harReader) *correlation {
	return &correlation{har: h, given: map[string]*given{}, sent: map[string]bool{}, scan: mostScan, names: names{}, jar: map[string]bool{}}
}

// run goes through the entries in order: each request uses what came before.
func (c *correlation) run() {
	recorded, missing := 0, (*node)(nil)
	for i, e := range c.har.entries {
		c.request(e)
		body := e.answer()
		if body != "" {
			recorded++
		} else if size := e.response.get("content", "size").str(); size != "0" && size != "" && missing == nil {
			missing = e.response.get("content")
		}
		c.bodies = append(c.bodies, body)
		e.gives(body, func(value string, x Extract, name string) {
			if telling(value) && !c.sent[value] {
				c.given[value] = &given{entry: e, number: i, extract: x, name: name}
			}
		})
		for _, h := range e.response.get("headers").list() {
			if strings.EqualFold(h.get("name").str(), "Set-Cookie") {
				for _, line := range strings.Split(h.get("value").str(), "\n") {
					name, _, _ := strings.Cut(line, "=")
					c.jar[strings.TrimSpace(name)] = true
				}
			}
		}
	}
	if recorded == 0 && missing != nil {
		c.har.src.note(missing.place(), "no answer's content was recorded: what later requests took from it could not be found; save the recording with content")
	}
	if c.scan <= 0 {
		c.har.src.note(c.har.entries[0].at.place(), "the recording is too large to be searched as a whole: some values may not be extracted")
	}
}

// request replaces, in all parts of a request, what an answer gave.
func (c *correlation) request(e *harEntry) {
	s := e.step
	e.jar = map[string]bool{}
	for _, pair := range strings.Split(s.header("Cookie"), ";") {
		name, _, _ := strings.Cut(strings.TrimSpace(pair), "=")
		e.jar[name] = c.jar[name]
	}
	e.to.path = c.path(e.to.path)
	for i, h := range s.Headers {
		if strings.EqualFold(h.Name, "Cookie") || common(h.Name) {
			continue
		}
		s.Headers[i].Value = c.header(h.Value)
	}
	for i, f := range s.Form {
		s.Form[i].Value = c.whole(f.Value, "")
	}
	for i, p := range s.Multipart {
		s.Multipart[i].Value = c.whole(p.Value, "")
	}
	if s.JSON != nil {
		c.json(s.JSON)
	}
}

// common tells whether a header says nothing that an answer could have given.
func common(name string) bool {
	switch strings.ToLower(name) {
	case "user-agent", "accept", "accept-language", "referer", "origin", "content-type":
		return true
	}
	return false
}

// path replaces whole segments of the path and whole values of the query, or all
// of it where a redirect led there.
func (c *correlation) path(path string) string {
	if g := c.find(unplain(path)); g != nil && g.extract.Kind == "header" {
		return "${" + c.use(g) + "|raw}"
	}
	before, query, ok := strings.Cut(path, "?")
	segments := strings.Split(before, "/")
	for i, segment := range segments {
		segments[i] = c.escaped(segment)
	}
	path = strings.Join(segments, "/")
	if !ok {
		return path
	}
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		if name, value, ok := strings.Cut(pair, "="); ok {
			pairs[i] = name + "=" + c.escaped(value)
		}
	}
	return path + "?" + strings.Join(pairs, "&")
}

// escaped replaces a part of a URL. The value was percent-encoded in it, or it was
// not, though it would be: then it goes in as it is.
func (c *correlation) escaped(part string) string {
	decoded := unescaped(unplain(part))
	raw := ""
	if decoded == unplain(part) && url.QueryEscape(decoded) != decoded {
		raw = "|raw"
	}
	if got := c.whole(plain(decoded), raw); got != plain(decoded) {
		return got
	}
	return part
}

// header replaces a value, or what stands behind the first word of it.
func (c *correlation) header(value string) string {
	if got := c.whole(value, ""); got != value {
		return got
	}
	if scheme, token, ok := strings.Cut(value, " "); ok {
		return scheme + " " + c.whole(token, "")
	}
	return value
}

// whole replaces a text that is what an answer gave.
func (c *correlation) whole(value, filter string) string {
	if g := c.find(unplain(value)); g != nil {
		return "${" + c.use(g) + filter + "}"
	}
	return value
}

func (c *correlation) json(j *JSON) {
	switch j.Kind {
	case jsonText:
		j.Text = c.whole(j.Text, "")
	case jsonNumber:
		if g := c.find(j.Text); g != nil {
			j.Kind, j.Text = jsonRaw, "${"+c.use(g)+"}"
		}
	}
	for _, v := range j.Values {
		c.json(v)
	}
}

// find returns who gave a value. One that nobody gave as a whole may stand in a
// text; one that no answer has is the person's own.
func (c *correlation) find(value string) *given {
	if !telling(value) || dynamic(value) {
		return nil
	}
	if g := c.given[value]; g != nil {
		return g
	}
	if c.sent[value] {
		return nil
	}
	for i := len(c.bodies) - 1; i >= 0 && c.scan > 0; i-- {
		c.scan -= len(c.bodies[i]) + len(value)
		if x, ok := around(c.bodies[i], value); ok {
			g := &given{entry: c.har.entries[i], number: i, extract: x, name: "value"}
			c.given[value] = g
			return g
		}
	}
	c.sent[value] = true
	return nil
}

// use puts the extract into the step that got the answer, once, and returns the
// name of the variable.
func (c *correlation) use(g *given) string {
	if !g.taken {
		g.taken = true
		g.extract.Name = c.names.take(identifier(g.name, "value"), "_")
		g.extract.Comment = "guessed: a later request sends what this answer gave"
		g.entry.step.Extract = append(g.entry.step.Extract, g.extract)
		c.har.src.note(g.entry.at.place(), "guessed: later requests take %s from this answer (%s)", g.extract.Name, g.extract.Kind)
	}
	return g.extract.Name
}

// cookies is what the request's Cookie header held.
func (e *harEntry) cookies(headers []Field) string {
	for _, h := range headers {
		if strings.EqualFold(h.Name, "Cookie") {
			return h.Value
		}
	}
	return ""
}

// knows tells whether an earlier answer set the cookie: the user has it then.
func (e *harEntry) knows(name string) bool { return e.jar[name] }
