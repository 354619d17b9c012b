package soak

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// A Line is what the log says of the last ten seconds. nil is not known; Budget
// and Verdict are of the whole run so far.
type Line struct {
	At            time.Time
	Run           string
	Elapsed       time.Duration // since the run's start
	Rate          float64       // good answers a second
	OK            *float64      // percent of what was due
	P50, P95, P99 *float64      // of the response time, failures as charged, in milliseconds
	Max           *float64
	Errors        int64 // what was due and did not end well
	InFlight      int
	Lag           *float64 // p99 of our own lateness, in milliseconds
	Verdict       string   // the worst of the objectives so far; "none" without any
	Budget        *float64 // percent of the scarcest error budget that is left; below 0: overspent
	RSS           int64    // bytes of memory that the generator holds; below 0: not known
}

// A Field is a named value of a line or an event, in both forms of the log.
type Field struct {
	Key, Text string // of logfmt: "p95", "118ms"
	Name      string // of JSON, with the unit: "p95_ms"; "" is Key
	Value     any    // of JSON; nil is Text, or null where Text is "-"
}

// unknown stands for a value that there is none of.
const unknown = "-"

// fields are in the order that the log promises.
func (l *Line) fields() []Field {
	seconds := int64(l.Elapsed / time.Second)
	return []Field{
		{Key: "t", Text: fmt.Sprintf("%ds", seconds), Name: "t_s", Value: seconds},
		{Key: "rps", Text: strconv.FormatFloat(l.Rate, 'f', 1, 64), Value: l.Rate},
		percent("ok", l.OK),
		millis("p50", l.P50), millis("p95", l.P95), millis("p99", l.P99), millis("max", l.Max),
		{Key: "err", Text: strconv.FormatInt(l.Errors, 10), Value: l.Errors},
		{Key: "inflight", Text: strconv.Itoa(l.InFlight), Value: l.InFlight},
		millis("lag", l.Lag),
		{Key: "slo", Text: l.Verdict},
		percent("budget", l.Budget),
		mebibytes("rss", l.RSS),
	}
}

// percent does not round up to 100 %.
func percent(key string, v *float64) Field {
	f := Field{Key: key, Text: unknown, Name: key + "_percent"}
	if v == nil {
		return f
	}
	digits := 2
	if key == "budget" {
		digits = 1
	}
	scale := math.Pow10(digits)
	f.Text, f.Value = strconv.FormatFloat(math.Floor(*v*scale+1e-9)/scale, 'f', digits, 64)+"%", *v
	return f
}

// millis prints three digits, and always in milliseconds: lines are compared.
func millis(key string, v *float64) Field {
	f := Field{Key: key, Text: unknown, Name: key + "_ms"}
	if v == nil {
		return f
	}
	digits := 0
	switch {
	case *v == 0:
	case *v < 1:
		digits = 2
	case *v < 10:
		digits = 1
	}
	f.Text, f.Value = strconv.FormatFloat(*v, 'f', digits, 64)+"ms", *v
	return f
}

func mebibytes(key string, n int64) Field {
	f := Field{Key: key, Text: unknown, Name: key + "_bytes"}
	if n >= 0 {
		f.Text, f.Value = fmt.Sprintf("%dMiB", n>>20), n
	}
	return f
}

// An Event is something that changed.
type Event struct {
	At      time.Time
	Run     string
	Elapsed time.Duration
	Kind    string // "start", "slo_breach", "slo_recovered", "gap", ...
	Fields  []Field
	// Stop, when it is not empty, ends the run in good order and says why.
	Stop string
}

// Text is a Field of a text.
func Text(key, text string) Field { return Field{Key: key, Text: text} }

func (e *Event) fields() []Field {
	seconds := int64(e.Elapsed / time.Second)
	all := []Field{{Key: "event", Text: e.Kind}, {Key: "t", Text: fmt.Sprintf("%ds", seconds), Name: "t_s", Value: seconds}}
	return append(all, e.Fields...)
}

// String is the event as a reader takes it, without its time and run.
func (e *Event) String() string { return strings.TrimSuffix(e.Kind+" "+e.Detail(), " ") }

// Detail is what the event says beside its kind.
func (e *Event) Detail() string {
	var parts []string
	for _, f := range e.Fields {
		parts = append(parts, f.Key+"="+quoted(f.Text))
	}
	return strings.Join(parts, " ")
}

// A Format is how the log writes its lines.
type Format string

// The formats.
const (
	Logfmt Format = "logfmt"
	JSON   Format = "json"
)

// timeForm is that of the log: to the second, in UTC.
const timeForm = "2006-01-02T15:04:05Z"

// render writes one line, with its line break.
func (f Format) render(at time.Time, run string, fields []Field) []byte {
	stamp := at.UTC().Format(timeForm)
	if f == JSON {
		return jsonLine(stamp, run, fields)
	}
	var b strings.Builder
	b.WriteString(stamp + " run=" + quoted(run))
	for _, field := range fields {
		b.WriteString(" " + field.Key + "=" + quoted(field.Text))
	}
	b.WriteByte('\n')
	return []byte(b.String())
}

// jsonLine keeps the order of the fields.
func jsonLine(stamp, run string, fields []Field) []byte {
	line := []byte(`{"ts":`)
	line = appendJSON(line, stamp)
	line = append(line, `,"run":`...)
	line = appendJSON(line, run)
	for _, f := range fields {
		name, value := f.Name, f.Value
		if name == "" {
			name = f.Key
		}
		if value == nil && f.Text != unknown {
			value = f.Text
		}
		line = append(appendJSON(append(line, ','), name), ':')
		line = appendJSON(line, value)
	}
	return append(line, '}', '\n')
}

// appendJSON appends a text, a number or null, which can always be written.
func appendJSON(to []byte, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil { // a float that JSON has no number for
		return append(to, "null"...)
	}
	return append(to, text...)
}

// quoted is a value of logfmt: one that a space or a quote would end stands in
// quotes, and whatever does not print is escaped.
func quoted(text string) string {
	plain := text != ""
	for _, r := range text {
		plain = plain && r != ' ' && r != '"' && r != '=' && r != '\\' && unicode.IsPrint(r) && r != unicode.ReplacementChar
	}
	if plain {
		return text
	}
	return strconv.Quote(text)
}
