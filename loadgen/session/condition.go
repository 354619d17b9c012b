package session

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
)

// A Condition is true or not, by the values of variables.
type Condition struct {
	any [][]comparison // true when all of one of these are
}

// comparison compares two texts. Numbers are compared as such.
type comparison struct {
	left, right *Text
	op          string
}

// WantCondition says what conditions look like.
const WantCondition = "a comparison such as ${state} != done, with == != < <= > >= or contains, joined by and, or"

// Condition compiles a condition. and binds closer than or.
func (s *Scope) Condition(text string) (*Condition, error) {
	c := &Condition{}
	var all []error
	for _, alternative := range strings.Split(text, " or ") {
		var parts []comparison
		for _, part := range strings.Split(alternative, " and ") {
			made, err := s.comparison(strings.TrimSpace(part))
			all = append(all, err)
			parts = append(parts, made)
		}
		c.any = append(c.any, parts)
	}
	return c, errors.Join(all...)
}

// operators, longer ones first where one begins like another.
var operators = []string{" contains ", "==", "!=", "<=", ">=", "<", ">"}

func (s *Scope) comparison(text string) (comparison, error) {
	at, op := len(text), ""
	for _, o := range operators {
		if i := strings.Index(text, o); i >= 0 && i < at {
			at, op = i, o
		}
	}
	if op == "" || strings.TrimSpace(text[:at]) == "" {
		return comparison{}, &SyntaxError{Found: text, What: strconv.Quote(text) + " is not a condition", Want: WantCondition}
	}
	left, errL := s.Compile(operand(text[:at]), Raw)
	right, errR := s.Compile(operand(text[at+len(op):]), Raw)
	return comparison{left, right, strings.TrimSpace(op)}, errors.Join(errL, errR)
}

// operand takes off the quotes, which keep spaces.
func operand(text string) string {
	text = strings.TrimSpace(text)
	if n := len(text); n >= 2 && (text[0] == '\'' || text[0] == '"') && text[n-1] == text[0] {
		return text[1 : n-1]
	}
	return text
}

// Vars are the variables that the condition reads.
func (c *Condition) Vars() []Var {
	var all []Var
	for _, parts := range c.any {
		for _, p := range parts {
			if p.left != nil && p.right != nil {
				all = append(append(all, p.left.Vars()...), p.right.Vars()...)
			}
		}
	}
	return all
}

// Holds tells whether the condition is true. A variable without a value is empty.
func (c *Condition) Holds(s *Session) bool {
	for _, all := range c.any {
		if holdAll(all, s) {
			return true
		}
	}
	return false
}

func holdAll(all []comparison, s *Session) bool {
	for i := range all {
		if !all[i].holds(s) {
			return false
		}
	}
	return true
}

func (c *comparison) holds(s *Session) bool {
	left, _ := c.left.Append(s.scratch[0][:0], s)
	s.scratch[0] = left
	right, _ := c.right.Append(s.scratch[1][:0], s)
	s.scratch[1] = right
	if c.op == "contains" {
		return bytes.Contains(left, right)
	}
	order := compare(left, right)
	switch c.op {
	case "==":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	default:
		return order >= 0
	}
}

// startsNumber keeps strconv from making an error of every word.
func startsNumber(b []byte) bool {
	return len(b) > 0 && (b[0] == '-' || b[0] == '+' || b[0] == '.' || '0' <= b[0] && b[0] <= '9')
}

func compare(a, b []byte) int {
	if !startsNumber(a) || !startsNumber(b) {
		return bytes.Compare(a, b)
	}
	x, errX := strconv.ParseFloat(string(a), 64)
	y, errY := strconv.ParseFloat(string(b), 64)
	if errX != nil || errY != nil || x != x || y != y {
		return bytes.Compare(a, b)
	}
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}
