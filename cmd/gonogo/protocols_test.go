package main

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/quic-go/quic-go/http3"
	"github.com/rogpeppe/go-internal/testscript"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// quiet is a socket of whose buffers quic-go does not speak.
type quiet struct{ net.PacketConn }

func (quiet) SetReadBuffer(int) error  { return nil }
func (quiet) SetWriteBuffer(int) error { return nil }

// lentIdentity is a certificate for 127.0.0.1; the file ca.pem vouches for it.
func lentIdentity(ts *testscript.TestScript) []tls.Certificate {
	lender := httptest.NewTLSServer(nil)
	defer lender.Close()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: lender.Certificate().Raw})
	ts.Check(os.WriteFile(ts.MkAbs("ca.pem"), authority, 0o600))
	return lender.TLS.Certificates
}

// quicCmd starts a server of HTTP/3 with a shop: /in gives a cookie, /cart wants it,
// /broken has none.
func quicCmd(ts *testscript.TestScript, _ bool, _ []string) {
	mux := http.NewServeMux()
	mux.HandleFunc("/in", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "s1", Path: "/", Secure: true})
		fmt.Fprint(w, `{"id": 7}`)
	})
	mux.HandleFunc("/cart/7", func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("session"); err != nil || c.Value != "s1" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprintf(w, `{"proto": %q}`, r.Proto)
	})
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	ts.Check(err)
	s := &http3.Server{Handler: mux, TLSConfig: http3.ConfigureTLSConfig(&tls.Config{Certificates: lentIdentity(ts)})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Serve(quiet{udp}) // until it is closed
	}()
	ts.Defer(func() {
		_ = s.Close()
		_ = udp.Close()
		<-ended
	})
	ts.Setenv("QUIC", "https://"+udp.LocalAddr().String())
}

// grpcCmd starts a server of gRPC with reflection: its unary call answers with the code
// that it is asked for. As a file, the same is described by shop.pb. mute has no reflection.
func grpcCmd(ts *testscript.TestScript, _ bool, args []string) {
	s := grpc.NewServer(grpc.Creds(credentials.NewTLS(&tls.Config{Certificates: lentIdentity(ts)})))
	grpc_testing.RegisterTestServiceServer(s, tester{})
	if len(args) == 0 {
		reflection.Register(s)
	}
	ln := listen(ts)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Serve(ln) // until it is stopped
	}()
	ts.Defer(func() {
		s.Stop()
		<-ended
	})
	set := &descriptorpb.FileDescriptorSet{}
	for _, f := range []protoreflect.FileDescriptor{
		grpc_testing.File_grpc_testing_empty_proto, grpc_testing.File_grpc_testing_messages_proto, grpc_testing.File_grpc_testing_test_proto,
	} {
		set.File = append(set.File, protodesc.ToFileDescriptorProto(f))
	}
	text, err := proto.Marshal(set)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("shop.pb"), text, 0o600))
	ts.Setenv("GRPC", "grpcs://"+ln.Addr().String())
}

// tester answers as its requests say.
type tester struct {
	grpc_testing.UnimplementedTestServiceServer
}

func (tester) UnaryCall(ctx context.Context, r *grpc_testing.SimpleRequest) (*grpc_testing.SimpleResponse, error) {
	if st := r.GetResponseStatus(); st != nil {
		return nil, status.Error(codes.Code(st.Code), st.Message)
	}
	md, _ := metadata.FromIncomingContext(ctx)
	return &grpc_testing.SimpleResponse{Username: strings.Join(md["authorization"], " ") + string(r.Payload.GetBody())}, nil
}

func (tester) StreamingOutputCall(_ *grpc_testing.StreamingOutputCallRequest, out grpc.ServerStreamingServer[grpc_testing.StreamingOutputCallResponse]) error {
	for range 3 {
		if err := out.Send(&grpc_testing.StreamingOutputCallResponse{}); err != nil {
			return err
		}
	}
	return nil
}
