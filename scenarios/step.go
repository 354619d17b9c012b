package scenarios

import (
	"cmp"
	"encoding/json"
	"slices"

	"gonogo/internal/yamlfile"
)

// A Step is one named request; or, where it has one of the keys pause, repeat,
// while, if, group, pick, rendezvous, set or goto, what decides between requests. With
// websocket or events it is no request of its own, but a message or an event; with grpc
// it is a call.
type Step struct {
	Name      string      `yaml:"name" json:"name,omitempty"`
	Method    string      `yaml:"method" json:"method,omitempty"`
	Path      string      `yaml:"path" json:"path,omitempty"`   // below the target
	URL       string      `yaml:"url" json:"url,omitempty"`     // absolute; instead of a path
	Query     Map[string] `yaml:"query" json:"query,omitempty"` // behind the path
	Headers   Headers     `yaml:"headers" json:"headers,omitempty"`
	Auth      *Auth       `yaml:"auth" json:"auth,omitempty"` // instead of the scenario's
	Body      string      `yaml:"body" json:"body,omitempty"`
	BodyFile  string      `yaml:"body_file" json:"body_file,omitempty"` // likewise; next to the scenario file
	JSON      any         `yaml:"json" json:"json,omitempty"`           // likewise, any value
	Form      Map[string] `yaml:"form" json:"form,omitempty"`           // likewise, as browsers send forms
	Multipart Map[Part]   `yaml:"multipart" json:"multipart,omitempty"` // likewise, with files
	Weight    int         `yaml:"weight" json:"weight,omitempty"`
	Expect    Expect      `yaml:"expect" json:"expect,omitempty"`       // statuses that are ok; of a call, codes
	Redirects *int        `yaml:"redirects" json:"redirects,omitempty"` // instead of the scenario's
	Timeout   Duration    `yaml:"timeout" json:"timeout,omitempty"`     // instead of the scenario's; of a rendezvous: how long to wait
	Extract   Map[Source] `yaml:"extract" json:"extract,omitempty"`     // variables from the answer
	Check     []Check     `yaml:"check" json:"check,omitempty"`         // of the answer

	GRPC     string   `yaml:"grpc" json:"grpc,omitempty"`         // package.Service/Method
	Message  any      `yaml:"message" json:"message,omitempty"`   // of a call, any value
	Metadata Headers  `yaml:"metadata" json:"metadata,omitempty"` // of a call
	Send     int      `yaml:"send" json:"send,omitempty"`         // the message, so many times
	Receive  int      `yaml:"receive" json:"receive,omitempty"`   // so many messages come; 0: any number
	Leave    bool     `yaml:"leave" json:"leave,omitempty"`       // once they have come
	Deadline Duration `yaml:"deadline" json:"deadline,omitempty"` // that the server is told

	WebSocket    string   `yaml:"websocket" json:"websocket,omitempty"`       // connect, send, expect, ask or close
	Events       string   `yaml:"events" json:"events,omitempty"`             // open, next, follow or close
	On           string   `yaml:"on" json:"on,omitempty"`                     // the step that connects or opens; the only one
	Text         string   `yaml:"text" json:"text,omitempty"`                 // the message
	Binary       bool     `yaml:"binary" json:"binary,omitempty"`             // so it is
	Subprotocols []string `yaml:"subprotocols" json:"subprotocols,omitempty"` // of which the server may pick one
	Next         bool     `yaml:"next" json:"next,omitempty"`                 // the next message has to fit
	Until        []Check  `yaml:"until" json:"until,omitempty"`               // the event that ends the stream
	For          Duration `yaml:"for" json:"for,omitempty"`                   // the longest that the stream lasts
	Ends         bool     `yaml:"ends" json:"ends,omitempty"`                 // the server may end it

	Pause      *ThinkTime  `yaml:"pause" json:"pause,omitempty"`
	Repeat     int         `yaml:"repeat" json:"repeat,omitempty"`         // the steps, so many times
	While      string      `yaml:"while" json:"while,omitempty"`           // the steps, as long as that holds
	Most       int         `yaml:"most" json:"most,omitempty"`             // times, of while; events, of a stream
	If         string      `yaml:"if" json:"if,omitempty"`                 // the steps, where that holds
	Else       []Step      `yaml:"else" json:"else,omitempty"`             // where it does not
	Group      string      `yaml:"group" json:"group,omitempty"`           // the steps, measured as a whole, too
	Pick       []Choice    `yaml:"pick" json:"pick,omitempty"`             // one of several, by weight
	Rendezvous int         `yaml:"rendezvous" json:"rendezvous,omitempty"` // wait until so many users are here
	Set        Map[string] `yaml:"set" json:"set,omitempty"`               // variables
	Goto       string      `yaml:"goto" json:"goto,omitempty"`             // the step of that name
	Steps      []Step      `yaml:"steps" json:"steps,omitempty"`           // of repeat, while, if and group

	weighs bool // its weight decides
}

// MarshalJSON writes a weight only where it is one.
func (s Step) MarshalJSON() ([]byte, error) {
	type plain Step
	written := struct {
		plain
		Weight *int `json:"weight,omitempty"`
	}{plain: plain(s)}
	if s.isRequest() && s.weighs {
		written.Weight = &s.Weight
	}
	return json.Marshal(written)
}

// A Choice is what pick may run.
type Choice struct {
	Weight int    `yaml:"weight" json:"weight"`
	Steps  []Step `yaml:"steps" json:"steps,omitempty"`
}

// cloneSteps returns steps that can be changed without changing these.
func cloneSteps(steps []Step) []Step {
	steps = slices.Clone(steps)
	for i := range steps {
		s := &steps[i]
		s.Auth = s.Auth.clone()
		s.Steps, s.Else, s.Pick = cloneSteps(s.Steps), cloneSteps(s.Else), slices.Clone(s.Pick)
		for k := range s.Pick {
			s.Pick[k].Steps = cloneSteps(s.Pick[k].Steps)
		}
	}
	return steps
}

// kind is the special key of a step, "" of a request. A key that has no meaning
// beside it is a mistake.
func (j *journey) kind(path yamlfile.Path, s *Step) string {
	set := []string{}
	for _, k := range kinds() {
		if j.given(path.Key(k.key), k.set(s)) {
			set = append(set, k.key)
		}
	}
	if len(set) > 1 {
		j.wrong(path.Key(set[1]), "both "+set[0]+" and "+set[1]+" are given", "a step for each")
	}
	kind, beside := "", []string{}
	if len(set) > 0 {
		kind = set[0]
	}
	for _, k := range kinds() {
		beside = append(beside, k.beside...)
	}
	for _, k := range kinds() {
		if k.key == kind {
			beside = k.beside
		}
	}
	if s.isSocket() {
		beside = besideSocket(s)
		if len(set) == 1 && slices.Contains(append(socketWords(), eventsWords()...), cmp.Or(s.WebSocket, s.Events)) {
			j.misplaced(path, kind, s.socketName(), beside)
		}
		return kind
	}
	if s.GRPC != "" {
		beside = callKeys()
	}
	j.misplaced(path, kind, kind, beside)
	return kind
}

// misplaced refuses keys that have no meaning in a step of the kind, which is called so.
func (j *journey) misplaced(path yamlfile.Path, kind, called string, keys []string) {
	for _, k := range stepKeys() {
		at := path.Key(k)
		belongs := slices.Contains(keys, k)
		if kind == "" {
			belongs = !belongs || k == "timeout"
		}
		if k != kind && j.has(at) && !belongs && !isKind(k) {
			what := "has no meaning in a request"
			if kind != "" {
				what = "has no meaning beside " + called
			}
			j.wrong(at, what, "it left out")
		}
	}
}

// A kind is a special key, with the keys that may stand beside it.
type kind struct {
	key    string
	set    func(*Step) bool
	beside []string // of websocket, events and grpc: those of no other step
}

func kinds() []kind {
	return []kind{
		{"pause", func(s *Step) bool { return s.Pause != nil }, nil},
		{"repeat", func(s *Step) bool { return s.Repeat != 0 }, []string{"steps"}},
		{"while", func(s *Step) bool { return s.While != "" }, []string{"most", "steps"}},
		{"if", func(s *Step) bool { return s.If != "" }, []string{"steps", "else"}},
		{"group", func(s *Step) bool { return s.Group != "" }, []string{"steps"}},
		{"pick", func(s *Step) bool { return s.Pick != nil }, nil},
		{"rendezvous", func(s *Step) bool { return s.Rendezvous != 0 }, []string{"timeout"}},
		{"set", func(s *Step) bool { return s.Set != nil }, nil},
		{"goto", func(s *Step) bool { return s.Goto != "" }, nil},
		{"websocket", func(s *Step) bool { return s.WebSocket != "" }, []string{"on", "text", "binary", "subprotocols", "next"}},
		{"events", func(s *Step) bool { return s.Events != "" }, []string{"on", "until", "for", "ends"}},
		{"grpc", func(s *Step) bool { return s.GRPC != "" }, besideCall()},
	}
}

func isKind(key string) bool {
	return slices.ContainsFunc(kinds(), func(k kind) bool { return k.key == key })
}

// pauses tells whether there is a pause among the steps.
func pauses(steps []Step) bool {
	return slices.ContainsFunc(steps, func(s Step) bool {
		return s.Pause != nil || s.Rendezvous != 0 || s.waits() || pauses(s.Steps) || pauses(s.Else) ||
			slices.ContainsFunc(s.Pick, func(c Choice) bool { return pauses(c.Steps) })
	})
}

// each visits every step, those inside of others too.
func each(path yamlfile.Path, steps []Step, visit func(yamlfile.Path, *Step)) {
	for i := range steps {
		s, at := &steps[i], path.Index(i)
		visit(at, s)
		each(at.Key("steps"), s.Steps, visit)
		each(at.Key("else"), s.Else, visit)
		for k := range s.Pick {
			each(at.Key("pick").Index(k).Key("steps"), s.Pick[k].Steps, visit)
		}
	}
}

// isRequest tells what is sent and measured from what decides between that.
func (s *Step) isRequest() bool {
	return s.isSocket() || s.GRPC != "" || !slices.ContainsFunc(kinds(), func(k kind) bool { return k.set(s) })
}

// everyStep visits the steps of the whole scenario.
func (f *File) everyStep(visit func(yamlfile.Path, *Step)) {
	each("setup", f.Setup, visit)
	each("steps", f.Steps, visit)
	for i := range f.Flows {
		path, flow := yamlfile.Path("flows").Key(f.Flows[i].Name), &f.Flows[i].Value
		each(path.Key("setup"), flow.Setup, visit)
		each(path.Key("steps"), flow.Steps, visit)
		each(path.Key("teardown"), flow.Teardown, visit)
	}
	each("teardown", f.Teardown, visit)
}
