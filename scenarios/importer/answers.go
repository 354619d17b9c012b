package importer

import (
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"
)

// A given is a value that an answer gave, and how it can be taken out of it.
type given struct {
	entry   *harEntry
	number  int // of the entry
	extract Extract
	name    string // what it would be called
	taken   bool   // the step has the extract
}

// The limits of what is looked at.
const (
	leastValue = 8    // shorter values are the same by accident
	mostValue  = 4096 // longer ones are documents
)

// telling tells whether a value is long and strange enough to be no accident: no
// common word, no date, no plain name.
func telling(v string) bool {
	if len(v) < leastValue || len(v) > mostValue || dateLike().MatchString(v) || strings.ContainsAny(v, "\n\r") {
		return false
	}
	return strings.ContainsAny(v, "0123456789") || len(v) >= 16 && strings.ToLower(v) != v && !strings.Contains(v, " ")
}

var dateLike = lazily(`^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[-+]\d\d:?\d\d)?)?$`)

// body is the text of the answer; "" if it was not recorded.
func (e *harEntry) answer() string {
	content := e.response.get("content")
	body := content.get("text").str()
	if content.get("encoding").str() == "base64" {
		decoded, err := base64.StdEncoding.DecodeString(body)
		if err != nil {
			return ""
		}
		return string(decoded)
	}
	return body
}

// gives calls yield for each value that the answer gives.
func (e *harEntry) gives(body string, yield func(value string, x Extract, name string)) {
	for _, h := range e.response.get("headers").list() {
		e.headerGives(h.get("name").str(), h.get("value").str(), yield)
	}
	media := e.media()
	if strings.Contains(media, "json") {
		if n := parseJSON([]byte(body)); n != nil {
			leaves(n, "", "", 0, yield)
		}
	}
	if strings.Contains(media, "html") {
		htmlGives(body, yield)
	}
}

func (e *harEntry) headerGives(name, value string, yield func(string, Extract, string)) {
	switch strings.ToLower(name) {
	case "set-cookie":
		for _, line := range strings.Split(value, "\n") { // some browsers put several into one
			pair, _, _ := strings.Cut(line, ";")
			cookie, v, _ := strings.Cut(pair, "=")
			if cookie = strings.TrimSpace(cookie); isToken(cookie) {
				yield(v, Extract{Kind: "cookie", From: cookie}, cookie)
			}
		}
	case "location":
		yield(value, Extract{Kind: "header", From: "Location"}, "location")
	case "date", "expires", "last-modified", "etag", "content-type", "server", "content-security-policy", "vary", "cache-control", "alt-svc":
	default:
		if isToken(name) {
			yield(value, Extract{Kind: "header", From: name}, name)
		}
	}
}

// leaves yields the single values of a JSON document with their paths.
func leaves(n *node, path, name string, depth int, yield func(string, Extract, string)) {
	if depth > deepestValue {
		return
	}
	join := func(part string) string {
		if path == "" {
			return part
		}
		return path + "." + part
	}
	switch n.kind {
	case nodeText, nodeNumber:
		if path != "" {
			yield(n.text, Extract{Kind: "json", From: path}, name)
		}
	case nodeList:
		for i, item := range n.items {
			leaves(item, join(strconv.Itoa(i)), name, depth+1, yield)
		}
	case nodeObject:
		for key, item := range n.entries {
			if part, ok := pathKey(key); ok {
				leaves(item, join(part), key, depth+1, yield)
			}
		}
	}
}

// pathKey escapes a key for a JSON path. Keys that are hard to write are not
// offered.
func pathKey(key string) (string, bool) {
	if key == "" || len(key) > longestKey || !printable(key) {
		return "", false
	}
	var b strings.Builder
	for _, r := range key {
		switch {
		case strings.ContainsRune(`"'{}[]()$,:`, r):
			return "", false
		case strings.ContainsRune(`.*?|#@!\<>=%~&^`, r):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String(), true
}

var (
	tag       = lazily(`(?is)<(input|meta)\b[^>]{0,900}>`)
	attribute = lazily(`(?is)\b(name|value|content)\s*=\s*(?:"([^"]*)"|'([^']*)')`)
	safeName  = lazily(`^[A-Za-z_][-\w]*$`)
	reference = strings.NewReplacer("&amp;", "&", "&quot;", `"`, "&#39;", "'", "&lt;", "<", "&gt;", ">")
)

// mostTags is how many fields of a page are looked at.
const mostTags = 2000

// htmlGives yields the fields of forms and the metadata of a page.
func htmlGives(body string, yield func(string, Extract, string)) {
	for _, found := range tag().FindAllString(body, mostTags) {
		at := map[string]string{}
		for _, m := range attribute().FindAllStringSubmatch(found, 8) {
			at[strings.ToLower(m[1])] = reference.Replace(m[2] + m[3])
		}
		if name := at["name"]; safeName().MatchString(name) {
			kind, from := "input", "value"
			if strings.EqualFold(found[1:5], "meta") {
				kind, from = "meta", "content"
			}
			yield(at[from], Extract{Kind: "css", From: kind + "[name=" + name + "]", Extra: from}, name)
		}
	}
}

// around makes a regular expression of what stands before a value in a text. It
// is no good when it finds something else first.
func around(body, value string) (Extract, bool) {
	at := strings.Index(body, value)
	if at < 0 {
		return Extract{}, false
	}
	before := body[max(0, at-30):at]
	if i := strings.LastIndexAny(before, "\n\r"); i >= 0 {
		before = before[i+1:]
	}
	before = strings.ToValidUTF8(before, "")
	if len(strings.TrimSpace(before)) < 4 || !printable(before) || strings.ContainsAny(value, "\"'<>& \t;,") {
		return Extract{}, false
	}
	expression := regexp.QuoteMeta(before) + `([^"'<>&\s;,]+)`
	re, err := regexp.Compile(expression)
	if err != nil {
		return Extract{}, false
	}
	m := re.FindStringSubmatch(body)
	if m == nil || m[1] != value {
		return Extract{}, false
	}
	return Extract{Kind: "regex", From: expression}, true
}
