package scenarios

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/loadgen/replay"
	"gonogo/loadgen/session"
)

const fewLines = `{"at":0,"method":"GET","path":"/a?x=1","host":"other.example.test"}
{"at":0.5,"method":"GET","path":"/b","host":"h:80"}
{"at":0.5,"method":"GET","path":"/b/1"}
{"at":1,"method":"POST","path":"/a"}
{"at":1.25,"method":"HEAD","path":"/a"}
{"at":9.5,"method":"GET","path":"/a"}
`

// replayed compiles a scenario next to which there is a trace.
func replayed(t *testing.T, trace, text string, change ...func(*File)) (*Compiled, error) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "t.ndjson"), []byte(trace), 0o600))
	f, err := Parse(filepath.Join(dir, "f.yaml"), []byte(text))
	require.NoError(t, err)
	for _, c := range change {
		c(f)
	}
	o := testOptions()
	o.OpenTrace = replay.Open
	c, err := f.Compile(o)
	if err == nil {
		t.Cleanup(c.Close)
		return c, nil
	}
	return nil, shorter{strings.ReplaceAll(err.Error(), dir, "dir")}
}

type shorter struct{ text string }

func (s shorter) Error() string { return s.text }

func TestAReplayIsAFlowForEachStep(t *testing.T) {
	c, err := replayed(t, fewLines, `target: http://h/api/
load: {replay: t.ndjson, speed: 2x, warm_up: 1s, methods: all}
steps:
  - {path: "/a?y=2", weight: 5}
  - {path: /none}
  - {name: post, method: POST, path: /a, body: x}
`)
	require.NoError(t, err)
	p := c.Plan
	require.Equal(t, []string{"GET /a", "post", "GET (other)", "HEAD (other)"}, names(p.Steps))
	require.Equal(t, []int{2, 1, 2, 1}, weights(p.Flows))
	require.Equal(t, 5*time.Second, p.Measure)
	require.Equal(t, &loadgen.Replay{Trace: c.Trace, Name: "t.ndjson", Speed: 2, Variable: p.Open.Replay.Variable, Arrivals: 6, Peak: 6, WarmUp: 5, Flows: []int{0, -1, 1, 2, 3}}, p.Open.Replay)
	require.Equal(t, 100, p.Open.MaxInFlight)

	user := session.New(p.Scope, 1, 1)
	user.Set(p.Open.Replay.Variable, []byte("/a?x=%2F"))
	for i, s := range p.Steps {
		target, err := s.Request.Target.Append(nil, user)
		require.NoError(t, err)
		require.Equal(t, "/api/a?x=%2F", string(target))
		require.Equal(t, "h", s.Request.URL.Host)
		require.Equal(t, []loadgen.Action{loadgen.Do{Step: i}}, p.Flows[i].Actions)
	}
	require.Equal(t, "x", string(p.Steps[1].Request.Body))
	require.Equal(t, "HEAD", p.Steps[3].Request.Method)
	require.NoError(t, p.Check())
	require.Equal(t, "no line that is replayed is of this step", c.Warnings[1].What)
	require.Len(t, c.Bodies, 64, "the report says which trace it was")
}

func names(steps []loadgen.Step) (all []string) {
	for _, s := range steps {
		all = append(all, s.Name)
	}
	return all
}

func weights(flows []loadgen.Flow) (all []int) {
	for _, f := range flows {
		all = append(all, f.Weight)
	}
	return all
}

func TestAReplayWithoutStepsIsOfOtherPathsAlone(t *testing.T) {
	c, err := replayed(t, fewLines, "load: {replay: t.ndjson}\ntarget: http://h\nobjectives: ['p95{GET (other)} < 1s']")
	require.NoError(t, err)
	require.Equal(t, []string{"GET (other)", "HEAD (other)"}, names(c.Plan.Steps))
	require.Equal(t, 10*time.Second, c.Plan.Measure)
	require.Len(t, c.Warnings, 2)
	require.Equal(t, `1 of 6 lines are neither GET nor HEAD and are left out: a log has no bodies`, c.Warnings[0].What)
	require.Equal(t, `1 of 6 lines name another host than the target, such as "other.example.test": they go to the target all the same`, c.Warnings[1].What)
}

// What of a trace is cut off is of no step: none is waited for in vain.
func TestAReplayThatIsCutShortHasTheStepsOfItsPart(t *testing.T) {
	const text = "load: {replay: t.ndjson, speed: 0.5, duration: 2s}\ntarget: http://h\nsteps: [{name: none, path: /c}, {path: /b}]"
	c, err := replayed(t, fewLines, text)
	require.NoError(t, err)
	require.Equal(t, []string{"GET /b", "GET (other)"}, names(c.Plan.Steps))
	require.Equal(t, []int{1, 2}, weights(c.Plan.Flows))
	require.InDelta(t, 3, c.Plan.Open.Replay.Arrivals, 0)
	_, err = replayed(t, fewLines, text+"\nobjectives: ['p95{none} < 1s']")
	require.EqualError(t, err, `dir/f.yaml:4:14: objectives[0]: no step or group is called "none"; want one of GET /b, GET (other)`)
	_, err = replayed(t, strings.ReplaceAll(fewLines, `"at":0,`, `"at":0.5,`), strings.Replace(text, "2s", "500ms", 1))
	require.ErrorContains(t, err, `load.duration: no line comes within 500ms; want a longer one`)
}

func TestSettingsOfAReplay(t *testing.T) {
	rate := "load: {rate: 5, arrival: poisson, ramp: 5s, duration: 1m, on_overload: drop}\ntarget: http://h\nsteps: [{path: /a, weight: 3}, {path: /b, weight: 1}]"
	c, err := replayed(t, fewLines, rate, func(f *File) {
		set(f, InEnv, "replay", filepath.Join(filepath.Dir(f.document.At("").File), "t.ndjson"))
		set(f, ByFlag, "speed", "0.5x")
	})
	require.NoError(t, err)
	require.Equal(t, 20*time.Second, c.Plan.Measure)
	require.True(t, c.Plan.Open.Drop)
	require.Equal(t, "flag --speed", c.Origins["load.speed"])
	require.Equal(t, "env GONOGO_REPLAY", c.Origins["load.replay"])
	require.Equal(t, "default", c.Origins["load.duration"])

	c, err = replayed(t, fewLines, "load: {replay: t.ndjson, speed: 2}\ntarget: http://h\nsteps: [{path: /a}]", func(f *File) { set(f, ByFlag, "users", "3") })
	require.NoError(t, err)
	require.Equal(t, &loadgen.Closed{Users: 3}, c.Plan.Closed)
	require.Nil(t, c.Trace)
}

// What is reported of a scenario can be run again, and is the same.
func TestAnEffectiveReplayIsItself(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "t.ndjson"), []byte(fewLines), 0o600))
	o := testOptions()
	o.OpenTrace = replay.Open
	f, err := Parse(filepath.Join(dir, "f.yaml"), []byte("load: {replay: t.ndjson, speed: 3, warm_up: 1s}\ntarget: http://h\nsteps: [{path: /a}, {path: /b}]"))
	require.NoError(t, err)
	c, err := f.Compile(o)
	require.NoError(t, err)
	defer c.Close()
	require.Equal(t, []string{"duration", "grace", "max_in_flight", "methods", "on_overload", "replay", "seed", "speed", "timeout", "warm_up"}, slices.Sorted(maps.Keys(c.Effective["load"].(map[string]any))))
	text, err := json.Marshal(c.Effective)
	require.NoError(t, err)
	_, s := schema(t)
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	require.NoError(t, s.Validate(instance))
	f, err = Parse(filepath.Join(dir, "f.yaml"), text)
	require.NoError(t, err)
	again, err := f.Compile(o)
	require.NoError(t, err)
	defer again.Close()
	require.Equal(t, c.SHA256, again.SHA256)
	require.Equal(t, c.Plan.Measure, again.Plan.Measure)

	// Credentials that are renewed need no other pass over the trace.
	require.NoError(t, os.Remove(filepath.Join(dir, "t.ndjson")))
	third, err := c.Again()
	require.NoError(t, err)
	third.Close()
	require.Same(t, c.Trace, third.Trace)
	_, more := c.Trace.Play(0).Next()
	require.True(t, more, "it is still open")
}

func TestBadReplays(t *testing.T) {
	head := "target: http://h\n"
	tests := []struct{ name, yaml, want string }{
		{"users too", "load: {replay: t.ndjson, users: 1}", `dir/f.yaml:2:16: load.replay: both replay and another load are given; want one of them: a trace says itself when how much is sent`},
		{"a rate too", "load: {replay: t.ndjson, rate: 1}", `dir/f.yaml:2:16: load.replay: both replay and another load are given; want one of them: a trace says itself when how much is sent`},
		{"stages too", "load: {replay: t.ndjson, stages: [1s:1]}", `dir/f.yaml:2:16: load.replay: both replay and another load are given; want one of them: a trace says itself when how much is sent`},
		{"a speed without a trace", "load: {users: 1, speed: 2}", `dir/f.yaml:2:25: load.speed: has no meaning in a load made by users; want it left out`},
		{"methods without a trace", "load: {rate: 1, methods: all}", `dir/f.yaml:2:26: load.methods: has no meaning in a load made by a rate; want it left out`},
		{"a speed of nothing", "load: {replay: t.ndjson, speed: 0}", `dir/f.yaml:2:33: load.speed: 0 is out of range; want 0.01 to 100`},
		{"a speed of light", "load: {replay: t.ndjson, speed: 101x}", `dir/f.yaml:2:33: load.speed: 101 is out of range; want 0.01 to 100`},
		{"no speed", "load: {replay: t.ndjson, speed: fast}", `dir/f.yaml:2:33: load.speed: "fast" is not a speed; want a speed such as 1, 2x or 0.5x`},
		{"NaN", "load: {replay: t.ndjson, speed: nan}", `dir/f.yaml:2:33: load.speed: "nan" is not a speed; want a speed such as 1, 2x or 0.5x`},
		{"methods that are not known", "load: {replay: t.ndjson, methods: some}", `dir/f.yaml:2:35: load.methods: "some" is not known; want read or all`},
		{"a ramp", "load: {replay: t.ndjson, ramp: 1s}", `dir/f.yaml:2:32: load.ramp: has no meaning in a replay: the trace says when how much is sent; want it left out`},
		{"a law of arrivals", "load: {replay: t.ndjson, arrival: poisson}", `dir/f.yaml:2:35: load.arrival: has no meaning in a load made by a replay; want it left out`},
		{"longer than the trace", "load: {replay: t.ndjson, speed: 2, duration: 6s}", `dir/f.yaml:2:46: load.duration: 6s is longer than the trace, which takes 5s at a speed of 2; want 5s at most, or a lower load.speed`},
		{"a warm-up that is longer", "load: {replay: t.ndjson, warm_up: 11s}", `dir/f.yaml:2:35: load.warm_up: 11s is longer than what is replayed, 10s: the warm-up plays the beginning of that; want 10s at most`},
		{"no such file", "load: {replay: none}", `dir/f.yaml:2:16: load.replay: stat dir/none: no such file or directory`},
		{"no file", "load: {replay: ''}", `dir/f.yaml:2:16: load.replay: no file is given; want the trace that gonogo import access-log wrote`},
		{"flows", "load: {replay: t.ndjson}\nflows: {a: {steps: [{path: /}]}}", `dir/f.yaml:3:8: flows: has no meaning in a replay, where each arrival is one request; want steps: with a path each`},
		{"a flow", "load: {replay: t.ndjson}\nflow: true", `dir/f.yaml:3:7: flow: has no meaning in a replay, where each arrival is one request; want it left out`},
		{"a step that waits", "load: {replay: t.ndjson}\nsteps: [{pause: 1s}]", `dir/f.yaml:3:9: steps[0]: decides or waits, which has no meaning in a replay; want requests alone`},
		{"a call", "load: {replay: t.ndjson}\nsteps: [{grpc: a.B/C}]", `dir/f.yaml:3:9: steps[0]: is no request of HTTP, and those of a trace are; want requests alone`},
		{"a handshake", "load: {replay: t.ndjson}\nsteps: [{websocket: connect, path: /}]", `dir/f.yaml:3:9: steps[0]: is no request of HTTP, and those of a trace are; want requests alone`},
		{"a step elsewhere", "load: {replay: t.ndjson}\nsteps: [{url: 'http://h/a'}]", `dir/f.yaml:1:9: target: no step has a path, so the target would change nothing; want path: in place of url: in the steps that are to go there` + "\n" + `dir/f.yaml:3:15: steps[0].url: has no meaning in a replay: all goes to the target; want path: in place of url:`},
		{"a step with a query", "load: {replay: t.ndjson}\nsteps: [{path: /a, query: {b: c}}]", `dir/f.yaml:3:27: steps[0].query: has no meaning in a replay: the trace has the queries; want it left out`},
		{"a step with a variable", "load: {replay: t.ndjson}\nsteps: [{path: '/${uuid}'}]", `dir/f.yaml:3:16: steps[0].path: "/${uuid}" has a variable, and the trace has whole paths; want the path as the trace has it`},
		{"two steps of one path", "load: {replay: t.ndjson}\nsteps: [{path: /a}, {name: b, path: '/a?c'}]", `dir/f.yaml:3:21: steps[1]: its lines of the trace are those of another step, too, at dir/f.yaml:3; want one step for each method and path`},
		{"a step called like that for the others", "load: {replay: t.ndjson}\nsteps: [{name: GET (other), path: /a}]", `dir/f.yaml:3:16: steps[0].name: "GET (other)" is the name of the step for all other paths; want another name`},
		{"data called like the trace", "load: {replay: t.ndjson}\ndata: {trace: {file: a.csv}}", `dir/f.yaml:3:15: data.trace: "trace" is what a replay itself puts in; want another name` + "\n" + `dir/f.yaml:3:22: data.trace.file: files cannot be read here; want no data`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := replayed(t, fewLines, head+test.yaml)
			require.EqualError(t, err, test.want)
		})
	}
}

func TestMistakesOfATraceAreThoseOfItsScenario(t *testing.T) {
	const text = "load: {replay: t.ndjson}\ntarget: http://h"
	_, err := replayed(t, "{\n"+fewLines+"x", text)
	require.EqualError(t, err, `dir/f.yaml:1:16: load.replay: dir/t.ndjson:1:2: no text in quotes; want {"at":1.25,"method":"GET","path":"/a?b=c"}
dir/f.yaml:1:16: load.replay: dir/t.ndjson:8:1: no JSON object; want {"at":1.25,"method":"GET","path":"/a?b=c"}`)
	_, err = replayed(t, `{"at":0,"method":"POST","path":"/"}`, text)
	require.EqualError(t, err, `dir/f.yaml:1:16: load.replay: no line is of a method that is sent; want lines of GET or HEAD, or load.methods: all`)
	_, err = replayed(t, `{"at":1e9,"method":"GET","path":"/"}`, text)
	require.EqualError(t, err, `dir/f.yaml:1:7: load.speed: the trace is 11574d1h46m41s long, and takes too long at a speed of 1; want a speed at which it takes 366d at most`)
}
