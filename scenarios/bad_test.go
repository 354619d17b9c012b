package scenarios

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/internal/yamlfile"
)

// compileText compiles a scenario in which load and target are given, unless
// the text gives them.
func compileText(text string) (*Compiled, error) {
	if !strings.Contains(text, "load:") {
		text += "\nload: {users: 1}"
	}
	if !strings.Contains(text, "target:") {
		text += "\ntarget: http://h"
	}
	f, err := Parse("dir/f.yaml", []byte(text))
	if err != nil {
		return nil, err
	}
	return f.Compile(testOptions())
}

func testOptions() Options {
	env := map[string]string{"TOKEN": "s3cr3t-t0ken", "SHORT": "x7", "EMPTY": "", "BREAK": "abcd\r\nEvil: 1", "HOST": "inside.example.test", "BODY": "dir/body.json"}
	files := map[string]string{"dir/body.json": `{"a":1}`, "body.json": `{"b":2}`, "dir/text.pem": "no PEM"}
	return Options{
		Seed: 7,
		Env:  func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		ReadFile: func(path string) ([]byte, error) {
			if data, ok := files[path]; ok {
				return []byte(data), nil
			}
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		},
	}
}

func TestBadInput(t *testing.T) {
	tests := []struct {
		name, yaml string
		want       []string
	}{
		// the load
		{"no load", "load: {}", []string{`dir/f.yaml:1:7: load.users: no load is given; want users, rate or stages, such as --users 10`}},
		{"no users", "load: {users: 0}", []string{`dir/f.yaml:1:15: load.users: 0 is out of range; want 1 to 1000000`}},
		{"fewer than no users", "load: {users: -5}", []string{`dir/f.yaml:1:15: load.users: -5 is out of range; want 1 to 1000000`}},
		{"more users than there are ports", "load: {users: 1000001}", []string{`dir/f.yaml:1:15: load.users: 1000001 is out of range; want 1 to 1000000`}},
		{"users and a rate", "load: {users: 5, rate: 5}", []string{`dir/f.yaml:1:15: load.users: both users and a rate of arrivals are given; want one of them: users wait for their answers, arrivals do not`}},
		{"a rate and stages", "load: {rate: 5, stages: [5s:1]}", []string{`dir/f.yaml:1:14: load.rate: both rate and stages are given; want one of them: a stage holds a rate, too`}},
		{"a rate of nothing", "load: {rate: 0}", []string{`dir/f.yaml:1:14: load.rate: a rate of 0 makes no load; want a rate above 0`}},
		{"a negative rate", "load: {rate: -1}", []string{`dir/f.yaml:1:14: load.rate: "-1" is negative; want a rate of 0 or more`}},
		{"not a number as rate", "load: {rate: .nan}", []string{`dir/f.yaml:1:14: load.rate: ".nan" is not a rate; want a rate such as 500, 500/s, 30000/min or 7200/h`}},
		{"NaN in words", "load: {rate: NaN}", []string{`dir/f.yaml:1:14: load.rate: "NaN" is no rate that can be made; want a rate such as 500, 500/s, 30000/min or 7200/h`}},
		{"an endless rate", "load: {rate: inf}", []string{`dir/f.yaml:1:14: load.rate: "inf" is no rate that can be made; want a rate such as 500, 500/s, 30000/min or 7200/h`}},
		{"a rate that no float holds", "load: {rate: 1e400}", []string{`dir/f.yaml:1:14: load.rate: "1e400" is no rate that can be made; want a rate such as 500, 500/s, 30000/min or 7200/h`}},
		{"a huge rate", "load: {rate: 1e9}", []string{`dir/f.yaml:1:14: load.rate: a rate of 1000000000/s is more than one machine can make; want 10000000/s at most`}},
		{"a rate in a wrong unit", "load: {rate: 5/fortnight}", []string{`dir/f.yaml:1:14: load.rate: "5/fortnight" has an unknown unit; want a rate such as 500, 500/s, 30000/min or 7200/h`}},
		{"no duration", "load: {users: 1, duration: 0s}", []string{`dir/f.yaml:1:28: load.duration: nothing can be measured in no time; want a duration above 0`}},
		{"a negative duration", "load: {users: 1, duration: -30s}", []string{`dir/f.yaml:1:28: load.duration: "-30s" is negative; want a duration of 0 or more`}},
		{"a duration in a wrong unit", "load: {users: 1, duration: 5 minutes}", []string{`dir/f.yaml:1:28: load.duration: "5 minutes" has the unknown unit " minutes"; want d, h, m, s, ms, us or ns`}},
		{"a duration of years", "load: {users: 1, duration: 400d}", []string{`dir/f.yaml:1:28: load.duration: 400d is too long; want 366d at most`}},
		{"no timeout", "load: {users: 1, timeout: 0}", []string{`dir/f.yaml:1:27: load.timeout: every request would time out at once; want a timeout above 0`}},
		{"a list as ramp", "load: {users: 1, ramp: [1s]}", []string{`dir/f.yaml:1:24: load.ramp: is a list; want a duration such as 500ms, 30s, 24h or 1d12h`}},
		{"an arrival that is not known", "load: {rate: 1, arrival: poison}", []string{`dir/f.yaml:1:26: load.arrival: "poison" is not known; did you mean "poisson"?`}},
		{"a policy that is not known", "load: {rate: 1, on_overload: panic}", []string{`dir/f.yaml:1:30: load.on_overload: "panic" is not known; want queue or drop`}},
		{"no room for a request", "load: {rate: 1, max_in_flight: 0}", []string{`dir/f.yaml:1:32: load.max_in_flight: 0 is out of range; want 1 to 1000000`}},
		{"what is of a rate, with users", "load: {users: 1, arrival: poisson, max_in_flight: 5}", []string{
			`dir/f.yaml:1:27: load.arrival: has no meaning in a load made by users; want it left out`,
			`dir/f.yaml:1:51: load.max_in_flight: has no meaning in a load made by users; want it left out`,
		}},
		{"what is of users, with a rate", "load: {rate: 1, think_time: 1s}", []string{`dir/f.yaml:1:29: load.think_time: has no meaning in a load made by a rate; want it left out`}},
		{"pacing and think time", "load: {users: 1, think_time: 1s, pacing: 5s}", []string{`dir/f.yaml:1:42: load.pacing: both pacing and think_time are given; want one of them: pacing says when the next iteration is due already`}},
		{"a think time without a law", "load: {users: 1, think_time: 'normal:1s,2s'}", []string{`dir/f.yaml:1:30: load.think_time: "normal" is not known; want constant, uniform or exponential`}},
		{"no stages", "load: {stages: []}", []string{`dir/f.yaml:1:16: load.stages: there is no stage; want a stage such as 30s:100 (hold 100/s) or 30s:100..1000 (go from one to the other)`}},
		{"stages of nothing", "load: {stages: [0s:5, '5s:0']}", []string{`dir/f.yaml:1:17: load.stages[0]: the stage takes no time; want a length above 0`}},
		{"one stage of nothing", "load: {stages: [0s:5]}", []string{`dir/f.yaml:1:17: load.stages[0]: the stage takes no time; want a length above 0`}},
		{"multiples of nothing", "load: {stages: [5s:2x]}", []string{`dir/f.yaml:1:16: load.stages: they are multiples of a forecast that is not given; want load.forecast, such as --forecast 100`}},
		{"a forecast of nothing", "load: {forecast: 0, stages: [5s:2x]}", []string{`dir/f.yaml:1:18: load.forecast: a forecast of 0 has no multiples; want a rate above 0`}},
		{"a forecast beside users", "load: {users: 1, forecast: 5}", []string{`dir/f.yaml:1:28: load.forecast: has no meaning in a load made by users; want it left out`}},
		{"a stage of a multiple and a rate", "load: {forecast: 5, stages: [5s:1x..7]}", []string{`dir/f.yaml:1:30: load.stages[0]: "1x" is not a rate; want a rate such as 500, 500/s, 30000/min or 7200/h`}},
		{"iterations of nobody", "load: {rate: 5, iterations: 1}", []string{`dir/f.yaml:1:29: load.iterations: has no meaning in a load made by a rate; want it left out`}},
		{"no iterations", "load: {users: 5, iterations: 0}", []string{`dir/f.yaml:1:30: load.iterations: 0 is out of range; want 1 to 1000000`}},
		{"stages without load", "load: {stages: ['5s:0']}", []string{`dir/f.yaml:1:16: load.stages: a rate of 0 makes no load; want a rate above 0`}},
		{"stages that are no stages", "load:\n  stages:\n    - 30s\n    - 5s:x\n    - 5 min:7\n", []string{
			`dir/f.yaml:3:7: load.stages[0]: "30s" is not a stage; want a stage such as 30s:100 (hold 100/s) or 30s:100..1000 (go from one to the other)`,
			`dir/f.yaml:4:7: load.stages[1]: "x" is not a rate; want a rate such as 500, 500/s, 30000/min or 7200/h`,
			`dir/f.yaml:5:7: load.stages[2]: "5 min" has the unknown unit " min"; want d, h, m, s, ms, us or ns`,
		}},
		{"stages of another length", "load: {stages: [30s:5, 30s:10], duration: 5m}", []string{`dir/f.yaml:1:43: load.duration: 5m is not the length of the stages together, 1m; want the duration left out`}},
		{"a negative seed", "load: {users: 1, seed: -1}", []string{`dir/f.yaml:1:24: load.seed: "-1" does not fit; want a whole number, 0 or more`}},

		// where to
		{"no target", "load: {users: 1}\nname: x\n# target:", []string{`dir/f.yaml:1:1: target: no target is given; want --target with a URL, or target: in the file`}},
		{"no scheme", "target: example.test/health", []string{`dir/f.yaml:1:9: target: "example.test/health" has no scheme; want "https://example.test/health"`}},
		{"a host and a port alone", "target: example.test:8080", []string{`dir/f.yaml:1:9: target: "example.test:8080" has no scheme; want "https://example.test:8080"`}},
		{"no scheme, at home", "target: 127.0.0.1:8080/health", []string{`dir/f.yaml:1:9: target: "127.0.0.1:8080/health" has no scheme; want "http://127.0.0.1:8080/health"`}},
		{"another scheme", "target: ftp://example.test", []string{`dir/f.yaml:1:9: target: the scheme "ftp" is not one that gonogo sends; want http or https`}},
		{"no host", "target: http:///health", []string{`dir/f.yaml:1:9: target: "http:///health" names no host; want http://host/path or https://host/path`}},
		{"a malformed URL", "target: 'http://[::1'", []string{`dir/f.yaml:1:9: target: is not a URL: missing ']' in host; want http://host/path or https://host/path`}},
		{"a malformed escape", "target: http://h/%zz", []string{`dir/f.yaml:1:9: target: is not a URL: invalid URL escape "%zz"; want http://host/path or https://host/path`}},
		{"a port that is none", "target: http://h:70000", []string{`dir/f.yaml:1:9: target: port 70000 is out of range; want 1 to 65535`}},
		{"a password in the URL", "target: http://me:hunter22@h", []string{`dir/f.yaml:1:9: target: the URL holds a user name; want http.auth.basic, or --basic 'user:${env:NAME}'`}},
		{"a fragment", "target: http://h/#top", []string{`dir/f.yaml:1:9: target: the URL has a fragment (#), which is never sent; want it left out`}},
		{"a query before the path", "target: http://h/?a=b\nsteps: [{path: /x}]", []string{`dir/f.yaml:1:9: target: the target has a query, and steps have paths; want the query in the paths`}},
		{"a target that nothing uses", "target: http://h\nsteps: [{url: 'http://i/'}]", []string{`dir/f.yaml:1:9: target: no step has a path, so the target would change nothing; want path: in place of url: in the steps that are to go there`}},

		// the steps
		{"empty steps", "steps: []", []string{`dir/f.yaml:1:8: steps: there is no step; want at least one, such as - path: /health`}},
		{"steps of nothing", "steps:", []string{`dir/f.yaml:1:7: steps: nothing is written here; want a list`}},
		{"a step without a path", "steps: [{name: a}, {path: /b}]", []string{`dir/f.yaml:1:9: steps[0]: the step goes nowhere; want path: (below the target) or url: (absolute)`}},
		{"a path without its slash", "steps: [{path: health}]", []string{`dir/f.yaml:1:16: steps[0].path: "health" does not start with a slash; want "/health"`}},
		{"a path that is a URL", "steps: [{path: 'http://h/a'}]", []string{`dir/f.yaml:1:16: steps[0].path: "http://h/a" is a whole URL; want url: in place of path:`}},
		{"a URL that is a path", "steps: [{url: /a}, {path: /b}]", []string{`dir/f.yaml:1:15: steps[0].url: "/a" is not an absolute URL; want http://... or https://..., or path: for one below the target`}},
		{"a path and a URL", "steps: [{path: /a, url: 'http://h/a'}, {path: /b}]", []string{`dir/f.yaml:1:25: steps[0].url: both path and url are given; want one of them: a path is below the target, a url is not`}},
		{"two steps of one name", "steps:\n  - {name: a, path: /a}\n  - {name: b, path: /b}\n  - {name: a, path: /c}", []string{`dir/f.yaml:4:12: steps[2].name: "a" is the name of another one, too, at dir/f.yaml:2; want a name of its own for each step, group and flow`}},
		{"two steps named by one path", "steps:\n  - path: /a?x=1\n  - path: /a?x=2", []string{`dir/f.yaml:3:5: steps[1].name: "GET /a" is the name of another one, too, at dir/f.yaml:2; want a name of its own for each step, group and flow`}},
		{"a name with a line break", `steps: [{name: "a\nb", path: /}]`, []string{`dir/f.yaml:1:16: steps[0].name: the name holds a character that cannot be printed; want letters, digits and punctuation`}},
		{"a negative weight", "steps: [{path: /a, weight: -1}, {path: /b}]", []string{`dir/f.yaml:1:28: steps[0].weight: -1 is out of range; want 0 to 1000000`}},
		{"no weight at all", "steps: [{path: /a, weight: 0}, {path: /b, weight: 0}]", []string{`dir/f.yaml:1:28: steps[0].weight: every weight is 0, so no step would ever run; want a weight above 0 in one step`}},
		{"a weight in a flow", "flow: true\nsteps: [{path: /a, weight: 2}, {path: /b}]", []string{`dir/f.yaml:2:28: steps[0].weight: has no meaning in a flow, which runs every step; want flow: false, or no weights`}},
		{"a small method", "steps: [{path: /a, method: post}]", []string{`dir/f.yaml:1:28: steps[0].method: "post" is written small, and servers tell methods apart by case; want POST`}},
		{"no method", "steps: [{path: /a, method: 'G T'}]", []string{`dir/f.yaml:1:28: steps[0].method: "G T" is not a method; want GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS`}},
		{"a tunnel", "steps: [{path: /a, method: CONNECT}]", []string{`dir/f.yaml:1:28: steps[0].method: CONNECT asks for a tunnel and not for an answer; want another method`}},
		{"no such status", "steps: [{path: /a, expect: [200, 2yy, 600]}]", []string{
			`dir/f.yaml:1:34: steps[0].expect[1]: "2yy" is not a status; want a status such as 200, 201-204 or 2xx`,
			`dir/f.yaml:1:39: steps[0].expect[2]: "600" is not a status; want a status such as 200, 201-204 or 2xx`,
		}},
		{"no status", "steps: [{path: /a, expect: []}]", []string{`dir/f.yaml:1:28: steps[0].expect: no status would be ok; want a status such as 200, 201-204 or 2xx`}},
		{"two bodies", "steps: [{path: /a, body: x, body_file: body.json}]", []string{`dir/f.yaml:1:40: steps[0].body_file: both body and body_file are given; want one of them`}},
		{"a body that is not there", "steps: [{path: /a, body_file: nope.json}]", []string{`dir/f.yaml:1:31: steps[0].body_file: read "dir/nope.json": file does not exist; want a file that can be read`}},

		// headers
		{"a name that is no token", "http: {headers: {'a b': x}}", []string{`dir/f.yaml:1:25: http.headers["a b"]: "a b" is not the name of a header; want letters, digits and hyphens`}},
		{"a line break in a header", `http: {headers: {A: "x\r\nB: y"}}`, []string{`dir/f.yaml:1:21: http.headers.A: the value holds a line break or another control character; want one line of text`}},
		{"a length by hand", "steps: [{path: /, headers: {content-length: 5}}]", []string{`dir/f.yaml:1:45: steps[0].headers.content-length: Content-Length is not yours to set: it follows from the body; want it left out`}},
		{"a framing by hand", "http: {headers: {Transfer-Encoding: chunked}}", []string{`dir/f.yaml:1:37: http.headers.Transfer-Encoding: Transfer-Encoding is not yours to set: it follows from the body; want it left out`}},
		{"a header twice", "http: {headers: {A: 1, a: 2}}", []string{`dir/f.yaml:1:27: http.headers.a: the header comes twice, and case does not tell headers apart; want one of them`}},
		{"headers as a list", "http: {headers: ['A: b']}", []string{`dir/f.yaml:1:17: http.headers: is not a mapping of headers; want Name: value, one a line`}},
		{"a header of many values", "http: {headers: {A: [1], b: 1, b: 2}}", []string{
			`dir/f.yaml:1:21: http.headers.A: is a list; want text`,
			`dir/f.yaml:1:32: http.headers: key "b" comes twice, first in line 1; want one of them`,
		}},
		{"two sorts of auth", "http: {auth: {basic: 'a:b', bearer: c}}", []string{`dir/f.yaml:1:37: http.auth.bearer: both basic and bearer are given; want one of them`}},
		{"auth twice", "http: {auth: {bearer: c}, headers: {authorization: d}}", []string{`dir/f.yaml:1:23: http.auth.bearer: both auth and the header authorization are given; want one of them`}},
		{"basic without a colon", "http: {auth: {basic: hunter22}}", []string{`dir/f.yaml:1:22: http.auth.basic: there is no colon after the user name; want user:password, best as user:${env:NAME}`}},
		{"auth that is no mapping is not shown", "http: {auth: hunter22}", []string{`dir/f.yaml:1:14: http.auth: is a single value; want a mapping (key: value)`}},
		{"too many redirects", "http: {redirects: 51}", []string{`dir/f.yaml:1:19: http.redirects: 51 is out of range; want 0 to 50`}},

		// TLS
		{"a certificate without a key", "http: {cert: c.pem}", []string{`dir/f.yaml:1:14: http.cert: a client certificate without its key; want key, too`}},
		{"a key without a certificate", "http: {key: k.pem}", []string{`dir/f.yaml:1:13: http.key: a key without its client certificate; want cert, too`}},
		{"no such authorities", "http: {cacert: ca.pem}", []string{`dir/f.yaml:1:16: http.cacert: read "dir/ca.pem": file does not exist; want a file that can be read`}},
		{"authorities that are none", "http: {cacert: text.pem}", []string{`dir/f.yaml:1:16: http.cacert: the file holds no certificate; want certificates in PEM form`}},
		{"a pair that is none", "http: {cert: text.pem, key: text.pem}", []string{`dir/f.yaml:1:14: http.cert: certificate and key do not fit: tls: failed to find any PEM data in certificate input; want a PEM certificate and its PEM key`}},

		// placeholders
		{"a variable that is not set", "target: http://${env:NOPE}/", []string{`dir/f.yaml:1:9: target: the environment variable NOPE is not set; want it exported before the run`}},
		{"a variable that is empty", "http: {auth: {bearer: '${env:EMPTY}'}}", []string{`dir/f.yaml:1:23: http.auth.bearer: the environment variable EMPTY is empty; want a value`}},
		{"a placeholder that is not known", "steps: [{path: '/${usr}'}]", []string{`dir/f.yaml:1:16: steps[0].path: "${usr}": nothing sets "usr"; want …`}},
		{"a placeholder that is left open", "steps: [{path: /, body: '${env:TOKEN'}]", []string{`dir/f.yaml:1:25: steps[0].body: a ${ is never closed; want …`}},
		{"a placeholder in a name", "name: a ${env:TOKEN}", []string{`dir/f.yaml:1:7: name: holds a placeholder, and is printed in reports; want plain text`}},

		// objectives
		{"an objective that is none", "objectives: ['p95 << 1s']", []string{`dir/f.yaml:1:14: objectives[0]: "p95 << 1s" is no target: character 5 is "<<"; want …`}},
		{"an objective in a wrong unit", "objectives: [{go: p95 < 200}]", []string{`dir/f.yaml:1:19: objectives[0].go: "p95 < 200" is no target: character 7 is "200"; did you mean "200ms"?; want …`}},
		{"an objective without go", "objectives: [{name: a, no_go: p95 > 1s}]", []string{`dir/f.yaml:1:14: objectives[0].go: the objective has no go band; want go: with a target such as p95 < 200ms`}},
		{"two objectives of one name", "objectives: [p95 < 1s, p95 < 1s]", []string{`dir/f.yaml:1:24: objectives[1].name: objective 1 is called "p95 < 1s", too; want a name of its own for each objective`}},
		{"an objective about no step", "steps: [{name: check out, path: /}]\nobjectives: ['p95{checkout} < 1s', 'max{pay} < 1s']", []string{
			`dir/f.yaml:2:14: objectives[0]: no step or group is called "checkout"; did you mean "check out"?`,
			`dir/f.yaml:2:36: objectives[1]: no step or group is called "pay"; want one of check out`,
		}},
		{"a limit above the timeout", "load: {users: 1, timeout: 2s}\nobjectives: [{go: p95 < 3s}]", []string{`dir/f.yaml:2:19: objectives[0].go: p95 < 3s can never be seen, as a request ends after the timeout of 2s; want a timeout above 3s, or a lower limit`}},
		{"a phase that there is not", "load: {users: 1, ramp: 5s}\nobjectives: [p95 < 1s during warm-up, p95 < 1s every 10s during ramp]", []string{
			`dir/f.yaml:2:14: objectives[0]: p95 < 1s during warm-up is about a warm-up, and the load has none; want a warm-up above 0s, or another phase`,
			`dir/f.yaml:2:39: objectives[1]: p95 < 1s every 10s during ramp has no window in a phase of 5s; want windows of 5s or less`,
		}},
		{"windows longer than the run", "load: {stages: ['20s:5', '10s:9']}\nobjectives: [{go: success > 99% every 1m}]", []string{`dir/f.yaml:2:19: objectives[0].go: success > 99% every 1m has no window in a phase of 30s; want windows of 30s or less`}},
		{"windows that no length is known for", "load: {users: 1, duration: long}\nobjectives: [success > 99% every 1m]", []string{`dir/f.yaml:1:28: load.duration: …`}},
		{"a claim that there is not", "claim: guessed\nobjectives: [{go: p95 < 1s, claim: sure}]", []string{`dir/f.yaml:1:8: claim: "guessed" is not known; want observed or inferred`, `dir/f.yaml:2:36: objectives[0].claim: "sure" is not known; want observed or inferred`}},
		{"a claim that cannot be made", "objectives: [{go: mean < 1s, claim: inferred}]", []string{`dir/f.yaml:1:14: objectives[0]: claim: want observed, as of mean no bounds are known`}},
		{"a window that is none", "objectives: [p95 < 1s every 1]", []string{`dir/f.yaml:1:14: objectives[0]: "p95 < 1s every 1" is no target: character 16 is "1"; did you mean "1s"?; want the length of a window in whole seconds, such as 10s, 1m or 1h, up to 168h`}},
		{"bands of two metrics", "objectives: [{go: p95 < 1s, no_go: success < 99%}]", []string{`dir/f.yaml:1:14: objectives[0]: no_go: …`}},
		{"bands that overlap", "objectives: [{go: p95 < 1s, no_go: p95 > 500ms}]", []string{`dir/f.yaml:1:14: objectives[0]: …`}},
		{"an objective that is a list", "objectives: [[p95 < 1s]]", []string{`dir/f.yaml:1:14: objectives[0]: is a list; want a text such as p95 < 200ms, or a mapping with go`}},

		// everything at once, and nothing twice
		{"a misspelt key explains what is missing", "load: {usres: 5}\nstepps: [{path: /}]\n", []string{
			`dir/f.yaml:1:8: load: unknown key "usres"; did you mean "users"?`,
			`dir/f.yaml:2:1: unknown key "stepps"; did you mean "steps"?`,
		}},
		{"a value that cannot be read explains it as well", "load: {users: many}\ntarget: [a]\nsteps: x", []string{
			`dir/f.yaml:1:15: load.users: "many" does not fit; want a whole number`,
			`dir/f.yaml:2:9: target: is a list; want text`,
			`dir/f.yaml:3:8: steps: is a single value; want a list`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := compileText(tt.yaml)
			require.Error(t, err)
			var all yamlfile.Mistakes
			require.True(t, errors.As(err, &all))
			got := strings.Split(err.Error(), "\n")
			for i := range min(len(got), len(tt.want)) {
				if start, cut := strings.CutSuffix(tt.want[i], "…"); cut && strings.HasPrefix(got[i], start) {
					got[i] = tt.want[i] // the rest is in the words of slo
				}
			}
			require.Equal(t, tt.want, got)
		})
	}
}
