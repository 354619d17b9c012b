package target

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// logged serves while ask runs and returns the lines of the log.
func logged(t *testing.T, b Behaviour, ask func(address string)) []string {
	var log bytes.Buffer
	t.Run("serve", func(t *testing.T) { // the log is whole when Serve has returned
		s := New(b)
		if err := s.LogArrivals(&log); err != nil {
			t.Skipf("NOTICE: %v", err)
		}
		ask(start(t, s))
	})
	return strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
}

func TestArrivalsAreLoggedByTheKernelsClock(t *testing.T) {
	const delay = 3 * time.Millisecond
	b := Behaviour{Delay: ConstDelay(delay), Errors: []ErrorShare{{503, 1}}}
	lines := logged(t, b, func(address string) {
		c := dial(t, address)
		require.NoError(t, repeat(50, func() error { _, _, err := c.ask(get); return err }))
		_, _, err := c.ask("GET /truth HTTP/1.1\r\nHost: t\r\n\r\n")
		require.NoError(t, err)
	})
	require.Len(t, lines, 50, "the truth is not under load")
	last, received := time.Duration(0), time.Duration(0)
	for _, line := range lines {
		var answered time.Duration
		var status int
		_, err := fmt.Sscan(line, &received, &answered, &status)
		require.NoError(t, err)
		require.Equal(t, 503, status)
		if received == 0 {
			continue // the kernel begins to stamp a moment after it was asked
		}
		require.Greater(t, received, last, "a request comes after the one before it was answered")
		require.GreaterOrEqual(t, answered-received, delay)
		last = received
	}
	require.NotZero(t, received)
}

// Two requests in one segment were received at the same instant.
func TestPipelinedRequestsShareAStamp(t *testing.T) {
	lines := logged(t, Behaviour{}, func(address string) {
		c := dial(t, address)
		_, _, err := c.ask(get + get)
		require.NoError(t, err)
		_, _, err = c.read("GET")
		require.NoError(t, err)
	})
	require.Len(t, lines, 2)
	first, _, _ := strings.Cut(lines[0], " ")
	second, _, _ := strings.Cut(lines[1], " ")
	require.Equal(t, first, second)
}

func TestALogWithoutASocketHasNoStamps(t *testing.T) {
	var log bytes.Buffer
	s := New(Behaviour{})
	if err := s.LogArrivals(&log); err != nil {
		t.Skipf("NOTICE: %v", err)
	}
	c := s.newConn(t.Context(), loop{request: get}, 1)
	require.True(t, c.one())
	require.NoError(t, s.arrivals.flush())
	require.True(t, strings.HasPrefix(log.String(), "0 "), log.String())
	for range 100 {
		c.one()
	}
	require.Zero(t, testing.AllocsPerRun(1000, func() { c.one() }))
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestAnUnwrittenLogIsAnError(t *testing.T) {
	s := New(Behaviour{})
	if err := s.LogArrivals(full{}); err != nil {
		t.Skipf("NOTICE: %v", err)
	}
	s.arrivals.add(1, 2, 200)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, ln.Close())
	require.ErrorContains(t, s.Serve(t.Context(), ln), "log arrivals: disk full")
}
