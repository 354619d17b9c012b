package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"gonogo/internal/yamlfile"
	"gonogo/loadgen"
	"gonogo/slo"
)

// A Setting is a flag and its environment variable, which override the file.
type Setting struct {
	Name       string   // of the flag, without its dashes
	Env        string   // of the environment variable
	Usage      string   // one line; the name of the value stands in back quotes, as pflag wants it
	Default    string   // in words; "" when there is none
	Repeatable bool     // the flag may come several times; in the variable, one value a line
	Bool       bool     // the flag needs no value
	Words      []string // all that it can be, where that is a few words

	path     yamlfile.Path
	rivals   []yamlfile.Path                      // say the same thing in another way: the strongest layer decides
	replaces []yamlfile.Path                      // have no meaning any more where a weaker layer gave them
	set      func(f *File, values []string) error // nil: the last value is the text of the field at path
}

// Set puts values into the file, unless a stronger layer has spoken already.
// Mistakes are reported by Compile. Where a setting is not Repeatable, the last
// value counts.
func (s Setting) Set(f *File, layer Layer, values ...string) {
	if f.origins == nil {
		f.origins = map[yamlfile.Path]Origin{}
	}
	if len(values) == 0 {
		return
	}
	for _, p := range append(slices.Clone(s.rivals), s.path) {
		if f.origins[p].Layer > layer {
			return
		}
	}
	for _, p := range slices.Concat(s.rivals, s.replaces) {
		if f.has(p) && f.origins[p].Layer < layer {
			f.unset(p)
		}
	}
	origin := Origin{Layer: layer, Name: s.Name}
	if layer == InEnv {
		origin.Name = s.Env
	}
	f.origins[s.path] = origin
	if err := s.put(f, values); err != nil {
		f.mistakes = append(f.mistakes, mistakeOf(err, origin, s.path))
	}
}

func (s Setting) put(f *File, values []string) error {
	if s.set != nil {
		return s.set(f, values)
	}
	return yamlfile.Set(f.field(s.path).Addr().Interface(), values[len(values)-1])
}

// SetEnv puts the value of the environment variable into the file.
func (s Setting) SetEnv(f *File, value string) {
	values := []string{value}
	if s.Repeatable {
		values = slices.DeleteFunc(strings.Split(value, "\n"), func(v string) bool { return strings.TrimSpace(v) == "" })
	}
	s.Set(f, InEnv, values...)
}

func mistakeOf(err error, origin Origin, path yamlfile.Path) *yamlfile.Mistake {
	what, want := yamlfile.Explain(err)
	return &yamlfile.Mistake{Pos: origin.place(), Path: path, What: what, Want: want}
}

// Settings returns the table of settings.
func Settings() []Setting {
	all := slices.Concat(loadSettings(), requestSettings(), tlsSettings(), protocolSettings(), connectionSettings())
	for i := range all {
		all[i].Env = "GONOGO_" + strings.ToUpper(strings.ReplaceAll(all[i].Name, "-", "_"))
	}
	return all
}

func loadSettings() []Setting {
	return []Setting{
		{
			Name: "users", Usage: "load model: this `number` of users, each waiting for its answer",
			path: "load.users", rivals: []yamlfile.Path{"load.rate", "load.stages", "load.replay"}, replaces: append(openPaths(), replayPaths()...),
		},
		{
			Name: "rate", Usage: "load model: arrivals a second that do not wait for answers, as `500`, 500/s or 30000/min",
			path: "load.rate", rivals: []yamlfile.Path{"load.users", "load.stages", "load.replay"}, replaces: append(append(closedPaths(), replayPaths()...), "load.forecast"),
		},
		{
			Name: "stage", Usage: "load model: a stage of arrivals, as `30s:100`, 30s:100..1000 or 30s:2x of the forecast", Repeatable: true,
			path: "load.stages", rivals: []yamlfile.Path{"load.users", "load.rate", "load.replay"},
			replaces: append(append(closedPaths(), replayPaths()...), "load.duration"), set: setStages,
		},
		{Name: "forecast", Usage: "`rate` that stages in multiples, as 30s:2x, are multiples of", path: "load.forecast"},
		{
			Name: "replay", Usage: "load model: the arrivals of a trace, a `file` that import access-log wrote, at their instants",
			path: "load.replay", rivals: []yamlfile.Path{"load.users", "load.rate", "load.stages"},
			replaces: append(closedPaths(), "load.forecast", "load.arrival", "load.ramp", "load.duration"),
		},
		{Name: "speed", Usage: "how fast a trace is replayed: `2x` is twice as fast, 0.5x half", Default: "1x", path: "load.speed"},
		{Name: "arrival", Usage: "gaps between arrivals: `constant` or poisson", Default: string(Constant), Words: []string{string(Constant), string(Poisson)}, path: "load.arrival"},
		{Name: "duration", Usage: "`length` of the measure phase, as 30s, 24h, 1d12h or 86400", Default: defaultDuration.String(), path: "load.duration"},
		{Name: "ramp", Usage: "`time` in which users or rate grow from nothing, before the measure phase", Default: "0s", path: "load.ramp"},
		{Name: "warm-up", Usage: "`time` at full load that is sent and not judged, after the ramp", Default: "0s", path: "load.warm_up"},
		{
			Name: "think-time", Usage: "wait of a user after each iteration (the step, or the whole flow): `500ms`, uniform:1s,3s or exponential:2s", Default: "0s",
			path: "load.think_time", rivals: []yamlfile.Path{"load.pacing"},
		},
		{
			Name: "pacing", Usage: "`time` between the starts of a user's iterations; latency counts from when one was due", Default: "none",
			path: "load.pacing", rivals: []yamlfile.Path{"load.think_time"},
		},
		{Name: "iterations", Usage: "a `number` of iterations of each user; the run ends when all have done theirs, or the duration is over", Default: "no bound", path: "load.iterations"},
		{Name: "max-in-flight", Usage: "the most requests open at a time under a rate, a `number`", Default: "rate × timeout, from 100 to 10000", path: "load.max_in_flight"},
		{Name: "on-overload", Usage: "at max-in-flight, an arrival does this: `queue` or drop", Default: string(Queue), Words: []string{string(Queue), string(Drop)}, path: "load.on_overload"},
		{Name: "timeout", Usage: "`time` that a whole request may take", Default: defaultTimeout.String(), path: "load.timeout"},
		{Name: "grace", Usage: "`time` for requests that are open at the end", Default: "the timeout", path: "load.grace"},
		{Name: "seed", Usage: "`number` that fixes all that is random", Default: "chosen for each run", path: "load.seed"},
	}
}

func requestSettings() []Setting {
	return []Setting{
		{Name: "target", Usage: "base `URL` of all steps that have a path", path: "target"},
		{
			Name: "var", Usage: "a variable of the scenario, as `name=value`, best as 'name=${env:NAME}' where it is secret", Repeatable: true,
			path: "variables", set: setVariables,
		},
		{
			Name: "slo", Usage: "an `objective` such as 'p95 < 200ms'; they replace the file's", Repeatable: true,
			path: "objectives", set: setObjectives,
		},
		{
			Name: "claim", Usage: "what objectives are about: `observed` is this run, inferred the service behind it; of soak: inferred", Default: string(slo.Observed),
			Words: []string{string(slo.Observed), string(slo.Inferred)}, path: "claim",
		},
		{
			Name: "abort-when", Usage: "a `rule` that ends the run, such as 'error_rate > 5% for 1m'; they replace the file's", Repeatable: true,
			path: "abort", set: setAborts,
		},
		{Name: "drift-margin", Usage: "`share` by which a run of 20m or more may become worse, or none; of soak: 10%", Default: "none", path: "drift_margin"},
		{Name: "stop-on-fail", Usage: "end the run as soon as an objective is sure to have failed, or nearly every request fails", Bool: true, path: "stop_on_fail"},
		{
			Name: "method", Usage: "`method` of the one step", Default: "GET",
			path: "steps[0].method", set: single(setMethod),
		},
		{
			Name: "header", Usage: "a `'Name: value'` that every request carries", Repeatable: true,
			path: "http.headers", set: setHeaders,
		},
		{
			Name: "body", Usage: "body of the one step: `text`, or @file", path: "steps[0].body",
			rivals: []yamlfile.Path{"steps[0].body_file"}, set: single(setBody),
		},
		{
			Name: "expect", Usage: "`statuses` that are ok, as 200,201-204,2xx", Default: "200-399",
			path: "steps[0].expect", set: single(setExpect),
		},
		{
			Name: "compressed", Usage: "ask for gzip, br or zstd, and count the bytes that answers decode to", Bool: true, Default: "false",
			path: "http.compressed",
		},
		{Name: "redirects", Usage: "`number` of redirects that are followed", Default: "0", path: "http.redirects"},
		{
			Name: "basic", Usage: "basic authentication, `user:password`, best as 'user:${env:NAME}'",
			path: "http.auth.basic", rivals: append(authPaths(), "http.auth.bearer"),
		},
		{
			Name: "bearer", Usage: "bearer `token`, best as '${env:NAME}' or '${file:NAME}'",
			path: "http.auth.bearer", rivals: append(authPaths(), "http.auth.basic"),
		},
	}
}

// authPaths are the credentials that no flag says.
func authPaths() []yamlfile.Path {
	return []yamlfile.Path{"http.auth.api_key", "http.auth.oauth2", "http.auth.hmac", "http.auth.aws"}
}

func tlsSettings() []Setting {
	return []Setting{
		{Name: "insecure", Usage: "accept any certificate", Bool: true, Default: "false", path: "http.insecure"},
		{Name: "cacert", Usage: "PEM `file` of the authorities to trust", Default: "the system's", path: "http.cacert"},
		{Name: "cert", Usage: "PEM `file` of the client certificate", path: "http.cert"},
		{Name: "key", Usage: "PEM `file` of the client certificate's key", path: "http.key"},
		{Name: "server-name", Usage: "`name` that the certificate must have", Default: "the URL's host", path: "http.server_name"},
	}
}

func openPaths() []yamlfile.Path {
	return []yamlfile.Path{"load.rate", "load.stages", "load.forecast", "load.arrival", "load.max_in_flight", "load.on_overload"}
}

func replayPaths() []yamlfile.Path {
	return []yamlfile.Path{"load.replay", "load.speed", "load.methods"}
}

func closedPaths() []yamlfile.Path {
	return []yamlfile.Path{"load.users", "load.think_time", "load.pacing", "load.iterations"}
}

func setStages(f *File, values []string) error {
	stages := make([]Stage, 0, len(values))
	for _, v := range values {
		for _, one := range strings.Split(v, ",") {
			var s Stage
			if err := s.UnmarshalText([]byte(strings.TrimSpace(one))); err != nil {
				return err
			}
			stages = append(stages, s)
		}
	}
	f.Load.Stages = stages
	f.replaced("load.stages")
	return nil
}

func setObjectives(f *File, values []string) error {
	objectives := make([]Objective, len(values))
	for i, v := range values {
		if err := objectives[i].Go.UnmarshalText([]byte(v)); err != nil {
			return err
		}
	}
	f.Objectives = objectives
	f.replaced("objectives")
	return nil
}

// replaced forgets where the parts of a list were that is now another.
func (f *File) replaced(path yamlfile.Path) {
	for p := range f.origins {
		if p != path && p.Within(path) {
			delete(f.origins, p)
		}
	}
}

// setHeaders adds headers, or replaces those of the same name. Each keeps its
// own origin: a flag's header beats a step's, a file's does not.
func setHeaders(f *File, values []string) error {
	origin := f.origins["http.headers"]
	delete(f.origins, "http.headers")
	for _, v := range values {
		name, value, ok := strings.Cut(v, ":")
		if !ok {
			return &yamlfile.TextError{What: "a header has no colon", Want: "'Name: value'"}
		}
		f.addHeader(loadgen.Field{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)}, origin)
	}
	return nil
}

// setVariables gives variables of the scenario other values. Each keeps its own origin.
func setVariables(f *File, values []string) error {
	origin := f.origins["variables"]
	delete(f.origins, "variables")
	f.Variables = slices.Clone(f.Variables)
	for _, text := range values {
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			return &yamlfile.TextError{What: yamlfile.Quote(text) + " has no =", Want: "name=value"}
		}
		i := slices.IndexFunc(f.Variables, func(v Named[string]) bool { return v.Name == name })
		if i < 0 {
			return unknownVariable(name, f.Variables.names())
		}
		path := yamlfile.Path("variables").Key(name)
		if f.origins[path].Layer > origin.Layer {
			continue
		}
		f.Variables[i].Value, f.origins[path] = value, origin
	}
	return nil
}

func unknownVariable(name string, names []string) error {
	what, want := "no variable of the scenario is called "+yamlfile.Quote(name), "one of "+strings.Join(names, ", ")
	switch near := yamlfile.Nearest(name, names); {
	case len(names) == 0:
		want = "variables: in the file"
	case near != "":
		what += "; did you mean " + near + "?"
	}
	return &yamlfile.TextError{What: what, Want: want}
}

func (f *File) addHeader(field loadgen.Field, origin Origin) {
	var kept Headers
	for _, h := range f.HTTP.Headers {
		path := yamlfile.Path("http.headers").Key(h.Name)
		switch old := f.origins[path]; {
		case !strings.EqualFold(h.Name, field.Name) || old.Layer == origin.Layer:
			kept = append(kept, h)
		case old.Layer > origin.Layer:
			return
		default:
			delete(f.origins, path)
		}
	}
	f.HTTP.Headers = append(kept, field)
	f.origins[yamlfile.Path("http.headers").Key(field.Name)] = origin
}

// single changes the one step; there is one even where the file has none.
func single(set func(*File, string) error) func(*File, []string) error {
	return func(f *File, values []string) error {
		switch len(f.Steps) {
		case 0:
			f.Steps = []Step{{}}
		case 1:
		default:
			return fmt.Errorf("the scenario has %d steps, and this is for one; write it in the file, in each step", len(f.Steps))
		}
		return set(f, values[len(values)-1])
	}
}

func setMethod(f *File, v string) error {
	f.Steps[0].Method = v
	return nil
}

func setBody(f *File, v string) error {
	if file, isFile := strings.CutPrefix(v, "@"); isFile {
		f.Steps[0].BodyFile, f.Steps[0].Body = file, ""
		f.origins["steps[0].body_file"] = f.origins["steps[0].body"]
		delete(f.origins, "steps[0].body")
		return nil
	}
	f.Steps[0].Body = v
	return nil
}

func setExpect(f *File, v string) error {
	var expect Expect
	for _, one := range strings.Split(v, ",") {
		var s StatusRange
		if err := s.UnmarshalText([]byte(strings.TrimSpace(one))); err != nil {
			return err
		}
		expect = append(expect, s)
	}
	f.Steps[0].Expect = expect
	return nil
}
