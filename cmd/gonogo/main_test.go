package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/spf13/pflag"

	"gonogo/report"
	"gonogo/target"
)

func TestMain(m *testing.M) {
	// Scripts mostly wait for what they started: more of them can than there are processors.
	_ = flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0))) // the command line comes later, and wins
	testscript.Main(m, map[string]func(){"gonogo": main})
}

// The command as people use it: one script a story. Beside testscript's own
// commands a script has
//
//	serve [flags]          start a target with these flags of gonogo target; its URL is $TARGET, its port $PORT
//	raw TEXT               start a server that answers every connection with TEXT; its URL is $RAW
//	field FILE PATH TEXT   the report's value at PATH, such as objectives.0.verdict, is TEXT
//	valid FILE             the report is what its schema says
//	exits CODE COMMAND     run a command that has to end with the code
//	arrived                wait for the target's first request
//	truth FIELD VALUE      what the target itself counted, such as requests, is VALUE; with --apps, get $TARGET/truth
//	start COMMAND          run a command that goes on, with an exit code that counts
//	said PATTERN [NAME]    wait until it has said the pattern; the first group is $NAME
//	signal INT|TERM|HUP|KILL  send it the signal
//	await FILE PATTERN [NAME] wait until the file, which may be a pattern, holds the pattern; the first group is $NAME
//	ends CODE              wait until it ends with the code; then come stdout and stderr
//	reap FILE              kill the process whose number is in the file when the script ends, if it still goes on
//	get URL PATTERN        ask for the URL until the answer has the pattern; it is stdout
//	events URL PATTERN     read the events that the URL streams until they have the pattern; they are stdout
//	press URL ACTION       press the button of the form on the page whose action ends so
//	mtls                   start a server that wants a client certificate; its URL is $MTLS, and there are ca.pem, client.pem and client.key
//	gated [SECONDS] [once|deny]  start a server that gives tokens at /token, and wants one elsewhere; its URL is $GATE
//	quic                   start a server of HTTP/3; its URL is $QUIC, and there is ca.pem
//	grpc [mute]            start a server of gRPC, mute: without reflection; its URL is $GRPC, and there are ca.pem and shop.pb
//	spoil DIR              start a server that puts a file in DIR's place once it is connected to; its URL is $SPOILER
//	reportin DIR           copy the one report in the folder to report.json
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve": serveCmd, "raw": rawCmd, "field": fieldCmd, "valid": validCmd,
			"exits": exitsCmd, "arrived": arrivedCmd, "reportin": reportInCmd, "spoil": spoilCmd,
			"truth": truthCmd, "start": startCmd, "said": saidCmd, "signal": signalCmd, "ends": endsCmd,
			"get": getCmd, "mtls": mtlsCmd, "await": awaitCmd, "reap": reapCmd,
			"gated": gatedCmd, "quic": quicCmd, "grpc": grpcCmd, "events": eventsCmd, "press": pressCmd,
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("TERM", "dumb")
			e.Values[worldKey{}] = &world{}
			return nil
		},
	})
}

// world is what a script has started.
type (
	world struct {
		server  *target.Server
		running *running
	}
	worldKey struct{}
)

func listen(ts *testscript.TestScript) net.Listener {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	return ln
}

func serveCmd(ts *testscript.TestScript, _ bool, args []string) {
	var f targetFlags
	flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	f.add(flags)
	ts.Check(flags.Parse(args))
	server, _, err := f.server(flags)
	ts.Check(err)
	ln := listen(ts)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	if fast, ok := server.(*target.Server); ok {
		ts.Value(worldKey{}).(*world).server = fast
	}
	go func() { done <- server.Serve(ctx, ln) }()
	ts.Defer(func() {
		cancel()
		ts.Check(<-done)
	})
	ts.Setenv("TARGET", "http://"+ln.Addr().String())
	ts.Setenv("PORT", strconv.Itoa(ln.Addr().(*net.TCPAddr).Port))
}

func rawCmd(ts *testscript.TestScript, _ bool, args []string) {
	text, err := strconv.Unquote(`"` + args[0] + `"`)
	ts.Check(err)
	ln := listen(ts)
	ts.Defer(func() { _ = ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() { // an answer to a request, and then until the client has had enough
				if n, _ := c.Read(make([]byte, 1<<16)); n > 0 {
					_, _ = c.Write([]byte(text))
					_, _ = c.Read(make([]byte, 1<<16))
				}
				_ = c.Close()
			}()
		}
	}()
	ts.Setenv("RAW", "http://"+ln.Addr().String())
}

// spoilCmd takes the folder of the reports away while a run goes on, as a disk that
// fails does.
func spoilCmd(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	ln := listen(ts)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	spoil := sync.OnceFunc(func() {
		_ = os.RemoveAll(dir)
		_ = os.WriteFile(dir, nil, 0o600)
	})
	go func() { done <- target.New(target.Behaviour{}).Serve(ctx, spoiler{ln, spoil, new(atomic.Int64)}) }()
	ts.Defer(func() {
		cancel()
		ts.Check(<-done)
	})
	ts.Setenv("SPOILER", "http://"+ln.Addr().String())
}

// spoiler calls spoil at its second connection: the first one is the preflight's.
type spoiler struct {
	net.Listener
	spoil    func()
	accepted *atomic.Int64
}

func (s spoiler) Accept() (net.Conn, error) {
	c, err := s.Listener.Accept()
	if err == nil && s.accepted.Add(1) == 2 {
		s.spoil()
	}
	return c, err
}

// reportInCmd gives the one report of a folder the name report.json.
func reportInCmd(ts *testscript.TestScript, _ bool, args []string) {
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".json") {
			names = append(names, e.Name())
		}
	}
	if len(names) != 1 {
		ts.Fatalf("want one report in %s, got %v", args[0], names)
	}
	ts.Check(os.WriteFile(ts.MkAbs("report.json"), []byte(ts.ReadFile(args[0]+"/"+names[0])), 0o600))
}

func fieldCmd(ts *testscript.TestScript, neg bool, args []string) {
	var value any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &value))
	for path := args[1]; path != ""; {
		key, rest, _ := strings.Cut(path, ".")
		switch v := value.(type) {
		case map[string]any:
			if _, ok := v[path]; ok { // a key that holds dots
				key, rest = path, ""
			}
			value = v[key]
		case []any:
			i, err := strconv.Atoi(key)
			ts.Check(err)
			if i >= len(v) {
				ts.Fatalf("%s: there are only %d", args[1], len(v))
			}
			value = v[i]
		}
		path = rest
	}
	if got := fmt.Sprint(value); (got == args[2]) == neg {
		ts.Fatalf("%s is %q", args[1], got)
	}
}

func validCmd(ts *testscript.TestScript, _ bool, args []string) {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(ts.ReadFile(args[0])))
	ts.Check(err)
	schema, err := jsonschema.UnmarshalJSON(strings.NewReader(report.Schema()))
	ts.Check(err)
	c := jsonschema.NewCompiler()
	ts.Check(c.AddResource("report.json", schema))
	compiled, err := c.Compile("report.json")
	ts.Check(err)
	ts.Check(compiled.Validate(doc))
}

// exitsCmd runs a command that has to end with the code.
func exitsCmd(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// arrivedCmd waits until the target has seen a request, and a report folder's
// run is therefore under way.
func arrivedCmd(ts *testscript.TestScript, _ bool, _ []string) {
	w := ts.Value(worldKey{}).(*world)
	eventually(ts, "a request arrives", func() bool { return w.server.Truth().Requests > 0 })
}
