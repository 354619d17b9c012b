package importer

import (
	"strings"
)

// share moves what all steps have in common to where it is written once: the
// origin to the target, and headers and credentials to http.
func (s *Scenario) share() {
	var all []*Step
	walk(s.Steps, func(step *Step) { all = append(all, step) })
	if len(all) == 0 {
		return
	}
	s.shareHeaders(all)
	s.shareAuth(all)
	s.shareRedirects(all)
}

func (s *Scenario) shareHeaders(all []*Step) {
	if len(all) == 1 {
		return
	}
	for _, h := range append([]Field(nil), all[0].Headers...) {
		if strings.EqualFold(h.Name, "Content-Type") || strings.EqualFold(h.Name, "Host") || !everyHas(all, h) {
			continue
		}
		s.HTTP.Headers = append(s.HTTP.Headers, h)
		for _, step := range all {
			step.dropHeader(h.Name)
		}
	}
}

func (s *Scenario) shareRedirects(all []*Step) {
	for _, step := range all {
		if step.Redirects != all[0].Redirects {
			return
		}
	}
	s.HTTP.Redirects = all[0].Redirects
	for _, step := range all {
		step.Redirects = 0
	}
}

// everyHas tells whether all steps have the header, and it is the same before
// anything was extracted.
func everyHas(all []*Step, h Field) bool {
	if strings.Contains(strings.ReplaceAll(h.Value, "${env:", ""), "${") {
		return false
	}
	for _, step := range all {
		if step.header(h.Name) != h.Value {
			return false
		}
	}
	return true
}

func (s *Scenario) shareAuth(all []*Step) {
	first := all[0].Auth
	if first == nil {
		return
	}
	for _, step := range all {
		if step.Auth == nil || *step.Auth != *first {
			return
		}
	}
	s.HTTP.Auth = first
	for _, step := range all {
		step.Auth = nil
	}
}

var variableUse = lazily(`\$\{(\w+)`)

// uses are the variables that the steps read.
func (s *Scenario) uses() map[string]bool {
	w := &writer{}
	w.value(steps(s.Steps), "")
	uses := map[string]bool{}
	for _, m := range variableUse().FindAllStringSubmatch(w.String(), -1) {
		uses[m[1]] = true
	}
	return uses
}

// placed is a step and where its request goes.
type placed struct {
	step *Step
	to   address
}

// aim sets the target, and the paths of the steps that go there; the others get URLs.
func (s *Scenario) aim(all []placed, target string) {
	s.Target = target
	for _, p := range all {
		if p.to.origin() == target {
			p.step.Path = escaped(p.to.path)
		} else {
			p.step.URL = p.to.origin() + escaped(p.to.path)
		}
	}
}

// call names the steps that have no name: method and path.
func (s *Scenario) call(taken names) {
	walk(s.Steps, func(step *Step) {
		if step.Name == "" {
			at := step.Path
			if at == "" {
				at = parseAddress(step.URL).path
			}
			path, _, _ := strings.Cut(at, "?")
			step.Name = step.Method + " " + path
		}
		step.Name = taken.take(named(step.Name, step.Method), " ")
	})
}
