package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"gonogo/internal/yamlfile"
	"gonogo/loadgen"
	"gonogo/loadgen/grpcload"
	"gonogo/loadgen/inspect"
	"gonogo/loadgen/session"
	"gonogo/loadgen/sseload"
	"gonogo/loadgen/wsload"
)

// Sockets are the steps of a plan that go over WebSocket, are event streams or calls of
// gRPC, by the number of the step; nil where a step is another's. Each list is nil where
// there are none.
type Sockets struct {
	WebSocket []*wsload.Step
	Events    []*sseload.Step
	Calls     []*grpcload.Step
}

// Any tells whether there are any.
func (s Sockets) Any() bool { return s.WebSocket != nil || s.Events != nil || s.Calls != nil }

// add keeps all lists as long as the plan's.
func (s *Sockets) add(socket *wsload.Step, events *sseload.Step, call *grpcload.Step) {
	s.WebSocket, s.Events, s.Calls = append(s.WebSocket, socket), append(s.Events, events), append(s.Calls, call)
}

// trimmed has no list without a step.
func (s Sockets) trimmed() Sockets {
	if !slices.ContainsFunc(s.WebSocket, func(w *wsload.Step) bool { return w != nil }) {
		s.WebSocket = nil
	}
	if !slices.ContainsFunc(s.Events, func(e *sseload.Step) bool { return e != nil }) {
		s.Events = nil
	}
	if !slices.ContainsFunc(s.Calls, func(c *grpcload.Step) bool { return c != nil }) {
		s.Calls = nil
	}
	return s
}

// behind returns these steps and, behind them, those of the plan's other target.
func (s Sockets) behind(steps int, other Sockets) Sockets {
	for _, w := range other.WebSocket {
		if w != nil {
			w.Connection += steps
		}
		s.WebSocket = append(s.WebSocket, w)
	}
	for _, e := range other.Events {
		if e != nil {
			e.Stream += steps
		}
		s.Events = append(s.Events, e)
	}
	s.Calls = append(s.Calls, other.Calls...)
	return s
}

// The words of the keys websocket and events.
const (
	wsConnect = "connect"
	wsSend    = "send"
	wsExpect  = "expect"
	wsAsk     = "ask"
	wsClose   = "close"

	sseOpen   = "open"
	sseNext   = "next"
	sseFollow = "follow"
	sseClose  = "close"
)

func socketWords() []string { return []string{wsConnect, wsSend, wsExpect, wsAsk, wsClose} }
func eventsWords() []string { return []string{sseOpen, sseNext, sseFollow, sseClose} }

// isSocket tells whether the step goes over WebSocket or is of an event stream.
func (s *Step) isSocket() bool { return s.WebSocket != "" || s.Events != "" }

// opens tells whether the step goes to an address of its own.
func (s *Step) opens() bool {
	return !s.isSocket() || s.WebSocket == wsConnect || s.Events == sseOpen
}

// waits tells whether the step takes until the server sends something.
func (s *Step) waits() bool {
	return s.WebSocket == wsExpect || s.WebSocket == wsAsk || s.Events == sseNext || s.Events == sseFollow
}

// besideSocket are the keys that may stand beside the words.
func besideSocket(s *Step) []string {
	opening := []string{"path", "url", "query", "headers", "auth", "extract", "check"}
	keys := map[string][]string{
		"websocket " + wsConnect: append(opening, "subprotocols"),
		"websocket " + wsSend:    {"on", "text", "json", "binary"},
		"websocket " + wsAsk:     {"on", "text", "json", "binary", "next", "extract", "check"},
		"websocket " + wsExpect:  {"on", "next", "extract", "check"},
		"websocket " + wsClose:   {"on"},
		"events " + sseOpen:      append(opening, "method", "body", "body_file", "json", "form", "multipart", "expect", "until", "most", "for", "ends"),
		"events " + sseNext:      {"on", "extract", "check"},
		"events " + sseFollow:    {"on", "extract", "check"},
		"events " + sseClose:     {"on"},
	}
	return append(keys[s.socketName()], "name", "timeout")
}

// socketName is what such a step is called where it has no name.
func (s *Step) socketName() string {
	if s.WebSocket != "" {
		return "websocket " + s.WebSocket
	}
	return "events " + s.Events
}

// An open socket is a step that connects or opens a stream, in the flow that is
// compiled.
type openSocket struct {
	name string
	path yamlfile.Path
	step int // in the plan; -1: it comes later
	over *session.Var
	*Step
}

// openings finds the steps of a flow that connect or open.
func (j *journey) openings(path yamlfile.Path, lists ...[]Step) []openSocket {
	var all []openSocket
	for _, steps := range lists {
		each(path, steps, func(at yamlfile.Path, s *Step) {
			if s.isSocket() && s.opens() {
				all = append(all, openSocket{name: s.Name, path: at, step: -1, Step: s})
			}
		})
	}
	return all
}

// opened finds the step that opened what a step is on; nil after a mistake.
func (j *journey) opened(path yamlfile.Path, s *Step) *openSocket {
	key, opening := "websocket", "websocket: connect"
	if s.Events != "" {
		key, opening = "events", "events: open"
	}
	var names []string
	var found *openSocket
	for i := range j.sockets {
		o := &j.sockets[i]
		if (o.WebSocket != "") != (s.WebSocket != "") {
			continue
		}
		names = append(names, o.name)
		if s.On == "" || s.On == o.name {
			found = o
		}
	}
	at := path.Key("on")
	switch {
	case len(names) == 0:
		j.wrong(path.Key(key), "nothing opens a connection for it", "- "+opening+" before it, in the same flow or its setup")
	case s.On == "" && len(names) > 1:
		j.wrong(path.Key(key), "it does not say on which connection", "on: with one of "+strings.Join(names, ", "))
	case found == nil:
		what := "no " + opening + " of this flow is called " + yamlfile.Quote(s.On)
		if near := yamlfile.Nearest(s.On, names); near != "" {
			what += "; did you mean " + yamlfile.Quote(near) + "?"
		}
		j.wrong(at, what, "one of "+strings.Join(names, ", "))
	case found.step < 0:
		if !j.has(at) {
			at = path.Key(key)
		}
		j.wrong(at, "it comes before "+yamlfile.Quote(found.name)+" opens its connection, at "+j.place(found.path).Short(), "it behind that")
	default:
		return found
	}
	return nil
}

// nowOpen notes the number of a step that opens.
func (j *journey) nowOpen(path yamlfile.Path, step int, over *session.Var) {
	for i := range j.sockets {
		if j.sockets[i].path == path {
			j.sockets[i].step, j.sockets[i].over = step, over
		}
	}
}

// webSocket compiles a step that goes over WebSocket.
func (j *journey) webSocket(path yamlfile.Path, s *Step, number int) (loadgen.Step, *wsload.Step) {
	kinds := map[string]wsload.Kind{wsConnect: wsload.Connect, wsSend: wsload.Send, wsExpect: wsload.Expect, wsAsk: wsload.RoundTrip, wsClose: wsload.Close}
	made := &wsload.Step{Kind: kinds[s.WebSocket], Binary: s.Binary, Next: s.Next, Subprotocols: s.Subprotocols}
	if !j.oneOf(path.Key("websocket"), s.WebSocket, socketWords()...) {
		return loadgen.Step{}, nil
	}
	var step loadgen.Step
	if made.Kind == wsload.Connect {
		step = j.request(path, s)
		made.Request, made.Request.Method = step.Request, "GET"
		for i, name := range s.Subprotocols {
			if !isToken(name) {
				j.wrong(path.Key("subprotocols").Index(i), yamlfile.Quote(name)+" is not the name of a protocol", "letters, digits and hyphens")
			}
		}
		j.nowOpen(path, number, nil)
	} else {
		step = j.onSocket(path, s, &made.Connection)
	}
	if made.Kind == wsload.Send || made.Kind == wsload.RoundTrip {
		made.Text = j.message(path, s)
	}
	made.Inspector, step.Inspector = step.Inspector, nil
	step.Request.Method = s.socketName()
	return step, made
}

// onSocket compiles what a step has in common that goes over a connection which another
// one opens.
func (j *journey) onSocket(path yamlfile.Path, s *Step, on *int) loadgen.Step {
	j.varies = true
	j.stepNameFits(path.Key("name"), s.Name)
	j.stepTimeout(path, s)
	step := loadgen.Step{Name: s.Name, Timeout: time.Duration(s.Timeout)}
	if o := j.opened(path, s); o != nil {
		*on = o.step
		step.Request.URL = j.out.Steps[o.step].Request.URL
	}
	if i := j.inspector(path, s, ""); i != nil {
		step.Inspector = i
	}
	return step
}

// message compiles what a step sends.
func (j *journey) message(path yamlfile.Path, s *Step) *session.Text {
	switch text := j.given(path.Key("text"), s.Text != ""); {
	case text && s.JSON != nil:
		j.wrong(path.Key("json"), "both text and json are given", "one of them")
	case !text && s.JSON == nil:
		j.wrong(path.Key("websocket"), "it says nothing to send", "text: or json:")
	case text:
		return j.text(path.Key("text"), s.Text, session.Raw)
	default:
		return j.text(path.Key("json"), jsonText(s.JSON), session.JSON)
	}
	return nil
}

// events compiles a step of an event stream.
func (j *journey) events(path yamlfile.Path, s *Step, number int) (loadgen.Step, *sseload.Step) {
	kinds := map[string]sseload.Kind{sseOpen: sseload.Open, sseNext: sseload.Next, sseFollow: sseload.Next, sseClose: sseload.Close}
	made := &sseload.Step{Kind: kinds[s.Events]}
	if !j.oneOf(path.Key("events"), s.Events, eventsWords()...) {
		return loadgen.Step{}, nil
	}
	var step loadgen.Step
	if made.Kind == sseload.Open {
		step = j.request(path, s)
		j.bounds(path, s, made)
		made.Request = step.Request
		over := j.scope.Declare(fmt.Sprintf("events %s %d", j.out.Name, number)) // no text can name it
		made.Over = &over
		j.nowOpen(path, number, &over)
	} else {
		step = j.onSocket(path, s, &made.Stream)
	}
	made.Inspector, step.Inspector = step.Inspector, nil
	step.Request.Method = cmp.Or(step.Request.Method, s.socketName())
	return step, made
}

// isThere refuses to look at what the answer to the step does not have.
func (j *journey) isThere(path yamlfile.Path, s *Step, source inspect.Source) {
	switch {
	case s.WebSocket == wsConnect && !slices.Contains([]inspect.Source{inspect.Header, inspect.Status, inspect.Time}, source):
		j.wrong(path, "the answer to a handshake has nothing but a head", "header, status or time")
	case s.WebSocket != "" && s.WebSocket != wsConnect && slices.Contains([]inspect.Source{inspect.Header, inspect.Status, inspect.Cookie}, source):
		j.wrong(path, "a message has nothing but a body", "json, jq, regex, css, xpath, body, size, time or sha256")
	case s.Events != "" && source == inspect.Cookie:
		j.wrong(path, "an event brings no cookie", "json, jq, regex, header (event or id), body, size, time or sha256")
	case s.GRPC != "" && source == inspect.Cookie:
		j.wrong(path, "a call brings no cookie", "json, jq, regex, header (metadata), status, body, size, time or sha256")
	}
}

// bounds compiles what ends a stream.
func (j *journey) bounds(path yamlfile.Path, s *Step, to *sseload.Step) {
	if j.given(path.Key("most"), s.Most != 0) {
		j.within(path.Key("most"), s.Most, maxEvents)
	}
	if j.given(path.Key("for"), s.For != 0) && s.For <= 0 {
		j.wrong(path.Key("for"), "the stream would be over at once", "a time above 0")
	}
	j.atMost(path.Key("for"), s.For)
	to.Events, to.For, to.Ends = s.Most, time.Duration(s.For), s.Ends
	var rules []inspect.Rule
	var places []yamlfile.Path
	for i := range s.Until {
		at := path.Key("until").Index(i)
		rules, places = append(rules, j.checking(at, &s.Until[i])), append(places, at)
	}
	if i := j.inspectorOf(rules, places, ""); i != nil {
		to.Until = i
	}
}

const maxEvents = 1_000_000_000

// follow repeats a step that waits for an event until the stream is over.
func (j *journey) follow(path yamlfile.Path, s *Step, do loadgen.Action) loadgen.Action {
	o := j.opened(path, s)
	if o == nil || o.over == nil {
		return do // there is a mistake
	}
	if o.Most == 0 && o.For == 0 && len(o.Until) == 0 && !o.Ends {
		j.wrong(path.Key("events"), "nothing ends the stream", "until, most, for or ends at "+j.place(o.path).Short())
	}
	goesOn, err := j.scope.Condition("${" + j.scope.Name(*o.over) + "} != true")
	if err != nil {
		j.wrong(path, err.Error(), "")
	}
	return loadgen.While{Condition: goesOn, Actions: []loadgen.Action{do}}
}
