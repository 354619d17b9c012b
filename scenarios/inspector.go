package scenarios

import (
	"regexp"
	"strings"

	"gonogo/internal/yamlfile"
	"gonogo/loadgen"
	"gonogo/loadgen/inspect"
	"gonogo/loadgen/session"
)

// A Source is where in an answer a value is.
type Source struct {
	Look     `yaml:",inline"`
	Default  *string `yaml:"default" json:"default,omitempty"`
	Required *bool   `yaml:"required" json:"required,omitempty"`
}

// Look names a place in an answer: exactly one of these.
type Look struct {
	JSON      string `yaml:"json" json:"json,omitempty"`     // a path, as of gjson
	JQ        string `yaml:"jq" json:"jq,omitempty"`         // a program
	Header    string `yaml:"header" json:"header,omitempty"` // a name
	Cookie    string `yaml:"cookie" json:"cookie,omitempty"` // a name
	Regex     string `yaml:"regex" json:"regex,omitempty"`
	RegexPart int    `yaml:"group" json:"group,omitempty"` // of the regular expression; the first by default
	CSS       string `yaml:"css" json:"css,omitempty"`     // a selector
	Attribute string `yaml:"attribute" json:"attribute,omitempty"`
	XPath     string `yaml:"xpath" json:"xpath,omitempty"`
	Body      bool   `yaml:"body" json:"body,omitempty"` // all of it
	Status    bool   `yaml:"status" json:"status,omitempty"`
	Size      bool   `yaml:"size" json:"size,omitempty"` // of the body, decoded
	Time      bool   `yaml:"time" json:"time,omitempty"` // the service time
	SHA256    string `yaml:"sha256" json:"sha256,omitempty"`
}

// DecodeYAML reads a source from the text of a JSON path, or from a mapping.
func (s *Source) DecodeYAML(n yamlfile.Node) error {
	if n.IsText() {
		return n.Decode(&s.JSON)
	}
	type mapping Source
	return n.Decode((*mapping)(s))
}

// A Check is what a place in an answer has to be.
type Check struct {
	Look     `yaml:",inline"`
	Is       *string `yaml:"is" json:"is,omitempty"`
	IsNot    *string `yaml:"is_not" json:"is_not,omitempty"`
	Contains *string `yaml:"contains" json:"contains,omitempty"`
	Matches  *string `yaml:"matches" json:"matches,omitempty"`
	Exists   *bool   `yaml:"exists" json:"exists,omitempty"`
	AtLeast  *string `yaml:"at_least" json:"at_least,omitempty"`
	AtMost   *string `yaml:"at_most" json:"at_most,omitempty"`
}

// inspector compiles what is taken out of an answer and checked; nil where that is
// nothing.
func (j *journey) inspector(path yamlfile.Path, s *Step, host string) loadgen.Inspector {
	var rules []inspect.Rule
	var places []yamlfile.Path
	for i := range s.Extract {
		e := &s.Extract[i]
		at := path.Key("extract").Key(e.Name)
		rules, places = append(rules, j.extraction(at, e)), append(places, at)
	}
	for i := range s.Check {
		at := path.Key("check").Index(i)
		rules, places = append(rules, j.checking(at, &s.Check[i])), append(places, at)
	}
	for i, rule := range rules {
		j.isThere(places[i], s, rule.Source)
	}
	return j.inspectorOf(rules, places, host)
}

// inspectorOf compiles rules that are written at the places.
func (j *journey) inspectorOf(rules []inspect.Rule, places []yamlfile.Path, host string) loadgen.Inspector {
	if len(rules) == 0 {
		return nil
	}
	made, err := inspect.New(rules, inspect.Options{
		BodyLimit: int(j.HTTP.BodyLimit),
		Cookie:    func(s *session.Session, name string) ([]byte, bool) { return s.Cookies.Value(name, host) },
	})
	j.ruleMistakes(places, err)
	if err != nil {
		return nil
	}
	return made
}

// ruleMistakes reports what is wrong with rules that are written at the places.
func (j *journey) ruleMistakes(places []yamlfile.Path, err error) {
	switch e := err.(type) {
	case nil:
	case *inspect.RuleError:
		at := places[e.Rule]
		if j.has(at.Key(e.Field)) {
			at = at.Key(e.Field)
		}
		j.wrong(at, e.What, e.Want)
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			j.ruleMistakes(places, one)
		}
	default:
		j.wrong(places[0], err.Error(), "")
	}
}

// extraction compiles what fills a variable. Those behind it may read it.
func (j *journey) extraction(path yamlfile.Path, e *Named[Source]) inspect.Rule {
	rule := j.look(path, &e.Value.Look)
	v := j.scope.Declare(e.Name)
	rule.Into = &inspect.Into{Name: e.Name, Var: v, Optional: e.Value.Required != nil && !*e.Value.Required}
	if e.Value.Default != nil {
		rule.Into.Default = j.text(path.Key("default"), *e.Value.Default, session.Raw)
	}
	j.known[v] = true
	return rule
}

// checking compiles a check.
func (j *journey) checking(path yamlfile.Path, k *Check) inspect.Rule {
	rule := j.look(path, &k.Look)
	for _, want := range []struct {
		key  string
		op   inspect.Op
		text *string
	}{
		{"is", inspect.Is, k.Is},
		{"is_not", inspect.IsNot, k.IsNot},
		{"contains", inspect.Contains, k.Contains},
		{"matches", inspect.Matches, k.Matches},
		{"at_least", inspect.AtLeast, k.AtLeast},
		{"at_most", inspect.AtMost, k.AtMost},
	} {
		if want.text == nil {
			continue
		}
		if made := j.text(path.Key(want.key), *want.text, session.Raw); made != nil {
			rule.Wants = append(rule.Wants, inspect.Want{Op: want.op, Text: made})
		}
	}
	if k.Exists != nil {
		op := inspect.Exists
		if !*k.Exists {
			op = inspect.Absent
		}
		rule.Wants = append(rule.Wants, inspect.Want{Op: op})
	}
	if k.SHA256 != "" {
		if made := j.text(path.Key("sha256"), k.SHA256, session.Raw); made != nil {
			rule.Wants = append(rule.Wants, inspect.Want{Op: inspect.Is, Text: made})
		}
	}
	return rule
}

// look compiles the place in an answer: exactly one is named.
func (j *journey) look(path yamlfile.Path, l *Look) inspect.Rule {
	var rule inspect.Rule
	named := []string{}
	for _, one := range []struct {
		source inspect.Source
		of     string
		set    bool
	}{
		{inspect.Status, "", l.Status},
		{inspect.Header, l.Header, l.Header != ""},
		{inspect.Cookie, l.Cookie, l.Cookie != ""},
		{inspect.Body, "", l.Body},
		{inspect.JSON, l.JSON, l.JSON != ""},
		{inspect.JQ, l.JQ, l.JQ != ""},
		{inspect.Regex, l.Regex, l.Regex != ""},
		{inspect.CSS, l.CSS, l.CSS != ""},
		{inspect.XPath, l.XPath, l.XPath != ""},
		{inspect.Size, "", l.Size},
		{inspect.Time, "", l.Time},
		{inspect.SHA256, "", l.SHA256 != ""},
	} {
		if j.given(path.Key(one.source.String()), one.set) {
			named = append(named, one.source.String())
			rule.Source, rule.Of = one.source, one.of
		}
	}
	switch {
	case len(named) > 1:
		j.wrong(path.Key(named[1]), "both "+strings.Join(named, " and ")+" are given", "one of them")
	case len(named) == 0:
		j.wrong(path, "it says no place in the answer", "json, jq, header, cookie, regex, css, xpath, body, status, size, time or sha256")
	}
	rule.Attribute = l.Attribute
	if rule.Source == inspect.Regex {
		rule.Group = j.regexGroup(path, l)
	}
	return rule
}

// regexGroup is the group of a regular expression that is meant: the first, or all
// that matches where there is none.
func (j *journey) regexGroup(path yamlfile.Path, l *Look) int {
	if j.given(path.Key("group"), l.RegexPart != 0) {
		return l.RegexPart
	}
	if made, err := regexp.Compile(l.Regex); err == nil && made.NumSubexp() > 0 {
		return 1
	}
	return 0
}
