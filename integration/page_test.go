//go:build integration

package integration

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os/exec"
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
func serve(t *testing.T, all map[string]*pages.Report) string {
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
	Shapes     []struct{ Width, Overflow, Abreast int }
	Lighthouse *struct{ Performance, FirstPaint, LargestPaint, Blocked, Shift float64 }
}

// The page of a real run and that of a day, in a real browser: all of it can be seen
// under a policy without scripts and styles, everybody can use it, and it opens at once.
func TestPagesInABrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	require.NoError(t, err, "make integration installs it")
	server := startNginx(t)
	dir := t.TempDir()
	gonogo(t, "load", "http://"+server.plain+"/health", "--users", "20", "--think-time", "5ms", "--ramp", "1s", "--duration", "3s", "--slo", "p95 < 200ms", "--out-dir", dir)
	ran, err := pages.ReadFile(reports(t, dir)[0])
	require.NoError(t, err)
	burst, err := reporttest.World{Length: 40 * time.Second, Steps: 5, Rate: 100, Errors: 0.02}.Report()
	require.NoError(t, err)
	day, err := reporttest.World{Length: 24 * time.Hour, Steps: 20, Rate: 2, Errors: 0.001, Sustain: true}.Report()
	require.NoError(t, err)
	base := serve(t, map[string]*pages.Report{"run": ran, "burst": burst, "day": day})

	cmd := exec.CommandContext(t.Context(), "node", "pages.mjs", chromium, base, "run", "burst", "day")
	cmd.Dir = "browser"
	var log strings.Builder
	cmd.Stderr = &log
	out, err := cmd.Output()
	require.NoError(t, err, log.String())
	t.Log(log.String())
	var found map[string]looked
	require.NoError(t, json.Unmarshal(out, &found))
	for name, l := range found {
		t.Run(name, func(t *testing.T) { l.require(t) })
	}
	lighthouse := found["day"].Lighthouse
	t.Logf("Lighthouse of a day's page: %+v", *lighthouse)
	require.GreaterOrEqual(t, lighthouse.Performance, 95.0)
	require.Less(t, lighthouse.FirstPaint, 1000.0)
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
