package scenarios

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"gonogo/internal/yamlfile"
	"gonogo/loadgen"
	"gonogo/loadgen/grpcload"
	"gonogo/loadgen/session"
)

// GRPC is what all calls share.
type GRPC struct {
	Descriptors string `yaml:"descriptors" json:"descriptors,omitempty"` // a file, as protoc writes it; else the server is asked
	Connections int    `yaml:"connections" json:"connections,omitempty"` // to each host
	MaxMessage  Size   `yaml:"max_message" json:"max_message,omitempty"` // of an answer
}

// Calls say how calls of gRPC are made, as plain data.
type Calls struct {
	Descriptors []byte // a FileDescriptorSet; nil: each server is asked
	MaxMessage  int    // bytes of an answer

	connections int // what the scenario asks for; 0 follows the number of users
}

// Connections is how many there are to each host, for so many users.
func (c Calls) Connections(users int) int {
	if c.connections > 0 {
		return c.connections
	}
	return parts(max(users, 1), usualStreams)
}

const (
	defaultMaxMessage = Size(64 << 20)
	mostMaxMessage    = Size(1 << 30)
	maxMessages       = 1_000_000_000
)

// besideCall are the keys that only a call has, and callKeys all that it may have.
func besideCall() []string {
	return []string{"message", "metadata", "send", "receive", "leave", "deadline"}
}

func callKeys() []string {
	return append(besideCall(), "name", "url", "expect", "timeout", "weight", "extract", "check")
}

// sharedByCalls resolves what calls share. A file of descriptors is read here, so that
// each step can be held against it.
func (j *journey) sharedByCalls() {
	const at = yamlfile.Path("grpc")
	g, any := &j.GRPC, false
	j.everyStep(func(_ yamlfile.Path, s *Step) { any = any || s.GRPC != "" })
	if !any {
		if j.has(at) || *g != (GRPC{}) {
			j.wrong(at, "has no meaning where no step is a call", "- grpc: package.Service/Method among the steps, or it left out")
		}
		return
	}
	if j.given(at.Key("connections"), g.Connections != 0) {
		j.within(at.Key("connections"), g.Connections, maxUsers)
		j.calls.connections = g.Connections
	}
	if j.given(at.Key("max_message"), g.MaxMessage != 0) && (g.MaxMessage < 1 || g.MaxMessage > mostMaxMessage) {
		j.wrong(at.Key("max_message"), fmt.Sprintf("%d bytes are out of range", g.MaxMessage), "1 to 1GiB")
	}
	fill(j.compiler, at.Key("max_message"), &g.MaxMessage, defaultMaxMessage)
	j.calls.MaxMessage = int(g.MaxMessage)
	if g.Descriptors == "" {
		return
	}
	read := j.sent(at.Key("descriptors"), g.Descriptors)
	if read == nil {
		return // that is said
	}
	known, err := grpcload.ReadDescriptors(read)
	if err != nil {
		j.wrong(at.Key("descriptors"), err.Error(), "")
		return
	}
	j.calls.Descriptors, j.described = read, known
}

// call compiles a step that calls a method.
func (j *journey) call(path yamlfile.Path, s *Step) (loadgen.Step, *grpcload.Step) {
	at := path.Key("grpc")
	j.stepNameFits(path.Key("name"), s.Name)
	j.stepTimeout(path, s)
	made := &grpcload.Step{Name: s.Name, Send: s.Send, Receive: s.Receive, Leave: s.Leave, Deadline: time.Duration(s.Deadline)}
	made.Method, _ = j.expand(at, s.GRPC)
	made.Target = j.callTarget(path, s)
	made.Metadata = j.ownFields(path.Key("metadata"), s.Metadata)
	made.Expect = j.codes(path.Key("expect"), s.Expect)
	if s.Message != nil {
		made.Message = j.text(path.Key("message"), jsonText(s.Message), session.JSON)
	}
	j.bounded(path, s)
	step := loadgen.Step{Name: s.Name, Weight: s.Weight, Timeout: time.Duration(s.Timeout), Request: loadgen.Request{Method: "grpc"}}
	if i := j.inspector(path, s, ""); i != nil {
		made.Inspector = i
	}
	j.varies = j.varies || made.Inspector != nil || made.Message != nil && !isConstant(made.Message) ||
		slices.ContainsFunc(made.Metadata, func(f loadgen.Field) bool { return f.Text != nil })
	j.fits(path, *made)
	if made.Target != nil { // else there is a mistake, or it comes later
		step.Request.URL = &url.URL{Scheme: "http" + strings.TrimPrefix(made.Target.Scheme, "grpc"), Host: made.Target.Host, Path: "/" + strings.TrimPrefix(made.Method, "/")}
	}
	return step, made
}

func isConstant(t *session.Text) bool {
	_, constant := t.Constant()
	return constant
}

// bounded checks how many messages go and come, and how long that may take.
func (j *journey) bounded(path yamlfile.Path, s *Step) {
	if j.given(path.Key("send"), s.Send != 0) {
		j.within(path.Key("send"), s.Send, maxMessages)
	}
	if j.given(path.Key("receive"), s.Receive != 0) {
		j.within(path.Key("receive"), s.Receive, maxMessages)
	}
	at := path.Key("deadline")
	switch {
	case !j.given(at, s.Deadline != 0):
	case s.Deadline <= 0:
		j.wrong(at, "every call would be over at once", "a time above 0")
	case s.Deadline > j.Load.Timeout:
		j.wrong(at, fmt.Sprintf("%v is longer than load.timeout, %v", s.Deadline, j.Load.Timeout), "a shorter one, or a longer load.timeout")
	}
}

// fits says what is wrong with a step as gRPC sees it, where it is written.
func (j *journey) fits(path yamlfile.Path, made grpcload.Step) {
	if made.Target == nil {
		made.Target = &url.URL{Scheme: "grpc", Host: "later"}
	}
	var wrong *grpcload.StepError
	if err := made.Check(j.described); !errors.As(err, &wrong) {
		return
	}
	key, field, _ := strings.Cut(wrong.Key, ".")
	at := path.Key(key)
	if field != "" {
		at = at.Key(field)
	}
	if !j.has(at) {
		at = path.Key("grpc") // a method that is wrong, and what does not fit one that is given
	}
	j.wrong(at, wrong.Error(), "")
}

// callTarget is where a call goes: to a URL of its own, or to the target's host.
func (j *journey) callTarget(path yamlfile.Path, s *Step) *url.URL {
	to, at := j.base, yamlfile.Path("target")
	if s.URL != "" {
		at = path.Key("url")
		if !isGRPC(s.URL) && !hasPlaceholder(s.URL) {
			j.wrong(at, yamlfile.Quote(s.URL)+" is not a URL of gRPC", "grpc://host:port, or grpcs://host:port with TLS")
			return nil
		}
		if varies(s.URL) {
			j.wrong(at, "the host would be known only within the run", "a URL without variables")
			return nil
		}
		if to = j.absolute(at, asHTTP(s.URL)); to != nil && to.Path != "" && to.Path != "/" || to != nil && to.RawQuery != "" {
			j.wrong(at, "a call goes to a method, not to a path", "grpc://host:port")
			return nil
		}
	}
	if to == nil {
		return nil
	}
	return &url.URL{Scheme: map[string]string{"http": "grpc", "https": "grpcs"}[to.Scheme], Host: to.Host}
}

func isGRPC(text string) bool {
	return strings.HasPrefix(text, "grpc://") || strings.HasPrefix(text, "grpcs://")
}

// codes resolves the codes that are ok.
func (j *journey) codes(path yamlfile.Path, expect Expect) []int {
	const want = "names of codes, such as OK or NOT_FOUND"
	if expect != nil && len(expect) == 0 {
		j.wrong(path, "no code would be ok", want)
	}
	var all []int
	names := grpcload.Codes()
	for i, e := range expect {
		at := path
		if j.has(path.Index(i)) {
			at = path.Index(i)
		}
		n := slices.Index(names, e.Code)
		switch near := yamlfile.Nearest(e.Code, names); {
		case e.Code == "":
			j.wrong(at, "a call ends with a code of gRPC, not with a status of HTTP", want)
		case n < 0 && near != "":
			j.wrong(at, yamlfile.Quote(e.Code)+" is no code of gRPC; did you mean "+near+"?", want)
		case n < 0:
			j.wrong(at, yamlfile.Quote(e.Code)+" is no code of gRPC", want)
		default:
			all = append(all, n)
		}
	}
	return all
}
