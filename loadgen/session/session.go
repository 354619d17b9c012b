// Package session owns what one user knows between its requests: the values of
// variables, and the texts and conditions that are made of them.
//
// A Scope numbers the variables while a plan is compiled (scope.go), and compiles
// texts such as /orders/${id} (text.go, with function.go and escape.go) and conditions
// such as ${state} != done (condition.go, which cover.go takes apart, and number.go
// for what is compared as a number). A Session holds one user's values (this file).
// Nothing here allocates while requests are made, once a Session has met the
// longest of its values.
package session

import (
	"bytes"
	"math/rand/v2"
	"time"

	"gonogo/loadgen/cookie"
)

// A Session is what one user knows. One goroutine at a time uses it.
type Session struct {
	User      int64 // from 1
	Iteration int64 // from 1, of this user
	Cookies   cookie.Jar
	// Now is the wall clock; nil: time.Now.
	Now func() time.Time

	scope   *Scope
	values  []value
	marked  []value // what Reset goes back to
	source  rand.PCG
	random  *rand.Rand
	scratch [2][]byte // of conditions
}

type value struct {
	bytes []byte // kept for the next value when it is not set
	set   bool
}

// New returns the Session of a user, with the chance of a seed.
func New(scope *Scope, user int64, seed uint64) *Session {
	s := &Session{User: user, scope: scope, values: make([]value, scope.Len())}
	s.source.Seed(seed, uint64(user))
	s.random = rand.New(&s.source)
	return s
}

// Set gives a variable a copy of the value.
func (s *Session) Set(v Var, to []byte) {
	at := &s.values[v]
	at.bytes, at.set = append(at.bytes[:0], to...), true
}

// SetText gives a variable the value of a text.
func (s *Session) SetText(v Var, t *Text) error {
	made, err := t.Append(s.scratch[0][:0], s)
	s.scratch[0] = made
	if err == nil {
		s.Set(v, made)
	}
	return err
}

// Get returns a variable's value, until it is set anew, and whether it has one.
func (s *Session) Get(v Var) ([]byte, bool) {
	return s.values[v].bytes, s.values[v].set
}

// Clear takes away a variable's value.
func (s *Session) Clear(v Var) { s.values[v].set = false }

// Mark makes what is known now what Reset goes back to.
func (s *Session) Mark() {
	s.marked = make([]value, len(s.values))
	for v, at := range s.values {
		s.marked[v] = value{bytes.Clone(at.bytes), at.set}
	}
	s.Cookies.Mark()
}

// Reset forgets what came to be known since Mark, or ever.
func (s *Session) Reset() {
	for v := range s.values {
		if s.marked != nil && s.marked[v].set {
			s.Set(Var(v), s.marked[v].bytes)
		} else {
			s.values[v].set = false
		}
	}
	s.Cookies.Reset()
}

// Inherit sets the variables that are set in another Session of the same Scope.
func (s *Session) Inherit(from *Session) {
	for v := range from.values {
		if value, set := from.Get(Var(v)); set {
			s.Set(Var(v), value)
		}
	}
}

// Random is this user's chance.
func (s *Session) Random() *rand.Rand { return s.random }

func (s *Session) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}
