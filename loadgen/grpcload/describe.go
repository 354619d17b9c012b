package grpcload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"gonogo/loadgen/dial"
)

// The most that is taken of descriptors.
const (
	maxFiles       = 2000
	maxDescriptors = 64 << 20
)

// Descriptors say what services there are and what their messages hold.
type Descriptors struct {
	files *protoregistry.Files
	types *dynamicpb.Types
}

// ReadDescriptors reads a FileDescriptorSet, as protoc writes it.
func ReadDescriptors(b []byte) (*Descriptors, error) {
	if len(b) > maxDescriptors {
		return nil, fmt.Errorf("descriptors: %d bytes; want %d at most", len(b), maxDescriptors)
	}
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(b, set); err != nil {
		return nil, fmt.Errorf("descriptors: %s; want a FileDescriptorSet (protoc --include_imports --descriptor_set_out)", bare(err))
	}
	return link(set.File)
}

// link resolves what the files say of each other. What they import and do not bring
// stays unknown, until a message needs it.
func link(files []*descriptorpb.FileDescriptorProto) (*Descriptors, error) {
	if len(files) > maxFiles {
		return nil, fmt.Errorf("descriptors: %d files; want %d at most", len(files), maxFiles)
	}
	made, err := protodesc.FileOptions{AllowUnresolvable: true}.NewFiles(&descriptorpb.FileDescriptorSet{File: files})
	if err != nil {
		return nil, fmt.Errorf("descriptors: %s", bare(err))
	}
	return &Descriptors{made, dynamicpb.NewTypes(made)}, nil
}

// services lists those that are described, for an error.
func (d *Descriptors) services() string {
	var all []string
	d.files.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			all = append(all, string(f.Services().Get(i).FullName()))
		}
		return true
	})
	return listed(all)
}

func methodsOf(s protoreflect.ServiceDescriptor) string {
	var all []string
	for i := range s.Methods().Len() {
		all = append(all, string(s.Methods().Get(i).Name()))
	}
	return listed(all)
}

func listed(all []string) string {
	const most = 10
	slices.Sort(all)
	switch {
	case len(all) == 0:
		return "none"
	case len(all) > most:
		return strings.Join(all[:most], ", ") + fmt.Sprintf(" and %d more", len(all)-most)
	}
	return strings.Join(all, ", ")
}

// The two versions of reflection, whose messages are the same.
const (
	reflectionV1 = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
	reflectionV0 = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
)

// reflect asks the server of an origin for the descriptors of the services that the
// steps call there.
func (c *Client) reflect(ctx context.Context, origin int) (*Descriptors, error) {
	asking := dial.New(c.options.Network) // so that nothing is counted
	to, err := asking.Origin(c.hosts[origin])
	if err != nil {
		return nil, err
	}
	s, err := (&lane{client: c, origin: to, number: origin}).dial(ctx, &opened{})
	if err != nil {
		return nil, err
	}
	defer s.cc.Close() //nolint:errcheck // it cannot fail
	var services []string
	for _, made := range c.all() {
		if made == nil {
			continue
		}
		service, _, _ := strings.Cut(made.path[1:], "/")
		if made.origin == origin && !slices.Contains(services, service) {
			services = append(services, service)
		}
	}
	d, err := ask(ctx, s.cc, reflectionV1, services)
	if status.Code(err) == codes.Unimplemented {
		d, err = ask(ctx, s.cc, reflectionV0, services)
	}
	if status.Code(err) == codes.Unimplemented {
		return nil, errors.New("the server has no reflection; give a file of descriptors")
	}
	return d, err
}

// An inquiry is a conversation with a server about its descriptors.
type inquiry struct {
	stream grpc.ClientStream
	files  map[string]*descriptorpb.FileDescriptorProto
	size   int
}

// ask fetches the files of the services, and all that these import.
func ask(ctx context.Context, cc *grpc.ClientConn, version string, services []string) (*Descriptors, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := cc.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, version)
	if err != nil {
		return nil, err
	}
	r := &inquiry{stream: stream, files: map[string]*descriptorpb.FileDescriptorProto{}}
	for _, service := range services {
		err := r.fetch(&grpc_reflection_v1.ServerReflectionRequest{
			MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: service},
		})
		if err != nil {
			return nil, fmt.Errorf("service %s: %w", service, err)
		}
	}
	if err := r.imports(); err != nil {
		return nil, err
	}
	var all []*descriptorpb.FileDescriptorProto
	for _, f := range r.files {
		all = append(all, f)
	}
	return link(all)
}

// imports fetches what the files import, until nothing is missing. A file that the
// server does not have stays unknown.
func (r *inquiry) imports() error {
	missed := map[string]bool{}
	for {
		var missing []string
		for _, f := range r.files {
			for _, name := range f.Dependency {
				if r.files[name] == nil && !missed[name] {
					missed[name] = true
					missing = append(missing, name)
				}
			}
		}
		if len(missing) == 0 {
			return nil
		}
		for _, name := range missing {
			err := r.fetch(&grpc_reflection_v1.ServerReflectionRequest{
				MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_FileByFilename{FileByFilename: name},
			})
			if _, refused := errors.AsType[*refusedError](err); err != nil && !refused {
				return err
			}
		}
	}
}

// refusedError is what a server says in place of a descriptor.
type refusedError struct{ text string }

func (e *refusedError) Error() string { return "the server says: " + e.text }

// fetch asks once, and keeps the files that come.
func (r *inquiry) fetch(request *grpc_reflection_v1.ServerReflectionRequest) error {
	if err := r.stream.SendMsg(request); err != nil && err != io.EOF {
		return err // with io.EOF, RecvMsg says why
	}
	response := &grpc_reflection_v1.ServerReflectionResponse{}
	if err := r.stream.RecvMsg(response); err != nil {
		return err
	}
	if e := response.GetErrorResponse(); e != nil {
		return &refusedError{e.GetErrorMessage()}
	}
	for _, b := range response.GetFileDescriptorResponse().GetFileDescriptorProto() {
		f := &descriptorpb.FileDescriptorProto{}
		if err := proto.Unmarshal(b, f); err != nil {
			return fmt.Errorf("a descriptor that is none: %s", bare(err))
		}
		r.files[f.GetName()] = f
		if r.size += len(b); r.size > maxDescriptors || len(r.files) > maxFiles {
			return fmt.Errorf("more than %d files or %d bytes", maxFiles, maxDescriptors)
		}
	}
	return nil
}
