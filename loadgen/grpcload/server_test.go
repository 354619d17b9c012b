package grpcload

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/loadgen/session"
	"gonogo/measure"
)

const service = "grpc.testing.TestService/"

// A tester answers as its requests say.
type tester struct {
	grpc_testing.UnimplementedTestServiceServer
	hold    chan struct{} // an EmptyCall ends when it is closed
	arrived chan struct{} // one has; nobody need look
}

func (s *tester) EmptyCall(ctx context.Context, _ *grpc_testing.Empty) (*grpc_testing.Empty, error) {
	select {
	case s.arrived <- struct{}{}:
	default:
	}
	select {
	case <-s.hold:
	case <-ctx.Done():
	}
	return &grpc_testing.Empty{}, status.FromContextError(ctx.Err()).Err()
}

func (s *tester) UnaryCall(ctx context.Context, r *grpc_testing.SimpleRequest) (*grpc_testing.SimpleResponse, error) {
	if st := r.GetResponseStatus(); st != nil {
		return nil, status.Error(codes.Code(st.Code), st.Message)
	}
	md, _ := metadata.FromIncomingContext(ctx)
	_, deadline := ctx.Deadline()
	_ = grpc.SetHeader(ctx, metadata.Pairs("answered", "yes"))
	_ = grpc.SetTrailer(ctx, metadata.Pairs("counted", "1"))
	return &grpc_testing.SimpleResponse{
		Payload: &grpc_testing.Payload{Body: make([]byte, r.ResponseSize)},
		Username: fmt.Sprintf("body=%s a=%q b-bin=%q authority=%s agent=%s deadline=%t", r.Payload.GetBody(), md["a"], md["b-bin"],
			strings.Split(md[":authority"][0], ":")[0], strings.Fields(md["user-agent"][0])[0], deadline),
	}, nil
}

func (s *tester) StreamingOutputCall(r *grpc_testing.StreamingOutputCallRequest, out grpc.ServerStreamingServer[grpc_testing.StreamingOutputCallResponse]) error {
	for _, p := range r.ResponseParameters {
		if err := out.Send(&grpc_testing.StreamingOutputCallResponse{Payload: &grpc_testing.Payload{Body: make([]byte, p.Size)}}); err != nil {
			return err
		}
	}
	if len(r.ResponseParameters) == 0 { // a stream without end
		for {
			if err := out.Send(&grpc_testing.StreamingOutputCallResponse{}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *tester) StreamingInputCall(in grpc.ClientStreamingServer[grpc_testing.StreamingInputCallRequest, grpc_testing.StreamingInputCallResponse]) error {
	sum := 0
	for {
		r, err := in.Recv()
		if err == io.EOF {
			return in.SendAndClose(&grpc_testing.StreamingInputCallResponse{AggregatedPayloadSize: int32(sum)})
		}
		if err != nil {
			return err
		}
		sum += len(r.Payload.GetBody())
	}
}

// FullDuplexCall answers each message with its like.
func (s *tester) FullDuplexCall(both grpc.BidiStreamingServer[grpc_testing.StreamingOutputCallRequest, grpc_testing.StreamingOutputCallResponse]) error {
	for {
		r, err := both.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := both.Send(&grpc_testing.StreamingOutputCallResponse{Payload: r.Payload}); err != nil {
			return err
		}
	}
}

// A server is grpc-go's, on loopback.
type server struct {
	*grpc.Server
	*tester
	url  string
	root *x509.CertPool
}

// serve starts a server, which the test ends.
func serve(t *testing.T, secure bool, reflect func(*grpc.Server), options ...grpc.ServerOption) *server {
	t.Helper()
	s := &server{tester: &tester{hold: make(chan struct{}), arrived: make(chan struct{}, 1)}, root: x509.NewCertPool()}
	scheme := "grpc://"
	if secure {
		scheme = "grpcs://"
		lender := httptest.NewTLSServer(nil)
		defer lender.Close()
		s.root.AddCert(lender.Certificate())
		options = append(options, grpc.Creds(credentials.NewTLS(&tls.Config{Certificates: lender.TLS.Certificates})))
	}
	s.Server = grpc.NewServer(options...)
	grpc_testing.RegisterTestServiceServer(s.Server, s.tester)
	if reflect != nil {
		reflect(s.Server)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.url = scheme + ln.Addr().String()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Serve(ln)
	}()
	t.Cleanup(func() {
		s.Stop()
		<-ended
	})
	return s
}

func v1(s *grpc.Server) { reflection.RegisterV1(s) }

func (s *server) options() Options {
	return Options{Network: dial.Options{TLS: &tls.Config{RootCAs: s.root}}}
}

// call is a step of the test service, with a message in JSON.
func (s *server) call(t *testing.T, method, message string, step Step) *Step {
	t.Helper()
	u, err := url.Parse(s.url)
	require.NoError(t, err)
	step.Name, step.Target, step.Method = "a", u, service+method
	if message != "" {
		step.Message, err = (&session.Scope{}).Compile(message, session.JSON)
		require.NoError(t, err)
	}
	return &step
}

// A sending is a Sender with the clock of its run.
type sending struct {
	loadgen.Sender
	client *Client
	clock  loadgen.Clock
}

// sender makes the Sender of user 0 after a preflight. The test closes it.
func sender(t *testing.T, o Options, steps ...*Step) *sending {
	t.Helper()
	c, err := New(steps, o)
	require.NoError(t, err)
	require.NoError(t, c.Preflight(t.Context()))
	clock := loadgen.NewClock()
	return &sending{c.NewSender(loadgen.User{Clock: clock}), c, clock}
}

func (s *sending) send(step int) *measure.Outcome { return s.sendFor(step, time.Minute) }

func (s *sending) sendFor(step int, timeout time.Duration) *measure.Outcome {
	now := s.clock.Now()
	call := loadgen.NewCall(measure.Outcome{Step: step, Phase: measure.Measure, Due: now}, now+timeout)
	watch := time.AfterFunc(timeout, s.Interrupt) // as the engine does
	defer watch.Stop()
	s.Send(call)
	return &call.Outcome
}

// keeper is an Inspector that keeps all it is shown.
type keeper struct {
	needs loadgen.Needs
	err   error
	seen  loadgen.Answer
}

func (k *keeper) Needs() loadgen.Needs { return k.needs }

func (k *keeper) Inspect(a *loadgen.Answer, _ *session.Session) error {
	k.seen = *a
	return k.err
}

// leaves fails the test if fn, with the servers that it starts, leaves a goroutine or
// a descriptor behind. A goroutine that is on its way out is waited for.
func leaves(t *testing.T, fn func(*testing.T)) {
	t.Helper()
	goroutines, files := runtime.NumGoroutine(), descriptorsOpen(t)
	t.Run("leaves nothing", fn)
	deadline := time.Now().Add(10 * time.Second)
	for runtime.NumGoroutine() > goroutines || descriptorsOpen(t) > files {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines are left of %d, and %d descriptors of %d:\n%s", runtime.NumGoroutine(), goroutines, descriptorsOpen(t), files, stacks[:runtime.Stack(stacks, true)])
		}
		runtime.Gosched()
	}
}

func descriptorsOpen(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0 // no such thing here
	}
	return len(all)
}
