package report

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFailuresOfOurOwnMakingHaveARemedy(t *testing.T) {
	tests := []struct{ name, class, example, want string }{
		{"a certificate that is not trusted", "tls", "tls: failed to verify certificate: x509: certificate signed by unknown authority", "--cacert FILE"},
		{"no common version of TLS", "tls", "tls: protocol version not supported", "--tls-min"},
		{"no HTTP/2 over TLS", "tls", "tls: no application protocol", "--http"},
		{"no HTTP/2 in clear text", "malformed", "HTTP/2 PROTOCOL_ERROR: the peer speaks HTTP/1 here", "--http 2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := burst()
			r.Errors = []Failure{{Class: test.class, Example: test.example, Count: 1}}
			require.Contains(t, printed(t, r, Style{Width: 120}), test.want)
		})
	}
	require.Empty(t, remedy(Failure{Class: "timeout", Example: "no answer"}))
}

func TestAnUnknownClientDelayIsNotPrintedAsNone(t *testing.T) {
	r := burst()
	r.Totals.ClientDelay.Count = 1
	r.Generator.KernelStamps = ptr(0.0)
	require.NotContains(t, printed(t, r, Style{}), "client delay")
}

// The sentence of a check fits, whatever it measured.
func TestOurOwnReasonsAreNotCut(t *testing.T) {
	r := burst()
	r.Verdict, r.Reasons = "INCONCLUSIVE", []string{"the measurement is not valid: lag: p99 219ms, limit p99 <= 1.25ms: the generator itself sent requests late: the load was not the planned one, and the lateness may be inside the response times"}
	require.Contains(t, printed(t, r, Style{Width: 80}), "response times (exit")
}
