package scenarios

import (
	"crypto/tls"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/slo"
)

func compiled(t *testing.T, f *File) *Compiled {
	t.Helper()
	c, err := f.Compile(testOptions())
	require.NoError(t, err)
	return c
}

func parsed(t *testing.T, text string) *File {
	t.Helper()
	f, err := Parse("dir/f.yaml", []byte(text))
	require.NoError(t, err)
	return f
}

func address(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	require.NoError(t, err)
	return u
}

func objective(t *testing.T, name, text, source string) slo.Objective {
	t.Helper()
	target, err := slo.ParseTarget(text)
	require.NoError(t, err)
	return slo.Objective{Name: name, Go: target, Claim: slo.Observed, Source: source}
}

func TestCompileFillsDefaults(t *testing.T) {
	c := compiled(t, parsed(t, "load: {users: 3}\ntarget: http://h/health?deep=1"))
	require.Equal(t, loadgen.Plan{
		Name: "f", Seed: 7,
		Closed:  &loadgen.Closed{Users: 3},
		Measure: 30 * time.Second, Timeout: 10 * time.Second, Grace: 10 * time.Second,
		Steps: []loadgen.Step{{
			Name: "GET /health", Weight: 1,
			Request: loadgen.Request{Method: "GET", URL: address(t, "http://h/health?deep=1"), Expect: []loadgen.StatusRange{{From: 200, To: 399}}},
		}},
	}, c.Plan)
	require.Empty(t, c.Objectives)
	require.Equal(t, TLS{Min: tls.VersionTLS12, Max: tls.VersionTLS13}, c.TLS)
}

const everything = `name: everything
description: all that a file can say
target: https://${env:HOST}:8443/api/
load:
  stages: [30s:100, "1m:100..500"]
  arrival: poisson
  max_in_flight: 50
  on_overload: drop
  ramp: 10
  warm_up: 5s
  timeout: 2s
  grace: 1s
  seed: 42
http:
  headers: {Accept: application/json, X-Run: "${env:SHORT}"}
  auth: {basic: "me:${env:TOKEN}"}
  redirects: 2
  insecure: true
  server_name: h.example.test
  tls_min: 1.3
  tls_resume: true
connections:
  proxy: http://me:${env:TOKEN}@proxy.example.test:3128
  connect_to: [h:443:other:8443]
  resolve: ["h:443:127.0.0.1,::1"]
  source_ip: [10.0.0.1-10.0.0.3]
  max_requests: 100
flow: false
steps:
  - name: list
    path: //a/../b?x=%2F
    weight: 3
    expect: 2xx
  - method: POST
    path: /orders/${env:TOKEN}
    headers: {Content-Type: application/json, accept: text/plain}
    body: '{"price": "$${x}", "token": "${env:TOKEN}"}'
    weight: 0
  - method: PUT
    url: http://other.example.test/file
    body_file: body.json
    expect: [201-204, 409]
objectives:
  - p95{list} < 200ms
  - {name: ok, go: success > 99.5%, conditional: success > 99%, no_go: success < 99%}
  - {go: p50 < 100ms every 10s, name: windows}
  - {go: p99 < 1s, claim: inferred, name: service}
`

func TestCompileEverything(t *testing.T) {
	c := compiled(t, parsed(t, everything))
	header := func(own ...loadgen.Field) []loadgen.Field {
		return append([]loadgen.Field{{Name: "X-Run", Value: "x7"}, {Name: "Authorization", Value: "Basic bWU6czNjcjN0LXQwa2Vu"}}, own...)
	}
	accept := loadgen.Field{Name: "Accept", Value: "application/json"}
	require.Equal(t, loadgen.Plan{
		Name: "everything", Seed: 42,
		Open: &loadgen.Open{
			Stages:  []loadgen.Stage{{For: 30 * time.Second, From: 100, To: 100}, {For: time.Minute, From: 100, To: 500}},
			Poisson: true, MaxInFlight: 50, Drop: true,
		},
		Ramp: 10 * time.Second, WarmUp: 5 * time.Second, Measure: 90 * time.Second, Grace: time.Second, Timeout: 2 * time.Second,
		Steps: []loadgen.Step{
			{Name: "list", Weight: 3, Request: loadgen.Request{
				Method: "GET", URL: address(t, "https://inside.example.test:8443/api//a/../b?x=%2F"),
				Header: append([]loadgen.Field{accept}, header()...), Expect: []loadgen.StatusRange{{From: 200, To: 299}}, MaxRedirects: 2,
			}},
			{Name: "POST /orders/$TOKEN", Weight: 0, Request: loadgen.Request{
				Method: "POST", URL: address(t, "https://inside.example.test:8443/api/orders/s3cr3t-t0ken"),
				Header: header(loadgen.Field{Name: "Content-Type", Value: "application/json"}, loadgen.Field{Name: "accept", Value: "text/plain"}),
				Body:   []byte(`{"price": "${x}", "token": "s3cr3t-t0ken"}`), Expect: []loadgen.StatusRange{{From: 200, To: 299}}, MaxRedirects: 2,
			}},
			{Name: "PUT /file", Weight: 1, Request: loadgen.Request{
				Method: "PUT", URL: address(t, "http://other.example.test/file"), Header: append([]loadgen.Field{accept}, header()...),
				Body: []byte(`{"a":1}`), Expect: []loadgen.StatusRange{{From: 201, To: 204}, {From: 409, To: 409}}, MaxRedirects: 2,
			}},
		},
	}, c.Plan)
	require.Equal(t, TLS{Insecure: true, ServerName: "h.example.test", Min: tls.VersionTLS13, Max: tls.VersionTLS13, Resume: true}, c.TLS)

	ok := objective(t, "ok", "success > 99.5%", "dir/f.yaml:45")
	conditional, noGo := objective(t, "", "success > 99%", "").Go, objective(t, "", "success < 99%", "").Go
	ok.Conditional, ok.NoGo = &conditional, &noGo
	service := objective(t, "service", "p99 < 1s", "dir/f.yaml:47")
	service.Claim = slo.Inferred
	require.Equal(t, []slo.Objective{
		objective(t, "p95{list} < 200ms", "p95{list} < 200ms", "dir/f.yaml:44"), ok,
		objective(t, "windows", "p50 < 100ms every 10s", "dir/f.yaml:46"), service,
	}, c.Objectives)
}

func TestModels(t *testing.T) {
	tests := []struct {
		name, load string
		closed     *loadgen.Closed
		open       *loadgen.Open
	}{
		{"users that think", "{users: 5, think_time: 'uniform:1s,2s'}", &loadgen.Closed{Users: 5, ThinkTime: loadgen.Distribution{Law: loadgen.Uniform, A: 1e9, B: 2e9}}, nil},
		{"users that are paced", "{users: 5, pacing: 2s}", &loadgen.Closed{Users: 5, Pacing: 2e9}, nil},
		{"users that come twice", "{users: 5, iterations: 2}", &loadgen.Closed{Users: 5, Iterations: 2}, nil},
		{"stages in multiples of a forecast", "{forecast: 60/min, stages: [1s:1x, '2s:1.5x..3x', 1s:7], timeout: 1s}", nil, &loadgen.Open{Stages: []loadgen.Stage{{For: 1e9, From: 1, To: 1}, {For: 2e9, From: 1.5, To: 3}, {For: 1e9, From: 7, To: 7}}, MaxInFlight: 100}},
		{"a rate is one stage, with room for every request until its timeout", "{rate: 500, duration: 1m}", nil, &loadgen.Open{Stages: []loadgen.Stage{{For: 60e9, From: 500, To: 500}}, MaxInFlight: 5000}},
		{"a small rate has room as well", "{rate: 60/min, timeout: 1s}", nil, &loadgen.Open{Stages: []loadgen.Stage{{For: 30e9, From: 1, To: 1}}, MaxInFlight: 100}},
		{"a large rate has an end", "{rate: 5000}", nil, &loadgen.Open{Stages: []loadgen.Stage{{For: 30e9, From: 5000, To: 5000}}, MaxInFlight: 10_000}},
		{"the steepest stage counts, rounded up", "{stages: [1s:1, '2s:1..300.01'], timeout: 1s}", nil, &loadgen.Open{Stages: []loadgen.Stage{{For: 1e9, From: 1, To: 1}, {For: 2e9, From: 1, To: 300.01}}, MaxInFlight: 301}},
		{"a stage of silence is one", "{stages: [1s:1, 5s:0, 1s:1]}", nil, &loadgen.Open{Stages: []loadgen.Stage{{For: 1e9, From: 1, To: 1}, {For: 5e9}, {For: 1e9, From: 1, To: 1}}, MaxInFlight: 100}},
		{"the duration of stages may be said", "{stages: [1s:1, 5s:2], duration: 6s}", nil, &loadgen.Open{Stages: []loadgen.Stage{{For: 1e9, From: 1, To: 1}, {For: 5e9, From: 2, To: 2}}, MaxInFlight: 100}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := compiled(t, parsed(t, "target: http://h\nload: "+tt.load))
			require.Equal(t, tt.closed, c.Plan.Closed)
			require.Equal(t, tt.open, c.Plan.Open)
		})
	}
}

func TestFlowIsForStepsWithoutWeights(t *testing.T) {
	tests := []struct {
		name, text string
		want       bool
	}{
		{"one step", "steps: [{path: /a}]", false},
		{"steps without weights", "steps: [{path: /a}, {path: /b}]", true},
		{"steps with a weight", "steps: [{path: /a}, {path: /b, weight: 2}]", false},
		{"said so", "flow: false\nsteps: [{path: /a}, {path: /b}]", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, compiled(t, parsed(t, "load: {users: 1}\ntarget: http://h\n"+tt.text)).Plan.Flows != nil)
		})
	}
}

func TestFromURL(t *testing.T) {
	f := FromURL("https://staging.example.test:8443/health?deep=1")
	f.Load.Users = 10
	c := compiled(t, f)
	require.Equal(t, "staging.example.test", c.Plan.Name)
	require.Equal(t, "GET /health", c.Plan.Steps[0].Name)
	require.Equal(t, "https://staging.example.test:8443/health?deep=1", c.Plan.Steps[0].Request.URL.String())
	require.Equal(t, "argument", c.Origins["target"])
	require.Equal(t, "code", c.Origins["load.users"])

	for text, want := range map[string]string{
		"https://h":        "GET /",
		"https://h/":       "GET /",
		"http://h?a=b":     "GET /",
		"http://[::1]:1/x": "GET /x",
	} {
		f := FromURL(text)
		f.Load.Users = 1
		c := compiled(t, f)
		require.Equal(t, want, c.Plan.Steps[0].Name, text)
		require.Equal(t, text, c.Plan.Steps[0].Request.URL.String())
	}
	for text, want := range map[string]string{
		"example.test":          `URL: "example.test" has no scheme; want "https://example.test"`,
		"http://me:hunter22@h/": `URL: the URL holds a user name; want http.auth.basic, or --basic 'user:${env:NAME}'`,
		"http://h/%zz":          `URL: is not a URL: invalid URL escape "%zz"; want http://host/path or https://host/path`,
	} {
		f := FromURL(text)
		f.Load.Users = 1
		_, err := f.Compile(testOptions())
		require.EqualError(t, err, want)
	}
	_, err := FromURL("http://h").Compile(testOptions())
	require.EqualError(t, err, "load.users: no load is given; want users, rate or stages, such as --users 10")
}

// A scenario may be made in Go; what is not given is filled as in a file.
func TestFileInCode(t *testing.T) {
	f := &File{Target: "http://h", Load: Model{Rate: 5, Duration: Duration(time.Minute)}, Steps: []Step{{Path: "/a"}, {Path: "/b", Weight: 2}}}
	c := compiled(t, f)
	require.Equal(t, &loadgen.Open{Stages: []loadgen.Stage{{For: time.Minute, From: 5, To: 5}}, MaxInFlight: 100}, c.Plan.Open)
	require.Equal(t, []int{1, 2}, []int{c.Plan.Steps[0].Weight, c.Plan.Steps[1].Weight})

	f.Load.Rate = -1
	f.Steps[1].Path = "b"
	_, err := f.Compile(testOptions())
	require.EqualError(t, err, "load.rate: the rate is below 0; want a rate above 0\nsteps[1].path: \"b\" does not start with a slash; want \"/b\"")
}

func TestCompileIsDeterministicAndChangesNothing(t *testing.T) {
	f := parsed(t, everything)
	alike := func(f *File) *Compiled {
		c := compiled(t, f)
		c.again = nil // no function equals another one
		return c
	}
	first := alike(f)
	require.Equal(t, first, alike(f))
	require.Equal(t, first, alike(parsed(t, everything)))
}

// What claims nothing takes the scenario's claim, or the command's, if anything can
// be inferred about it.
func TestClaims(t *testing.T) {
	const objectives = "load: {users: 1}\ntarget: http://h\nobjectives: [p95 < 1s, mean < 1s, {go: success > 99%, claim: observed}, {go: p50 < 1s, claim: inferred}]\n"
	tests := []struct {
		name, text, flag string
		by               slo.Claim
		want             []slo.Claim
		origin           string
	}{
		{"nothing is said", "", "", "", []slo.Claim{slo.Observed, slo.Observed, slo.Observed, slo.Inferred}, "default"},
		{"the command infers", "", "", slo.Inferred, []slo.Claim{slo.Inferred, slo.Observed, slo.Observed, slo.Inferred}, "default"},
		{"the scenario knows better", "claim: observed", "", slo.Inferred, []slo.Claim{slo.Observed, slo.Observed, slo.Observed, slo.Inferred}, "dir/f.yaml:4"},
		{"a flag is stronger", "claim: observed", "inferred", "", []slo.Claim{slo.Inferred, slo.Observed, slo.Observed, slo.Inferred}, "flag --claim"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := parsed(t, objectives+tt.text)
			if tt.flag != "" {
				set(f, ByFlag, "claim", tt.flag)
			}
			options := testOptions()
			options.Claim = tt.by
			c, err := f.Compile(options)
			require.NoError(t, err)
			var claims []slo.Claim
			for _, o := range c.Objectives {
				claims = append(claims, o.Claim)
			}
			require.Equal(t, tt.want, claims)
			require.Equal(t, tt.origin, c.Origins["claim"])
		})
	}
}

// The effective scenario is a scenario: what ran can be run again. (As it is a
// map, headers come sorted.)
func TestEffectiveIsAFile(t *testing.T) {
	for _, text := range []string{everything, "load: {users: 5, pacing: 1s}\ntarget: http://h", "load: {rate: 0.5}\ntarget: http://h/x"} {
		first := compiled(t, parsed(t, text))
		written, err := json.Marshal(first.Effective)
		require.NoError(t, err)
		second := compiled(t, parsed(t, string(written)))
		for i := range first.Objectives {
			first.Objectives[i].Source, second.Objectives[i].Source = "", ""
		}
		require.Equal(t, first.Plan, second.Plan)
		require.Equal(t, first.Objectives, second.Objectives)
		require.Equal(t, first.TLS, second.TLS)
		require.Equal(t, first.Connections, second.Connections)
		require.Equal(t, first.Effective, second.Effective)
		require.Equal(t, first.SHA256, second.SHA256)
	}
}

func TestDigestIsOfWhatIsSent(t *testing.T) {
	digest := func(text string, seed uint64) string {
		options := testOptions()
		options.Seed = seed
		c, err := parsed(t, text).Compile(options)
		require.NoError(t, err)
		return c.SHA256
	}
	base := "load: {users: 1}\ntarget: http://h/a\n"
	require.Len(t, digest(base, 1), 64)
	require.Equal(t, digest(base, 1), digest(base, 2), "the seed is left out")
	require.Equal(t, digest(base, 1), digest("target: http://h/a\nload: {users: 1, ramp: 0}", 1), "it does not matter how it was said")
	require.NotEqual(t, digest(base, 1), digest(strings.Replace(base, "1", "2", 1), 1))

	step := "load: {users: 1}\ntarget: http://h\nsteps: [{path: /, body_file: body.json}]"
	other := testOptions()
	other.ReadFile = func(string) ([]byte, error) { return []byte("changed"), nil }
	c, err := parsed(t, step).Compile(other)
	require.NoError(t, err)
	require.NotEqual(t, digest(step, 1), c.SHA256, "a file's contents count")
}
