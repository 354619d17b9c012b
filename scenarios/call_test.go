package scenarios

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"gonogo/loadgen"
	"gonogo/loadgen/session"
)

// describing are options with which shop.pb describes the services of grpc.testing, and
// text.pb nothing.
func describing(t *testing.T) Options {
	t.Helper()
	set := &descriptorpb.FileDescriptorSet{}
	for _, f := range []protoreflect.FileDescriptor{
		grpc_testing.File_grpc_testing_empty_proto, grpc_testing.File_grpc_testing_messages_proto, grpc_testing.File_grpc_testing_test_proto,
	} {
		set.File = append(set.File, protodesc.ToFileDescriptorProto(f))
	}
	text, err := proto.Marshal(set)
	require.NoError(t, err)
	o := testOptions()
	read := o.ReadFile
	o.ReadFile = func(path string) ([]byte, error) {
		switch path {
		case "dir/shop.pb":
			return text, nil
		case "dir/text.pb":
			return []byte("no descriptors"), nil
		}
		return read(path)
	}
	return o
}

func TestBadCalls(t *testing.T) {
	const unary = "grpc: grpc.testing.TestService/UnaryCall"
	const file = "\ngrpc: {descriptors: shop.pb}"
	tests := []struct{ name, text, want string }{
		{"a method without a slash", "steps: [{grpc: a.B}]", `1:16: steps[0].grpc: method "a.B": want package.Service/Method`},
		{"a code that is none", "steps: [{grpc: a.B/C, expect: [OK, NOTFOUND]}]", `1:36: steps[0].expect[1]: "NOTFOUND" is no code of gRPC; did you mean NOT_FOUND?; want names of codes, such as OK or NOT_FOUND`},
		{"a code like no other", "steps: [{grpc: a.B/C, expect: QQQQQQ}]", `1:31: steps[0].expect: "QQQQQQ" is no code of gRPC; want names of codes, such as OK or NOT_FOUND`},
		{"a status of HTTP", "steps: [{grpc: a.B/C, expect: 200}]", `1:31: steps[0].expect: a call ends with a code of gRPC, not with a status of HTTP; want names of codes, such as OK or NOT_FOUND`},
		{"no code", "steps: [{grpc: a.B/C, expect: []}]", `1:31: steps[0].expect: no code would be ok; want names of codes, such as OK or NOT_FOUND`},
		{"a code of a request", "steps: [{path: /, expect: [200, NOT_FOUND]}]", `1:33: steps[0].expect[1]: "NOT_FOUND" is not a status; want a status such as 200, 201-204 or 2xx`},
		{"a path", "steps: [{grpc: a.B/C, path: /}]", `1:29: steps[0].path: has no meaning beside grpc; want it left out`},
		{"headers", "steps: [{grpc: a.B/C, headers: {A: b}}]", `1:32: steps[0].headers: has no meaning beside grpc; want it left out`},
		{"JSON in place of a message", "steps: [{grpc: a.B/C, json: {}}]", `1:29: steps[0].json: has no meaning beside grpc; want it left out`},
		{"what is of a call, in a request", "steps: [{path: /, message: {a: 1}}]", `1:28: steps[0].message: has no meaning in a request; want it left out`},
		{"two kinds", "steps: [{grpc: a.B/C, websocket: connect}]", `1:16: steps[0].grpc: both websocket and grpc are given; want a step for each`},
		{"a URL of HTTP", "steps: [{grpc: a.B/C, url: 'http://h'}]\ntarget: ''", `1:28: steps[0].url: "http://h" is not a URL of gRPC; want grpc://host:port, or grpcs://host:port with TLS`},
		{"a URL with a path", "steps: [{grpc: a.B/C, url: 'grpc://h/a'}]\ntarget: ''", `1:28: steps[0].url: a call goes to a method, not to a path; want grpc://host:port`},
		{"a host that varies", "steps: [{grpc: a.B/C, url: 'grpc://h${user}'}]\ntarget: ''", `1:28: steps[0].url: the host would be known only within the run; want a URL without variables`},
		{"no messages", "steps: [{grpc: a.B/C, send: 0}]", `1:29: steps[0].send: 0 is out of range; want 1 to 1000000000`},
		{"fewer than no answers", "steps: [{grpc: a.B/C, receive: -1}]", `1:32: steps[0].receive: -1 is out of range; want 1 to 1000000000`},
		{"leaving at no time", "steps: [{grpc: a.B/C, leave: true}]", `1:30: steps[0].leave: a stream is to be left, but not after how many messages: want 1 or more to receive`},
		{"no time", "steps: [{grpc: a.B/C, deadline: 0s}]", `1:33: steps[0].deadline: every call would be over at once; want a time above 0`},
		{"more time than there is", "steps: [{grpc: a.B/C, deadline: 1m}]", `1:33: steps[0].deadline: 1m is longer than load.timeout, 10s; want a shorter one, or a longer load.timeout`},
		{"metadata of gRPC's own", "steps: [{grpc: a.B/C, metadata: {grpc-timeout: 1S}}]", `1:48: steps[0].metadata.grpc-timeout: metadata "grpc-timeout": gRPC itself says what it holds`},
		{"a variable that nobody sets", "steps: [{grpc: a.B/C, message: {id: '${id}'}}]", `1:32: steps[0].message: "${id}": nothing sets "id"; want a variable of variables, data, extract or set; or ${variable}, ${user}, ${iteration}, ${uuid}, ${now}, ${random(1,9)}, ${env:NAME}, ${file:NAME}, or $${ for a plain ${`},
		{"the cookie of an answer", "steps: [{grpc: a.B/C, extract: {a: {cookie: b}}}]", `1:36: steps[0].extract.a: a call brings no cookie; want json, jq, regex, header (metadata), status, body, size, time or sha256`},
		{"what calls share, without one", "grpc: {connections: 2}\nsteps: [{path: /}]", `1:7: grpc: has no meaning where no step is a call; want - grpc: package.Service/Method among the steps, or it left out`},
		{"no connections", "steps: [{grpc: a.B/C}]\ngrpc: {connections: 0}", `2:21: grpc.connections: 0 is out of range; want 1 to 1000000`},
		{"messages of any length", "steps: [{grpc: a.B/C}]\ngrpc: {max_message: 2GiB}", `2:21: grpc.max_message: 2147483648 bytes are out of range; want 1 to 1GiB`},
		{"a file that is not there", "steps: [{grpc: a.B/C}]\ngrpc: {descriptors: no.pb}", `2:21: grpc.descriptors: read "dir/no.pb": file does not exist; want a file that can be read`},
		{"a method that is not described", "steps: [{grpc: a.B/C}]" + file, `1:16: steps[0].grpc: method a.B/C: no service a.B; there is grpc.testing.HookService, grpc.testing.LoadBalancerStatsService, grpc.testing.ReconnectService, grpc.testing.TestService, grpc.testing.UnimplementedService, grpc.testing.XdsUpdateClientConfigureService, grpc.testing.XdsUpdateHealthService`},
		{"a message that does not fit", "steps: [{" + unary + ", message: {no: 1}}]" + file, `1:61: steps[0].message: message of grpc.testing.TestService/UnaryCall: (line 1:2): unknown field "no"; want JSON of grpc.testing.SimpleRequest`},
		{"more messages than it takes", "steps: [{" + unary + ", send: 2}]" + file, `1:58: steps[0].send: method grpc.testing.TestService/UnaryCall takes one message, not 2`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := tt.text + "\nload: {users: 1}"
			if !strings.Contains(text, "target:") {
				text += "\ntarget: http://h"
			}
			f, err := Parse("dir/f.yaml", []byte(text))
			if err == nil {
				_, err = f.Compile(describing(t))
			}
			require.EqualError(t, err, "dir/f.yaml:"+tt.want)
		})
	}
}

const everyCall = `
load: {users: 250}
target: https://h:8443/base
http: {headers: {X-All: a}}
grpc: {descriptors: shop.pb, max_message: 4MB}
setup: [{name: warm, grpc: grpc.testing.TestService/EmptyCall, url: 'grpc://other:1'}]
flows:
  buy:
    steps:
      - {name: page, path: /page}
      - name: ask
        grpc: /grpc.testing.TestService/UnaryCall
        metadata: {authorization: 'Bearer ${env:TOKEN}', n: '${user}'}
        message: {payload: {body: '${user|base64}'}, responseSize: 3}
        deadline: 2s
        timeout: 5s
        expect: [OK, UNAUTHENTICATED]
        extract: {said: $.username}
      - {grpc: grpc.testing.TestService/FullDuplexCall, url: 'grpcs://other', send: 3, receive: 2, leave: true}
`

func TestCallsBecomeSteps(t *testing.T) {
	f, err := Parse("dir/f.yaml", []byte(everyCall))
	require.NoError(t, err)
	c, err := f.Compile(describing(t))
	require.NoError(t, err)
	require.NoError(t, c.Plan.Check())
	calls := c.Sockets.Calls
	require.Nil(t, calls[0])
	require.Equal(t, []any{"ask", "grpc", "https://h:8443/grpc.testing.TestService/UnaryCall"},
		[]any{c.Plan.Steps[1].Name, c.Plan.Steps[1].Request.Method, c.Plan.Steps[1].Request.URL.String()})
	require.Equal(t, 5*time.Second, c.Plan.Steps[1].Timeout)
	require.Equal(t, "grpc.testing.TestService/FullDuplexCall", c.Plan.Steps[2].Name)
	require.Nil(t, c.Plan.Steps[1].Inspector, "it is the call's")

	ask := calls[1]
	require.Equal(t, []any{"grpcs://h:8443", 2 * time.Second, []int{0, int(codes.Unauthenticated)}}, []any{ask.Target.String(), ask.Deadline, ask.Expect})
	user := session.New(c.Plan.Scope, 7, 1)
	message, err := ask.Message.Append(nil, user)
	require.NoError(t, err)
	require.JSONEq(t, `{"payload":{"body":"Nw=="},"responseSize":3}`, string(message))
	require.Equal(t, loadgen.Field{Name: "authorization", Value: "Bearer s3cr3t-t0ken"}, ask.Metadata[0])
	value, err := ask.Metadata[1].Text.Append(nil, user)
	require.NoError(t, err)
	require.Equal(t, "7", string(value))
	require.NoError(t, ask.Inspector.Inspect(&loadgen.Answer{Body: []byte(`{"username":"me"}`)}, user))
	said, _ := c.Plan.Scope.Lookup("said")
	got, _ := user.Get(said)
	require.Equal(t, "me", string(got))

	both := calls[2]
	require.Equal(t, []any{"grpcs://other", 3, 2, true}, []any{both.Target.String(), both.Send, both.Receive, both.Leave})
	require.Equal(t, "grpc://other:1", c.Before.Sockets.Calls[0].Target.String())
	require.Equal(t, 4_000_000, c.Calls.MaxMessage)
	require.NotEmpty(t, c.Calls.Descriptors)
	require.Equal(t, []int{1, 3}, []int{c.Calls.Connections(100), c.Calls.Connections(250)})
	require.NotContains(t, c.Mask("s3cr3t-t0ken"), "s3cr3t")
}

// The scenario as it is reported can be read again, and says the same.
func TestCallsAreReported(t *testing.T) {
	f, err := Parse("dir/f.yaml", []byte(everyCall))
	require.NoError(t, err)
	c, err := f.Compile(describing(t))
	require.NoError(t, err)
	text, err := json.Marshal(c.Effective)
	require.NoError(t, err)
	again, err := Parse("dir/again.yaml", text)
	require.NoError(t, err)
	same, err := again.Compile(describing(t))
	require.NoError(t, err)
	require.Equal(t, c.SHA256, same.SHA256)
	require.Equal(t, c.Sockets.Calls[1].Expect, same.Sockets.Calls[1].Expect)
}

// Calls alone may have a target of gRPC; by weight they are single requests, at both
// targets of a comparison.
func TestCallsByWeight(t *testing.T) {
	f, err := Parse("f.yaml", []byte("load: {users: 1}\ntarget: grpc://h\nhttp: {version: 3}\nsteps: [{grpc: a.B/C, weight: 2}, {grpc: a.B/D}]"))
	require.NoError(t, err)
	c, err := f.CompileAgainst("grpcs://other", testOptions())
	require.NoError(t, err)
	require.Nil(t, c.Plan.Flows)
	require.Equal(t, []int{2, 1}, []int{c.Plan.Steps[0].Weight, c.Plan.Steps[1].Weight})
	var targets []string
	for _, call := range c.Sockets.Calls {
		targets = append(targets, call.Target.String())
	}
	require.Equal(t, []string{"grpc://h", "grpc://h", "grpcs://other", "grpcs://other"}, targets)
	require.Equal(t, "https://other/a.B/D", c.Plan.Against[1].Request.URL.String())

	f, err = Parse("f.yaml", []byte("load: {users: 1}\ntarget: grpc://h\nsteps: [{grpc: a.B/C}, {path: /}]"))
	require.NoError(t, err)
	_, err = f.Compile(testOptions())
	require.ErrorContains(t, err, `f.yaml:2:9: target: the scheme "grpc" is not one that gonogo sends; want http or https`)
}
