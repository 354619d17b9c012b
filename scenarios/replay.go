package scenarios

import (
	"cmp"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonogo/internal/yamlfile"
	"gonogo/loadgen"
	"gonogo/loadgen/replay"
	"gonogo/loadgen/session"
)

// A Speed says how many seconds of a trace pass in one of the run, written as 2 or 2x.
type Speed float64

const wantSpeed = "a speed such as 1, 2x or 0.5x"

// Want says what a speed looks like.
func (Speed) Want() string { return wantSpeed }

// UnmarshalText reads a speed.
func (s *Speed) UnmarshalText(text []byte) error {
	v, err := strconv.ParseFloat(strings.TrimSuffix(string(text), "x"), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return yamlfile.Bad(string(text), "is not a speed", wantSpeed)
	}
	*s = Speed(v)
	return nil
}

// Methods are those of which the lines of a trace are sent.
type Methods string

// The choices of methods.
const (
	ReadMethods Methods = "read" // GET and HEAD
	AllMethods  Methods = "all"
)

// UnmarshalText accepts the known choices.
func (m *Methods) UnmarshalText(text []byte) error {
	*m = Methods(text)
	return yamlfile.OneOf(string(text), string(ReadMethods), string(AllMethods))
}

const (
	slowest, fastest = 0.01, 100

	// traceTarget is the variable with the path and query of an arrival.
	traceTarget = "trace.target"
	// otherStep ends the name of the step of lines that no step is for.
	otherStep = " (other)"
)

// replays tells whether the load is a trace.
func (c *compiler) replays() bool { return c.given("load.replay", c.Load.Replay != "") }

// replayed opens the trace, and resolves what is of a replay alone.
func (c *compiler) replayed() *loadgen.Open {
	l := &c.Load
	c.meaningless("a replay", append(closedPaths(), "load.arrival"))
	if l.Ramp > 0 {
		c.wrong("load.ramp", "has no meaning in a replay: the trace says when how much is sent", "it left out")
	}
	fill(c, "load.replay", &l.Replay, "")
	fill(c, "load.speed", &l.Speed, 1)
	fill(c, "load.methods", &l.Methods, ReadMethods)
	fill(c, "load.on_overload", &l.OnOverload, Queue)
	open := &loadgen.Open{Drop: l.OnOverload == Drop}
	if l.Speed < slowest || l.Speed > fastest {
		c.wrong("load.speed", number(float64(l.Speed))+" is out of range", fmt.Sprintf("%g to %g", slowest, float64(fastest)))
		return open
	}
	c.replaySteps()
	if c.trace = c.openTrace(); c.trace == nil {
		return open
	}
	whole, ok := c.traceLength()
	if !ok {
		return open
	}
	if l.Duration > whole && c.given("load.duration", l.Duration != 0) {
		c.wrong("load.duration", fmt.Sprintf("%v is longer than the trace, which takes %v at a speed of %s", l.Duration, whole, number(float64(l.Speed))), whole.String()+" at most, or a lower load.speed")
		return open
	}
	fill(c, "load.duration", &l.Duration, whole)
	if l.WarmUp > l.Duration {
		c.wrong("load.warm_up", fmt.Sprintf("%v is longer than what is replayed, %v: the warm-up plays the beginning of that", l.WarmUp, l.Duration), l.Duration.String()+" at most")
		return open
	}
	if c.trace.Arrivals() == 0 {
		c.wrong("load.replay", "no line is of a method that is sent", "lines of GET or HEAD, or load.methods: all")
		return open
	}
	r := loadgen.Replay{Trace: c.trace, Name: l.Replay, Speed: float64(l.Speed)}
	made := r.Open(time.Duration(l.WarmUp), time.Duration(max(l.Duration, 1)))
	made.Drop = open.Drop
	if made.Replay.Arrivals == 0 {
		c.wrong("load.duration", fmt.Sprintf("no line comes within %v", l.Duration), "a longer one")
		return open
	}
	var err error
	if c.arrivals, err = c.trace.Flows(made.Replay.Place(time.Duration(l.Duration))); err != nil {
		c.wrong("load.replay", err.Error(), "")
		return open
	}
	return made
}

// traceLength is how long the trace takes at the speed.
func (c *compiler) traceLength() (Duration, bool) {
	speed := float64(c.Load.Speed)
	whole := math.Ceil(float64(c.trace.Length()) / speed)
	if whole > float64(maxLength) {
		c.wrong("load.speed", fmt.Sprintf("the trace is %v long, and takes too long at a speed of %s", Duration(c.trace.Length()), number(speed)), "a speed at which it takes 366d at most")
		return 0, false
	}
	return Duration(max(whole, math.Floor(float64(c.trace.Last())/speed)+1)), true
}

// openTrace opens the trace; nil after a mistake.
func (c *compiler) openTrace() *replay.Trace {
	const path = yamlfile.Path("load.replay")
	switch {
	case c.options.trace != nil:
		return c.options.trace
	case c.Load.Replay == "":
		c.wrong(path, "no file is given", "the trace that gonogo import access-log wrote")
		return nil
	case c.options.OpenTrace == nil:
		c.wrong(path, "files cannot be read here", "another load")
		return nil
	}
	name, ok := c.expand(path, c.Load.Replay)
	if !ok {
		return nil
	}
	o := replay.Options{Path: c.beside(path, name), All: c.Load.Methods == AllMethods}
	for i := range c.Steps {
		s := &c.Steps[i]
		o.Steps = append(o.Steps, replay.Step{Method: methodGiven(s), Path: pathOfStep(s)})
	}
	t, err := c.options.OpenTrace(o)
	if err != nil {
		c.traceMistakes(path, err)
		return nil
	}
	c.files = append(c.files, t)
	digest := t.Digest()
	c.bodies = append(c.bodies, digest[:]...)
	return t
}

// traceMistakes reports what is wrong with a trace: each mistake has its own place there.
func (c *compiler) traceMistakes(path yamlfile.Path, err error) {
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range all.Unwrap() {
			c.traceMistakes(path, one)
		}
		return
	}
	c.wrong(path, err.Error(), "")
}

// pathOfStep is the path that lines are compared with.
func pathOfStep(s *Step) string { return replay.Path(strings.ReplaceAll(s.Path, "$${", "${")) }

// methodGiven is a step's method before the defaults are filled.
func methodGiven(s *Step) string { return cmp.Or(s.Method, methodOf(s)) }

// replaySteps refuses what steps cannot be that are paths of a trace.
func (c *compiler) replaySteps() {
	if c.Flows != nil || c.has("flows") {
		c.wrong("flows", "has no meaning in a replay, where each arrival is one request", "steps: with a path each")
	}
	if c.Flow {
		c.wrong("flow", "has no meaning in a replay, where each arrival is one request", "it left out")
	}
	for _, d := range c.Data {
		if d.Name == "trace" {
			c.wrong(yamlfile.Path("data").Key(d.Name), `"trace" is what a replay itself puts in`, "another name")
		}
	}
	first := map[string]int{}
	for i := range c.Steps {
		s, path := &c.Steps[i], stepPath(i)
		switch {
		case !s.isRequest():
			c.wrong(path, "decides or waits, which has no meaning in a replay", "requests alone")
			continue
		case s.isSocket() || s.GRPC != "":
			c.wrong(path, "is no request of HTTP, and those of a trace are", "requests alone")
			continue
		case s.URL != "":
			c.wrong(path.Key("url"), "has no meaning in a replay: all goes to the target", "path: in place of url:")
			continue
		case len(s.Query) > 0:
			c.wrong(path.Key("query"), "has no meaning in a replay: the trace has the queries", "it left out")
		case hasPlaceholder(strings.ReplaceAll(s.Path, "$${", "")):
			c.wrong(path.Key("path"), yamlfile.Quote(s.Path)+" has a variable, and the trace has whole paths", "the path as the trace has it")
		}
		key := methodGiven(s) + " " + pathOfStep(s)
		if before, twice := first[key]; twice {
			c.wrong(path, "its lines of the trace are those of another step, too, at "+c.place(stepPath(before)).Short(), "one step for each method and path")
		}
		first[key] = i
	}
}

// others are the steps of lines that no step is for.
func (c *compiler) others() []*Step {
	var all []*Step
	for _, method := range c.trace.Others() {
		all = append(all, &Step{Name: method + otherStep, Method: method, Path: "/"})
	}
	return all
}

// playing compiles the steps of a replay into the plan: a flow for each that the trace
// has lines of, and one for the other lines of each method.
func (j *journey) playing(plan *loadgen.Plan) {
	variable := j.scope.Declare(traceTarget)
	j.known[variable], j.varies = true, true
	plan.Open.Replay.Variable = variable
	for i := range j.Steps {
		if j.kind(stepPath(i), &j.Steps[i]) == "" {
			j.play(plan, stepPath(i), &j.Steps[i])
		}
	}
	for _, s := range j.others() {
		if k := slices.IndexFunc(j.Steps, func(own Step) bool { return own.Name == s.Name }); k >= 0 {
			j.wrong(stepPath(k).Key("name"), yamlfile.Quote(s.Name)+" is the name of the step for all other paths", "another name")
		}
		j.play(plan, "load.replay", s)
	}
	j.warnOfTrace()
}

// play compiles the next step of a replay. One without a line is left out: it would
// never run.
func (j *journey) play(plan *loadgen.Plan, path yamlfile.Path, s *Step) {
	r := plan.Open.Replay
	arrivals := j.arrivals[len(r.Flows)]
	var made loadgen.Step
	actions := j.taking(func() []loadgen.Action {
		made = j.request(path, s)
		return []loadgen.Action{loadgen.Do{Step: len(plan.Steps)}}
	})
	if arrivals == 0 {
		r.Flows = append(r.Flows, -1)
		if path != "load.replay" {
			j.warn(path, "no line that is replayed is of this step", "it left out")
		}
		return
	}
	r.Flows = append(r.Flows, len(plan.Flows))
	made.Weight = int(arrivals)
	if j.base != nil {
		prefix := strings.TrimSuffix(j.base.EscapedPath(), "/")
		made.Request.Target = j.text(path, literal(prefix)+"${"+traceTarget+"|raw}", session.Raw)
	}
	plan.Steps = append(plan.Steps, made)
	plan.Flows = append(plan.Flows, loadgen.Flow{Name: s.Name, Weight: int(arrivals), Actions: actions})
}

// warnOfTrace notes what of the trace is not sent as it was.
func (j *journey) warnOfTrace() {
	const path = yamlfile.Path("load.replay")
	if n := j.trace.LeftOut(); n > 0 {
		j.warn(path, fmt.Sprintf("%d of %d lines are neither GET nor HEAD and are left out: a log has no bodies", n, j.trace.Lines()), "load.methods: all, and steps with bodies, to send them")
	}
	if j.base == nil {
		return
	}
	host := strings.ToLower(j.base.Hostname())
	if n, example := j.trace.Elsewhere(func(h string) bool { return hostname(h) == host }); n > 0 {
		j.warn(path, fmt.Sprintf("%d of %d lines name another host than the target, such as %s: they go to the target all the same", n, j.trace.Lines(), j.quote(example)), "a trace of the target alone, if that matters")
	}
}

// hostname is a host without its port.
func hostname(host string) string { return strings.ToLower((&url.URL{Host: host}).Hostname()) }
