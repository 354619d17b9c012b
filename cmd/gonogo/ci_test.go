package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
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

	commands := regexp.MustCompile(`gonogo (load|report) [^'|#\n]+`).FindAllString(string(page), -1)
	require.Greater(t, len(commands), 8)
	for _, line := range commands {
		line = strings.NewReplacer("/etc/gonogo/", "", "/dev/", "", "/tmp/", "").Replace(line) // there: of a container
		code, out, text := typed(t, map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": "outputs", "GITHUB_STEP_SUMMARY": "summary"}, words(line)[1:]...)
		require.Zero(t, code, "%s\n%s%s", line, out, text)
	}
	files := regexp.MustCompile(`perf/[\w.-]+\.[\w.-]*\w`).FindAllString(string(page), -1)
	require.Greater(t, len(files), 5)
	for _, name := range append(files, "outputs", "summary", "termination-log", filepath.Join("perf", "load_test_report_latest.html")) {
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.Positive(t, info.Size(), name)
	}
}
