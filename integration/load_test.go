//go:build integration

package integration

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// A report is the part of the JSON report that scripts read first.
type report struct {
	SchemaVersion json.RawMessage `json:"schema_version"`
	Verdict       string          `json:"verdict"`
	Reasons       []string        `json:"reasons"`
	Accounting    struct {
		Planned  int64 `json:"planned"`
		Started  int64 `json:"started"`
		Dropped  int64 `json:"dropped"`
		OK       int64 `json:"ok"`
		Failed   int64 `json:"failed"`
		Censored int64 `json:"censored"`
	} `json:"accounting"`
	Totals struct {
		Requests int64 `json:"requests"`
		BytesIn  int64 `json:"bytes_in"`
	} `json:"totals"`
	Errors []struct {
		Class  string `json:"class"`
		Status int    `json:"status"`
		Count  int64  `json:"count"`
	} `json:"errors"`
	Validity struct {
		Valid  bool `json:"valid"`
		Checks []struct {
			Name string `json:"name"`
			OK   bool   `json:"ok"`
		} `json:"checks"`
	} `json:"validity"`
}

// The main job against a server that we did not write: verdict, exit code and
// accounting, and the server's own count of what it read.
func TestLoadAgainstNginx(t *testing.T) {
	tests := []struct {
		name    string
		path    string
		flags   []string
		verdict string
		exit    int
		class   string // of the only failures; empty: there are none
		bytesIn int64  // at least, a request
	}{
		{"a burst of 1000 users is a GO", "/health", []string{"--users", "1000", "--ramp", "1s", "--duration", "5s"}, "GO", 0, "", 3},
		{"an open load of 500 a second is a GO", "/health", []string{"--rate", "500", "--arrival", "poisson", "--duration", "3s"}, "GO", 0, "", 3},
		{"a server that says 503 is a NO-GO", "/unavailable", []string{"--users", "20", "--think-time", "10ms", "--duration", "2s"}, "NO-GO", 10, "status", 0},
		{"a server that closes after each answer fails nobody", "/close", []string{"--users", "20", "--think-time", "10ms", "--duration", "2s"}, "GO", 0, "", 4},
		{"a large body is read to its end", "/files/large", []string{"--users", "20", "--think-time", "10ms", "--duration", "2s"}, "GO", 0, "", largeFile},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := startNginx(t)
			before := server.requests(t)
			got, exit := load(t, "http://"+server.plain+tt.path, tt.flags...)
			counted := server.requests(t) - before - 1 // its own question

			require.Equal(t, tt.verdict, got.Verdict, "%v", got.Reasons)
			require.Equal(t, tt.exit, exit)
			requireAccounting(t, got)
			require.True(t, got.Validity.Valid, "%+v", got.Validity)
			require.GreaterOrEqual(t, got.Totals.BytesIn, tt.bytesIn*got.Totals.Requests)
			requireOnly(t, got, tt.class)
			requireCounted(t, got, counted)
		})
	}
}

// TLS against somebody else's implementation, trusted only when told to.
func TestLoadAgainstNginxOverTLS(t *testing.T) {
	server := startNginx(t)
	flags := []string{"--users", "50", "--think-time", "10ms", "--duration", "2s"}

	got, exit := load(t, "https://"+server.tls+"/health", append(flags, "--cacert", server.ca)...)
	require.Equal(t, "GO", got.Verdict, "%v", got.Reasons)
	require.Zero(t, exit)
	requireAccounting(t, got)
	requireOnly(t, got, "")
}

// Nobody listens: said before the load, with its own exit code and no report.
func TestLoadAgainstAClosedPort(t *testing.T) {
	dir := t.TempDir()
	exit, output := gonogo(t, "load", "http://"+freeAddress(t)+"/health", "--users", "10", "--duration", "2s", "--out-dir", dir)
	require.Equal(t, 4, exit, output)
	require.Empty(t, reports(t, dir))
}

// load runs the main job with the burst's objectives and reads its report.
func load(t *testing.T, url string, flags ...string) (report, int) {
	t.Helper()
	dir := t.TempDir()
	args := slices.Concat([]string{"load", url, "--slo", "p95 < 1s", "--slo", "success > 99.5%", "--out-dir", dir}, flags)
	exit, output := gonogo(t, args...)

	files := reports(t, dir)
	require.Len(t, files, 1, "exit %d\n%s", exit, output)
	text, err := os.ReadFile(files[0])
	require.NoError(t, err)
	var got report
	require.NoError(t, json.Unmarshal(text, &got))
	require.NotEmpty(t, got.SchemaVersion)
	if t.Failed() {
		t.Log(output)
	}
	return got, exit
}

func reports(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "load_test_report_*.json"))
	require.NoError(t, err)
	return files
}

// gonogo runs the built binary: GONOGO_BIN, or what `make build` leaves behind.
func gonogo(t *testing.T, args ...string) (exit int, output string) {
	t.Helper()
	binary := os.Getenv("GONOGO_BIN")
	if binary == "" {
		binary = filepath.Join("..", "bin", "gonogo")
	}
	var text bytes.Buffer
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Stdout, cmd.Stderr = &text, &text
	err := cmd.Run()
	if exited := (*exec.ExitError)(nil); errors.As(err, &exited) {
		return exited.ExitCode(), text.String()
	}
	require.NoError(t, err, "gonogo was not run: `make integration` builds it")
	return 0, text.String()
}

// requireAccounting holds the invariant that every report states.
func requireAccounting(t *testing.T, got report) {
	t.Helper()
	a := got.Accounting
	require.Positive(t, a.OK+a.Failed)
	require.Equal(t, a.Planned, a.Started+a.Dropped)
	require.Equal(t, a.Started, a.OK+a.Failed+a.Censored)
}

// requireOnly wants every failure in one class, or no failure at all.
func requireOnly(t *testing.T, got report, class string) {
	t.Helper()
	if class == "" {
		require.Zero(t, got.Accounting.Failed, "%+v", got.Errors)
		return
	}
	require.Equal(t, got.Accounting.Started, got.Accounting.Failed+got.Accounting.Censored)
	for _, group := range got.Errors {
		require.Contains(t, []string{class, "censored"}, group.Class)
	}
}

// requireCounted compares our count with nginx's own, to the last request:
// preflight may have asked once, and what was censored may not have been read.
func requireCounted(t *testing.T, got report, counted int64) {
	t.Helper()
	a := got.Accounting
	require.GreaterOrEqual(t, counted, a.OK+a.Failed)
	require.LessOrEqual(t, counted, a.Started+1)
}
