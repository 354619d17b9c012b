package scenarios

import (
	"strings"

	"gonogo/internal/yamlfile"
)

// againstMark ends the names of the steps at the other target.
const againstMark = " @against"

// CompileAgainst compiles a scenario for two targets at once: its own, and another one
// that takes the place of its target for the plan's Against. Where the other one is given
// without a path, it has that of the first.
func (f *File) CompileAgainst(target string, options Options) (*Compiled, error) {
	if options.tokens == nil {
		options.tokens = newTokenPool()
	}
	c, err := f.Compile(options)
	if err != nil {
		return nil, err
	}
	other, err := f.at(target).Compile(options)
	if err != nil {
		return nil, err
	}
	other.Close() // its steps are all that is wanted
	for i, s := range other.Plan.Steps {
		s.Name = c.Plan.Steps[i].Name + againstMark
		c.Plan.Against = append(c.Plan.Against, s)
	}
	c.Sockets = c.Sockets.behind(len(c.Plan.Steps), other.Sockets)
	c.Secrets = c.Secrets.With(other.Secrets)
	c.again = func() (*Compiled, error) { return f.CompileAgainst(target, options) }
	return c, nil
}

// at returns the scenario at another target.
func (f *File) at(target string) *File {
	other := f.copy()
	path := yamlfile.Path("target")
	fromURL := f.origins[path].Layer == ByArgument
	origin, rest := splitURL(target)
	switch _, own := splitURL(f.Target); {
	case rest == "" || rest == "/":
		other.Target = origin + own
	case fromURL:
		other.Target, other.Steps[0].Path = origin, rest
	default:
		other.Target = target
	}
	by := Origin{Layer: ByFlag, Name: "against"}
	other.origins[path] = by
	if fromURL {
		other.origins["steps[0].path"] = by
	}
	return other
}

// splitURL parts a URL before its path.
func splitURL(text string) (origin, rest string) {
	start := strings.Index(text, "://")
	if start < 0 {
		return text, ""
	}
	start += len("://")
	if i := strings.IndexAny(text[start:], "/?#"); i >= 0 {
		return text[:start+i], text[start+i:]
	}
	return text, ""
}
