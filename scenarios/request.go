package scenarios

import (
	"crypto/sha256"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"gonogo/internal/yamlfile"
	"gonogo/loadgen"
)

// steps resolves the steps. Without any, there is one: the target itself.
func (c *compiler) steps() []loadgen.Step {
	implicit := c.Steps == nil && !c.has("steps")
	if implicit {
		c.Steps = []Step{{}}
	}
	switch {
	case len(c.Steps) == 0:
		c.wrong("steps", "there is no step", "at least one, such as - path: /health")
	case len(c.Steps) > maxSteps:
		c.wrong("steps", fmt.Sprintf("there are %d steps", len(c.Steps)), fmt.Sprintf("%d at most", maxSteps))
		return nil
	}
	c.order()
	base := c.base()
	common := c.common()
	var all []loadgen.Step
	for i := range c.Steps {
		all = append(all, c.step(i, base, common))
	}
	c.distinct()
	return all
}

// order resolves whether the steps run in turn, and checks the weights if not.
func (c *compiler) order() {
	weighted, sum := -1, 0
	for i, s := range c.Steps {
		path := stepPath(i).Key("weight")
		if c.given(path, s.Weight != 0) && weighted < 0 {
			weighted = i
		}
		if s.Weight < 0 || s.Weight > maxUsers {
			c.wrong(path, fmt.Sprintf("%d is out of range", s.Weight), fmt.Sprintf("0 to %d", maxUsers))
		}
		fill(c, path, &c.Steps[i].Weight, defaultWeight)
		sum += max(c.Steps[i].Weight, 0)
	}
	fill(c, "flow", &c.Flow, len(c.Steps) > 1 && weighted < 0)
	if weighted >= 0 && c.Flow {
		c.wrong(stepPath(weighted).Key("weight"), "has no meaning in a flow, which runs every step", "flow: false, or no weights")
	}
	if weighted >= 0 && sum == 0 {
		c.wrong(stepPath(weighted).Key("weight"), "every weight is 0, so no step would ever run", "a weight above 0 in one step")
	}
}

func stepPath(i int) yamlfile.Path { return yamlfile.Path("steps").Index(i) }

// step resolves one step.
func (c *compiler) step(i int, base *url.URL, common Headers) loadgen.Step {
	s, path := &c.Steps[i], stepPath(i)
	fill(c, path.Key("method"), &s.Method, defaultMethod)
	c.method(path.Key("method"), s.Method)
	fill(c, path.Key("name"), &s.Name, c.stepName(s))
	c.stepNameFits(path.Key("name"), s.Name)
	if s.Expect == nil {
		s.Expect = defaultExpect(c.HTTP.Redirects)
		c.origins[path.Key("expect")] = Origin{}
	} else if len(s.Expect) == 0 {
		c.wrong(path.Key("expect"), "no status would be ok", wantStatus)
	}
	request := loadgen.Request{
		Method: s.Method, URL: c.url(path, s, base),
		Header: c.headers(path, s, common), Body: c.body(path, s), MaxRedirects: c.HTTP.Redirects,
	}
	for _, e := range s.Expect {
		request.Expect = append(request.Expect, loadgen.StatusRange(e))
	}
	return loadgen.Step{Name: s.Name, Weight: s.Weight, Request: request}
}

// stepName makes a name of method and path, as they are written: a secret in
// the path stays a placeholder.
func (c *compiler) stepName(s *Step) string {
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

// distinct refuses two steps of one name: their figures would be one.
func (c *compiler) distinct() {
	first := map[string]int{}
	for i, s := range c.Steps {
		n, twice := first[s.Name]
		if !twice {
			first[s.Name] = i
			continue
		}
		c.wrong(stepPath(i).Key("name"), fmt.Sprintf("step %d is called %s, too", n+1, yamlfile.Quote(s.Name)), "a name of its own for each step")
	}
}

func (c *compiler) stepNames() []string {
	names := make([]string, len(c.Steps))
	for i, s := range c.Steps {
		names[i] = s.Name
	}
	return names
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

// body resolves what a step sends. The contents of a file are sent as they are.
func (c *compiler) body(path yamlfile.Path, s *Step) []byte {
	switch {
	case s.Body != "" && s.BodyFile != "":
		c.wrong(path.Key("body_file"), "both body and body_file are given", "one of them")
		return nil
	case s.BodyFile != "":
		body := c.file(path.Key("body_file"), s.BodyFile)
		sum := sha256.Sum256(body)
		c.bodies = append(c.bodies, sum[:]...)
		return body
	case s.Body != "":
		body, _ := c.expand(path.Key("body"), s.Body)
		return []byte(body)
	}
	return nil
}
