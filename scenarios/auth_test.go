package scenarios

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/loadgen/session"
)

func TestBadAuth(t *testing.T) {
	tests := []struct{ name, auth, want string }{
		{"two of them", "{bearer: a, hmac: {secret: s, header: X}}", `32: http.auth.hmac: both bearer and hmac are given; want one of them`},
		{"a key without a place", "{api_key: {value: k}}", `24: http.auth.api_key: it says no place for the key; want header: X-Api-Key, or query: key`},
		{"a key in two places", "{api_key: {header: A, query: b, value: k}}", `43: http.auth.api_key.query: both header and query are given; want one of them`},
		{"a key that is none", "{api_key: {header: A}}", `24: http.auth.api_key.value: there is no key; want value: '${env:NAME}'`},
		{"a key in a header that is none", "{api_key: {header: 'A:', value: k}}", `33: http.auth.api_key.header: "A:" is not the name of a header; want letters, digits and hyphens`},
		{"a key of two lines", `{api_key: {header: A, value: "a\nb"}}`, `43: http.auth.api_key.value: the key holds a line break or another control character; want the key alone`},
		{"a key that only the run knows", "{api_key: {header: A, value: '${token}'}}", `43: http.auth.api_key.value: "${token}" is not known; want ${env:NAME}, ${file:NAME}, or $${ for a plain ${`},
		{"no token endpoint", "{oauth2: {client_id: a, client_secret: b}}", `23: http.auth.oauth2.token_url: it is missing; want token_url: https://login.example.test/token`},
		{"a token endpoint that is none", "{oauth2: {token_url: 'ftp://h', client_id: a, client_secret: b}}", `35: http.auth.oauth2.token_url: the scheme "ftp" is not one that gonogo sends; want http or https`},
		{"no client", "{oauth2: {token_url: 'http://h', client_secret: b}}", `23: http.auth.oauth2.client_id: it is missing; want client_id: '${env:NAME}'`},
		{"no secret", "{oauth2: {token_url: 'http://h', client_id: a}}", `23: http.auth.oauth2.client_secret: it is missing; want client_secret: '${env:NAME}', or a refresh_token`},
		{"parameters of a refresh token", "{oauth2: {token_url: 'http://h', client_id: a, refresh_token: r, parameters: {audience: x}}}", `91: http.auth.oauth2.parameters: has no meaning beside refresh_token; want it left out`},
		{"a client secret that is not there", "{oauth2: {token_url: 'http://h', client_id: a, client_secret: '${env:NONE}'}}", `76: http.auth.oauth2.client_secret: the environment variable NONE is not set; want it exported before the run`},
		{"no header for a signature", "{hmac: {secret: s}}", `21: http.auth.hmac.header: it is missing; want header: X-Signature`},
		{"no secret to sign with", "{hmac: {header: X}}", `21: http.auth.hmac.secret: it is missing; want secret: '${env:NAME}'`},
		{"an algorithm that is none", "{hmac: {secret: s, header: X, algorithm: md5}}", `55: http.auth.hmac.algorithm: "md5" is not known; want sha256, sha1 or sha512`},
		{"an encoding that is none", "{hmac: {secret: s, header: X, encoding: base32}}", `54: http.auth.hmac.encoding: "base32" is not known; did you mean "base64"?`},
		{"what is signed is not known", "{hmac: {secret: s, header: X, signed: '{path}'}}", `52: http.auth.hmac.signed: "{path}": {path} is not known; want {time}, {method}, {target}, {body}`},
		{"a value without the signature", "{hmac: {secret: s, header: X, value: 'sha256='}}", `51: http.auth.hmac.value: value "sha256=" has no {signature}; want one such as sha256={signature}`},
		{"a key of AWS that is not there", "{aws: {region: r, service: s, access_key: a}}", `20: http.auth.aws.secret_key: it is missing; want secret_key: '${env:AWS_SECRET_ACCESS_KEY}'`},
		{"a region with a blank", "{aws: {region: 'a b', service: s, access_key: a, secret_key: k}}", `20: http.auth.aws: an access key, region, service, token or host holds a blank, a comma or a character that is not ASCII; want none`},
		{"a signature, and a header of its own", "{aws: {region: r, service: s, access_key: a, secret_key: k}}, headers: {x-amz-date: now}", `20: http.auth.aws: both auth and the header x-amz-date are given; want one of them`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := compileText("http: {auth: " + tt.auth + "}")
			require.Error(t, err)
			require.Equal(t, "dir/f.yaml:1:"+tt.want, err.Error())
		})
	}
	_, err := compileText("steps: [{path: /, headers: {Authorization: x}, auth: {bearer: y}}]")
	require.EqualError(t, err, "dir/f.yaml:1:63: steps[0].auth.bearer: both auth and the header Authorization are given; want one of them")
	_, err = compileText("steps: [{path: /, headers: {Host: '${user}.h'}, auth: {aws: {region: r, service: s, access_key: a, secret_key: k}}}]")
	require.EqualError(t, err, "dir/f.yaml:1:61: steps[0].auth.aws: a signature is of the host, which would be known only within the run; want the header Host without variables")
}

// sent is what a step says of itself to a user, but the fields that come with time.
func sent(t *testing.T, c *Compiled, step int) string {
	t.Helper()
	r := c.Plan.Steps[step].Request
	user := session.New(cmp.Or(c.Plan.Scope, &session.Scope{}), 7, 1)
	target := []byte(r.URL.RequestURI())
	var err error
	if r.Target != nil {
		target, err = r.Target.Append(nil, user)
		require.NoError(t, err)
	}
	out := append(append([]byte(r.Method+" "), target...), '\n')
	for _, f := range r.Header {
		value := []byte(f.Value)
		if f.Text != nil {
			value, err = f.Text.Append(nil, user)
			require.NoError(t, err)
		}
		out = append(append(append(append(out, f.Name...), ": "...), value...), '\n')
	}
	if r.Signer != nil {
		out = r.Signer.Sign(out, &loadgen.Rendered{Method: r.Method, URL: r.URL, Target: target, Body: r.Body, At: time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)})
	}
	return strings.ReplaceAll(string(out), "\r", "")
}

func TestWhatCredentialsAdd(t *testing.T) {
	const aws = "{aws: {region: us-east-1, service: service, access_key: AKIDEXAMPLE, secret_key: wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY}}"
	const vanilla = "X-Amz-Date: 20150830T123600Z\nAuthorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31\n"
	tests := []struct{ name, auth, step, want string }{
		{"a key in a header", "{api_key: {header: X-Key, value: '${env:TOKEN}'}}", "", "GET /a\nX-Key: s3cr3t-t0ken\n"},
		{"a key in the query", "{api_key: {query: key, value: 'a b&${env:TOKEN}'}}", "", "GET /a?key=a+b%26s3cr3t-t0ken\n"},
		{"a key behind another field", "{api_key: {query: key, value: k}}", ", query: {q: 1}", "GET /a?q=1&key=k\n"},
		{"a key in the query of a path that varies", "{api_key: {query: key, value: k}}", ", query: {q: '${user}'}", "GET /a?q=7&key=k\n"},
		{"a step's own header wins", "{api_key: {header: X-Key, value: a}}", ", headers: {x-key: b}", "GET /a\nx-key: b\n"},
		{"a step's own credential wins", "{api_key: {header: X-Key, value: a}}", ", auth: {bearer: b}", "GET /a\nAuthorization: Bearer b\n"},
		{"a step without a credential", "{api_key: {header: X-Key, value: a}}", ", auth: {}", "GET /a\n"},
		{"a step without a signature", aws, ", auth: {}", "GET /a\n"},
		{"a token that the run knows", "{}", ", auth: {bearer: '${user}-${env:TOKEN}'}", "GET /a\nAuthorization: Bearer 7-s3cr3t-t0ken\n"},
		{"a key that the run knows", "{}", ", auth: {api_key: {query: key, value: '${user}'}}", "GET /a?key=7\n"},
		{"a key in a header that the run knows", "{}", ", auth: {api_key: {header: X-Key, value: '${user}'}}", "GET /a\nX-Key: 7\n"},
		{"a keyed hash", "{hmac: {secret: Jefe, header: X-Sum, value: 'sha1={signature}', algorithm: sha1, encoding: base64}}", ", method: POST, body: what do ya want for nothing?", "POST /a\nX-Sum: sha1=7/zfauXrL6LSdBbV8YTfnCWafHk=\n"},
		{"a keyed hash with the time", "{hmac: {secret: k, header: X-Sum, time_header: X-Time}}", ", method: POST, body: b", "POST /a\nX-Time: 1440938160\nX-Sum: 799ed5155aaaadfb82d1bb90e764c8e783a6781b5f279cbf46fdf0f5bcdfc6e2\n"},
		{"a signature of AWS", aws, "", "GET /a\n" + vanilla},
		{"a signature of AWS, and a header Host", aws, ", headers: {Host: example.amazonaws.com}", "GET /a\nHost: example.amazonaws.com\n" + vanilla},
		{"a step that signs by itself", aws, ", headers: {authorization: mine}", "GET /a\nauthorization: mine\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			target, path, want := "http://h", "/a", tt.want
			if strings.Contains(want, vanilla) { // it is of the root of this host
				path, want = "/", strings.ReplaceAll(want, "GET /a", "GET /")
				if !strings.Contains(tt.step, "Host") {
					target = "http://example.amazonaws.com"
				}
			}
			c, err := compileText("target: " + target + "\nhttp: {auth: " + tt.auth + "}\nsteps: [{name: a, path: " + path + tt.step + "}]")
			require.NoError(t, err)
			require.Equal(t, want, sent(t, c, 0))
		})
	}
}

// What is written out is warned of, and shown nowhere; and what is shown can be read
// again.
func TestCredentialsAreNotShown(t *testing.T) {
	const secret = "hunter22"
	for auth, place := range map[string]string{
		"api_key: {query: key, value: hunter22}":                                                                                       "api_key.value",
		"hmac: {secret: hunter22, header: X}":                                                                                          "hmac.secret",
		"aws: {region: r, service: s, access_key: a, secret_key: hunter22}":                                                            "aws.secret_key",
		"aws: {region: r, service: s, access_key: a, secret_key: '${env:TOKEN}', session_token: hunter22}":                             "aws.session_token",
		"oauth2: {token_url: 'http://h', client_id: a, client_secret: hunter22}":                                                       "oauth2.client_secret",
		"oauth2: {token_url: 'http://h', client_id: a, refresh_token: hunter22}":                                                       "oauth2.refresh_token",
		"oauth2: {token_url: 'http://h', client_id: a, client_secret: '${env:TOKEN}', parameters: {api_key: hunter22, audience: all}}": "oauth2.parameters.api_key",
	} {
		for _, text := range []string{"http: {auth: {" + auth + "}}", "steps: [{path: /, auth: {" + auth + "}}]"} {
			c, err := compileText(text)
			require.NoError(t, err, text)
			require.Len(t, c.Warnings, 1, text)
			require.True(t, strings.HasSuffix(string(c.Warnings[0].Path), "auth."+place), c.Warnings[0].Path)
			shown, err := json.Marshal(c.Effective)
			require.NoError(t, err)
			require.NotContains(t, string(shown), secret)
			require.Equal(t, "***, ***", c.Mask(secret+", "+url.QueryEscape(secret)))

			again, err := Parse("again.yaml", shown)
			require.NoError(t, err)
			same, err := again.Compile(testOptions())
			require.NoError(t, err)
			require.Equal(t, c.SHA256, same.SHA256)
		}
	}
}

// tokens is an endpoint that gives tokens without an end.
func tokens(t *testing.T) (server *httptest.Server, asked func() []string) {
	var mu sync.Mutex
	var all []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		id, secret, _ := r.BasicAuth()
		all = append(all, id+":"+secret+" "+r.PostFormValue("scope"))
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"access_token":"for-` + strings.ToUpper(secret) + `","token_type":"bearer"}`))
	}))
	t.Cleanup(s.Close)
	return s, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(all)
	}
}

func TestStepsShareTokens(t *testing.T) {
	server, asked := tokens(t)
	auth := func(secret, scope string) string {
		return "auth: {oauth2: {token_url: '" + server.URL + "', client_id: me, client_secret: " + secret + ", scopes: [" + scope + "]}}"
	}
	options, secret := testOptions(), "first-one"
	options.Env = func(string) (string, bool) { return secret, true }
	f, err := Parse("f.yaml", []byte("load: {users: 1}\ntarget: http://h\nhttp: {"+auth("'${env:S}'", "a")+"}\nsteps: [{name: a, path: /}, {name: b, path: /b}, {name: c, path: /c, "+auth("'${env:S}'", "a")+"}, {name: d, path: /d, "+auth("other", "b, c")+"}]"))
	require.NoError(t, err)
	c, err := f.Compile(options)
	require.NoError(t, err)
	require.NoError(t, c.Tokens.Start(t.Context(), server.Client()))
	require.NoError(t, c.Tokens.Start(t.Context(), server.Client()))
	defer c.Tokens.Close()
	require.Equal(t, []string{"me:first-one a", "me:other b c"}, asked())
	require.Equal(t, "GET /c\nAuthorization: Bearer for-FIRST-ONE\n", sent(t, c, 2))
	require.Equal(t, "GET /d\nAuthorization: Bearer for-OTHER\n", sent(t, c, 3))
	require.Equal(t, "*** and ***", c.Mask("for-FIRST-ONE and for-OTHER"))

	secret = "second-one"
	again, err := c.Again()
	require.NoError(t, err)
	require.NoError(t, again.Tokens.Start(t.Context(), server.Client()))
	again.Tokens.Retain()
	require.Equal(t, "GET /c\nAuthorization: Bearer for-SECOND-ONE\n", sent(t, again, 2))
	require.Len(t, asked(), 3, "the other one is there")
	require.Equal(t, "***, *** and ***", c.Mask("for-FIRST-ONE, for-SECOND-ONE and for-OTHER"))

	same, err := again.Again()
	require.NoError(t, err)
	require.NoError(t, same.Tokens.Start(t.Context(), server.Client()))
	require.Len(t, asked(), 3)
}

func TestTokensThatCannotBeHad(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, `{"error":"invalid_client","error_description":"not `+r.PostFormValue("client_secret")+`"}`, http.StatusUnauthorized)
	}))
	defer server.Close()
	c, err := compileText("http: {auth: {oauth2: {token_url: '" + server.URL + "/t', client_id: me, client_secret: hunter22, in_body: true}}}")
	require.NoError(t, err)
	require.EqualError(t, c.Tokens.Start(t.Context(), server.Client()), "token of "+server.URL+"/t: the answer is 401 Unauthorized")
	c.Tokens.Close()
}
