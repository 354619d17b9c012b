package importer

import (
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"gonogo/internal/yamlfile"
)

// curlOption is what an option of curl does here.
type curlOption struct {
	short rune
	names string // long names, separated by blanks; the first is the one in messages
	value bool
	apply func(*curlRequest, argument) // nil: it changes nothing about the load
	note  string                       // why it is left out
}

// curlOptions is the table of the options that are known.
func curlOptions() []curlOption {
	set := func(f func(*curlRequest, string)) func(*curlRequest, argument) {
		return func(r *curlRequest, a argument) { f(r, a.text) }
	}
	return append([]curlOption{
		{short: 'X', names: "request", value: true, apply: set(func(r *curlRequest, v string) { r.method = v })},
		{short: 'H', names: "header", value: true, apply: (*curlRequest).headerLine},
		{short: 'd', names: "data data-ascii", value: true, apply: func(r *curlRequest, a argument) { r.addData(a, true, true) }},
		{names: "data-raw", value: true, apply: func(r *curlRequest, a argument) { r.addData(a, false, false) }},
		{names: "data-binary", value: true, apply: func(r *curlRequest, a argument) { r.addData(a, true, false) }},
		{names: "data-urlencode", value: true, apply: (*curlRequest).encode},
		{names: "json", value: true, apply: func(r *curlRequest, a argument) { r.json = true; r.addData(a, true, false) }},
		{short: 'F', names: "form", value: true, apply: func(r *curlRequest, a argument) { r.part(a, true) }},
		{names: "form-string", value: true, apply: func(r *curlRequest, a argument) { r.part(a, false) }},
		{short: 'T', names: "upload-file", value: true, apply: func(r *curlRequest, a argument) { r.upload = a }},
		{short: 'u', names: "user", value: true, apply: func(r *curlRequest, a argument) { r.auth = r.src.env.basic(a.pos, a.text) }},
		{names: "oauth2-bearer", value: true, apply: func(r *curlRequest, a argument) {
			r.auth = &Auth{Kind: "bearer", Value: r.src.env.hide(a.pos, "TOKEN", a.text)}
		}},
		{short: 'b', names: "cookie", value: true, apply: (*curlRequest).cookie},
		{short: 'A', names: "user-agent", value: true, apply: func(r *curlRequest, a argument) { r.headerField(a.pos, "User-Agent", a.text) }},
		{short: 'e', names: "referer", value: true, apply: func(r *curlRequest, a argument) { r.headerField(a.pos, "Referer", a.text) }},
		{short: 'G', names: "get", apply: set(func(r *curlRequest, _ string) { r.get = true })},
		{short: 'I', names: "head", apply: set(func(r *curlRequest, _ string) { r.head = true })},
		{names: "url", value: true, apply: func(r *curlRequest, a argument) { r.urls = append(r.urls, a) }},
		{short: 'r', names: "range", value: true, apply: func(r *curlRequest, a argument) { r.headerField(a.pos, "Range", "bytes="+a.text) }},
		{short: 'm', names: "max-time", value: true, apply: (*curlRequest).maxTime},
	}, append(curlShared(), curlIgnored()...)...)
}

// curlShared are the options that become settings of the whole scenario.
func curlShared() []curlOption {
	on := func(f func(*Scenario)) func(*curlRequest, argument) {
		return func(r *curlRequest, _ argument) { f(r.scenario) }
	}
	with := func(f func(*Scenario, string)) func(*curlRequest, argument) {
		return func(r *curlRequest, a argument) { f(r.scenario, a.text) }
	}
	return []curlOption{
		{short: 'k', names: "insecure", apply: on(func(s *Scenario) { s.HTTP.Insecure = true })},
		{short: 'L', names: "location location-trusted", apply: func(r *curlRequest, _ argument) { r.step.Redirects = max(r.step.Redirects, 10) }},
		{names: "max-redirs", value: true, apply: (*curlRequest).maxRedirects},
		{names: "compressed", apply: on(func(s *Scenario) { s.HTTP.Compressed = true })},
		{names: "http2 http2-prior-knowledge", apply: on(func(s *Scenario) { s.HTTP.Version = "2" })},
		{names: "http1.1", apply: on(func(s *Scenario) { s.HTTP.Version = "1.1" })},
		{names: "cacert", value: true, apply: with(func(s *Scenario, v string) { s.HTTP.CACert = v })},
		{short: 'E', names: "cert", value: true, apply: with(func(s *Scenario, v string) { s.HTTP.Cert = v })},
		{names: "key", value: true, apply: with(func(s *Scenario, v string) { s.HTTP.Key = v })},
		{short: 'x', names: "proxy", value: true, apply: (*curlRequest).proxy},
		{names: "unix-socket", value: true, apply: with(func(s *Scenario, v string) { s.Connections.UnixSocket = v })},
		{names: "resolve", value: true, apply: with(func(s *Scenario, v string) {
			s.Connections.Resolve = append(s.Connections.Resolve, strings.TrimPrefix(v, "+"))
		})},
		{names: "connect-to", value: true, apply: with(func(s *Scenario, v string) {
			s.Connections.ConnectTo = append(s.Connections.ConnectTo, v)
		})},
	}
}

// curlIgnored are the options that say how curl shows things, and those that are
// known and left out.
func curlIgnored() []curlOption {
	var all []curlOption
	for _, o := range []struct{ short, names string }{
		{"s", "silent"},
		{"S", "show-error"},
		{"v", "verbose"},
		{"i", "include"},
		{"f", "fail"},
		{"O", "remote-name"},
		{"N", "no-buffer"},
		{"#", "progress-bar"},
		{"g", "globoff"},
		{"J", "remote-header-name"},
		{"q", "disable"},
		{"", "fail-with-body"},
		{"", "no-progress-meter"},
		{"", "path-as-is"},
		{"", "no-keepalive"},
		{"", "basic"},
		{"", "create-dirs"},
		{"", "styled-output"},
		{"", "fail-early"},
	} {
		short, _ := first(o.short)
		all = append(all, curlOption{short: short, names: o.names})
	}
	for _, o := range []struct{ short, names string }{
		{"o", "output"}, {"w", "write-out"}, {"D", "dump-header"}, {"c", "cookie-jar"}, {"", "stderr"}, {"", "trace"}, {"", "trace-ascii"},
	} {
		short, _ := first(o.short)
		all = append(all, curlOption{short: short, names: o.names, value: true})
	}
	for _, o := range []struct {
		short, names, why string
		value             bool
	}{
		{"K", "config", "what the file says is not read", true},
		{"n", "netrc", "the file .netrc is not read", false},
		{"", "digest", "digest authentication is not spoken", false},
		{"", "ntlm", "NTLM is not spoken", false},
		{"", "negotiate", "Negotiate is not spoken", false},
		{"", "anyauth", "basic is assumed", false},
		{"", "aws-sigv4", "write auth: {aws: ...} yourself", true},
		{"", "retry", "nothing is sent again", true},
		{"", "retry-delay", "nothing is sent again", true},
		{"", "retry-max-time", "nothing is sent again", true},
		{"", "connect-timeout", "the time to connect counts into load.timeout", true},
		{"", "limit-rate", "answers are read as fast as they come", true},
		{"U", "proxy-user", "write it into connections.proxy, best as ${env:NAME}", true},
		{"", "http3", "HTTP/3 is not spoken", false},
		{"0", "http1.0", "HTTP/1.0 is not spoken", false},
		{"", "ciphers", "write http.ciphers with IANA names", true},
		{"", "tlsv1.2", "write http.tls_min", false},
		{"", "tlsv1.3", "write http.tls_min", false},
		{"", "tls-max", "write http.tls_max", true},
		{"4", "ipv4", "the address family is not chosen", false},
		{"6", "ipv6", "the address family is not chosen", false},
		{"", "interface", "write connections.source_ip", true},
		{"", "parallel", "steps run in order", false},
		{"z", "time-cond", "write the header", true},
		{"", "pass", "keys with a passphrase are not read", true},
		{"", "post301", "a redirect is followed as browsers do", false},
		{"", "post302", "a redirect is followed as browsers do", false},
		{"", "noproxy", "the proxy is for all hosts", true},
		{"", "capath", "write http.cacert", true},
		{"", "cert-type", "certificates are PEM", true},
		{"", "key-type", "keys are PEM", true},
		{"", "expect100-timeout", "nothing waits for 100", true},
		{"", "keepalive-time", "it is the system's", true},
	} {
		short, _ := first(o.short)
		all = append(all, curlOption{short: short, names: o.names, value: o.value, note: o.why})
	}
	return all
}

func first(s string) (r rune, ok bool) {
	for _, r := range s {
		return r, true
	}
	return 0, false
}

// headerLine takes -H: "Name: value", "Name;" for an empty one, "Name:" for none.
func (r *curlRequest) headerLine(a argument) {
	name, value, ok := strings.Cut(a.text, ":")
	switch {
	case strings.HasPrefix(a.text, "@"):
		r.src.note(a.pos, "headers in a file are left out: the file is not read")
	case !ok && strings.HasSuffix(a.text, ";"):
		r.headerField(a.pos, strings.TrimSuffix(a.text, ";"), "")
	case !ok:
		r.src.note(a.pos, "a header without a colon is left out")
	case strings.TrimSpace(value) == "": // takes a header away that curl would send
	case strings.EqualFold(name, "Cookie"):
		r.cookie(argument{strings.TrimSpace(value), a.pos})
	case strings.EqualFold(name, "Content-Length") || strings.EqualFold(name, "Transfer-Encoding"):
		r.src.note(a.pos, "%s is left out: it follows from the body", name)
	case strings.EqualFold(name, "Accept-Encoding"):
		r.scenario.HTTP.Compressed = true
	default:
		r.headerField(a.pos, strings.TrimSpace(name), value)
	}
}

func (r *curlRequest) headerField(pos yamlfile.Pos, name, value string) {
	r.src.addHeader(&r.step, pos, name, value)
}

func (r *curlRequest) cookie(a argument) {
	if !strings.Contains(a.text, "=") {
		r.src.note(a.pos, "cookies in a file are left out: the file is not read")
		return
	}
	value := r.src.env.cookies(a.pos, a.text, func(string) bool { return false })
	if had := r.step.header("Cookie"); had != "" {
		value = had + "; " + value
	}
	r.step.setHeader("Cookie", value)
}

func (r *curlRequest) maxTime(a argument) {
	seconds, err := strconv.ParseFloat(a.text, 64)
	if err != nil || seconds <= 0 || seconds > 1e6 {
		r.src.wrong(a.pos, yamlfile.Quote(a.text)+" is not a time", "seconds, such as --max-time 5")
		return
	}
	r.step.Timeout = time.Duration(seconds * float64(time.Second)).Round(time.Millisecond)
}

func (r *curlRequest) maxRedirects(a argument) {
	n, err := strconv.Atoi(a.text)
	if err != nil || n < 0 || n > 50 {
		r.src.note(a.pos, "--max-redirs is left out: 0 to 50 can be followed")
		return
	}
	r.step.Redirects = n
}

func (r *curlRequest) proxy(a argument) {
	to := parseAddress(a.text)
	if to.scheme == "" {
		to.scheme = "http"
	}
	if to.user != "" {
		user, password, _ := strings.Cut(to.user, ":")
		to.user = user + ":" + r.src.env.hide(a.pos, "PROXY_PASSWORD", password) + "@"
	}
	r.scenario.Connections.Proxy = to.scheme + "://" + to.user + to.host
}

// addData takes -d and its like. Several are joined by &.
func (r *curlRequest) addData(a argument, files, strip bool) {
	if name, isFile := strings.CutPrefix(a.text, "@"); files && isFile {
		if r.file != "" || r.hasData {
			r.src.note(a.pos, "a body of several parts is left out: only the file %s is sent", yamlfile.Quote(name))
		}
		if strip {
			r.src.note(a.pos, "curl would take the line breaks out of %s: the file is sent as it is", yamlfile.Quote(name))
		}
		r.file, r.dataPos = name, a.pos
		return
	}
	if r.hasData && !r.json {
		r.data += "&"
	}
	r.data += a.text
	r.hasData, r.dataPos = true, a.pos
}

// encode takes --data-urlencode: text, =text, name=text, @file or name@file.
func (r *curlRequest) encode(a argument) {
	name, value, ok := strings.Cut(a.text, "=")
	switch at := strings.IndexByte(a.text, '@'); {
	case !ok && at >= 0:
		r.src.note(a.pos, "data of a file that is to be encoded is left out: the file is not read")
		return
	case !ok:
		name, value = "", a.text
	}
	encoded := formEscaped(value)
	if name != "" {
		encoded = name + "=" + encoded
	}
	r.addData(argument{encoded, a.pos}, false, false)
}

// part takes -F: name=text, name=@file;type=image/png, name=<file.
func (r *curlRequest) part(a argument, files bool) {
	name, value, ok := strings.Cut(a.text, "=")
	if !ok || !isKey(name) {
		r.src.note(a.pos, "a part of the form is left out: %s has no name that can be written", yamlfile.Quote(a.text))
		return
	}
	p := Part{Name: name}
	switch {
	case files && strings.HasPrefix(value, "@"):
		p.File, p.Type = partType(value[1:])
		p.File = filepath.ToSlash(p.File)
	case files && strings.HasPrefix(value, "<"):
		r.src.note(a.pos, "the part %s is left out: the file is not read", yamlfile.Quote(name))
		return
	case files:
		p.Value, _ = partType(value)
		p.Value = r.src.env.field(a.pos, name, p.Value)
	default:
		p.Value = r.src.env.field(a.pos, name, value)
	}
	for _, had := range r.step.Multipart {
		if had.Name == name {
			r.src.note(a.pos, "the part %s comes twice: the second one is left out", yamlfile.Quote(name))
			return
		}
	}
	r.step.Multipart = append(r.step.Multipart, p)
}

// partType cuts ;type=... off a part.
func partType(s string) (value, media string) {
	value, rest, ok := strings.Cut(s, ";type=")
	if !ok {
		return s, ""
	}
	media, _, _ = strings.Cut(rest, ";")
	return value, media
}
