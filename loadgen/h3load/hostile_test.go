package h3load

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/measure"
)

// A peer speaks QUIC and, on each stream that a request comes on, what it is told.
type peer struct {
	answer  func(*quic.Conn, *quic.Stream)
	control []byte // the first of its own streams
	then    []byte // likewise, once a request is there
}

const (
	settings = "\x00\x04\x00" // a control stream with no settings
	goaway   = "\x07\x01\x04" // no stream from the second on
)

// serve starts the peer, which the test ends.
func (p *peer) serve(t *testing.T) *server {
	t.Helper()
	all, root := identity()
	udp := listen(t)
	transport := &quic.Transport{Conn: quiet{udp}}
	l, err := transport.Listen(http3.ConfigureTLSConfig(&tls.Config{Certificates: all}), nil)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var working sync.WaitGroup
	working.Go(func() {
		for {
			conn, err := l.Accept(ctx)
			if err != nil {
				return
			}
			working.Go(func() { p.speak(ctx, conn) })
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = transport.Close()
		_ = udp.Close()
		working.Wait()
	})
	return &server{url: "https://" + udp.LocalAddr().String(), root: root}
}

func (p *peer) speak(ctx context.Context, conn *quic.Conn) {
	own, err := conn.OpenUniStream()
	if err == nil {
		_, _ = own.Write(p.control)
	}
	for {
		s, err := conn.AcceptStream(ctx)
		if err != nil {
			return
		}
		if s.StreamID() == 0 && own != nil {
			_, _ = own.Write(p.then)
		}
		p.answer(conn, s)
	}
}

// says answers with the bytes and ends the stream.
func says(text string) func(*quic.Conn, *quic.Stream) {
	return func(_ *quic.Conn, s *quic.Stream) {
		_, _ = io.Copy(io.Discard, s)
		_, _ = s.Write([]byte(text))
		_ = s.Close()
	}
}

const (
	ok200   = "\x01\x03\x00\x00\xd9"             // HEADERS: an indexed field of the static table, :status 200
	ok5     = "\x01\x06\x00\x00\xd9\x54\x01\x35" // likewise, and content-length: 5
	early   = "\x01\x03\x00\x00\xd8"             // :status 103
	without = "\x01\x03\x00\x00\xd1"             // :method GET in place of a status
)

func TestHostilePeers(t *testing.T) {
	abort := func(_ *quic.Conn, s *quic.Stream) {
		s.CancelRead(quic.StreamErrorCode(http3.ErrCodeInternalError))
		s.CancelWrite(quic.StreamErrorCode(http3.ErrCodeInternalError))
	}
	tests := []struct {
		name    string
		control string
		answer  func(*quic.Conn, *quic.Stream)
		class   measure.Class
		err     string
	}{
		{"the plainest answer", settings, says(ok200), measure.OK, ""},
		{"a body", settings, says(ok200 + "\x00\x02hi"), measure.OK, ""},
		{"an unknown frame before the answer", settings, says("\x21\x02xx" + ok200), measure.OK, ""},
		{"an end without an answer", settings, says(""), measure.Malformed, "parsing frame failed: EOF"},
		{"an end within the header", settings, says(ok200[:4]), measure.Malformed, "failed to read response headers: unexpected EOF"},
		{"a body of its length", settings, says(ok5 + "\x00\x05hello"), measure.OK, ""},
		{"a body shorter than its length", settings, says(ok5 + "\x00\x05hi"), measure.Malformed, "unexpected EOF"},
		{"a body longer than its length", settings, says(ok5 + "\x00\x06hello!"), measure.Malformed, "peer sent too much data"},
		{"a body without a header", settings, says("\x00\x02hi"), measure.Malformed, "expected first frame to be a HEADERS frame"},
		{"a header that is not compressed so", settings, says("\x01\x03\xff\xff\xff"), measure.Malformed, "invalid response: "},
		{"a header without a status", settings, says(without), measure.Malformed, "invalid response: "},
		{"a header that says to be huge", settings, says("\x01\xbf\xff\xff\xff"), measure.Malformed, "HEADERS frame too large: 1073741823 bytes (max: 65536)"},
		{"interim answers without end", settings, says(early + early + early + early + early + early + early), measure.Malformed, "too many 1xx informational responses"},
		{"settings on a request's stream", settings, says("\x04\x00"), measure.Malformed, "expected first frame to be a HEADERS frame"},
		{"a second header behind the trailer", settings, says(ok200 + "\x01\x02\x00\x00" + ok200), measure.Malformed, "additional HEADERS frame received after trailers"},
		{"a stream that is reset", settings, abort, measure.Reset, "HTTP/3: H3_INTERNAL_ERROR"},
		{"a request that is refused each time", settings, func(_ *quic.Conn, s *quic.Stream) {
			s.CancelRead(quic.StreamErrorCode(http3.ErrCodeRequestRejected))
			s.CancelWrite(quic.StreamErrorCode(http3.ErrCodeRequestRejected))
		}, measure.Reset, "HTTP/3: H3_REQUEST_REJECTED"},
		{"a connection that is closed", settings, func(c *quic.Conn, _ *quic.Stream) {
			_ = c.CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeExcessiveLoad), "too much")
		}, measure.Reset, "HTTP/3: H3_EXCESSIVE_LOAD: too much"},
		{"a control stream without settings", "\x00\x00\x00", silent, measure.Malformed, "HTTP/3: H3_MISSING_SETTINGS (local)"},
		{"a push that nobody asked for", "\x01\x00", silent, measure.Malformed, "HTTP/3: H3_ID_ERROR (local)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			leaves(t, func(t *testing.T) {
				s := (&peer{answer: test.answer, control: []byte(test.control)}).serve(t)
				u := sender(t, s.options(), s.step(t, "/", loadgen.Request{}))
				defer u.Close()
				for range 2 { // the second is not worse off than the first
					o := u.send(0)
					require.Equal(t, test.class, o.Class, "%v", o.Err)
					require.Equal(t, o.Done, o.Read)
					require.Positive(t, o.Done)
					if test.err == "" {
						require.NoError(t, o.Err)
						require.Equal(t, 200, o.Status)
					} else {
						require.ErrorContains(t, o.Err, test.err)
					}
				}
			})
		})
	}
}

func silent(*quic.Conn, *quic.Stream) {}

// Whatever a call waits for, its end ends it.
func TestWhatHangsIsInterrupted(t *testing.T) {
	tests := []struct {
		name   string
		answer func(*quic.Conn, *quic.Stream)
		body   int
		sent   bool
	}{
		{"an answer that never comes", silent, 0, true},
		{"an answer that never ends", func(_ *quic.Conn, s *quic.Stream) { _, _ = s.Write([]byte(ok200 + "\x00\x05hi")) }, 0, true},
		{"a request that nobody reads", silent, 8 << 20, true},
		{"a handshake that nobody answers", nil, 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			leaves(t, func(t *testing.T) {
				s := deaf(t)
				if test.answer != nil {
					s = (&peer{answer: test.answer, control: []byte(settings)}).serve(t)
				}
				u := sender(t, s.options(), s.step(t, "/", loadgen.Request{Method: "POST", Body: make([]byte, test.body)}))
				defer u.Close()
				for range 2 {
					o := u.sendFor(0, 100*time.Millisecond)
					require.Equal(t, measure.Timeout, o.Class, "%v", o.Err)
					require.EqualError(t, o.Err, "no complete answer within the timeout")
					require.Equal(t, test.sent, o.Sent > 0)
					require.GreaterOrEqual(t, o.Done-o.Due, 100*time.Millisecond)
				}
			})
		})
	}
}

// deaf is a socket that nobody reads.
func deaf(t *testing.T) *server {
	t.Helper()
	udp := listen(t)
	t.Cleanup(func() { _ = udp.Close() })
	return &server{url: "https://" + udp.LocalAddr().String()}
}

// An Interrupt that comes for nothing, between calls or within one, changes nothing.
func TestASpuriousInterruptIsHarmless(t *testing.T) {
	s := serve(t, http.HandlerFunc(echo), nil)
	u := sender(t, s.options(), s.step(t, "/", loadgen.Request{Method: "POST", Body: make([]byte, 100_000)}))
	defer u.Close()
	over, interrupting := make(chan struct{}), sync.WaitGroup{}
	interrupting.Go(func() {
		for {
			select {
			case <-over:
				return
			default:
				u.Interrupt()
			}
		}
	})
	for range 20 {
		o := u.send(0)
		require.NoError(t, o.Err)
		require.Equal(t, measure.OK, o.Class)
	}
	close(over)
	interrupting.Wait()
}

func TestNoConnection(t *testing.T) {
	udp := listen(t)
	nobody := "https://" + udp.LocalAddr().String()
	require.NoError(t, udp.Close())
	s := serve(t, http.HandlerFunc(echo), nil)
	tests := []struct {
		name, url string
		trusts    bool
		class     measure.Class
		err       string
	}{
		{"nobody listens", nobody, true, measure.Connect, "connect: connection refused"},
		{"a name that is none", "https://a.invalid/", true, measure.Connect, "connect: resolve a.invalid: "},
		{"a certificate that nobody vouches for", s.url, false, measure.TLS, "tls: failed to verify certificate: x509: "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := s.options()
			if !test.trusts {
				o.Network.TLS = nil
			}
			step := s.step(t, "/", loadgen.Request{})
			step.Request.URL, _ = url.Parse(test.url)
			u := sender(t, o, step)
			defer u.Close()
			for range 2 {
				got := u.send(0)
				require.Equal(t, test.class, got.Class, "%v", got.Err)
				require.ErrorContains(t, got.Err, test.err)
				require.Positive(t, got.Connect)
				require.Zero(t, got.Sent)
			}
		})
	}
}

// A server that ends a connection in good order refuses what it will not answer. It is
// asked again on a new one.
func TestWhatIsRefusedUnseenIsSentAgain(t *testing.T) {
	reject := func(_ *quic.Conn, s *quic.Stream) {
		s.CancelRead(quic.StreamErrorCode(http3.ErrCodeRequestRejected))
		s.CancelWrite(quic.StreamErrorCode(http3.ErrCodeRequestRejected))
	}
	second := func(end func(*quic.Conn, *quic.Stream)) func(*quic.Conn, *quic.Stream) {
		return func(c *quic.Conn, s *quic.Stream) {
			if s.StreamID() > 0 {
				end(c, s)
				return
			}
			says(ok200)(c, s)
		}
	}
	tests := []struct {
		name, then string
		answer     func(*quic.Conn, *quic.Stream)
		class      measure.Class
	}{
		{"rejected", "", second(reject), measure.OK},
		{"the connection closed meanwhile", "", second(func(c *quic.Conn, _ *quic.Stream) {
			_ = c.CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeNoError), "")
		}), measure.OK},
		// No stream from the second on. Whether the client knows that in time or not, it is not answered there.
		{"GOAWAY", goaway, second(reject), measure.OK},
		{"closed for a reason", "", second(func(c *quic.Conn, _ *quic.Stream) {
			_ = c.CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeInternalError), "")
		}), measure.Reset},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := (&peer{answer: test.answer, control: []byte(settings), then: []byte(test.then)}).serve(t)
			c, err := New([]loadgen.Step{s.step(t, "/", loadgen.Request{})}, s.options())
			require.NoError(t, err)
			clock := loadgen.NewClock()
			u := &sending{c.NewSender(loadgen.User{Clock: clock}), clock}
			defer u.Close()
			require.NoError(t, u.send(0).Err)
			o := u.send(0)
			require.Equal(t, test.class, o.Class, "%v", o.Err)
			if test.class == measure.OK {
				require.EqualValues(t, 2, c.Network().Counts().Opened)
				require.Positive(t, o.Connect)
			}
		})
	}
}

// A GOAWAY that was read ends the connection with the answer under way, and what comes
// next goes over another one.
func TestGOAWAYIsHeeded(t *testing.T) {
	s := (&peer{control: []byte(settings), then: []byte(goaway), answer: func(c *quic.Conn, s *quic.Stream) {
		if s.StreamID() == 0 {
			says(ok200)(c, s)
		}
	}}).serve(t)
	c, err := New([]loadgen.Step{s.step(t, "/", loadgen.Request{})}, s.options())
	require.NoError(t, err)
	clock := loadgen.NewClock()
	u := &sending{c.NewSender(loadgen.User{Clock: clock}), clock}
	defer u.Close()
	for n := range 3 {
		require.NoError(t, u.send(0).Err)
		require.EqualValues(t, n+1, c.Network().Counts().Opened)
		<-u.Sender.(*user).links[0].conn.quic.Context().Done()
	}
}

func TestUnseen(t *testing.T) {
	closed := func(code http3.ErrCode, remote bool) error {
		return errors.Join(&http3.Error{ErrorCode: code, Remote: remote}, &quic.ApplicationError{ErrorCode: quic.ApplicationErrorCode(code), Remote: remote})
	}
	tests := []struct {
		name     string
		err      error
		answered bool
		want     bool
	}{
		{"the peer closed in good order", closed(http3.ErrCodeNoError, true), false, true},
		{"the library did, after a GOAWAY", closed(http3.ErrCodeNoError, false), false, true},
		{"in good order, but within the answer", closed(http3.ErrCodeNoError, true), true, false},
		{"the peer closed for a reason", closed(http3.ErrCodeInternalError, true), false, false},
		{"the peer rejected it", &http3.Error{ErrorCode: http3.ErrCodeRequestRejected, Remote: true}, false, true},
		{"we rejected it", &http3.Error{ErrorCode: http3.ErrCodeRequestRejected}, false, false},
		{"a stream that ended in good order", &http3.Error{ErrorCode: http3.ErrCodeNoError, Remote: true}, false, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, unseen(test.err, test.answered))
		})
	}
}

// A connection that ended while nothing was under way is replaced before it is used.
func TestWhatEndedWhileItWasIdleIsReplaced(t *testing.T) {
	conns := make(chan *quic.Conn, 2)
	s := (&peer{control: []byte(settings), answer: func(c *quic.Conn, s *quic.Stream) {
		says(ok200)(c, s)
		conns <- c
	}}).serve(t)
	u := sender(t, s.options(), s.step(t, "/", loadgen.Request{}))
	defer u.Close()
	require.NoError(t, u.send(0).Err)
	_ = (<-conns).CloseWithError(quic.ApplicationErrorCode(http3.ErrCodeInternalError), "")
	<-u.Sender.(*user).links[0].conn.quic.Context().Done()
	o := u.send(0)
	require.NoError(t, o.Err)
	require.Positive(t, o.Connect)
}

var _ net.PacketConn = packets{}
