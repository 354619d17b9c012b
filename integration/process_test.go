//go:build integration

package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// startProcess starts a program and waits until a page of it answers. The test that
// started it stops it when it ends.
func startProcess(t *testing.T, page, binary string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(binary)
	require.NoError(t, err, "%s is not installed: `make integration` installs it", binary)
	var log bytes.Buffer
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr, cmd.Dir = &log, &log, t.TempDir()
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { stop(t, cmd, ended) })
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	until(ctx, t, func() string {
		select {
		case err := <-ended:
			ended <- err
			require.FailNow(t, binary+" ended at once", "%v\n%s", err, &log)
		default:
		}
		if _, err := got(ctx, page); err != nil {
			return err.Error()
		}
		return ""
	})
}

// until asks again and again, until nothing is missing any more.
func until(ctx context.Context, t *testing.T, missing func() string) {
	t.Helper()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		what := missing()
		if what == "" {
			return
		}
		select {
		case <-ctx.Done():
			require.FailNow(t, "in vain", what)
		case <-again.C:
		}
	}
}

// got is a page's text.
func got(ctx context.Context, page string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		return "", err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return string(text), err
}

// startTarget starts gonogo's own target, which answers in a lognormal time and fails
// now and then.
func startTarget(t *testing.T) string {
	t.Helper()
	address := freeAddress(t)
	startProcess(t, "http://"+address+"/", gonogoBinary(t), "target", "--listen", address, "--delay", "lognormal:20ms,0.5", "--errors", "2%")
	return "http://" + address + "/"
}

func gonogoBinary(t *testing.T) string {
	t.Helper()
	binary := os.Getenv("GONOGO_BIN")
	if binary == "" {
		binary = filepath.Join("..", "bin", "gonogo")
	}
	whole, err := filepath.Abs(binary)
	require.NoError(t, err)
	return whole
}

// figures are what a report says that metrics say, too.
type figures struct {
	Accounting struct {
		Planned int64 `json:"planned"`
		OK      int64 `json:"ok"`
		Failed  int64 `json:"failed"`
	} `json:"accounting"`
	Totals struct {
		BytesIn int64 `json:"bytes_in"`
		Latency struct {
			P95 float64 `json:"p95"`
		} `json:"latency_ms"`
	} `json:"totals"`
	Run struct {
		ID string `json:"id"`
	} `json:"run"`
	Verdict string `json:"verdict"`
}

// told makes a load that tells of itself, and returns what its report says.
func told(t *testing.T, url string, flags ...string) (figures, string) {
	t.Helper()
	dir := t.TempDir()
	args := append([]string{
		"load", url, "--rate", "300", "--duration", "5s", "--timeout", "2s", "--slo", "p95 < 1s", "--slo", "success > 50%", "--out-dir", dir,
	}, flags...)
	_, output := gonogo(t, args...)
	files := reports(t, dir)
	require.Len(t, files, 1, output)
	text, err := os.ReadFile(files[0])
	require.NoError(t, err)
	var f figures
	require.NoError(t, json.Unmarshal(text, &f))
	require.Positive(t, f.Accounting.Failed, "the target fails now and then")
	return f, output
}
