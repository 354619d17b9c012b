package inspect

import (
	"bytes"
	"errors"
	"strings"
	"unsafe"

	"github.com/tidwall/gjson"
)

// A jsonState is what is known of the answer's JSON.
type jsonState uint8

const (
	unread jsonState = iota
	valid
	invalid
	tooDeep
)

// maxDepth is how deep JSON may nest. Libraries recurse, and a goroutine's stack is
// not to grow with what an answer says.
const maxDepth = 1000

var (
	errNoJSON  = errors.New("the body is no valid JSON")
	errNoBody  = errors.New("the body is empty, and so no JSON")
	errTooDeep = errors.New("the body is JSON that nests deeper than 1000")
)

// sound fails when the body is no JSON. Paths are read leniently, so that without
// this a broken answer would only lack a value.
func (l *look) sound() error {
	if l.json == unread {
		switch {
		case deep(l.answer.Body):
			l.json = tooDeep
		case gjson.ValidBytes(l.answer.Body):
			l.json = valid
		default:
			l.json = invalid
		}
	}
	switch {
	case l.json == valid:
		return nil
	case l.json == tooDeep:
		return errTooDeep
	case len(l.answer.Body) == 0:
		return errNoBody
	}
	return errNoJSON
}

// deep tells whether JSON nests deeper than maxDepth. Few texts have so many
// brackets at all, and counting those is quick.
func deep(text []byte) bool {
	if bytes.Count(text, []byte{'['})+bytes.Count(text, []byte{'{'}) <= maxDepth {
		return false
	}
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			if depth++; depth > maxDepth {
				return true
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return false
}

// jsonPath is what a path of gjson leads to.
type jsonPath string

// read gives strings as what they stand for, numbers as they are written, and
// objects and arrays as JSON. null is nothing.
func (p jsonPath) read(l *look) ([]byte, bool, error) {
	if err := l.sound(); err != nil {
		return nil, false, err
	}
	got := gjson.Get(view(l.answer.Body), string(p))
	text := got.Raw
	switch {
	case !got.Exists():
		return nil, false, nil
	case got.Type == gjson.String:
		text = got.Str
	case text == "": // made by the path, such as a count
		text = got.String()
	default:
		text = strings.TrimSpace(text) // of the whole body, what stands around it is part
	}
	l.value = append(l.value[:0], text...)
	return l.value, got.Type != gjson.Null, nil
}

// view is the text as a string, without copying it: gjson.GetBytes would copy what
// it finds, twice for a string. The string must not outlive the call that it is
// given to, since the answer's memory is used again.
func view(text []byte) string { return unsafe.String(unsafe.SliceData(text), len(text)) }
