package importer

import (
	"regexp"
	"sync"
)

// lazily compiles an expression when it is first needed: most commands never import.
func lazily(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
