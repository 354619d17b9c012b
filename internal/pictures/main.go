// Command pictures turns what a terminal showed into a page, so that a browser can take
// a picture of it: text with colours on standard input, HTML on standard output. It knows
// the sequences that gonogo prints and tmux captures; others are left out.
//
// scripts/pictures.sh takes the pictures of README.md with it.
package main

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"os"
	"strconv"
	"strings"
)

func main() {
	if err := convert(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

const head = `<!doctype html>
<meta charset="utf-8">
<title>terminal</title>
<style>
body { margin: 0; background: #16181d; }
pre { margin: 0; padding: 20px 24px; display: inline-block; color: #d8dbe2; font: 15px/1.4 "DejaVu Sans Mono", monospace; }
.b { font-weight: bold; color: #fff; } .d { color: #8b909c; }
.c31 { color: #ff7b72; } .c32 { color: #57c26d; } .c33 { color: #e3b341; } .c34 { color: #79b8ff; } .c35 { color: #d2a8ff; } .c36 { color: #56d4dd; }
</style>
<pre>`

// convert writes the page.
func convert(from io.Reader, to io.Writer) error {
	text, err := io.ReadAll(from)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(to)
	out.WriteString(head)
	p := painter{out: out}
	for i, piece := range strings.Split(strings.TrimRight(string(text), "\n "), "\x1b") {
		if i > 0 {
			piece = p.sequence(piece)
		}
		p.print(piece)
	}
	out.WriteString("</pre>\n")
	return out.Flush()
}

// A painter prints text in the colours that are on.
type painter struct {
	out    *bufio.Writer
	bold   bool
	dim    bool
	colour int // 31 to 36; 0: the terminal's own
}

// sequence obeys a control sequence and returns what comes behind it.
func (p *painter) sequence(text string) string {
	if strings.HasPrefix(text, "(") { // a set of characters, and which
		return text[min(2, len(text)):]
	}
	if !strings.HasPrefix(text, "[") {
		return text[min(1, len(text)):]
	}
	end := strings.IndexFunc(text[1:], func(r rune) bool { return r >= '@' && r <= '~' }) + 1
	if end == 0 {
		return ""
	}
	if text[end] == 'm' {
		for code := range strings.SplitSeq(text[1:end], ";") {
			p.set(code)
		}
	}
	return text[end+1:]
}

func (p *painter) set(code string) {
	switch n, _ := strconv.Atoi(code); {
	case n == 0:
		p.bold, p.dim, p.colour = false, false, 0
	case n == 1:
		p.bold = true
	case n == 2:
		p.dim = true
	case n == 22:
		p.bold, p.dim = false, false
	case n >= 31 && n <= 36:
		p.colour = n
	case n == 39:
		p.colour = 0
	}
}

func (p *painter) print(text string) {
	var classes []string
	if p.bold {
		classes = append(classes, "b")
	}
	if p.dim {
		classes = append(classes, "d")
	}
	if p.colour > 0 {
		classes = append(classes, fmt.Sprintf("c%d", p.colour))
	}
	if text = html.EscapeString(text); text == "" || len(classes) == 0 {
		p.out.WriteString(text)
		return
	}
	fmt.Fprintf(p.out, `<span class="%s">%s</span>`, strings.Join(classes, " "), text)
}
