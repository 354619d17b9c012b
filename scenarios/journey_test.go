package scenarios

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/loadgen/session"
)

const shop = `
target: http://h
load: {users: 10}
`

// with writes files beside a scenario and returns options that read them, and the
// folder.
func with(t *testing.T, files map[string]string) (Options, string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	env := func(name string) (string, bool) { return map[string]string{"PW": "s3cr3t-${x}"}[name], name == "PW" }
	return Options{Env: env, ReadFile: os.ReadFile, OpenData: OpenData, Seed: 1}, dir
}

func TestBadJourneys(t *testing.T) {
	files := map[string]string{
		"short.csv":  "email,password\na@b,x\nc@d\n",
		"latin1.csv": "email\nM\xfcller\n",
		"good.csv":   "email,password\na@b,x\n",
	}
	tests := []struct {
		name, text string
		want       []string
	}{
		{"a jump to nowhere", "steps:\n  - {name: log in, path: /}\n  - {pause: 1s}\n  - {goto: login}", []string{`f.yaml:7:12: steps[2].goto: no step around it is called "login"; did you mean "log in"?; want one of log in`}},
		{"a jump into another list", "steps:\n  - {name: home, path: /}\n  - {if: 1 == 1, steps: [{name: search, path: /b}]}\n  - {goto: search}", []string{`f.yaml:7:12: steps[2].goto: no step around it is called "search"; want one of home`}},
		{"a jump back without a pause", "steps:\n  - {name: a, path: /}\n  - {goto: a}", []string{`f.yaml:6:12: steps[1].goto: it goes back without a pause; want - pause: 200ms between the two`}},
		{"a jump back out of a branch without a pause", "steps:\n  - {name: a, path: /}\n  - {if: 1 == 1, steps: [{goto: a}]}", []string{`f.yaml:6:33: steps[1].steps[0].goto: it goes back without a pause; want - pause: 200ms between the two`}},
		{"a while without a pause", "steps:\n  - {while: 1 == 1, steps: [{path: /}]}", []string{`f.yaml:5:13: steps[0].while: it asks again and again without a pause; want - pause: 200ms among its steps`}},
		{"a variable that nothing sets", "steps: [{path: '/${tokn}', extract: {token: $.t}}]", []string{`f.yaml:4:16: steps[0].path: "${tokn}": nothing sets "tokn"; did you mean ${token}?`}},
		{"a variable that is set later", "steps:\n  - {name: a, path: '/${id}'}\n  - {name: b, path: /b, extract: {id: $.id}}", []string{`f.yaml:5:21: steps[0].path: ${id} has no value here: it is set later, at f.yaml:6; want it set before: by a step above, setup, variables or data`}},
		{"a variable of another flow", "flows:\n  one: {steps: [{name: a, path: /, extract: {id: $.id}}]}\n  two: {steps: [{name: b, path: '/${id}'}]}", []string{`f.yaml:6:33: flows.two.steps[0].path: ${id} has no value here: it is set later, at f.yaml:5; want …`}},
		{"a text that is left open", "steps: [{path: /, headers: {A: '${user'}}]", []string{`f.yaml:4:32: steps[0].headers.A: a ${ is never closed; want …`}},
		{"a filter that is not known", "steps: [{path: '/${user|hex}'}]", []string{`f.yaml:4:16: steps[0].path: the filter of "${user|hex}" is not known; want one of base64, json, raw, url`}},
		{"a variable with the name of a function", "variables: {uuid: x}\nsteps: [{path: /}]", []string{`f.yaml:4:19: variables.uuid: "uuid" is what gonogo itself puts in; want another name`}},
		{"a variable that would change", "variables: {id: '${uuid}'}\nsteps: [{path: /}]", []string{`f.yaml:4:17: variables.id: it would be another one each time; want set: {id: ...} in a step`}},
		{"a row that is short", "data: {row: {file: short.csv}}\nsteps: [{path: '/${row.email}'}]", []string{
			`f.yaml:4:20: data.row.file: DIR/short.csv:3:1: …`,
		}},
		{"data in another encoding", "data: {row: {file: latin1.csv}}\nsteps: [{path: /}]", []string{`f.yaml:4:20: data.row.file: DIR/latin1.csv:2:2: …`}},
		{"data that is not there", "data: {row: {file: none.csv}}\nsteps: [{path: /}]", []string{`f.yaml:4:20: data.row.file: …`}},
		{"a column that is not there", "data: {row: {file: good.csv}}\nsteps: [{path: '/${row.mail}'}]", []string{`f.yaml:5:16: steps[0].path: "${row.mail}": there is no column "mail" in "good.csv"; want one of email, password`}},
		{"fewer rows than users", "data: {row: {file: good.csv, order: unique}}\nsteps: [{path: '/${row.email}'}]", []string{`f.yaml:4:37: data.row.order: the file has too few rows for 10 users, who have one each: 1; want …`}},
		{"an order that is none", "data: {row: {file: good.csv, order: any}}\nsteps: [{path: /}]", []string{`f.yaml:4:37: data.row.order: "any" is not known; …`}},
		{"two things in one step", "steps: [{path: /}, {pause: 1s, rendezvous: 3}]", []string{`f.yaml:4:44: steps[1].rendezvous: both pause and rendezvous are given; want a step for each`}},
		{"a key beside one that it has no meaning with", "steps: [{path: /}, {pause: 1s, path: /b}]", []string{`f.yaml:4:38: steps[1].path: has no meaning beside pause; want it left out`}},
		{"steps of a request", "steps: [{path: /, steps: [{path: /b}]}]", []string{`f.yaml:4:26: steps[0].steps: has no meaning in a request; want it left out`}},
		{"an empty loop", "steps: [{path: /}, {repeat: 3}]", []string{`f.yaml:4:20: steps[1].steps: there is no step in it; want steps: with at least one`}},
		{"a loop that never ends", "steps: [{repeat: 9999999, steps: [{path: /}]}]", []string{`f.yaml:4:18: steps[0].repeat: 9999999 is out of range; want 1 to 1000000`}},
		{"nothing to pick", "steps: [{path: /}, {pick: []}]", []string{`f.yaml:4:27: steps[1].pick: there is nothing to pick; want …`}},
		{"a condition that is none", "steps: [{if: yes, steps: [{path: /}]}]", []string{`f.yaml:4:14: steps[0].if: "yes" is not a condition; want …`}},
		{"steps and flows", "steps: [{path: /}]\nflows: {a: {steps: [{path: /a}]}}", []string{`f.yaml:5:8: flows: both steps and flows are given; want the steps as a flow of their own`}},
		{"a flow that sends nothing", "flows: {a: {steps: [{pause: 1s}]}}", []string{`f.yaml:4:20: flows.a.steps: there is no request; want at least one, such as - path: /health`}},
		{"a group called like a step", "steps: [{name: a, path: /}, {group: a, steps: [{name: b, path: /b}]}]", []string{`f.yaml:4:37: steps[1].group: "a" is the name of another one, too, at f.yaml:4; want …`}},
		{"two bodies", "steps: [{path: /, body: x, json: {a: 1}}]", []string{`f.yaml:4:34: steps[0].json: both body and json are given; want one of them`}},
		{"a host that only the run knows", "steps: [{url: 'http://${user}.h/', name: a}]", []string{`f.yaml:1:9: …`, `f.yaml:4:15: steps[0].url: the host would be known only within the run; want the variable behind the host alone`}},
		{"an extraction of nowhere", "steps: [{path: /, extract: {a: {default: x}}}]", []string{`f.yaml:4:32: steps[0].extract.a: it says no place in the answer; want …`}},
		{"an extraction of two places", "steps: [{path: /, extract: {a: {json: b, header: C}}}]", []string{`f.yaml:4:39: steps[0].extract.a.json: both header and json are given; want one of them`}},
		{"a path that is none", "steps: [{path: /, extract: {a: '$..b'}}]", []string{`f.yaml:4:32: steps[0].extract.a: …`}},
		{"an expression that is none", "steps: [{path: /, extract: {a: {regex: '('}}}]", []string{`f.yaml:4:40: steps[0].extract.a.regex: …`}},
		{"a check of nothing", "steps: [{path: /, check: [{json: a}]}]", []string{`f.yaml:4:34: steps[0].check[0].json: nothing is said of it; want …`}},
		{"a timeout longer than all", "steps: [{path: /, timeout: 1m}]", []string{`f.yaml:4:28: steps[0].timeout: 1m is longer than load.timeout, 10s; want a shorter one, or a longer load.timeout`}},
		{"a load for nobody", "flows: {a: {load: {users: 1}, steps: [{path: /}]}}", []string{`f.yaml:2:7: load: every flow has a load of its own, so this one would run nothing; want users, rate and stages left out here`}},
		{"a load of both kinds", "flows: {a: {load: {users: 1, rate: 5}, steps: [{path: /}]}, b: {steps: [{path: /b}]}}", []string{`f.yaml:4:27: flows.a.load.users: both users and a rate of arrivals are given; want …`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			options, dir := with(t, files)
			f, err := Parse(filepath.Join(dir, "f.yaml"), []byte(strings.TrimPrefix(shop, "\n")+"\n"+tt.text))
			require.NoError(t, err)
			_, err = f.Compile(options)
			require.Error(t, err)
			got := strings.Split(strings.ReplaceAll(strings.ReplaceAll(err.Error(), dir+"/f.yaml", "f.yaml"), dir, "DIR"), "\n")
			for i := range got {
				if i < len(tt.want) {
					if start, cut := strings.CutSuffix(tt.want[i], "…"); cut && strings.HasPrefix(got[i], start) {
						got[i] = tt.want[i]
					}
				}
			}
			require.Equal(t, tt.want, got)
		})
	}
}

func TestSecretsInTheFileAreWarnedOf(t *testing.T) {
	options, _ := with(t, nil)
	c := compile(t, options, shop+`
http: {auth: {bearer: abc}, headers: {X-Api-Key: k}}
variables: {password: x, plan: pro}
steps: [{path: /, json: {user: a, auth: [{token: t}], other: '${env:PW}', secret: '${env:PW}'}}]
`)
	var got []string
	for _, w := range c.Warnings {
		got = append(got, w.Error())
	}
	const rest = ": a credential is written in the file; want ${env:NAME} or ${file:NAME}"
	require.Equal(t, []string{
		"f.yaml:5:23: http.auth.bearer" + rest,
		"f.yaml:5:50: http.headers.X-Api-Key" + rest,
		"f.yaml:6:23: variables.password" + rest,
		"f.yaml:7:50: steps[0].json.auth[0].token" + rest,
	}, got)
}

func compile(t *testing.T, options Options, text string) *Compiled {
	t.Helper()
	f, err := Parse("f.yaml", []byte(text))
	require.NoError(t, err)
	c, err := f.Compile(options)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// rendered is what a request sends for a user that knows nothing but the constants.
func rendered(t *testing.T, c *Compiled, step int) (target, body string) {
	t.Helper()
	s := session.New(c.Plan.Scope, 7, 1)
	s.Inherit(c.Plan.Known)
	s.Iteration = 3
	r := c.Plan.Steps[step].Request
	target, body = r.URL.RequestURI(), string(r.Body)
	if r.Target != nil {
		made, err := r.Target.Append(nil, s)
		require.NoError(t, err)
		target = string(made)
	}
	if r.Content != nil {
		made, err := r.Content.Append(nil, s)
		require.NoError(t, err)
		body = string(made)
	}
	return target, body
}

func TestWhatRequestsSend(t *testing.T) {
	options, dir := with(t, map[string]string{"a.txt": "file ${user}"})
	tests := []struct {
		name, step, target, body, kind string
	}{
		{"a path with a value in it", "path: '/a/${word}?x=${word}'", "/base/a/w%20%22%26?x=w%20%22%26", "", ""},
		{"a path with a bare value in it", "path: '/a/${user|raw}'", "/base/a/7", "", ""},
		{"a query", "path: /a, query: {q: 'x y', r: '${word}'}", "/base/a?q=x+y&r=w%20%22%26", "", ""},
		{"a query behind another one", "path: '/a?b=1', query: {q: 2}", "/base/a?b=1&q=2", "", ""},
		{"a secret that looks like a variable", "path: /a, body: 'pw=${env:PW} $${x}'", "/base/a", "pw=s3cr3t-${x} ${x}", ""},
		{"JSON", `path: /a, json: {s: '"${word}"', n: 1, b: true, f: 0.5, l: [a, '${iteration|raw}'], o: {k: '${user}'}}`, "/base/a", `{"b":true,"f":0.5,"l":["a",3],"n":1,"o":{"k":"7"},"s":"\"w \"&\""}`, "application/json"},
		{"a form", "path: /a, form: {a: 'x y&', b: '${word}'}", "/base/a", "a=x+y%26&b=w%20%22%26", "application/x-www-form-urlencoded"},
		{"a plain body", "path: /a, body: 'n=${word}'", "/base/a", `n=w "&`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := compile(t, options, "target: http://h/base\nload: {users: 1}\nvariables: {word: 'w \"&'}\nsteps: [{name: a, "+tt.step+"}]")
			target, body := rendered(t, c, 0)
			require.Equal(t, tt.target, target)
			want := strings.ReplaceAll(tt.body, `"\"w \"&\""`, `"\"w \"&\""`)
			if tt.name == "JSON" {
				want = `{"b":true,"f":0.5,"l":["a",3],"n":1,"o":{"k":"7"},"s":"\"w \"&\""}`
				want = strings.Replace(want, `w "&`, `w \"&`, 1)
			}
			require.Equal(t, want, body)
			kind := ""
			for _, h := range c.Plan.Steps[0].Request.Header {
				if h.Name == "Content-Type" {
					kind = h.Value
				}
			}
			require.Equal(t, tt.kind, kind)
		})
	}
	c := compile(t, options, "target: http://h\nload: {users: 1}\nsteps: [{path: /, multipart: {title: 'for ${user}', up: {file: "+dir+"/a.txt}}}]")
	_, body := rendered(t, c, 0)
	lines := strings.Split(body, "\r\n")
	require.Equal(t, []string{
		lines[0], `Content-Disposition: form-data; name="title"`, "", "for 7",
		lines[0], `Content-Disposition: form-data; name="up"; filename="a.txt"`, "Content-Type: text/plain; charset=utf-8", "", "file ${user}",
		lines[0] + "--", "",
	}, lines)
	require.Equal(t, "POST", c.Plan.Steps[0].Request.Method)
}

func TestAJourneyBecomesActions(t *testing.T) {
	options, dir := with(t, map[string]string{"rows.csv": "email\na@b\nc@d\n"})
	c := compile(t, options, shop+`
data: {row: {file: `+dir+`/rows.csv}}
setup: [{name: reset, path: /reset, extract: {key: $.key}}]
flows:
  buy:
    weight: 3
    setup: [{name: log in, path: '/login/${key}', extract: {token: {header: X-Token}}}]
    teardown: [{name: log out, path: /logout}]
    steps:
      - {name: home, path: '/${row.email}', headers: {Authorization: 'Bearer ${token}'}}
      - {pause: 'uniform:1s,2s'}
      - {repeat: 2, steps: [{name: look, path: /look}]}
      - {group: pay, steps: [{name: cart, path: /cart}, {name: order, path: /order, timeout: 1s}]}
      - {set: {n: '${uuid}'}}
      - {rendezvous: 5, timeout: 3s}
  look:
    load: {rate: 5}
    steps: [{name: search, path: /search}]
`)
	p := &c.Plan
	var names []string
	for _, s := range p.Steps {
		names = append(names, s.Name)
	}
	require.Equal(t, []string{"log in", "home", "look", "cart", "order", "log out", "search"}, names)
	require.Equal(t, []string{"buy", "pay"}, p.Groups)
	require.Equal(t, time.Second, p.Steps[4].Timeout)
	buy := p.Flows[0]
	require.Equal(t, []loadgen.Action{loadgen.Do{Step: 0}}, buy.Setup)
	require.Equal(t, []loadgen.Action{loadgen.Do{Step: 5}}, buy.Teardown)
	require.Equal(t, 3, buy.Weight)
	require.IsType(t, loadgen.Feed{}, buy.Actions[0])
	n, _ := p.Scope.Lookup("n")
	steps := buy.Actions[1].(loadgen.Group).Actions
	require.Equal(t, []loadgen.Action{
		loadgen.Do{Step: 1},
		loadgen.Pause{Distribution: loadgen.Distribution{Law: loadgen.Uniform, A: time.Second, B: 2 * time.Second}},
		loadgen.Repeat{Times: 2, Actions: []loadgen.Action{loadgen.Do{Step: 2}}},
		loadgen.Group{Group: 1, Actions: []loadgen.Action{loadgen.Do{Step: 3}, loadgen.Do{Step: 4}}},
		loadgen.Set{Var: n, Text: steps[4].(loadgen.Set).Text},
		loadgen.Rendezvous{Users: 5, Timeout: 3 * time.Second},
	}, steps)
	require.Equal(t, []loadgen.Action{loadgen.Do{Step: 6}}, p.Flows[1].Actions)
	require.Equal(t, 5.0, p.Flows[1].Open.Stages[0].From)
	require.NoError(t, p.Check())
	require.Equal(t, "reset", c.Before.Plan.Steps[0].Name)
	require.NoError(t, c.Before.Plan.Check())
	require.True(t, c.Cookies)
}
