package main

import (
	"embed"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/template"

	"gonogo/internal/proof/peers"
)

//go:embed pages/*.md
var pages embed.FS

// render writes a page from its results. Every figure on it comes from there.
func render(to io.Writer, page string, results any) error {
	t, err := template.New(page).Funcs(template.FuncMap{
		"date":     func(m Machine) string { return m.Date.Format("2 January 2006") },
		"machine":  machineWords,
		"world":    worldTable,
		"remarks":  remarks,
		"promised": promised,
		"limits":   limitTable,
		"cost":     costTable,
		"memory":   memoryTable,
		"late":     lateTable,
		"group":    Performance.group,
	}).ParseFS(pages, "pages/"+page)
	if err != nil {
		return err
	}
	if err := t.ExecuteTemplate(to, page, results); err != nil {
		return fmt.Errorf("render %s: %w", page, err)
	}
	return nil
}

// A table is Markdown's. Its first columns are text, the others are figures.
type table struct {
	texts int // how many columns are text
	head  []string
	rows  [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) String() string {
	var b strings.Builder
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(t.head)
	b.WriteString("|" + strings.Repeat("---|", t.texts) + strings.Repeat("---:|", len(t.head)-t.texts) + "\n")
	for _, r := range t.rows {
		line(r)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// grouped writes a whole number in groups of three digits.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// milliseconds writes a latency with three digits.
func milliseconds(v float64) string {
	switch {
	case v < 0.0005:
		return "0"
	case v < 0.9995:
		return fmt.Sprintf("%.0f µs", v*1e3)
	case v < 9.995:
		return fmt.Sprintf("%.2f ms", v)
	case v < 99.95:
		return fmt.Sprintf("%.1f ms", v)
	case v < 9999.5:
		return fmt.Sprintf("%.0f ms", v)
	}
	return fmt.Sprintf("%.1f s", v/1e3)
}

// near tells whether a reading is within the promise of accuracy: 1 % and 2 ms.
func near(told, truth float64) bool { return math.Abs(told-truth) <= truth/100+2 }

// deviation says how far a reading is from the truth: by how much below 1 ms of
// truth, where a share means nothing; else by what share; or how many times it is.
func deviation(told, truth float64) string {
	sign := "+"
	if told < truth {
		sign = "−"
	}
	switch {
	case truth < 1 && told < 2:
		return sign + milliseconds(math.Abs(told-truth))
	case truth < 0.001:
		return sign + milliseconds(told)
	case told > 2*truth || told < truth/2:
		return times(told / truth)
	}
	return fmt.Sprintf("%s%.1f %%", sign, math.Abs(told-truth)/truth*100)
}

// times writes a factor with two digits.
func times(factor float64) string {
	if factor >= 99.5 {
		return grouped(int64(math.Round(factor))) + " ×"
	}
	return strconv.FormatFloat(factor, 'g', 2, 64) + " ×"
}

// cell is a reading with its error; bold where that is more than is promised.
func cell(v peers.Value, truth float64) string {
	if v.Word != "" {
		return v.Word
	}
	text := fmt.Sprintf("%s (%s)", milliseconds(v.MS), deviation(v.MS, truth))
	if !near(v.MS, truth) {
		return "**" + text + "**"
	}
	return text
}

func percent(share float64) string {
	text := strconv.FormatFloat(share*100, 'f', 2, 64)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + " %"
}

func machineWords(m Machine) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d cores of %s, %.0f GiB, %s, Linux %s", m.Cores, m.CPU, m.MemoryGB, m.System, m.Kernel)
	if m.Split {
		b.WriteString("; servers on one core, load generators on another")
	}
	fmt.Fprintf(&b, ". Load average as the runs began: %s.\n", m.Load)
	if m.busy() {
		b.WriteString("\n**The machine had something else to do as well: these figures are noisier than they should be.**\n")
	}
	t := table{texts: 2, head: []string{"program", "version"}}
	for _, v := range m.Versions {
		t.add(v.Tool, v.Version)
	}
	return b.String() + "\n" + t.String()
}
