package formats

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"gonogo/report"
	"gonogo/report/show"
)

// GitHubAnnotations prints annotations as the commands that GitHub Actions reads from the
// output of a step, each at the line of its objective: an error for a fail and for what
// makes the measurement invalid, a warning for conditional and inconclusive. GitHub shows
// ten of a kind and step; here there are at most nine of all, of which the last says how
// many more there are.
func GitHubAnnotations(w io.Writer, r *report.Report, at Where) error {
	const most = 9
	var loud []row
	for _, level := range []string{"error", "warning"} {
		for _, x := range alerts(r) {
			if sarifLevel(&x) == level {
				loud = append(loud, x)
			}
		}
	}
	shown, more := loud, 0
	if len(loud) > most {
		shown, more = loud[:most-1], len(loud)-(most-1)
	}
	var out strings.Builder
	for i := range shown {
		x := &shown[i]
		where := ""
		if file, line, ok := x.place(at); ok {
			where = fmt.Sprintf("file=%s,line=%d,", commandProperty(file), line)
		}
		fmt.Fprintf(&out, "::%s %stitle=%s::%s\n", sarifLevel(x), where, commandProperty("gonogo: "+x.name+": "+x.state), commandText(x.message()))
	}
	if more > 0 {
		fmt.Fprintf(&out, "::%s title=gonogo::%s\n", sarifLevel(&loud[most-1]), commandText(fmt.Sprintf("and %d more, in the report", more)))
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// GitHubSummary prints the summary of a step, for the file that GITHUB_STEP_SUMMARY
// names: the Markdown of the report.
func GitHubSummary(w io.Writer, r *report.Report, at Where) error { return Markdown(w, r, at) }

// GitHubOutput prints the outputs of a step, for the file that GITHUB_OUTPUT names. A
// figure that there is none of is empty.
func GitHubOutput(w io.Writer, r *report.Report, at Where) error {
	t := &r.Totals
	var out strings.Builder
	for _, v := range [][2]string{
		{"verdict", show.Inert(r.Verdict, 20)},
		{"exit_code", fmt.Sprint(r.ExitCode)},
		{"report", at.report(r)},
		{"sentence", r.Sentence()},
		{"p50_ms", figure(t.Latency.P50)},
		{"p95_ms", figure(t.Latency.P95)},
		{"p99_ms", figure(t.Latency.P99)},
		{"success_rate", figure(t.SuccessRate)},
		{"rate", figure(t.Rate)},
		{"requests", count(t.Requests)},
		{"errors", count(t.Accounting.Bad())},
	} {
		out.WriteString(outputLine(v[0], v[1]))
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// outputLine sets an output. A value of several lines goes between two that it cannot
// contain, as they are made of its hash.
func outputLine(name, value string) string {
	if !strings.ContainsAny(value, "\r\n") {
		return name + "=" + value + "\n"
	}
	sum := sha256.Sum256([]byte(value))
	mark := "end-" + hex.EncodeToString(sum[:])
	return name + "<<" + mark + "\n" + value + "\n" + mark + "\n"
}

// commandText is a text as the message of a workflow command.
func commandText(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

// commandProperty is a text as a property of one.
func commandProperty(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(show.Inert(text, widestText))
}
