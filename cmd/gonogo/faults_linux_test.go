package main

import (
	"errors"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// Faults of the instrument, done to the program while it runs: each has to end as
// INVALID, with its reason. Beside the commands of TestScripts a script has
//
//	freeze FOR              stop the first background process, and let it go on after that time
//	throttle RUN STOP FOR   let it run and stop in turns, as a control group's quota does
//	descriptors N           let it have no more descriptors than N
//	pause FOR               let time pass
func TestFaults(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/fault",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve": serveCmd, "field": fieldCmd, "valid": validCmd, "exits": exitsCmd,
			"arrived": arrivedCmd, "reportin": reportInCmd,
			"freeze": freezeCmd, "throttle": throttleCmd, "descriptors": descriptorsCmd, "pause": pauseCmd,
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("TERM", "dumb")
			e.Values[worldKey{}] = &world{}
			return nil
		},
	})
}

// victim is the process that faults are done to.
func victim(ts *testscript.TestScript) *os.Process {
	all := ts.BackgroundCmds()
	if len(all) == 0 {
		ts.Fatalf("nothing runs in the background")
	}
	return all[0].Process
}

func length(ts *testscript.TestScript, text string) time.Duration {
	d, err := time.ParseDuration(text)
	ts.Check(err)
	return d
}

func pauseCmd(ts *testscript.TestScript, _ bool, args []string) { time.Sleep(length(ts, args[0])) }

func freezeCmd(ts *testscript.TestScript, _ bool, args []string) {
	p := victim(ts)
	ts.Check(p.Signal(syscall.SIGSTOP))
	time.Sleep(length(ts, args[0]))
	ts.Check(p.Signal(syscall.SIGCONT))
}

func throttleCmd(ts *testscript.TestScript, _ bool, args []string) {
	run, stop := length(ts, args[0]), length(ts, args[1])
	p := victim(ts)
	for end := time.Now().Add(length(ts, args[2])); time.Now().Before(end); time.Sleep(run) {
		if errors.Is(p.Signal(syscall.SIGSTOP), os.ErrProcessDone) {
			return
		}
		time.Sleep(stop)
		ts.Check(p.Signal(syscall.SIGCONT))
	}
}

func descriptorsCmd(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.ParseUint(args[0], 10, 64)
	ts.Check(err)
	var limit unix.Rlimit
	pid := victim(ts).Pid
	ts.Check(unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &limit))
	limit.Cur = min(n, limit.Max)
	ts.Check(unix.Prlimit(pid, unix.RLIMIT_NOFILE, &limit, nil))
}
