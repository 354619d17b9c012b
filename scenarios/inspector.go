package scenarios

import (
	"gonogo/internal/yamlfile"
	"gonogo/loadgen"
)

// inspector compiles what is taken out of an answer and checked; nil where that is
// nothing.
func (j *journey) inspector(path yamlfile.Path, s *Step) loadgen.Inspector {
	for _, e := range s.Extract {
		j.known[j.scope.Declare(e.Name)] = true
	}
	return nil
}
