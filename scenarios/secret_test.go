package scenarios

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMask(t *testing.T) {
	var s Secrets
	s.add("s3cr3t")
	s.add("s3cr3t-longer")
	s.add("x7")
	s.add(`a"b&c`)
	s.add(`open sesame"&door`)
	s.add("")
	tests := []struct{ text, want string }{
		{"nothing to hide", "nothing to hide"},
		{"token s3cr3t, and s3cr3t-longer", "token ***, and ***"},
		{"x7 in (x7) and ax7, x77", "*** in (***) and ax7, x77"},
		{`{"body":"a\"b\u0026c"}`, `{"body":"***"}`},
		{"q=a%22b%26c", "q=***"},
		{`say open sesame"&door now`, "say *** now"},
		{`say open+sesame%22%26door or open%20sesame%22&door`, "say *** or ***"},
		{`{"say":"open sesame\"\u0026door"}`, `{"say":"***"}`},
		{`got "{\"say\":\"open sesame\\\"&door\"}"`, `got "{\"say\":\"***\"}"`},
		{`it was cut: open sesame"&do`, "it was cut: ***"},
		{`{"cut":"open sesame\"\u0026d`, `{"cut":"***`},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, s.Mask(tt.text))
	}
	printed, err := json.Marshal(s)
	require.NoError(t, err)
	require.Equal(t, `"***"`, string(printed))
	require.NotContains(t, fmt.Sprintf("%v %+v %#v %s", s, s, s, s), "s3cr3t")
}

// Users put credentials together and encode them on their way.
func TestMaskInBase64(t *testing.T) {
	const secret = "s3cr3t?>longer"
	var s Secrets
	s.add(secret)
	s.add("x7")
	for _, around := range []struct{ before, behind string }{{"", ""}, {"me:", ""}, {"user:", "!"}, {"u:", ":r"}} {
		for _, coding := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
			shown := s.Mask("Basic " + coding.EncodeToString([]byte(around.before+secret+around.behind)))
			require.Regexp(t, `^Basic [^*]{0,8}\*\*\*[^*]{0,12}$`, shown)
		}
	}
	require.Equal(t, "the ax7 eDc4", s.Mask("the ax7 eDc4"), "a short one is no part of a text")
}

// Wherever a variable is used, its value is sent and never shown.
func TestSecretsAreSentAndNotShown(t *testing.T) {
	c := compiled(t, parsed(t, everything))
	shown, err := json.Marshal([]any{c.Effective, c.Origins, c.Secrets, c.Objectives, c.Plan.Name, c.Plan.Steps[1].Name})
	require.NoError(t, err)
	for _, secret := range []string{"s3cr3t-t0ken", "bWU6czNjcjN0LXQwa2Vu", "inside.example.test"} {
		require.NotContains(t, string(shown), secret)
		require.Equal(t, "got ***!", c.Secrets.Mask("got "+secret+"!"))
	}
	require.Contains(t, string(shown), "${env:TOKEN}", "the placeholder is shown")
}

func TestEffectiveHidesASecretThatIsWrittenElsewhere(t *testing.T) {
	c := compiled(t, parsed(t, "load: {users: 1}\ntarget: http://h/?t=s3cr3t-t0ken\nhttp: {headers: {A: '${env:TOKEN}'}}"))
	require.Equal(t, "http://h/?t=***", c.Effective["target"])
}

// A credential that is written out is hidden as well.
func TestLiteralCredentialsAreMasked(t *testing.T) {
	c := compiled(t, parsed(t, `
load: {users: 1}
target: http://h
http:
  auth: {basic: me:hunter22}
  headers: {X-Api-Key: key-12345, Accept: plain-12345}
steps: [{path: /, headers: {Cookie: id=cookie-12345}}]
`))
	shown, err := json.Marshal(c.Effective)
	require.NoError(t, err)
	require.Contains(t, string(shown), "me:***")
	require.Contains(t, string(shown), "plain-12345")
	for _, secret := range []string{"hunter22", "key-12345", "cookie-12345"} {
		require.NotContains(t, string(shown), secret)
		require.NotContains(t, c.Secrets.Mask(secret), secret)
	}
	bearer := compiled(t, parsed(t, "load: {users: 1}\ntarget: http://h\nhttp: {headers: {Authorization: Bearer literal-token}}"))
	require.Equal(t, "server says *** is unknown", bearer.Secrets.Mask("server says literal-token is unknown"))
}

// Not even a mistake in a secret shows it, nor a mistake beside it.
func TestMistakesDoNotShowSecrets(t *testing.T) {
	long := strings.Repeat("0123456789", 10)
	tests := []struct{ name, value, text string }{
		{"as host", "se cret", "target: 'http://${env:V}/'"},
		{"as port", "secretport", "target: 'http://h:${env:V}/'"},
		{"as scheme", "secretscheme", "target: '${env:V}://h/'"},
		{"as the whole, too long to be quoted in full", long, "target: '${env:V}'"},
		{"as path", "secretpath", "target: http://h\nsteps: [{path: '${env:V}'}]"},
		{"as escape", "%zzsecret", "target: http://h\nsteps: [{path: '/${env:V}'}]"},
		{"as header", "secret\nheader", "target: http://h\nhttp: {headers: {A: '${env:V}'}}"},
		{"as token", "secret\x00token", "target: http://h\nhttp: {auth: {bearer: '${env:V}'}}"},
		{"as credentials", "secretcredentials", "target: http://h\nhttp: {auth: {basic: '${env:V}'}}"},
		{"as file", "secretfile", "target: http://h\nhttp: {cacert: '${env:V}'}"},
		{"as file, too long", long, "target: http://h\nhttp: {cacert: '${env:V}'}"},
		{"as what is in the file as well", "secretname", "target: http://h\nhttp: {headers: {A: '${env:V}'}}\nsteps: [{name: secretname, path: /a}, {name: secretname, path: /b}]"},
		{"beside", "secretbeside", "target: http://h\nhttp: {headers: {A: '${env:V}', Content-Length: '${env:V}'}}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			options := testOptions()
			options.Env = func(string) (string, bool) { return tt.value, true }
			_, err := parsed(t, "load: {users: 1}\n"+tt.text).Compile(options)
			require.Error(t, err)
			for _, part := range []string{tt.value, "secret", "0123456789"} {
				if strings.Contains(tt.value, part) {
					require.NotContains(t, err.Error(), part)
				}
			}
		})
	}
}

// Where a scenario is only validated, what it runs with need not be there.
func TestValidateWaitsForTargetAndEnvironment(t *testing.T) {
	text := "load: {users: 1}\nsteps: [{path: '/${env:NOPE}', headers: {A: '${env:EMPTY}'}}, {url: 'http://${env:NOPE}:${env:NOPE}/'}]\n"
	require.NoError(t, parsed(t, text).Validate(testOptions()))
	require.EqualError(t, parsed(t, text+"http: {auth: {bearer: '${nope}'}}").Validate(Options{}),
		`dir/f.yaml:3:23: http.auth.bearer: "${nope}" is not known; want ${env:NAME}, ${file:NAME}, or $${ for a plain ${`)
}

// A credential may come from a file beside the scenario, whose white space at the
// end is not part of it; when the file holds another one, so do the requests.
func TestACredentialFromAFileIsRenewed(t *testing.T) {
	files, options := map[string]string{"dir/token": "first-token\n"}, testOptions()
	options.ReadFile = func(path string) ([]byte, error) {
		if text, ok := files[path]; ok {
			return []byte(text), nil
		}
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	f := parsed(t, `
load: {users: 1}
target: http://h
http: {headers: {Authorization: 'Bearer ${file:token}'}}
steps: [{path: /, method: POST, body: '{"token": "${file:token}"}'}]
`)
	first, err := f.Compile(options)
	require.NoError(t, err)
	require.Equal(t, []string{"dir/token"}, first.Renewed)
	require.Equal(t, "Bearer first-token", first.Plan.Steps[0].Request.Header[0].Value)
	require.Equal(t, "Bearer ${file:token}", first.Effective["http"].(map[string]any)["headers"].(map[string]any)["Authorization"])
	require.Equal(t, "no *** here", first.Secrets.Mask("no first-token here"))

	files["dir/token"] = "second-token"
	second, err := first.Again()
	require.NoError(t, err)
	require.Equal(t, "Bearer second-token", second.Plan.Steps[0].Request.Header[0].Value)
	require.Equal(t, `{"token": "second-token"}`, string(second.Plan.Steps[0].Request.Body))
	require.Equal(t, first.SHA256, second.SHA256, "it is the same scenario")
	require.Equal(t, first.Plan.Seed, second.Plan.Seed)
	require.Equal(t, "*** ***", first.Secrets.With(second.Secrets).Mask("first-token second-token"))

	delete(files, "dir/token")
	_, err = second.Again()
	require.EqualError(t, err, `dir/f.yaml:4:33: http.headers.Authorization: read "dir/token": file does not exist; want a file that can be read
dir/f.yaml:5:39: steps[0].body: read "dir/token": file does not exist; want a file that can be read`)
	require.NoError(t, f.Validate(options), "it may be there when the scenario runs")
}

func TestFilesOfCredentialsThatWillNotDo(t *testing.T) {
	tests := []struct{ name, yaml, content, want string }{
		{"nothing in it", "target: http://h\nhttp: {auth: {bearer: '${file:token}'}}", " \n", `dir/f.yaml:3:23: http.auth.bearer: the file "dir/token" is empty; want the credential alone`},
		{"too much in it", "target: http://h\nhttp: {auth: {bearer: '${file:token}'}}", strings.Repeat("x", 65<<10), `dir/f.yaml:3:23: http.auth.bearer: the file "dir/token" is too long for a credential; want 64 KiB at most`},
		{"two lines of it", "target: http://h\nhttp: {auth: {bearer: '${file:token}'}}", "secret1\nsecret2", `dir/f.yaml:3:23: http.auth.bearer: the token holds a line break or another control character; want the token alone`},
		{"where it would not be renewed", "target: 'http://${file:token}/'", "secrethost", `dir/f.yaml:2:9: target: a ${file:...} stands where nothing is renewed; want it in headers, auth or a body; elsewhere ${env:NAME}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			options := testOptions()
			options.ReadFile = func(string) ([]byte, error) { return []byte(tt.content), nil }
			_, err := parsed(t, "load: {users: 1}\n"+tt.yaml).Compile(options)
			require.EqualError(t, err, tt.want)
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(everything))
	f.Add([]byte("load: {users: 1}\ntarget: http://h/${env:TOKEN}\n"))
	f.Add([]byte("load: {users: 1}\ntarget: http://h\nhttp: {auth: {bearer: '${file:body.json}'}}\n"))
	f.Add([]byte("steps: [{path: ${env:TOKEN}, url: $${, expect: 2xx}]\nobjectives: ['p95{a} < 1s', {go: max < 1ms}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse("f.yaml", data)
		if err != nil {
			return
		}
		c, err := file.Compile(testOptions())
		if err != nil {
			require.NotContains(t, err.Error(), "s3cr3t-t0ken")
			return
		}
		require.Positive(t, c.Plan.Measure)
		require.NotEmpty(t, c.Plan.Steps)
		shown, err := json.Marshal([]any{c.Effective, c.Origins})
		require.NoError(t, err)
		require.NotContains(t, string(shown), "s3cr3t-t0ken")
	})
}

// An error quotes only the start of what a target sent back, and may cut a
// secret in two.
func TestASecretThatWasCutShortIsMasked(t *testing.T) {
	var s Secrets
	s.add("topsecretkey")
	require.Equal(t, `got "XX Bearer ***"`, s.Mask(`got "XX Bearer topsecr"`))
	require.Equal(t, `*** and ***`, s.Mask(`topsecretkey and topsecretk`))
	require.Equal(t, `tops`, s.Mask(`tops`), "what little is left says nothing")
}
