package dial

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"
)

// record is one of h.test.
func record(ttl uint32, body dnsmessage.ResourceBody) dnsmessage.Resource {
	return dnsmessage.Resource{
		Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName("h.test."), Class: dnsmessage.ClassINET, TTL: ttl},
		Body:   body,
	}
}

func v4(ttl uint32, ip string) dnsmessage.Resource {
	return record(ttl, &dnsmessage.AResource{A: netip.MustParseAddr(ip).As4()})
}

func v6(ttl uint32, ip string) dnsmessage.Resource {
	return record(ttl, &dnsmessage.AAAAResource{AAAA: netip.MustParseAddr(ip).As16()})
}

func alias(ttl uint32) dnsmessage.Resource {
	return record(ttl, &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName("other.test.")})
}

func remark(ttl uint32) dnsmessage.Resource {
	return record(ttl, &dnsmessage.TXTResource{TXT: []string{"v=1"}})
}

// packed is a reply with the answers.
func packed(t testing.TB, header dnsmessage.Header, answers ...dnsmessage.Resource) []byte {
	message := dnsmessage.Message{
		Header:    header,
		Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName("h.test."), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}},
		Answers:   answers,
	}
	raw, err := message.Pack()
	require.NoError(t, err)
	return raw
}

func TestTheTTLOfAReply(t *testing.T) {
	ok := dnsmessage.Header{Response: true}
	two := packed(t, ok, v4(7, "192.0.2.1"), v4(5, "192.0.2.2"))
	lying := bytes.Clone(two)
	lying[7] = 200 // answers, it says
	tests := []struct {
		name  string
		reply []byte
		want  time.Duration
	}{
		{"is the smallest", two, 5 * time.Second},
		{"may be an alias's", packed(t, ok, alias(3), v4(60, "192.0.2.1")), 3 * time.Second},
		{"may be that of IPv6", packed(t, ok, v6(60, "2001:db8::1")), time.Minute},
		{"may be none at all", packed(t, ok, v4(0, "192.0.2.1")), 0},
		{"has no sign", packed(t, ok, v4(1<<31, "192.0.2.1")), (1 << 31) * time.Second},
		{"can be this long", packed(t, ok, v4(1<<32-1, "192.0.2.1")), (1<<32 - 1) * time.Second},
		{"is not that of other records", packed(t, ok, remark(1), v4(60, "192.0.2.1")), time.Minute},
		{"is unknown without an answer", packed(t, ok), unknownTTL},
		{"is unknown of a question", packed(t, dnsmessage.Header{}, v4(1, "192.0.2.1")), unknownTTL},
		{"is unknown where the name is not found", packed(t, dnsmessage.Header{Response: true, RCode: dnsmessage.RCodeNameError}, alias(1)), unknownTTL},
		{"is that of what came before the reply was cut", two[:len(two)-7], 7 * time.Second},
		{"is that of a record whose address was cut, too", two[:len(two)-2], 5 * time.Second},
		{"is that of what is there, whatever is promised", lying, 5 * time.Second},
		{"is unknown of a head alone", two[:12], unknownTTL},
		{"is unknown of half a head", two[:7], unknownTTL},
		{"is unknown of nothing", nil, unknownTTL},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { require.Equal(t, test.want, replyTTL(test.reply)) })
	}
}

// pieces is a connection on which bytes come a few at a time.
type pieces struct {
	net.Conn
	all  []byte
	size int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.all) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), p.size)], p.all)
	p.all = p.all[n:]
	return n, nil
}

// streamed returns what is heard of bytes that come over TCP.
func streamed(t *testing.T, size int, raw ...[]byte) time.Duration {
	h := &heard{ttl: unknownTTL}
	s := &stream{Conn: &pieces{all: bytes.Join(raw, nil), size: size}, heard: h}
	buf := make([]byte, 4096)
	for {
		if _, err := s.Read(buf); err != nil {
			return h.smallest()
		}
		if len(s.came) > 2+1<<16+len(buf) {
			t.Fatalf("%d bytes are kept", len(s.came))
		}
	}
}

// A name server is not to be trusted: what it sends neither stops a run nor costs
// more than its length, and no TTL is below 0.
func FuzzReplyTTL(f *testing.F) {
	ok := dnsmessage.Header{Response: true}
	for _, raw := range [][]byte{
		packed(f, ok), packed(f, ok, alias(3), v4(60, "192.0.2.1")), packed(f, ok, v6(0, "2001:db8::1"), remark(1)),
		packed(f, ok, v4(1<<31, "192.0.2.1"), v4(1<<32-1, "192.0.2.2")), packed(f, dnsmessage.Header{Response: true, RCode: dnsmessage.RCodeRefused}),
		{0xff, 0xff},
		{0, 0},
		{},
	} {
		f.Add(raw, uint8(3))
	}
	f.Fuzz(func(t *testing.T, raw []byte, size uint8) {
		got := replyTTL(raw)
		require.True(t, got == unknownTTL || 0 <= got && got < (1<<32)*time.Second, "%v", got)
		var m dnsmessage.Message
		if m.Unpack(raw) == nil && m.Response && m.RCode == dnsmessage.RCodeSuccess {
			require.Equal(t, smallestOf(m.Answers), got)
		}
		streamed(t, int(size)+1, raw)
		if len(raw) < 1<<16 {
			length := binary.BigEndian.AppendUint16(nil, uint16(len(raw)))
			require.Equal(t, got, streamed(t, int(size)+1, length, raw, []byte("what follows")))
		}
	})
}

// smallestOf is what replyTTL is to find in a reply that is whole.
func smallestOf(answers []dnsmessage.Resource) time.Duration {
	smallest := unknownTTL
	for _, a := range answers {
		switch a.Body.(type) {
		case *dnsmessage.AResource, *dnsmessage.AAAAResource, *dnsmessage.CNAMEResource:
			if ttl := time.Duration(a.Header.TTL) * time.Second; smallest < 0 || ttl < smallest {
				smallest = ttl
			}
		}
	}
	return smallest
}

// Go's resolver would read on from a name server that does not answer, for seconds,
// when the run has long ended.
func TestAConnectionToANameServerEndsWithItsLookup(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		server := newNameServer(t)
		server.mute.Store(true)
		ctx, cancel := context.WithCancel(t.Context())
		conn, err := (&net.Dialer{}).DialContext(ctx, network, server.address)
		require.NoError(t, err)
		heard := (&heard{}).listen(ctx, conn)
		_, packets := heard.(net.PacketConn)
		require.Equal(t, network == "udp", packets, "by this Go's resolver tells how messages are framed")
		cancel()
		_, err = heard.Read(make([]byte, 1))
		require.ErrorIs(t, err, net.ErrClosed)
	}
}
