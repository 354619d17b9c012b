package main

import (
	"io"
	"strconv"

	"gonogo/internal/terminal"
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

// wantsColour decides for a stream by itself: the other one may go elsewhere.
func wantsColour(std stdio, w io.Writer) bool {
	return terminal.IsColoured(std.env, terminal.Of(w))
}
