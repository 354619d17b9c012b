package formats

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The readers here are strict: what they take, no reader of the format can take for
// something else. Each returns what is wrong.

func readers() map[string]func(string) error {
	return map[string]func(string) error{
		"md": readMarkdown, "junit": readJUnit, "sarif": readSARIF, "tap": readTAP, "csv": readCSV,
		"openmetrics": readOpenMetrics, "nagios": readNagios, "github": readAnnotations, "gitlab-load": readGitLab,
	}
}

// readMarkdown takes documents with nothing but words, inert spans and whole tables.
func readMarkdown(text string) error {
	if len(text) > MostMarkdown {
		return fmt.Errorf("%d bytes long", len(text))
	}
	if strings.Contains(text, "\r") {
		return errors.New("has a carriage return")
	}
	spans := regexp.MustCompile("`[^`|\\\\\n]+`|<code>([^!-/:-@[-`{-~\n]|&#[0-9]+;|,)*</code>")
	cells := 0
	for n, line := range strings.Split(text, "\n") {
		bare := strings.TrimPrefix(strings.TrimPrefix(spans.ReplaceAllString(line, "S"), "## "), "### ")
		if strings.ContainsAny(strings.ReplaceAll(bare, "<0.01%", ""), "`<>@[]!\\&#~_$") {
			return fmt.Errorf("line %d: %q", n+1, line)
		}
		if regexp.MustCompile(`www\.|://|^/`).MatchString(bare) {
			return fmt.Errorf("line %d has a link or a command: %q", n+1, line)
		}
		if !strings.HasPrefix(bare, "|") {
			cells = 0
			continue
		}
		if got := strings.Count(bare, "|"); cells != 0 && got != cells {
			return fmt.Errorf("line %d: %d bars, want %d: %q", n+1, got, cells, line)
		}
		cells = strings.Count(bare, "|")
	}
	return nil
}

func readJUnit(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	var doc junitDocument
	if err := d.Decode(&doc); err != nil {
		return err
	}
	if strings.TrimSpace(text[d.InputOffset():]) != "" {
		return errors.New("goes on after its root")
	}
	if len(doc.Suites) != 3 {
		return fmt.Errorf("%d suites", len(doc.Suites))
	}
	for _, s := range doc.Suites {
		failures, faults, names := 0, 0, map[string]bool{}
		for _, c := range s.Cases {
			if c.Failure != nil {
				failures++
			}
			if c.Error != nil {
				faults++
			}
			if c.Name == "" || c.Class == "" || names[c.Name] {
				return fmt.Errorf("suite %s: case %q", s.Name, c.Name)
			}
			names[c.Name] = true
		}
		if s.Tests != len(s.Cases) || s.Failures != failures || s.Errors != faults || s.Hostname == "" {
			return fmt.Errorf("suite %s does not add up", s.Name)
		}
	}
	return nil
}

func readSARIF(text string) error {
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	var log sarifLog
	if err := d.Decode(&log); err != nil {
		return err
	}
	run := log.Runs[0]
	ids := map[string]bool{}
	for _, rule := range run.Tool.Driver.Rules {
		if ids[rule.ID] {
			return fmt.Errorf("two rules %q", rule.ID)
		}
		ids[rule.ID] = true
	}
	for _, result := range run.Results {
		if len(result.Locations) != 1 || result.Fingerprints["primaryLocationLineHash"] == "" || result.Message.Text == "" {
			return fmt.Errorf("result of %q is not complete", result.Rule)
		}
		if run.Tool.Driver.Rules[result.Index].ID != result.Rule {
			return fmt.Errorf("result of %q: rule %d is another", result.Rule, result.Index)
		}
		if regexp.MustCompile(`\]\(|\{[0-9]`).MatchString(result.Message.Text) {
			return fmt.Errorf("a link or placeholder: %q", result.Message.Text)
		}
		p := result.Locations[0].Physical
		u, err := url.Parse(p.Artifact.URI)
		if err != nil || p.Artifact.URI == "" || p.Region.Line < 1 || u.Scheme != "" && u.Scheme != "file" || u.Host != "" {
			return fmt.Errorf("stands at %q: %w", p.Artifact.URI, err)
		}
	}
	return nil
}

// readTAP reads the subset of TAP and of YAML that is written.
func readTAP(text string) error {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	var plan int
	if len(lines) < 2 || lines[0] != "TAP version 13" {
		return errors.New("no version")
	}
	if _, err := fmt.Sscanf(lines[1], "1..%d", &plan); err != nil || plan < 1 {
		return fmt.Errorf("plan %q", lines[1])
	}
	point := regexp.MustCompile(`^(not )?ok ([0-9]+) - ([^#\\]|\\[#\\])*( # TODO conditional)?$`)
	entry := regexp.MustCompile(`^  [a-z]+: "([^"\\]|\\["\\])*"$`)
	seen, inside := 0, false
	for _, line := range lines[2:] {
		m := point.FindStringSubmatch(line)
		switch {
		case !inside && m != nil:
			if seen++; m[2] != strconv.Itoa(seen) {
				return fmt.Errorf("point %s, want %d", m[2], seen)
			}
		case !inside && line == "  ---" || inside && line == "  ...":
			inside = !inside
		case inside && entry.MatchString(line), !inside && strings.HasPrefix(line, "# "):
		default:
			return fmt.Errorf("line %q", line)
		}
	}
	if seen != plan {
		return fmt.Errorf("%d points, %d planned", seen, plan)
	}
	return nil
}

func readCSV(text string) error {
	if !strings.HasSuffix(text, "\r\n") {
		return errors.New("the last line has no end")
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll() // all rows as long as the first
	if err != nil {
		return err
	}
	for _, row := range rows {
		for _, cell := range row {
			_, err := strconv.ParseFloat(cell, 64)
			if trimmed := strings.TrimSpace(cell); err != nil && trimmed != "" && strings.ContainsRune("=+-@＝＋－＠\t\r", []rune(trimmed)[0]) {
				return fmt.Errorf("a formula: %q", cell)
			}
		}
	}
	return nil
}

// readOpenMetrics reads the text as the standard has it: families in one piece, headed by
// their type, no series twice, one end.
func readOpenMetrics(text string) error {
	body, ends := strings.CutSuffix(text, "# EOF\n")
	if !ends || strings.Contains(body, "# EOF") {
		return errors.New("no end")
	}
	sample := regexp.MustCompile(`^([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (-?[0-9.]+(?:e[+-][0-9]+)?)$`)
	families, series := map[string]string{}, map[string]bool{}
	family := ""
	for _, line := range strings.Split(strings.TrimSuffix(body, "\n"), "\n") {
		fields := strings.SplitN(line, " ", 4)
		switch m := sample.FindStringSubmatch(line); {
		case strings.HasPrefix(line, "# HELP "):
			if family = fields[2]; families[family] != "" {
				return fmt.Errorf("family %s is in two pieces", family)
			}
		case strings.HasPrefix(line, "# TYPE ") && fields[2] == family:
			families[family] = fields[3]
		case strings.HasPrefix(line, "# UNIT ") && fields[2] == family && strings.HasSuffix(family, "_"+fields[3]):
		case m == nil || !strings.HasSuffix(m[2]+",", "\",") && m[2] != "":
			return fmt.Errorf("line %q", line)
		default:
			suffix, ok := strings.CutPrefix(m[1], family)
			want := map[string][]string{gauge: {""}, counter: {"_total"}, summary: {"", "_count"}}[families[family]]
			if key := m[1] + m[2]; !ok || !slices.Contains(want, suffix) || series[key] {
				return fmt.Errorf("sample %q in family %s", line, family)
			}
			series[m[1]+m[2]] = true
		}
	}
	return nil
}

func readNagios(text string) error {
	first, rest, _ := strings.Cut(text, "\n")
	said, data, ok := strings.Cut(first, " | ")
	if !ok || strings.ContainsAny(said+data+rest, "|\r") || !regexp.MustCompile(`^GONOGO (OK|WARNING|CRITICAL|UNKNOWN) - .`).MatchString(said) {
		return fmt.Errorf("first line %q", first)
	}
	datum := regexp.MustCompile(`^('(?:[^'=]|'')+'|[^ '=]+)=-?[0-9.]+(ms|%|)(;[0-9.]*:?;[0-9.]*:?)?( |$)`)
	for data != "" {
		m := datum.FindString(data)
		if m == "" {
			return fmt.Errorf("performance data %q", data)
		}
		data = data[len(m):]
	}
	return nil
}

func readAnnotations(text string) error {
	lines := strings.Split(text, "\n")
	if len(lines) > 10 || lines[len(lines)-1] != "" {
		return fmt.Errorf("%d lines", len(lines))
	}
	command := regexp.MustCompile(`^::(error|warning) (file=([^,:%\r]|%25|%3A|%2C)+,line=[0-9]+,)?title=([^,:%\r]|%25|%3A|%2C)+::([^%\r]|%25)+$`)
	for _, line := range lines[:len(lines)-1] {
		if !command.MatchString(line) {
			return fmt.Errorf("line %q", line)
		}
	}
	return nil
}

func readGitLab(text string) error {
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(new(gitlabLoad))
}

// readOutputs reads outputs of a step as GitHub's runner does.
func readOutputs(text string) (map[string]string, error) {
	values := map[string]string{}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines)-1; i++ {
		equals, heredoc := strings.Index(lines[i], "="), strings.Index(lines[i], "<<")
		switch {
		case equals >= 0 && (heredoc < 0 || equals < heredoc):
			values[lines[i][:equals]] = lines[i][equals+1:]
		case heredoc >= 0:
			end := slices.Index(lines[i+1:], lines[i][heredoc+2:])
			if end < 0 {
				return nil, errors.New("no end of " + lines[i])
			}
			values[lines[i][:heredoc]] = strings.Join(lines[i+1:i+1+end], "\n")
			i += 1 + end
		default:
			return nil, fmt.Errorf("line %q", lines[i])
		}
	}
	return values, nil
}

// tooLong is more than any format prints of a report whose only excess is its texts.
const tooLong = 256 << 10

// wrong is what is wrong with the text in a format.
func wrong(format, text string) error {
	switch {
	case len(text) > tooLong:
		return fmt.Errorf("%d bytes long", len(text))
	case !utf8.ValidString(text):
		return errors.New("is not UTF-8")
	case strings.ContainsFunc(text, func(r rune) bool { return r == 0x1b || r == 0 || r == '\u202e' || r == '\u2028' || r == '\u0085' }):
		return errors.New("has a control character")
	}
	return readers()[format](text)
}
