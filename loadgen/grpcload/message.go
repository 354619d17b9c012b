package grpcload

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"gonogo/loadgen/session"
)

// compile finds the method among the descriptors, and makes the message if it is
// always the same.
func (c *call) compile(of *Descriptors) error {
	service, method, _ := strings.Cut(c.path[1:], "/")
	found, err := of.files.FindDescriptorByName(protoreflect.FullName(service))
	if err != nil {
		return wrong("method", "method %s: no service %s; there is %s", c.step.Method, service, of.services())
	}
	s, ok := found.(protoreflect.ServiceDescriptor)
	if !ok {
		return wrong("method", "method %s: %s is no service", c.step.Method, service)
	}
	m := s.Methods().ByName(protoreflect.Name(method))
	if m == nil {
		return wrong("method", "method %s: the service has none of that name; it has %s", c.step.Method, methodsOf(s))
	}
	c.desc = grpc.StreamDesc{StreamName: method, ClientStreams: m.IsStreamingClient(), ServerStreams: m.IsStreamingServer()}
	if err := c.checkStream(); err != nil {
		return err
	}
	c.input, c.output, c.types = m.Input(), m.Output(), of.types
	text, constant := "{}", true
	if c.step.Message != nil {
		text, constant = c.step.Message.Constant()
	}
	if !constant {
		return nil
	}
	if c.constant, err = c.encode([]byte(text)); err != nil {
		return &StepError{"message", err}
	}
	return nil
}

func (c *call) checkStream() error {
	if !c.desc.ClientStreams && c.step.Send > 1 {
		return wrong("send", "method %s takes one message, not %d", c.step.Method, c.step.Send)
	}
	if !c.desc.ServerStreams && (c.step.Receive > 1 || c.step.Leave) {
		return wrong("receive", "method %s answers with one message, which is not a stream to be counted or left", c.step.Method)
	}
	return nil
}

// maxDepth is how deep a message may be nested. The libraries recurse.
const maxDepth = 100

// encode makes the bytes of a message in JSON.
func (c *call) encode(text []byte) ([]byte, error) {
	m := dynamicpb.NewMessage(c.input)
	if err := (protojson.UnmarshalOptions{Resolver: c.types, RecursionLimit: maxDepth}).Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("message of %s: %s; want JSON of %s", c.step.Method, bare(err), c.input.FullName())
	}
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("message of %s: %s", c.step.Method, bare(err))
	}
	if b == nil {
		b = []byte{}
	}
	return b, nil
}

// bare takes the "proto: " off an error. The library puts a space of one width or
// another behind it, so that nobody takes its words for a promise.
func bare(err error) string {
	text := strings.TrimLeft(strings.TrimPrefix(err.Error(), "proto:"), " \u00a0")
	return strings.ReplaceAll(text, "\u00a0", " ")
}

// message writes the message with the values of a user's variables, into memory of its
// own: the connection sends it later.
func (c *call) message(scratch []byte, knows *session.Session) (message, text []byte, err error) {
	switch {
	case c.input == nil:
		return nil, scratch, errNotCompiled
	case c.constant != nil:
		return c.constant, scratch, nil
	}
	text, err = c.step.Message.Append(scratch[:0], knows)
	if err != nil {
		return nil, text, fmt.Errorf("message of %s: %w", c.step.Method, err)
	}
	message, err = c.encode(text)
	return message, text, err
}

var errNotCompiled = errors.New("the message has no descriptor: Preflight asks the server for it")

// decode makes JSON of an answer.
func (c *call) decode(b []byte) ([]byte, error) {
	m := dynamicpb.NewMessage(c.output)
	if err := (proto.UnmarshalOptions{Resolver: c.types, RecursionLimit: maxDepth}).Unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("the answer is no %s: %s", c.output.FullName(), bare(err))
	}
	text, err := protojson.MarshalOptions{Resolver: c.types, EmitUnpopulated: true}.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("the answer is no %s: %s", c.output.FullName(), bare(err))
	}
	return text, nil
}

// wire is the codec: messages are compiled before they get here, and decoded only
// where somebody looks into them.
type wire struct{}

// An answer takes a message.
type answer struct {
	keep  bool
	bytes []byte // of the last message, if it is to be kept
	size  int64
}

func (wire) Name() string { return "proto" }

func (wire) Marshal(v any) (mem.BufferSlice, error) {
	b, ok := v.([]byte)
	if !ok {
		return nil, fmt.Errorf("a message is %T, not bytes", v)
	}
	return mem.BufferSlice{mem.SliceBuffer(b)}, nil
}

func (wire) Unmarshal(data mem.BufferSlice, v any) error {
	a, ok := v.(*answer)
	if !ok {
		return fmt.Errorf("an answer is %T", v)
	}
	a.size = int64(data.Len())
	if a.keep {
		a.bytes = data.Materialize()
	}
	return nil
}
