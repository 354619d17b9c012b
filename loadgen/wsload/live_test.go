package wsload

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
	"gonogo/loadgen/dial"
	"gonogo/loadgen/session"
	"gonogo/measure"
)

func TestAConnectionFromTheHandshakeToTheFarewell(t *testing.T) {
	closed := make(chan websocket.StatusCode, 1)
	at := serving(t, func(ctx context.Context, c *websocket.Conn) {
		for {
			kind, b, err := c.Read(ctx)
			if err != nil {
				closed <- websocket.CloseStatus(err)
				return
			}
			if string(b) != "quiet" && c.Write(ctx, kind, b) != nil {
				return
			}
		}
	})
	w := newWorld(t, at, Options{},
		&Step{Kind: Send, Text: textOf(t, "quiet")},
		&Step{Kind: RoundTrip, Text: textOf(t, "hello"), Inspector: holding("hello")},
		&Step{Kind: Send, Text: textOf(t, "later"), Binary: true},
		&Step{Kind: Expect, Inspector: holding("later")},
		&Step{Kind: Close, Code: 3001, Reason: "enough"},
	)
	opened := w.ok(0)
	require.Equal(t, 101, opened.Status)
	require.Positive(t, opened.Connect)
	require.Positive(t, opened.FirstByte)
	require.Greater(t, opened.BytesOut, int64(100))
	require.Greater(t, opened.BytesIn, int64(100))

	quiet := w.ok(1)
	require.Zero(t, quiet.Connect, "it is the same connection")
	require.Zero(t, quiet.FirstByte, "no answer is expected")
	require.EqualValues(t, 2+4+len("quiet"), quiet.BytesOut)

	hello := w.ok(2)
	require.Positive(t, hello.FirstByte)
	require.EqualValues(t, 2+4+len("hello"), hello.BytesOut)
	require.EqualValues(t, 2+len("hello"), hello.BytesIn)

	early := w.ok(3).BytesIn // the echo may be there already
	require.EqualValues(t, 2+len("later"), early+w.ok(4).BytesIn)
	bye := w.ok(5)
	require.Positive(t, bye.Done)
	require.EqualValues(t, 3001, <-closed)
	require.Equal(t, Counts{Received: 2, Bytes: int64(len("hello") + len("later"))}, w.client.Counts())
	counted := w.client.Network().Counts().Addresses
	require.Len(t, counted, 1)
	require.Equal(t, [3]int64{1, 6, 0}, [3]int64{counted[0].Opened, counted[0].Requests, counted[0].Errors})
}

func TestOverTLSWithFieldsAndASubprotocol(t *testing.T) {
	got := make(chan http.Header, 1)
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header.Clone()
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"chat"}})
		if err == nil {
			echo(r.Context(), c)
		}
	}))
	defer srv.Close()
	u, err := url.Parse("wss" + strings.TrimPrefix(srv.URL, "https") + "/talk")
	require.NoError(t, err)
	scope := &session.Scope{}
	v := scope.Declare("token")
	token, err := scope.Compile("Bearer ${token}", session.Raw)
	require.NoError(t, err)
	c, err := New([]*Step{
		{Request: loadgen.Request{URL: u, Header: []loadgen.Field{{Name: "Authorization", Text: token}}}, Subprotocols: []string{"chat"}},
		{Kind: RoundTrip, Text: textOf(t, "hello")},
	}, Options{Network: dial.Options{TLS: srv.Client().Transport.(*http.Transport).TLSClientConfig}})
	require.NoError(t, err)
	knows := session.New(scope, 1, 1)
	knows.Set(v, []byte("secret"))
	w := &world{t: t, client: c, clock: loadgen.NewClock()}
	w.sender = c.NewSender(loadgen.User{Clock: w.clock, Session: knows})
	defer w.sender.Close()

	require.Positive(t, w.ok(0).TLS)
	header := <-got
	require.Equal(t, "Bearer secret", header.Get("Authorization"))
	require.Equal(t, "chat", header.Get("Sec-WebSocket-Protocol"))
	w.ok(1)

	knows.Set(v, []byte("two\r\nlines: 1"))
	w.fails(0, measure.Local, "header Authorization: want a value without line breaks")
	knows.Clear(v)
	w.fails(0, measure.Local, "variable token has no value")
}

func TestMessagesThatCompressionMadeShort(t *testing.T) {
	w := newWorld(t, serving(t, echo), Options{Compressed: true},
		&Step{Kind: RoundTrip, Text: textOf(t, strings.Repeat("hello ", 1000))})
	w.ok(0)
	o := w.ok(1)
	require.EqualValues(t, 6000, o.BytesDecoded)
	require.Less(t, o.BytesIn, int64(1000))
	require.Less(t, o.BytesOut, int64(1000))
}

func TestWhichMessageFits(t *testing.T) {
	const short = 50 * time.Millisecond
	tests := []struct {
		name  string
		says  []string
		step  Step
		class measure.Class
		text  string
		count Counts // what became of the messages
	}{
		{"any message, if nobody looks into it", []string{"a"}, Step{}, measure.OK, "", Counts{Received: 1, Bytes: 1}},
		{"others before it are passed over", []string{"a", "b", "c"}, Step{Inspector: holding("c")}, measure.OK, "", Counts{Received: 3, Bytes: 3, Passed: 2}},
		{
			"the next one has to fit, if that is said",
			[]string{"a", "c"},
			Step{Inspector: holding("c"), Next: true},
			measure.Check, "want c",
			Counts{Received: 2, Bytes: 2, Passed: 1},
		},
		{"none came", nil, Step{Within: short}, measure.Timeout, "no message within the time", Counts{}},
		{
			"none that came fits",
			[]string{"a", "b"},
			Step{Inspector: holding("c"), Within: short},
			measure.Timeout, "no message that fits within the time: 2 came, the last one: want c",
			Counts{Received: 2, Bytes: 2, Passed: 2},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			said := make(chan struct{})
			at := serving(t, func(ctx context.Context, c *websocket.Conn) {
				for _, text := range test.says {
					if c.Write(ctx, websocket.MessageText, []byte(text)) != nil {
						return
					}
				}
				_ = c.Ping(ctx) // with its pong all of them have come
				close(said)
				_, _, _ = c.Read(ctx)
			})
			test.step.Kind = Expect
			w := newWorld(t, at, Options{}, &test.step, &Step{Kind: Close})
			w.ok(0)
			if test.class == measure.OK {
				w.ok(1)
			} else {
				w.fails(1, test.class, test.text)
			}
			w.sender.Close()
			require.Equal(t, test.count.Passed, w.client.Counts().Passed)
			require.LessOrEqual(t, w.client.Counts().Received, test.count.Received)
		})
	}
}

func TestARoundTripIsNotEndedByWhatCameBefore(t *testing.T) {
	at := serving(t, func(ctx context.Context, c *websocket.Conn) {
		_ = c.Write(ctx, websocket.MessageText, []byte("go on"))
		_ = c.Write(ctx, websocket.MessageText, []byte("hello, too early"))
		echo(ctx, c)
	})
	w := newWorld(t, at, Options{},
		&Step{Kind: Expect, Inspector: holding("go on")},
		&Step{Kind: RoundTrip, Text: textOf(t, "hello"), Inspector: holding("hello")},
		&Step{Kind: Expect, Within: time.Millisecond},
	)
	w.ok(0)
	w.ok(1)
	q := &w.sender.(*user).links[0].queue
	for came := 0; came < 1; time.Sleep(time.Millisecond) {
		q.mu.Lock()
		came = q.waiting()
		q.mu.Unlock()
	}
	w.ok(2)
	w.fails(3, measure.Timeout, "no message within the time")
}

func TestAQueueDropsTheOldestAndCountsThem(t *testing.T) {
	says := []string{"a", "b", "c", "d", "e"}
	w := newWorld(t, serving(t, saying(says...)), Options{Queue: 2}, &Step{Kind: Expect, Inspector: holding("")})
	w.ok(0)
	l := w.sender.(*user).links[0]
	for received := int64(0); received < 5; time.Sleep(time.Millisecond) {
		l.queue.mu.Lock()
		received = l.queue.counts.Received
		l.queue.mu.Unlock()
	}
	m, err := l.queue.pop()
	require.NoError(t, err)
	require.Equal(t, "d", string(m.body))
	w.ok(1)
	w.sender.Close()
	require.Equal(t, Counts{Received: 5, Bytes: 5, Dropped: 3}, w.client.Counts())
}

// No loss goes uncounted, and no user stays without a connection.
func TestAConnectionThatWasLost(t *testing.T) {
	at := serving(t, func(ctx context.Context, c *websocket.Conn) {
		for {
			kind, b, err := c.Read(ctx)
			if err != nil {
				return
			}
			if string(b) == "leave" {
				_ = c.Close(websocket.StatusGoingAway, "deploy")
				return
			}
			_ = c.Write(ctx, kind, b)
		}
	})
	w := newWorld(t, at, Options{},
		&Step{Kind: RoundTrip, Text: textOf(t, "leave")},
		&Step{Kind: RoundTrip, Text: textOf(t, "hello")},
		&Step{Kind: Send, Text: textOf(t, "leave")},
		&Step{Kind: Close},
	)
	w.ok(0)
	w.fails(1, measure.Reset, `the server closed the connection, code 1001: "deploy"`)
	again := w.ok(2)
	require.Positive(t, again.Connect, "it is a new connection")
	require.Zero(t, w.ok(2).Connect)
	w.ok(3)
	w.sender.(*user).links[0].reading.Wait()
	w.fails(2, measure.Reset, "deploy")
	require.Positive(t, w.ok(2).Connect)
	w.ok(4)
	w.ok(4) // what is closed is closed
	counted := w.client.Network().Counts().Addresses[0]
	require.Equal(t, [3]int64{3, 8, 2}, [3]int64{counted.Opened, counted.Requests, counted.Errors})
}

func TestConnectOpensAnew(t *testing.T) {
	w := newWorld(t, serving(t, echo), Options{}, &Step{Kind: RoundTrip, Text: textOf(t, "a")})
	for range 3 {
		w.ok(0)
		w.ok(1)
	}
	require.EqualValues(t, 3, w.client.Network().Counts().Opened)
}

func TestStepsThatCannotBe(t *testing.T) {
	u := &url.URL{Scheme: "ws", Host: "127.0.0.1"}
	proxy := &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	connect := &Step{Request: loadgen.Request{URL: u}}
	tests := []struct {
		name  string
		steps []*Step
		o     Options
		want  string
	}{
		{"no URL", []*Step{{}}, Options{}, "step 0: the URL names no host"},
		{"another scheme", []*Step{{Request: loadgen.Request{URL: &url.URL{Scheme: "ftp", Host: "a"}}}}, Options{}, `step 0: scheme "ftp"`},
		{"nothing to send", []*Step{connect, {Kind: Send}}, Options{}, "step 1: send: it has no message"},
		{"no connection", []*Step{nil, {Kind: Expect}}, Options{}, "step 1: expect: step 0 is none that connects"},
		{"a code that is not to be sent", []*Step{connect, {Kind: Close, Code: 1006}}, Options{}, "step 1: close: code 1006: want 1000"},
		{"a long farewell", []*Step{connect, {Kind: Close, Reason: strings.Repeat("x", 124)}}, Options{}, "step 1: close: the reason has 124 bytes, want 123 at most"},
		{
			"a proxy that forwards",
			[]*Step{connect},
			Options{Network: dial.Options{Connections: loadgen.Connections{Proxy: proxy}}},
			"step 0: an HTTP proxy does not forward WebSocket in clear text",
		},
		{"another kind", []*Step{{Kind: 9}}, Options{}, "step 0: it is of no known kind"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := New(test.steps, test.o)
			require.ErrorContains(t, err, test.want)
		})
	}
}
