package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Encode writes r as JSON that people can read too: indented, but what fits on a
// line, such as an interval or the percentiles of a step, is on one.
func Encode(w io.Writer, r *Report) error {
	text, err := encode(r)
	if err != nil {
		return fmt.Errorf("encode report %s: %w", r.Run.ID, err)
	}
	if _, err := w.Write(text); err != nil {
		return fmt.Errorf("write report %s: %w", r.Run.ID, err)
	}
	return nil
}

// EncodeComparison is the same of a comparison.
func EncodeComparison(w io.Writer, r *ComparisonReport) error {
	text, err := encode(r)
	if err != nil {
		return fmt.Errorf("encode the comparison: %w", err)
	}
	if _, err := w.Write(text); err != nil {
		return fmt.Errorf("write the comparison: %w", err)
	}
	return nil
}

func encode(r any) ([]byte, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false) // targets are full of "<"
	if err := e.Encode(r); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	layOut(&out, escapeUnprintable(bytes.TrimSpace(text.Bytes())), "\n")
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// layOut writes compact JSON with one line for each element of what is too long
// for a line of its own. lineBreak is a line break with the indentation so far.
func layOut(out *bytes.Buffer, value []byte, lineBreak string) {
	const most = 300 // an interval fits
	if brace := value[0]; brace != '{' && brace != '[' || len(value) <= most && !bytes.Contains(value[1:], []byte("{")) {
		out.Write(value)
		return
	}
	out.WriteByte(value[0])
	separator := ""
	for _, element := range elements(value) {
		out.WriteString(separator + lineBreak + "  ")
		if key := keyOf(element); key > 0 {
			out.Write(element[:key])
			out.WriteByte(' ')
			element = element[key:]
		}
		layOut(out, element, lineBreak+"  ")
		separator = ","
	}
	out.WriteString(lineBreak)
	out.WriteByte(value[len(value)-1])
}

// elements splits a compact object or array at its own commas.
func elements(value []byte) [][]byte {
	var all [][]byte
	start, depth := 1, 0
	for i := 0; i < len(value); i++ {
		switch value[i] {
		case '"':
			i = endOfString(value, i)
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if start < i && (depth == 1 && value[i] == ',' || depth == 0) {
			all = append(all, value[start:i])
			start = i + 1
		}
	}
	return all
}

// keyOf returns how long the key of an object's element is, with its colon; 0
// for an element of an array.
func keyOf(element []byte) int {
	if element[0] != '"' {
		return 0
	}
	if end := endOfString(element, 0) + 1; end < len(element) {
		return end + 1
	}
	return 0
}

// endOfString returns where the closing quote of the string is that begins at i.
func endOfString(value []byte, i int) int {
	for i++; value[i] != '"'; i++ {
		if value[i] == '\\' {
			i++
		}
	}
	return i
}

// escapeUnprintable escapes what encoding/json lets through and a terminal may
// act on: DEL, the C1 controls, marks that turn the direction of text. Outside
// of strings JSON has none of them.
func escapeUnprintable(text []byte) []byte {
	if !bytes.ContainsFunc(text, actedOn) {
		return text
	}
	out := make([]byte, 0, len(text)+64)
	for _, r := range string(text) {
		switch {
		case !actedOn(r):
			out = utf8.AppendRune(out, r)
		case r < 0x10000:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			hi, lo := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		}
	}
	return out
}

// actedOn tells the runes that a terminal does not simply print, but those that
// encoding/json has escaped. It may or may not have escaped utf8.RuneError.
func actedOn(r rune) bool { return r >= 0x7f && !unicode.IsPrint(r) || r == utf8.RuneError }
