package session

import "slices"

// A Var is the number of a variable in its Scope.
type Var int

// A Scope numbers the variables of a plan. The zero value has none.
type Scope struct {
	// Outside returns the value of a placeholder that stands for something known before
	// the run, as it is to be written; false: it is none of these. nil: there are none.
	Outside func(placeholder string) (value string, is bool)

	names []string
	known map[string]Var
}

// Declare returns the number of a variable, new or known.
func (s *Scope) Declare(name string) Var {
	if v, ok := s.known[name]; ok {
		return v
	}
	if s.known == nil {
		s.known = map[string]Var{}
	}
	v := Var(len(s.names))
	s.names = append(s.names, name)
	s.known[name] = v
	return v
}

// Lookup returns the number of a variable that was declared.
func (s *Scope) Lookup(name string) (Var, bool) {
	v, ok := s.known[name]
	return v, ok
}

// Name is what a variable is called.
func (s *Scope) Name(v Var) string { return s.names[v] }

// Names are those of all variables, sorted.
func (s *Scope) Names() []string { return slices.Sorted(slices.Values(s.names)) }

// Len is how many variables there are.
func (s *Scope) Len() int { return len(s.names) }
