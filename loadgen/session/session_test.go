package session

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// world is a user that knows some variables.
func world(values map[string]string) (*Scope, *Session) {
	scope := &Scope{}
	for name := range values {
		scope.Declare(name)
	}
	scope.Declare("unset")
	s := New(scope, 7, 1)
	for name, value := range values {
		v, _ := scope.Lookup(name)
		s.Set(v, []byte(value))
	}
	s.Iteration = 3
	s.Now = func() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 8_900_000, time.FixedZone("", 3600)) }
	return scope, s
}

func TestAScopeNumbersVariables(t *testing.T) {
	var s Scope
	require.Zero(t, s.Len())
	require.Empty(t, s.Names())
	_, ok := s.Lookup("b")
	require.False(t, ok)
	b, a := s.Declare("b"), s.Declare("a")
	require.Equal(t, []Var{0, 1}, []Var{b, a})
	require.Equal(t, b, s.Declare("b"), "a name that is known keeps its number")
	again, ok := s.Lookup("a")
	require.True(t, ok)
	require.Equal(t, a, again)
	require.Equal(t, "b", s.Name(b))
	require.Equal(t, []string{"a", "b"}, s.Names())
	require.Equal(t, 2, s.Len())
}

// known are the values of a Session's variables.
func known(s *Session) map[string]string {
	all := map[string]string{}
	for v := range s.scope.Len() {
		if value, set := s.Get(Var(v)); set {
			all[s.scope.Name(Var(v))] = string(value)
		}
	}
	return all
}

func TestValuesComeAndGo(t *testing.T) {
	var scope Scope
	a, b, c := scope.Declare("a"), scope.Declare("b"), scope.Declare("c")
	tests := []struct {
		name string
		do   func(s *Session)
		want map[string]string
	}{
		{"nothing is known at first", func(*Session) {}, map[string]string{}},
		{"a value is copied", func(s *Session) {
			value := []byte("long value")
			s.Set(a, value)
			copy(value, "LONG")
		}, map[string]string{"a": "long value"}},
		{"a shorter value leaves nothing of a longer one", func(s *Session) {
			s.Set(a, []byte("long value"))
			s.Set(a, []byte("x"))
		}, map[string]string{"a": "x"}},
		{"an empty value is one", func(s *Session) { s.Set(a, nil) }, map[string]string{"a": ""}},
		{"a value is taken away", func(s *Session) {
			s.Set(a, []byte("x"))
			s.Clear(a)
		}, map[string]string{}},
		{"without a mark all is forgotten", func(s *Session) {
			s.Set(a, []byte("x"))
			s.Reset()
		}, map[string]string{}},
		{"what was marked comes back", func(s *Session) {
			s.Set(a, []byte("marked"))
			s.Set(b, []byte("marked"))
			s.Mark()
			s.Set(a, []byte("changed"))
			s.Clear(b)
			s.Set(c, []byte("new"))
			s.Reset()
		}, map[string]string{"a": "marked", "b": "marked"}},
		{"what comes back can be changed again", func(s *Session) {
			s.Set(a, []byte("marked"))
			s.Mark()
			for range 2 {
				s.Reset()
				s.Set(a, []byte("CHANGE"))
			}
			s.Reset()
		}, map[string]string{"a": "marked"}},
		{"the last mark counts", func(s *Session) {
			s.Set(a, []byte("first"))
			s.Mark()
			s.Set(a, []byte("second"))
			s.Mark()
			s.Reset()
		}, map[string]string{"a": "second"}},
		{"what another knows is added", func(s *Session) {
			from := New(&scope, 2, 1)
			from.Set(a, []byte("theirs"))
			s.Set(a, []byte("ours"))
			s.Set(b, []byte("ours"))
			s.Inherit(from)
			from.Set(a, []byte("THEIRS"))
		}, map[string]string{"a": "theirs", "b": "ours"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := New(&scope, 1, 1)
			tt.do(s)
			require.Equal(t, tt.want, known(s))
		})
	}
}

func TestCookiesAreMarkedWithTheRest(t *testing.T) {
	s := New(&Scope{}, 1, 1)
	take := func(c string) { s.Cookies.Take([]byte(c), "example.com", []byte("/"), false, time.Unix(0, 0)) }
	take("a=1")
	s.Mark()
	take("a=2")
	take("b=2")
	require.Equal(t, 2, s.Cookies.Len())
	s.Reset()
	got := s.Cookies.Append(nil, "example.com", []byte("/"), false, time.Unix(0, 0))
	require.Equal(t, "a=1", string(got))
}

func TestAVariableIsSetToAText(t *testing.T) {
	scope, s := world(map[string]string{"a": "1"})
	a, _ := scope.Lookup("a")
	itself, err := scope.Compile("<${a}>", Raw)
	require.NoError(t, err)
	for range 2 {
		require.NoError(t, s.SetText(a, itself))
	}
	require.Equal(t, map[string]string{"a": "<<1>>"}, known(s))

	none, err := scope.Compile("<${unset}>", Raw)
	require.NoError(t, err)
	require.EqualError(t, s.SetText(a, none), "variable unset has no value")
	require.Equal(t, map[string]string{"a": "<<1>>"}, known(s), "it keeps the value that it has")
}

func TestTheClockIsTheWalls(t *testing.T) {
	before := time.Now()
	got := New(&Scope{}, 1, 1).now()
	require.False(t, got.Before(before) || got.After(time.Now()))
}

// A run can be had again: what is random depends on the seed and the user alone.
func TestSeedAndUserDecideWhatIsRandom(t *testing.T) {
	var scope Scope
	text, err := scope.Compile("${uuid} ${random(1,1000000)} ${random_text(8)}", Raw)
	require.NoError(t, err)
	draw := func(user int64, seed uint64) string {
		s := New(&scope, user, seed)
		s.Random().Uint64()
		made, err := text.Append(nil, s)
		require.NoError(t, err)
		return string(made)
	}
	require.Equal(t, draw(1, 1), draw(1, 1))
	seen := map[string]bool{}
	for user := range int64(50) {
		for seed := range uint64(50) {
			seen[draw(user, seed)] = true
		}
	}
	require.Len(t, seen, 2500)
}
