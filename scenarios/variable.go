package scenarios

import (
	"gonogo/internal/yamlfile"
	"gonogo/loadgen/session"
)

// declare numbers all variables, and gives those a value that have one from the start.
func (j *journey) declare() {
	for _, v := range j.Variables {
		path := yamlfile.Path("variables").Key(v.Name)
		j.name(path, v.Name)
		made := j.text(path, v.Value, session.Raw)
		if made != nil {
			if _, constant := made.Constant(); !constant {
				j.wrong(path, "it would be another one each time", "set: {"+v.Name+": ...} in a step")
			}
		}
		j.known[j.scope.Declare(v.Name)], j.setAt[v.Name] = true, path
		j.values = append(j.values, made)
	}
	j.feeders()
	j.everyStep(func(path yamlfile.Path, s *Step) {
		for _, e := range s.Extract {
			j.later(path.Key("extract").Key(e.Name), e.Name)
		}
		for _, e := range s.Set {
			j.later(path.Key("set").Key(e.Name), e.Name)
		}
	})
}

// constants is what every user knows from the start.
func (j *journey) constants() *session.Session {
	known := session.New(j.scope, 0, j.Load.Seed)
	for i, v := range j.Variables {
		if variable, ok := j.scope.Lookup(v.Name); ok && j.values[i] != nil {
			_ = known.SetText(variable, j.values[i]) // it reads no variable
		}
	}
	return known
}

// later declares a variable that a step sets.
func (j *journey) later(path yamlfile.Path, name string) {
	j.name(path, name)
	j.scope.Declare(name)
	if _, before := j.setAt[name]; !before {
		j.setAt[name] = path
	}
}

// name checks that a variable can be called so.
func (j *journey) name(path yamlfile.Path, name string) {
	switch {
	case !isVariable(name):
		j.wrong(path, yamlfile.Quote(name)+" is not the name of a variable", "letters, digits and _")
	case session.IsFunction(name):
		j.wrong(path, yamlfile.Quote(name)+" is what gonogo itself puts in", "another name")
	}
}

func isVariable(name string) bool {
	for i := range len(name) {
		switch b := name[i]; {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', b == '_':
		case i > 0 && '0' <= b && b <= '9':
		default:
			return false
		}
	}
	return name != ""
}
