package h2load

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"gonogo/loadgen"
	users "gonogo/loadgen/session"
	"gonogo/measure"
)

// script is a connection whose peer has said all it will say, in pieces. It speaks
// once it has heard something.
type script struct {
	net.Conn
	left  []byte
	most  int
	once  sync.Once
	heard chan struct{}
}

func (s *script) Write(b []byte) (int, error) {
	s.once.Do(func() { close(s.heard) })
	return len(b), nil
}

func (s *script) Read(b []byte) (int, error) {
	<-s.heard
	if len(s.left) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), s.most)], s.left)
	s.left = s.left[n:]
	return n, nil
}

func (s *script) Close() error                    { return nil }
func (s *script) SetReadDeadline(time.Time) error { return nil }

// read lets a client make one request of what the peer says.
func read(t testing.TB, said []byte, most int, method string) *measure.Outcome {
	var o Options
	o.Network.Dial = func(context.Context, string, string) (net.Conn, error) {
		return &script{left: said, most: most, heard: make(chan struct{})}, nil
	}
	u := &url.URL{Scheme: "http", Host: "127.0.0.1:80", Path: "/"}
	c, err := New([]loadgen.Step{{Name: "a", Request: loadgen.Request{Method: method, URL: u}}}, o)
	require.NoError(t, err)
	s := c.NewSender(loadgen.User{Number: 0, Clock: loadgen.NewClock()})
	defer s.Close()
	call := loadgen.NewCall(measure.Outcome{}, 0)
	s.Send(call)
	return &call.Outcome
}

// said is what a peer says with fn.
func said(fn func(p *server)) []byte {
	var out bytes.Buffer
	p := &server{Framer: http2.NewFramer(&out, nil)}
	p.fields = hpack.NewEncoder(&p.block)
	p.AllowIllegalWrites = true
	_ = p.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: 5})
	fn(p)
	return out.Bytes()
}

// The same bytes mean the same in whatever pieces they come.
func TestPieces(t *testing.T) {
	b := said(func(p *server) {
		_ = p.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: p.encoded(":status: 103", "link: </a>"), EndHeaders: true, PadLength: 9})
		_ = p.WritePing(false, [8]byte{1})
		block := p.encoded(":status: 200", "server: x", "content-length: 70000")
		_ = p.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block[:2]})
		_ = p.WriteContinuation(1, true, block[2:])
		for range 7 {
			_ = p.WriteDataPadded(1, false, make([]byte, 10_000), make([]byte, 100))
		}
		_ = p.WriteWindowUpdate(1, 5)
		p.header(1, true, "x-sum: 5")
	})
	for _, most := range []int{1, 2, 3, 7, 8, 9, 10, 11, 100, 4096, 1 << 20} {
		o := read(t, b, most, "GET")
		require.Equal(t, measure.OK, o.Class, "in pieces of %d: %v", most, o.Err)
		require.Equal(t, 200, o.Status)
		require.EqualValues(t, len(b)-(9+6)-(9+8)-(9+4), o.BytesIn, "all but what is about the connection")
	}
}

// FuzzPeer holds our reading of a connection against golang.org/x/net's. Ours may
// refuse what that takes; it may not take what that refuses, nor read another
// status or end into what both take.
func FuzzPeer(f *testing.F) {
	f.Add(said(func(p *server) { p.answer(1) }), 100, false)
	f.Add(said(func(p *server) { p.header(1, true, ":status: 200", "content-length: 100") }), 3, true)
	f.Add(said(func(p *server) {
		p.header(1, false, ":status: 103")
		p.header(1, false, ":status: 404", "server: x")
		_ = p.WriteDataPadded(1, false, []byte("hello"), make([]byte, 3))
		_ = p.WritePing(false, [8]byte{})
		p.header(1, true, "x-sum: 5")
		_ = p.WriteGoAway(1, http2.ErrCodeNo, []byte("bye"))
	}), 1, false)
	f.Add(said(func(p *server) {
		_ = p.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte("\x3f\xe1\x1f\x88\x40\x01a\x01b"), EndStream: true})
		_ = p.WriteContinuation(1, true, []byte("\xbe"))
		_ = p.WriteRSTStream(1, http2.ErrCodeNo)
	}), 20, false)
	f.Add(said(func(p *server) { _ = p.WriteRSTStream(1, http2.ErrCodeRefusedStream) }), 20, false)
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), 5, false)
	f.Fuzz(func(t *testing.T, said []byte, most int, isHead bool) {
		method := "GET"
		if isHead {
			method = "HEAD"
		}
		o := read(t, said, max(most, 1), method)
		if o.Class != measure.OK && o.Class != measure.Status {
			require.Error(t, o.Err)
			require.Contains(t, []measure.Class{measure.Malformed, measure.Reset}, o.Class, "%v", o.Err)
			return
		}
		status, err := reference(said)
		require.NoError(t, err, "we took what they refuse: %q", said)
		require.Equal(t, status, o.Status)
	})
}

// reference reads what the peer said about stream 1, to its end.
func reference(said []byte) (status int, err error) {
	r := http2.NewFramer(io.Discard, bytes.NewReader(said))
	r.SetMaxReadFrameSize(leastFrame)
	r.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	r.MaxHeaderListSize = maxFields
	for {
		f, err := r.ReadFrame()
		if err != nil {
			return status, err
		}
		if f.Header().StreamID != 1 {
			continue
		}
		switch f := f.(type) {
		case *http2.MetaHeadersFrame:
			if f.Truncated {
				return status, errors.New("truncated")
			}
			if n, err := strconv.Atoi(f.PseudoValue("status")); err == nil && n >= 200 {
				status = n
			}
			if f.StreamEnded() {
				return status, nil
			}
		case *http2.DataFrame:
			if f.StreamEnded() {
				return status, nil
			}
		case *http2.RSTStreamFrame:
			return status, errors.New("reset")
		}
	}
}

// Whatever a value is, a header that is written holds it and nothing more, or is
// refused.
func FuzzWritten(f *testing.F) {
	for _, value := range []string{"", "x", "a b", "a\r\nb: c", strings.Repeat("x", 127), strings.Repeat("x", 300), "ü", "\x00", "a\r\n"} {
		f.Add(value, "x-b: "+value+"\r\n")
	}
	f.Fuzz(func(t *testing.T, value, lines string) {
		var scope users.Scope
		name := scope.Declare("name")
		text, err := scope.Compile("<${name}>", users.Raw)
		require.NoError(t, err)
		at := &url.URL{Scheme: "http", Host: "a.test", Path: "/"}
		spec := loadgen.Request{URL: at, Header: []loadgen.Field{{Name: "X-A", Text: text}}, Signer: verbatim(lines), Body: []byte(value)}
		c, err := New([]loadgen.Step{{Request: spec}}, Options{})
		require.NoError(t, err)
		user := users.New(&scope, 1, 1)
		user.Set(name, []byte(value))
		v := &visitor{session: user}
		if err := c.requests[0].Load().template.write(v, time.Time{}); err != nil {
			return
		}
		got, err := hpack.NewDecoder(0, nil).DecodeFull(v.block)
		require.NoError(t, err)
		require.Equal(t, hpack.HeaderField{Name: "x-a", Value: "<" + value + ">"}, got[6])
		signed := strings.Count(strings.TrimSuffix(lines, "\r\n"), "\r\n") + min(len(lines), 1)
		if value != "" {
			signed++
			require.Equal(t, hpack.HeaderField{Name: "content-length", Value: strconv.Itoa(len(value))}, got[len(got)-1])
		}
		require.Len(t, got, 7+signed)
	})
}

// verbatim is a Signer that says always the same.
type verbatim string

func (v verbatim) Sign(dst []byte, _ *loadgen.Rendered) []byte { return append(dst, v...) }
