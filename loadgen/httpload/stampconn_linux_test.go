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

// Under TLS the stamp is that of the record, which is read later than it came.
func TestStampsAreTakenBelowTLS(t *testing.T) {
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
// and then all goes on, or the end of the connection. That needs no FIN, and nothing
// may come after it: a user that only waits for more would wait for the timeout.
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
	require.Equal(t, measure.Reset, o.Class, "%v", o.Err)
	require.Less(t, o.Done-o.Due, 30*time.Second)
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
	s := client.NewSender(0, clock)
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
