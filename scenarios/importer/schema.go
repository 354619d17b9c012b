package importer

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// The bounds of a value that is made of a schema.
const (
	mostValues  = 2_000   // of an operation
	mostOfAll   = 200_000 // of the document
	deepestMade = 12
)

// example is what the document itself gives as one for a parameter or a body.
func (a *apiReader) example(n *node) *node {
	if v := n.get("example"); v != nil {
		return v
	}
	for _, v := range n.get("examples").entries {
		if v = a.resolve(v); v.get("value") != nil {
			return v.get("value")
		}
	}
	return nil
}

// ownExample is what a schema gives as one.
func (a *apiReader) ownExample(schema *node) *node {
	for _, key := range []string{"example", "default", "const"} {
		if v := schema.get(key); v != nil && v.kind != nodeNull {
			return v
		}
	}
	for _, key := range []string{"examples", "enum"} {
		if all := schema.get(key).list(); len(all) > 0 && all[0].kind != nodeNull {
			return all[0]
		}
	}
	return nil
}

// sample makes a value that fits a schema. within holds the schemas around it: one
// inside of itself ends there, as null.
func (a *apiReader) sample(schema *node, within []*node) *JSON {
	schema = a.resolve(schema)
	a.budget--
	if schema == nil || a.budget < 0 || len(within) > deepestMade || slices.Contains(within, schema) {
		return &JSON{Kind: jsonNull}
	}
	within = append(slices.Clip(within), schema)
	if v := a.ownExample(schema); v != nil {
		return v.value()
	}
	for _, key := range []string{"oneOf", "anyOf"} {
		for _, option := range schema.get(key).list() {
			if v := a.sample(option, within); v.Kind != jsonNull {
				if v.Kind == jsonObject {
					a.properties(v, schema, within)
				}
				return v
			}
		}
	}
	switch kind := schemaType(schema); kind {
	case "object":
		v := &JSON{Kind: jsonObject}
		a.properties(v, schema, within)
		return v
	case "array":
		v := &JSON{Kind: jsonList}
		if item := a.sample(schema.get("items"), within); item.Kind != jsonNull {
			v.Values = append(v.Values, item)
		}
		return v
	case "integer", "number":
		return &JSON{Kind: jsonNumber, Text: sampleNumber(schema, kind)}
	case "boolean":
		return &JSON{Kind: jsonTrue}
	case "string":
		return &JSON{Kind: jsonText, Text: a.sampleText(schema)}
	}
	for _, part := range schema.get("allOf").list() {
		if v := a.sample(part, within); v.Kind != jsonNull {
			return v
		}
	}
	return &JSON{Kind: jsonNull}
}

// schemaType is the type of a schema; where it names none, it shows.
func schemaType(schema *node) string {
	t := schema.get("type")
	for _, one := range t.list() { // 3.1: a list, of which null is one
		if one.str() != "null" {
			return one.str()
		}
	}
	switch {
	case t.str() != "":
		return t.str()
	case schema.get("properties") != nil:
		return "object"
	case schema.get("items") != nil:
		return "array"
	case schema.get("format") != nil || schema.get("pattern") != nil:
		return "string"
	}
	for _, part := range schema.get("allOf").list() {
		if part.get("$ref") != nil || part.get("properties") != nil {
			return "object"
		}
	}
	return ""
}

// properties adds those of the schema and of what it is composed of.
func (a *apiReader) properties(v *JSON, schema *node, within []*node) {
	for _, part := range schema.get("allOf").list() {
		if made := a.sample(part, within); made.Kind == jsonObject {
			for i, key := range made.Keys {
				if !slices.Contains(v.Keys, key) {
					v.add(key, made.Values[i])
				}
			}
		}
	}
	for key, property := range schema.get("properties").entries {
		resolved := a.resolve(property)
		if a.budget < 0 {
			return
		}
		if resolved.get("readOnly").isTrue() || slices.Contains(v.Keys, key) {
			continue
		}
		if made := a.sample(property, within); made.Kind != jsonNull {
			v.add(key, made)
		}
	}
}

// sampleNumber is the smallest that is allowed, or 1.
func sampleNumber(schema *node, kind string) string {
	low, err := strconv.ParseFloat(schema.get("minimum").str(), 64)
	if err != nil {
		low = 1
		if high, err := strconv.ParseFloat(schema.get("maximum").str(), 64); err == nil && high < low {
			low = high
		}
	}
	if above, err := strconv.ParseFloat(schema.get("exclusiveMinimum").str(), 64); err == nil {
		low = above + 1
	} else if schema.get("exclusiveMinimum").isTrue() {
		low++
	}
	if step, err := strconv.ParseFloat(schema.get("multipleOf").str(), 64); err == nil && step > 0 {
		low = math.Ceil(low/step) * step
	}
	if math.IsInf(low, 0) || math.IsNaN(low) || math.Abs(low) > 1e15 {
		low = 1
	}
	if kind == "integer" {
		low = math.Ceil(low)
	}
	return strconv.FormatFloat(low, 'f', -1, 64)
}

// sampleText is a text of the format.
func (a *apiReader) sampleText(schema *node) string {
	switch schema.get("format").str() {
	case "date":
		return "2026-01-31"
	case "date-time":
		return "2026-01-31T12:00:00Z"
	case "time":
		return "12:00:00Z"
	case "uuid":
		return "${uuid}"
	case "email":
		return "user@example.test"
	case "uri", "url", "uri-reference":
		return "https://example.test/"
	case "hostname":
		return "example.test"
	case "ipv4":
		return "192.0.2.1"
	case "ipv6":
		return "2001:db8::1"
	case "password":
		return "${env:PASSWORD}"
	case "byte":
		return "dGV4dA=="
	}
	if pattern := schema.get("pattern"); pattern != nil {
		a.src.note(pattern.place(), "a text that matches the pattern cannot be made up: put one in")
	}
	text := "text"
	if least, err := strconv.Atoi(schema.get("minLength").str()); err == nil && least > len(text) {
		text = strings.Repeat("text", min(least, 1000)/4+1)[:min(least, 1000)]
	}
	if most, err := strconv.Atoi(schema.get("maxLength").str()); err == nil && 0 <= most && most < len(text) {
		text = text[:most]
	}
	return text
}
