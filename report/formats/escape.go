package formats

import (
	"fmt"
	"strings"

	"gonogo/report/show"
)

// literal is a text of unknown origin as Markdown that shows it and nothing else.
//
// What is more than words is a code span: code hosts look for no mention, number of an
// issue, link, emoji or formula in one, and no command of theirs begins with one. Where
// the text could end the span or the cell of a table it is an HTML element whose
// punctuation is written in numbers, which reads worse and can end neither.
func literal(text string, most int) string {
	text = show.Inert(text, most)
	switch {
	case strings.TrimSpace(text) == "":
		return ""
	case !strings.ContainsFunc(text, notWord):
		return text
	case !strings.ContainsAny(text, "`|\\") && strings.TrimSpace(text) == text:
		return "`" + text + "`"
	}
	var out strings.Builder
	out.WriteString("<code>")
	for _, r := range text {
		if r < 0x80 && notWord(r) && (r < '0' || r > '9') {
			fmt.Fprintf(&out, "&#%d;", r)
		} else {
			out.WriteRune(r)
		}
	}
	out.WriteString("</code>")
	return out.String()
}

// notWord tells what may mean something in Markdown, alone or with others. A dot makes a
// link of a name, and digits may be the number of a commit.
func notWord(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != ' ' && r != ','
}
