package formats

import (
	"io"
	"strings"

	"gonogo/report"
	"gonogo/report/show"
)

// MostMarkdown is the most bytes that Markdown prints: what GitHub takes as a comment.
const MostMarkdown = 64 << 10

// A section is a part of a document that is there as a whole or not at all.
type section struct {
	title, body string
}

// Markdown prints the report as a document for a comment, in the dialect of code hosts:
// the verdict first, then what it rests on.
//
// Names, addresses and errors are inert in it (escape.go). It is never longer than
// MostMarkdown: sections that do not fit are left out whole, and named at the end.
func Markdown(w io.Writer, r *report.Report, _ Where) error {
	const note = 512 // bytes for what was left out
	var out strings.Builder
	out.WriteString(headline(r))
	var left []string
	for _, s := range sections(r) {
		switch text := "\n### " + s.title + "\n\n" + s.body; {
		case s.body == "":
		case out.Len()+len(text) > MostMarkdown-note:
			left = append(left, strings.ToLower(s.title))
		default:
			out.WriteString(text)
		}
	}
	if len(left) > 0 {
		out.WriteString("\nLeft out, as there is no room for it here: " + strings.Join(left, ", ") + ". The report file holds it.\n")
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// headline is the verdict, why, and the main figures.
func headline(r *report.Report) string {
	verdict := show.Inert(r.Verdict, 20)
	why := strings.TrimPrefix(strings.TrimPrefix(r.Sentence(), verdict), ": ")
	t := &r.Totals
	return "## " + mark(stateOf(r.Verdict)) + " " + verdictText(verdict) + "\n\n" +
		literal(why, 4*widestText) + " (exit " + count(int64(r.ExitCode)) + ")\n\n" +
		show.Counted(t.Requests, "request") + ", " + show.Rate(t.Rate) + " answered well, p95 " + t.Latency.Text("p95", t.Latency.P95) +
		", p99 " + t.Latency.Text("p99", t.Latency.P99) + ", " + show.Share(t.Accounting.Bad(), t.Accounting.Planned) + " errors\n"
}

// verdictText is a verdict as Markdown.
func verdictText(verdict string) string {
	switch verdict {
	case "GO", "CONDITIONAL-GO", "NO-GO", "INCONCLUSIVE", "INVALID":
		return verdict
	}
	return literal(verdict, 20)
}

// mark is the symbol of a state.
func mark(state string) string {
	switch state {
	case pass:
		return "✔"
	case conditional, warned:
		return "▲"
	case fail:
		return "✖"
	}
	return "?"
}
