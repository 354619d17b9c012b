package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"gonogo/report/show"
)

// MaxSize is the most bytes that Read takes. A day at full resolution stays far
// below it.
const MaxSize = 64 << 20

// ReadFile reads the report in the named file.
func ReadFile(name string) (*Report, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open report: %w", err)
	}
	defer f.Close()
	r, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("read report %s: %w", name, err)
	}
	return r, nil
}

// Read reads a report that Encode wrote, or the page that holds one. It takes nothing that breaks the
// published schema, so a Report that was read is complete.
func Read(from io.Reader) (*Report, error) {
	text, err := io.ReadAll(io.LimitReader(from, MaxSize+1))
	if err != nil {
		return nil, err
	}
	if len(text) > MaxSize {
		return nil, fmt.Errorf("is larger than %d MiB: no report of gonogo is", MaxSize>>20)
	}
	if text, err = FromPage(text); err != nil {
		return nil, err
	}
	r, err := parse(text)
	if err != nil { // it may hold any part of the text
		return nil, errors.New(show.Inert(err.Error(), 400))
	}
	return r, nil
}

func parse(text []byte) (*Report, error) {
	if err := known(text); err != nil {
		return nil, err
	}
	if err := conforms(text); err != nil {
		return nil, fmt.Errorf("%w (changed by hand, or not made by gonogo)", err)
	}
	r, err := decode(text)
	if err != nil {
		return nil, err
	}
	if err := r.consistent(); err != nil {
		return nil, fmt.Errorf("%w (changed by hand, or not made by gonogo)", err)
	}
	return r, nil
}

// known looks at nothing but what sort of document it is, so that a report of
// tomorrow is named as such and not blamed for its fields.
func known(text []byte) error {
	if len(bytes.TrimSpace(text)) == 0 {
		return errors.New("is empty: want a JSON report of gonogo")
	}
	var head struct {
		SchemaVersion *int    `json:"schema_version"`
		Kind          *string `json:"kind"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return syntax(text, err)
	}
	switch {
	case head.SchemaVersion == nil || head.Kind == nil:
		return errors.New(`is JSON and not a report of gonogo: want "schema_version" and "kind"`)
	case *head.SchemaVersion > SchemaVersion:
		return fmt.Errorf("has schema version %d and this gonogo knows up to %d: use a newer gonogo",
			*head.SchemaVersion, SchemaVersion)
	case *head.SchemaVersion < 1:
		return fmt.Errorf("has schema version %d: want 1 to %d", *head.SchemaVersion, SchemaVersion)
	case *head.Kind != KindLoad && *head.Kind != KindCapacity && *head.Kind != KindSoak:
		return fmt.Errorf("is a report of kind %.40q: want %q, %q or %q", *head.Kind, KindLoad, KindCapacity, KindSoak)
	}
	return nil
}

// syntax says where the text stops being a JSON report.
func syntax(text []byte, err error) error {
	var wrongType *json.UnmarshalTypeError
	var broken *json.SyntaxError
	switch {
	case errors.As(err, &wrongType) && wrongType.Field == "":
		return fmt.Errorf("is a JSON %s and not a report of gonogo: want an object", wrongType.Value)
	case errors.As(err, &wrongType):
		return fmt.Errorf("at /%s: is a %s: want %s", wrongType.Field, wrongType.Value, wrongType.Type)
	case errors.As(err, &broken) && broken.Offset >= int64(len(text)):
		return fmt.Errorf("ends at line %d in the middle: the file was cut short", lineAt(text, broken.Offset))
	case errors.As(err, &broken):
		return fmt.Errorf("is not JSON, at line %d: %w", lineAt(text, broken.Offset), err)
	}
	return err
}

func lineAt(text []byte, offset int64) int {
	return 1 + bytes.Count(text[:min(offset, int64(len(text)))], []byte("\n"))
}

func decode(text []byte) (*Report, error) {
	r := new(Report)
	if err := json.Unmarshal(text, r); err != nil {
		return nil, syntax(text, err)
	}
	var effective bytes.Buffer
	if err := json.Compact(&effective, r.Run.Effective); err != nil {
		return nil, err
	}
	r.Run.Effective = effective.Bytes()
	return r, nil
}
