package history

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"gonogo/report"
	"gonogo/report/show"
)

// mostPart is the most bytes of a part of a report that a row is made of. Small values
// take far more room in memory than in a file, and a file may be made to have millions.
const mostPart = 1 << 20

// scan takes the facts from a report, in one pass over its text. What they are not made of
// is passed over: the whole report is read, and checked, when somebody looks at it.
func scan(from io.Reader) (*facts, error) {
	in := &io.LimitedReader{R: from, N: report.MaxSize + 1}
	d := json.NewDecoder(in)
	f := &facts{}
	seen := map[string]bool{}
	err := object(d, func(key string) error { seen[key] = true; return f.part(d, key) })
	switch {
	case in.N <= 0:
		return nil, fmt.Errorf("is larger than %d MiB: no report of gonogo is", report.MaxSize>>20)
	case errors.Is(err, io.EOF) && len(seen) == 0:
		return nil, errors.New("is empty: want a JSON report of gonogo")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errors.New("ends in the middle: the file was cut short")
	case errors.As(err, new(*json.SyntaxError)):
		return nil, errors.New("is not JSON: " + show.Inert(err.Error(), mostText))
	case err != nil: // it may hold any part of the text
		return nil, errors.New(show.Inert(err.Error(), mostText))
	case !seen["schema_version"] || !seen["kind"]:
		return nil, errors.New(`is JSON and not a report of gonogo: want "schema_version" and "kind"`)
	}
	return f, f.check()
}

// part reads the value of a key of the report, or passes over it.
func (f *facts) part(d *json.Decoder, key string) error {
	into, known := map[string]any{
		"schema_version": &f.SchemaVersion, "kind": &f.Kind, "verdict": &f.Verdict, "exit_code": &f.ExitCode, "reasons": &f.Reasons,
		"totals": &f.Totals, "objectives": &f.Objectives,
	}[key]
	switch {
	case known:
		return small(d, key, into)
	case key == "run": // it holds the scenario, too, which may be long
		return named(key, d.Decode(&f.Run))
	case key == "validity":
		var v struct{ Valid bool }
		err := d.Decode(&v)
		f.Valid = v.Valid
		return named(key, err)
	case key == "intervals":
		return named(key, f.intervals(d))
	}
	return d.Decode(new(passed))
}

// small reads a value that no report has at any length.
func small(d *json.Decoder, key string, into any) error {
	var text json.RawMessage
	if err := d.Decode(&text); err != nil {
		return err
	}
	if len(text) > mostPart {
		return fmt.Errorf("%s is longer than %d MiB: no report of gonogo has that", key, mostPart>>20)
	}
	return named(key, json.Unmarshal(text, into))
}

// intervals reads them one by one.
func (f *facts) intervals(d *json.Decoder) error {
	f.moments = nil
	switch t, err := d.Token(); {
	case err != nil:
		return err
	case t == nil:
		return nil
	case t != json.Delim('['):
		return errors.New("want an array")
	}
	for d.More() {
		var m moment
		if err := d.Decode(&m); err != nil {
			return err
		}
		if !f.add(m) {
			return fmt.Errorf("more than %d: no report of gonogo has that", mostMoments)
		}
	}
	_, err := d.Token()
	return err
}

// object reads an object, and calls value at the place of each value.
func object(d *json.Decoder, value func(key string) error) error {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return orElse(err, errors.New("is JSON and not a report of gonogo: want an object"))
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		if err := value(key.(string)); err != nil { // keys are strings, or Token fails
			return err
		}
	}
	_, err := d.Token()
	return err
}

// passed is a value that is read and not kept.
type passed struct{}

// UnmarshalJSON implements json.Unmarshaler.
func (*passed) UnmarshalJSON([]byte) error { return nil }

func orElse(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

func named(key string, err error) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	return fmt.Errorf("%s: %w", key, err)
}

// check tells whether a row can be made of the facts.
func (f *facts) check() error {
	switch {
	case f.SchemaVersion > report.SchemaVersion:
		return fmt.Errorf("has schema version %d and this gonogo knows up to %d: use a newer gonogo", f.SchemaVersion, report.SchemaVersion)
	case f.SchemaVersion < 1:
		return fmt.Errorf("has schema version %d: want 1 to %d", f.SchemaVersion, report.SchemaVersion)
	case !isKind(f.Kind):
		return fmt.Errorf("is a report of kind %.40q: want %q, %q or %q", f.Kind, report.KindLoad, report.KindCapacity, report.KindSoak)
	case !isVerdict(f.Verdict):
		return fmt.Errorf("has the verdict %.40q, which is none", f.Verdict)
	case f.Run.ID == "" || !sensible(f.Run.StartedAt):
		return errors.New("does not say which run it is of, and when it started")
	}
	if f.Verdict == "GO" && f.Kind != report.KindCapacity && !f.bearsGo() {
		return errors.New("is GO, which its objectives and its validity do not bear (changed by hand, or not made by gonogo)")
	}
	row := f.row()
	if !row.sound() {
		return errors.New("has figures that no run can have")
	}
	return nil
}

// bearsGo tells whether nothing in the facts speaks against a GO.
func (f *facts) bearsGo() bool {
	return f.Valid && !slices.ContainsFunc(f.Objectives, func(o objectiveFacts) bool { return o.Verdict != "pass" })
}

// sensible tells instants that can be shown.
func sensible(t time.Time) bool { return t.Year() >= 1970 && t.Year() < 10_000 }
