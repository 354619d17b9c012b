package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAgainst(t *testing.T) {
	const flow = "load: {users: 3}\ntarget: http://a/api\nsteps: [{name: one, path: /x}, {name: two, path: /y, body: b}]"
	withUsers := func(f *File) *File {
		f.Load.Users = 3
		return f
	}
	tests := []struct {
		name, against string
		file          *File
		want          []string // URLs of the other target
	}{
		{"a URL, and another", "http://b:81/v2?q", withUsers(FromURL("http://a/v1")), []string{"http://b:81/v2?q"}},
		{"a URL, and a host", "http://b", withUsers(FromURL("http://a/v1?q=1")), []string{"http://b/v1?q=1"}},
		{"a URL, and a host with a slash", "https://b/", withUsers(FromURL("http://a/v1")), []string{"https://b/v1"}},
		{"the same URL", "http://a/v1", withUsers(FromURL("http://a/v1")), []string{"http://a/v1"}},
		{"a target with a path, and a host", "http://b", parsed(t, flow), []string{"http://b/api/x", "http://b/api/y"}},
		{"a target with a path, and another", "http://b/new", parsed(t, flow), []string{"http://b/new/x", "http://b/new/y"}},
		{"a target alone", "http://b/deep", parsed(t, "load: {users: 3}\ntarget: http://a/x"), []string{"http://b/deep"}},
		{"a step of its own stays", "http://b", parsed(t, "load: {users: 3}\ntarget: http://a\nsteps: [{name: in, url: 'http://sso/in'}, {name: x, path: /x}]"), []string{"http://sso/in", "http://b/x"}},
		{"a secret", "http://${env:HOST}", parsed(t, flow), []string{"http://h.test/api/x", "http://h.test/api/y"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := testOptions()
			o.Env = func(string) (string, bool) { return "h.test", true }
			c, err := test.file.CompileAgainst(test.against, o)
			require.NoError(t, err)
			alone, err := test.file.Compile(o)
			require.NoError(t, err)
			require.Equal(t, alone.Plan.Steps, c.Plan.Steps)
			require.Equal(t, alone.SHA256, c.SHA256, "the other target makes it no other scenario")
			var urls []string
			for i, s := range c.Plan.Against {
				urls = append(urls, s.Request.URL.String())
				require.Equal(t, c.Plan.Steps[i].Name+" @against", s.Name)
				s.Name, s.Request.URL = c.Plan.Steps[i].Name, c.Plan.Steps[i].Request.URL
				require.Equal(t, c.Plan.Steps[i], s, "but for the URL they are alike")
			}
			require.Equal(t, test.want, urls)
			require.Equal(t, test.name == "a secret", c.Secrets.Mask("h.test") == "***")
			require.Len(t, c.Plan.AllSteps(), 2*len(test.want))
		})
	}
}

func TestAgainstBadInput(t *testing.T) {
	tests := []struct{ name, text, against, want string }{
		{"no scheme", "target: http://a", "b:8080", `--against: "b:8080" has no scheme; want "https://b:8080"`},
		{"nothing", "target: http://a", "", `--against: no target is given`},
		{"another scheme", "target: http://a", "ftp://b", `--against: the scheme "ftp" is not one that gonogo sends`},
		{"a user", "target: http://a", "http://me:secret@b", `--against: the URL holds a user name`},
		{"every step has its own URL", "steps: [{url: 'http://a/x'}]", "http://b", `--against: no step has a path, so the target would change nothing`},
		{"the first target is wrong, too", "target: a", "b", `dir/f.yaml:2:9: target: "a" has no scheme`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := parsed(t, "load: {users: 3}\n"+test.text).CompileAgainst(test.against, testOptions())
			require.ErrorContains(t, err, test.want)
			require.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestBodiesAreSummedUp(t *testing.T) {
	f := func(body string) *Compiled {
		o := testOptions()
		o.ReadFile = func(string) ([]byte, error) { return []byte(body), nil }
		c, err := parsed(t, "load: {users: 3}\ntarget: http://a\nsteps: [{path: /x, method: POST, body_file: x.json}]").Compile(o)
		require.NoError(t, err)
		return c
	}
	require.Equal(t, f("1").Bodies, f("1").Bodies)
	require.NotEqual(t, f("1").Bodies, f("2").Bodies)
	require.Len(t, f("1").Bodies, 64)
	require.Empty(t, compiled(t, parsed(t, "load: {users: 3}\ntarget: http://a")).Bodies)
}
