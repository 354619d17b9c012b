package main

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/template"
)

//go:embed pages/calibration.md
var pages embed.FS

// A page is everything that docs/calibration.md is made from.
type page struct {
	Runs     int
	Sections []section
}

// A section is an experiment with what it measured.
type section struct {
	experiment
	result
}

func (s section) Title() string { return s.title }
func (s section) About() string { return s.about }

// Table is the rows as Markdown.
func (s section) Table() string { return table(s.head, s.texts, s.rows) }

// Promises is a table of all limits, held or not.
func (p page) Promises() string {
	var rows [][]string
	for _, one := range p.promises() {
		word := "held"
		if !one.held() {
			word = "**not held**"
		}
		rows = append(rows, []string{one.what, one.limitText(), one.text, word})
	}
	return table([]string{"what", "limit", "measured", ""}, 1, rows)
}

func (p page) promises() []promise {
	var all []promise
	for _, s := range p.Sections {
		all = append(all, s.promises...)
	}
	return all
}

// broken is an error for every promise that is not held.
func (p page) broken() error {
	var all []error
	for _, one := range p.promises() {
		if !one.held() {
			all = append(all, fmt.Errorf("%s: want %s, measured %s", one.what, one.limitText(), one.text))
		}
	}
	return errors.Join(all...)
}

func (p page) render(to io.Writer) error {
	t, err := template.ParseFS(pages, "pages/calibration.md")
	if err != nil {
		return err
	}
	if err := t.Execute(to, p); err != nil {
		return fmt.Errorf("render calibration.md: %w", err)
	}
	return nil
}

// table is Markdown's; its first columns are text, the others are figures.
func table(head []string, texts int, rows [][]string) string {
	var b strings.Builder
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(head)
	b.WriteString("|" + strings.Repeat("---|", texts) + strings.Repeat("---:|", len(head)-texts) + "\n")
	for _, r := range rows {
		line(r)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// percent writes a share with one digit, or two below 1 %.
func percent(share float64) string {
	digits := 1
	if share < 0.00995 && share > 0 {
		digits = 2
	}
	text := strconv.FormatFloat(100*share, 'f', digits, 64)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + " %"
}
