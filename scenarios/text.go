package scenarios

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"gonogo/internal/yamlfile"
	"gonogo/loadgen/session"
)

// fixed matches the placeholders whose values are known before the run.
var fixed = regexp.MustCompile(`\$\{(?:env|file):[^}]*\}`)

// literal is a value that is to stand in a text as it is.
func literal(value string) string { return strings.ReplaceAll(value, "${", "$${") }

// varies tells whether a text has placeholders whose values only the run knows.
func varies(text string) bool {
	for _, found := range placeholder.FindAllString(text, -1) {
		if found != "$${" && !fixed.MatchString(found) {
			return true
		}
	}
	return false
}

// outside lets texts at the path read the environment and files. What it returns
// tells whether all that they read was there.
func (j *journey) outside(path yamlfile.Path) (resolved func() bool) {
	all := true
	j.scope.Outside = func(found string) (string, bool) {
		if !fixed.MatchString(found) {
			return "", false
		}
		value, ok := j.resolve(path, found)
		all = all && ok
		return value, true
	}
	return func() bool { return all }
}

// text compiles a text whose values are escaped as said; nil after a mistake.
func (j *journey) text(path yamlfile.Path, text string, escape session.Escape) *session.Text {
	resolved := j.outside(path)
	made, err := j.scope.Compile(text, escape)
	j.explain(path, err)
	if err != nil || !resolved() {
		return nil
	}
	for _, v := range made.Vars() {
		j.needs(path, v)
	}
	return made
}

// condition compiles a condition; nil after a mistake. What it reads may be set
// later: it is empty until then.
func (j *journey) condition(path yamlfile.Path, text string) *session.Condition {
	resolved := j.outside(path)
	made, err := j.scope.Condition(text)
	j.explain(path, err)
	if err != nil || !resolved() {
		return nil
	}
	for _, v := range made.Vars() {
		j.read[v] = true
	}
	return made
}

// explain reports what is wrong with a text.
func (j *journey) explain(path yamlfile.Path, err error) {
	if err == nil {
		return
	}
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range all.Unwrap() {
			j.explain(path, one)
		}
		return
	}
	e, ok := errors.AsType[*session.SyntaxError](err)
	switch {
	case !ok:
		j.wrong(path, err.Error(), "")
	case e.Name == "":
		j.wrong(path, e.What, e.Want)
	default:
		j.unknown(path, e)
	}
}

// unknown reports a variable that nothing sets.
func (j *journey) unknown(path yamlfile.Path, e *session.SyntaxError) {
	if prefix, column, ok := strings.Cut(e.Name, "."); ok {
		for _, s := range j.sources {
			if s.name == prefix {
				j.wrong(path, yamlfile.Quote(e.Found)+": there is no column "+yamlfile.Quote(column)+" in "+j.quote(s.file), "one of "+strings.Join(s.Columns(), ", "))
				return
			}
		}
		if slices.Contains(j.unread, prefix) {
			return // nobody knows its columns, and why is said already
		}
	}
	what, want := yamlfile.Quote(e.Found)+": nothing sets "+yamlfile.Quote(e.Name), "a variable of variables, data, extract or set; or "+e.Want
	if near := yamlfile.Nearest(e.Name, j.scope.Names()); near != "" {
		what, want = what+"; did you mean ${"+near+"}?", ""
	}
	j.wrong(path, what, want)
}

// needs reports a variable that has no value yet where it is read.
func (j *journey) needs(path yamlfile.Path, v session.Var) {
	j.varies = true
	j.read[v] = true
	if j.known[v] {
		return
	}
	name := j.scope.Name(v)
	what := "${" + name + "} has no value here"
	if at, ok := j.setAt[name]; ok {
		what += ": it is set later, at " + j.place(at).Short()
	}
	j.wrong(path, what, "it set before: by a step above, setup, variables or data")
}

// escapeLiterals changes what stands between the placeholders of a text. What is
// known before the run gets the filter.
func escapeLiterals(text, filter string, escape func(string) string) string {
	var b strings.Builder
	last := 0
	for _, at := range placeholder.FindAllStringIndex(text, -1) {
		b.WriteString(escape(text[last:at[0]]))
		if found := text[at[0]:at[1]]; found == "$${" {
			b.WriteString(literal(escape("${")))
		} else if fixed.MatchString(found) && !strings.Contains(found, "|") {
			b.WriteString(strings.TrimSuffix(found, "}") + "|" + filter + "}")
		} else {
			b.WriteString(found)
		}
		last = at[1]
	}
	b.WriteString(escape(text[last:]))
	return b.String()
}
