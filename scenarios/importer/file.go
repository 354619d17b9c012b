package importer

import "strconv"

// modelines make editors offer the keys of a scenario and check them.
const modelines = "# yaml-language-server: $schema=gonogo.schema.json\n# $schema: gonogo.schema.json\n# (gonogo validate --schema > gonogo.schema.json, and editors complete and check this file)\n"

// YAML writes the scenario file. The same scenario gives the same bytes.
func (s *Scenario) YAML() []byte {
	w := &writer{}
	w.WriteString(modelines)
	if len(s.Head) > 0 {
		w.WriteString("#\n")
		w.comments(s.Head, "")
	}
	var m mapping
	m.add("name", text(s.Name))
	m.add("description", text(s.Description))
	m.add("target", text(s.Target), notEmpty(s.TargetNote)...)
	from := len(m)
	m.add("load", s.Load.mapping(), s.Load.Comment...)
	m.add("http", s.HTTP.mapping())
	m.add("connections", s.Connections.mapping())
	m.add("variables", fields(s.Variables))
	m.add("data", feeders(s.Data))
	if s.Flow != "" {
		m.add("flows", mapping{{key: s.Flow, value: mapping{{key: "steps", value: steps(s.Steps)}}}}, s.StepsNote...)
	} else {
		m.add("steps", steps(s.Steps), s.StepsNote...)
	}
	m.add("objectives", objectives(s.Objectives))
	for i := from; i < len(m); i++ {
		m[i].apart = true
	}
	w.mapping(m, "", false)
	return w.Bytes()
}

func notEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func (l *Load) mapping() mapping {
	var m mapping
	m.add("users", count(l.Users))
	m.add("think_time", length(l.ThinkTime))
	m.add("duration", length(l.Duration))
	m.add("stages", texts(l.Stages))
	return m
}

func (h *HTTP) mapping() mapping {
	var m mapping
	m.add("version", text(h.Version))
	m.add("headers", fields(h.Headers))
	m.add("auth", h.Auth.mapping())
	m.add("redirects", count(h.Redirects))
	m.add("compressed", truth(h.Compressed))
	m.add("insecure", truth(h.Insecure))
	m.add("cacert", text(h.CACert))
	m.add("cert", text(h.Cert))
	m.add("key", text(h.Key))
	return m
}

func (c *Connections) mapping() mapping {
	var m mapping
	m.add("unix_socket", text(c.UnixSocket))
	m.add("proxy", text(c.Proxy))
	m.add("connect_to", texts(c.ConnectTo))
	m.add("resolve", texts(c.Resolve))
	return m
}

func (a *Auth) mapping() mapping {
	var m mapping
	switch {
	case a == nil:
	case a.Kind == "basic" || a.Kind == "bearer":
		m.add(a.Kind, text(a.Value))
	case a.Kind != "":
		m.add("api_key", mapping{{key: a.Kind, value: text(a.Name)}, {key: "value", value: text(a.Value)}})
	}
	return m
}

func feeders(all []Feeder) mapping {
	var m mapping
	for _, f := range all {
		var one mapping
		one.add("file", text(f.File))
		one.add("order", text(f.Order))
		m.add(f.Name, one, notEmpty(f.Comment)...)
	}
	return m
}

func objectives(all []Objective) list {
	var l list
	for _, o := range all {
		if o.Name == "" {
			l = append(l, item{value: text(o.Go)})
			continue
		}
		l = append(l, item{value: mapping{{key: "name", value: text(o.Name)}, {key: "go", value: text(o.Go)}}})
	}
	return l
}

func steps(all []Step) list {
	var l list
	for i := range all {
		s := &all[i]
		e := item{comment: s.Comment, value: s.mapping()}
		e.apart = i > 0 && s.Pause == 0
		l = append(l, e)
	}
	return l
}

func (s *Step) mapping() mapping {
	var m mapping
	switch {
	case s.Pause > 0:
		m.add("pause", length(s.Pause))
		return m
	case s.Group != "":
		m.add("group", text(s.Group))
		m = append(m, item{key: "steps", value: steps(s.Steps)})
		return m
	}
	m.add("name", text(s.Name))
	if s.Method != "GET" {
		m.add("method", text(s.Method))
	}
	m.add("path", text(s.Path))
	m.add("url", text(s.URL))
	m.add("weight", count(s.Weight))
	m.add("query", fields(s.Query))
	m.add("headers", fields(s.Headers))
	m.add("auth", s.Auth.mapping())
	s.content(&m)
	m.add("expect", s.expect())
	m.add("redirects", count(s.Redirects))
	m.add("timeout", length(s.Timeout))
	m.add("extract", extracts(s.Extract))
	m.add("check", checks(s.Checks))
	return m
}

func (s *Step) content(m *mapping) {
	switch {
	case s.JSON != nil && s.JSON.asYAML(0):
		*m = append(*m, item{key: "json", value: s.JSON.value()})
	case s.JSON != nil:
		m.add("body", text(s.JSON.appendText(nil, "")))
	}
	m.add("form", fields(s.Form))
	var parts mapping
	for _, p := range s.Multipart {
		if p.File == "" {
			parts = append(parts, item{key: p.Name, value: text(p.Value)})
			continue
		}
		var file mapping
		file.add("file", text(p.File))
		file.add("type", text(p.Type))
		parts = append(parts, item{key: p.Name, value: file})
	}
	m.add("multipart", parts)
	m.add("body", text(s.Body))
	m.add("body_file", text(s.BodyFile))
}

// value is what a JSON value is in YAML.
func (j *JSON) value() any {
	switch j.Kind {
	case jsonText:
		return text(j.Text)
	case jsonObject:
		m := mapping{}
		for i, v := range j.Values {
			m = append(m, item{key: j.Keys[i], value: v.value()})
		}
		return m
	case jsonList:
		l := list{}
		for _, v := range j.Values {
			l = append(l, item{value: v.value()})
		}
		return l
	}
	return word(j.appendText(nil, ""))
}

// expect is one status, or a list of them.
func (s *Step) expect() any {
	if len(s.Expect) == 1 {
		return word(s.Expect[0])
	}
	var l list
	for _, e := range s.Expect {
		l = append(l, item{value: word(e)})
	}
	return l
}

func extracts(all []Extract) mapping {
	var m mapping
	for _, x := range all {
		e := item{key: x.Name, comment: notEmpty(x.Comment)}
		switch {
		case x.Kind == "json":
			e.value = text("$." + x.From)
		default:
			how := mapping{{key: x.Kind, value: text(x.From)}}
			if x.Kind == "regex" {
				how.add("group", count(1))
			}
			how.add("attribute", text(x.Extra))
			e.value = how
		}
		m = append(m, e)
	}
	return m
}

func checks(all []Check) list {
	var l list
	for _, c := range all {
		var m mapping
		if c.From == "" {
			m.add(c.Kind, truth(true))
		} else {
			m.add(c.Kind, text(c.From))
		}
		if _, err := strconv.ParseFloat(c.Want, 64); err == nil {
			m = append(m, item{key: c.Is, value: word(c.Want)})
		} else {
			m = append(m, item{key: c.Is, value: text(c.Want)})
		}
		l = append(l, item{value: m})
	}
	return l
}
