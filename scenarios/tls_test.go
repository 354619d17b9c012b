package scenarios

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTLSFilesAreReadBesideTheScenario(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})

	options := testOptions()
	options.ReadFile = func(path string) ([]byte, error) {
		return map[string][]byte{"dir/ca.pem": cert, "/abs/c.pem": cert, "here/k.pem": key}[path], nil
	}
	f := parsed(t, "load: {users: 1}\ntarget: https://h\nhttp: {cacert: ca.pem, cert: /abs/c.pem}")
	set(f, ByFlag, "key", "here/k.pem") // a flag counts from the working directory
	set(f, ByFlag, "insecure", "true")
	c, err := f.Compile(options)
	require.NoError(t, err)
	require.Equal(t, TLS{Insecure: true, CACert: cert, Cert: cert, Key: key, Min: tls.VersionTLS12, Max: tls.VersionTLS13}, c.TLS)
	require.Equal(t, "here/k.pem", c.Effective["http"].(map[string]any)["key"], "the name is shown, not what is in it")
}
