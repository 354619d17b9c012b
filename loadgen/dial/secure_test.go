package dial

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type secureServer struct {
	url   string
	trust *tls.Config
}

// tlsServer echoes over TLS, with a certificate for 127.0.0.1, and speaks the
// protocols.
func tlsServer(t *testing.T, protocols []string) secureServer {
	t.Helper()
	lender := httptest.NewTLSServer(nil) // of its certificate
	defer lender.Close()
	config := &tls.Config{Certificates: lender.TLS.Certificates, NextProtos: protocols}
	at := peer(t, func(c net.Conn) {
		secure := tls.Server(c, config)
		_, _ = io.Copy(secure, secure)
	})
	trust := lender.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	trust.NextProtos = nil
	return secureServer{url: "https://" + at + "/", trust: trust}
}

func TestSessions(t *testing.T) {
	srv := tlsServer(t, nil)
	tests := []struct {
		name            string
		resume          bool
		max             uint16
		version         string
		first, second   bool // resumed
		anotherResuming bool
	}{
		{"are not resumed unless asked for", false, 0, "1.3", false, false, false},
		{"of TLS 1.3 are resumed by their user alone", true, 0, "1.3", false, true, false},
		{"of TLS 1.2 likewise", true, tls.VersionTLS12, "1.2", false, true, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			config := srv.trust.Clone()
			config.MaxVersion = test.max
			n := New(Options{TLS: config, Resume: test.resume, ALPN: []string{"http/1.1"}})
			o := originOf(t, n, srv.url)
			var me, other Sessions
			shake := func(s *Sessions) bool {
				conn := dialled(t, o, 0, 0)
				secure, err := o.Handshake(t.Context(), conn, s)
				require.NoError(t, err)
				echoes(t, secure) // the ticket of TLS 1.3 comes with the first data
				return secure.ConnectionState().DidResume
			}
			require.Equal(t, test.first, shake(&me))
			require.Equal(t, test.second, shake(&me))
			require.False(t, shake(&other))
			require.Equal(t, !test.resume, me.config(o) == other.config(o))
			c := n.Counts()
			require.EqualValues(t, 3, c.Handshakes)
			require.Equal(t, test.second, c.Resumed == 1)
			require.Equal(t, map[string]int64{test.version: 3}, c.Versions)
			require.Len(t, c.Ciphers, 1)
		})
	}
}

func TestHandshakesThatFail(t *testing.T) {
	srv := tlsServer(t, nil)
	imap := tlsServer(t, []string{"imap"})
	tests := []struct {
		name, url string
		config    func(*tls.Config)
		want      string
	}{
		{"a certificate that nobody vouches for", srv.url, func(c *tls.Config) { c.RootCAs = nil }, "certificate"},
		{"a name that is not in it", srv.url, func(c *tls.Config) { c.ServerName = "elsewhere.test" }, "elsewhere.test"},
		{"a certificate that has expired", srv.url, func(c *tls.Config) { c.Time = func() time.Time { return time.Now().AddDate(200, 0, 0) } }, "expired"},
		{"no version in common", srv.url, func(c *tls.Config) { c.MaxVersion, c.MinVersion = tls.VersionTLS11, tls.VersionTLS10 }, "version"},
		{"no protocol in common", imap.url, func(*tls.Config) {}, "protocol"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			config := srv.trust.Clone()
			if test.url == imap.url {
				config = imap.trust.Clone()
			}
			test.config(config)
			n := New(Options{TLS: config, ALPN: []string{"http/1.1"}})
			o := originOf(t, n, test.url)
			_, err := o.Handshake(t.Context(), dialled(t, o, 0, 0), &Sessions{})
			require.ErrorContains(t, err, test.want)
			require.EqualValues(t, 1, n.Counts().HandshakesFailed)
		})
	}
}

func TestCiphers(t *testing.T) {
	srv := tlsServer(t, nil)
	config := srv.trust.Clone()
	config.MaxVersion = tls.VersionTLS12
	config.CipherSuites = []uint16{tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256}
	n := New(Options{TLS: config})
	o := originOf(t, n, srv.url)
	_, err := o.Handshake(t.Context(), dialled(t, o, 0, 0), &Sessions{})
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": 1}, n.Counts().Ciphers)
}

func TestVersionNames(t *testing.T) {
	require.Equal(t, "0x0302", VersionName(tls.VersionTLS11))
}
