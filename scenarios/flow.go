package scenarios

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"gonogo/internal/yamlfile"
	"gonogo/loadgen"
	"gonogo/loadgen/session"
)

// A Flow is what one iteration of a user does.
type Flow struct {
	Weight   int      `yaml:"weight" json:"weight,omitempty"` // share of the iterations
	Load     *OwnLoad `yaml:"load" json:"load,omitempty"`     // of its own, beside the scenario's
	Setup    []Step   `yaml:"setup" json:"setup,omitempty"`   // of each user, before its first iteration
	Steps    []Step   `yaml:"steps" json:"steps"`
	Teardown []Step   `yaml:"teardown" json:"teardown,omitempty"` // of each user, after its last
}

// journeys resolves the steps and flows. Without any, there is one step: the target
// itself.
func (c *compiler) journeys(plan *loadgen.Plan) *journey {
	if c.Flows == nil && c.Steps == nil && c.trace == nil && !c.has("steps") && !c.has("flows") {
		c.Steps = []Step{{}}
	}
	j := &journey{
		compiler: c, out: plan, over: new(Sockets), only: len(c.Steps) == 1 && len(c.Flows) == 0,
		scope: &session.Scope{}, setAt: map[string]yamlfile.Path{}, known: map[session.Var]bool{}, read: map[session.Var]bool{}, gotos: map[string]bool{},
	}
	if !j.some() {
		return j
	}
	j.fillNames()
	c.order()
	j.base = c.targetURL()
	j.shared()
	j.sharedByCalls()
	j.declare()
	j.before = j.once("setup", c.Setup)
	j.flows(plan)
	j.enough()
	j.after = j.once("teardown", c.Teardown)
	c.distinct()
	if j.scope.Len() > 0 || j.varies {
		plan.Scope, plan.Known = j.scope, j.constants()
	}
	return j
}

// some tells whether there are steps, in a number that can be run.
func (j *journey) some() bool {
	requests := 0
	j.everyStep(func(_ yamlfile.Path, s *Step) {
		if s.isRequest() {
			requests++
		}
	})
	switch {
	case len(j.Steps) > 0 && len(j.Flows) > 0:
		j.wrong("flows", "both steps and flows are given", "the steps as a flow of their own")
	case j.has("flows") && len(j.Flows) == 0:
		j.wrong("flows", "there is no flow", "name: {steps: [...]}")
	case len(j.Flows) == 0 && len(j.Steps) == 0 && j.trace == nil:
		j.wrong("steps", "there is no step", "at least one, such as - path: /health")
	case requests > maxSteps:
		j.wrong("steps", fmt.Sprintf("there are %d steps", requests), fmt.Sprintf("%d at most", maxSteps))
	default:
		return true
	}
	return false
}

// fillNames gives every request its method and its name.
func (j *journey) fillNames() {
	j.everyStep(func(path yamlfile.Path, s *Step) {
		if !s.isRequest() {
			return
		}
		if s.WebSocket == "" && s.GRPC == "" && s.opens() {
			fill(j.compiler, path.Key("method"), &s.Method, methodOf(s))
		}
		fill(j.compiler, path.Key("name"), &s.Name, j.stepName(s))
	})
}

// methodOf is the method of a request that says none: one that sends something posts
// it, but for a plain body, which may go with any.
func methodOf(s *Step) string {
	if s.JSON != nil || s.Form != nil || s.Multipart != nil {
		return "POST"
	}
	return defaultMethod
}

// order resolves whether the steps run in turn, and checks the weights.
func (c *compiler) order() {
	weighted, sum, decides := -1, 0, false
	for i := range c.Steps {
		s := &c.Steps[i]
		path := stepPath(i).Key("weight")
		if !s.isRequest() || s.isSocket() {
			decides = true
			continue
		}
		if c.given(path, s.Weight != 0) && weighted < 0 {
			weighted = i
		}
		c.weight(path, &s.Weight)
		s.weighs = true
		sum += max(s.Weight, 0)
	}
	fill(c, "flow", &c.Flow, !c.replays() && (decides || len(c.Steps) > 1 && weighted < 0))
	if weighted >= 0 && c.Flow {
		c.wrong(stepPath(weighted).Key("weight"), "has no meaning in a flow, which runs every step", "flow: false, or no weights")
	}
	if decides && !c.Flow && !c.replays() {
		c.wrong("flow", "steps that decide, wait or hold a connection have no meaning outside of a flow", "flow: true")
	}
	if weighted >= 0 && sum == 0 && !c.replays() {
		c.wrong(stepPath(weighted).Key("weight"), "every weight is 0, so no step would ever run", "a weight above 0 in one step")
	}
}

// weight resolves a weight.
func (c *compiler) weight(path yamlfile.Path, at *int) {
	if *at < 0 || *at > maxUsers {
		c.wrong(path, fmt.Sprintf("%d is out of range", *at), fmt.Sprintf("0 to %d", maxUsers))
	}
	fill(c, path, at, defaultWeight)
}

// Once is what one user does once.
type Once struct {
	Plan    *loadgen.Plan // nil: nothing
	Sockets Sockets
}

// once compiles that.
func (j *journey) once(path yamlfile.Path, steps []Step) Once {
	if len(steps) == 0 {
		return Once{}
	}
	made := Once{Plan: &loadgen.Plan{Name: string(path)}}
	plan, out, over := made.Plan, j.out, j.over
	j.out, j.over, j.sockets = plan, &made.Sockets, j.openings(path, steps)
	defer func() { j.out, j.over = out, over }()
	j.jumps(path, steps, nil)
	plan.Flows = []loadgen.Flow{{Name: string(path), Weight: 1, Actions: j.taking(func() []loadgen.Action { return j.actions(path, steps) })}}
	plan.Closed = &loadgen.Closed{Users: 1, Iterations: 1}
	plan.Timeout, plan.Grace, plan.Measure = time.Duration(j.Load.Timeout), time.Duration(j.Load.Grace), longestOnce
	plan.Scope, plan.Seed = j.scope, j.Load.Seed
	j.varies = true // what it extracts, users know
	made.Sockets = made.Sockets.trimmed()
	return made
}

// longestOnce is how long a setup or teardown of the whole run may take.
const longestOnce = time.Hour

// flows compiles the steps or flows into the plan.
func (j *journey) flows(plan *loadgen.Plan) {
	switch {
	case j.trace != nil && plan.Open.Replay != nil:
		j.playing(plan)
		return
	case len(j.Flows) == 0:
		j.unnamed(plan)
		return
	}
	shared := 0
	for i := range j.Flows {
		f := &j.Flows[i]
		path := yamlfile.Path("flows").Key(f.Name)
		j.plain(path, f.Name)
		made := j.flow(path, f.Name, f.Value.Setup, f.Value.Steps, f.Value.Teardown)
		j.weight(path.Key("weight"), &f.Value.Weight)
		made.Weight = f.Value.Weight
		if f.Value.Load != nil {
			j.ownLoad(path.Key("load"), f.Value.Load, &made)
		} else {
			shared += made.Weight
		}
		plan.Flows = append(plan.Flows, made)
	}
	switch own := plan.Closed == nil && plan.Open == nil; {
	case shared == 0 && !own:
		j.wrong("load", "every flow has a load of its own, so this one would run nothing", "users, rate and stages left out here")
	case shared > 0 && own:
		j.wrong("load.users", "no load is given", "users, rate or stages, such as --users 10, or a load in every flow")
	}
}

// unnamed compiles the scenario without named flows: one flow, or steps by weight.
func (j *journey) unnamed(plan *loadgen.Plan) {
	if j.Flow {
		plan.Flows = []loadgen.Flow{j.flow("", j.Name, nil, j.Steps, nil)}
		return
	}
	for i := range j.Steps {
		actions := j.taking(func() []loadgen.Action {
			j.kind(stepPath(i), &j.Steps[i])
			return []loadgen.Action{loadgen.Do{Step: j.send(stepPath(i), &j.Steps[i])}}
		})
		plan.Flows = append(plan.Flows, loadgen.Flow{Name: j.Steps[i].Name, Weight: j.Steps[i].Weight, Actions: actions})
	}
	if !j.varies {
		plan.Flows = nil // steps by weight need no user that remembers
	}
}

// flow compiles one flow. One of several requests is measured as a whole, too.
func (j *journey) flow(path yamlfile.Path, name string, setup, steps, teardown []Step) loadgen.Flow {
	at := func(key string) yamlfile.Path {
		if path == "" {
			return yamlfile.Path(key)
		}
		return path.Key(key)
	}
	known := maps.Clone(j.known) // what one flow sets, another does not know
	defer func() { j.known = known }()
	f := loadgen.Flow{Name: name, Weight: defaultWeight}
	j.sockets = slices.Concat(j.openings(at("setup"), setup), j.openings(at("steps"), steps), j.openings(at("teardown"), teardown))
	j.jumps(at("setup"), setup, nil)
	j.jumps(at("steps"), steps, nil)
	j.jumps(at("teardown"), teardown, nil)
	f.Setup = j.taking(func() []loadgen.Action { return j.actions(at("setup"), setup) })
	f.Actions = j.taking(func() []loadgen.Action {
		if requestsIn(steps) < 2 || j.isStep(name) {
			return j.actions(at("steps"), steps)
		}
		return []loadgen.Action{j.group(name, func() []loadgen.Action { return j.actions(at("steps"), steps) })}
	})
	f.Teardown = j.actions(at("teardown"), teardown)
	if requestsIn(steps) == 0 {
		j.wrong(at("steps"), "there is no request", "at least one, such as - path: /health")
	}
	return f
}

func requestsIn(steps []Step) int {
	n := 0
	each("", steps, func(_ yamlfile.Path, s *Step) {
		if s.isRequest() {
			n++
		}
	})
	return n
}

// isStep tells whether a step or a group has the name already.
func (j *journey) isStep(name string) bool {
	found := false
	j.everyStep(func(_ yamlfile.Path, s *Step) {
		found = found || s.isRequest() && s.Name == name || s.Group == name
	})
	return found
}
