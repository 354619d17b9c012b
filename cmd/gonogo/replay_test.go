package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen/replay"
	"gonogo/measure"
	"gonogo/scenarios"
	"gonogo/scenarios/importer"
	"gonogo/target"
)

// traced writes a trace of so many lines, a hundred a second.
func traced(t *testing.T, lines int) string {
	t.Helper()
	var all bytes.Buffer
	for i := range lines {
		fmt.Fprintf(&all, "{\"at\":%d.%02d,\"method\":\"GET\",\"path\":\"/%d\"}\n", i/100, i%100, i)
	}
	path := filepath.Join(t.TempDir(), "t.ndjson")
	require.NoError(t, os.WriteFile(path, all.Bytes(), 0o600))
	return path
}

func replaying(t *testing.T, at, trace string) *scenarios.Compiled {
	t.Helper()
	f, err := scenarios.Parse("f.yaml", []byte("target: "+at+"\nload: {replay: "+trace+", speed: 10}\nobjectives: [success > 99%]"))
	require.NoError(t, err)
	c, err := f.Compile(scenarios.Options{OpenTrace: replay.Open})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// A sustained run that is resumed goes on at its place of the trace.
func TestWhatIsLeftOfAReplay(t *testing.T) {
	p := replaying(t, "http://h", traced(t, 6000)).Plan
	require.Equal(t, 6*time.Second, p.Measure)
	require.InDelta(t, 2500, arrivalsIn(&p, 2500*time.Millisecond), 1e-9)
	require.InDelta(t, 6000, arrivalsIn(&p, time.Hour), 1e-9)
	left := remaining(p, 2500*time.Millisecond, 1)
	require.Equal(t, 3500*time.Millisecond, left.Measure)
	require.Equal(t, 25*time.Second, left.Open.Replay.From)
	require.InDelta(t, 3500, left.Open.Replay.Arrivals, 0)
	require.Equal(t, p.Open.MaxInFlight, left.Open.MaxInFlight)
	require.InDelta(t, 1000, arrivalsIn(&left, time.Second), 1e-9)
	again := remaining(left, time.Second, 2)
	require.Equal(t, 35*time.Second, again.Open.Replay.From)
	require.Zero(t, p.Open.Replay.From, "the plan itself stays")
	play := left.Open.Replay.Trace.Play(left.Open.Replay.From)
	defer play.Close()
	first, _ := play.Next()
	require.Equal(t, "/2500", string(first.Target))
}

// What a journal keeps of a replay is enough to say what it was.
func TestTheOutlineOfAReplay(t *testing.T) {
	c := replaying(t, "http://h", traced(t, 1000))
	client, err := newClient(c, stdio{env: func(string) (string, bool) { return "", false }})
	require.NoError(t, err)
	about, err := runOf(c, client, time.Unix(0, 0))
	require.NoError(t, err)
	header, err := headerOf(c, about, "f.yaml")
	require.NoError(t, err)
	o, err := outlineOf(&header)
	require.NoError(t, err)
	require.Nil(t, o.Plan.Open.Replay.Trace)
	require.Equal(t, loadInWords(&c.Plan), loadInWords(&o.Plan))
	require.InDelta(t, 1000, o.Plan.Expected(measure.Measure), 1e-9)
	require.InDelta(t, 500, arrivalsIn(&o.Plan, 500*time.Millisecond), 1e-9)
	require.InDelta(t, 1000, o.Plan.PeakRate(), 1e-9)
}

// What a target is asked is what the log has, to the last byte of a query, and in the
// steps that the report tells.
func TestATargetIsAskedWhatTheLogHas(t *testing.T) {
	var mu sync.Mutex
	asked := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked[r.Method+" "+r.RequestURI]++
	}))
	defer server.Close()
	var log, trace bytes.Buffer
	want := map[string]int{}
	for i := range 300 {
		request := []string{"GET /", "GET /items/7?sort=%2F&page=" + fmt.Sprint(i%3), "HEAD /items/7", "GET /a//b/../c?d=%C3%A4&e", "GET /other/" + fmt.Sprint(i)}[i%5]
		want[strings.Replace(request, " /", " /api/", 1)]++
		fmt.Fprintf(&log, "192.0.2.1 - - [01/Mar/2026:10:00:%02d +0000] \"%s HTTP/1.1\" 200 5 \"-\" \"-\"\n", i/100, request)
	}
	made, _, err := importer.AccessLog(&log, &trace, importer.LogOptions{})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "t.ndjson")
	require.NoError(t, os.WriteFile(path, trace.Bytes(), 0o600))
	f, err := scenarios.Parse("f.yaml", made.YAML())
	require.NoError(t, err)
	for _, s := range scenarios.Settings() {
		switch s.Name {
		case "target":
			s.Set(f, scenarios.ByFlag, server.URL+"/api/")
		case "replay":
			s.Set(f, scenarios.ByFlag, path)
		case "speed":
			s.Set(f, scenarios.ByFlag, "10x")
		}
	}
	c, err := f.Compile(scenarios.Options{OpenTrace: replay.Open})
	require.NoError(t, err)
	defer c.Close()
	std := stdio{in: strings.NewReader(""), out: io.Discard, err: io.Discard, env: func(string) (string, bool) { return "", false }, saving: new(sync.Mutex)}
	_, result, err := perform(t.Context(), c, loadOptions{outDir: t.TempDir(), quiet: true}, std)
	require.NoError(t, err)
	require.Equal(t, want, asked)
	steps := map[string]int64{}
	for _, s := range result.Summary.Steps() {
		steps[s.Name] = s.OK()
	}
	require.Equal(t, map[string]int64{"GET /": 60, "GET /items/{id}": 60, "HEAD /items/{id}": 60, "GET /a//b/../c": 60, "GET /other/{id}": 1, "GET (other)": 59}, steps, "a step is of one path")
}

// A trace that is written to while it is replayed ends the run, which says so.
func TestATraceThatChangedIsShown(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var serving sync.WaitGroup
	server := target.New(target.Behaviour{})
	serving.Go(func() { _ = server.Serve(t.Context(), ln) })
	trace := traced(t, 200)
	c := replaying(t, "http://"+ln.Addr().String(), trace)
	text, err := os.ReadFile(trace)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(trace, bytes.Replace(text, []byte("/150"), []byte("/051"), 1), 0o600))

	var stdout, stderr bytes.Buffer
	std := stdio{in: strings.NewReader(""), out: &stdout, err: &stderr, env: func(string) (string, bool) { return "", false }, saving: new(sync.Mutex)}
	o := loadOptions{outDir: t.TempDir(), quiet: true, output: outputOptions{failOn: failOnConditional}}
	require.NoError(t, o.resolveOutput(std))
	err = load(t.Context(), c, o, std)
	require.Error(t, err)
	require.Contains(t, stderr.String(), "gonogo: the load could not be made: "+trace+": the file changed while it was in use; want one that stays as it is for the run\n")
	require.Contains(t, stdout.String(), "INCONCLUSIVE")
	require.Contains(t, stdout.String(), "the load could not be made:")
	require.Zero(t, server.Truth().Requests)
}
