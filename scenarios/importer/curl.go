package importer

import (
	"cmp"
	"path"
	"strings"

	"gonogo/internal/yamlfile"
)

// Curl makes a scenario of one or more curl commands, as a person or a browser
// wrote them, for a shell of Unix or of Windows. Several become the steps of a flow.
func Curl(commandLine string, o Options) (*Scenario, []Note, error) {
	src, err := open(strings.NewReader(commandLine), o, "curl")
	if err != nil {
		return nil, nil, err
	}
	c := &curlReader{src: src, scenario: &Scenario{}, options: curlOptions()}
	for _, words := range src.commands() {
		c.command(words)
	}
	if len(c.all) == 0 && len(src.mistakes) == 0 {
		src.wrong(src.at(1, 1), "there is no curl command", "curl https://host/path, as a browser copies it")
	}
	if err := src.err(); err != nil {
		return nil, nil, err
	}
	return c.finish(o), src.said(), nil
}

type curlReader struct {
	src      *source
	scenario *Scenario
	options  []curlOption
	all      []placed
}

// curlRequest is what one command, or the part of one before --next, says.
type curlRequest struct {
	src      *source
	scenario *Scenario
	step     Step
	pos      yamlfile.Pos
	urls     []argument
	method   string
	data     string
	hasData  bool
	dataPos  yamlfile.Pos
	file     string
	json     bool
	get      bool
	head     bool
	upload   argument
	auth     *Auth
}

// command takes a command, if it is curl.
func (c *curlReader) command(words []argument) {
	for len(words) > 0 && (words[0].text == "$" || words[0].text == "%" || isAssignment(words[0].text)) {
		words = words[1:]
	}
	if len(words) == 0 {
		return
	}
	name := path.Base(strings.ReplaceAll(words[0].text, `\`, "/"))
	switch {
	case name == "curl" || name == "curl.exe":
	case strings.EqualFold(name, "Invoke-WebRequest") || strings.EqualFold(name, "Invoke-RestMethod"):
		c.src.wrong(words[0].pos, "a command of PowerShell", "the command as curl: browsers offer \"Copy as cURL\"")
		return
	default:
		c.src.note(words[0].pos, "%s is no curl command and left out", yamlfile.Quote(words[0].text))
		return
	}
	r := c.request(words[0].pos)
	for words = words[1:]; len(words) > 0; {
		switch a := words[0]; {
		case a.text == "--next" || a.text == "-:":
			c.add(r)
			r, words = c.request(a.pos), words[1:]
		case strings.HasPrefix(a.text, "--") && len(a.text) > 2:
			words = c.long(r, words)
		case strings.HasPrefix(a.text, "-") && len(a.text) > 1 && a.text != "--":
			words = c.short(r, words)
		case a.text == "--" || a.text == "":
			words = words[1:]
		default:
			r.urls, words = append(r.urls, a), words[1:]
		}
	}
	c.add(r)
}

func isAssignment(s string) bool {
	name, _, ok := strings.Cut(s, "=")
	for i, r := range name {
		ok = ok && isNameRune(r, i)
	}
	return ok && name != ""
}

func (c *curlReader) request(pos yamlfile.Pos) *curlRequest {
	return &curlRequest{src: c.src, scenario: c.scenario, pos: pos}
}

// long takes --name, and its value where it has one. It returns the other words.
func (c *curlReader) long(r *curlRequest, words []argument) []argument {
	name := words[0].text[2:]
	for i := range c.options {
		for _, known := range strings.Fields(c.options[i].names) {
			if known == name {
				return c.apply(r, &c.options[i], words[0], words[1:])
			}
		}
	}
	if strings.HasPrefix(name, "no-") {
		return words[1:]
	}
	c.src.note(words[0].pos, "the option %s is not known and left out; it is taken to have no value", yamlfile.Quote("--"+name))
	return words[1:]
}

// short takes -a, -abc and -aVALUE. It returns the other words.
func (c *curlReader) short(r *curlRequest, words []argument) []argument {
	rest := words[0].text[1:]
	for rest != "" {
		letter, _ := first(rest)
		rest = rest[len(string(letter)):]
		o := c.shortOption(letter)
		switch {
		case o == nil:
			c.src.note(words[0].pos, "the option %s is not known and left out; it is taken to have no value", yamlfile.Quote("-"+string(letter)))
		case o.value && rest != "":
			c.apply(r, o, words[0], []argument{{rest, words[0].pos}})
			return words[1:]
		case o.value:
			return c.apply(r, o, words[0], words[1:])
		default:
			c.apply(r, o, words[0], nil)
		}
	}
	return words[1:]
}

func (c *curlReader) shortOption(letter rune) *curlOption {
	for i := range c.options {
		if c.options[i].short == letter {
			return &c.options[i]
		}
	}
	return nil
}

// apply does what an option says and returns the words behind its value.
func (c *curlReader) apply(r *curlRequest, o *curlOption, option argument, rest []argument) []argument {
	var value argument
	if o.value {
		if len(rest) == 0 {
			c.src.wrong(option.pos, yamlfile.Quote(option.text)+" has no value", "one behind it")
			return nil
		}
		value, rest = rest[0], rest[1:]
	} else {
		value.pos = option.pos
	}
	if o.note != "" {
		name, _, _ := strings.Cut(o.names, " ")
		c.src.note(option.pos, "--%s is left out: %s", name, o.note)
	}
	if o.apply != nil {
		o.apply(r, value)
	}
	return rest
}

// add makes a step of each URL.
func (c *curlReader) add(r *curlRequest) {
	if len(r.urls) == 0 {
		c.src.wrong(r.pos, "the command has no URL", "curl https://host/path")
		return
	}
	r.body()
	for _, u := range r.urls {
		if len(c.all) >= maxSteps {
			c.src.note(u.pos, "more than %d requests: this one is left out", maxSteps)
			return
		}
		step := r.step
		step.Headers = append([]Field(nil), r.step.Headers...)
		step.Method = r.verb()
		step.Auth = r.auth
		to := r.address(&step, u)
		if !to.canBeSent() || !isToken(step.Method) {
			c.src.wrong(u.pos, yamlfile.Quote(u.text)+" cannot be sent as "+step.Method, "a method and a URL such as https://host/path")
			continue
		}
		c.all = append(c.all, placed{&step, to})
	}
}

func (r *curlRequest) address(step *Step, u argument) address {
	to := parseAddress(u.text)
	if to.scheme == "" {
		to.scheme = "http"
	}
	if to.user != "" {
		step.Auth = r.src.env.basic(u.pos, to.user)
	}
	if r.get && r.data != "" {
		to.path += map[bool]string{true: "&", false: "?"}[strings.Contains(to.path, "?")] + r.data
	}
	to.path = r.src.env.query(u.pos, to.path)
	return to
}

// verb is the method that curl would use.
func (r *curlRequest) verb() string {
	switch {
	case r.method != "":
		return r.method
	case r.head:
		return "HEAD"
	case r.get:
		return "GET"
	case r.upload.text != "":
		return "PUT"
	case r.hasData || r.file != "" || len(r.step.Multipart) > 0:
		return "POST"
	}
	return "GET"
}

// body puts the data where it belongs.
func (r *curlRequest) body() {
	media := r.step.header("Content-Type")
	switch {
	case r.get:
	case r.upload.text != "":
		r.step.BodyFile = r.upload.text
	case r.file != "":
		r.step.BodyFile = r.file
		r.step.setHeader("Content-Type", cmp.Or(media, r.media()))
	case r.hasData:
		r.src.setBody(&r.step, r.dataPos, r.data, cmp.Or(media, r.media()))
	}
	if r.json && r.step.header("Accept") == "" {
		r.step.setHeader("Accept", "application/json")
	}
}

func (r *curlRequest) media() string {
	if r.json {
		return "application/json"
	}
	return "application/x-www-form-urlencoded"
}

// finish makes the scenario of the requests.
func (c *curlReader) finish(o Options) *Scenario {
	s := c.scenario
	s.Name = named(o.Name, named(c.all[0].to.host, "curl"))
	s.Head = []string{"Made of " + plural(len(c.all), "curl command") + ". Look at the load and at the objectives:", "they are a start, not what your service has to bear."}
	s.aim(c.all, c.all[0].to.origin())
	for _, p := range c.all {
		s.Steps = append(s.Steps, *p.step)
	}
	s.call(names{})
	s.share()
	s.start()
	if len(c.all) > 1 {
		s.Flow = "main"
		s.StepsNote = []string{"The commands in their order. What one answers and a later one needs goes into extract:."}
	}
	return s
}
