package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"gonogo/report"
	"gonogo/scenarios"
)

// A trial is a ready-made scenario against applications whose behaviour is known.
type trial struct {
	name     string
	scenario string
	edit     []string // what is written in the scenario, and what is put in its place
	flags    []string // of gonogo load
	apps     []string // flags of gonogo target --apps
	beside   bool     // healthy applications are the baseline
	verdict  string
	bad      map[string]string // verdicts of the objectives that do not pass
	why      string            // the example of an error
}

// Minutes become seconds here, and limits on a healthy target get room for a machine
// that has much else to do. A fault is always plain.
func trials() []trial {
	var all []trial
	for _, of := range [][]trial{limitTrials(), cooldownTrials(), failoverTrials(), webhookTrials(), assetTrials(), journeyTrials(), headroomTrials(), smokeTrials(), pageTrials(), canaryTrials()} {
		all = append(all, of...)
	}
	return all
}

func TestReadyMadeScenariosTellHealthFromFaults(t *testing.T) {
	for _, tt := range trials() {
		t.Run(tt.scenario+"/"+tt.name, func(t *testing.T) {
			t.Parallel()
			var r *report.Report
			var out string
			for range 3 { // what was late itself proves nothing
				if r, out = tt.run(t); !wasLate(r) {
					break
				}
			}
			tt.check(t, r, out)
		})
	}
}

func (tt *trial) check(t *testing.T, r *report.Report, out string) {
	bad := map[string]string{}
	for _, o := range r.Objectives {
		if o.Verdict != "pass" {
			bad[o.Name] = o.Verdict
		}
	}
	if wasLate(r) { // to the last: the faults have to be found all the same
		for name, verdict := range tt.bad {
			require.True(t, verdict != "fail" || bad[name] != "", out)
		}
		return
	}
	require.Equal(t, tt.verdict, r.Verdict, out)
	if tt.bad == nil {
		tt.bad = map[string]string{}
	}
	require.Equal(t, tt.bad, bad, out)
	examples := []string{}
	for _, e := range r.Errors {
		examples = append(examples, e.Example)
	}
	require.Contains(t, strings.Join(examples, "\n"), tt.why, out)
}

// wasLate tells whether the run is invalid for nothing but that this machine was busy:
// what the objectives say of it is still as it must be.
func wasLate(r *report.Report) bool {
	late := false
	for _, c := range r.Validity.Checks {
		ours := slices.Contains([]string{"stall", "cpu", "scheduling", "gc", "lag", "rate", "rate over time", "arrivals"}, c.Name)
		if !c.OK && !c.Warning && !ours {
			return false
		}
		late = late || !c.OK && !c.Warning
	}
	return late
}

// run makes the load, and returns the report and what was printed.
func (tt *trial) run(t *testing.T) (r *report.Report, out string) {
	t.Helper()
	dir := t.TempDir()
	args := append([]string{"load", tt.file(t, dir), "--target", serveApps(t, tt.apps), "--out-dir", dir, "--seed", "1", "--quiet"}, tt.flags...)
	if tt.beside {
		args = append(args, "--against", serveApps(t, nil))
	}
	var said bytes.Buffer
	run(t.Context(), args, stdio{
		in: strings.NewReader(""), out: &said, err: &said, saving: new(sync.Mutex),
		env: func(string) (string, bool) { return "", false },
	})
	written, err := filepath.Glob(filepath.Join(dir, "*.json"))
	require.NoError(t, err)
	require.Len(t, written, 1, said.String())
	text, err := os.ReadFile(written[0])
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &r))
	return r, said.String()
}

// file is the scenario, in a file of its own where it is edited.
func (tt *trial) file(t *testing.T, dir string) string {
	if tt.edit == nil {
		return tt.scenario
	}
	for _, s := range scenarios.AllReadyMade() {
		if s.Name != tt.scenario {
			continue
		}
		text := string(s.YAML)
		for i := 0; i < len(tt.edit); i += 2 {
			require.Contains(t, text, tt.edit[i])
			text = strings.ReplaceAll(text, tt.edit[i], tt.edit[i+1])
		}
		name := filepath.Join(dir, s.Name+".yaml")
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		return name
	}
	require.Fail(t, "no ready-made scenario", tt.scenario)
	return ""
}

// serveApps serves the applications until the test ends, and returns their URL.
func serveApps(t *testing.T, args []string) string {
	t.Helper()
	var f targetFlags
	flags := pflag.NewFlagSet("apps", pflag.ContinueOnError)
	f.add(flags)
	require.NoError(t, flags.Parse(append([]string{"--apps"}, args...)))
	server, _, err := f.server(flags)
	require.NoError(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return "http://" + ln.Addr().String()
}
