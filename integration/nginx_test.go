//go:build integration

package integration

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The world itself first: what the other tests take for granted.
func TestNginxIsWhatTheTestsRelyOn(t *testing.T) {
	server := startNginx(t)
	before := server.requests(t)
	for _, tt := range []struct {
		path   string
		status int
		length int
	}{{"/health", 200, 3}, {"/unavailable", 503, 8}, {"/close", 200, 4}, {"/files/large", 200, largeFile}} {
		response, text, err := server.page(tt.path)
		require.NoError(t, err, tt.path)
		require.Equal(t, tt.status, response.StatusCode, tt.path)
		require.Len(t, text, tt.length, tt.path)
	}
	require.EqualValues(t, 4+1, server.requests(t)-before)
}

// An nginx is a running server of our own on loopback. The test that started it
// stops it when it ends.
type nginx struct {
	dir   string
	plain string // 127.0.0.1:port
	tls   string // the same pages over TLS
	h2c   string // and over HTTP/2, in clear text
	h2    string // and over TLS
	back  string // where /live/ is passed on to
	ca    string // file of the certificate that tls presents
}

// largeFile is the size of /files/large.
const largeFile = 256 << 10

// startNginx starts a server and waits until it answers.
func startNginx(t *testing.T) *nginx {
	t.Helper()
	binary, err := exec.LookPath("nginx")
	require.NoError(t, err, "nginx is not installed: `make integration` installs it")
	n := &nginx{dir: openFolder(t), plain: freeAddress(t), tls: freeAddress(t), h2c: freeAddress(t), h2: freeAddress(t), back: freeAddress(t)}
	n.configure(t)

	var log bytes.Buffer
	cmd := exec.Command(binary, "-p", n.dir, "-c", filepath.Join(n.dir, "nginx.conf"), "-e", filepath.Join(n.dir, "error.log"), "-g", "daemon off;")
	cmd.Stdout, cmd.Stderr = &log, &log
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { stop(t, cmd, ended) })
	n.await(t, ended, &log)
	return n
}

// openFolder is a temporary folder that others may read, unlike t.TempDir's:
// nginx's worker gives up root.
func openFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "gonogo-nginx-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	return dir
}

// configure writes what nginx reads: its configuration, a certificate, a file.
func (n *nginx) configure(t *testing.T) {
	t.Helper()
	require.NoError(t, os.Mkdir(filepath.Join(n.dir, "files"), 0o755))
	n.write(t, "files/large", bytes.Repeat([]byte("x"), largeFile))

	text, err := os.ReadFile(filepath.Join("testdata", "nginx.conf"))
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(n.plain)
	require.NoError(t, err)
	n.write(t, "nginx.conf", []byte(strings.NewReplacer("@DIR@", n.dir, "@PORT@", port).Replace(string(text))))

	certificate, key := selfSigned(t)
	n.ca = n.write(t, "cert.pem", certificate)
	keyFile := n.write(t, "key.pem", key)
	n.write(t, "server-http2.conf", fmt.Appendf(nil, "listen %s http2 backlog=4096;\nlisten %s ssl http2 backlog=4096;\n", n.h2c, n.h2))
	n.write(t, "server-live.conf", fmt.Appendf(nil, `location /live/ {
	proxy_pass http://%s;
	proxy_http_version 1.1;
	proxy_set_header Host $host;
	proxy_set_header Upgrade $http_upgrade;
	proxy_set_header Connection $http_connection;
	proxy_buffering off;
}
`, n.back))
	n.write(t, "server-tls.conf", fmt.Appendf(nil,
		"listen %s ssl;\nssl_certificate %s;\nssl_certificate_key %s;\nssl_protocols TLSv1.2 TLSv1.3;\n", n.tls, n.ca, keyFile))
}

func (n *nginx) write(t *testing.T, name string, text []byte) string {
	t.Helper()
	file := filepath.Join(n.dir, name)
	require.NoError(t, os.WriteFile(file, text, 0o644))
	return file
}

// await returns when nginx answers, and fails when it ends instead.
func (n *nginx) await(t *testing.T, ended chan error, log *bytes.Buffer) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(10 * time.Second)
	for {
		select {
		case err := <-ended:
			ended <- err
			require.FailNow(t, "nginx ended at once", "%v\n%s", err, log)
		case <-deadline:
			require.FailNow(t, "nginx does not answer", n.plain)
		case <-ticker.C:
			if _, _, err := n.page("/health"); err == nil {
				return
			}
		}
	}
}

// requests is nginx's own count of the requests that it has read, this very
// question included.
func (n *nginx) requests(t *testing.T) int64 {
	t.Helper()
	_, page, err := n.page("/status")
	require.NoError(t, err)
	match := regexp.MustCompile(`(?m)^ \d+ \d+ (\d+) $`).FindStringSubmatch(page)
	require.NotNil(t, match, "stub_status answered %q", page)
	count, err := strconv.ParseInt(match[1], 10, 64)
	require.NoError(t, err)
	return count
}

// page asks once, on a connection of its own.
func (n *nginx) page(path string) (*http.Response, string, error) {
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get("http://" + n.plain + path)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response, string(text), err
}

// stop ends nginx and its worker, and waits for them.
func stop(t *testing.T, cmd *exec.Cmd, ended chan error) {
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("nginx did not stop within 10 s: killed")
		require.NoError(t, cmd.Process.Kill())
		<-ended
	}
}

// freeAddress is a loopback address that nobody listened on a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}

// selfSigned makes a certificate for 127.0.0.1 that is its own authority.
func selfSigned(t *testing.T) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "127.0.0.1"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
}
