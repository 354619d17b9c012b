package scenarios

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"gonogo/internal/yamlfile"
	"gonogo/loadgen"
	"gonogo/loadgen/session"
)

// target resolves the base of all paths.
func (c *compiler) targetURL() *url.URL {
	relative, absolute, calls := 0, 0, 0
	c.everyStep(func(_ yamlfile.Path, s *Step) {
		switch {
		case !s.isRequest() || !s.opens():
		case s.URL != "":
			absolute++
		case s.GRPC != "":
			calls++
		default:
			relative++
		}
	})
	if c.Target == "" {
		if relative+calls > 0 && !c.later {
			c.wrong("target", "no target is given", "--target with a URL, or target: in the file")
		}
		return nil
	}
	if relative+calls == 0 && absolute > 0 {
		c.wrong("target", "no step has a path, so the target would change nothing", "path: in place of url: in the steps that are to go there")
	}
	if relative == 0 && isGRPC(c.Target) {
		return c.absolute("target", asHTTP(c.Target)) // nobody else goes there
	}
	return c.absolute("target", c.Target)
}

// address resolves where a request goes. A step that is the only one may go to the
// target itself.
func (j *journey) address(path yamlfile.Path, s *Step, query Map[string], r *loadgen.Request) {
	if j.only && s.Path == "" && s.URL == "" && len(query) == 0 {
		r.URL = j.base
		j.encrypted("target", r.URL)
		return
	}
	whole, at, isURL := j.written(path, s)
	if whole == "" {
		return
	}
	if isURL && s.WebSocket != "" {
		whole = asHTTP(whole)
	}
	whole = withQuery(whole, query)
	sample := whole
	if varies(whole) {
		sample = sampleOf(whole)
	}
	if isURL {
		r.URL = j.absolute(at, sample)
		j.encrypted(at, r.URL)
	} else if below, ok := j.expand(at, sample); ok {
		r.URL = j.below(at, j.base, below)
		j.encrypted("target", r.URL)
	}
	if sample == whole || r.URL == nil {
		return
	}
	if isURL {
		r.Target = j.text(at, pathOf(j, at, whole), session.URL)
		return
	}
	prefix := j.base.EscapedPath()
	if strings.HasPrefix(whole, "/") {
		prefix = strings.TrimSuffix(prefix, "/")
	} else if prefix == "" {
		prefix = "/"
	}
	r.Target = j.text(at, literal(prefix)+whole, session.URL)
}

// asHTTP is the URL of a WebSocket or of gRPC as one of HTTP, which carries both.
func asHTTP(text string) string {
	for scheme, carrier := range map[string]string{"ws://": "http://", "wss://": "https://", "grpc://": "http://", "grpcs://": "https://"} {
		if rest, ok := strings.CutPrefix(text, scheme); ok {
			return carrier + rest
		}
	}
	return text
}

// written is the path or URL of a request as it is written, "" after a mistake and
// where it goes to the target itself.
func (j *journey) written(path yamlfile.Path, s *Step) (text string, at yamlfile.Path, isURL bool) {
	switch {
	case s.URL != "" && s.Path != "":
		j.wrong(path.Key("url"), "both path and url are given", "one of them: a path is below the target, a url is not")
	case s.URL != "" && !strings.Contains(s.URL, "://") && !hasPlaceholder(s.URL):
		j.wrong(path.Key("url"), yamlfile.Quote(s.URL)+" is not an absolute URL", "http://... or https://..., or path: for one below the target")
	case s.URL != "":
		return s.URL, path.Key("url"), true
	case strings.Contains(s.Path, "://"):
		j.wrong(path.Key("path"), yamlfile.Quote(s.Path)+" is a whole URL", "url: in place of path:")
	case s.Path == "" && j.only:
		return j.Target, "target", true
	case s.Path == "":
		j.wrong(path, "the step goes nowhere", "path: (below the target) or url: (absolute)")
	default:
		return s.Path, path.Key("path"), false
	}
	return "", "", false
}

// withQuery appends fields to what is written of a URL.
func withQuery(text string, query Map[string]) string {
	if len(query) == 0 {
		return text
	}
	mark := "?"
	if strings.Contains(text, "?") {
		mark = "&"
	}
	return text + mark + formText(query)
}

// sampleOf puts a digit in the place of what only the run knows.
func sampleOf(text string) string {
	if strings.HasPrefix(text, "${") && !fixed.MatchString(text) {
		text = "/" + text // it brings the slash
	}
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		if found == "$${" || fixed.MatchString(found) {
			return found
		}
		return "0"
	})
}

// pathOf is what follows the host in a URL as it is written. What a host depends on
// has to be known before the run.
func pathOf(j *journey, at yamlfile.Path, text string) string {
	_, rest, _ := strings.Cut(text, "://")
	slash := strings.IndexAny(rest, "/?")
	if slash < 0 {
		slash = len(rest)
	}
	if varies(rest[:slash]) {
		j.wrong(at, "the host would be known only within the run", "the variable behind the host alone")
	}
	if rest = rest[slash:]; !strings.HasPrefix(rest, "/") {
		rest = "/" + rest
	}
	return rest
}

// below joins a path with the target's own. It cleans nothing: what a server
// does with "//" or ".." may be what is tested.
func (c *compiler) below(path yamlfile.Path, base *url.URL, below string) *url.URL {
	switch {
	case below != "" && below[0] != '/' && below[0] != '?':
		c.wrong(path, c.quote(below)+" does not start with a slash", c.quote("/"+below))
		return nil
	case base == nil:
		return nil
	case base.RawQuery != "":
		c.wrong("target", "the target has a query, and steps have paths", "the query in the paths")
		return nil
	}
	whole := base.String()
	if strings.HasPrefix(below, "/") {
		whole = strings.TrimSuffix(whole, "/")
	}
	return c.parseURL(path, whole+below)
}

// absolute resolves a whole URL.
func (c *compiler) absolute(path yamlfile.Path, text string) *url.URL {
	if text, ok := c.expand(path, text); ok {
		return c.parseURL(path, text)
	}
	return nil
}

// noScheme guesses that what is served on this machine speaks no TLS.
func (c *compiler) noScheme(path yamlfile.Path, text string) {
	c.wrong(path, c.quote(text)+" has no scheme", c.quote(withScheme(text)))
}

func withScheme(text string) string {
	if host, _, _ := strings.Cut(text, "/"); isLoopback(host) {
		return "http://" + text
	}
	return "https://" + text
}

func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && address.IsLoopback()
}

// isHostPort tells whether the text ends in a port, as no file's name does.
func isHostPort(text string) bool {
	_, port, err := net.SplitHostPort(text)
	_, bad := strconv.ParseUint(port, 10, 16)
	return err == nil && bad == nil
}

func (c *compiler) parseURL(path yamlfile.Path, text string) *url.URL {
	u, err := url.Parse(text)
	if err != nil && !strings.Contains(text, "://") {
		c.noScheme(path, text)
		return nil
	}
	if err != nil {
		cause := err
		if ue, ok := err.(*url.Error); ok {
			cause = ue.Err
		}
		c.wrong(path, "is not a URL: "+c.secrets.Mask(cause.Error()), "http://host/path or https://host/path")
		return nil
	}
	port, portErr := strconv.ParseUint(u.Port(), 10, 16)
	switch {
	case u.Scheme == "" || u.Opaque != "" && u.Scheme != "http" && u.Scheme != "https":
		c.noScheme(path, text)
	case u.Scheme != "http" && u.Scheme != "https":
		c.wrong(path, "the scheme "+c.quote(u.Scheme)+" is not one that gonogo sends", "http or https")
	case u.Hostname() == "":
		c.wrong(path, c.quote(text)+" names no host", "http://host/path or https://host/path")
	case u.User != nil:
		password, _ := u.User.Password()
		c.secrets.add(password)
		c.wrong(path, "the URL holds a user name", "http.auth.basic, or --basic 'user:${env:NAME}'")
	case u.Port() != "" && (portErr != nil || port == 0):
		c.wrong(path, "port "+u.Port()+" is out of range", "1 to 65535")
	case u.Fragment != "":
		c.wrong(path, "the URL has a fragment (#), which is never sent", "it left out")
	default:
		return u
	}
	return nil
}
