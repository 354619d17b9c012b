package dial

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"sync"
)

// secured returns the TLS configuration for an origin on the host.
func (n *Network) secured(host string) *tls.Config {
	config := n.options.TLS.Clone()
	if config.ServerName == "" {
		config.ServerName, _, _ = strings.Cut(host, "%") // without the zone of an IPv6 address
	}
	config.NextProtos = n.options.ALPN
	return config
}

// Sessions are the TLS sessions of one user, which is the only one to resume
// them: users are different people. The zero value has none.
type Sessions struct {
	configs map[*Origin]*tls.Config
}

// config returns the configuration with which the user connects to the origin.
func (s *Sessions) config(o *Origin) *tls.Config {
	if !o.network.options.Resume {
		return o.tls
	}
	if c := s.configs[o]; c != nil {
		return c
	}
	c := o.tls.Clone()
	c.ClientSessionCache = &session{}
	if s.configs == nil || len(s.configs) == maxPlaces {
		s.configs = map[*Origin]*tls.Config{}
	}
	s.configs[o] = c
	return c
}

// session is a cache of one session: the user's last with this origin.
type session struct {
	mu    sync.Mutex
	state *tls.ClientSessionState
}

func (s *session) Get(string) (*tls.ClientSessionState, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state, s.state != nil
}

func (s *session) Put(_ string, state *tls.ClientSessionState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = state
}

// Handshake wraps a connection to the origin in TLS, and counts it. The caller
// closes conn when it fails.
func (o *Origin) Handshake(ctx context.Context, conn net.Conn, s *Sessions) (*tls.Conn, error) {
	secure := tls.Client(conn, s.config(o))
	if err := secure.HandshakeContext(ctx); err != nil {
		o.network.counts.handshakesFailed.Add(1)
		return nil, err
	}
	o.network.counts.shook(secure.ConnectionState())
	return secure, nil
}

// VersionName is how settings and reports name a version of TLS: "1.3".
func VersionName(v uint16) string {
	switch v {
	case tls.VersionTLS12:
		return "1.2"
	case tls.VersionTLS13:
		return "1.3"
	}
	return fmt.Sprintf("0x%04x", v)
}
