package dial

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// A Resolver finds the addresses of a host. net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// A TTLResolver is a Resolver that can also say how long its answer holds. A ttl
// below 0 is one that it does not know.
type TTLResolver interface {
	Resolver
	LookupTTL(ctx context.Context, network, host string) (ips []netip.Addr, ttl time.Duration, err error)
}

// unknownTTL is what a Resolver does not know.
const unknownTTL time.Duration = -1

// lookupTTL asks for addresses, and for their TTL if the resolver has one to tell.
func lookupTTL(ctx context.Context, r Resolver, host string) ([]netip.Addr, time.Duration, error) {
	if r, ok := r.(TTLResolver); ok {
		return r.LookupTTL(ctx, "ip", host)
	}
	ips, err := r.LookupNetIP(ctx, "ip", host)
	return ips, unknownTTL, err
}

// system is the system's resolver. It finds what net.DefaultResolver finds, and
// knows the TTL where Go itself asked a name server: not where the name is in a
// hosts file, nor where the system's own library is asked, which keeps TTLs to
// itself. Preferring Go's resolver there would look past the name servers of a
// VPN, mDNS and the like, and load another target than the one that is meant.
type system struct {
	dial     Func // to a name server
	preferGo bool // for tests
}

// LookupNetIP implements Resolver.
func (s system) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	ips, _, err := s.LookupTTL(ctx, network, host)
	return ips, err
}

// LookupTTL implements TTLResolver.
func (s system) LookupTTL(ctx context.Context, network, host string) ([]netip.Addr, time.Duration, error) {
	h := &heard{ttl: unknownTTL}
	r := &net.Resolver{PreferGo: s.preferGo, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := s.dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return h.listen(ctx, conn), nil
	}}
	ips, err := r.LookupNetIP(ctx, network, host)
	return ips, h.smallest(), err
}

// heard is what the replies to one lookup said. Go asks for both families at once,
// and what it no longer waits for may still come when the lookup has ended.
type heard struct {
	mu  sync.Mutex
	ttl time.Duration // the smallest
}

func (h *heard) smallest() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ttl
}

func (h *heard) reply(message []byte) {
	ttl := replyTTL(message)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ttl = smallerTTL(h.ttl, ttl)
}

// listen wraps the connection to a name server. It ends with ctx, of which Go's
// resolver takes the deadline alone: it would read on when nobody waits any more.
func (h *heard) listen(ctx context.Context, conn net.Conn) net.Conn {
	context.AfterFunc(ctx, func() { _ = conn.Close() })
	if udp, ok := conn.(*net.UDPConn); ok {
		return &datagrams{UDPConn: udp, heard: h}
	}
	return &stream{Conn: conn, heard: h}
}

// datagrams hears what comes over UDP, where a Read brings a whole reply.
type datagrams struct {
	*net.UDPConn
	heard *heard
	id    [2]byte // of the query
}

// Write implements net.Conn.
func (d *datagrams) Write(query []byte) (int, error) {
	copy(d.id[:], query)
	return d.UDPConn.Write(query)
}

// Read implements net.Conn. What has not the query's number may be forged: Go's
// resolver waits for the real reply, and so do we.
func (d *datagrams) Read(b []byte) (int, error) {
	n, err := d.UDPConn.Read(b)
	if n >= len(d.id) && [2]byte(b) == d.id {
		d.heard.reply(b[:n])
	}
	return n, err
}

// stream hears what comes over TCP: the length of a reply in two bytes, and the
// reply. There is one on a connection.
type stream struct {
	net.Conn
	heard *heard
	came  []byte
	whole bool
}

// Read implements net.Conn.
func (s *stream) Read(b []byte) (int, error) {
	n, err := s.Conn.Read(b)
	if s.whole {
		return n, err
	}
	s.came = append(s.came, b[:n]...)
	if reply, ok := framed(s.came); ok {
		s.heard.reply(reply)
		s.came, s.whole = nil, true
	}
	return n, err
}

// framed returns the reply that the bytes begin with, if it is there to its end.
func framed(came []byte) ([]byte, bool) {
	if len(came) < 2 {
		return nil, false
	}
	length := int(binary.BigEndian.Uint16(came))
	if len(came)-2 < length {
		return nil, false
	}
	return came[2 : 2+length], true
}

// replyTTL returns the smallest TTL of the addresses and aliases that a reply
// answers with. Where it is malformed, what comes before counts: Go's resolver uses
// that, too. A TTL with its highest bit set is a very long one (RFC 8767, 4).
func replyTTL(message []byte) time.Duration {
	ttl := unknownTTL
	var p dnsmessage.Parser
	header, err := p.Start(message)
	if err != nil || !header.Response || header.RCode != dnsmessage.RCodeSuccess || p.SkipAllQuestions() != nil {
		return ttl
	}
	for {
		h, err := p.AnswerHeader()
		if err != nil {
			return ttl
		}
		switch h.Type {
		case dnsmessage.TypeA, dnsmessage.TypeAAAA, dnsmessage.TypeCNAME:
			ttl = smallerTTL(ttl, time.Duration(h.TTL)*time.Second)
		}
		if p.SkipAnswer() != nil {
			return ttl
		}
	}
}

// smallerTTL returns the smaller one of those that are known.
func smallerTTL(a, b time.Duration) time.Duration {
	if a < 0 || b >= 0 && b < a {
		return b
	}
	return a
}
