package h2load

import (
	"bytes"
	"compress/gzip"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"

	"gonogo/loadgen"
	"gonogo/measure"
)

func gzipped(t *testing.T, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

// inPieces sends a body in frames as the windows allow; the window of the
// connection is wider than the bodies here.
func (p *server) inPieces(stream uint32, body []byte, piece int) {
	window := codedWindow
	for {
		n := min(len(body), piece, window, 16<<10)
		window -= n
		if p.WriteData(stream, n == len(body), body[:n]) != nil || n == len(body) {
			return
		}
		body = body[n:]
		for window == 0 {
			switch f := p.next().(type) {
			case nil, *http2.RSTStreamFrame:
				return
			case *http2.WindowUpdateFrame:
				if f.StreamID == stream {
					window += int(f.Increment)
				}
			}
		}
	}
}

func TestBodiesAreDecoded(t *testing.T) {
	large, text := noise(5<<20), bytes.Repeat([]byte("hello "), 1000)
	tests := []struct {
		name, coding string
		body         []byte
		piece        int
		class        measure.Class
		decoded      int
		err          string
	}{
		{"nothing to decode", "", text, 100, measure.OK, 6000, ""},
		{"a small body at once", "gzip", gzipped(t, text), 1 << 20, measure.OK, 6000, ""},
		{"a small body, byte by byte", "gzip", gzipped(t, text), 1, measure.OK, 6000, ""},
		{"one that is larger than the window", "gzip", gzipped(t, large), 1 << 20, measure.OK, 5 << 20, ""},
		{"no body at all", "br", nil, 1, measure.OK, 0, ""},
		{"one that is not what it says", "gzip", large, 1 << 20, measure.Malformed, 0, "gzip body"},
		{"one that is cut short", "gzip", gzipped(t, text)[:30], 100, measure.Malformed, -1, "gzip body"},
		{"one that goes on", "gzip", append(gzipped(t, text), "more"...), 100, measure.Malformed, -1, "gzip body"},
		{"a coding that nobody asked for", "compress", text, 100, measure.Malformed, 0, "nobody asked for"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			asked := ""
			inWorld(t, Options{Compressed: true}, func(p *server, _ int) {
				p.greet()
				for r := p.request(); r != nil; r = p.request() {
					for _, f := range r.RegularFields() {
						if f.Name == "accept-encoding" {
							asked = f.Value
						}
					}
					fields := []string{":status: 200"}
					if tt.coding != "" {
						fields = append(fields, "content-encoding: "+tt.coding)
					}
					p.header(r.StreamID, false, fields...)
					p.inPieces(r.StreamID, tt.body, tt.piece)
				}
			}, func(w *world) {
				s := w.client.NewSender(loadgen.User{Number: 0, Clock: w.clock})
				for range 3 {
					o := w.send(s, 0, time.Minute)
					require.Equal(t, tt.class.String(), o.Class.String(), "%v", o.Err)
					if tt.err != "" {
						require.ErrorContains(t, o.Err, tt.err)
					}
					if tt.decoded >= 0 {
						require.EqualValues(t, tt.decoded, o.BytesDecoded)
					}
				}
				require.Equal(t, 1, w.dials)
				s.Close()
			})
			require.Equal(t, "gzip, br, zstd", asked)
		})
	}
}

func TestDecodingEndsWithTheAnswer(t *testing.T) {
	for name, tt := range map[string]struct {
		end   func(p *server, stream uint32)
		class measure.Class
	}{
		"a reset":     {func(p *server, stream uint32) { _ = p.WriteRSTStream(stream, http2.ErrCodeInternal) }, measure.Reset},
		"an end":      {func(p *server, _ uint32) { _ = p.conn.Close() }, measure.Reset},
		"no end":      {func(p *server, _ uint32) {}, measure.Timeout},
		"a bad frame": {func(p *server, stream uint32) { p.header(stream, true, ":status: 200") }, measure.Malformed},
		"a peer that ignores the window": {func(p *server, stream uint32) {
			for range 3 * codedWindow / (16 << 10) {
				_ = p.WriteData(stream, false, make([]byte, 16<<10))
			}
		}, measure.Malformed},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, Options{Compressed: true}, func(p *server, _ int) {
				p.greet()
				r := p.request()
				go func() { _, _ = io.Copy(io.Discard, p.conn) }()
				p.header(r.StreamID, false, ":status: 200", "content-encoding: gzip")
				_ = p.WriteData(r.StreamID, false, gzipped(t, noise(1000))[:500])
				time.Sleep(time.Second)
				tt.end(p, r.StreamID)
				time.Sleep(time.Hour)
			}, func(w *world) {
				s := w.client.NewSender(loadgen.User{Number: 0, Clock: w.clock})
				o := w.send(s, 0, time.Minute)
				require.Equal(t, tt.class.String(), o.Class.String(), "%v", o.Err)
				s.Close()
			}, loadgen.Request{})
		})
	}
}
