package grpcload

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
)

// Whatever a message says, it is refused or can be read again.
func FuzzMessage(f *testing.F) {
	for _, text := range []string{
		`{}`, `{"responseSize": 3}`, `{"response_size": "3"}`, `{"payload": {"body": "AAAA"}}`, `{"responseStatus": {"code": 5, "message": "x"}}`,
		`null`, `[]`, `{"payload": null}`, `{"responseSize": 1e99}`, `{"fillUsername": true, "fillUsername": false}`, `{"payload": {"payload": {}}}`,
		`{"@type": "grpc.testing.SimpleRequest"}`, "{\"a\": \"\xff\"}", `{"expectCompressed": {"value": true}}`,
	} {
		f.Add([]byte(text))
	}
	known, err := ReadDescriptors(descriptorSet(f))
	require.NoError(f, err)
	c := &call{step: Step{Method: service + "UnaryCall"}, path: "/" + service + "UnaryCall"}
	require.NoError(f, c.compile(known))
	c.output = c.input // so that what was written is read
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := c.encode(text)
		if err != nil {
			return
		}
		back, err := c.decode(b)
		require.NoError(t, err)
		again, err := c.encode(back)
		require.NoError(t, err)
		require.Equal(t, b, again)
	})
}

// Descriptors come from a server or a file, and may say anything.
func FuzzDescriptors(f *testing.F) {
	f.Add(descriptorSet(f))
	name := proto.String("a.proto")
	for _, set := range []*descriptorpb.FileDescriptorSet{
		{},
		{File: []*descriptorpb.FileDescriptorProto{{Name: name, Dependency: []string{"a.proto"}}}},
		{File: []*descriptorpb.FileDescriptorProto{{Name: name, Dependency: []string{"b.proto"}}, {Name: proto.String("b.proto"), Dependency: []string{"a.proto"}}}},
		{File: []*descriptorpb.FileDescriptorProto{{Name: name, Service: []*descriptorpb.ServiceDescriptorProto{{
			Name: proto.String("S"), Method: []*descriptorpb.MethodDescriptorProto{{Name: proto.String("M"), InputType: proto.String(".a.Unknown"), OutputType: proto.String(".S")}},
		}}}}},
	} {
		b, err := proto.Marshal(set)
		require.NoError(f, err)
		f.Add(b)
	}
	f.Fuzz(func(_ *testing.T, b []byte) {
		known, err := ReadDescriptors(b)
		if err != nil {
			return
		}
		for _, path := range []string{"/S/M", "/" + service + "UnaryCall"} {
			c := &call{step: Step{Method: path[1:]}, path: path}
			if c.compile(known) == nil {
				_, _ = c.encode([]byte(`{"a": 1}`))
				_, _ = c.decode(b)
			}
		}
	})
}
