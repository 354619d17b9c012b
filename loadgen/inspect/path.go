package inspect

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"
)

// translate returns a path in the syntax of gjson. A text that begins with $. or $[,
// or is $, is JSONPath: its dots and brackets are translated. Another is gjson's
// already. Refused is what gjson would silently take for something else, mostly for a
// name that no answer has.
func translate(text string) (string, error) {
	t := translator{text: text}
	switch {
	case text == "$":
		return "@this", nil
	case strings.HasPrefix(text, "$.") || strings.HasPrefix(text, "$["):
		t.dollar, t.at = true, 1
		if text[1] == '.' {
			t.at = 2
		}
	}
	for {
		if err := t.segment(); err != nil {
			return "", err
		}
		if t.at == len(text) {
			break
		}
		if err := t.separator(); err != nil {
			return "", err
		}
	}
	if t.dollar && strings.HasSuffix(text, "[*]") {
		return "", fmt.Errorf("%q ends in [*], which would count the elements: name what of each, or leave it out for all of them", text)
	}
	return t.out.String(), nil
}

// A translator reads a path from left to right, a segment at a time.
type translator struct {
	text   string
	at     int
	dollar bool // it is JSONPath
	stars  int  // how many [*] there were
	out    strings.Builder
}

// next is the byte at hand, 0 at the end.
func (t *translator) next() byte {
	if t.at < len(t.text) {
		return t.text[t.at]
	}
	return 0
}

// copyTo writes what lies before an index as it is.
func (t *translator) copyTo(end int) {
	t.out.WriteString(t.text[t.at:end])
	t.at = end
}

// separator passes what stands between two segments.
func (t *translator) separator() error {
	switch c := t.next(); {
	case c == '.' || c == '|':
		t.copyTo(t.at + 1)
	case c == '[' && t.dollar:
		t.out.WriteByte('.')
	default:
		return fmt.Errorf("%q stands where a dot has to", t.text[t.at:])
	}
	return nil
}

func (t *translator) segment() error {
	if t.out.Len() == 0 && !t.dollar && strings.HasPrefix(t.text, "..") {
		return errRecursion
	}
	switch c := t.next(); {
	case c == '.':
		if t.at > 0 && t.text[t.at-1] == '.' {
			return errRecursion
		}
		return errors.New("it begins with a dot")
	case c == 0 || c == '|':
		return fmt.Errorf("a name is missing in %q", t.text)
	case c == '[' && t.dollar:
		return t.bracket()
	case c == '[' || c == '{': // several paths at once
		return t.balanced()
	case c == '#' && t.at+1 < len(t.text) && (t.text[t.at+1] == '(' || t.text[t.at+1] == '['):
		t.copyTo(t.at + 1)
		if err := t.balanced(); err != nil {
			return err
		}
		if t.next() == '#' { // all that match
			t.copyTo(t.at + 1)
		}
		return nil
	case c == '!':
		return t.literal()
	case c == '@':
		return t.modifier()
	case c == '"' || c == '\'':
		return fmt.Errorf("%q is quoted: a dot within a name is written %s", t.text[t.at:], t.pick(`['a.b']`, `a\.b`))
	}
	return t.name()
}

var errRecursion = errors.New(`".." is not known here: use jq, such as [.. | .id?]`)

// name passes a name, whose special characters a backslash escapes.
func (t *translator) name() error {
	end := t.at
	for ; end < len(t.text); end++ {
		c := t.text[end]
		if c == '.' || c == '|' || c == '[' && t.dollar {
			break
		}
		switch c {
		case '\\':
			if end++; end == len(t.text) {
				return errors.New("it ends in a backslash")
			}
		case '[':
			return fmt.Errorf("%q: elements are written items.0 here, or $.items[0]", t.text[t.at:])
		case '(':
			return fmt.Errorf("%q is a function or a filter: use #(state==\"ready\"), or jq", t.text[t.at:])
		case '{':
			return fmt.Errorf("%q: a path has no variables", t.text[t.at:])
		}
	}
	switch name := t.text[t.at:end]; {
	case t.dollar && name == "*":
		return errors.New(".* would be the first member only: use jq, such as [.items[]]")
	case len(name) > 1 && name[0] == '-' && digits(name[1:]):
		return fmt.Errorf("%q: there is no counting from the end: use jq, such as .items[-1]", name)
	}
	t.copyTo(end)
	return nil
}

// modifier passes @name or @name:argument. Where there is no such modifier, it is a
// name: @id and @type are common ones.
func (t *translator) modifier() error {
	end := t.at + 1
	for end < len(t.text) && !strings.ContainsRune(".|:[", rune(t.text[end])) {
		end++
	}
	if !gjson.ModifierExists(t.text[t.at+1:end], nil) {
		return t.name()
	}
	t.copyTo(end)
	if t.next() != ':' {
		return nil
	}
	t.copyTo(t.at + 1)
	if c := t.next(); c == '{' || c == '[' || c == '"' {
		return t.balanced()
	}
	if bar := strings.IndexByte(t.text[t.at:], '|'); bar >= 0 {
		t.copyTo(t.at + bar)
	} else {
		t.copyTo(len(t.text))
	}
	return nil
}

// literal passes a value that stands for itself.
func (t *translator) literal() error {
	t.copyTo(t.at + 1)
	if c := t.next(); c == '{' || c == '[' || c == '"' {
		return t.balanced()
	}
	end := t.at
	for end < len(t.text) && t.text[end] != '.' && t.text[end] != '|' {
		end++
	}
	if end == t.at {
		return errors.New("nothing follows the exclamation mark")
	}
	t.copyTo(end)
	return nil
}

// balanced passes what is in brackets or quotes, with what is in it.
func (t *translator) balanced() error {
	depth, quoted := 0, false
	for i := t.at; i < len(t.text); i++ {
		switch c := t.text[i]; {
		case c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			depth--
		}
		if depth == 0 && !quoted {
			t.copyTo(min(i+1, len(t.text)))
			return nil
		}
	}
	return fmt.Errorf("%q is never closed", t.text[t.at:])
}

// bracket translates ['name'], [0] and [*].
func (t *translator) bracket() error {
	rest := t.text[t.at:]
	if inner := strings.TrimLeft(rest[1:], " "); inner != "" && (inner[0] == '\'' || inner[0] == '"') {
		return t.quotedName(rest, inner)
	}
	end := strings.IndexByte(rest, ']')
	if end < 0 {
		return fmt.Errorf("%q is never closed", rest)
	}
	inner := strings.TrimSpace(rest[1:end])
	switch {
	case inner == "*":
		if t.stars++; t.stars > 1 {
			return errors.New("a second [*] would make lists of lists: use jq, such as [.a[].b[].c]")
		}
		inner = "#"
	case digits(inner) && len(inner) < 10:
	case inner != "" && inner[0] == '?':
		return fmt.Errorf("%q is a filter: write .#(state==\"ready\"), or use jq, such as .items[] | select(.state == \"ready\")", rest)
	case strings.ContainsAny(inner, ":,-("):
		return fmt.Errorf("[%s] is not one element: use jq, such as .items[-1] or .items[1:3]", inner)
	default:
		return fmt.Errorf("[%s] is no element: want [0], [*] or ['name']", inner)
	}
	t.out.WriteString(inner)
	t.at += end + 1
	return nil
}

// quotedName translates ['name'], of which inner is what follows the bracket.
func (t *translator) quotedName(rest, inner string) error {
	var name strings.Builder
	quote, i := inner[0], 1
	for ; i < len(inner) && inner[i] != quote; i++ {
		if inner[i] == '\\' && i+1 < len(inner) {
			i++
		}
		name.WriteByte(inner[i])
	}
	after := strings.TrimLeft(inner[min(i+1, len(inner)):], " ")
	switch {
	case i >= len(inner) || after == "":
		return fmt.Errorf("%q is never closed", rest)
	case after[0] == ',':
		return fmt.Errorf("%q are several names: use jq, such as [.a, .b]", rest)
	case after[0] != ']':
		return fmt.Errorf("%q: a ] is missing behind the name", rest)
	case name.Len() == 0:
		return fmt.Errorf("%q: an empty name: use jq, such as .[\"\"]", rest)
	}
	t.out.WriteString(gjson.Escape(name.String()))
	t.at = len(t.text) - len(after) + 1
	return nil
}

// pick returns the one for JSONPath or the one for gjson.
func (t *translator) pick(dollar, plain string) string {
	if t.dollar {
		return dollar
	}
	return plain
}

func digits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}
