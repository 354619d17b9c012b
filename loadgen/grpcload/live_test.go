package grpcload

import (
	"context"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/reflection"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"

	"gonogo/loadgen"
	"gonogo/loadgen/session"
	"gonogo/measure"
)

// descriptorSet is that of the test service, with all it imports.
func descriptorSet(t testing.TB) []byte {
	set := &descriptorpb.FileDescriptorSet{}
	file := grpc_testing.File_grpc_testing_test_proto
	for i := range file.Imports().Len() {
		set.File = append(set.File, protodesc.ToFileDescriptorProto(file.Imports().Get(i)))
	}
	set.File = append(set.File, protodesc.ToFileDescriptorProto(file))
	b, err := proto.Marshal(set)
	require.NoError(t, err)
	return b
}

func TestWhereDescriptorsComeFrom(t *testing.T) {
	v1alpha := func(s *grpc.Server) {
		reflection.Register(hide{s})
	}
	tests := []struct {
		name    string
		reflect func(*grpc.Server)
		file    bool
		err     string
	}{
		{"reflection", v1, false, ""},
		{"its first version", v1alpha, false, ""},
		{"a file", nil, true, ""},
		{"nowhere", nil, false, "the server has no reflection; give a file of descriptors"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			leaves(t, func(t *testing.T) {
				s := serve(t, false, test.reflect)
				o := s.options()
				if test.file {
					o.Descriptors = descriptorSet(t)
				}
				c, err := New([]*Step{s.call(t, "UnaryCall", `{"responseSize": 3}`, Step{})}, o)
				require.NoError(t, err)
				err = c.Preflight(t.Context())
				if test.err != "" {
					require.EqualError(t, err, "descriptors of "+s.url+": "+test.err)
					return
				}
				require.NoError(t, err)
				require.Equal(t, []string{s.url}, c.Hosts())
				clock := loadgen.NewClock()
				u := &sending{c.NewSender(loadgen.User{Clock: clock}), c, clock}
				defer u.Close()
				require.NoError(t, u.send(0).Err)
			})
		})
	}
}

// hide registers only what is of the first version of reflection.
type hide struct{ *grpc.Server }

func (h hide) RegisterService(d *grpc.ServiceDesc, impl any) {
	if d.ServiceName == "grpc.reflection.v1alpha.ServerReflection" {
		h.Server.RegisterService(d, impl)
	}
}

func TestWhatIsSentAndSeen(t *testing.T) {
	scope := &session.Scope{}
	id := scope.Declare("id")
	text := func(s string) *session.Text {
		made, err := scope.Compile(s, session.Raw)
		require.NoError(t, err)
		return made
	}
	s := serve(t, true, v1)
	k := &keeper{needs: loadgen.Needs{Head: true, Body: 1 << 20}}
	step := s.call(t, "UnaryCall", "", Step{
		Message:  text(`{"payload": {"body": "${id|base64}"}, "responseSize": 3}`),
		Metadata: []loadgen.Field{{Name: "A", Value: "1"}, {Name: "a", Text: text("id ${id}")}, {Name: "b-bin", Value: "\x00\xff"}},
		Deadline: time.Minute, Inspector: k,
	})
	c, err := New([]*Step{step}, s.options())
	require.NoError(t, err)
	require.NoError(t, c.Preflight(t.Context()))
	knows := session.New(scope, 1, 1)
	clock := loadgen.NewClock()
	u := &sending{c.NewSender(loadgen.User{Clock: clock, Session: knows}), c, clock}
	defer u.Close()

	o := u.send(0)
	require.Equal(t, measure.Local, o.Class)
	require.EqualError(t, o.Err, "metadata a: variable id has no value")

	knows.Set(id, []byte("x\"y"))
	for range 2 {
		o = u.send(0)
		require.NoError(t, o.Err)
		require.JSONEq(t, `{"payload":{"type":"COMPRESSABLE","body":"AAAA"},"oauthScope":"","serverId":"","grpclbRouteType":"GRPCLB_ROUTE_TYPE_UNKNOWN","hostname":"",`+
			`"username":"body=x\"y a=[\"1\" \"id x\\\"y\"] b-bin=[\"\\x00\\xff\"] authority=127.0.0.1 agent=gonogo deadline=true"}`, string(k.seen.Body))
		require.EqualValues(t, len(k.seen.Body), k.seen.Length)
		require.Equal(t, o.Service(), k.seen.Service)
		for name, want := range map[string]string{"answered": "yes", "counted": "1", "content-type": "application/grpc+proto"} {
			got, _ := k.seen.Field(name)
			require.Equal(t, want, string(got))
		}
	}
}

func TestInstantsAndBytes(t *testing.T) {
	for _, secure := range []bool{false, true} {
		s := serve(t, secure, v1)
		u := sender(t, s.options(), s.call(t, "UnaryCall", `{"responseSize": 10000}`, Step{}))
		for i := range 3 {
			o := u.send(0)
			require.NoError(t, o.Err)
			require.Less(t, o.Due, o.Sent)
			require.Less(t, o.Sent, o.FirstByte)
			require.LessOrEqual(t, o.FirstByte, o.Done)
			require.Equal(t, o.Done, o.Read, "no kernel stamps")
			require.Equal(t, i == 0, o.Connect > 0, "the connection is kept")
			require.Equal(t, i == 0 && secure, o.TLS > 0)
			require.Less(t, o.BytesOut, int64(100))
			require.InDelta(t, 10_100, o.BytesIn, 100)
		}
		u.Close()
		counts := u.client.Network().Counts()
		require.EqualValues(t, 3, counts.Addresses[0].Requests)
		require.Zero(t, counts.Addresses[0].Errors)
	}
}

func TestCalls(t *testing.T) {
	s := serve(t, false, v1)
	three := `{"responseParameters": [{"size": 1}, {"size": 2}, {"size": 3}]}`
	tests := []struct {
		name, method, message string
		step                  Step
		class                 measure.Class
		status                int
		err                   string
		body                  string
	}{
		{"unary", "UnaryCall", "", Step{}, measure.OK, 0, "", `"payload":{`},
		{"a code", "UnaryCall", `{"responseStatus": {"code": 5, "message": "no such thing"}}`, Step{}, measure.Status, 5, "gRPC 5 NOT_FOUND: no such thing", ""},
		{"a code that is expected", "UnaryCall", `{"responseStatus": {"code": 5}}`, Step{Expect: []int{0, 5}}, measure.OK, 5, "", ""},
		{"an OK that is not", "UnaryCall", "", Step{Expect: []int{5}}, measure.Status, 0, "gRPC 0 OK", ""},
		{"UNAVAILABLE, said by the server", "UnaryCall", `{"responseStatus": {"code": 14, "message": "busy"}}`, Step{}, measure.Status, 14, "gRPC 14 UNAVAILABLE: busy", ""},
		{"a method that is not there", "UnimplementedCall", "", Step{}, measure.Status, 12, "gRPC 12 UNIMPLEMENTED: method UnimplementedCall not implemented", ""},
		{"a stream from the server", "StreamingOutputCall", three, Step{Receive: 3}, measure.OK, 0, "", `"body":"AAAA"`},
		{"of any length", "StreamingOutputCall", three, Step{}, measure.OK, 0, "", `"body":"AAAA"`},
		{"of another", "StreamingOutputCall", three, Step{Receive: 2}, measure.Check, 0, "3 messages came, want 2", ""},
		{"without end, which is left", "StreamingOutputCall", "{}", Step{Receive: 5, Leave: true}, measure.OK, 0, "", `"payload":null`},
		{"that ends before it is left", "StreamingOutputCall", three, Step{Receive: 4, Leave: true}, measure.Check, 0, "3 messages came, want 4", ""},
		{"a stream to the server", "StreamingInputCall", `{"payload": {"body": "AAAA"}}`, Step{Send: 7}, measure.OK, 0, "", `"aggregatedPayloadSize":21`},
		{"both", "FullDuplexCall", `{"payload": {"body": "AAAA"}}`, Step{Send: 5, Receive: 5}, measure.OK, 0, "", `"body":"AAAA"`},
		{"an answer that is wrong", "UnaryCall", "", Step{Inspector: &keeper{err: &loadgen.CheckError{What: "wrong"}}}, measure.Check, 0, "wrong", ""},
		{"an answer that is too large for us", "UnaryCall", `{"responseSize": 300000}`, Step{}, measure.Local, 0, "grpc: received message larger than max (300", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			k, _ := test.step.Inspector.(*keeper)
			if k == nil {
				k = &keeper{needs: loadgen.Needs{Body: 1 << 20}}
				test.step.Inspector = k
			}
			options := s.options()
			options.MaxMessage = 200_000
			u := sender(t, options, s.call(t, test.method, test.message, test.step))
			defer u.Close()
			for range 2 {
				o := u.send(0)
				require.Equal(t, test.class, o.Class, "%v", o.Err)
				require.Equal(t, test.status, o.Status)
				require.Positive(t, o.Sent)
				if test.err == "" {
					require.NoError(t, o.Err)
					require.Contains(t, compact(k.seen.Body), test.body)
					require.Equal(t, test.status, k.seen.Status)
				} else {
					require.ErrorContains(t, o.Err, test.err)
				}
			}
		})
	}
}

// compact takes out the spaces, of which the library puts a changing number.
func compact(b []byte) string {
	var out []byte
	for _, c := range b {
		if c != ' ' {
			out = append(out, c)
		}
	}
	return string(out)
}

// A peer that writes as much as it is sent is read meanwhile.
func TestBothDirectionsAtOnce(t *testing.T) {
	s := serve(t, false, v1)
	u := sender(t, s.options(), s.call(t, "FullDuplexCall", `{"payload": {"body": "`+string(make64(100_000))+`"}}`, Step{Send: 100, Receive: 100}))
	defer u.Close()
	require.NoError(t, u.send(0).Err)
}

// make64 is Base64 of zeros.
func make64(n int) []byte {
	b := make([]byte, n/4*4)
	for i := range b {
		b[i] = 'A'
	}
	return b
}

func TestPreflightRefuses(t *testing.T) {
	s := serve(t, false, v1)
	tests := []struct{ name, method, message, want string }{
		{"a service that is not there", "no.Service/Method", "", "service no.Service: the server says: "},
		{"a method that is not there", service + "Nothing", "", "the service has none of that name; it has CacheableUnaryCall, EmptyCall, "},
		{"a message that is no JSON", service + "UnaryCall", "{", "message of " + service + "UnaryCall: unexpected EOF; want JSON of grpc.testing.SimpleRequest"},
		{"a field that is not there", service + "UnaryCall", `{"no": 1}`, `unknown field "no"; want JSON of grpc.testing.SimpleRequest`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			step := s.call(t, "UnaryCall", test.message, Step{})
			step.Method = test.method
			c, err := New([]*Step{step}, s.options())
			require.NoError(t, err)
			require.ErrorContains(t, c.Preflight(t.Context()), test.want)
		})
	}
}

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name, target string
		step         Step
		want         string
	}{
		{"another scheme", "http://a.test", Step{Method: "a.B/C"}, `scheme "http": want grpc or grpcs`},
		{"no host", "grpc:///", Step{Method: "a.B/C"}, "the URL names no host"},
		{"a method without a service", "grpc://a.test", Step{Method: "C"}, `method "C": want package.Service/Method`},
		{"a method that is a path", "grpc://a.test", Step{Method: "a.B/C/D"}, `method "a.B/C/D": want package.Service/Method`},
		{"metadata of gRPC's own", "grpc://a.test", Step{Method: "a.B/C", Metadata: []loadgen.Field{{Name: "grpc-timeout"}}}, `metadata "grpc-timeout": gRPC itself says what it holds`},
		{"a name that is none", "grpc://a.test", Step{Method: "a.B/C", Metadata: []loadgen.Field{{Name: "a b"}}}, `metadata "a b": want letters, digits and -_. in the name`},
		{"a value that is none", "grpc://a.test", Step{Method: "a.B/C", Metadata: []loadgen.Field{{Name: "a", Value: "b\n"}}}, "metadata a: want printable ASCII, or a name that ends in -bin"},
		{"a code that is none", "grpc://a.test", Step{Method: "a.B/C", Expect: []int{200}}, "expect 200: want codes of gRPC, 0 to 16"},
		{"leaving at no time", "grpc://a.test", Step{Method: "a.B/C", Leave: true}, "a stream is to be left, but not after how many messages: want 1 or more to receive"},
		{"a stream of messages to who takes one", "grpc://a.test", Step{Method: service + "UnaryCall", Send: 2}, "method " + service + "UnaryCall takes one message, not 2"},
		{"a stream from who sends none", "grpc://a.test", Step{Method: service + "UnaryCall", Receive: 2}, "method " + service + "UnaryCall answers with one message, which is not a stream to be counted or left"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var err error
			test.step.Name = "a"
			test.step.Target, err = url.Parse(test.target)
			require.NoError(t, err)
			_, err = New([]*Step{&test.step}, Options{Descriptors: descriptorSet(t)})
			require.EqualError(t, err, `step "a": `+test.want)
		})
	}
}

// Later calls are those of the steps as they are now; those of another protocol are nil.
func TestRenew(t *testing.T) {
	for name, options := range map[string]func(*server) Options{
		"reflection": (*server).options,
		"a file": func(s *server) Options {
			o := s.options()
			o.Descriptors = descriptorSet(t)
			return o
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, false, v1)
			with := func(value, message string) *Step {
				k := &keeper{needs: loadgen.Needs{Body: 1000}}
				return s.call(t, "UnaryCall", message, Step{Inspector: k, Metadata: []loadgen.Field{{Name: "a", Value: value}}})
			}
			u := sender(t, options(s), nil, with("old", "{}"))
			defer u.Close()
			said := func(step *Step) string { return string(step.Inspector.(*keeper).seen.Body) }
			again := with("new", "{}")
			require.NoError(t, u.client.Renew([]*Step{nil, again}))
			require.NoError(t, u.send(1).Err)
			require.Contains(t, said(again), `a=[\"new\"]`)

			moved := with("", "{}")
			moved.Target, _ = url.Parse("grpc://127.0.0.1:1")
			for want, steps := range map[string][]*Step{
				"renew calls: want 2 steps, got 1":                                   {nil},
				"renew calls: step 0 is not of the protocol that it was":             {again, again},
				`renew step "a": it goes to grpc://127.0.0.1:1 now, not to ` + s.url: {nil, moved},
				`unknown field "no"`: {nil, with("", `{"no": 1}`)},
			} {
				require.ErrorContains(t, u.client.Renew(steps), want)
			}
			require.NoError(t, u.send(1).Err)
			require.Contains(t, said(again), `a=[\"new\"]`, "what cannot be sent changes nothing")
		})
	}
}

// What does not fit says which of its fields does not, before anything is sent.
func TestCheck(t *testing.T) {
	known, err := ReadDescriptors(descriptorSet(t))
	require.NoError(t, err)
	target, err := url.Parse("grpc://a.test")
	require.NoError(t, err)
	tests := []struct {
		name, key string
		step      Step
	}{
		{"a method that is none", "method", Step{Method: "a"}},
		{"a method that is not there", "method", Step{Method: service + "Nothing"}},
		{"a message that does not fit", "message", Step{Method: service + "UnaryCall", Message: compileText(t, `{"no": 1}`)}},
		{"too many messages", "send", Step{Method: service + "UnaryCall", Send: 2}},
		{"too many answers", "receive", Step{Method: service + "UnaryCall", Receive: 2}},
		{"metadata of gRPC's own", "metadata.te", Step{Method: service + "UnaryCall", Metadata: []loadgen.Field{{Name: "te"}}}},
		{"a code that is none", "expect", Step{Method: service + "UnaryCall", Expect: []int{17}}},
		{"leaving at no time", "leave", Step{Method: service + "StreamingOutputCall", Leave: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.step.Target = target
			var wrong *StepError
			require.ErrorAs(t, test.step.Check(known), &wrong)
			require.Equal(t, test.key, wrong.Key)
		})
	}
	good := Step{Method: service + "UnaryCall", Target: target}
	require.NoError(t, good.Check(known))
	unknown := Step{Method: "a.B/C", Target: target}
	require.NoError(t, unknown.Check(nil), "nobody has said what there is")
}

func compileText(t *testing.T, text string) *session.Text {
	t.Helper()
	made, err := (&session.Scope{}).Compile(text, session.JSON)
	require.NoError(t, err)
	return made
}

func TestNoConnection(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	nobody := "grpc://" + ln.Addr().String()
	require.NoError(t, ln.Close())
	secure, plain := serve(t, true, nil), serve(t, false, nil)
	tests := []struct {
		name, url string
		class     measure.Class
		err       string
	}{
		{"nobody listens", nobody, measure.Connect, "connect: connect: connection refused"},
		{"a certificate that nobody vouches for", secure.url, measure.TLS, "tls: failed to verify certificate: x509: "},
		{"TLS that is not spoken", "grpcs" + plain.url[4:], measure.TLS, "tls: "},
		{"a peer that speaks TLS", "grpc" + secure.url[5:], measure.Reset, "the peer ended the connection at once"},
		{"a peer that speaks HTTP/1", talker(t, "HTTP/1.1 400 Bad Request\r\n\r\n"), measure.Malformed, "the peer does not speak HTTP/2 here"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			leaves(t, func(t *testing.T) {
				step := plain.call(t, "UnaryCall", "", Step{})
				step.Target, err = url.Parse(test.url)
				require.NoError(t, err)
				c, err := New([]*Step{step}, Options{Descriptors: descriptorSet(t)})
				require.NoError(t, err)
				clock := loadgen.NewClock()
				u := &sending{c.NewSender(loadgen.User{Clock: clock}), c, clock}
				defer u.Close()
				for range 2 {
					o := u.send(0)
					require.Equal(t, test.class, o.Class, "%v", o.Err)
					require.ErrorContains(t, o.Err, test.err)
					require.Positive(t, o.Connect)
					require.Zero(t, o.Sent)
				}
			})
		})
	}
}

// talker is a peer that says the same to everyone, and hears nothing.
func talker(t *testing.T, text string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, text)
			_, _ = io.Copy(io.Discard, c)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() {
		_ = ln.Close()
		<-ended
	})
	return "grpc://" + ln.Addr().String()
}

func TestTimeouts(t *testing.T) {
	const limit = 100 * time.Millisecond
	leaves(t, func(t *testing.T) {
		s := serve(t, false, v1)
		long := s.call(t, "EmptyCall", "", Step{})
		own := s.call(t, "EmptyCall", "", Step{Deadline: limit})
		expected := s.call(t, "EmptyCall", "", Step{Deadline: limit, Expect: []int{4}})
		u := sender(t, s.options(), long, own, expected)
		defer u.Close()
		for range 2 {
			o := u.sendFor(0, limit)
			require.Equal(t, measure.Timeout, o.Class)
			require.EqualError(t, o.Err, "no complete answer within the timeout")
			require.GreaterOrEqual(t, o.Done-o.Due, limit)
			o = u.send(1)
			require.Equal(t, measure.Timeout, o.Class)
			require.GreaterOrEqual(t, o.Done-o.Sent, limit-time.Millisecond)
		}
		close(s.hold)
		require.NoError(t, u.send(0).Err, "the connection is as good as before")
	})
}

// An Interrupt that comes for nothing, between calls or within one, changes nothing.
func TestASpuriousInterruptIsHarmless(t *testing.T) {
	s := serve(t, false, v1)
	u := sender(t, s.options(), s.call(t, "UnaryCall", `{"responseSize": 100000}`, Step{}))
	defer u.Close()
	over, interrupting := make(chan struct{}), sync.WaitGroup{}
	interrupting.Go(func() {
		for {
			select {
			case <-over:
				return
			default:
				u.Interrupt()
			}
		}
	})
	for range 50 {
		require.NoError(t, u.send(0).Err)
	}
	close(over)
	interrupting.Wait()
}

// Many users share few connections; nothing is left of them.
func TestARunLeavesNothingBehind(t *testing.T) {
	leaves(t, func(t *testing.T) {
		s := serve(t, false, v1)
		o := s.options()
		o.Connections = 3
		c, err := New([]*Step{s.call(t, "UnaryCall", "", Step{})}, o)
		require.NoError(t, err)
		require.NoError(t, c.Preflight(t.Context()))
		plan := &loadgen.Plan{
			Steps:   []loadgen.Step{{Name: "a", Weight: 1}},
			Closed:  &loadgen.Closed{Users: 20, Iterations: 20},
			Measure: time.Minute, Timeout: time.Minute, Grace: time.Second,
		}
		r := (&loadgen.Engine{Plan: plan, Protocol: c}).Run(context.Background())
		total := r.Summary.Total()
		require.EqualValues(t, 400, total.Class[measure.OK], "%v", r.Summary.Errors())
		require.EqualValues(t, 3, c.Network().Counts().Opened)
	})
}
