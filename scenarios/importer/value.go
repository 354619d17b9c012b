package importer

import (
	"encoding/json"
	"strconv"
	"strings"
)

// A JSON is a value of a body: an object in its order, a list, or a single value.
type JSON struct {
	Kind   jsonKind
	Text   string // of a text, as the file holds it; of a number, its digits
	Keys   []string
	Values []*JSON // of the keys, or of the list
}

type jsonKind uint8

const (
	jsonText jsonKind = iota
	jsonNumber
	jsonTrue
	jsonFalse
	jsonNull
	jsonList
	jsonObject
	jsonRaw // a placeholder that stands without quotes; only a body can hold it
)

// add puts a key with its value at the end of an object.
func (j *JSON) add(key string, v *JSON) {
	j.Keys, j.Values = append(j.Keys, key), append(j.Values, v)
}

// longestKey is what YAML takes for a key without more ado.
const (
	longestKey   = 200
	deepestValue = 40
)

// asYAML tells whether the value comes out the same when it is written as YAML
// and read again. If not, it has to be a body.
func (j *JSON) asYAML(depth int) bool {
	if depth > deepestValue {
		return false
	}
	switch j.Kind {
	case jsonRaw, jsonNull: // a null reads like something forgotten
		return false
	case jsonNumber:
		return sameNumber(j.Text)
	}
	seen := map[string]bool{}
	for _, key := range j.Keys {
		if key == "" || key == "<<" || len(key) > longestKey || strings.Contains(key, "${") || unprintable(key) || seen[key] {
			return false
		}
		seen[key] = true
	}
	for _, v := range j.Values {
		if !v.asYAML(depth + 1) {
			return false
		}
	}
	return true
}

// sameNumber tells whether a number survives: a whole one as 64 bits, another
// as the shortest text of its float.
func sameNumber(text string) bool {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return strconv.FormatInt(i, 10) == text
	}
	f, err := strconv.ParseFloat(text, 64)
	return err == nil && strings.Contains(text, ".") && strconv.FormatFloat(f, 'f', -1, 64) == text
}

// appendText writes the value as JSON, indented, with placeholders that escape
// what they are replaced by.
func (j *JSON) appendText(b []byte, indent string) []byte {
	deeper := indent + "  "
	switch j.Kind {
	case jsonText:
		return appendQuoted(b, j.Text)
	case jsonTrue:
		return append(b, "true"...)
	case jsonFalse:
		return append(b, "false"...)
	case jsonNull:
		return append(b, "null"...)
	case jsonNumber, jsonRaw:
		return append(b, j.Text...)
	case jsonList:
		if len(j.Values) == 0 {
			return append(b, "[]"...)
		}
		b = append(b, '[')
		for i, v := range j.Values {
			b = v.appendText(append(separated(b, i), "\n"+deeper...), deeper)
		}
		return append(b, "\n"+indent+"]"...)
	}
	if len(j.Values) == 0 {
		return append(b, "{}"...)
	}
	b = append(b, '{')
	for i, v := range j.Values {
		b = appendQuoted(append(separated(b, i), "\n"+deeper...), plain(j.Keys[i]))
		b = v.appendText(append(b, ": "...), deeper)
	}
	return append(b, "\n"+indent+"}"...)
}

func separated(b []byte, i int) []byte {
	if i > 0 {
		return append(b, ',')
	}
	return b
}

// appendQuoted writes a text in quotes. Its placeholders get the filter json.
func appendQuoted(b []byte, text string) []byte {
	b = append(b, '"')
	for _, p := range pieces(text) {
		if p.name != "" {
			b = append(b, "${"+filtered(p.name, "json")+"}"...)
			continue
		}
		b = append(b, quotedInside(p.literal)...)
	}
	return append(b, '"')
}

// quotedInside is the text as JSON writes it between quotes.
func quotedInside(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return s // a string can always be written
	}
	return strings.TrimSuffix(b.String(), "\n")[1 : len(b.String())-2]
}

func filtered(name, filter string) string {
	if strings.Contains(name, "|") {
		return name
	}
	return name + "|" + filter
}

// A piece of a text is a literal, in which "$${" stands as it is, or the name of
// a placeholder.
type piece struct{ literal, name string }

// pieces takes a text apart.
func pieces(text string) []piece {
	var out []piece
	start := 0
	for i := 0; i+1 < len(text); i++ {
		if text[i] != '$' || text[i+1] != '{' {
			continue
		}
		if i > 0 && text[i-1] == '$' {
			continue
		}
		end := strings.IndexByte(text[i:], '}')
		if end < 0 {
			break
		}
		if i > start {
			out = append(out, piece{literal: text[start:i]})
		}
		out = append(out, piece{name: text[i+2 : i+end]})
		i += end
		start = i + 1
	}
	if start < len(text) {
		out = append(out, piece{literal: text[start:]})
	}
	return out
}
