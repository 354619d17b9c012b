package dial

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"

	"gonogo/loadgen"
)

// nameServer answers for h.test, over UDP and TCP, what a test says.
type nameServer struct {
	address string
	mute    atomic.Bool // it answers nothing

	mu      sync.Mutex
	answers []dnsmessage.Resource
	udp     func(dnsmessage.Message) []dnsmessage.Message
	asked   map[string]int // by network
}

func newNameServer(t *testing.T, answers ...dnsmessage.Resource) *nameServer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	packets, err := net.ListenPacket("udp", ln.Addr().String())
	require.NoError(t, err)
	s := &nameServer{address: ln.Addr().String(), asked: map[string]int{}, answers: answers}
	var serving sync.WaitGroup
	serving.Go(func() { s.serveUDP(packets) })
	serving.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { s.serveTCP(c) })
		}
	})
	t.Cleanup(func() {
		_, _ = ln.Close(), packets.Close()
		serving.Wait()
	})
	return s
}

// resolver is a system's resolver whose name server this is.
func (s *nameServer) resolver() system {
	return system{preferGo: true, dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, s.address)
	}}
}

// change sets other answers, and returns what tells that one of them was fetched.
func (s *nameServer) change(answers ...dnsmessage.Resource) <-chan struct{} {
	fetched := make(chan struct{}, 1)
	s.over(func(m dnsmessage.Message) []dnsmessage.Message {
		select {
		case fetched <- struct{}{}:
		default:
		}
		return []dnsmessage.Message{m}
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers = answers
	return fetched
}

// over sets what is sent over UDP in place of a reply.
func (s *nameServer) over(udp func(dnsmessage.Message) []dnsmessage.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.udp = udp
}

// times tells how often it was asked over the network.
func (s *nameServer) times(network string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[network]
}

func (s *nameServer) serveUDP(packets net.PacketConn) {
	buf := make([]byte, 1<<16)
	for {
		n, from, err := packets.ReadFrom(buf)
		if err != nil {
			return
		}
		reply, udp := s.reply(buf[:n], "udp")
		all := []dnsmessage.Message{reply}
		if udp != nil {
			all = udp(reply)
		}
		for _, m := range all {
			if raw, err := m.Pack(); err == nil && !s.mute.Load() {
				_, _ = packets.WriteTo(raw, from)
			}
		}
	}
}

func (s *nameServer) serveTCP(c net.Conn) {
	defer c.Close()
	var length [2]byte
	if _, err := io.ReadFull(c, length[:]); err != nil {
		return
	}
	query := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(c, query); err != nil || s.mute.Load() {
		return
	}
	reply, _ := s.reply(query, "tcp")
	raw, err := reply.Pack()
	if err != nil {
		return
	}
	_, _ = c.Write(bytes.Join([][]byte{binary.BigEndian.AppendUint16(nil, uint16(len(raw))), raw}, nil))
}

// reply answers a query, and says how replies go over UDP.
func (s *nameServer) reply(query []byte, network string) (dnsmessage.Message, func(dnsmessage.Message) []dnsmessage.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[network]++
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return dnsmessage.Message{Header: dnsmessage.Header{Response: true, RCode: dnsmessage.RCodeFormatError}}, nil
	}
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	if m.Questions[0].Name.String() != "h.test." {
		m.RCode = dnsmessage.RCodeNameError
		return m, s.udp
	}
	for _, a := range s.answers {
		_, four := a.Body.(*dnsmessage.AResource)
		_, six := a.Body.(*dnsmessage.AAAAResource)
		if four && m.Questions[0].Type != dnsmessage.TypeA || six && m.Questions[0].Type != dnsmessage.TypeAAAA {
			continue
		}
		m.Answers = append(m.Answers, a)
	}
	return m, s.udp
}

func TestTheSystemsResolverHearsTTLs(t *testing.T) {
	type messages = []dnsmessage.Message
	var many []dnsmessage.Resource
	for i := range 200 {
		many = append(many, v4(uint32(500-i), netip.AddrFrom4([4]byte{10, 0, 1, byte(i)}).String()))
	}
	cut := func(m dnsmessage.Message) messages {
		m.Truncated, m.Answers = true, nil
		return messages{m}
	}
	forged := func(m dnsmessage.Message) messages {
		forgery := m
		forgery.ID++
		forgery.Answers = []dnsmessage.Resource{v4(1, "192.0.2.66")}
		return messages{forgery, m}
	}
	tests := []struct {
		name    string
		answers []dnsmessage.Resource
		udp     func(dnsmessage.Message) messages
		want    time.Duration
		found   int
		tcp     bool
	}{
		{"of both families", []dnsmessage.Resource{v4(50, "192.0.2.1"), v6(40, "2001:db8::1")}, nil, 40 * time.Second, 2, false},
		{"of the alias, which ends first", []dnsmessage.Resource{alias(20), v4(50, "192.0.2.1")}, nil, 20 * time.Second, 1, false},
		{"of 0", []dnsmessage.Resource{v4(0, "192.0.2.1")}, nil, 0, 1, false},
		{"of 136 years", []dnsmessage.Resource{v4(1<<32-1, "192.0.2.1")}, nil, (1<<32 - 1) * time.Second, 1, false},
		{"over TCP, where a reply is too long for UDP", many, cut, 301 * time.Second, 200, true},
		{"of the reply, and not of a forged one before it", []dnsmessage.Resource{v4(50, "192.0.2.1")}, forged, 50 * time.Second, 1, false},
		{"unless there is no such name", nil, nil, unknownTTL, 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newNameServer(t, test.answers...)
			s.over(test.udp)
			ips, ttl, err := s.resolver().LookupTTL(t.Context(), "ip", "h.test")
			require.Equal(t, test.found == 0, err != nil, "%v", err)
			require.Len(t, ips, test.found)
			require.Equal(t, test.want, ttl)
			require.Equal(t, test.tcp, s.times("tcp") > 0)
			require.Positive(t, s.times("udp"))
		})
	}
	t.Run("and knows none of a hosts file", func(t *testing.T) {
		if runtime.GOOS != "linux" {
			t.Skip("only Linux is sure to have localhost in a file")
		}
		s := newNameServer(t)
		ips, err := s.resolver().LookupNetIP(t.Context(), "ip", "localhost")
		require.NoError(t, err)
		require.NotEmpty(t, ips)
		_, ttl, err := s.resolver().LookupTTL(t.Context(), "ip", "localhost")
		require.NoError(t, err)
		require.Equal(t, unknownTTL, ttl)
		require.Zero(t, s.times("udp")+s.times("tcp"))
	})
}

// A failover by DNS: the record changes, and a run that asks every hour by its
// setting moves on within the record's TTL.
func TestARunFollowsTheNameServer(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has all of 127.0.0.0/8")
	}
	port, _ := listen(t, "tcp", "127.0.0.1:0")
	listen(t, "tcp", "127.0.0.2:"+port)
	s := newNameServer(t, alias(3600), v4(0, "127.0.0.1"))
	n := New(Options{Connections: loadgen.Connections{DNSEvery: time.Hour}, Resolver: s.resolver()})
	o := originOf(t, n, "http://h.test:"+port+"/")
	require.NoError(t, n.Preflight(t.Context(), o))
	kept(t, n)
	old := dialled(t, o, 0, 0)
	require.Equal(t, "127.0.0.1:"+port, old.RemoteAddr().String())

	again := s.change(alias(3600), v4(3600, "127.0.0.2"))
	<-again
	for o.Addresses()[0] != "127.0.0.2:"+port { // it takes what it is told
		runtime.Gosched()
	}
	next := dialled(t, o, 0, 1)
	require.Equal(t, "127.0.0.2:"+port, next.RemoteAddr().String())
	echoes(t, next)
	echoes(t, old) // which stays where it is
	require.EqualValues(t, 1, n.Counts().Changes)
	require.Zero(t, n.Counts().LookupsFailed)
}
