// Package scenarios owns the scenario file: the one place where what a person
// wrote becomes a loadgen.Plan.
//
// A File is what is written, in a YAML file, in flags or in Go; a Setting puts
// one flag or environment variable into it. Compile fills the defaults, checks
// everything and returns a Compiled, or every mistake at once. Secrets enter
// only there, and Compiled.Secrets masks them in whatever is printed later.
//
// The file's form: file.go, with step.go (what may stand in a list of steps), value.go
// and mapping.go; the types of a part are beside the code that resolves it. origin.go
// says where each value came from, load.go reads files and the ready-made ones,
// setting.go is the table of flags, secret.go resolves ${env:NAME} and ${file:NAME},
// and warn.go notes what is no mistake and yet not well.
//
// Compile is in compile.go, with its parts: the load in model.go, ownload.go (of one
// flow) and replay.go (a trace); flow.go, whose steps journey.go compiles; variable.go,
// data.go and text.go, which are what users know and what is made of it. A request is
// in request.go, url.go, header.go, content.go, inspector.go (its answer), and auth.go
// with token.go; other steps that are sent are in socket.go (WebSocket, events) and
// call.go (gRPC). The way to the
// target is in connection.go, address.go, tls.go and protocol.go. objective.go, abort.go
// and margin.go are what is good enough; effective.go is what is reported of it all;
// against.go compiles for two targets.
package scenarios

import (
	"maps"
	"slices"

	"gonogo/internal/yamlfile"
)

// A File is a scenario as it is written. Every text but the names and the
// objectives may hold ${env:NAME}; what every request carries, ${file:NAME} as well.
type File struct {
	Name        string      `yaml:"name" json:"name"`
	Description string      `yaml:"description" json:"description,omitempty"`
	Target      string      `yaml:"target" json:"target,omitempty"` // base URL of the steps that have a path
	Load        Model       `yaml:"load" json:"load"`
	HTTP        HTTP        `yaml:"http" json:"http"`
	GRPC        GRPC        `yaml:"grpc" json:"grpc,omitzero"`
	Connections Connections `yaml:"connections" json:"connections"`
	Variables   Map[string] `yaml:"variables" json:"variables,omitempty"` // what every user knows from the start
	Data        Map[Data]   `yaml:"data" json:"data,omitempty"`           // rows that users take, by the prefix of their columns
	Setup       []Step      `yaml:"setup" json:"setup,omitempty"`         // once, before any user; every user knows what they extract
	Teardown    []Step      `yaml:"teardown" json:"teardown,omitempty"`   // once, after all users
	Flow        bool        `yaml:"flow" json:"flow"`                     // the steps run in order; else each arrival picks one by weight
	Steps       []Step      `yaml:"steps" json:"steps,omitempty"`         // of the one flow
	Flows       Map[Flow]   `yaml:"flows" json:"flows,omitempty"`         // several, in place of steps
	Objectives  []Objective `yaml:"objectives" json:"objectives"`
	Claim       Claim       `yaml:"claim" json:"claim"` // of the objectives that make none
	Abort       []Abort     `yaml:"abort" json:"abort,omitempty"`
	DriftMargin Margin      `yaml:"drift_margin" json:"drift_margin"` // how much worse a sustained run may become; 0: not judged
	StopOnFail  bool        `yaml:"stop_on_fail" json:"stop_on_fail"` // end the run as soon as an objective is sure to have failed

	origins  map[yamlfile.Path]Origin
	document *yamlfile.Document // nil when the scenario was not read from a file
	mistakes yamlfile.Mistakes  // found while reading and setting
	early    yamlfile.Mistakes  // those as Compile starts: what they explain is not reported again
}

// Model is how the load is made: by users, by a rate of arrivals, or by those of a trace.
type Model struct {
	Users       int       `yaml:"users" json:"users"`
	ThinkTime   ThinkTime `yaml:"think_time" json:"think_time"`
	Pacing      Duration  `yaml:"pacing" json:"pacing"`
	Iterations  int       `yaml:"iterations" json:"iterations,omitempty"` // of each user; 0: as many as the time allows
	Rate        Rate      `yaml:"rate" json:"rate"`
	Stages      []Stage   `yaml:"stages" json:"stages"`
	Forecast    Rate      `yaml:"forecast" json:"forecast,omitempty"` // what stages in multiples are multiples of
	Replay      string    `yaml:"replay" json:"replay"`               // a trace, whose arrivals come again
	Speed       Speed     `yaml:"speed" json:"speed"`                 // of the replay
	Methods     Methods   `yaml:"methods" json:"methods"`             // of which its lines are sent
	Arrival     Arrival   `yaml:"arrival" json:"arrival"`
	MaxInFlight int       `yaml:"max_in_flight" json:"max_in_flight"`
	OnOverload  Overload  `yaml:"on_overload" json:"on_overload"`

	Ramp     Duration `yaml:"ramp" json:"ramp"`
	WarmUp   Duration `yaml:"warm_up" json:"warm_up"`
	Duration Duration `yaml:"duration" json:"duration"` // of the measure phase
	Timeout  Duration `yaml:"timeout" json:"timeout"`
	Grace    Duration `yaml:"grace" json:"grace"`
	Seed     uint64   `yaml:"seed" json:"seed"`
}

// HTTP is what all steps share.
type HTTP struct {
	Headers    Headers `yaml:"headers" json:"headers,omitempty"`
	Auth       Auth    `yaml:"auth" json:"auth,omitzero"`
	Redirects  int     `yaml:"redirects" json:"redirects"`       // how many are followed
	Compressed bool    `yaml:"compressed" json:"compressed"`     // ask for coded answers and decode them
	Cookies    *bool   `yaml:"cookies" json:"cookies,omitempty"` // users keep cookies; where nothing is said, in flows
	BodyLimit  Size    `yaml:"body_limit" json:"body_limit"`     // of an answer that is looked into
	Insecure   bool    `yaml:"insecure" json:"insecure"`         // any certificate will do
	CACert     string  `yaml:"cacert" json:"cacert,omitempty"`
	Cert       string  `yaml:"cert" json:"cert,omitempty"`
	Key        string  `yaml:"key" json:"key,omitempty"`
	ServerName string  `yaml:"server_name" json:"server_name,omitempty"`

	Version     HTTPVersion `yaml:"version" json:"version"`
	Connections int         `yaml:"connections" json:"connections,omitempty"` // of HTTP/2, to each host
	Streams     int         `yaml:"streams" json:"streams,omitempty"`         // at a time on each of them

	TLSMin    TLSVersion `yaml:"tls_min" json:"tls_min"`
	TLSMax    TLSVersion `yaml:"tls_max" json:"tls_max"`
	Ciphers   []string   `yaml:"ciphers" json:"ciphers,omitempty"` // of TLS 1.2
	TLSResume bool       `yaml:"tls_resume" json:"tls_resume"`     // a user that connects again resumes its session
}

// An Objective is a target with bands. In a file it may also be the text of its
// go band alone.
type Objective struct {
	Name        string  `yaml:"name" json:"name"`
	Go          Target  `yaml:"go" json:"go"`
	Conditional *Target `yaml:"conditional" json:"conditional,omitempty"`
	NoGo        *Target `yaml:"no_go" json:"no_go,omitempty"`
	Claim       Claim   `yaml:"claim" json:"claim"`
}

// DecodeYAML reads an objective from its text or from a mapping.
func (o *Objective) DecodeYAML(n yamlfile.Node) error {
	if n.IsText() {
		return n.Decode(&o.Go)
	}
	if n.IsList() {
		return n.Mistake("is a list", o.Want())
	}
	type mapping Objective
	return n.Decode((*mapping)(o))
}

// Want says what an objective looks like.
func (Objective) Want() string { return "a text such as p95 < 200ms, or a mapping with go" }

// copy returns a File that can be changed without changing f.
func (f *File) copy() *File {
	c := *f
	c.origins = maps.Clone(f.origins)
	if c.origins == nil {
		c.origins = map[yamlfile.Path]Origin{}
	}
	c.Load.Stages = slices.Clone(f.Load.Stages)
	c.HTTP.Headers = slices.Clone(f.HTTP.Headers)
	c.HTTP.Auth = *f.HTTP.Auth.clone()
	c.Steps = cloneSteps(f.Steps)
	c.Setup, c.Teardown = cloneSteps(f.Setup), cloneSteps(f.Teardown)
	c.Flows = slices.Clone(f.Flows)
	for i := range c.Flows {
		flow := &c.Flows[i].Value
		flow.Setup, flow.Steps, flow.Teardown = cloneSteps(flow.Setup), cloneSteps(flow.Steps), cloneSteps(flow.Teardown)
	}
	c.Data = slices.Clone(f.Data)
	c.Objectives = slices.Clone(f.Objectives)
	c.Abort = slices.Clone(f.Abort)
	c.mistakes = slices.Clone(f.mistakes)
	c.early = f.mistakes
	return &c
}
