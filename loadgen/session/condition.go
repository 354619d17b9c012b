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

// Condition compiles a condition. and binds closer than or. What is in quotes is a
// text, whatever words and signs it holds.
func (s *Scope) Condition(text string) (*Condition, error) {
	c := &Condition{any: [][]comparison{nil}}
	mask, err := cover(text)
	if err != nil {
		return c, err
	}
	var all []error
	from := 0
	for _, cut := range append(joints(mask), joint{at: len(text)}) {
		made, err := s.comparison(text, clause{text[from:cut.at], mask[from:cut.at]})
		all = append(all, err)
		last := len(c.any) - 1
		c.any[last] = append(c.any[last], made)
		if cut.word == "or" {
			c.any = append(c.any, nil)
		}
		from = cut.at + len(cut.word)
	}
	return c, errors.Join(all...)
}

// clause is one comparison as it is written, and its mask.
type clause struct{ text, mask string }

// comparison compiles a clause of the whole.
func (s *Scope) comparison(whole string, c clause) (comparison, error) {
	all := operators(c.mask)
	switch {
	case strings.TrimSpace(whole) == "" || len(all) == 0 && strings.TrimSpace(c.text) != "":
		return comparison{}, unclear(c.text, "is not a condition")
	case len(all) == 0:
		return comparison{}, unclear(whole, "has nothing on one side of an and or an or")
	case len(all) > 1:
		return comparison{}, unclear(c.text, "compares more than once: put quotes around what is text")
	}
	at, op := all[0].at, all[0].word
	if !isOperator(op) {
		return comparison{}, unclear(c.text, "compares with "+op+", which is not known")
	}
	left, errL := s.operand(c.text, c.text[:at])
	right, errR := s.operand(c.text, c.text[at+len(op):])
	return comparison{left, right, op}, errors.Join(errL, errR)
}

func unclear(text, what string) error {
	text = strings.TrimSpace(text)
	return &SyntaxError{Found: text, What: strconv.Quote(text) + " " + what, Want: WantCondition}
}

// operand compiles one side of a comparison, without the quotes, which keep spaces.
func (s *Scope) operand(clause, text string) (*Text, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, unclear(clause, "has nothing on one side: write '' for an empty text")
	}
	if text[0] == '\'' || text[0] == '"' {
		inner, behind, _ := strings.Cut(text[1:], text[:1])
		if behind != "" {
			return nil, unclear(clause, "has something behind a quote")
		}
		text = inner
	}
	return s.Compile(text, Raw)
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
