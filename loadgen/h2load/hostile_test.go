package h2load

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"

	"gonogo/loadgen"
	"gonogo/measure"
)

// What an answer may look like, and what it may not. Each peer gets one request,
// on stream 1.
func TestAnswers(t *testing.T) {
	const ok, malformed, reset = measure.OK, measure.Malformed, measure.Reset
	long := strings.Repeat("v", 20_000)
	tests := []struct {
		name   string
		answer func(p *server)
		class  measure.Class
		status int
		err    string // part of it
	}{
		{"a header alone", func(p *server) { p.header(1, true, ":status: 204") }, ok, 204, ""},
		{"a body of a stated length", func(p *server) { p.answer(1) }, ok, 200, ""},
		{"a body without one", func(p *server) {
			p.header(1, false, ":status: 200")
			_ = p.WriteData(1, false, []byte("abc"))
			_ = p.WriteData(1, true, nil)
		}, ok, 200, ""},
		{"empty DATA in between", func(p *server) {
			p.header(1, false, ":status: 200", "content-length: 3")
			_ = p.WriteData(1, false, nil)
			_ = p.WriteData(1, true, []byte("abc"))
		}, ok, 200, ""},
		{"padding and priority", func(p *server) {
			_ = p.WriteHeaders(http2.HeadersFrameParam{
				StreamID: 1, BlockFragment: p.encoded(":status: 200", "content-length: 3"), EndHeaders: true, PadLength: 7,
				Priority: http2.PriorityParam{StreamDep: 0, Weight: 3, Exclusive: true},
			})
			_ = p.WriteDataPadded(1, false, []byte("abc"), make([]byte, 255))
			_ = p.WriteDataPadded(1, true, nil, make([]byte, 3))
		}, ok, 200, ""},
		{"a header in many frames", func(p *server) {
			block := p.encoded(":status: 200", "x-a: "+long, "x-b: "+long)
			_ = p.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block[:1], EndStream: true})
			_ = p.WriteContinuation(1, false, nil)
			_ = p.WriteContinuation(1, false, block[1:9000])
			_ = p.WriteContinuation(1, false, block[9000:20_000])
			_ = p.WriteContinuation(1, true, block[20_000:])
		}, ok, 200, ""},
		{"a trailer", func(p *server) {
			p.header(1, false, ":status: 200")
			_ = p.WriteData(1, false, []byte("abc"))
			p.header(1, true, "grpc-status: 0")
		}, ok, 200, ""},
		{"interim answers", func(p *server) {
			p.header(1, false, ":status: 100")
			p.header(1, false, ":status: 103", "link: </a>")
			p.header(1, true, ":status: 200")
		}, ok, 200, ""},
		{"304 has no body whatever its length says", func(p *server) { p.header(1, true, ":status: 304", "content-length: 100") }, ok, 304, ""},
		{"the same length twice", func(p *server) { p.header(1, true, ":status: 200", "content-length: 0", "content-length: 0") }, ok, 200, ""},
		{"frames of other kinds", func(p *server) {
			_ = p.WriteRawFrame(0xbe, 0xff, 1, []byte("what is this"))
			_ = p.WritePriority(1, http2.PriorityParam{StreamDep: 0, Weight: 3})
			_ = p.WriteWindowUpdate(1, 5)
			_ = p.WriteSettings(http2.Setting{ID: 0xabcd, Val: 1})
			p.answer(1)
		}, ok, 200, ""},
		{"a reset behind the end", func(p *server) { p.answer(1); _ = p.WriteRSTStream(1, http2.ErrCodeNo) }, ok, 200, ""},
		{"a status that is no success", func(p *server) { p.header(1, true, ":status: 503") }, measure.Status, 503, "HTTP 503"},

		{"a reset", func(p *server) { _ = p.WriteRSTStream(1, http2.ErrCodeRefusedStream) }, reset, 0, "RST_STREAM: REFUSED_STREAM"},
		{"a reset with a code that nobody knows", func(p *server) { _ = p.WriteRSTStream(1, 99) }, reset, 0, "RST_STREAM"},
		{"a reset within the body", func(p *server) {
			p.header(1, false, ":status: 200")
			_ = p.WriteRSTStream(1, http2.ErrCodeInternal)
		}, reset, 200, "INTERNAL_ERROR"},
		{"a reset that says that all is well", func(p *server) {
			p.header(1, false, ":status: 200")
			_ = p.WriteRSTStream(1, http2.ErrCodeNo)
		}, reset, 200, "NO_ERROR"},
		{"going away without the stream", func(p *server) { _ = p.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, []byte("too_many")) }, reset, 0, `GOAWAY: ENHANCE_YOUR_CALM, and the request was not taken: "too_many"`},
		{"going away with a reason, and ending all the same", func(p *server) { _ = p.WriteGoAway(1, http2.ErrCodeInternal, nil) }, reset, 0, "GOAWAY: INTERNAL_ERROR: the connection ended before the answer began"},
		{"the end before the answer", func(*server) {}, reset, 0, "before the answer began"},
		{"the end within the header", func(p *server) { _, _ = p.conn.Write([]byte("\x00\x00\x09\x01\x05\x00\x00\x00\x01\x88")) }, reset, 0, "before the answer began"},
		{"the end within the body", func(p *server) {
			p.header(1, false, ":status: 200")
			_, _ = p.conn.Write([]byte("\x00\x00\x09\x00\x01\x00\x00\x00\x01abc"))
		}, reset, 200, "within the answer"},

		{"a header without a status", func(p *server) { p.header(1, true, "server: x") }, malformed, 0, ":status"},
		{"an empty header", func(p *server) { p.header(1, true) }, malformed, 0, ":status"},
		{"two statuses", func(p *server) { p.header(1, true, ":status: 200", ":status: 200") }, malformed, 0, `":status" in the wrong place`},
		{"a status behind other fields", func(p *server) { p.header(1, true, "server: x", ":status: 200") }, malformed, 0, "wrong place"},
		{"a field that only requests have", func(p *server) { p.header(1, true, ":status: 200", ":path: /") }, malformed, 0, "wrong place"},
		{"a status of two digits", func(p *server) { p.header(1, true, ":status: 20") }, malformed, 0, "three digits"},
		{"a status of letters", func(p *server) { p.header(1, true, ":status: 2xx") }, malformed, 0, "three digits"},
		{"a status below 100", func(p *server) { p.header(1, true, ":status: 099") }, malformed, 0, "below 100"},
		{"status 101", func(p *server) { p.header(1, false, ":status: 101") }, malformed, 0, "101"},
		{"an upper-case name", func(p *server) { p.header(1, true, ":status: 200", "Server: x") }, malformed, 0, `field name "Server"`},
		{"a name with a space", func(p *server) { p.header(1, true, ":status: 200", "a b: x") }, malformed, 0, "field name"},
		{"a line feed in a value", func(p *server) { p.header(1, true, ":status: 200", "a: x\ny: z") }, malformed, 0, "control character"},
		{"a field of HTTP/1.1", func(p *server) { p.header(1, true, ":status: 200", "transfer-encoding: chunked") }, malformed, 0, "transfer-encoding"},
		{"two lengths that differ", func(p *server) { p.header(1, true, ":status: 200", "content-length: 0", "content-length: 1") }, malformed, 0, "two lengths"},
		{"a length that is no number", func(p *server) { p.header(1, true, ":status: 200", "content-length: +1") }, malformed, 0, "content-length"},
		{"a length that overflows", func(p *server) { p.header(1, true, ":status: 200", "content-length: 18446744073709551616") }, malformed, 0, "content-length"},
		{"a body shorter than its length", func(p *server) {
			p.header(1, false, ":status: 200", "content-length: 5")
			_ = p.WriteData(1, true, []byte("abc"))
		}, malformed, 200, "a body of 3 bytes"},
		{"no body where there was to be one", func(p *server) { p.header(1, true, ":status: 200", "content-length: 5") }, malformed, 200, "a body of 0 bytes"},
		{"a body longer than its length", func(p *server) {
			p.header(1, false, ":status: 200", "content-length: 2")
			_ = p.WriteData(1, true, []byte("abc"))
		}, malformed, 200, "a body of 3 bytes"},
		{"a body of 204", func(p *server) {
			p.header(1, false, ":status: 204")
			_ = p.WriteData(1, true, []byte("abc"))
		}, malformed, 204, "has no body"},
		{"DATA before the header", func(p *server) { _ = p.WriteData(1, true, []byte("abc")) }, malformed, 0, "before the header"},
		{"DATA behind an interim answer", func(p *server) {
			p.header(1, false, ":status: 103")
			_ = p.WriteData(1, true, []byte("abc"))
		}, malformed, 0, "before the header"},
		{"an interim answer as the last", func(p *server) { p.header(1, true, ":status: 103") }, malformed, 0, "interim"},
		{"interim answers without end", func(p *server) {
			for range 100 {
				p.header(1, false, ":status: 103")
			}
		}, malformed, 0, "more than 16 interim"},
		{"a second header that does not end the stream", func(p *server) {
			p.header(1, false, ":status: 200")
			p.header(1, false, "a: b")
		}, malformed, 200, "second header"},
		{"a second answer", func(p *server) {
			p.header(1, false, ":status: 200")
			p.header(1, true, ":status: 200")
		}, malformed, 200, "second header"},
		{"more fields than anybody needs", func(p *server) {
			tall := strings.Repeat("a", 20_000) // 12,500 bytes in Huffman's code
			p.longHeader(1, p.encoded(":status: 200", "a: "+tall, "b: "+tall, "c: "+tall, "d: "+tall))
		}, malformed, 0, "longer than 65536"},
		{"more bytes of fields than anybody needs", func(p *server) {
			p.longHeader(1, p.encoded(":status: 200", "a: "+long, "b: "+long, "c: "+long, "d: "+long))
		}, malformed, 0, "a header block of more than"},
		{"a bomb of fields", func(p *server) {
			block := append(p.encoded(":status: 200", "a: "+long[:4000]), strings.Repeat("\xbe", 5000)...)
			_ = p.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block, EndStream: true, EndHeaders: true})
		}, malformed, 0, "longer than 65536"},
		{"CONTINUATION without end", func(p *server) {
			_ = p.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: p.encoded(":status: 200"), EndStream: true})
			for range 10_000 {
				if p.WriteContinuation(1, false, nil) != nil {
					return
				}
			}
		}, malformed, 0, "a header block of more than"},
		{"a block that is none", func(p *server) {
			_ = p.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte("\xff\xff\xff\xff\xff"), EndStream: true, EndHeaders: true})
		}, malformed, 0, "COMPRESSION_ERROR"},
		{"another frame within a header", func(p *server) {
			_ = p.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: p.encoded(":status: 200"), EndStream: true})
			_ = p.WritePing(false, [8]byte{})
		}, malformed, 0, "broken off"},
		{"CONTINUATION of another stream", func(p *server) {
			_ = p.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: p.encoded(":status: 200"), EndStream: true})
			_ = p.WriteContinuation(3, true, nil)
		}, malformed, 0, "broken off"},
		{"CONTINUATION of nothing", func(p *server) { _ = p.WriteContinuation(1, true, nil) }, malformed, 0, "CONTINUATION of nothing"},
		{"HEADERS on a stream of its own", func(p *server) { p.header(2, true, ":status: 200") }, malformed, 0, "never opened"},
		{"HEADERS on the stream of tomorrow", func(p *server) { p.header(3, true, ":status: 200") }, malformed, 0, "never opened"},
		{"HEADERS on no stream", func(p *server) { p.header(0, true, ":status: 200") }, malformed, 0, "never opened"},
		{"HEADERS with too much padding", func(p *server) {
			_ = p.WriteRawFrame(http2.FrameHeaders, http2.FlagHeadersPadded|http2.FlagHeadersEndHeaders, 1, []byte("\x05\x88"))
		}, malformed, 0, "padding"},
		{"HEADERS without the padding's length", func(p *server) {
			_ = p.WriteRawFrame(http2.FrameHeaders, http2.FlagHeadersPadded|http2.FlagHeadersEndHeaders, 1, nil)
		}, malformed, 0, "padding"},
		{"HEADERS too short for its priority", func(p *server) {
			_ = p.WriteRawFrame(http2.FrameHeaders, http2.FlagHeadersPriority|http2.FlagHeadersEndHeaders, 1, []byte("\x00\x00"))
		}, malformed, 0, "padding"},
		{"DATA with too much padding", func(p *server) { _ = p.WriteRawFrame(http2.FrameData, http2.FlagDataPadded, 1, []byte("\x05abc")) }, malformed, 0, "padding"},
		{"DATA without the padding's length", func(p *server) { _ = p.WriteRawFrame(http2.FrameData, http2.FlagDataPadded, 1, nil) }, malformed, 0, "padding"},
		{"DATA on no stream", func(p *server) { _ = p.WriteRawFrame(http2.FrameData, 0, 0, nil) }, malformed, 0, "never opened"},
		{"a reset of the stream of tomorrow", func(p *server) { _ = p.WriteRSTStream(3, http2.ErrCodeNo) }, malformed, 0, "never opened"},
		{"a reset of three bytes", func(p *server) { _ = p.WriteRawFrame(http2.FrameRSTStream, 0, 1, []byte("abc")) }, malformed, 0, "FRAME_SIZE_ERROR"},
		{"a push", func(p *server) {
			_ = p.WritePushPromise(http2.PushPromiseParam{StreamID: 1, PromiseID: 2, BlockFragment: p.encoded(":path: /"), EndHeaders: true})
		}, malformed, 0, "PUSH_PROMISE"},
		{"a frame that is too large", func(p *server) { _ = p.WriteRawFrame(http2.FrameHeaders, 0, 1, make([]byte, 16<<10+1)) }, malformed, 0, "FRAME_SIZE_ERROR"},
		{"a ping of seven bytes", func(p *server) { _ = p.WriteRawFrame(http2.FramePing, 0, 0, make([]byte, 7)) }, malformed, 0, "FRAME_SIZE_ERROR"},
		{"a ping on a stream", func(p *server) { _ = p.WriteRawFrame(http2.FramePing, 0, 1, make([]byte, 8)) }, malformed, 0, "about the connection"},
		{"settings of five bytes", func(p *server) { _ = p.WriteRawFrame(http2.FrameSettings, 0, 0, make([]byte, 5)) }, malformed, 0, "FRAME_SIZE_ERROR"},
		{"settings on a stream", func(p *server) { _ = p.WriteRawFrame(http2.FrameSettings, 0, 1, nil) }, malformed, 0, "about the connection"},
		{"an acknowledgement that says more", func(p *server) { _ = p.WriteRawFrame(http2.FrameSettings, http2.FlagSettingsAck, 0, make([]byte, 6)) }, malformed, 0, "FRAME_SIZE_ERROR"},
		{"a setting that lets us push", func(p *server) { _ = p.WriteSettings(http2.Setting{ID: http2.SettingEnablePush, Val: 1}) }, malformed, 0, "ENABLE_PUSH"},
		{"a window that is too large", func(p *server) { _ = p.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 31}) }, malformed, 0, "INITIAL_WINDOW_SIZE is 2147483648"},
		{"a window that becomes too large", func(p *server) {
			_ = p.WriteWindowUpdate(1, 1<<31-1-65535)
			_ = p.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 65536})
		}, malformed, 0, "INITIAL_WINDOW_SIZE makes"},
		{"frames that may be too small", func(p *server) { _ = p.WriteSettings(http2.Setting{ID: http2.SettingMaxFrameSize, Val: 16383}) }, malformed, 0, "MAX_FRAME_SIZE"},
		{"a window that grows by nothing", func(p *server) { _ = p.WriteWindowUpdate(0, 0) }, malformed, 0, "WINDOW_UPDATE of the connection by 0"},
		{"a stream's window that grows by nothing", func(p *server) { _ = p.WriteWindowUpdate(1, 0) }, malformed, 0, "WINDOW_UPDATE of the stream by 0"},
		{"a connection's window that grows too large", func(p *server) { _ = p.WriteWindowUpdate(0, 1<<31-1) }, malformed, 0, "WINDOW_UPDATE of the connection"},
		{"a stream's window that grows too large", func(p *server) { _ = p.WriteWindowUpdate(1, 1<<31-1) }, malformed, 0, "WINDOW_UPDATE of the stream"},
		{"a window of the stream of tomorrow", func(p *server) { _ = p.WriteWindowUpdate(3, 1) }, malformed, 0, "never opened"},
		{"a window update of three bytes", func(p *server) { _ = p.WriteRawFrame(http2.FrameWindowUpdate, 0, 1, []byte("abc")) }, malformed, 0, "FRAME_SIZE_ERROR"},
		{"a priority of four bytes", func(p *server) { _ = p.WriteRawFrame(http2.FramePriority, 0, 1, []byte("abcd")) }, malformed, 0, "FRAME_SIZE_ERROR"},
		{"going away in seven bytes", func(p *server) { _ = p.WriteRawFrame(http2.FrameGoAway, 0, 0, make([]byte, 7)) }, malformed, 0, "FRAME_SIZE_ERROR"},
		{"going away on a stream", func(p *server) { _ = p.WriteRawFrame(http2.FrameGoAway, 0, 1, make([]byte, 8)) }, malformed, 0, "about the connection"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := once(t, loadgen.Request{}, func(p *server) {
				p.greet()
				if r := p.request(); r == nil || r.StreamID != 1 {
					panic("want a request on stream 1")
				}
				go func() { _, _ = io.Copy(io.Discard, p.conn) }() // a pipe has no room: somebody must read
				tt.answer(p)
				time.Sleep(time.Second) // virtual: what it said is read before the end
			})
			require.Equal(t, tt.class.String(), o.Class.String(), "%v", o.Err)
			require.Equal(t, tt.status, o.Status)
			if tt.err != "" {
				require.ErrorContains(t, o.Err, tt.err)
			}
		})
	}
}
