package scenarios

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"gonogo/internal/yamlfile"
	"gonogo/loadgen"
	"gonogo/loadgen/grpcload"
	"gonogo/loadgen/session"
	"gonogo/loadgen/sseload"
	"gonogo/loadgen/wsload"
)

// A journey compiles steps and what decides between them.
type journey struct {
	*compiler
	base       *url.URL
	common     Headers    // of every step
	credential credential // likewise

	scope   *session.Scope
	setAt   map[string]yamlfile.Path // where a variable is set first
	known   map[session.Var]bool     // those that have a value at the place that is compiled
	read    map[session.Var]bool     // those that are read in the list that is compiled
	values  []*session.Text          // of Variables
	sources []source                 // of Data
	unread  []string                 // names of Data that could not be opened

	calls     Calls                 // what calls share
	described *grpcload.Descriptors // of calls, where a file says it

	out     *loadgen.Plan // gets the steps, groups and flows
	over    *Sockets      // of those steps
	sockets []openSocket  // of the flow that is compiled

	before Once // what is done, before any user
	after  Once // likewise, after all users
	varies bool // users need to know something
	only   bool // there is one step
	gotos  map[string]bool
}

// actions compiles a list of steps.
func (j *journey) actions(path yamlfile.Path, steps []Step) []loadgen.Action {
	var all []loadgen.Action
	for i := range steps {
		all = append(all, j.action(path.Index(i), &steps[i])...)
	}
	return all
}

// action compiles a step: a request, or what its one special key says.
func (j *journey) action(path yamlfile.Path, s *Step) []loadgen.Action {
	kind := j.kind(path, s)
	switch kind {
	case "", "websocket", "events", "grpc":
		var do loadgen.Action = loadgen.Do{Step: j.send(path, s)}
		if s.Events == sseFollow {
			do = j.follow(path, s, do)
		}
		if j.gotos[s.Name] {
			return []loadgen.Action{loadgen.Mark{Name: s.Name}, do}
		}
		return []loadgen.Action{do}
	case "pause":
		return []loadgen.Action{loadgen.Pause{Distribution: loadgen.Distribution(*s.Pause)}}
	case "repeat":
		j.within(path.Key("repeat"), s.Repeat, maxRepeat)
		return []loadgen.Action{loadgen.Repeat{Times: s.Repeat, Actions: j.inside(path, s.Steps)}}
	case "while":
		return []loadgen.Action{j.while(path, s)}
	case "if":
		return []loadgen.Action{j.branch(path, s)}
	case "group":
		j.plain(path.Key("group"), s.Group)
		return []loadgen.Action{j.group(s.Group, func() []loadgen.Action { return j.inside(path, s.Steps) })}
	case "pick":
		return []loadgen.Action{j.pick(path, s)}
	case "rendezvous":
		j.within(path.Key("rendezvous"), s.Rendezvous, maxUsers)
		return []loadgen.Action{loadgen.Rendezvous{Users: s.Rendezvous, Timeout: time.Duration(s.Timeout)}}
	case "set":
		return j.set(path.Key("set"), s.Set)
	default:
		return []loadgen.Action{loadgen.Goto{Mark: s.Goto}}
	}
}

// send compiles a step that is sent, and returns its number.
func (j *journey) send(path yamlfile.Path, s *Step) int {
	number := len(j.out.Steps)
	var made loadgen.Step
	var socket *wsload.Step
	var events *sseload.Step
	var call *grpcload.Step
	switch {
	case s.WebSocket != "":
		made, socket = j.webSocket(path, s, number)
	case s.Events != "":
		made, events = j.events(path, s, number)
	case s.GRPC != "":
		made, call = j.call(path, s)
	default:
		made = j.request(path, s)
	}
	j.out.Steps = append(j.out.Steps, made)
	j.over.add(socket, events, call)
	return number
}

const (
	maxRepeat   = 1_000_000
	defaultMost = 100
)

// inside compiles the steps of a step that has some.
func (j *journey) inside(path yamlfile.Path, steps []Step) []loadgen.Action {
	if len(steps) == 0 {
		j.wrong(path.Key("steps"), "there is no step in it", "steps: with at least one")
	}
	return j.actions(path.Key("steps"), steps)
}

func (j *journey) while(path yamlfile.Path, s *Step) loadgen.Action {
	j.varies = true
	fill(j.compiler, path.Key("most"), &s.Most, defaultMost)
	j.within(path.Key("most"), s.Most, maxRepeat)
	if !pauses(s.Steps) {
		j.wrong(path.Key("while"), "it asks again and again without a pause", "- pause: 200ms among its steps")
	}
	condition := j.condition(path.Key("while"), s.While)
	return loadgen.While{Condition: condition, Most: s.Most, Actions: j.inside(path, s.Steps)}
}

func (j *journey) branch(path yamlfile.Path, s *Step) loadgen.Action {
	j.varies = true
	made := loadgen.If{Condition: j.condition(path.Key("if"), s.If), Then: j.inside(path, s.Steps)}
	made.Else = j.actions(path.Key("else"), s.Else)
	return made
}

func (j *journey) pick(path yamlfile.Path, s *Step) loadgen.Action {
	var made loadgen.Pick
	sum := 0
	for i := range s.Pick {
		choice, at := &s.Pick[i], path.Key("pick").Index(i)
		fill(j.compiler, at.Key("weight"), &choice.Weight, defaultWeight)
		if choice.Weight < 0 || choice.Weight > maxUsers {
			j.wrong(at.Key("weight"), fmt.Sprintf("%d is out of range", choice.Weight), fmt.Sprintf("0 to %d", maxUsers))
		}
		sum += max(choice.Weight, 0)
		made.Choices = append(made.Choices, loadgen.Choice{Weight: choice.Weight, Actions: j.actions(at.Key("steps"), choice.Steps)})
	}
	if sum == 0 {
		j.wrong(path.Key("pick"), "there is nothing to pick", "choices with weights, such as - {weight: 3, steps: [...]}")
	}
	return made
}

// group measures actions as a whole.
func (j *journey) group(name string, actions func() []loadgen.Action) loadgen.Action {
	number := slices.Index(j.out.Groups, name)
	if number < 0 {
		number = len(j.out.Groups)
		j.out.Groups = append(j.out.Groups, name)
	}
	return loadgen.Group{Group: number, Actions: actions()}
}

func (j *journey) set(path yamlfile.Path, values Map[string]) []loadgen.Action {
	j.varies = true
	var all []loadgen.Action
	for _, v := range values {
		text := j.text(path.Key(v.Name), v.Value, session.Raw)
		variable := j.scope.Declare(v.Name)
		j.known[variable] = true
		all = append(all, loadgen.Set{Var: variable, Text: text})
	}
	return all
}

// A spot is a place in a list of steps.
type spot struct {
	steps []Step
	at    int
}

// jumps checks every goto: where it leads has to be in a list around it, and not
// back without a pause.
func (j *journey) jumps(path yamlfile.Path, steps []Step, around []spot) {
	for i := range steps {
		s, at := &steps[i], path.Index(i)
		here := append(slices.Clip(around), spot{steps, i})
		if s.Goto != "" {
			j.jump(at.Key("goto"), s.Goto, here)
		}
		j.jumps(at.Key("steps"), s.Steps, here)
		j.jumps(at.Key("else"), s.Else, here)
		for k := range s.Pick {
			j.jumps(at.Key("pick").Index(k).Key("steps"), s.Pick[k].Steps, here)
		}
	}
}

func (j *journey) jump(path yamlfile.Path, to string, here []spot) {
	var names []string
	paused := false
	for _, in := range slices.Backward(here) {
		for i := range in.steps {
			if s := &in.steps[i]; s.isRequest() && s.Name == to {
				j.gotos[to] = true
				if i <= in.at && !paused && !pauses(in.steps[i:in.at]) {
					j.wrong(path, "it goes back without a pause", "- pause: 200ms between the two")
				}
				return
			} else if s.isRequest() {
				names = append(names, s.Name)
			}
		}
		paused = paused || pauses(in.steps[:in.at])
	}
	what, want := "no step around it is called "+yamlfile.Quote(to), "one of "+strings.Join(names, ", ")
	if near := yamlfile.Nearest(to, names); near != "" {
		what += "; did you mean " + yamlfile.Quote(near) + "?"
	}
	j.wrong(path, what, want)
}
