package versus

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Change is one value that two scenarios do not have in common. What is not set is "".
type Change struct {
	Path    string // such as "load.users" or "steps[0].path"
	Was, Is string
}

// String returns "load.users was 20, is 30".
func (c Change) String() string {
	return fmt.Sprintf("%s was %s, is %s", c.Path, orNotSet(c.Was), orNotSet(c.Is))
}

// Changes lists in order of their paths where two effective scenarios differ.
func Changes(was, is map[string]any) []Change {
	a, b := map[string]string{}, map[string]string{}
	flatten("", was, a)
	flatten("", is, b)
	both := maps.Clone(a)
	maps.Copy(both, b)
	var all []Change
	for _, path := range slices.Sorted(maps.Keys(both)) {
		if a[path] != b[path] {
			all = append(all, Change{path, a[path], b[path]})
		}
	}
	return all
}

func orNotSet(text string) string {
	if text == "" {
		return "not set"
	}
	return text
}

// flatten notes each value in v under its path.
func flatten(path string, v any, into map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			flatten(strings.TrimPrefix(path+"."+key, "."), inner, into)
		}
	case []any:
		for i, inner := range v {
			flatten(fmt.Sprintf("%s[%d]", path, i), inner, into)
		}
	default:
		into[path] = fmt.Sprint(v)
	}
}
