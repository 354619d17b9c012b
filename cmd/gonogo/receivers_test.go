package main

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gonogo/metrics"
	"gonogo/scenarios"
)

// variables are an environment.
func variables(pairs ...string) func(string) (string, bool) {
	all := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i]] = pairs[i+1]
	}
	return func(name string) (string, bool) {
		value, ok := all[name]
		return value, ok
	}
}

func TestReceiverURLs(t *testing.T) {
	const (
		want   = "want a URL such as http://127.0.0.1:9091 or https://user:${env:PASSWORD}@metrics.example.test/path"
		secret = "p@ss/w:rd %+?"
	)
	env := variables("PW", secret, "HOST", "metrics.test")
	tests := []struct{ name, text, url, wrong string }{
		{"plain", "http://127.0.0.1:9091", "http://127.0.0.1:9091", ""},
		{"a password by name, whatever is in it", "https://me:${env:PW}@h/path", "https://me:p%40ss%2Fw%3Ard%20%25+%3F@h/path", ""},
		{"a token in the query", "https://h/?token=${env:PW}", "https://h/?token=p%40ss%2Fw%3Ard%20%25%2B%3F", ""},
		{"a host by name", "http://${env:HOST}/", "http://metrics.test/", ""},
		{"a user alone", "http://me@h/", "http://me@h/", ""},
		{"a password that is written out", "http://me:verysecret@h/", "", "the URL holds a password: name the variable that has it, as user:${env:NAME}@"},
		{"half a password that is written out", "http://me:half${env:PW}@h/", "", "the URL holds a password: name the variable that has it, as user:${env:NAME}@"},
		{"a variable that is not set", "http://me:${env:NONE}@h/", "", "the environment variable NONE is not set"},
		{"another placeholder", "http://me:${file:x}@h/", "", `"${file:x}" is not known: want ${env:NAME}, or $${ for a plain ${`},
		{"no scheme", "127.0.0.1:9091", "", "it cannot be read: " + want},
		{"a host alone", "localhost", "", want},
		{"a host and port without a scheme", "localhost:9091", "", want},
		{"another scheme", "ftp://h/", "", want},
		{"no host", "http:///path", "", want},
		{"a fragment", "http://h/#x", "", want},
		{"what is no URL", "http://h:port/", "", "it cannot be read: " + want},
		{"a line break", "http://h/\nx", "", "it cannot be read: " + want},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u, held, err := receiverURL(tt.text, stdio{env: env})
			if tt.wrong != "" {
				require.EqualError(t, err, tt.wrong)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.url, u.String())
			if password, given := u.User.Password(); given {
				require.Equal(t, secret, password)
				require.Equal(t, "it said: ***", held.Mask("it said: "+secret))
			}
		})
	}
}

// Whatever stands in a URL, no error has the value of a variable.
func FuzzReceiverURL(f *testing.F) {
	for _, seed := range []string{"http://h", "http://me:${env:PW}@h/", "${env:PW}", "http://${env:PW}", "http://h:${env:PW}/#", "$${", "http://[::1", "http://me:x@h"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, _, err := receiverURL(text, stdio{env: variables("PW", "v3rys3cr3t")})
		if err != nil && strings.Contains(err.Error(), "v3rys3cr3t") && !strings.Contains(text, "v3rys3cr3t") {
			t.Fatal(err)
		}
		if err == nil && (u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			t.Fatalf("%q is %v", text, u)
		}
	})
}

func TestVariablesOfOpenTelemetry(t *testing.T) {
	own := []metrics.Label{{Name: "service.name", Value: "gonogo"}, {Name: "service.version", Value: version}, {Name: "service.instance.id", Value: instance()}}
	resource, headers, err := otelVariables(stdio{env: variables()})
	require.NoError(t, err)
	require.Equal(t, own, resource)
	require.Empty(t, headers)

	resource, headers, err = otelVariables(stdio{env: variables(
		"OTEL_RESOURCE_ATTRIBUTES", "service.name=shop,team=a%20b", "OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20verysecret,api-key=k")})
	require.NoError(t, err)
	require.Equal(t, append(own[1:], metrics.Label{Name: "service.name", Value: "shop"}, metrics.Label{Name: "team", Value: "a b"}), resource)
	require.Equal(t, http.Header{"Authorization": {"Bearer verysecret"}, "Api-Key": {"k"}}, headers)
}

// All that is wrong is said at once, and nothing that is secret.
func TestMistakesInWhoHears(t *testing.T) {
	var said bytes.Buffer
	std := stdio{err: &said, env: variables("OTEL_RESOURCE_ATTRIBUTES", "a", "OTEL_EXPORTER_OTLP_HEADERS", "b=%zz")}
	_, err := metricsOptions{push: "me", remoteWrite: "http://me:verysecret@h", otlp: "http://h"}.telling(&scenarios.Compiled{}, std)
	exit := (*exitError)(nil)
	require.True(t, errors.As(err, &exit))
	require.Equal(t, exitUsage, exit.code)
	require.Equal(t, strings.Join([]string{
		"--metrics-push: want a URL such as http://127.0.0.1:9091 or https://user:${env:PASSWORD}@metrics.example.test/path",
		"--remote-write: the URL holds a password: name the variable that has it, as user:${env:NAME}@",
		"OTEL_RESOURCE_ATTRIBUTES: entry 1 of it has no name and value: want key=value,key2=value2",
		`OTEL_EXPORTER_OTLP_HEADERS: the value of "b" is not percent-encoded as it should: want key=value,key2=value2`,
	}, "\n"), exit.Error())

	none, err := metricsOptions{}.telling(&scenarios.Compiled{}, std)
	require.NoError(t, err)
	require.Nil(t, none)
	none.decided(nil) // nobody hears
	none.end()
}
