package main

import (
	"context"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/target"
)

// Every command line of docs/ci.md is run against a target, in one folder and in the
// order of the page, and the files that the page goes on to read are there.
func TestCommandsOfTheCIPageRun(t *testing.T) {
	page, err := os.ReadFile("../../docs/ci.md")
	require.NoError(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- target.New(target.Behaviour{}).Serve(ctx, ln) }()
	defer func() {
		cancel()
		require.NoError(t, <-served)
	}()
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("gonogo.yaml", []byte("target: http://"+ln.Addr().String()+"\nname: ci\nload: {users: 1, duration: 50ms}\nsteps: [{path: /}]\nobjectives: [max < 5s]\n"), 0o600))

	text := string(page)
	commands := regexp.MustCompile(`gonogo (load|report) [^'|#\n]+`).FindAllStringIndex(text, -1)
	require.Greater(t, len(commands), 8)
	read := 0
	for i, at := range commands {
		line := strings.NewReplacer("/etc/gonogo/", "", "/dev/", "", "/tmp/", "").Replace(text[at[0]:at[1]]) // there: of a container
		code, out, said := typed(t, map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": "outputs", "GITHUB_STEP_SUMMARY": "summary"}, words(line)[1:]...)
		require.Zero(t, code, "%s\n%s%s", line, out, said)
		rest := text[at[1]:]
		if i+1 < len(commands) {
			rest = text[at[1]:commands[i+1][0]]
		}
		for _, name := range regexp.MustCompile(`perf/load[\w.-]*\w`).FindAllString(rest, -1) { // what is read of this run
			isFilled(t, name)
			read++
		}
	}
	require.Greater(t, read, 5)
	for _, name := range []string{"outputs", "summary", "termination-log"} {
		isFilled(t, name)
	}
}

func isFilled(t *testing.T, name string) {
	t.Helper()
	info, err := os.Stat(name)
	require.NoError(t, err)
	require.Positive(t, info.Size(), name)
}
