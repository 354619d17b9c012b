package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/internal/yamlfile"
	"gonogo/slo"
)

// objectives resolves the objectives.
func (c *compiler) objectives() []slo.Objective {
	if c.Objectives == nil {
		c.Objectives = []Objective{}
	}
	fill(c, "claim", &c.Claim, Claim(cmp.Or(c.options.Claim, slo.Observed)))
	var all []slo.Objective
	first := map[string]int{}
	for i := range c.Objectives {
		o := &c.Objectives[i]
		path := yamlfile.Path("objectives").Index(i)
		if o.Go.Metric == "" {
			c.wrong(path.Key("go"), "the objective has no go band", "go: with a target such as p95 < 200ms")
			continue
		}
		fill(c, path.Key("name"), &o.Name, o.Go.String())
		c.plain(path.Key("name"), o.Name)
		if n, twice := first[o.Name]; twice {
			c.wrong(path.Key("name"), fmt.Sprintf("objective %d is called %s, too", n+1, yamlfile.Quote(o.Name)), "a name of its own for each objective")
		} else {
			first[o.Name] = i
		}
		all = append(all, c.objective(path, o))
	}
	return all
}

func (c *compiler) objective(path yamlfile.Path, o *Objective) slo.Objective {
	out := slo.Objective{Name: o.Name, Go: o.Go.Target, Claim: slo.Claim(o.Claim)}
	c.target(path, "go", o.Go.Target)
	if o.Conditional != nil {
		out.Conditional = &o.Conditional.Target
		c.target(path, "conditional", o.Conditional.Target)
	}
	if o.NoGo != nil {
		out.NoGo = &o.NoGo.Target
		c.target(path, "no_go", o.NoGo.Target)
	}
	if err := out.Lint(); err != nil {
		what := strings.TrimPrefix(err.Error(), fmt.Sprintf("objective %q: ", o.Name))
		c.wrong(path, what, "")
	}
	out = slo.Claimed([]slo.Objective{out}, slo.Claim(c.Claim))[0]
	fill(c, path.Key("claim"), &o.Claim, Claim(out.Claim))
	out.Source = c.origin(path).place().Short() // "burst.yaml:12" or "--slo"
	return out
}

// target checks one band against the rest of the scenario.
func (c *compiler) target(path yamlfile.Path, key string, t slo.Target) {
	if c.has(path.Key(key)) {
		path = path.Key(key)
	}
	isGroup := slices.Contains(c.groups, t.Step)
	if names := slices.Concat(c.stepNames(), c.groups); t.Step != "" && !slices.Contains(names, t.Step) && !c.isSpoiled("steps") {
		what, want := "no step or group is called "+yamlfile.Quote(t.Step), "one of "+strings.Join(names, ", ")
		if near := yamlfile.Nearest(t.Step, names); near != "" {
			what, want = what+"; did you mean "+yamlfile.Quote(near)+"?", ""
		}
		c.wrong(path, what, want)
	}
	c.scope(path, t)
	timeout := time.Duration(c.Load.Timeout)
	if isGroup && t.Metric == slo.StatusCount {
		c.wrong(path, fmt.Sprintf("%s is about a group, which has no statuses", t), "an objective about one of its steps")
	}
	if limit := t.Latency(); limit > timeout && timeout > 0 && !isGroup && !c.isSpoiled("load.timeout") {
		c.wrong(path, fmt.Sprintf("%s can never be seen, as a request ends after the timeout of %v", t, c.Load.Timeout),
			fmt.Sprintf("a timeout above %v, or a lower limit", Duration(limit)))
	}
}

// scope checks the phase and the windows of a target against the phases of the load.
func (c *compiler) scope(path yamlfile.Path, t slo.Target) {
	length, key := c.Load.Duration, "load.duration"
	switch t.During {
	case slo.DuringRamp:
		length, key = c.Load.Ramp, "load.ramp"
	case slo.DuringWarmUp:
		length, key = c.Load.WarmUp, "load.warm_up"
	}
	switch {
	case c.isSpoiled(yamlfile.Path(key)) || c.isSpoiled("load.stages"):
	case length == 0 && t.During != "":
		c.wrong(path, fmt.Sprintf("%s is about a %s, and the load has none", t, t.During), "a "+t.During+" above 0s, or another phase")
	case t.Window > time.Duration(length):
		c.wrong(path, fmt.Sprintf("%s has no window in a phase of %v", t, length), fmt.Sprintf("windows of %v or less", length))
	}
}
