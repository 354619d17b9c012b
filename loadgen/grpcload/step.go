package grpcload

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"gonogo/loadgen"
	"gonogo/loadgen/session"
)

// A Step is one named call of a scenario.
type Step struct {
	Name     string
	Target   *url.URL        // grpc://host:port, or grpcs:// with TLS
	Method   string          // "package.Service/Method"
	Message  *session.Text   // in JSON; nil: an empty one
	Metadata []loadgen.Field // in the order in which it is sent

	// Of streams. A unary call sends one message and receives one.
	Send    int  // how many times Message is sent, written anew each time; 0: once
	Receive int  // how many messages are to come; 0: any number
	Leave   bool // once Receive have come the stream is given up, and is OK; else more are wrong

	// Deadline is sent with the call, for the server to act on; 0: none is. A call that
	// ends by it has class timeout, whoever noticed first.
	Deadline time.Duration

	Expect    []int // codes that are ok; empty: 0, which is OK
	Inspector loadgen.Inspector
}

// A call is a Step, checked and compiled.
type call struct {
	step   Step
	http   *url.URL // where it goes
	origin int      // its number
	path   string   // "/package.Service/Method"
	needs  loadgen.Needs

	desc     grpc.StreamDesc
	input    protoreflect.MessageDescriptor // nil before compile
	output   protoreflect.MessageDescriptor
	types    resolver
	constant []byte // the message, where it is always the same
}

// resolver finds what messages hold by name: extensions, and what Any holds.
type resolver interface {
	protoregistry.MessageTypeResolver
	protoregistry.ExtensionTypeResolver
}

// Check returns what is wrong with a step, as a StepError. Without descriptors, which
// may be nil, it is no more than the step itself shows; what a message holds that is
// written anew each time, only the run shows.
func (s *Step) Check(by *Descriptors) error {
	c, err := s.check()
	if err == nil && by != nil {
		err = c.compile(by)
	}
	return err
}

// A StepError is a step that cannot be sent.
type StepError struct {
	Key string // the field that is wrong, in small letters; of metadata with its name: metadata.NAME
	Err error
}

func (e *StepError) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong with it.
func (e *StepError) Unwrap() error { return e.Err }

func wrong(key, format string, values ...any) error {
	return &StepError{key, fmt.Errorf(format, values...)}
}

// A DescriptorError is a server that does not say what can be sent to it.
type DescriptorError struct{ Err error }

func (e *DescriptorError) Error() string { return e.Err.Error() }

// Unwrap returns why.
func (e *DescriptorError) Unwrap() error { return e.Err }

// check makes the call of a step, all but its message.
func (s *Step) check() (*call, error) {
	c := &call{step: *s}
	if s.Target == nil {
		return nil, wrong("target", "the step has no target: want grpc://host:port or grpcs://host:port")
	}
	scheme := map[string]string{"grpc": "http", "grpcs": "https"}[s.Target.Scheme]
	if scheme == "" {
		return nil, wrong("target", "scheme %q: want grpc or grpcs", s.Target.Scheme)
	}
	c.http = &url.URL{Scheme: scheme, Host: s.Target.Host}
	service, method, ok := strings.Cut(strings.TrimPrefix(s.Method, "/"), "/")
	if !ok || !protoreflect.FullName(service).IsValid() || !protoreflect.Name(method).IsValid() {
		return nil, wrong("method", "method %q: want package.Service/Method", s.Method)
	}
	c.path = "/" + service + "/" + method
	for _, f := range s.Metadata {
		if err := checkMetadata(f); err != nil {
			return nil, &StepError{"metadata." + f.Name, err}
		}
	}
	for _, code := range s.Expect {
		if code < 0 || code > 16 {
			return nil, wrong("expect", "expect %d: want codes of gRPC, 0 to 16", code)
		}
	}
	if s.Leave && s.Receive < 1 {
		return nil, wrong("leave", "a stream is to be left, but not after how many messages: want 1 or more to receive")
	}
	if s.Inspector != nil {
		c.needs = s.Inspector.Needs()
	}
	return c, nil
}

// checkMetadata refuses names that gRPC keeps for itself, or that it cannot send.
func checkMetadata(f loadgen.Field) error {
	name := strings.ToLower(f.Name)
	bad := func(r rune) bool {
		return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-' || r == '_' || r == '.')
	}
	switch {
	case name == "" || strings.ContainsFunc(name, bad):
		return fmt.Errorf("metadata %q: want letters, digits and -_. in the name", f.Name)
	case strings.HasPrefix(name, "grpc-") || name == "content-type" || name == "te" || name == "user-agent":
		return fmt.Errorf("metadata %q: gRPC itself says what it holds", f.Name)
	case f.Text == nil:
		return checkValue(name, f.Value)
	}
	return nil
}

// checkValue refuses what no header can hold. What ends in -bin may hold anything.
func checkValue(name, value string) error {
	if !strings.HasSuffix(name, "-bin") && strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
		return fmt.Errorf("metadata %s: want printable ASCII, or a name that ends in -bin", name)
	}
	return nil
}

// expects tells whether the code is one that the step calls ok.
func (s *Step) expects(code int) bool {
	if len(s.Expect) == 0 {
		return code == 0
	}
	for _, e := range s.Expect {
		if e == code {
			return true
		}
	}
	return false
}
