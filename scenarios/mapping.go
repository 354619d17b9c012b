package scenarios

import (
	"bytes"
	"encoding/json"
	"errors"

	"gonogo/internal/yamlfile"
)

// A Map is a mapping whose order counts.
type Map[T any] []Named[T]

// Named is an entry of a Map.
type Named[T any] struct {
	Name  string
	Value T
}

// DecodeYAML reads the entries in their order.
func (m *Map[T]) DecodeYAML(n yamlfile.Node) error {
	if !n.IsMapping() {
		return n.Mistake("is no mapping", "name: value, one a line")
	}
	entries, err := n.Entries()
	var mistakes yamlfile.Mistakes
	errors.As(err, &mistakes)
	for _, e := range entries {
		one := Named[T]{Name: e.Key}
		var wrong yamlfile.Mistakes
		errors.As(e.Value.Decode(&one.Value), &wrong)
		mistakes = append(mistakes, wrong...)
		*m = append(*m, one)
	}
	return mistakes.Err()
}

// MarshalJSON writes an object, in order.
func (m Map[T]) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, e := range m {
		name, err := json.Marshal(e.Name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(e.Value)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			out.WriteByte(',')
		}
		out.Write(append(append(name, ':'), value...))
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// names lists the names, in order.
func (m Map[T]) names() []string {
	all := make([]string, len(m))
	for i, e := range m {
		all[i] = e.Name
	}
	return all
}
