package importer

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"gonogo/internal/yamlfile"
)

// argument is a word of a command line, as a text of the file: variables of the
// shell are placeholders in it.
type argument struct {
	text string
	pos  yamlfile.Pos
}

// char is a character with its offset.
type char struct {
	r  rune
	at int
}

// shell cuts a text into commands, and commands into words. It knows the quotes
// of three shells: sh, PowerShell, and cmd, in which ^ escapes.
type shell struct {
	src   *source
	in    []char
	i     int
	kind  shellKind
	word  strings.Builder
	open  bool // a word has begun, though it may be empty
	begin int
	words []argument
	all   [][]argument
}

type shellKind uint8

const (
	posix shellKind = iota
	powershell
	cmd
)

// commands cuts the source.
func (s *source) commands() [][]argument {
	text := string(s.data)
	sh := &shell{src: s}
	lines := strings.ReplaceAll(text, "\r\n", "\n")
	switch {
	case strings.Contains(lines, "^\n") || strings.Contains(lines, `^"`):
		sh.kind = cmd
	case strings.Contains(lines, "`\n"):
		sh.kind = powershell
	}
	for at, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[at:], "\uFFFD") {
			s.wrong(s.pos(at), "a byte that is not UTF-8", "text in UTF-8")
			return nil
		}
		if r == '\r' && strings.HasPrefix(text[at:], "\r\n") {
			continue
		}
		sh.in = append(sh.in, char{r, at})
	}
	if sh.kind == cmd {
		sh.uncaret()
	}
	for sh.i < len(sh.in) {
		sh.step()
	}
	sh.endCommand()
	return sh.all
}

// uncaret takes off the carets of cmd: each makes the character behind it plain,
// and joins two lines. Between quotes that have none it is a caret.
func (s *shell) uncaret() {
	var out []char
	quotes := false
	for i := 0; i < len(s.in); i++ {
		c := s.in[i]
		switch {
		case c.r == '"' && (i == 0 || s.in[i-1].r != '\\'):
			quotes = !quotes
		case c.r == '^' && !quotes && i+1 < len(s.in):
			i++
			if s.in[i].r == '\n' && i+1 < len(s.in) {
				i++
			}
			c = s.in[i]
		}
		out = append(out, c)
	}
	s.in = out
}

// peek is the character so far ahead, 0 behind the end.
func (s *shell) peek(ahead int) rune {
	if s.i+ahead < len(s.in) {
		return s.in[s.i+ahead].r
	}
	return 0
}

// pos is the place of the next character.
func (s *shell) pos() yamlfile.Pos { return s.src.pos(s.offset()) }

func (s *shell) offset() int {
	if s.i < len(s.in) {
		return s.in[s.i].at
	}
	return len(s.src.data)
}

// step takes what comes next outside of quotes.
func (s *shell) step() {
	r := s.peek(0)
	switch {
	case r == '\n' || r == ';' && s.kind != cmd:
		s.endCommand()
		s.i++
	case r == '|' || r == '&' && s.kind != powershell:
		s.endCommand()
		s.i++
	case r == ' ' || r == '\t' || r == '\r' || r == '\u00a0':
		s.endWord()
		s.i++
	case r == '#' && !s.open && s.kind != cmd:
		for s.i < len(s.in) && s.peek(0) != '\n' {
			s.i++
		}
	case r == '>' || r == '<':
		s.redirect()
	default:
		s.begins()
		s.inside(r)
	}
}

// redirect leaves out > FILE and its like.
func (s *shell) redirect() {
	if text := s.word.String(); text == "1" || text == "2" {
		s.word.Reset()
		s.open = false
	}
	s.endWord()
	s.src.note(s.pos(), "a redirection of the shell is left out")
	for strings.ContainsRune("<>&", s.peek(0)) && s.i < len(s.in) {
		s.i++
	}
	for s.peek(0) == ' ' {
		s.i++
	}
	for s.i < len(s.in) && !strings.ContainsRune(" \t\n;|&", s.peek(0)) {
		s.i++
	}
}

// inside takes a part of a word.
func (s *shell) inside(r rune) {
	switch {
	case s.kind == cmd:
		s.cmdPart(r)
	case r == '\'':
		s.single()
	case r == '"':
		s.double()
	case r == '$' && s.peek(1) == '\'' && s.kind == posix:
		s.i++
		s.ansi()
	case r == '$' || r == '`' && s.kind == posix:
		s.dollar()
	case r == s.escape():
		if s.peek(1) == '\n' {
			if s.word.Len() == 0 {
				s.open = false
			}
		} else if s.i+1 < len(s.in) {
			s.literal(s.peek(1))
		}
		s.i = min(s.i+2, len(s.in))
	default:
		s.literal(r)
		s.i++
	}
}

// escape is the character that makes the next one plain.
func (s *shell) escape() rune {
	if s.kind == powershell {
		return '`'
	}
	return '\\'
}

// cmdPart follows the rules by which programs of Windows split their arguments:
// only double quotes count, and a backslash only before one.
func (s *shell) cmdPart(r rune) {
	if r != '"' {
		s.literal(r)
		s.i++
		return
	}
	start := s.pos()
	for s.i++; s.i < len(s.in); s.i++ {
		switch r := s.peek(0); {
		case r == '\\' && (s.peek(1) == '"' || s.peek(1) == '\\'):
			s.i++
			s.literal(s.peek(0))
		case r == '"' && s.peek(1) == '"':
			s.i++
			s.literal('"')
		case r == '"':
			s.i++
			return
		default:
			s.literal(r)
		}
	}
	s.unclosed(start, `"`)
}

func (s *shell) unclosed(start yamlfile.Pos, quote string) {
	s.src.wrong(start, "a quote that is never closed", quote+" at the end of the value")
}

func (s *shell) single() {
	start := s.pos()
	for s.i++; s.i < len(s.in); s.i++ {
		if s.peek(0) == '\'' {
			if s.kind != powershell || s.peek(1) != '\'' {
				s.i++
				return
			}
			s.i++
		}
		s.literal(s.peek(0))
	}
	s.unclosed(start, "'")
}

func (s *shell) double() {
	start := s.pos()
	s.i++
	for s.i < len(s.in) {
		switch r := s.peek(0); {
		case r == '"' && s.kind == powershell && s.peek(1) == '"':
			s.literal('"')
			s.i += 2
		case r == '"':
			s.i++
			return
		case r == s.escape() && s.peek(1) == '\n':
			s.i += 2
		case r == s.escape() && (s.kind == powershell || strings.ContainsRune("\\\"$`", s.peek(1))) && s.i+1 < len(s.in):
			s.literal(s.peek(1))
			s.i += 2
		case r == '$' || r == '`' && s.kind == posix:
			s.dollar()
		default:
			s.literal(r)
			s.i++
		}
	}
	s.unclosed(start, `"`)
}

// dollar takes $NAME and ${NAME} as variables of the environment.
func (s *shell) dollar() {
	start, i := s.i, s.i+1
	braces := s.peek(1) == '{'
	if braces {
		i++
	}
	var name strings.Builder
	for ; i < len(s.in) && isNameRune(s.in[i].r, name.Len()); i++ {
		name.WriteRune(s.in[i].r)
	}
	closed := !braces || i < len(s.in) && s.in[i].r == '}'
	if name.Len() == 0 || !closed || !dollarless(s.word.String()) {
		if next := s.peek(1); s.peek(0) == '`' || next == '(' || next == '{' {
			s.src.note(s.pos(), "what the shell would put in here is not known: it is left as it is written")
		}
		s.literal(s.in[start].r)
		s.i++
		return
	}
	if braces {
		i++
	}
	s.src.note(s.pos(), "the shell's variable %s is read from the environment", name.String())
	s.word.WriteString("${env:" + name.String() + "}")
	s.i = i
}

func isNameRune(r rune, at int) bool {
	return r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || at > 0 && '0' <= r && r <= '9'
}

// ansi takes $'...' with its escapes.
func (s *shell) ansi() {
	start := s.pos()
	for s.i++; s.i < len(s.in); {
		switch r := s.peek(0); {
		case r == '\'':
			s.i++
			return
		case r == '\\' && s.i+1 < len(s.in):
			s.i++
			s.ansiEscape()
		default:
			s.literal(r)
			s.i++
		}
	}
	s.unclosed(start, "'")
}

func (s *shell) ansiEscape() {
	r := s.peek(0)
	s.i++
	if i := strings.IndexRune("nrtabefvE0", r); i >= 0 && (r != '0' || !octal(s.peek(0))) {
		s.literal(rune("\n\r\t\a\b\x1b\f\v\x1b\x00"[i]))
		return
	}
	most, base := map[rune]int{'x': 2, 'u': 4, 'U': 8}[r], 16
	if octal(r) {
		most, base = 3, 8
		s.i--
	}
	digits := ""
	for len(digits) < most && s.i < len(s.in) {
		if _, err := strconv.ParseUint(string(s.peek(0)), base, 8); err != nil {
			break
		}
		digits += string(s.peek(0))
		s.i++
	}
	if v, err := strconv.ParseUint(digits, base, 31); err == nil {
		s.literal(rune(v))
		return
	}
	if most > 0 {
		s.literal('\\')
	}
	s.literal(r)
}

func octal(r rune) bool { return '0' <= r && r <= '7' }

// begins notes where a word begins.
func (s *shell) begins() {
	if !s.open {
		s.open, s.begin = true, s.offset()
	}
}

// literal adds a character that stands for itself.
func (s *shell) literal(r rune) {
	if r == '{' && strings.HasSuffix(s.word.String(), "$") {
		s.word.WriteString("$") // a plain ${ is written $${
	}
	s.word.WriteRune(r)
}

func (s *shell) endWord() {
	if s.open {
		s.words = append(s.words, argument{s.word.String(), s.src.pos(s.begin)})
	}
	s.word.Reset()
	s.open = false
}

func (s *shell) endCommand() {
	s.endWord()
	if len(s.words) > 0 {
		s.all = append(s.all, s.words)
	}
	s.words = nil
}
