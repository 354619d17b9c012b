package inspect

import (
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/andybalholm/cascadia"
	"github.com/itchyny/gojq"
)

// A rule is a compiled Rule.
type rule struct {
	label  string // what it is called in errors
	source source
	body   bool // needs the whole body
	into   *Into
	wants  []want
}

// compile returns all mistakes of a rule.
func compile(r *Rule, o Options) (rule, []*RuleError) {
	made := rule{into: r.Into, body: r.Source.body()}
	var mistakes []*RuleError
	wrong := func(field, what, want string) {
		mistakes = append(mistakes, &RuleError{Field: field, What: what, Want: want})
	}
	made.label = label(r)
	var err error
	if made.source, err = compileSource(r, o); err != nil {
		wrong(r.Source.String(), err.Error(), wantOf(r.Source))
	}
	if group, groups := r.Group, groupsOf(made.source); group < 0 || group > groups && err == nil {
		wrong("group", fmt.Sprintf("there is no group %d", group), fmt.Sprintf("0 for all that matches, to %d", groups))
	}
	if r.Attribute != "" && r.Source != CSS {
		wrong("attribute", "only an element has attributes", "it beside css, or an xpath such as //a/@href")
	}
	switch {
	case r.Into == nil && len(r.Wants) == 0:
		wrong(r.Source.String(), "nothing is said of it", "one of is, is_not, contains, matches, at_least, at_most, exists")
	case r.Into != nil && len(r.Wants) > 0:
		wrong(r.Wants[0].Op.String(), "a value that goes into a variable is not checked", "a check of its own")
	case r.Into != nil && r.Into.Default != nil && r.Into.Optional:
		wrong("required", "there is a default", "one of the two")
	}
	for _, w := range r.Wants {
		compiled, err := compileWant(w, r.Source)
		if err != nil {
			wrong(w.Op.String(), err.Error(), wantedOf(w.Op, compiled.measure, r.Source))
		}
		made.wants = append(made.wants, compiled)
	}
	return made, mistakes
}

func label(r *Rule) string {
	name := r.Source.String()
	if r.Source.named() {
		of := r.Of
		if len(of) > mostShown || strings.ContainsFunc(of, unicode.IsControl) {
			of = quote([]byte(of))
		}
		name += " " + of
	}
	if r.Attribute != "" {
		name += " attribute " + r.Attribute
	}
	if r.Into != nil {
		return "extract " + r.Into.Name + ": " + name
	}
	return "check " + name
}

func compileSource(r *Rule, o Options) (source, error) {
	if r.Source >= sources {
		return nil, errors.New("there is no such source")
	}
	if r.Source.named() && strings.TrimSpace(r.Of) == "" {
		return nil, errors.New("it is empty")
	}
	switch r.Source {
	case Status:
		return sourceFunc(readStatus), nil
	case Body:
		return sourceFunc(readBody), nil
	case Size:
		return sourceFunc(readSize), nil
	case Time:
		return sourceFunc(readTime), nil
	case SHA256:
		return sourceFunc(readSHA256), nil
	case Header:
		if strings.ContainsFunc(r.Of, func(c rune) bool { return c <= ' ' || c == ':' || c > '~' }) {
			return nil, fmt.Errorf("%q is no name of a header field", r.Of)
		}
		return header(r.Of), nil
	case Cookie:
		if o.Cookie == nil {
			return nil, errors.New("the users have no cookies")
		}
		return cookie{r.Of, o.Cookie}, nil
	}
	return compileBody(r)
}

// compileBody compiles what looks into the body.
func compileBody(r *Rule) (source, error) {
	switch r.Source {
	case JSON:
		path, err := translate(r.Of)
		return jsonPath(path), err
	case JQ:
		query, err := gojq.Parse(r.Of)
		if err != nil {
			return nil, err
		}
		code, err := gojq.Compile(query)
		return program{code}, err
	case CSS:
		of, err := cascadia.ParseGroup(r.Of)
		return selector{of, strings.ToLower(r.Attribute)}, err
	case XPath:
		return newExpression(r.Of)
	}
	re, err := regexp.Compile(r.Of)
	return pattern{re, r.Group}, err
}

// groupsOf is how many groups there are to choose from.
func groupsOf(s source) int {
	if p, ok := s.(pattern); ok && p.Regexp != nil {
		return p.NumSubexp()
	}
	return 0
}

// wantOf is the form of Rule.Of.
func wantOf(s Source) string {
	return map[Source]string{
		sources: "one of status, header, cookie, body, json, jq, regex, css, xpath, size, time, sha256",

		Header: "a name such as Location", Cookie: "a name such as session, and cookies: true",
		JSON: "a path such as items.0.id or $.items[0].id", JQ: "a program such as .items | length",
		Regex: `a regular expression such as order-(\d+)`, CSS: "a selector such as input[name=csrf]",
		XPath: "an expression such as //a/@href",
	}[min(s, sources)]
}

func compileWant(w Want, s Source) (want, error) {
	made := want{op: w.Op, source: s, text: w.Text, measure: map[Source]measure{Size: bytesOf, Time: duration}[s]}
	if w.Op >= ops {
		return made, errors.New("there is no such check")
	}
	if made.constant = w.Op == Exists || w.Op == Absent; made.constant {
		return made, nil
	}
	if w.Text == nil {
		return made, errors.New("it says nothing")
	}
	var text string
	text, made.constant = w.Text.Constant()
	made.fixed = []byte(text)
	switch {
	case (s == Size || s == Time) && !made.measured():
		return made, fmt.Errorf("the %s is no text", s)
	case s == SHA256 && w.Op != Is && w.Op != IsNot:
		return made, errors.New("of a digest nothing but the whole says anything")
	case w.Op == Matches:
		return compileMatch(made, text)
	case !made.constant:
		return made, nil
	case made.measured():
		var err error
		made.limit, err = made.measure.parse(made.fixed)
		return made, err
	case s == SHA256:
		if sum, err := hex.DecodeString(text); err != nil || len(sum) != 32 {
			return made, fmt.Errorf("%s is no SHA-256", quote(made.fixed))
		}
	}
	return made, nil
}

func compileMatch(w want, text string) (want, error) {
	if !w.constant {
		return w, errors.New("a regular expression has no variables")
	}
	var err error
	w.pattern, err = regexp.Compile(text)
	return w, err
}

// wantedOf is the form that the text of a want has to have.
func wantedOf(op Op, m measure, s Source) string {
	switch {
	case s == Size || s == Time || op == AtLeast || op == AtMost:
		return "at_least, at_most or is with " + m.wants()
	case s == SHA256:
		return "64 hexadecimal digits"
	case op == Matches:
		return `a regular expression such as ^order-\d+$`
	}
	return "a text; or one of is, is_not, contains, matches, at_least, at_most, exists"
}
