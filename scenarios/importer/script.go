package importer

import (
	"strings"

	"gonogo/internal/yamlfile"
)

// The lines of scripts that are understood.
var (
	setsVariable = lazily(`^(?:pm\.(?:environment|collectionVariables|globals|variables)\.set|postman\.set(?:Environment|Global)Variable)\(\s*["']([^"']+)["']\s*,\s*(.+?)\s*\)\s*;?$`)
	namesAnswer  = lazily(`^(?:var|let|const)\s+(\w+)\s*=\s*(?:pm\.response\.json\(\)|JSON\.parse\(\s*(?:responseBody|pm\.response\.text\(\))\s*\))\s*;?$`)
	wholeAnswer  = lazily(`^(?:pm\.response\.json\(\)|JSON\.parse\(\s*(?:responseBody|pm\.response\.text\(\))\s*\))`)
	wantsStatus  = lazily(`pm\.response\.to\.have\.status\(\s*([1-5]\d\d)\s*\)|pm\.expect\(pm\.response\.code\)\.to\.(?:eql|equal)\(\s*([1-5]\d\d)\s*\)`)
	answerHeader = lazily(`^pm\.response\.headers\.get\(\s*["']([-\w]+)["']\s*\)$`)
	answerCookie = lazily(`^pm\.cookies\.get\(\s*["']([-\w.]+)["']\s*\)$`)
	member       = lazily(`^(?:\.(\w+)|\[(\d+)\]|\[["']([^"'\]]+)["']\])`)
	constant     = lazily(`^(?:"([^"\\]*)"|'([^'\\]*)'|(\d+))$`)
	noise        = lazily(`^(?:[});{\s]*|//.*|(?:pm\.)?test\(.*|console\.log\(.*|/\*.*\*/)$`)
)

// scripts reads what runs before and after a request; s is nil for a folder's.
func (p *postmanReader) scripts(events *node, s *Step) {
	for _, event := range events.list() {
		exec := event.get("script", "exec")
		lines := strings.Split(exec.str(), "\n")
		if exec != nil && exec.kind == nodeList {
			lines = lines[:0]
			for _, line := range exec.list() {
				lines = append(lines, line.str())
			}
		}
		kind := event.get("listen").str()
		answers := map[string]bool{"jsonData": true}
		lost := ""
		for _, line := range lines {
			line = strings.TrimSpace(line)
			understood := noise().MatchString(line)
			if s != nil && len(line) < maxBody {
				understood = p.line(line, s, kind, answers) || understood
			}
			if !understood && lost == "" {
				lost = line
			}
		}
		if lost != "" {
			p.src.note(event.place(), "a %s script is not run: what it does is to be written as extract:, check: or set:; it begins with %s", clean(kind), yamlfile.Quote(clean(lost)))
		}
	}
}

// line takes a line of a script, if it is one of the simple ones.
func (p *postmanReader) line(line string, s *Step, kind string, answers map[string]bool) bool {
	if m := namesAnswer().FindStringSubmatch(line); m != nil {
		answers[m[1]] = true
		return true
	}
	if m := wantsStatus().FindStringSubmatch(line); m != nil && kind == "test" {
		s.Expect = []string{m[1] + m[2]}
		return true
	}
	m := setsVariable().FindStringSubmatch(line)
	if m == nil || !printable(m[1]) || len(m[1]) > longestKey {
		return false
	}
	id := p.id(m[1])
	if c := constant().FindStringSubmatch(m[2]); c != nil {
		if _, twice := p.variables[id]; !twice {
			p.order = append(p.order, id)
		}
		value := plain(c[1] + c[2] + c[3])
		if isSensitive(m[1]) {
			value = p.src.env.hide(p.src.at(0, 0), m[1], value)
		}
		p.variables[id] = value
		return true
	}
	x, ok := expression(m[2], answers)
	if !ok || kind != "test" {
		return false
	}
	x.Name = id
	for i := range s.Extract {
		if s.Extract[i].Name == id {
			s.Extract[i] = x
			return true
		}
	}
	s.Extract = append(s.Extract, x)
	p.known[id] = true
	return true
}

// expression is where a script takes a value from.
func expression(text string, answers map[string]bool) (Extract, bool) {
	if m := answerHeader().FindStringSubmatch(text); m != nil {
		return Extract{Kind: "header", From: m[1]}, true
	}
	if m := answerCookie().FindStringSubmatch(text); m != nil {
		return Extract{Kind: "cookie", From: m[1]}, true
	}
	rest := ""
	if at := wholeAnswer().FindStringIndex(text); at != nil {
		rest = text[at[1]:]
	} else {
		end := strings.IndexAny(text, ".[")
		if end <= 0 || !answers[text[:end]] {
			return Extract{}, false
		}
		rest = text[end:]
	}
	var path []string
	for rest != "" {
		m := member().FindStringSubmatch(rest)
		if m == nil {
			return Extract{}, false
		}
		part, ok := pathKey(m[1] + m[2] + m[3])
		if !ok {
			return Extract{}, false
		}
		path, rest = append(path, part), rest[len(m[0]):]
	}
	return Extract{Kind: "json", From: strings.Join(path, ".")}, len(path) > 0
}
