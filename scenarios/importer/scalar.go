package importer

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// quoted returns a text as a YAML value on one line, with quotes where it would
// be read as something else without.
func quoted(s string) string {
	switch {
	case isPlain(s):
		return s
	case !printable(s):
		return doubleQuoted(s)
	case !strings.ContainsAny(s, `"\`):
		return `"` + s + `"`
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// special matches what YAML, old or new, takes for something else than text: a
// number, a date, a truth, nothing.
var special = lazily(`(?i)^(?:[-+.]?[0-9][-+0-9a-fx_.,:tz ]*|0[xob].*|[-+]?\.(?:inf|nan)|~|null|true|false|yes|no|on|off|y|n|<<|=)$`)

// isPlain tells whether the text needs no quotes.
func isPlain(s string) bool {
	if s == "" || s[0] == ' ' || s[len(s)-1] == ' ' || !printable(s) || special().MatchString(s) {
		return false
	}
	if strings.ContainsRune("?:,[]{}#&*!|>'\"%@`", rune(s[0])) || strings.HasPrefix(s, "- ") || s == "-" {
		return false
	}
	if strings.HasPrefix(s, "---") || strings.HasPrefix(s, "...") {
		return false
	}
	return !strings.Contains(s, ": ") && !strings.Contains(s, " #") && !strings.HasSuffix(s, ":")
}

// printable tells whether the text can stand in a file as it is, on one line.
func printable(s string) bool {
	for _, r := range s {
		if r != ' ' && !unicode.IsPrint(r) || r == utf8.RuneError {
			return false
		}
	}
	return true
}

func unprintable(s string) bool { return !printable(s) }

// doubleQuoted escapes all that is not printable.
func doubleQuoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == ' ' || unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02X`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	return b.String() + `"`
}

// block returns the header and the lines of a literal block, if the text can be
// one: several lines that are printable, and no blanks that would get lost.
func block(s string) (header string, lines []string, ok bool) {
	body := strings.TrimSuffix(s, "\n")
	lines = strings.Split(body, "\n")
	if len(lines) < 2 || strings.HasSuffix(body, "\n") || lines[0] == "" || lines[0][0] == ' ' {
		return "", nil, false
	}
	for _, line := range lines {
		if !printable(line) || line != "" && strings.TrimSpace(line) == "" {
			return "", nil, false
		}
	}
	if body == s {
		return "|-", lines, true
	}
	return "|", lines, true
}

// longestComment is where a line of a comment is cut.
const longestComment = 160

// clean makes one printable line of what may come from anywhere.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r != ' ' && !unicode.IsPrint(r) || r == utf8.RuneError:
			return '?'
		}
		return r
	}, s)
	if utf8.RuneCountInString(s) > longestComment {
		s = string([]rune(s)[:longestComment]) + "..."
	}
	return strings.TrimRight(s, " ")
}

// longestName is what a step's name may have in bytes.
const longestName = 120

// named makes the name of a step, group, flow or scenario of what may come from
// anywhere: one printable line without placeholders.
func named(s, otherwise string) string {
	s = strings.ReplaceAll(s, "$${", "{")
	s = strings.TrimSpace(strings.ReplaceAll(clean(s), "${", "{"))
	for len(s) > longestName {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	if s = strings.TrimSpace(s); s == "" {
		return otherwise
	}
	return s
}

// identifier makes the name of a variable: letters, digits and underscores, and
// none that stands for something else already.
func identifier(s, otherwise string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9' && b.Len() > 0, r == '_':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
		if b.Len() >= 40 {
			break
		}
	}
	name := strings.Trim(b.String(), "_")
	switch name {
	case "":
		return otherwise
	case "user", "iteration", "uuid", "now", "random", "random_text":
		return name + "_value"
	}
	return name
}

// envName makes the name of an environment variable.
func envName(s string) string {
	var b strings.Builder
	small := false
	for _, r := range identifier(s, "value") {
		if small && 'A' <= r && r <= 'Z' {
			b.WriteByte('_')
		}
		small = 'a' <= r && r <= 'z' || '0' <= r && r <= '9'
		b.WriteRune(unicode.ToUpper(r))
	}
	return b.String()
}
