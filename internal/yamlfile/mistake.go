package yamlfile

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// A Pos is a place in a file. Lines and columns count from 1, columns in
// characters. Without a Line, File is the name of another place: a flag, say.
// The zero Pos is no place.
type Pos struct {
	File   string
	Line   int
	Column int
}

// String returns "file:line:column".
func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	return p.Short() + ":" + strconv.Itoa(p.Column)
}

// Short returns "file:line".
func (p Pos) Short() string {
	if p.Line == 0 {
		return p.File
	}
	return p.File + ":" + strconv.Itoa(p.Line)
}

// A Path names a value in a file: `steps[1].headers["X.Y"]`. The root is "".
type Path string

// Key returns the path of the value under a key.
func (p Path) Key(key string) Path {
	switch {
	case !plainKey(key):
		return p + "[" + Path(strconv.Quote(key)) + "]"
	case p == "":
		return Path(key)
	}
	return p + "." + Path(key)
}

// Index returns the path of the value at an index of a list.
func (p Path) Index(i int) Path {
	return p + "[" + Path(strconv.Itoa(i)) + "]"
}

// Parent returns the path of what the value stands in.
func (p Path) Parent() Path {
	end := strings.LastIndexAny(string(p), ".[")
	if strings.HasSuffix(string(p), `"]`) {
		end = strings.LastIndex(string(p), `["`)
	}
	return p[:max(end, 0)]
}

// Within tells whether the path is that of the other value or of one inside it.
func (p Path) Within(other Path) bool {
	rest, ok := strings.CutPrefix(string(p), string(other))
	return ok && (rest == "" || other == "" || rest[0] == '.' || rest[0] == '[')
}

func plainKey(key string) bool {
	for _, r := range key {
		if r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return key != ""
}

// A Mistake is one thing that is wrong: where, what, and what is wanted instead.
type Mistake struct {
	Pos  Pos
	Path Path
	Key  string // of the mapping at Path, when a key is wrong and not a value
	What string
	Want string // may be empty
}

// Error returns "file:line:column: path: what; want ...". A flag says what it is
// about by its name, so its path is left out.
func (m *Mistake) Error() string {
	var b strings.Builder
	if m.Pos.File != "" {
		b.WriteString(m.Pos.String() + ": ")
	}
	if m.Path != "" && (m.Pos.File == "" || m.Pos.Line > 0) {
		b.WriteString(string(m.Path) + ": ")
	}
	b.WriteString(m.What)
	if m.Want != "" {
		b.WriteString("; want " + m.Want)
	}
	return b.String()
}

// Mistakes are all that is wrong with a file.
type Mistakes []*Mistake

// Error returns one line for each mistake.
func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i, one := range m {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap makes errors.As find each Mistake.
func (m Mistakes) Unwrap() []error {
	all := make([]error, len(m))
	for i, one := range m {
		all[i] = one
	}
	return all
}

// Err returns nil when there is no mistake.
func (m Mistakes) Err() error {
	if len(m) == 0 {
		return nil
	}
	return m
}

// Sort puts the mistakes in the order of their places; those with a place in a
// file come first.
func (m Mistakes) Sort() {
	slices.SortStableFunc(m, func(a, b *Mistake) int {
		return cmp.Or(
			cmp.Compare(min(b.Pos.Line, 1), min(a.Pos.Line, 1)),
			cmp.Compare(a.Pos.File, b.Pos.File),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Column, b.Pos.Column),
		)
	})
}

// asMistakes returns the error as Mistakes; one that is none is put at the place.
func asMistakes(err error, pos Pos, path Path) Mistakes {
	var all Mistakes
	var one *Mistake
	switch {
	case err == nil:
		return nil
	case errors.As(err, &all):
		return all
	case errors.As(err, &one):
		return Mistakes{one}
	}
	what, want := Explain(err)
	return Mistakes{{Pos: pos, Path: path, What: what, Want: want}}
}
