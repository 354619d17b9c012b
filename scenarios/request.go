package scenarios

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"gonogo/internal/yamlfile"
	"gonogo/loadgen"
)

func stepPath(i int) yamlfile.Path { return yamlfile.Path("steps").Index(i) }

// stepKeys are the keys of a step.
func stepKeys() []string {
	var keys []string
	for _, f := range yamlfile.Fields(reflect.TypeFor[Step]()) {
		keys = append(keys, f.Key)
	}
	return keys
}

// request resolves a request of a flow.
func (j *journey) request(path yamlfile.Path, s *Step) loadgen.Step {
	if s.WebSocket == "" {
		j.method(path.Key("method"), s.Method)
	}
	j.stepNameFits(path.Key("name"), s.Name)
	redirects := j.HTTP.Redirects
	if s.Redirects != nil {
		if redirects = *s.Redirects; redirects < 0 || redirects > maxRedirects {
			j.wrong(path.Key("redirects"), fmt.Sprintf("%d is out of range", redirects), fmt.Sprintf("0 to %d", maxRedirects))
		}
	}
	if s.WebSocket != "" {
		s.Expect = nil // a handshake has one status
	} else if s.Expect == nil {
		s.Expect = defaultExpect(redirects)
		j.origins[path.Key("expect")] = Origin{}
	} else if len(s.Expect) == 0 {
		j.wrong(path.Key("expect"), "no status would be ok", wantStatus)
	}
	r := loadgen.Request{Method: s.Method, MaxRedirects: redirects}
	of := j.credential
	if s.Auth != nil {
		of = j.credentialOf(path.Key("auth"), s.Auth, true)
	}
	j.address(path, s, append(slices.Clip(s.Query), of.query...), &r)
	kind := j.content(path, s, &r)
	j.headers(path, s, &r, &of, kind)
	for i, e := range s.Expect {
		at := path.Key("expect")
		if j.has(at.Index(i)) {
			at = at.Index(i)
		}
		if e.Code != "" {
			j.wrong(at, yamlfile.Quote(e.Code)+" is not a status", wantStatus)
		}
		r.Expect = append(r.Expect, loadgen.StatusRange{From: e.From, To: e.To})
	}
	j.stepTimeout(path, s)
	made := loadgen.Step{Name: s.Name, Weight: s.Weight, Request: r, Timeout: time.Duration(s.Timeout)}
	host := ""
	if r.URL != nil {
		host = r.URL.Hostname()
	}
	if i := j.inspector(path, s, host); i != nil {
		made.Inspector = i
	}
	j.varies = j.varies || r.Varies() || made.Inspector != nil || s.isSocket()
	return made
}

func (j *journey) stepTimeout(path yamlfile.Path, s *Step) {
	j.atMost(path.Key("timeout"), s.Timeout)
	if s.Timeout > j.Load.Timeout {
		j.wrong(path.Key("timeout"), fmt.Sprintf("%v is longer than load.timeout, %v", s.Timeout, j.Load.Timeout), "a shorter one, or a longer load.timeout")
	}
}

// stepName makes a name of method and path, as they are written: a secret in
// the path stays a placeholder.
func (c *compiler) stepName(s *Step) string {
	switch {
	case s.GRPC != "":
		return strings.TrimPrefix(s.GRPC, "/")
	case !s.opens():
		return s.socketName()
	}
	at := s.Path
	if at == "" {
		at = s.URL
	}
	if at == "" {
		at = c.Target
	}
	if _, rest, ok := strings.Cut(at, "://"); ok {
		_, rest, _ = strings.Cut(rest, "/")
		at = "/" + rest
	}
	if i := strings.IndexAny(at, "?#"); i >= 0 {
		at = at[:i]
	}
	at = placeholder.ReplaceAllStringFunc(at, func(p string) string {
		return "$" + strings.Trim(strings.TrimPrefix(p, "${env:"), "${}")
	})
	if at == "" {
		at = "/"
	}
	if s.isSocket() {
		return s.socketName() + " " + at
	}
	return s.Method + " " + at
}

const longestName = 200

func (c *compiler) stepNameFits(path yamlfile.Path, name string) {
	c.plain(path, name)
	switch {
	case unprintable(name):
		c.wrong(path, "the name holds a character that cannot be printed", "letters, digits and punctuation")
	case len(name) > longestName && !c.has(path):
		c.wrong(path, "the path is too long to name the step", "a name")
	case len(name) > longestName:
		c.wrong(path, "the name is too long", fmt.Sprintf("%d bytes at most", longestName))
	}
}

func unprintable(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// distinct refuses two steps, groups or flows of one name: their figures would be
// one. A group may come several times.
func (c *compiler) distinct() {
	type named struct {
		path  yamlfile.Path
		group bool
	}
	first := map[string]named{}
	add := func(path yamlfile.Path, name string, group bool) {
		before, twice := first[name]
		switch {
		case !twice:
			first[name] = named{path, group}
		case !group || !before.group:
			at := string(before.path.Parent())
			if pos := c.place(before.path); pos.Line > 0 {
				at = pos.Short()
			}
			c.wrong(path, yamlfile.Quote(name)+" is the name of another one, too, at "+at, "a name of its own for each step, group and flow")
		}
	}
	c.everyStep(func(path yamlfile.Path, s *Step) {
		switch {
		case s.Group != "":
			add(path.Key("group"), s.Group, true)
		case s.isRequest():
			add(path.Key("name"), s.Name, false)
		}
	})
	for _, f := range c.Flows {
		path := yamlfile.Path("flows").Key(f.Name)
		if _, twice := first[f.Name]; twice && len(f.Value.Steps) == 1 {
			continue // the flow of one step may be called like it
		}
		add(path, f.Name, false)
	}
}

func (c *compiler) method(path yamlfile.Path, method string) {
	upper := strings.ToUpper(method)
	switch {
	case !isToken(method):
		c.wrong(path, yamlfile.Quote(method)+" is not a method", "GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS")
	case method == "CONNECT":
		c.wrong(path, "CONNECT asks for a tunnel and not for an answer", "another method")
	case method != upper && slices.Contains([]string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}, upper):
		c.wrong(path, yamlfile.Quote(method)+" is written small, and servers tell methods apart by case", upper)
	}
}
