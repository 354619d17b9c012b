package yamlfile

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// syntax explains a text that the YAML library could not read.
func (d *Document) syntax(data []byte, err error) *Mistake {
	le, ok := errors.AsType[*yaml.LoadError](err)
	if !ok {
		return d.mistake(1, 1, "not YAML: "+err.Error(), "")
	}
	line, column := le.Mark.Line, le.Mark.Column
	if le.Mark.Line == 0 {
		line, column = lineColumn(data, le.Mark.Index)
	}
	if tab := tabIndent(data, line); tab > 0 {
		return d.mistake(line, tab, "the line is indented with a tab", "spaces")
	}
	if deeper(data, line) && strings.HasPrefix(le.Message, "mapping values are not allowed") {
		return d.mistake(line, 1+indentOf(data, line), "not YAML: the line is indented deeper than the one above, which has a value already", "the same indentation as above")
	}
	if p := placeholder(data, line, column); p > 0 {
		return d.mistake(line, p, "not YAML: the } of a placeholder ends what { began", "quotes around a text with ${...} that stands between { and }")
	}
	if le.ContextMark.Line > 0 && le.ContextMark.Line < line {
		// What was left open is where the writer must look, not where it was noticed.
		return d.mistake(le.ContextMark.Line, le.ContextMark.Column,
			"not YAML: "+le.ContextMsg+" that starts here, "+le.Message+" in line "+strconv.Itoa(line), "")
	}
	what, want := explain(le.Message)
	return d.mistake(line, column, "not YAML: "+what, want)
}

// explain adds the usual cause to the library's words.
func explain(message string) (what, want string) {
	switch {
	case strings.HasPrefix(message, "mapping values are not allowed"):
		return "a second \": \" in one line", "quotes around a value that holds \": \""
	case strings.HasPrefix(message, "found character that cannot start any token"):
		return "a value cannot start with this character", "quotes around it"
	case strings.HasPrefix(message, "unknown anchor"):
		return message, "an anchor (&name) further up, or quotes around a value that starts with *"
	case strings.HasPrefix(message, "block sequence entries are not allowed"):
		return "a list cannot start here", "each \"- \" in a line of its own"
	}
	return message, ""
}

// lineAt returns a line of the text, without its end.
func lineAt(data []byte, line int) []byte {
	lines := bytes.SplitN(data, []byte("\n"), line+1)
	if line < 1 || line > len(lines) {
		return nil
	}
	return bytes.TrimSuffix(lines[line-1], []byte("\r"))
}

// indentOf counts the spaces that a line begins with.
func indentOf(data []byte, line int) int {
	text := lineAt(data, line)
	return len(text) - len(bytes.TrimLeft(text, " "))
}

// deeper tells whether a line stands deeper than the one above, which is a key with its
// value.
func deeper(data []byte, line int) bool {
	above := bytes.TrimLeft(lineAt(data, line-1), " -")
	_, value, isKey := bytes.Cut(above, []byte(": "))
	value = bytes.TrimSpace(value)
	return isKey && len(value) > 0 && value[0] != '#' && indentOf(data, line) > indentOf(data, line-1)
}

// placeholder returns the column of a ${ that stands between braces without quotes, up to
// a column of its line, or 0.
func placeholder(data []byte, line, column int) int {
	text := []rune(string(lineAt(data, line)))
	var quote rune
	open := 0
	for i, r := range text[:min(max(column, 0), len(text))] {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case (r == '\'' || r == '"') && i > 0 && strings.ContainsRune(" {[,:", text[i-1]):
			quote = r
		case r == '{' && i > 0 && text[i-1] == '$' && open > 0:
			return i
		case r == '{':
			open++
		}
	}
	return 0
}

func lineColumn(data []byte, index int) (line, column int) {
	before := data[:min(max(index, 0), len(data))]
	return 1 + bytes.Count(before, []byte("\n")), len([]rune(string(before[bytes.LastIndexByte(before, '\n')+1:]))) + 1
}

// tabIndent returns the column of the first tab in the indentation of a line, or 0.
func tabIndent(data []byte, line int) int {
	text := lineAt(data, line)
	indent := text[:len(text)-len(bytes.TrimLeft(text, " \t"))]
	return bytes.IndexByte(indent, '\t') + 1
}
