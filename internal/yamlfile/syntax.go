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

func lineColumn(data []byte, index int) (line, column int) {
	before := data[:min(max(index, 0), len(data))]
	return 1 + bytes.Count(before, []byte("\n")), len([]rune(string(before[bytes.LastIndexByte(before, '\n')+1:]))) + 1
}

// tabIndent returns the column of the first tab in the indentation of a line, or 0.
func tabIndent(data []byte, line int) int {
	lines := bytes.SplitN(data, []byte("\n"), line+1)
	if line < 1 || line > len(lines) {
		return 0
	}
	text := lines[line-1]
	indent := text[:len(text)-len(bytes.TrimLeft(text, " \t"))]
	return bytes.IndexByte(indent, '\t') + 1
}
