// Package formats owns the Report in the forms that other tools read: what a build
// server, a code host, a monitor or a spreadsheet takes.
//
// Each form is one file: Markdown (markdown.go, from sections.go), JUnit (junit.go),
// SARIF (sarif.go), TAP (tap.go), CSV (csv.go), OpenMetrics (openmetrics.go, on
// exposition.go), Nagios (nagios.go), GitHub's three outputs (github.go) and what
// GitLab's widget reads (gitlab.go). What was judged is put in rows once, for all forms
// that tell one test from another (rows.go). How texts of unknown origin become inert in
// a form is said where the form is, and for Markdown in escape.go.
//
// The exit code of the command is the verdict's in every form.
package formats

import (
	"io"

	"gonogo/report"
)

// A Format is one way to print a Report for another tool.
type Format struct {
	Name      string // as --format takes it
	Extension string // of its file beside the report; "": it has none and goes to the output
	Says      string // what it is for, in a few words
	Write     func(io.Writer, *report.Report, Where) error
}

// Where says where things are, for forms that point at files.
type Where struct {
	Dir    string // files below it are named relative to it: the working directory; "": all as they are
	Report string // the path of the JSON report; "": the first of Report.Files
}

// All returns the formats in the order of the help.
func All() []Format {
	return []Format{
		{"md", ".md", "a document for a pull or merge request", Markdown},
		{"junit", ".junit.xml", "a test report: each objective a test", JUnit},
		{"sarif", ".sarif", "alerts of code scanning, at the objective's line", SARIF},
		{"tap", ".tap", "the Test Anything Protocol: each objective a test point", TAP},
		{"csv", ".csv", "the run over time, one row an interval", CSV},
		{"openmetrics", ".prom", "the final figures for Prometheus and GitLab", OpenMetrics},
		{"nagios", "", "one line with performance data, as monitoring plugins print it", Nagios},
		{"github", "", "annotations for GitHub Actions", GitHubAnnotations},
		{"gitlab-load", ".load-performance.json", "what GitLab's load performance widget reads", GitLabLoad},
	}
}
