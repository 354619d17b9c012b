// Package report owns the Report: the one value that everything about a run is
// printed from, and the ways in and out of it.
//
// Build makes a Report from what a run measured and what was concluded from it (build.go,
// judged.go), Glance one of a run that goes on (glance.go), and Rejudge one with other
// objectives (evidence.go). Merge makes one of several (merge.go), OfCapacity that of a
// search (capacity.go), and NewComparisonReport what comes of runs against each other
// (comparison.go, side.go).
//
// Encode and Read are its JSON form (encode.go, read.go), also from the page that holds it
// (page.go). Its parts have to agree (consistent.go); schema/report.schema.json publishes
// them (schema.go), and a test holds that equal to the types (report.go, figures.go,
// series.go, generator.go, connections.go, drift.go, calibration.go, soak.go, stop.go).
// Save puts it on the disk (save.go) with the histogram log beside it (hlog.go).
//
// Text is the summary on the terminal: its sections (text.go, tables.go, objectives.go,
// contrast.go, and the files of what they are about) and what they are made of (table.go).
// It prints from the Report alone, so that a file prints again what its run printed; told.go
// and sentence.go are what other forms say in its words, in the figures of report/show.
// Progress is the line that is shown while a run goes on (progress.go), and View what is
// shown where there is room for more (view.go).
//
// What charts are drawn from is here, too, so that no page computes any of it: the run over
// time (timeline.go, overtime.go), by percentile (curve.go) and as a map (heat.go), and the
// settings with their origins (settings.go).
//
// A figure that does not exist is null, never 0 and never NaN: hence the
// pointers. Units are in the names: _ms, _s.
package report

import (
	"encoding/json"
	"time"
)

// SchemaVersion is the version of the JSON form that this package writes. It
// reads this one and the older ones.
const SchemaVersion = 1

// KindLoad is the kind of report that a load run makes.
const KindLoad = "load"

// otherClass is the class of what was too diverse to be kept apart. Its step and
// phase are empty.
const otherClass = "other"

// A Report is all that is known about a run, as plain data.
type Report struct {
	SchemaVersion int          `json:"schema_version"`
	Kind          string       `json:"kind"`
	Verdict       string       `json:"verdict"`
	ExitCode      int          `json:"exit_code"`
	Reasons       []string     `json:"reasons"`
	Run           Run          `json:"run"`
	Accounting    Accounting   `json:"accounting"`
	Totals        Totals       `json:"totals"`
	Steps         []Step       `json:"steps"`
	Groups        []Group      `json:"groups,omitempty"` // where the flows of the scenario have some
	Errors        []Failure    `json:"errors"`
	Objectives    []Objective  `json:"objectives"`
	Validity      Validity     `json:"validity"`
	Generator     *Generator   `json:"generator"`   // null when it was not observed
	Connections   *Connections `json:"connections"` // null when they were not counted
	Phases        []Phase      `json:"phases"`
	WorstWindow   *Window      `json:"worst_window"`
	Limits        []Limit      `json:"limits"`
	Intervals     []Interval   `json:"intervals"`
	Timeline      *Timeline    `json:"timeline,omitempty"` // an earlier gonogo wrote none
	Histograms    Histograms   `json:"histograms"`
	Evidence      *Evidence    `json:"evidence,omitempty"`   // what judging again takes
	Against       *Against     `json:"against,omitempty"`    // the other target of a run that had two
	Comparison    *Comparison  `json:"comparison,omitempty"` // of the two
	Drift         *Drift       `json:"drift,omitempty"`      // of a run that was judged for it
	Capacity      *Capacity    `json:"capacity"`             // null but in a report of that kind
	Calibration   *Calibration `json:"calibration"`          // null unless it was asked for
	Soak          *Soak        `json:"soak,omitempty"`       // only in a report of that kind
	Merged        []MergedPart `json:"merged,omitempty"`     // the reports that it was made of, where it was
	Files         []string     `json:"files"`

	curves []Curve // of one that was made by Glance, which has no Histograms
}

// A Run says what was run, when, by what and on what.
type Run struct {
	ID           string          `json:"id"`
	Scenario     string          `json:"scenario"`
	Target       string          `json:"target"`
	Load         string          `json:"load"` // in words: "1000 users, ramp 30s, hold 5m"
	StartedAt    time.Time       `json:"started_at"`
	EndedAt      time.Time       `json:"ended_at"`
	Seed         uint64          `json:"seed"`
	StoppedEarly bool            `json:"stopped_early"`
	Stop         *Stop           `json:"stop,omitempty"` // the rule that stopped it, where one did
	Tool         Tool            `json:"tool"`
	Host         Host            `json:"host"`
	Effective    json.RawMessage `json:"effective"`               // an object: the scenario with every default resolved, and where each value came from
	Bodies       string          `json:"bodies_sha256,omitempty"` // of the files that it sends; none: ""
	SHA256       string          `json:"sha256"`                  // of the scenario with every default and the files that it sends, without the seed: two runs of one plan share it
}

// A Tool is the program that made the report.
type Tool struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Go      string `json:"go"`
}

// A Host is the machine that the load came from.
type Host struct {
	OS       string `json:"os"`
	Arch     string `json:"arch"`
	CPUs     int    `json:"cpus"`
	Memory   int64  `json:"memory"` // bytes, 0 when not known
	Hostname string `json:"hostname,omitempty"`
}

// Validity says whether the instrument proved itself.
type Validity struct {
	Valid  bool    `json:"valid"`
	Checks []Check `json:"checks"`
}

// A Check is one proof that the instrument did what it was asked to.
type Check struct {
	Name     string `json:"name"`
	OK       bool   `json:"ok"`
	Warning  bool   `json:"warning"`
	Measured string `json:"measured"`
	Limit    string `json:"limit"`
	Reason   string `json:"reason"`
	Remedy   string `json:"remedy"`
}

// A Failure is a group of requests that failed in the same way.
type Failure struct {
	Class   string    `json:"class"`
	Status  int       `json:"status"` // 0 when no answer came
	Step    string    `json:"step"`
	Phase   string    `json:"phase"`
	Count   int64     `json:"count"`
	FirstAt time.Time `json:"first_at"`
	Example string    `json:"example"`
}
