package importer

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"gonogo/internal/yamlfile"
)

// item is an entry of a mapping, or of a list when it has no key. Its value is
// one of text, word, mapping and list.
type item struct {
	comment []string
	key     string
	value   any
	apart   bool // by an empty line above
}

type (
	text    string // quoted where it needs it
	word    string // a number, a duration, a truth: as it is
	mapping []item
	list    []item
)

// writer writes YAML in block style.
type writer struct{ bytes.Buffer }

func (w *writer) comments(lines []string, indent string) {
	for _, line := range lines {
		w.WriteString(strings.TrimRight(indent+"# "+clean(line), " ") + "\n")
	}
}

// mapping writes entries. The first one follows what was written of its line
// already, if there is something.
func (w *writer) mapping(m mapping, indent string, follows bool) {
	for i, e := range m {
		if !follows || i > 0 {
			if e.apart {
				w.WriteByte('\n')
			}
			w.comments(e.comment, indent)
			w.WriteString(indent)
		}
		w.WriteString(quoted(strings.ToValidUTF8(e.key, "\uFFFD")) + ":")
		w.value(e.value, indent)
	}
}

// list writes the items of a list.
func (w *writer) list(l list, indent string) {
	for _, e := range l {
		if e.apart {
			w.WriteByte('\n')
		}
		w.comments(e.comment, indent)
		w.WriteString(indent + "-")
		if m, ok := e.value.(mapping); ok && len(m) > 0 {
			w.WriteByte(' ')
			w.mapping(m, indent+"  ", true)
			continue
		}
		w.value(e.value, indent)
	}
}

// value writes what follows a colon or a dash.
func (w *writer) value(v any, indent string) {
	switch v := v.(type) {
	case word:
		w.WriteString(" " + string(v) + "\n")
	case text:
		w.text(string(v), indent+"  ")
	case mapping:
		if len(v) == 0 {
			w.WriteString(" {}\n")
			return
		}
		w.WriteByte('\n')
		w.mapping(v, indent+"  ", false)
	case list:
		if len(v) == 0 {
			w.WriteString(" []\n")
			return
		}
		w.WriteByte('\n')
		w.list(v, indent+"  ")
	}
}

func (w *writer) text(s, indent string) {
	s = strings.ToValidUTF8(s, "\uFFFD")
	header, lines, ok := block(s)
	if !ok {
		w.WriteString(" " + quoted(s) + "\n")
		return
	}
	w.WriteString(" " + header + "\n")
	for _, line := range lines {
		if line != "" {
			w.WriteString(indent + line)
		}
		w.WriteByte('\n')
	}
}

// add puts an entry at the end unless its value is empty.
func (m *mapping) add(key string, value any, comment ...string) {
	switch v := value.(type) {
	case text:
		if v == "" {
			return
		}
	case word:
		if v == "" || v == "0" || v == "false" {
			return
		}
	case mapping:
		if len(v) == 0 {
			return
		}
	case list:
		if len(v) == 0 {
			return
		}
	}
	*m = append(*m, item{key: key, value: value, comment: comment})
}

func length(d time.Duration) word {
	if d <= 0 {
		return ""
	}
	return word(yamlfile.Duration(d).String())
}

func count(n int) word { return word(strconv.Itoa(n)) }

func truth(b bool) word { return word(strconv.FormatBool(b)) }

func texts(all []string) list {
	var l list
	for _, s := range all {
		l = append(l, item{value: text(s)})
	}
	return l
}

func fields(all []Field) mapping {
	var m mapping
	for _, f := range all {
		e := item{key: f.Name, value: text(f.Value)}
		if f.Comment != "" {
			e.comment = []string{f.Comment}
		}
		m = append(m, e)
	}
	return m
}
