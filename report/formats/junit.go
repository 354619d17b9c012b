package formats

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"gonogo/report"
	"gonogo/report/show"
)

// JUnit prints a test report of three suites: the objectives, the proofs of validity,
// and the run as a whole, whose time is that of the run.
//
// A fail is a failure. What is inconclusive is an error, and so is everything that was
// judged by a run that is not valid: the test could not be made. What is conditional
// passes, since nothing failed, and is told by a property of its suite. Only what the
// strictest of the format's schemas knows is used, so a passing test has no text of its
// own; the text summary is in the output of the last suite.
func JUnit(w io.Writer, r *report.Report, _ Where) error {
	rows := rowsOf(r)
	var judged, proved []row
	for _, x := range rows[:len(rows)-1] {
		if x.group == proofs {
			proved = append(proved, x)
		} else {
			judged = append(judged, x)
		}
	}
	var summary strings.Builder
	if err := report.Text(&summary, r, report.Style{}); err != nil {
		return err
	}
	d := junitDocument{Suites: []junitSuite{
		newSuite(r, "objectives", judged),
		newSuite(r, proofs, proved),
		newSuite(r, verdictRow, rows[len(rows)-1:]),
	}}
	for i := range d.Suites {
		d.Suites[i].ID = i
	}
	last := &d.Suites[len(d.Suites)-1]
	last.Out.Text = summary.String()
	last.Time = seconds(r)
	last.Cases[0].Time = last.Time
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(d); err != nil {
		return fmt.Errorf("write the report as JUnit: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// seconds is how long the run took.
func seconds(r *report.Report) string {
	return fmt.Sprintf("%.3f", max(0, r.Run.EndedAt.Sub(r.Run.StartedAt).Seconds()))
}

type junitDocument struct {
	XMLName xml.Name     `xml:"testsuites"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Hostname   string          `xml:"hostname,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Time       string          `xml:"time,attr"`
	Package    string          `xml:"package,attr"`
	ID         int             `xml:"id,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
	Out        junitText       `xml:"system-out"`
	Err        junitText       `xml:"system-err"`
}

// junitText is inert text: CDATA keeps its lines as they are.
type junitText struct {
	Text string `xml:",cdata"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Name    string     `xml:"name,attr"`
	Class   string     `xml:"classname,attr"`
	Time    string     `xml:"time,attr"`
	Error   *junitFail `xml:"error"`
	Failure *junitFail `xml:"failure"`
}

type junitFail struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",cdata"`
}

func newSuite(r *report.Report, name string, rows []row) junitSuite {
	scenario := scenarioOf(r)
	s := junitSuite{
		Name: scenario + " " + name, Timestamp: r.Run.StartedAt.UTC().Format("2006-01-02T15:04:05"), Hostname: "localhost",
		Time: "0.000", Package: scenario,
		Properties: []junitProperty{
			{"verdict", show.Inert(r.Verdict, 20)},
			{"exit_code", fmt.Sprint(r.ExitCode)},
			{"run", show.Inert(r.Run.ID, widestName)},
			{"target", show.Inert(r.Run.Target, widestText)},
			{"load", show.Inert(r.Run.Load, widestText)},
		},
	}
	if host := show.Inert(r.Run.Host.Hostname, widestName); host != "" {
		s.Hostname = host
	}
	var notes strings.Builder
	taken := names{}
	for _, x := range rows {
		title := x.name
		if x.group == drifts || x.group == contrasts {
			title = x.group + " of " + x.name
		}
		c := junitCase{Name: taken.unique(title), Class: scenario, Time: "0.000"}
		switch x.state {
		case fail:
			c.Failure = &junitFail{x.message(), x.group, x.details()}
			s.Failures++
		case inconclusive:
			c.Error = &junitFail{x.message(), x.group, x.details()}
			s.Errors++
		case conditional, warned:
			s.Properties = append(s.Properties, junitProperty{x.state + "." + c.Name, x.message()})
		}
		s.Cases = append(s.Cases, c)
		fmt.Fprintf(&notes, "%s %s: %s\n", x.state, c.Name, x.message())
	}
	s.Tests, s.Out.Text = len(rows), notes.String()
	return s
}

// scenarioOf is the name of the scenario, never empty.
func scenarioOf(r *report.Report) string {
	if name := strings.TrimSpace(show.Inert(r.Run.Scenario, widestName)); name != "" {
		return name
	}
	return "gonogo"
}

// details is what there is to know of the row, a line each.
func (x *row) details() string {
	var text strings.Builder
	for _, line := range [][2]string{
		{"target", x.target},
		{"measured", x.measured},
		{"margin", x.margin},
		{"samples", x.samples},
		{"rule", x.rule},
		{"source", show.Inert(x.source, widestText)},
		{"remedy", x.remedy},
	} {
		if line[1] != "" {
			fmt.Fprintf(&text, "%-9s %s\n", line[0], line[1])
		}
	}
	return text.String()
}
