package inspect

import (
	"fmt"

	"gonogo/loadgen/session"
)

// A Rule takes one value out of answers, or checks it.
type Rule struct {
	Source    Source
	Of        string // which one: a name, path, program, pattern, selector or expression
	Group     int    // Regex: the number of the group; 0: all that matches
	Attribute string // CSS: of the element; empty: its text

	// One of the two.
	Into  *Into  // where the value goes
	Wants []Want // what has to hold for it, all of them
}

// Into is the variable that a rule fills.
type Into struct {
	Name string // of the variable, for errors
	Var  session.Var
	// When an answer has no such value: Default is taken, or the variable is empty, or
	// else the answer is wrong.
	Default  *session.Text
	Optional bool
}

// A Want is what has to hold for a value.
type Want struct {
	Op   Op
	Text *session.Text // nil for Exists and Absent; of Matches it is constant
}

// A Source is what a rule reads.
type Source uint8

// The sources.
const (
	Status Source = iota
	Header
	Cookie
	Body
	JSON // by a path, as of gjson or JSONPath
	JQ   // the first output of a program
	Regex
	CSS   // the first element
	XPath // the first node of HTML, or a text, number or truth
	Size
	Time
	SHA256
	sources
)

// String returns what a source is called in a file.
func (s Source) String() string {
	return [...]string{
		"status", "header", "cookie", "body", "json", "jq", "regex", "css", "xpath", "size", "time", "sha256", "unknown",
	}[min(s, sources)]
}

// named tells whether a source needs Rule.Of.
func (s Source) named() bool {
	switch s {
	case Header, Cookie, JSON, JQ, Regex, CSS, XPath:
		return true
	}
	return false
}

// body tells whether a source is about the contents of the body.
func (s Source) body() bool {
	switch s {
	case Body, JSON, JQ, Regex, CSS, XPath, SHA256:
		return true
	}
	return false
}

// An Op is how a value is held against what is wanted. What does not exist meets
// Absent and nothing else: not even IsNot, since no data is never a pass.
type Op uint8

// The ops. Is compares bytes, but for sizes, times and digests.
const (
	Is Op = iota
	IsNot
	Contains
	Matches
	AtLeast
	AtMost
	Exists
	Absent
	ops
)

// String returns what an op is called in a file.
func (o Op) String() string {
	return [...]string{"is", "is_not", "contains", "matches", "at_least", "at_most", "exists", "exists", "unknown"}[min(o, ops)]
}

// A RuleError is a mistake in a rule.
type RuleError struct {
	Rule  int    // index of the rule
	Field string // as it is called in a file: json, group, at_most and so on
	What  string
	Want  string // the wanted form
}

func (e *RuleError) Error() string {
	return fmt.Sprintf("rule %d: %s: %s; want %s", e.Rule, e.Field, e.What, e.Want)
}
