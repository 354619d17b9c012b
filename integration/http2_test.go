//go:build integration

package integration

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// HTTP/2 against somebody else's implementation, over TLS and with prior knowledge.
func TestLoadAgainstNginxOverHTTP2(t *testing.T) {
	few := []string{"--users", "20", "--think-time", "10ms", "--duration", "2s"}
	tests := []struct {
		name    string
		path    string
		flags   []string
		verdict string
		exit    int
		class   string // of the only failures; empty: there are none
		bytesIn int64  // at least, a request
	}{
		{"a burst of 1000 users is a GO", "/health", []string{"--users", "1000", "--ramp", "1s", "--duration", "5s"}, "GO", 0, "", 3},
		{"an open load of 500 a second is a GO", "/health", []string{"--rate", "500", "--arrival", "poisson", "--duration", "3s"}, "GO", 0, "", 3},
		{"a server that says 503 is a NO-GO", "/unavailable", few, "NO-GO", 10, "status", 0},
		{"a server that closes after each answer fails nobody who is alone on a connection", "/close", append(few, "--streams", "1"), "GO", 0, "", 4},
		{"a large body is read to its end", "/files/large", few, "GO", 0, "", largeFile},
		{"more users than the server takes streams wait", "/health", []string{"--users", "300", "--connections", "1", "--think-time", "10ms", "--duration", "2s"}, "GO", 0, "", 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := startNginx(t)
			for _, way := range [][]string{{"http://" + server.h2c}, {"https://" + server.h2, "--cacert", server.ca}} {
				before := server.requests(t)
				got, exit := load(t, way[0]+tt.path, append(append(way[1:], "--http", "2"), tt.flags...)...)
				counted := server.requests(t) - before - 1 // its own question

				require.Equal(t, tt.verdict, got.Verdict, "%v", got.Reasons)
				require.Equal(t, tt.exit, exit)
				requireAccounting(t, got)
				require.GreaterOrEqual(t, got.Totals.BytesIn, tt.bytesIn*got.Totals.Requests)
				requireOnly(t, got, tt.class)
				requireCounted(t, got, counted)
			}
		})
	}
}

// A server that speaks another version is not asked again in that one.
func TestLoadOverHTTP2AgainstHTTP1(t *testing.T) {
	server := startNginx(t)
	flags := []string{"--http", "2", "--users", "10", "--think-time", "10ms", "--duration", "1s"}
	for url, class := range map[string]string{"http://" + server.plain: "malformed", "https://" + server.tls: "tls"} {
		got, exit := load(t, url+"/health", append(flags, "--cacert", server.ca)...)
		require.Equal(t, "NO-GO", got.Verdict, "%v", got.Reasons)
		require.Equal(t, 10, exit)
		requireAccounting(t, got)
		requireOnly(t, got, class)
	}
}
