//go:build integration

package integration

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	pages "gonogo/report"
	"gonogo/report/html"
	"gonogo/report/reporttest"
)

// strictPolicy is what Jenkins serves reports under by default.
const strictPolicy = "sandbox; default-src 'none'; img-src 'self'; style-src 'self'"

// serve serves pages as they are below /free/, and below /strict/ under strictPolicy.
func serve(t testing.TB, all map[string]*pages.Report) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		how, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		of, known := all[name]
		if !known {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if how == "strict" {
			w.Header().Set("Content-Security-Policy", strictPolicy)
		}
		if err := html.Write(w, of); err != nil {
			t.Errorf("write the page: %v", err)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// What browser/pages.mjs finds of a page.
type looked struct {
	Light, Dark, Unseen, UnseenStyled, Said []string
	Charts                                  int
	Used                                    struct {
		Home, Hover, Zoomed, Keyed struct{ Tip, Reset, View string }
		Sorted                     *struct {
			Aria  string
			Falls bool
		}
		Filtered *struct{ Shown, All int }
		Theme    []string
		Download struct {
			File string
			Blob bool
		}
	}
	Shapes []struct{ Width, Overflow, Abreast int }
}

// browse runs browser/pages.mjs and reads what it found into into.
func browse(t testing.TB, into any, mode, base string, names ...string) {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	require.NoError(t, err, "make integration installs it")
	cmd := exec.CommandContext(t.Context(), "node", append([]string{"pages.mjs", mode, chromium, base}, names...)...)
	cmd.Dir = "browser"
	var log strings.Builder
	cmd.Stderr = &log
	out, err := cmd.Output()
	require.NoError(t, err, log.String())
	require.NoError(t, json.Unmarshal(out, into))
}

// day is a sustained run of twenty steps.
func day(t testing.TB) *pages.Report {
	t.Helper()
	r, err := reporttest.World{Length: 24 * time.Hour, Steps: 20, Rate: 2, Errors: 0.001, Sustain: true}.Report()
	require.NoError(t, err)
	return r
}

// The page of a real run and that of a day, in a real browser: all of it can be seen
// under a policy without scripts and styles, everybody can use it, and it opens at once.
func TestPagesInABrowser(t *testing.T) {
	server := startNginx(t)
	dir := t.TempDir()
	gonogo(t, "load", "http://"+server.plain+"/health", "--users", "20", "--think-time", "5ms", "--ramp", "1s", "--duration", "3s", "--slo", "p95 < 200ms", "--out-dir", dir)
	ran, err := pages.ReadFile(reports(t, dir)[0])
	require.NoError(t, err)
	burst, err := reporttest.World{Length: 40 * time.Second, Steps: 5, Rate: 100, Errors: 0.02}.Report()
	require.NoError(t, err)
	base := serve(t, map[string]*pages.Report{"run": ran, "burst": burst, "day": day(t)})
	var found map[string]looked
	browse(t, &found, "pages", base, "run", "burst", "day")
	require.Len(t, found, 3)
	for name, l := range found {
		t.Run(name, func(t *testing.T) { l.require(t) })
	}
}

// What Lighthouse says of the page of a day of twenty steps, on a desk: a score of 100 at
// the most, and milliseconds. They depend on the machine, so that this is no test.
func BenchmarkPageInLighthouse(b *testing.B) {
	base := serve(b, map[string]*pages.Report{"day": day(b)})
	for b.Loop() {
		var found map[string]struct{ Performance, FirstPaint, LargestPaint, Blocked, Shift float64 }
		browse(b, &found, "lighthouse", base, "day")
		l := found["day"]
		b.ReportMetric(l.Performance, "score")
		b.ReportMetric(l.FirstPaint, "first-paint-ms")
		b.ReportMetric(l.LargestPaint, "largest-paint-ms")
		b.ReportMetric(l.Blocked, "blocked-ms")
		b.ReportMetric(l.Shift, "shift")
	}
}

// Every page of a served folder, for everybody and on every screen.
func TestTheSiteInABrowser(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var scenario string
	for i, errors := range []float64{0, 0.001, 0.2, 0} {
		r, err := reporttest.World{Length: 20 * time.Second, Steps: 3, Rate: 50, Errors: errors}.Report()
		require.NoError(t, err)
		r.Run.StartedAt = r.Run.StartedAt.Add(time.Duration(i) * time.Hour)
		r.Run.EndedAt = r.Run.EndedAt.Add(time.Duration(i) * time.Hour)
		r.Run.ID = r.Run.StartedAt.Format("20060102_150405")
		scenario = r.Run.Scenario
		_, err = pages.Save(dir, r)
		require.NoError(t, err)
	}
	saved := reports(t, dir)
	require.Len(t, saved, 4)
	run := exec.Command(os.Getenv("GONOGO_BIN"), "serve", dir, "--listen", "127.0.0.1:0")
	said, err := run.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, run.Start())
	t.Cleanup(func() {
		require.NoError(t, run.Process.Signal(os.Interrupt))
		_ = run.Wait() // its exit code is the script's affair
	})
	var base string
	for lines := bufio.NewScanner(said); base == "" && lines.Scan(); {
		base = strings.TrimRight(regexp.MustCompile(`http://[\d.:]+`).FindString(lines.Text()), "/")
	}
	require.NotEmpty(t, base, "it does not say where it is")
	first, last := filepath.Base(saved[0]), filepath.Base(saved[3])
	paths := []string{"", "scenario/" + scenario, "compare?run=" + first + "&run=" + last, "compare", "report/" + strings.TrimSuffix(first, ".json"), "?verdict=NO-GO", "nothing"}
	var found map[string]looked
	browse(t, &found, "site", base, paths...)
	require.Len(t, found, len(paths))
	for path, l := range found {
		require.Empty(t, l.Light, "what axe finds at /%s", path)
		require.Empty(t, l.Dark, "what axe finds in the dark at /%s", path)
		if path != "nothing" && path != "compare" { // the browser's own words for 404 and 400
			require.Empty(t, l.Said, "what the console says at /%s", path)
		}
		for _, s := range l.Shapes {
			require.LessOrEqual(t, s.Overflow, 0, "/%s at %d", path, s.Width)
		}
	}
}

func (l *looked) require(t *testing.T) {
	t.Helper()
	require.Empty(t, l.Light, "what axe finds")
	require.Empty(t, l.Dark, "what axe finds in the dark")
	require.Empty(t, l.Said, "what the console says")
	require.GreaterOrEqual(t, l.Charts, 8)
	require.Empty(t, l.Unseen, "under the strict policy")
	require.Empty(t, l.UnseenStyled)

	u := &l.Used
	require.Empty(t, u.Home.Tip)
	require.Contains(t, u.Hover.Tip, "p95")
	require.NotEqual(t, u.Home.View, u.Zoomed.View, "a drag zooms")
	require.Contains(t, u.Zoomed.Reset, "whole run")
	require.Equal(t, u.Home.View, u.Keyed.View, "Escape shows the whole run again")
	require.Contains(t, u.Keyed.Tip, "p95", "the keyboard reaches the values")
	if u.Sorted != nil { // of one step there is nothing to sort
		require.Equal(t, "descending", u.Sorted.Aria)
		require.True(t, u.Sorted.Falls)
	}
	if u.Filtered != nil {
		require.Less(t, u.Filtered.Shown, u.Filtered.All)
		require.Positive(t, u.Filtered.Shown)
	}
	require.Len(t, u.Theme, 3)
	require.Equal(t, u.Theme[0], u.Theme[1], "light was light already")
	require.NotEqual(t, u.Theme[1], u.Theme[2])
	require.True(t, u.Download.Blob)
	require.Regexp(t, `^load_test_report_\d+_\d+\.json$`, u.Download.File)
	abreast := map[int]int{360: 1, 1440: 2, 2560: 3}
	for _, s := range l.Shapes {
		require.LessOrEqual(t, s.Overflow, 0, "at %d", s.Width)
		require.Equal(t, min(abreast[s.Width], 3), s.Abreast, "charts beside each other at %d", s.Width)
	}
}
