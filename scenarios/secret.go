package scenarios

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"gonogo/internal/yamlfile"
	"gonogo/loadgen/session"
)

// masked stands where a secret was.
const masked = "***"

// Secrets are values that must not be shown. The zero value holds none.
type Secrets struct{ values []string } // longest first

// Mask returns the text without the secrets. One of fewer than four characters
// is masked only where it stands alone: it would tear every text apart.
func (s Secrets) Mask(text string) string {
	for _, v := range s.values {
		if utf8.RuneCountInString(v) < 4 {
			text = maskWord(text, v)
		} else {
			text = strings.ReplaceAll(text, v, masked)
		}
	}
	return s.maskStarts(text) // behind the whole ones: forms of a secret begin alike
}

// tellsEnough is how much of the start of a secret is masked: an error that
// quotes what a target sent back may have cut it short.
const tellsEnough = 6

// maskStarts masks the starts of secrets, as far as the text goes on like one.
func (s Secrets) maskStarts(text string) string {
	var b strings.Builder
	for {
		at, length := len(text), 0
		for _, v := range s.values {
			if len(v) <= tellsEnough {
				continue
			}
			i := strings.Index(text, v[:tellsEnough])
			if i < 0 || i > at {
				continue
			}
			if n := common(text[i:], v); i < at || n > length {
				at, length = i, n
			}
		}
		if length == 0 {
			return b.String() + text
		}
		b.WriteString(text[:at] + masked)
		text = text[at+length:]
	}
}

// common is how many bytes the starts of two texts have in common.
func common(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// With returns these secrets and the others.
func (s Secrets) With(others Secrets) Secrets {
	all := slices.Concat(s.values, others.values)
	slices.Sort(all)
	all = slices.Compact(all)
	slices.SortStableFunc(all, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return Secrets{all}
}

// String tells nothing: a Secrets may be printed by accident.
func (s Secrets) String() string { return masked }

// GoString tells nothing either.
func (s Secrets) GoString() string { return masked }

// MarshalJSON tells nothing either.
func (s Secrets) MarshalJSON() ([]byte, error) { return json.Marshal(masked) }

// add takes a value and the forms in which it may travel.
func (s *Secrets) add(value string) {
	quoted, _ := json.Marshal(value) // a string can always be written
	escaped := strconv.Quote(value)
	forms := []string{value, escaped[1 : len(escaped)-1], url.QueryEscape(value), url.PathEscape(value), string(quoted[1 : len(quoted)-1])}
	twice := strconv.Quote(escaped[1 : len(escaped)-1]) // an error quotes the JSON that came back
	forms = append(forms, twice[1:len(twice)-1])
	forms = append(forms, inBase64(value)...)
	for _, form := range forms {
		if form != "" && !slices.Contains(s.values, form) {
			s.values = append(s.values, form)
		}
	}
	slices.SortStableFunc(s.values, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
}

// inBase64 returns what Base64 makes of a value whatever stands before and behind it,
// as in user:password: three forms, by where it begins, without the characters at both
// ends that are of its neighbours, too. A short value has none: it would tear texts apart.
func inBase64(value string) []string {
	if len(value) < tellsEnough {
		return nil
	}
	var forms []string
	for _, coding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			written := coding.EncodeToString(append(make([]byte, before), value...))
			from, to := (before*8+5)/6, (before+len(value))*8/6
			forms = append(forms, written[from:to])
		}
	}
	return forms
}

func maskWord(text, word string) string {
	var b strings.Builder
	for {
		i := strings.Index(text, word)
		if i < 0 {
			return b.String() + text
		}
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[i+len(word):])
		b.WriteString(text[:i])
		if isWord(before) || isWord(after) {
			b.WriteString(word)
		} else {
			b.WriteString(masked)
		}
		text = text[i+len(word):]
	}
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// placeholder matches ${...}, and $${ which stands for a plain ${.
var placeholder = regexp.MustCompile(`\$\$\{|\$\{[^}]*\}?`)

var (
	envName  = regexp.MustCompile(`^\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}$`)
	fileName = regexp.MustCompile(`^\$\{file:([^}]+)\}$`)
)

func hasPlaceholder(text string) bool { return strings.Contains(text, "${") }

// expand resolves the placeholders of the text at the path. It is not ok after
// a mistake; what is left then is no reason for another one.
func (c *compiler) expand(path yamlfile.Path, text string) (expanded string, ok bool) {
	if !hasPlaceholder(text) {
		return text, true
	}
	ok = true
	expanded = placeholder.ReplaceAllStringFunc(text, func(found string) string {
		if found == "$${" {
			return "${"
		}
		value, known := c.resolve(path, found)
		ok = ok && known
		return value
	})
	return expanded, ok
}

// resolve returns the value of one placeholder, as its filter wants it.
func (c *compiler) resolve(path yamlfile.Path, found string) (value string, ok bool) {
	name, filter, filtered := strings.Cut(strings.TrimSuffix(found, "}"), "|")
	if !filtered {
		return c.bare(path, found)
	}
	if value, ok = c.bare(path, strings.TrimSpace(name)+"}"); !ok {
		return value, ok
	}
	escape, known := session.Filter(strings.TrimSpace(filter))
	if !known {
		c.wrong(path, "the filter of "+yamlfile.Quote(found)+" is not known", "one of "+session.Filters())
		return "", false
	}
	return string(escape.Append(nil, []byte(value))), true
}

// bare returns the value of one placeholder as it is.
func (c *compiler) bare(path yamlfile.Path, found string) (value string, ok bool) {
	if file := fileName.FindStringSubmatch(found); file != nil {
		return c.secretFile(path, file[1])
	}
	name := envName.FindStringSubmatch(found)
	if name == nil {
		what := yamlfile.Quote(found) + " is not known"
		if !strings.HasSuffix(found, "}") {
			what = "a ${ is never closed"
		}
		c.wrong(path, what, "${env:NAME}, ${file:NAME}, or $${ for a plain ${")
		return found, false
	}
	if c.options.Env != nil {
		value, ok = c.options.Env(name[1])
	}
	switch {
	case c.later && value == "":
		ok = false
	case !ok:
		c.wrong(path, "the environment variable "+name[1]+" is not set", "it exported before the run")
	case value == "":
		c.wrong(path, "the environment variable "+name[1]+" is empty", "a value")
	}
	c.secrets.add(value)
	return value, ok && value != ""
}

// maxSecret is more than any credential has, in bytes.
const maxSecret = 64 << 10

// secretFile returns what a file holds, but for the white space around it: a token
// that something else may renew while the run goes on.
func (c *compiler) secretFile(path yamlfile.Path, name string) (value string, ok bool) {
	if !c.isSent(path) {
		c.wrong(path, "a ${file:...} stands where nothing is renewed", "it in headers, auth or a body; elsewhere ${env:NAME}")
		return "", false
	}
	name = c.beside(path, name)
	before := len(c.mistakes)
	data := c.read(path, name)
	switch value = strings.TrimSpace(string(data)); {
	case len(c.mistakes) > before && c.later:
		c.mistakes = c.mistakes[:before] // it may be there when the scenario runs
	case len(c.mistakes) > before:
	case value == "" && !c.later:
		c.wrong(path, "the file "+c.quote(name)+" is empty", "the credential alone")
	case len(value) > maxSecret:
		c.wrong(path, "the file "+c.quote(name)+" is too long for a credential", fmt.Sprintf("%d KiB at most", maxSecret>>10))
	}
	if !slices.Contains(c.renewed, name) {
		c.renewed = append(c.renewed, name)
	}
	c.secrets.add(value)
	return value, value != "" && len(value) <= maxSecret
}

// isSent tells whether the value at the path is sent in each request, and so can be
// another one in later requests.
func (c *compiler) isSent(path yamlfile.Path) bool {
	if path.Within("http.headers") || path.Within("http.auth") {
		return true
	}
	sent := false
	c.everyStep(func(at yamlfile.Path, _ *Step) {
		for _, key := range []string{"headers", "auth", "body", "json", "form", "query", "multipart"} {
			sent = sent || path.Within(at.Key(key))
		}
	})
	return sent
}

// quote quotes a text that may hold secrets: they go first, as a long text is cut.
func (c *compiler) quote(text string) string { return yamlfile.Quote(c.secrets.Mask(text)) }

// plain refuses placeholders where a text is printed.
func (c *compiler) plain(path yamlfile.Path, text string) {
	if hasPlaceholder(text) {
		c.wrong(path, "holds a placeholder, and is printed in reports", "plain text")
	}
}
