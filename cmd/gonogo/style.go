package main

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/term"

	"gonogo/report"
)

// styleOf says how the summary looks on the command's output: coloured on a
// terminal, unless the environment has a wish.
func styleOf(std stdio) report.Style {
	style := report.Style{Colour: wantsColour(std, std.out)}
	if columns, ok := std.env("COLUMNS"); ok {
		if n, err := strconv.Atoi(columns); err == nil && n > 0 {
			style.Width = n
		}
	}
	return style
}

func wantsColour(std stdio, w io.Writer) bool {
	if v, ok := std.env("NO_COLOR"); ok && v != "" {
		return false
	}
	if v, ok := std.env("FORCE_COLOR"); ok && v != "" {
		return v != "0"
	}
	t, _ := std.env("TERM")
	return t != "dumb" && isTerminal(w)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
