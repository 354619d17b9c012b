package formats

import (
	"fmt"
	"io"
	"strings"

	"gonogo/report"
	"gonogo/report/show"
)

// TAP prints the Test Anything Protocol: a test point for each thing that the run was
// judged by, the run as a whole last, with what is known of it in YAML. It calls itself
// version 13, all of which is in 14 as well: readers that know only 13 refuse to read on
// where they are told 14, and Perl's prove is one.
//
// What is conditional is "not ok" with the directive TODO, which no reader counts as a
// failure. What is inconclusive is "not ok", and so is everything that was judged by a
// run that is not valid.
func TAP(w io.Writer, r *report.Report, _ Where) error {
	var out strings.Builder
	rows := rowsOf(r)
	fmt.Fprintf(&out, "TAP version 13\n1..%d\n", len(rows))
	for i := range rows {
		rows[i].point(&out, i+1)
	}
	fmt.Fprintf(&out, "# %s (exit %d)\n", r.Sentence(), r.ExitCode)
	_, err := io.WriteString(w, out.String())
	return err
}

// point prints the row as a test point.
func (x *row) point(out *strings.Builder, number int) {
	word, directive := "ok", ""
	switch x.state {
	case fail, inconclusive:
		word = "not ok"
	case conditional:
		word, directive = "not ok", " # TODO conditional"
	}
	fmt.Fprintf(out, "%s %d - %s%s\n  ---\n", word, number, tapText(x.group+" "+x.name), directive)
	for _, line := range [][2]string{
		{"message", x.message()},
		{"state", x.state},
		{"target", x.target},
		{"measured", x.measured},
		{"margin", x.margin},
		{"samples", x.samples},
		{"rule", x.rule},
		{"source", show.Inert(x.source, widestText)},
		{"remedy", x.remedy},
	} {
		if line[1] != "" {
			fmt.Fprintf(out, "  %s: %s\n", line[0], yamlText(line[1]))
		}
	}
	out.WriteString("  ...\n")
}

// tapText is an inert text as a description: a "#" would start a directive.
func tapText(text string) string {
	return strings.NewReplacer(`\`, `\\`, "#", `\#`).Replace(text)
}

// yamlText is an inert text as a string of YAML in double quotes.
func yamlText(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}
