package scenarios

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/loadgen/session"
	"gonogo/loadgen/sseload"
	"gonogo/loadgen/wsload"
)

func TestBadSockets(t *testing.T) {
	const ws = "{name: c, websocket: connect, path: /ws}"
	const sse = "{name: o, events: open, path: /e, most: 3}"
	tests := []struct{ name, text, want string }{
		{"a word that is none", "steps: [{websocket: conect, path: /}]", `1:21: steps[0].websocket: "conect" is not known; did you mean "connect"?`},
		{"a word that is none, in a step with an objective", "steps: [" + ws + ", {name: bye, websocket: clos}]\nobjectives: ['p95{bye} < 1s']", `1:74: steps[1].websocket: "clos" is not known; did you mean "close"?`},
		{"a word of events that is none", "steps: [{events: listen, path: /}]", `1:18: steps[0].events: "listen" is not known; want open, next, follow or close`},
		{"a message before its connection", "steps: [{websocket: send, text: a}, " + ws + "]", `1:21: steps[0].websocket: it comes before "c" opens its connection, at dir/f.yaml:1; want it behind that`},
		{"a message before its connection, by name", "steps: [{websocket: send, on: c, text: a}, " + ws + "]", `1:31: steps[0].on: it comes before "c" opens its connection, at dir/f.yaml:1; want it behind that`},
		{"no connection at all", "steps: [{websocket: send, text: a}]", `1:21: steps[0].websocket: nothing opens a connection for it; want - websocket: connect before it, in the same flow or its setup`},
		{"a connection of another kind", "steps: [" + ws + ", {events: next}]", `1:60: steps[1].events: nothing opens a connection for it; want - events: open before it, in the same flow or its setup`},
		{"a connection of another flow", "flows: {a: {steps: [" + ws + "]}, b: {steps: [{websocket: close}]}}", `1:89: flows.b.steps[0].websocket: nothing opens a connection for it; want - websocket: connect before it, in the same flow or its setup`},
		{"a name that is none", "steps: [" + ws + ", {websocket: send, on: cc, text: a}]", `1:73: steps[1].on: no websocket: connect of this flow is called "cc"; did you mean "c"?; want one of c`},
		{"one of two connections", "steps: [" + ws + ", {name: d, websocket: connect, path: /d}, {websocket: send, text: a}]", `1:104: steps[2].websocket: it does not say on which connection; want on: with one of c, d`},
		{"no message", "steps: [" + ws + ", {websocket: send}]", `1:63: steps[1].websocket: it says nothing to send; want text: or json:`},
		{"two messages", "steps: [" + ws + ", {websocket: ask, text: a, json: {}}]", `1:83: steps[1].json: both text and json are given; want one of them`},
		{"a message that is expected", "steps: [" + ws + ", {websocket: expect, text: a}]", `1:77: steps[1].text: has no meaning beside websocket expect; want it left out`},
		{"a path that is sent", "steps: [" + ws + ", {websocket: send, text: a, path: /}]", `1:84: steps[1].path: has no meaning beside websocket send; want it left out`},
		{"a method of a handshake", "steps: [{websocket: connect, path: /, method: POST}]", `1:47: steps[0].method: has no meaning beside websocket connect; want it left out`},
		{"a status of a handshake", "steps: [{websocket: connect, path: /, expect: 200}]", `1:47: steps[0].expect: has no meaning beside websocket connect; want it left out`},
		{"a weight", "steps: [{websocket: connect, path: /, weight: 2}]", `1:47: steps[0].weight: has no meaning beside websocket connect; want it left out`},
		{"what is of a message, in a request", "steps: [{path: /, text: a}]", `1:25: steps[0].text: has no meaning in a request; want it left out`},
		{"the bound of a stream, of its next event", "steps: [" + sse + ", {events: next, most: 3}]", `1:74: steps[1].most: has no meaning beside events next; want it left out`},
		{"two kinds", "steps: [{websocket: connect, events: open, path: /}]", `1:38: steps[0].events: both websocket and events are given; want a step for each`},
		{"a stream that nothing ends", "steps: [{name: o, events: open, path: /e}, {events: follow}]", `1:53: steps[1].events: nothing ends the stream; want until, most, for or ends at dir/f.yaml:1`},
		{"a stream of no time", "steps: [{events: open, path: /e, for: 0s}]", `1:39: steps[0].for: the stream would be over at once; want a time above 0`},
		{"a stream of no events", "steps: [{events: open, path: /e, most: 0}]", `1:40: steps[0].most: 0 is out of range; want 1 to 1000000000`},
		{"an end that is nothing", "steps: [{events: open, path: /e, until: [{json: a}]}]", `1:49: steps[0].until[0].json: nothing is said of it; want one of is, is_not, contains, matches, at_least, at_most, exists`},
		{"the header of a message", "steps: [" + ws + ", {websocket: expect, check: [{header: A, is: b}]}]", `1:79: steps[1].check[0]: a message has nothing but a body; want json, jq, regex, css, xpath, body, size, time or sha256`},
		{"the body of a handshake", "steps: [{websocket: connect, path: /, check: [{body: true, is: b}]}]", `1:47: steps[0].check[0]: the answer to a handshake has nothing but a head; want header, status or time`},
		{"the cookie of an event", "steps: [" + sse + ", {events: next, extract: {a: {cookie: b}}}]", `1:81: steps[1].extract.a: an event brings no cookie; want json, jq, regex, header (event or id), body, size, time or sha256`},
		{"a URL of another scheme", "steps: [{websocket: connect, url: 'ftp://h/'}]\ntarget: ''", `1:35: steps[0].url: the scheme "ftp" is not one that gonogo sends; want http or https`},
		{"a subprotocol that is none", "steps: [{websocket: connect, path: /, subprotocols: ['a b']}]", `1:54: steps[0].subprotocols[0]: "a b" is not the name of a protocol; want letters, digits and hyphens`},
		{"HTTP/2", "http: {version: 2}\nsteps: [{websocket: connect, path: /}]", `2:21: steps[0].websocket: it goes over HTTP/1.1, and http.version is 2; want http.version: 1.1`},
		{"steps by weight", "flow: false\nsteps: [" + ws + "]", `1:7: flow: steps that decide, wait or hold a connection have no meaning outside of a flow; want flow: true`},
		{"a timeout longer than all", "steps: [" + ws + ", {websocket: expect, timeout: 1m}]", `1:80: steps[1].timeout: 1m is longer than load.timeout, 10s; want a shorter one, or a longer load.timeout`},
		{"a variable that a message sets later", "steps: [" + ws + ", {websocket: send, text: '${id}'}, {websocket: expect, extract: {id: $.id}}]", `1:75: steps[1].text: ${id} has no value here: it is set later, at dir/f.yaml:1; want it set before: by a step above, setup, variables or data`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := compileText(tt.text)
			require.Error(t, err)
			require.Equal(t, "dir/f.yaml:"+tt.want, err.Error())
		})
	}
}

const everySocket = `
load: {users: 1}
target: https://h/base
http: {headers: {X-All: a}, auth: {bearer: b}}
setup: [{name: first, websocket: connect, url: 'wss://other/ws'}, {name: first word, websocket: send, text: hi}]
flows:
  chat:
    setup: [{name: join, websocket: connect, path: '/ws?u=${user}', headers: {Origin: here}, subprotocols: [a, b], timeout: 1s, check: [{header: X, exists: true}]}]
    steps:
      - {name: page, path: /page}
      - {name: say, websocket: send, json: {u: '${user}'}, binary: true}
      - {name: hear, websocket: expect, on: join, next: true, extract: {n: $.n}}
      - {name: ask, websocket: ask, text: '${n}', check: [{json: n, is: '${n}'}]}
      - {name: log, events: open, path: /log, json: {q: 1}, until: [{json: done, is: 'true'}], most: 9, for: 30s, check: [{header: event, is: tick}]}
      - {name: line, events: next, timeout: 2s}
      - {name: gap, events: follow}
      - {name: hang up, events: close}
    teardown: [{name: leave, websocket: close}]
`

func TestSocketsBecomeSteps(t *testing.T) {
	c, err := compileText(everySocket)
	require.NoError(t, err)
	p, ws, sse := &c.Plan, c.Sockets.WebSocket, c.Sockets.Events
	require.NoError(t, p.Check())
	var kinds []string
	for i, s := range p.Steps {
		kind := "request"
		switch {
		case ws[i] != nil:
			kind = ws[i].Kind.String()
		case sse[i] != nil:
			kind = sse[i].Kind.String()
		}
		kinds = append(kinds, s.Name+": "+kind)
		require.Equal(t, "h", s.Request.URL.Host)
	}
	require.Equal(t, []string{"join: connect", "page: request", "say: send", "hear: expect", "ask: round trip", "log: open", "line: next", "gap: next", "hang up: close", "leave: close"}, kinds)

	join := ws[0]
	require.Equal(t, []string{"a", "b"}, join.Subprotocols)
	require.Equal(t, "/base/ws?u=0", join.Request.URL.RequestURI())
	require.Equal(t, "GET", join.Request.Method)
	user := session.New(p.Scope, 7, 1)
	text := func(of *session.Text) string {
		made, err := of.Append(nil, user)
		require.NoError(t, err)
		return string(made)
	}
	require.Equal(t, "/base/ws?u=7", text(join.Request.Target))
	require.Equal(t, []loadgen.Field{{Name: "X-All", Value: "a"}, {Name: "Authorization", Value: "Bearer b"}, {Name: "Origin", Value: "here"}}, join.Request.Header)
	require.Equal(t, time.Second, p.Steps[0].Timeout)
	require.NotNil(t, join.Inspector)

	require.Equal(t, `{"u":"7"}`, text(ws[2].Text))
	require.Equal(t, &wsload.Step{Kind: wsload.Send, Binary: true, Text: ws[2].Text}, ws[2])
	require.Equal(t, &wsload.Step{Kind: wsload.Expect, Next: true, Inspector: ws[3].Inspector}, ws[3])
	n, _ := p.Scope.Lookup("n")
	require.NoError(t, ws[3].Inspector.Inspect(&loadgen.Answer{Body: []byte(`{"n":5}`)}, user))
	value, _ := user.Get(n)
	require.Equal(t, "5", string(value))
	require.Equal(t, "5", text(ws[4].Text))
	require.NoError(t, ws[4].Inspector.Inspect(&loadgen.Answer{Body: []byte(`{"n":5}`)}, user))
	require.Error(t, ws[4].Inspector.Inspect(&loadgen.Answer{Body: []byte(`{"n":6}`)}, user))

	log := sse[5]
	require.Equal(t, &sseload.Step{
		Kind: sseload.Open, Request: log.Request, Inspector: log.Inspector, Until: log.Until, Over: log.Over, Events: 9, For: 30 * time.Second,
	}, log)
	require.Equal(t, []any{"POST", `{"q":1}`, "/base/log"}, []any{log.Request.Method, string(log.Request.Body), log.Request.URL.Path})
	require.NoError(t, log.Inspector.Inspect(&loadgen.Answer{Head: []byte("event: tick\r\n")}, user))
	require.NoError(t, log.Until.Inspect(&loadgen.Answer{Body: []byte(`{"done":true}`)}, user))
	require.Equal(t, &sseload.Step{Kind: sseload.Next, Stream: 5}, sse[6])
	require.Equal(t, 2*time.Second, p.Steps[6].Timeout)

	actions := p.Flows[0].Actions[0].(loadgen.Group).Actions
	while := actions[6].(loadgen.While)
	require.Equal(t, []loadgen.Action{loadgen.Do{Step: 7}}, while.Actions)
	require.True(t, while.Condition.Holds(user))
	user.Set(*log.Over, []byte("true"))
	require.False(t, while.Condition.Holds(user))

	require.Equal(t, "https://other/ws", c.Before.Sockets.WebSocket[0].Request.URL.String())
	require.Equal(t, wsload.Send, c.Before.Sockets.WebSocket[1].Kind)
	require.Nil(t, c.Before.Sockets.Events)
	require.False(t, c.After.Sockets.Any())
}

// The scenario as it is reported can be read again, and says the same.
func TestSocketsAreReported(t *testing.T) {
	c, err := compileText(everySocket)
	require.NoError(t, err)
	text, err := json.Marshal(c.Effective)
	require.NoError(t, err)
	again, err := Parse("again.yaml", text)
	require.NoError(t, err)
	again.HTTP.Auth.Bearer = "b" // it was masked
	same, err := again.Compile(testOptions())
	require.NoError(t, err)
	require.Equal(t, c.SHA256, same.SHA256)
	require.Len(t, same.Sockets.WebSocket, len(c.Sockets.WebSocket))
}

func TestSocketsAtTwoTargets(t *testing.T) {
	f, err := Parse("f.yaml", []byte("load: {users: 1}\ntarget: http://h\nsteps: [{name: c, websocket: connect, path: /}, {websocket: close}, {name: o, events: open, path: /e}, {events: close}]"))
	require.NoError(t, err)
	c, err := f.CompileAgainst("http://other", testOptions())
	require.NoError(t, err)
	all := c.Plan.AllSteps()
	require.Len(t, all, 8)
	require.Len(t, c.Sockets.WebSocket, 8)
	require.Equal(t, []any{0, 4}, []any{c.Sockets.WebSocket[1].Connection, c.Sockets.WebSocket[5].Connection})
	require.Equal(t, []any{2, 6}, []any{c.Sockets.Events[3].Stream, c.Sockets.Events[7].Stream})
	require.Equal(t, "http://other/e", c.Sockets.Events[6].Request.URL.String())
}
