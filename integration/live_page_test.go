//go:build integration

package integration

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/target"
)

// What a browser saw of a live page, see browser/live.js.
type liveSeen struct {
	Errors        []string
	GoesOn        bool
	DrawnAgain    bool
	StaysOpen     bool
	Violations    []string
	Chatty        int
	Evil          bool
	TooWide       bool
	Lost          string
	Reconnected   bool
	WithoutScript int
	State         string
	Verdict       string
	Log           string
}

// firstCharts asks for the page until it has charts.
func firstCharts(t *testing.T, address string) string {
	t.Helper()
	for {
		answer, err := http.Get(address)
		require.NoError(t, err)
		page, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		if strings.Contains(string(page), "<svg") {
			return string(page)
		}
	}
}

const hostileScenario = `
target: %TARGET%
load: {rate: 20, duration: 1h}
steps:
  - path: /
    name: 'look <img src=x onerror="evil=true">'
  - path: /b
    name: "<script>evil=true</script>"
objectives: ["p95 < 5s", "rate > 1000000/s"]
`

func TestTheLivePageInABrowser(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- target.New(target.Behaviour{}).Serve(t.Context(), ln) }()
	t.Cleanup(func() { require.NoError(t, <-served) })

	dir := t.TempDir()
	scenario := regexp.MustCompile("%TARGET%").ReplaceAllString(hostileScenario, "http://"+ln.Addr().String())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "hostile.yaml"), []byte(scenario), 0o600))
	run := exec.Command(os.Getenv("GONOGO_BIN"), "load", "hostile.yaml", "--ui", "127.0.0.1:0", "--out-dir", "out")
	run.Dir = dir
	said, err := run.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, run.Start())
	ended := make(chan error, 1)
	lines := bufio.NewScanner(said)
	address := regexp.MustCompile(`live page at (http://\S+)`)
	var at []string
	for at == nil && lines.Scan() {
		at = address.FindStringSubmatch(lines.Text())
	}
	require.NotNil(t, at, "it does not say where its live page is")
	go func() {
		for lines.Scan() {
		}
		ended <- run.Wait()
	}()
	t.Cleanup(func() { _ = run.Process.Kill() })

	require.Regexp(t, `<p id="elapsed">[1-9]s of 1h`, firstCharts(t, at[1]))

	pictures := os.Getenv("PICTURES")
	if pictures == "" {
		pictures = dir
	}
	script := exec.Command("node", "live.js", at[1], pictures)
	script.Dir = "browser"
	script.Stderr = os.Stderr
	out, err := script.Output()
	require.NoError(t, err)
	var got liveSeen
	require.NoError(t, json.Unmarshal(out, &got), string(out))
	require.Empty(t, got.Errors)
	require.Empty(t, got.Violations)
	require.Greater(t, got.WithoutScript, 3)
	require.Contains(t, got.Log, "written: load_test_report_")
	got.Errors, got.Violations, got.WithoutScript, got.Log = nil, nil, 0, ""
	require.Equal(t, liveSeen{
		GoesOn: true, DrawnAgain: true, StaysOpen: true, Lost: "lost", Reconnected: true, State: "Ended: ✖ NO-GO", Verdict: "✖ NO-GO",
	}, got)

	err = <-ended
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, 10, exit.ExitCode())
}
