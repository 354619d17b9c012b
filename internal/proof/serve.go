package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
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
	"time"
)

// A server is a process on the servers' core.
type server struct {
	cmd     *exec.Cmd
	Address string // of plain HTTP
	TLS     string // of HTTP/1.1 over TLS, empty where there is none
	HTTP2   string // of HTTP/2 over TLS, likewise
}

// stop ends the process and waits until it has written what it had to.
func (s *server) stop() error {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		return fmt.Errorf("stop %s: %w", s.cmd.Path, err)
	}
	var exit *exec.ExitError
	if err := s.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		return fmt.Errorf("stop %s: %w", s.cmd.Path, err)
	}
	return nil
}

var listening = regexp.MustCompile(`listening at http://(\S+)`)

// target starts gonogo's own target, which logs arrivals to the file if there is one.
func (l *lab) target(ctx context.Context, arrivals string, flags ...string) (*server, error) {
	argv := []string{l.programs["gonogo"], "target", "--listen", "127.0.0.1:0"}
	if arrivals != "" {
		argv = append(argv, "--arrivals", arrivals)
	}
	argv = l.pinned(serverCore, append(argv, flags...)...)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stderr = l.log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start target: %w", err)
	}
	s := &server{cmd: cmd}
	line := make([]byte, 4<<10)
	n, err := out.Read(line)
	found := listening.FindSubmatch(line[:n])
	if err != nil || found == nil {
		return nil, errors.Join(fmt.Errorf("start target: it said %q", line[:n]), err, s.stop())
	}
	s.Address = string(found[1])
	return s, nil
}

// nginx starts one worker with the configuration of the integration test, and
// listeners for TLS 1.3 and HTTP/2 beside it.
func (l *lab) nginx(ctx context.Context, config string) (*server, error) {
	text, err := os.ReadFile(config)
	if err != nil {
		return nil, fmt.Errorf("read nginx's configuration: %w", err)
	}
	dir, err := os.MkdirTemp(l.work, "nginx-")
	if err != nil {
		return nil, err
	}
	if err := errors.Join(os.Chmod(dir, 0o755), writeCertificate(dir)); err != nil { // its worker gives up root
		return nil, err
	}
	for range 20 { // a port is only known to be free once nginx has it
		var s *server
		if s, err = l.tryNginx(ctx, dir, string(text)); err == nil {
			return s, nil
		}
		if !strings.Contains(err.Error(), "in use") {
			break
		}
	}
	return nil, err
}

func (l *lab) tryNginx(ctx context.Context, dir, config string) (*server, error) {
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	config = strings.NewReplacer("@DIR@", dir, "@PORT@", ports[0]).Replace(config)
	extra := fmt.Sprintf("listen 127.0.0.1:%s ssl backlog=4096;\nlisten 127.0.0.1:%s ssl http2 backlog=4096;\n", ports[1], ports[2]) +
		"ssl_certificate cert.pem;\nssl_certificate_key key.pem;\nssl_protocols TLSv1.3;\n"
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(config), 0o600),
		os.WriteFile(filepath.Join(dir, "server-tls.conf"), []byte(extra), 0o600),
	)
	if err != nil {
		return nil, err
	}
	argv := l.pinned(serverCore, "nginx", "-p", dir, "-c", filepath.Join(dir, "nginx.conf"), "-e", filepath.Join(dir, "error.log"), "-g", "daemon off;")
	said := filepath.Join(dir, "said.log")
	file, err := os.Create(said)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stderr = file
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start nginx: %w", err)
	}
	s := &server{cmd: cmd, Address: "127.0.0.1:" + ports[0], TLS: "127.0.0.1:" + ports[1], HTTP2: "127.0.0.1:" + ports[2]}
	if err := s.await(filepath.Join(dir, "nginx.pid")); err != nil {
		text, _ := os.ReadFile(said)
		return nil, errors.Join(fmt.Errorf("start nginx: %w: %s", err, text), s.stop())
	}
	return s, nil
}

// await waits for the file that nginx writes when it has its ports.
func (s *server) await(pid string) error {
	for range 100 { // a busy machine may take seconds
		if info, err := os.Stat(pid); err == nil && info.Size() > 0 {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.New("it did not begin within 5 s")
}

// served is how many requests nginx has had, this one among them.
func (s *server) served(ctx context.Context) (int64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Address+"/status", nil)
	if err != nil {
		return 0, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, fmt.Errorf("ask nginx for its count: %w", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 4<<10))
	if err != nil {
		return 0, fmt.Errorf("ask nginx for its count: %w", err)
	}
	return parseStatus(string(text))
}

// parseStatus reads the third number below "server accepts handled requests".
func parseStatus(text string) (int64, error) {
	_, after, _ := strings.Cut(text, "requests\n")
	fields := strings.Fields(after)
	if len(fields) < 3 {
		return 0, fmt.Errorf("read nginx's count: want three numbers, got %q", text)
	}
	return strconv.ParseInt(fields[2], 10, 64)
}

// freePorts are some that nobody listens at now.
func freePorts(n int) ([]string, error) {
	var ports []string
	for range n {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer ln.Close() // all stay taken until all are known
		_, port, err := net.SplitHostPort(ln.Addr().String())
		if err != nil {
			return nil, err
		}
		ports = append(ports, port)
	}
	return ports, nil
}

// writeCertificate makes a P-256 certificate that signs itself.
func writeCertificate(dir string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	now := time.Now()
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    now.Add(-time.Hour), NotAfter: now.Add(7 * 24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	cert, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "cert.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o600),
		os.WriteFile(filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600),
	)
}
