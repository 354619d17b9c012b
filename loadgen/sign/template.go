package sign

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gonogo/loadgen"
)

// A template is a text with parts that each request fills in.
type template []part

type part struct {
	literal string
	name    string // of what stands here; empty: the literal
}

// compile reads a text in which {name} may stand.
func compile(text string, names ...string) (template, error) {
	var t template
	for rest := text; rest != ""; {
		literal, behind, open := strings.Cut(rest, "{")
		if strings.ContainsAny(literal, "\r\n\x00") {
			return nil, fmt.Errorf("%q has a line break in it: want one line", text)
		}
		if literal != "" {
			t = append(t, part{literal: literal})
		}
		if !open {
			break
		}
		name, after, closed := strings.Cut(behind, "}")
		want := "want {" + strings.Join(names, "}, {") + "}"
		if !closed {
			return nil, fmt.Errorf("%q has a { that is never closed: %s", text, want)
		}
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("%q: {%s} is not known: %s", text, name, want)
		}
		t = append(t, part{name: name})
		rest = after
	}
	return t, nil
}

func (t template) has(name string) bool {
	return slices.ContainsFunc(t, func(p part) bool { return p.name == name })
}

// append appends what stands for the part, but for a body.
func (p *part) append(dst []byte, r *loadgen.Rendered, signature []byte) []byte {
	switch p.name {
	case "":
		return append(dst, p.literal...)
	case "time":
		return strconv.AppendInt(dst, r.At.Unix(), 10)
	case "method":
		return append(dst, r.Method...)
	case "target":
		return append(dst, r.Target...)
	case "signature":
		return append(dst, signature...)
	}
	return dst
}
