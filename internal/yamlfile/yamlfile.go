// Package yamlfile reads YAML files strictly: every mistake at once, each with
// file:line:column, what is wrong and what is wanted.
//
// Decode fills a struct from a file and returns a Document, which knows where
// each value stands, so that whatever finds a mistake later can point at it as
// well. decode.go matches nodes with Go values, node.go is what a type that
// decodes itself works with, mistake.go holds what is reported, syntax.go
// explains a text that is no YAML, and text.go and duration.go hold values that
// are written as text.
package yamlfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// The limits of a file. They are far above any file that a person wrote and far
// below what would make a machine swap.
const (
	maxBytes = 4 << 20
	maxDepth = 100
	maxNodes = 100_000 // each alias counts as all that it stands for

	maxMistakes = 200 // nobody reads on
)

// A Document is a file that was read: the places of its values.
type Document struct {
	name   string
	root   *yaml.Node
	places map[Path]Pos // of each value
	nodes  int          // decoded so far
	fields map[reflect.Type][]Field
}

// Decode reads data, the contents of the file called name, into the struct that
// into points to. Keys are named by the tag `yaml:"name"`. A value that is
// missing leaves its field as it was.
//
// The error is nil or Mistakes. The Document is never nil; after mistakes, into
// holds all that was right.
func Decode(name string, data []byte, into any) (*Document, error) {
	d := &Document{name: name, places: map[Path]Pos{}, fields: map[reflect.Type][]Field{}}
	if m := d.parse(data); m != nil {
		return d, Mistakes{m}
	}
	return d, d.node(d.root, "").Decode(into)
}

// At returns the place of the value at the path. Where there is none, it is the
// place of the nearest thing around it.
func (d *Document) At(path Path) Pos {
	for ; path != ""; path = path.Parent() {
		if pos, ok := d.places[path]; ok {
			return pos
		}
	}
	return Pos{File: d.name, Line: 1, Column: 1}
}

// Has tells whether the file has a value at the path, right or wrong.
func (d *Document) Has(path Path) bool {
	_, ok := d.places[path]
	return ok
}

// Places calls yield with each path in the file and the place of its value.
func (d *Document) Places(yield func(Path, Pos) bool) {
	for path, pos := range d.places {
		if !yield(path, pos) {
			return
		}
	}
}

// parse reads the one document of the file.
func (d *Document) parse(data []byte) *Mistake {
	if m := d.unreadable(data); m != nil {
		return m
	}
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		return d.mistake(1, 1, err.Error(), "")
	}
	var root, second yaml.Node
	if err := loader.Load(&root); errors.Is(err, io.EOF) {
		return d.mistake(1, 1, "the file is empty", "a YAML document")
	} else if err != nil {
		return d.syntax(data, err)
	}
	if err := loader.Load(&second); err == nil {
		return d.mistake(second.Line, second.Column, "a second document starts here", "one document in a file")
	} else if !errors.Is(err, io.EOF) {
		return d.syntax(data, err)
	}
	d.root = &root
	if root.Kind == yaml.DocumentNode && len(root.Content) == 1 {
		d.root = root.Content[0]
	}
	return nil
}

// unreadable finds what the YAML library would explain badly or not at all.
func (d *Document) unreadable(data []byte) *Mistake {
	if len(data) > maxBytes {
		return d.mistake(1, 1, fmt.Sprintf("the file has %d bytes", len(data)), fmt.Sprintf("%d at most", maxBytes))
	}
	line, column := 1, 1
	for rest := data; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			return d.mistake(line, column, fmt.Sprintf("byte 0x%02x is not UTF-8", rest[0]), "a file saved as UTF-8")
		case r == 0:
			return d.mistake(line, column, "a zero byte", "text saved as UTF-8")
		case r == '\n':
			line, column = line+1, 0
		}
		rest, column = rest[size:], column+1
	}
	return nil
}

func (d *Document) mistake(line, column int, what, want string) *Mistake {
	return &Mistake{Pos: Pos{File: d.name, Line: max(line, 1), Column: max(column, 1)}, What: what, Want: want}
}
