package scenarios

import (
	"encoding/json"
	"slices"

	"gonogo/internal/yamlfile"
)

// A Flow is what one iteration of a user does.
type Flow struct {
	Weight   int      `yaml:"weight" json:"weight,omitempty"` // share of the iterations
	Load     *OwnLoad `yaml:"load" json:"load,omitempty"`     // of its own, beside the scenario's
	Setup    []Step   `yaml:"setup" json:"setup,omitempty"`   // of each user, before its first iteration
	Steps    []Step   `yaml:"steps" json:"steps"`
	Teardown []Step   `yaml:"teardown" json:"teardown,omitempty"` // of each user, after its last
}

// OwnLoad is how the load of one flow is made. Its phases are the scenario's.
type OwnLoad struct {
	Users       int       `yaml:"users" json:"users,omitempty"`
	ThinkTime   ThinkTime `yaml:"think_time" json:"think_time,omitzero"`
	Pacing      Duration  `yaml:"pacing" json:"pacing,omitempty"`
	Iterations  int       `yaml:"iterations" json:"iterations,omitempty"` // of each user; 0: as many as the time allows
	Rate        Rate      `yaml:"rate" json:"rate,omitempty"`
	Arrival     Arrival   `yaml:"arrival" json:"arrival,omitempty"`
	MaxInFlight int       `yaml:"max_in_flight" json:"max_in_flight,omitempty"`
	OnOverload  Overload  `yaml:"on_overload" json:"on_overload,omitempty"`
}

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

// A Part is one of a multipart body: its text, or a file.
type Part struct {
	Text string `yaml:"text" json:"text,omitempty"`
	File string `yaml:"file" json:"file,omitempty"`
	Name string `yaml:"name" json:"name,omitempty"` // of the file, as it is sent
	Type string `yaml:"type" json:"type,omitempty"` // the Content-Type
}

// DecodeYAML reads a part from its text or from a mapping.
func (p *Part) DecodeYAML(n yamlfile.Node) error {
	if n.IsText() {
		return n.Decode(&p.Text)
	}
	type mapping Part
	return n.Decode((*mapping)(p))
}

// Data are rows that users take.
type Data struct {
	File      string   `yaml:"file" json:"file"`
	Format    string   `yaml:"format" json:"format,omitempty"` // csv, json or ndjson; by the file's name
	Delimiter string   `yaml:"delimiter" json:"delimiter,omitempty"`
	Header    []string `yaml:"header" json:"header,omitempty"` // names of the columns, where the file has none
	Order     string   `yaml:"order" json:"order,omitempty"`   // sequential, random, unique or once
	AtEnd     string   `yaml:"at_end" json:"at_end,omitempty"` // repeat, stop or fail
}

// A Source is where in an answer a value is.
type Source struct {
	Look     `yaml:",inline"`
	Default  *string `yaml:"default" json:"default,omitempty"`
	Required *bool   `yaml:"required" json:"required,omitempty"`
}

// Look names a place in an answer: exactly one of these.
type Look struct {
	JSON      string `yaml:"json" json:"json,omitempty"`     // a path, as of gjson
	JQ        string `yaml:"jq" json:"jq,omitempty"`         // a program
	Header    string `yaml:"header" json:"header,omitempty"` // a name
	Cookie    string `yaml:"cookie" json:"cookie,omitempty"` // a name
	Regex     string `yaml:"regex" json:"regex,omitempty"`
	RegexPart int    `yaml:"group" json:"group,omitempty"` // of the regular expression; the first by default
	CSS       string `yaml:"css" json:"css,omitempty"`     // a selector
	Attribute string `yaml:"attribute" json:"attribute,omitempty"`
	XPath     string `yaml:"xpath" json:"xpath,omitempty"`
	Body      bool   `yaml:"body" json:"body,omitempty"` // all of it
	Status    bool   `yaml:"status" json:"status,omitempty"`
	Size      bool   `yaml:"size" json:"size,omitempty"` // of the body, decoded
	Time      bool   `yaml:"time" json:"time,omitempty"` // the service time
	SHA256    string `yaml:"sha256" json:"sha256,omitempty"`
}

// DecodeYAML reads a source from the text of a JSON path, or from a mapping.
func (s *Source) DecodeYAML(n yamlfile.Node) error {
	if n.IsText() {
		return n.Decode(&s.JSON)
	}
	type mapping Source
	return n.Decode((*mapping)(s))
}

// A Check is what a place in an answer has to be.
type Check struct {
	Look     `yaml:",inline"`
	Is       *string `yaml:"is" json:"is,omitempty"`
	IsNot    *string `yaml:"is_not" json:"is_not,omitempty"`
	Contains *string `yaml:"contains" json:"contains,omitempty"`
	Matches  *string `yaml:"matches" json:"matches,omitempty"`
	Exists   *bool   `yaml:"exists" json:"exists,omitempty"`
	AtLeast  *string `yaml:"at_least" json:"at_least,omitempty"`
	AtMost   *string `yaml:"at_most" json:"at_most,omitempty"`
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
