package report

import (
	"bytes"
	_ "embed" // the schema below
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

//go:embed schema/report.schema.json
var schemaText string

//go:embed schema/comparison.schema.json
var comparisonSchemaText string

// Schema returns the JSON Schema (draft-07) of a report's JSON form.
func Schema() string { return schemaText }

// ComparisonSchema returns that of a ComparisonReport.
func ComparisonSchema() string { return comparisonSchemaText }

// conforms tells how the JSON text breaks the schema; nil when it does not.
func conforms(text []byte) error {
	schema, err := compile()
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return firstBreach(schema.Validate(value))
}

func compile() (*jsonschema.Schema, error) {
	const name = "report.schema.json"
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(schemaText))
	if err != nil {
		return nil, fmt.Errorf("read the report schema: %w", err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name, doc); err != nil {
		return nil, fmt.Errorf("load the report schema: %w", err)
	}
	return c.Compile(name)
}

// firstBreach turns a tree of breaches into one line that says where and what.
func firstBreach(err error) error {
	breach, ok := err.(*jsonschema.ValidationError) // Validate returns this or nil
	if !ok {
		return err
	}
	for len(breach.Causes) > 0 {
		breach = breach.Causes[0]
	}
	what := breach.ErrorKind.LocalizedString(message.NewPrinter(language.English))
	return fmt.Errorf("at /%s: %s", strings.Join(breach.InstanceLocation, "/"), what)
}
