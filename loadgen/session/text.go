package session

import (
	"errors"
	"fmt"
	"strings"
)

// A Text is written anew for each request, from the values of variables.
type Text struct {
	parts []part
}

// A part is a stretch of a Text: a literal, a variable or a function.
type part struct {
	literal string
	read    reader // nil: it is the literal
	escape  Escape
}

// A reader appends a value.
type reader interface {
	append(dst []byte, s *Session) ([]byte, error)
}

// A SyntaxError is a text that cannot be compiled.
type SyntaxError struct {
	Found string // the placeholder, or what there is of it
	Name  string // what is not known, where that is wrong
	What  string
	Want  string
}

func (e *SyntaxError) Error() string { return e.What + "; want " + e.Want }

// WantPlaceholder says which placeholders there are.
const WantPlaceholder = "${variable}, ${user}, ${iteration}, ${uuid}, ${now}, ${random(1,9)}, ${env:NAME}, ${file:NAME}, or $${ for a plain ${"

// Compile reads a text. What stands for a variable has to be declared; its value is
// escaped as said, unless the placeholder ends in a filter: ${name|json}.
func (s *Scope) Compile(text string, escape Escape) (*Text, error) {
	t := &Text{}
	var all []error
	var literal strings.Builder
	for text != "" {
		i := strings.Index(text, "${")
		if i < 0 {
			break
		}
		if i > 0 && text[i-1] == '$' { // $${
			literal.WriteString(text[:i-1] + "${")
			text = text[i+2:]
			continue
		}
		literal.WriteString(text[:i])
		end := strings.IndexByte(text[i:], '}')
		if end < 0 {
			all = append(all, &SyntaxError{Found: text[i:], What: "a ${ is never closed", Want: WantPlaceholder})
			text = ""
			break
		}
		p, err := s.placeholder(text[i:i+end+1], escape)
		if err != nil {
			all = append(all, err)
		}
		if err == nil && p.read == nil {
			literal.WriteString(p.literal) // it is known already
		} else {
			t.add(&literal)
			t.parts = append(t.parts, p)
		}
		text = text[i+end+1:]
	}
	literal.WriteString(text)
	t.add(&literal)
	return t, errors.Join(all...)
}

// add appends a literal, if it is not empty.
func (t *Text) add(literal *strings.Builder) {
	if literal.Len() > 0 {
		t.parts = append(t.parts, part{literal: literal.String()})
		literal.Reset()
	}
}

// placeholder compiles ${...}, of which this is one.
func (s *Scope) placeholder(found string, escape Escape) (part, error) {
	if s.Outside != nil {
		if value, is := s.Outside(found); is {
			return part{literal: value}, nil
		}
	}
	inner := strings.TrimSpace(found[2 : len(found)-1])
	if name, filter, ok := strings.Cut(inner, "|"); ok {
		inner = strings.TrimSpace(name)
		if escape, ok = filters[strings.TrimSpace(filter)]; !ok {
			return part{}, &SyntaxError{Found: found, What: fmt.Sprintf("the filter of %q is not known", found), Want: "one of " + Filters()}
		}
	}
	if v, ok := s.Lookup(inner); ok {
		return part{read: variable{v, &UnsetError{inner}}, escape: escape}, nil
	}
	name, args := inner, ""
	if open := strings.IndexByte(inner, '('); open > 0 && strings.HasSuffix(inner, ")") {
		name, args = strings.TrimSpace(inner[:open]), inner[open+1:len(inner)-1]
	}
	compile, ok := functions[name]
	if !ok {
		return part{}, &SyntaxError{Found: found, Name: inner, What: fmt.Sprintf("%q is not known", found), Want: WantPlaceholder}
	}
	read, err := compile(args)
	if err != nil {
		return part{}, &SyntaxError{Found: found, What: fmt.Sprintf("%q %v", found, err), Want: WantPlaceholder}
	}
	return part{read: read, escape: escape}, nil
}

// Constant returns the text if it is always the same.
func (t *Text) Constant() (string, bool) {
	switch len(t.parts) {
	case 0:
		return "", true
	case 1:
		return t.parts[0].literal, t.parts[0].read == nil
	}
	return "", false
}

// Vars are the variables that the text reads.
func (t *Text) Vars() []Var {
	var all []Var
	for _, p := range t.parts {
		if v, ok := p.read.(variable); ok {
			all = append(all, v.v)
		}
	}
	return all
}

// Append appends the text with the values of the Session. It fails when a variable
// has none, and leaves that out.
func (t *Text) Append(dst []byte, s *Session) (_ []byte, err error) {
	for i := range t.parts {
		p := &t.parts[i]
		if p.read == nil {
			dst = append(dst, p.literal...)
			continue
		}
		from := len(dst)
		made, problem := p.read.append(dst, s)
		if problem != nil && err == nil {
			err = problem
		}
		dst = p.escape.apply(made, from)
	}
	return dst, err
}

// variable reads a variable's value.
type variable struct {
	v     Var
	unset *UnsetError // made before: conditions read what has no value over and over
}

func (r variable) append(dst []byte, s *Session) ([]byte, error) {
	value, set := s.Get(r.v)
	if !set {
		return dst, r.unset
	}
	return append(dst, value...), nil
}

// An UnsetError is a variable that was read and had no value.
type UnsetError struct{ Name string }

func (e *UnsetError) Error() string { return "variable " + e.Name + " has no value" }
