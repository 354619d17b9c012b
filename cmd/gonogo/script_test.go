package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience is how long a script waits for what is bound to come.
const patience = 30 * time.Second

// eventually looks until look is content.
func eventually(ts *testscript.TestScript, what string, look func() bool) {
	for end := time.Now().Add(patience); !look(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			ts.Fatalf("%s: not after %s", what, patience)
		}
	}
}

// running is a command whose exit code counts, and what it has said so far.
type running struct {
	cmd   *exec.Cmd
	ended chan error

	mu       sync.Mutex
	out, err bytes.Buffer
}

// stream is one of the two streams of a running command.
type stream struct {
	r  *running
	to *bytes.Buffer
}

func (s stream) Write(b []byte) (int, error) {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	return s.to.Write(b)
}

func (r *running) said() (out, err string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.out.String(), r.err.String()
}

func started(ts *testscript.TestScript) *running {
	r := ts.Value(worldKey{}).(*world).running
	if r == nil {
		ts.Fatalf("nothing was started")
	}
	return r
}

func startCmd(ts *testscript.TestScript, _ bool, args []string) {
	r := &running{ended: make(chan error, 1)}
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if path := filepath.Join(dir, args[0]); r.cmd == nil {
			if _, err := os.Stat(path); err == nil {
				r.cmd = exec.Command(path, args[1:]...)
			}
		}
	}
	if r.cmd == nil {
		ts.Fatalf("%s is not in PATH", args[0])
	}
	r.cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "TERM", "GOCOVERDIR"} {
		r.cmd.Env = append(r.cmd.Env, name+"="+ts.Getenv(name))
	}
	r.cmd.Stdout, r.cmd.Stderr = stream{r, &r.out}, stream{r, &r.err}
	ts.Check(r.cmd.Start())
	go func() { r.ended <- r.cmd.Wait() }()
	ts.Defer(func() { _ = r.cmd.Process.Kill() })
	ts.Value(worldKey{}).(*world).running = r
}

func saidCmd(ts *testscript.TestScript, _ bool, args []string) {
	r, want := started(ts), regexp.MustCompile(args[0])
	var found []string
	eventually(ts, "it says "+args[0], func() bool {
		out, text := r.said()
		found = want.FindStringSubmatch(out + text)
		return found != nil
	})
	if len(args) > 1 {
		ts.Setenv(args[1], found[1])
	}
}

func signalCmd(ts *testscript.TestScript, _ bool, args []string) {
	s, known := map[string]os.Signal{
		"INT": os.Interrupt, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "KILL": os.Kill,
	}[args[0]]
	if !known {
		ts.Fatalf("want INT, TERM, HUP or KILL, got %s", args[0])
	}
	ts.Check(started(ts).cmd.Process.Signal(s))
}

func endsCmd(ts *testscript.TestScript, _ bool, args []string) {
	r := started(ts)
	var err error
	select {
	case err = <-r.ended:
	case <-time.After(patience):
		ts.Fatalf("it goes on and on")
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		ts.Fatalf("%v", err)
	}
	out, text := r.said()
	fmt.Fprint(ts.Stdout(), out)
	fmt.Fprint(ts.Stderr(), text)
	if got := fmt.Sprint(r.cmd.ProcessState.ExitCode()); got != args[0] {
		ts.Fatalf("exit code %s, want %s\n%s", got, args[0], text)
	}
}

// awaitCmd waits until one of the files that a pattern names holds another.
func awaitCmd(ts *testscript.TestScript, _ bool, args []string) {
	want := regexp.MustCompile("(?m)" + args[1])
	var found []string
	eventually(ts, args[0]+" holds "+args[1], func() bool {
		names, err := filepath.Glob(ts.MkAbs(args[0]))
		ts.Check(err)
		for _, name := range names {
			if text, err := os.ReadFile(name); err == nil && found == nil {
				found = want.FindStringSubmatch(string(text))
			}
		}
		return found != nil
	})
	if len(args) > 2 {
		ts.Setenv(args[2], found[1])
	}
}

// reapCmd kills the process whose number is in a file, if the script has not ended it.
func reapCmd(ts *testscript.TestScript, _ bool, args []string) {
	pid, err := strconv.Atoi(strings.TrimSpace(ts.ReadFile(args[0])))
	ts.Check(err)
	process, err := os.FindProcess(pid)
	ts.Check(err)
	ts.Defer(func() { _ = process.Kill() })
}

func truthCmd(ts *testscript.TestScript, neg bool, args []string) {
	text, err := json.Marshal(ts.Value(worldKey{}).(*world).server.Truth())
	ts.Check(err)
	var truth map[string]any
	ts.Check(json.Unmarshal(text, &truth))
	value, known := truth[args[0]]
	if got := fmt.Sprint(value); !known || (got == args[1]) == neg {
		ts.Fatalf("the target's %s is %s", args[0], got)
	}
}

func getCmd(ts *testscript.TestScript, _ bool, args []string) {
	want := regexp.MustCompile("(?m)" + args[1])
	var page []byte
	eventually(ts, "what is served has "+args[1], func() bool {
		answer, err := http.Get(args[0])
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		page, err = io.ReadAll(answer.Body)
		return err == nil && want.Match(page)
	})
	_, _ = ts.Stdout().Write(page)
}

// mtlsCmd starts a server that only talks to whom it knows.
func mtlsCmd(ts *testscript.TestScript, _ bool, _ []string) {
	authority, err := newIdentity("an authority", nil)
	ts.Check(err)
	server, err := newIdentity("a server", authority)
	ts.Check(err)
	client, err := newIdentity("a client", authority)
	ts.Check(err)
	for name, text := range map[string][]byte{
		"ca.pem": authority.certificate, "client.pem": client.certificate, "client.key": client.key,
	} {
		ts.Check(os.WriteFile(ts.MkAbs(name), text, 0o600))
	}
	pair, err := tls.X509KeyPair(server.certificate, server.key)
	ts.Check(err)
	known := x509.NewCertPool()
	known.AddCert(authority.parsed)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.TLS.PeerCertificates[0].Subject.CommonName)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // those without a certificate are meant to fail
	s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: known, ClientAuth: tls.RequireAndVerifyClientCert}
	s.StartTLS()
	ts.Defer(s.Close)
	ts.Setenv("MTLS", s.URL)
}

// identity is a certificate with its key, in PEM form.
type identity struct {
	certificate, key []byte
	parsed           *x509.Certificate
	private          *ecdsa.PrivateKey
}

// newIdentity is vouched for by the authority; nil makes one.
func newIdentity(name string, authority *identity) (*identity, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IsCA:        authority == nil, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	by := &identity{parsed: template, private: private}
	if authority != nil {
		by = authority
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.parsed, &private.PublicKey, by.private)
	if err != nil {
		return nil, err
	}
	key, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParseCertificate(der)
	return &identity{
		certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		key:         pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: key}),
		parsed:      parsed, private: private,
	}, err
}
