package scenarios

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"gonogo/internal/yamlfile"
)

// A Layer is a source of values. A higher one wins.
type Layer int

// The layers, from the weakest to the strongest.
const (
	ByDefault Layer = iota
	InCode          // a File made in Go
	InFile
	InEnv
	ByArgument // of the command line, as its URL is
	ByFlag
)

// An Origin says where a value came from.
type Origin struct {
	Layer Layer
	Name  string       // of the flag or of the environment variable
	Pos   yamlfile.Pos // in the file
}

// String returns "default", "burst.yaml:12", "env GONOGO_USERS" or "flag --users".
func (o Origin) String() string {
	switch o.Layer {
	case InCode:
		return "code"
	case InFile:
		return o.Pos.Short()
	case InEnv:
		return "env " + o.Name
	case ByFlag:
		return "flag --" + o.Name
	case ByArgument:
		return "argument"
	}
	return "default"
}

// place is where a mistake in the value is reported, if that is a place at all.
func (o Origin) place() yamlfile.Pos {
	switch o.Layer {
	case InFile:
		return o.Pos
	case InEnv:
		return yamlfile.Pos{File: o.Name}
	case ByArgument:
		return yamlfile.Pos{File: "URL"}
	case ByFlag:
		return yamlfile.Pos{File: "--" + o.Name}
	}
	return yamlfile.Pos{}
}

// has tells whether the value at the path was given, rightly or wrongly.
func (f *File) has(path yamlfile.Path) bool {
	return f.origins[path].Layer > ByDefault
}

// origin returns where the value at the path, or what it stands in, came from.
func (f *File) origin(path yamlfile.Path) Origin {
	for ; path != ""; path = path.Parent() {
		if o, ok := f.origins[path]; ok {
			return o
		}
	}
	return Origin{}
}

// place returns where a mistake in the value at the path is reported: where it
// was given, else at what stands around it in the file.
func (f *File) place(path yamlfile.Path) yamlfile.Pos {
	if o, ok := f.origins[path]; ok && o.Layer > InCode {
		return o.place()
	}
	for p := path.Parent(); p != ""; p = p.Parent() {
		if o, ok := f.origins[p]; ok && o.Layer > InCode {
			return o.place()
		}
	}
	if f.document != nil {
		return f.document.At(path)
	}
	return Origin{}.place()
}

// wrong adds a mistake about the value at the path.
func (f *File) wrong(path yamlfile.Path, what, want string) {
	if f.isSpoiled(path) {
		return
	}
	m := &yamlfile.Mistake{Pos: f.place(path), Path: path, What: what, Want: want}
	f.mistakes = append(f.mistakes, m)
}

// isSpoiled tells whether a mistake was found earlier that explains whatever
// seems wrong or missing at the path now.
func (f *File) isSpoiled(path yamlfile.Path) bool {
	for _, m := range f.early {
		isKey := m.Key != ""
		switch {
		case isKey && m.Path == path.Parent() && !f.has(path): // perhaps it is the misspelt one
			return true
		case !isKey && (m.Path.Within(path) || path.Within(m.Path)):
			return true
		}
	}
	return false
}

// unset takes a value back that a stronger layer replaces.
func (f *File) unset(path yamlfile.Path) {
	for p := range f.origins {
		if p.Within(path) {
			delete(f.origins, p)
		}
	}
	f.field(path).SetZero()
}

// field returns the field that the path names.
func (f *File) field(path yamlfile.Path) reflect.Value {
	v := reflect.ValueOf(f).Elem()
	for _, key := range strings.FieldsFunc(string(path), func(r rune) bool { return strings.ContainsRune(".[]", r) }) {
		if i, err := strconv.Atoi(key); err == nil {
			v = v.Index(i)
			continue
		}
		fields := yamlfile.Fields(v.Type())
		i := slices.IndexFunc(fields, func(f yamlfile.Field) bool { return f.Key == key })
		v = v.FieldByIndex(fields[i].Index)
	}
	return v
}
