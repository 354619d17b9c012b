package formats

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"
	"time"

	"gonogo/report"
	"gonogo/report/show"
)

// SARIF prints version 2.1.0 of the format: a rule for each thing that the run was
// judged by, and a result for each that is no pass.
//
// A fail is an error, and so is what makes the measurement invalid; conditional and
// inconclusive are warnings, a proof that is short of its limit a note. A result stands
// at the line that asked for it, and where that is in no file, at the first line of the
// report: one without a place makes code scanning refuse all of them. Fingerprints are
// made of the rule, the scenario and the target, so that runs of a scenario are alike.
func SARIF(w io.Writer, r *report.Report, at Where) error {
	run := sarifRun{
		Tool: sarifTool{sarifDriver{Name: "gonogo", Version: cmp.Or(show.Inert(r.Run.Tool.Version, widestName), "unknown")}},
		Invocations: []sarifInvocation{{
			Done: r.Validity.Valid && !r.Run.StoppedEarly, Exit: r.ExitCode, Means: sarifText(r.Sentence()),
			Started: utc(r.Run.StartedAt), Ended: utc(r.Run.EndedAt),
		}},
		Details:    sarifDetails{"gonogo/" + url.PathEscape(scenarioOf(r)) + "/"},
		Columns:    "utf16CodeUnits",
		Results:    []sarifResult{},
		Properties: map[string]string{"verdict": show.Inert(r.Verdict, 20), "run": show.Inert(r.Run.ID, widestName)},
	}
	index := map[string]int{}
	for _, x := range rowsOf(r) {
		index[x.id()] = len(run.Tool.Driver.Rules)
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleOf(&x))
	}
	for _, x := range alerts(r) {
		run.Results = append(run.Results, sarifResult{
			Rule: x.id(), Index: index[x.id()], Level: sarifLevel(&x), Message: sarifMessage{sarifText(x.message())},
			Locations:    []sarifLocation{sarifPlace(r, &x, at)},
			Fingerprints: map[string]string{"primaryLocationLineHash": fingerprint(r, &x)},
		})
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool        sarifTool         `json:"tool"`
	Invocations []sarifInvocation `json:"invocations"`
	Details     sarifDetails      `json:"automationDetails"`
	Columns     string            `json:"columnKind"`
	Results     []sarifResult     `json:"results"`
	Properties  map[string]string `json:"properties"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version"`
	Rules   []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID      string       `json:"id"`
	Short   sarifMessage `json:"shortDescription"`
	Full    sarifMessage `json:"fullDescription"`
	Default sarifDefault `json:"defaultConfiguration"`
	Help    sarifMessage `json:"help"`
}

type sarifDefault struct {
	Level string `json:"level"`
}

type sarifMessage struct {
	Text string `json:"text"`
}

type sarifInvocation struct {
	Done    bool   `json:"executionSuccessful"`
	Exit    int    `json:"exitCode"`
	Means   string `json:"exitCodeDescription"`
	Started string `json:"startTimeUtc"`
	Ended   string `json:"endTimeUtc"`
}

type sarifDetails struct {
	ID string `json:"id"`
}

type sarifResult struct {
	Rule         string            `json:"ruleId"`
	Index        int               `json:"ruleIndex"`
	Level        string            `json:"level"`
	Message      sarifMessage      `json:"message"`
	Locations    []sarifLocation   `json:"locations"`
	Fingerprints map[string]string `json:"partialFingerprints"`
}

type sarifLocation struct {
	Physical sarifPhysical `json:"physicalLocation"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   sarifRegion   `json:"region"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	Line int `json:"startLine"`
}

func sarifRuleOf(x *row) sarifRule {
	short := x.group + " " + x.name
	full := short
	if x.target != "" {
		full += ": " + x.target
	}
	help := full
	if x.remedy != "" {
		help += "; " + x.remedy
	}
	level := "error"
	if x.state == warned {
		level = "note"
	}
	return sarifRule{
		ID: x.id(), Short: sarifMessage{sarifText(short)}, Full: sarifMessage{sarifText(full)},
		Default: sarifDefault{level}, Help: sarifMessage{sarifText(help)},
	}
}

// sarifLevel is how loud a result is.
func sarifLevel(x *row) string {
	switch {
	case x.state == fail, x.state == inconclusive && x.group == proofs:
		return "error"
	case x.state == warned:
		return "note"
	}
	return "warning"
}

// sarifPlace is where a result stands.
func sarifPlace(r *report.Report, x *row, at Where) sarifLocation {
	file, line, ok := x.place(at)
	if !ok {
		file, line = cmp.Or(path.Base(at.report(r)), "."), 1
		if file == "." || file == "/" {
			file = "load_test_report.json"
		}
	}
	return sarifLocation{sarifPhysical{sarifArtifact{reference(file)}, sarifRegion{line}}}
}

// reference is a file's path as a URI reference.
func reference(file string) string {
	const drive = 2 // "C:"
	if len(file) > drive && file[1] == ':' && file[drive] == '/' {
		file = "/" + file
	}
	u := url.URL{Path: file}
	if strings.HasPrefix(file, "/") {
		u.Scheme = "file"
		return u.String()
	}
	return u.String()
}

// fingerprint is the same for the same rule of the same scenario, whatever was measured.
func fingerprint(r *report.Report, x *row) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{scenarioOf(r), show.Inert(r.Run.Target, widestText), x.id()}, "\x00")))
	return hex.EncodeToString(sum[:8]) + ":1"
}

// sarifText keeps a text from being taken for a link or a placeholder.
func sarifText(text string) string {
	text = strings.ReplaceAll(text, "](", "] (")
	for digit := range 10 {
		text = strings.ReplaceAll(text, fmt.Sprintf("{%d", digit), fmt.Sprintf("{ %d", digit))
	}
	return text
}

func utc(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
