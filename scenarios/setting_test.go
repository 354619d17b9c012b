package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func set(f *File, layer Layer, name string, values ...string) {
	for _, s := range Settings() {
		if s.Name == name {
			s.Set(f, layer, values...)
			return
		}
	}
	panic("no setting " + name)
}

func TestSettingsAreAllThere(t *testing.T) {
	var names []string
	for _, s := range Settings() {
		names = append(names, s.Name)
		require.NotEmpty(t, s.Usage)
	}
	require.ElementsMatch(t, []string{
		"users", "rate", "arrival", "stage", "forecast", "replay", "speed", "iterations", "var", "duration", "ramp", "warm-up", "think-time", "pacing", "max-in-flight", "on-overload",
		"timeout", "grace", "slo", "claim", "abort-when", "drift-margin", "stop-on-fail", "target", "method", "header", "body", "redirects", "insecure", "cacert", "cert", "key", "server-name",
		"http", "connections", "streams", "tls-min", "tls-max", "ciphers", "tls-resume", "unix-socket", "proxy", "connect-to", "resolve", "dns-ttl", "source-ip", "conn-max-age", "conn-max-requests", "compressed",
		"basic", "bearer", "seed", "expect",
	}, names)
	require.Equal(t, "GONOGO_WARM_UP", Settings()[9].Env)
}

func TestPrecedence(t *testing.T) {
	users := "load: {users: 5, think_time: 1s, duration: 1m}\ntarget: http://h\n"
	rate := "load: {rate: 5, arrival: poisson, max_in_flight: 9, duration: 1m}\ntarget: http://h\n"
	tests := []struct {
		name, file string
		change     func(f *File)
		origins    map[string]string // of the paths that matter; "" is that there is no value
	}{
		{"the file over the default", users, func(*File) {}, map[string]string{"load.users": "dir/f.yaml:1", "load.ramp": "default"}},
		{"the environment over the file", users, func(f *File) { set(f, InEnv, "users", "6") }, map[string]string{"load.users": "env GONOGO_USERS", "load.think_time": "dir/f.yaml:1"}},
		{"a flag over the environment", users, func(f *File) { set(f, InEnv, "users", "6"); set(f, ByFlag, "users", "7") }, map[string]string{"load.users": "flag --users"}},
		{"in whatever order they come", users, func(f *File) { set(f, ByFlag, "users", "7"); set(f, InEnv, "users", "6") }, map[string]string{"load.users": "flag --users"}},
		{"a rate replaces users and what is of users", users, func(f *File) { set(f, ByFlag, "rate", "7") }, map[string]string{"load.rate": "flag --rate", "load.users": "", "load.think_time": ""}},
		{"users replace a rate and what is of a rate", rate, func(f *File) { set(f, ByFlag, "users", "7") }, map[string]string{"load.users": "flag --users", "load.rate": "", "load.arrival": "", "load.max_in_flight": ""}},
		{"a stage replaces rate and duration", rate, func(f *File) { set(f, ByFlag, "stage", "5s:1", "5s:2,5s:3") }, map[string]string{"load.stages[2]": "flag --stage", "load.rate": "", "load.duration": "default", "load.arrival": "dir/f.yaml:1"}},
		{"a flag's rate over the environment's users", users, func(f *File) { set(f, ByFlag, "rate", "7"); set(f, InEnv, "users", "6") }, map[string]string{"load.rate": "flag --rate", "load.users": ""}},
		{"pacing replaces think time", users, func(f *File) { set(f, ByFlag, "pacing", "7s") }, map[string]string{"load.pacing": "flag --pacing", "load.think_time": "default"}},
		{"objectives replace the file's", users + "objectives: [p50 < 1s, p95 < 1s]", func(f *File) { set(f, ByFlag, "slo", "max < 2s") }, map[string]string{"objectives[0].go": "flag --slo", "objectives[1].go": ""}},
		{"a rate replaces stages in multiples and their forecast", "load: {forecast: 5, stages: [5s:2x]}\ntarget: http://h\n", func(f *File) { set(f, ByFlag, "rate", "7") }, map[string]string{"load.rate": "flag --rate", "load.forecast": "", "load.stages": ""}},
		{"a forecast replaces that of the file, and its stages stay", "load: {forecast: 5, stages: [5s:2x]}\ntarget: http://h\n", func(f *File) { set(f, ByFlag, "forecast", "7") }, map[string]string{"load.forecast": "flag --forecast", "load.stages[0]": "dir/f.yaml:1"}},
		{"a variable of a flag, others stay", users + "variables: {a: 1, b: 2}", func(f *File) { set(f, ByFlag, "var", "a=3"); set(f, InEnv, "var", "a=4") }, map[string]string{"variables.a": "flag --var", "variables.b": "dir/f.yaml:3"}},
		{"a bearer token replaces a password", users + "http: {auth: {basic: 'a:b'}}", func(f *File) { set(f, ByFlag, "bearer", "t") }, map[string]string{"http.auth.bearer": "flag --bearer", "http.auth.basic": ""}},
		{"a header of the same name is replaced, others stay", users + "http: {headers: {accept: a, X: b}}", func(f *File) { set(f, ByFlag, "header", "Accept: c") }, map[string]string{"http.headers.Accept": "flag --header", "http.headers.accept": "", "http.headers.X": "dir/f.yaml:3"}},
		{"a flag's header stays over the environment's", users, func(f *File) { set(f, ByFlag, "header", "A: b"); set(f, InEnv, "header", "a: c") }, map[string]string{"http.headers.A": "flag --header", "http.headers.a": ""}},
		{"method, body and statuses of the implicit step", users, func(f *File) {
			set(f, ByFlag, "method", "POST")
			set(f, ByFlag, "body", "x")
			set(f, ByFlag, "expect", "200,4xx")
		}, map[string]string{"steps[0].method": "flag --method", "steps[0].body": "flag --body", "steps[0].expect[1]": "flag --expect"}},
		{"a body replaces a file", users + "steps: [{path: /, body_file: body.json}]", func(f *File) { set(f, ByFlag, "body", "x") }, map[string]string{"steps[0].body": "flag --body", "steps[0].body_file": ""}},
		{"a file counts from here", users, func(f *File) { set(f, ByFlag, "body", "@body.json") }, map[string]string{"steps[0].body": "", "steps[0].body_file": "flag --body"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := parsed(t, tt.file)
			tt.change(f)
			c := compiled(t, f)
			for path, want := range tt.origins {
				require.Equal(t, want, c.Origins[path], path)
			}
		})
	}
}

func TestTargetReplacesTheHostOfPaths(t *testing.T) {
	f := parsed(t, "load: {users: 1}\ntarget: http://old/base\nsteps: [{path: /a}, {url: 'http://other/b'}]")
	set(f, ByFlag, "target", "https://new:1/v2/")
	c := compiled(t, f)
	require.Equal(t, "https://new:1/v2/a", c.Plan.Steps[0].Request.URL.String())
	require.Equal(t, "http://other/b", c.Plan.Steps[1].Request.URL.String())

	f = FromURL("http://old/health")
	set(f, InEnv, "target", "http://from-environment")
	set(f, ByFlag, "users", "1")
	require.Equal(t, "http://old/health", compiled(t, f).Plan.Steps[0].Request.URL.String(), "an argument beats the environment")
	set(f, ByFlag, "target", "http://new")
	require.Equal(t, "http://new/health", compiled(t, f).Plan.Steps[0].Request.URL.String())
}

func TestHeadersByFlagBeatThoseOfSteps(t *testing.T) {
	f := parsed(t, "load: {users: 1}\ntarget: http://h\nhttp: {headers: {B: common}}\nsteps: [{path: /, headers: {a: step, b: step}}]")
	set(f, ByFlag, "header", "A: flag", "C: one", "C: two")
	h := compiled(t, f).Plan.Steps[0].Request.Header
	var got []string
	for _, field := range h {
		got = append(got, field.Name+": "+field.Value)
	}
	require.Equal(t, []string{"A: flag", "C: one", "C: two", "b: step"}, got)
}

func TestSettingMistakes(t *testing.T) {
	f := parsed(t, "load: {users: 5}\ntarget: http://h\nsteps: [{path: /a}, {path: /b}]\nobjectives: [p95 < 1s]")
	f.Steps[0].Weight = 1
	set(f, ByFlag, "users", "many")
	set(f, ByFlag, "ramp", "5 min")
	set(f, InEnv, "duration", "-1s")
	set(f, ByFlag, "method", "POST")
	set(f, ByFlag, "header", "secret-token-without-colon")
	set(f, ByFlag, "slo", "p95 <")
	set(f, ByFlag, "seed", "-1")
	set(f, ByFlag, "insecure", "perhaps")
	set(f, ByFlag, "timeout", "0")
	set(f, ByFlag, "redirects", "99")
	set(f, ByFlag, "target", "ftp://h")
	_, err := f.Compile(testOptions())
	require.EqualError(t, err, `--header: a header has no colon; want 'Name: value'
--insecure: "perhaps" does not fit; want true or false
--method: the scenario has 2 steps, and this is for one; write it in the file, in each step
--ramp: "5 min" has the unknown unit " min"; want d, h, m, s, ms, us or ns
--redirects: 99 is out of range; want 0 to 50
--seed: "-1" does not fit; want a whole number, 0 or more
--slo: "p95 <" is no target: character 6 is the end; want a duration with its unit, such as 200ms, 1.5s or 2m, in whole nanoseconds and up to 24h
--target: the scheme "ftp" is not one that gonogo sends; want http or https
--timeout: every request would time out at once; want a timeout above 0
--users: "many" does not fit; want a whole number
GONOGO_DURATION: "-1s" is negative; want a duration of 0 or more`)

	f = FromURL("http://h")
	set(f, ByFlag, "users", "1")
	set(f, ByFlag, "rate", "1")
	_, err = f.Compile(testOptions())
	require.EqualError(t, err, "--users: both users and a rate of arrivals are given; want one of them: users wait for their answers, arrivals do not")
}

func TestVariablesOfFlagsAreThoseOfTheFile(t *testing.T) {
	for _, tt := range []struct{ name, file, value, want string }{
		{"one that is misspelt", "variables: {prompt: x, plan: y}\n", "promt=z", `--var: no variable of the scenario is called "promt"; did you mean prompt?; want one of prompt, plan`},
		{"one where there are none", "", "a=b", `--var: no variable of the scenario is called "a"; want variables: in the file`},
		{"one without a value", "variables: {a: x}\n", "a", `--var: "a" has no =; want name=value`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := parsed(t, tt.file+"load: {users: 1}\ntarget: http://h")
			set(f, ByFlag, "var", tt.value)
			_, err := f.Compile(testOptions())
			require.EqualError(t, err, tt.want)
		})
	}
}

func TestSetEnvTakesOneValueALine(t *testing.T) {
	f := FromURL("http://h")
	for _, s := range Settings() {
		switch s.Name {
		case "stage":
			s.SetEnv(f, "5s:1\n\n5s:2\n")
		case "slo":
			s.SetEnv(f, "p95 < 1s\nsuccess > 99%")
		case "warm-up":
			s.SetEnv(f, "3s")
		}
	}
	c := compiled(t, f)
	require.Len(t, c.Plan.Open.Stages, 2)
	require.Len(t, c.Objectives, 2)
	require.Equal(t, "GONOGO_SLO", c.Objectives[1].Source)
	require.Equal(t, "env GONOGO_WARM_UP", c.Origins["load.warm_up"])
}
