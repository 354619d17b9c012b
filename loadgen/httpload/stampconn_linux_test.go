//go:build linux && (amd64 || arm64)

package httpload

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/measure"
)

// stampsOn keeps a stamped connection open until the test ends, and returns when its
// data has stamps: with the first socket that asks for them the kernel takes a moment to begin.
func stampsOn(t *testing.T) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	client, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { client.Close() })
	server, err := ln.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { server.Close() })
	stamped := newStampConn(client)
	for stamped.last == 0 {
		_, err := server.Write([]byte("x"))
		require.NoError(t, err)
		_, err = stamped.Read(make([]byte, 1))
		require.NoError(t, err)
	}
}

// Under TLS the stamp is that of the record, which is read later than it came.
func TestStampsAreTakenBelowTLS(t *testing.T) {
	stampsOn(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	all := certificates()
	go func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = tls.Server(c, &tls.Config{Certificates: all, SessionTicketsDisabled: true}).Write([]byte("hello"))
		_, _ = c.Read(make([]byte, 1)) // until the test is over
	}()
	conn, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	stamps := newStampConn(conn)
	secure := tls.Client(stamps, &tls.Config{InsecureSkipVerify: true})
	before := time.Now().UnixNano()
	require.NoError(t, secure.Handshake())
	require.NoError(t, stamps.flush()) // a request would take the end of the handshake along
	s := &netStream{conn: secure, stamps: stamps}
	until(t, stamps.raw, unix.POLLIN)
	after := time.Now().UnixNano()
	time.Sleep(20 * time.Millisecond) // this is how late we read
	n, err := s.read(new(buffer))
	require.NoError(t, err)
	require.Equal(t, 5, n)
	require.GreaterOrEqual(t, s.received(), before)
	require.LessOrEqual(t, s.received(), after)
}

// While a long request is written the peer may answer already. What came then woke
// nobody, and a Read that only waits for more would wait for the timeout.
func TestWhatCameDuringALongWriteIsRead(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	conn, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	peer, err := ln.Accept()
	require.NoError(t, err)
	defer peer.Close()

	c := newStampConn(conn)
	c.unread = false // as after an answer
	_, err = c.Write(make([]byte, maxHeld+1))
	require.NoError(t, err)
	_, err = peer.Write([]byte("early"))
	require.NoError(t, err)
	until(t, c.raw, unix.POLLIN)
	_, err = c.Write([]byte("the rest"))
	require.NoError(t, err)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(time.Second)))
	b := make([]byte, 16)
	n, err := c.Read(b)
	require.NoError(t, err)
	require.Equal(t, "early", string(b[:n]))
}

// Over TLS, what came unasked while the connection was idle may be a session ticket,
// and then all goes on, or the end of the connection. That needs no FIN, and the
// request goes out on another one.
func TestWhatCameWhileATLSConnectionWasIdleIsRead(t *testing.T) {
	all := certificates()
	next := make(chan func(*tls.Conn))
	defer close(next)
	s, clock := senderFor(t, "https"+serve(t, func(c net.Conn) {
		secure := tls.Server(c, &tls.Config{Certificates: all})
		b := bufio.NewReader(secure)
		for {
			if _, err := http.ReadRequest(b); err != nil {
				return
			}
			_, _ = io.WriteString(secure, hello)
			if do := <-next; do != nil {
				do(secure)
			}
		}
	})[len("http"):], Options{Network: dial.Options{TLS: &tls.Config{InsecureSkipVerify: true}}}, loadgen.Request{})
	require.Equal(t, measure.OK, send(s, clock, time.Minute).Class)
	for range 2 {
		next <- nil
		idle(s)
		o := send(s, clock, time.Minute)
		require.Equal(t, measure.OK, o.Class, "%v", o.Err)
		require.Zero(t, o.Connect)
	}
	next <- func(c *tls.Conn) { _ = c.CloseWrite() }
	until(t, rawOf(s), unix.POLLIN)
	idle(s)
	o := send(s, clock, time.Minute)
	require.Equal(t, measure.OK, o.Class, "%v", o.Err)
	require.Positive(t, o.Connect)
}

// bundled are connections that write what they are to hold when they are released.
type bundled struct {
	net.Conn
	holds bool
	held  []byte
}

func (b *bundled) Write(p []byte) (int, error) {
	if b.holds {
		b.held = append(b.held, p...)
		return len(p), nil
	}
	return b.Conn.Write(p)
}

func (b *bundled) release() {
	b.holds = false
	_ = b.Conn.SetWriteDeadline(time.Time{}) // CloseWrite lets nothing follow
	_, _ = b.Conn.Write(b.held)
	b.held = nil
}

// What a TLS server sends behind its answer is no answer to the next request, which
// would look fast: TLS may have read it with the answer, or find it at the next one.
// An end that comes like that is no failure of a request that was not sent.
func TestWhatFollowsAnAnswerOverTLSEndsTheConnection(t *testing.T) {
	all := certificates()
	answer := func(c *tls.Conn) { _, _ = io.WriteString(c, hello) }
	tests := []struct {
		name    string
		surplus func(*tls.Conn)
		with    bool // the answer, else later
		body    int
	}{
		{"data with the answer", answer, true, 0},
		{"data later", answer, false, 0},
		{"data with the answer, and a long request", answer, true, 1 << 20},
		{"data later, and a long request", answer, false, 1 << 20},
		{"the end with the answer", func(c *tls.Conn) { _ = c.CloseWrite() }, true, 0},
		{"the end later", func(c *tls.Conn) { _ = c.CloseWrite() }, false, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answered := make(chan struct{})
			defer close(answered)
			s, clock := senderFor(t, "https"+serve(t, func(c net.Conn) {
				under := &bundled{Conn: c}
				secure := tls.Server(under, &tls.Config{Certificates: all, SessionTicketsDisabled: true})
				b := bufio.NewReader(secure)
				r, err := http.ReadRequest(b)
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, r.Body)
				under.holds = test.with
				answer(secure)
				if !test.with {
					<-answered
				}
				test.surplus(secure)
				under.release()
				_, _ = io.Copy(io.Discard, b) // no FIN
			})[len("http"):], Options{Network: dial.Options{TLS: &tls.Config{InsecureSkipVerify: true}}}, loadgen.Request{Method: "POST", Body: make([]byte, test.body)})
			for range 2 {
				o := send(s, clock, 20*time.Second)
				require.Equal(t, measure.OK, o.Class, "%v", o.Err)
				require.Positive(t, o.Connect, "on a connection of its own")
				require.EqualValues(t, len(hello), o.BytesIn)
				if !test.with {
					answered <- struct{}{}
					until(t, rawOf(s), unix.POLLIN)
					idle(s)
				}
			}
		})
	}
}

// TLS writes within an answer, too, to change its keys. What came since the last read
// is read then: the poller does not tell it twice.
func TestWhatCameBeforeSomethingWasHeldIsRead(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	conn, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	peer, err := ln.Accept()
	require.NoError(t, err)
	defer peer.Close()
	c := newStampConn(conn)
	buf := make([]byte, 100)
	for range 5 {
		_, err = peer.Write([]byte("b"))
		require.NoError(t, err)
		until(t, c.raw, unix.POLLIN)
		time.Sleep(10 * time.Millisecond) // the poller knows
		_, err = c.Write([]byte("a"))
		require.NoError(t, err)
		require.NoError(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
		n, err := c.Read(buf)
		require.NoError(t, err)
		require.Equal(t, "b", string(buf[:n]))
		_, err = io.ReadFull(peer, buf[:1])
		require.NoError(t, err)
	}
}

// An interrupt for an earlier call may cut off a write that waits below TLS. Later
// ones go on.
func TestAnInterruptedWriteBelowTLSIsResumed(t *testing.T) {
	ours, theirs := net.Pipe()
	defer ours.Close()
	defer theirs.Close()
	s := &netStream{conn: ours}
	s.interrupt(true)
	s.resume()
	go func() { _, _ = theirs.Read(make([]byte, 1)) }()
	_, err := ours.Write([]byte("a"))
	require.NoError(t, err)
}

// A socket that takes no more is waited for, and an interrupt ends that.
func TestWhatIsHeldWaitsForAFullSocket(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	conn, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	peer, err := ln.Accept()
	require.NoError(t, err)
	defer peer.Close()
	c := newStampConn(conn)
	filled := 0
	fill := func() {
		require.NoError(t, c.raw.Control(func(fd uintptr) {
			for errno := syscall.Errno(0); errno == 0; {
				var n int
				n, errno = sendTo(fd, make([]byte, 64<<10))
				filled += n
			}
		}))
	}
	fill()
	held := []byte("held until there is room")
	_, err = c.Write(held)
	require.NoError(t, err)

	s := &netStream{conn: c, stamps: c}
	ended := make(chan error)
	go func() {
		_, err := c.Read(make([]byte, 1))
		ended <- err
	}()
	for !c.waits() {
		time.Sleep(time.Millisecond)
	}
	for err := error(nil); err == nil; {
		s.interrupt(false)
		select {
		case err = <-ended:
			require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		case <-time.After(time.Millisecond):
		}
	}
	require.NoError(t, conn.SetDeadline(time.Time{}))
	go func() { // the peer reads it all, and answers
		all := make([]byte, filled+len(held))
		_, err := io.ReadFull(peer, all)
		if err == nil {
			_, err = peer.Write(all[filled:])
		}
		ended <- err
	}()
	got := make([]byte, len(held))
	_, err = io.ReadFull(c, got)
	require.NoError(t, err)
	require.NoError(t, <-ended)
	require.Equal(t, string(held), string(got))
}

// A request that fits is sent with the wait for its answer, others before it; each
// arrives whole, and so does a short one behind a long one.
func TestRequestsOfEveryLengthArriveOverTLS(t *testing.T) {
	all := certificates()
	got := make(chan int, 1)
	at := "https" + serve(t, func(c net.Conn) {
		secure := tls.Server(c, &tls.Config{Certificates: all})
		b := bufio.NewReader(secure)
		for {
			r, err := http.ReadRequest(b)
			if err != nil {
				return
			}
			body, _ := io.ReadAll(r.Body)
			got <- len(body)
			_, _ = io.WriteString(secure, hello)
		}
	})[len("http"):]
	var steps []loadgen.Step
	sizes := []int{0, 1, maxHeld - 2000, maxHeld - recordOverhead - 80, maxHeld, 1 << 20, 3}
	for _, size := range sizes {
		u, err := url.Parse(at)
		require.NoError(t, err)
		steps = append(steps, loadgen.Step{Name: "a", Request: loadgen.Request{Method: "POST", URL: u, Body: make([]byte, size)}})
	}
	client, err := New(steps, Options{Network: dial.Options{TLS: &tls.Config{InsecureSkipVerify: true}}})
	require.NoError(t, err)
	clock := loadgen.NewClock()
	s := client.NewSender(loadgen.User{Number: 0, Clock: clock})
	defer s.Close()
	for i := range 3 * len(sizes) {
		step := i * 5 % len(sizes)
		call := loadgen.NewCall(measure.Outcome{Step: step, Due: clock.Now()}, clock.Now()+time.Minute)
		s.Send(call)
		require.Equal(t, measure.OK, call.Outcome.Class, "%v", call.Outcome.Err)
		require.Equal(t, sizes[step], <-got)
		require.Equal(t, i > 0, call.Outcome.Connect == 0, "one connection for all")
	}
}

// A server whose certificate we refuse is told so.
func TestARefusedCertificateIsSaid(t *testing.T) {
	all := certificates()
	heard := make(chan error, 1)
	s, clock := senderFor(t, "https"+serve(t, func(c net.Conn) {
		heard <- tls.Server(c, &tls.Config{Certificates: all}).Handshake()
	})[len("http"):], Options{}, loadgen.Request{})
	o := send(s, clock, time.Minute)
	require.Equal(t, measure.TLS, o.Class, "%v", o.Err)
	require.ErrorContains(t, <-heard, "remote error: tls: ")
}
