package scenarios

import (
	"fmt"
	"strings"

	"gonogo/internal/yamlfile"
)

// Expand returns a text that is no part of a scenario, such as a URL that credentials
// go to, with each ${env:NAME} replaced by what escape makes of the value; and those
// values, which must not be shown.
func Expand(text string, env func(string) (string, bool), escape func(string) string) (expanded string, held Secrets, err error) {
	expanded = placeholder.ReplaceAllStringFunc(text, func(found string) string {
		if found == "$${" {
			return "${"
		}
		name := envName.FindStringSubmatch(found)
		if name == nil {
			err = fmt.Errorf("%s is not known: want ${env:NAME}, or $${ for a plain ${", yamlfile.Quote(found))
			return ""
		}
		value, set := env(name[1])
		switch {
		case !set:
			err = fmt.Errorf("the environment variable %s is not set", name[1])
		case strings.TrimSpace(value) == "":
			err = fmt.Errorf("the environment variable %s is empty", name[1])
		}
		held.add(value)
		return escape(value)
	})
	return expanded, held, err
}

// Hidden are values that must not be shown.
func Hidden(values ...string) (held Secrets) {
	for _, v := range values {
		held.add(v)
	}
	return held
}
