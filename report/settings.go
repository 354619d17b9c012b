package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// A Setting is a value of the effective scenario, and where it came from.
type Setting struct {
	Key    string // such as "load.users" or "steps[0].path"
	Value  string
	Origin string // such as "default", "flag --users" or "gonogo.yaml:3"; "": not known
}

// Default tells whether nobody chose the value.
func (s Setting) Default() bool { return s.Origin == "default" }

// Settings are the effective scenario, value by value, in the order of their keys.
func (r *Report) Settings() []Setting {
	var whole struct {
		Origins  map[string]string `json:"origins"`
		Scenario any               `json:"scenario"`
	}
	decoder := json.NewDecoder(bytes.NewReader(r.Run.Effective))
	decoder.UseNumber() // a seed has more digits than a float64
	if decoder.Decode(&whole) != nil {
		return nil
	}
	var all []Setting
	flatten(whole.Scenario, "", func(key, value string) {
		all = append(all, Setting{key, value, whole.Origins[key]})
	})
	return all
}

// flatten visits the leaves of a JSON value: those that are no object and no array.
func flatten(value any, key string, leaf func(key, value string)) {
	switch v := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			inner := name
			if key != "" {
				inner = key + "." + name
			}
			flatten(v[name], inner, leaf)
		}
	case []any:
		for i, element := range v {
			flatten(element, fmt.Sprintf("%s[%d]", key, i), leaf)
		}
	case string:
		leaf(key, v)
	case nil:
		if key != "" {
			leaf(key, "none")
		}
	default:
		leaf(key, fmt.Sprint(v))
	}
}
