package dial

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
)

// A peer answers connections with fn and waits for all of them at the end.
func peer(t *testing.T, fn func(net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer c.Close()
				fn(c)
			})
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		serving.Wait()
	})
	return ln.Addr().String()
}

// splice passes bytes both ways until one side ends.
func splice(a net.Conn, early io.Reader, to string) {
	b, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer b.Close()
	go func() {
		_, _ = io.Copy(b, early)
		_ = b.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(a, b)
}

// connectProxy is an HTTP proxy that wants the credential, if any.
func connectProxy(t *testing.T, credential string) string {
	return peer(t, func(c net.Conn) {
		b := bufio.NewReader(c)
		r, err := http.ReadRequest(b)
		switch {
		case err != nil:
		case credential != "" && r.Header.Get("Proxy-Authorization") != credential:
			_, _ = io.WriteString(c, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno")
		case r.Method != http.MethodConnect:
			_, _ = io.WriteString(c, "HTTP/1.1 405 No\r\n\r\n")
		case r.Host == "refused.test:443":
			_, _ = io.WriteString(c, "HTTP/1.1 502 Bad Gateway\r\n\r\n")
		default:
			_, _ = io.WriteString(c, "HTTP/1.1 200 Connection established\r\nX-Filler: "+string(bytes.Repeat([]byte("x"), 2000))+"\r\n\r\n")
			splice(c, b, r.Host)
		}
	})
}

// socksProxy is a SOCKS5 proxy that wants the password, if any; it resolves
// h.test to the loopback address. What it was asked for is sent to asked.
func socksProxy(t *testing.T, password string, asked chan<- string) string {
	return peer(t, func(c net.Conn) {
		b := bufio.NewReader(c)
		read := func(n int) []byte {
			buf := make([]byte, n)
			_, _ = io.ReadFull(b, buf)
			return buf
		}
		methods := read(int(read(2)[1]))
		if password == "" {
			_, _ = c.Write([]byte{5, 0})
		} else {
			if !bytes.Contains(methods, []byte{2}) {
				_, _ = c.Write([]byte{5, 0xff})
				return
			}
			_, _ = c.Write([]byte{5, 2})
			read(int(read(2)[1]))
			if string(read(int(read(1)[0]))) != password {
				_, _ = c.Write([]byte{1, 1})
				return
			}
			_, _ = c.Write([]byte{1, 0})
		}
		var host string
		switch head := read(4); head[3] {
		case 1:
			host = net.IP(read(4)).String()
		case 4:
			host = net.IP(read(16)).String()
		case 3:
			host = string(read(int(read(1)[0])))
		}
		port := read(2)
		to := net.JoinHostPort(host, strconv.Itoa(int(port[0])<<8|int(port[1])))
		asked <- to
		switch host {
		case "refused.test", "127.0.0.2":
			_, _ = c.Write([]byte{5, 5, 0, 1, 0, 0, 0, 0, 0, 0})
			return
		case "h.test":
			to = net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port[0])<<8|int(port[1])))
		}
		_, _ = c.Write(append([]byte{5, 0, 0, 3, 4}, "here\x00\x07"...))
		splice(c, b, to)
	})
}

// echoes tells whether what is sent comes back.
func echoes(t *testing.T, conn net.Conn) {
	t.Helper()
	_, err := io.WriteString(conn, "hello")
	require.NoError(t, err)
	buf := make([]byte, 5)
	_, err = io.ReadFull(conn, buf)
	require.NoError(t, err)
	require.Equal(t, "hello", string(buf))
}

func TestConnectProxy(t *testing.T) {
	port, _ := listen(t, "tcp", "127.0.0.1:0")
	open, locked := connectProxy(t, ""), connectProxy(t, "Basic bWU6czNjcjN0")
	tests := []struct {
		name, proxy, url string
		fails            string
	}{
		{"a tunnel for TLS", "http://" + open, "https://127.0.0.1:" + port + "/", ""},
		{"with its password", "http://me:s3cr3t@" + locked, "https://127.0.0.1:" + port + "/", ""},
		{"without", "http://" + locked, "https://127.0.0.1:" + port + "/", "the proxy answered 407"},
		{"with another", "http://me:wr0ng@" + locked, "https://127.0.0.1:" + port + "/", "the proxy answered 407"},
		{"a target that the proxy cannot reach", "http://" + open, "https://refused.test/", "refused.test:443 through proxy http://" + open + ": the proxy answered 502"},
		{"a proxy that is not there", "http://127.0.0.1:1", "https://127.0.0.1:" + port + "/", "proxy http://127.0.0.1:1: connect: connection refused"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := New(Options{Connections: loadgen.Connections{Proxy: parse(t, test.proxy)}})
			o := originOf(t, n, test.url)
			conn, _, err := o.Dial(t.Context(), 0, 0)
			if test.fails != "" {
				require.ErrorContains(t, err, test.fails)
				require.NotContains(t, err.Error(), "s3cr3t")
				require.NotContains(t, err.Error(), "wr0ng")
				require.EqualValues(t, 1, n.Counts().Failed)
				require.Error(t, n.Preflight(t.Context(), o))
				return
			}
			require.NoError(t, err)
			defer conn.Close()
			echoes(t, conn)
			require.NoError(t, n.Preflight(t.Context(), o))
			require.EqualValues(t, 1, n.Counts().Opened)
		})
	}
}

// Plain HTTP goes to the proxy as it is: there is no tunnel.
func TestForwarded(t *testing.T) {
	r := &recorded{}
	n := New(Options{Connections: loadgen.Connections{Proxy: parse(t, "http://me:pw@192.0.2.1:3128")}, Dial: r.dial})
	o := originOf(t, n, "http://h.test/")
	dialled(t, o, 0, 0)
	require.Equal(t, []string{"tcp 192.0.2.1:3128"}, r.to)
	credential, ok := o.Forwarded()
	require.Equal(t, "Basic bWU6cHc=", credential)
	require.True(t, ok)
	_, ok = originOf(t, n, "https://h.test/").Forwarded()
	require.False(t, ok)
	_, ok = originOf(t, New(Options{}), "http://h.test/").Forwarded()
	require.False(t, ok)
}

func TestSocksProxy(t *testing.T) {
	port, _ := listen(t, "tcp", "127.0.0.1:0")
	port6, _ := listen(t, "tcp", "[::1]:0")
	asked := make(chan string, 10)
	open, locked := socksProxy(t, "", asked), socksProxy(t, "s3cr3t", asked)
	dns := &names{}
	dns.set("h.test", "127.0.0.1")
	dns.set("refused.test", "192.0.2.1")
	tests := []struct {
		name, proxy, url string
		asked, fails     string
	}{
		{"an address", "socks5://" + open, "http://127.0.0.1:" + port + "/", "127.0.0.1:" + port, ""},
		{"an address of IPv6", "socks5://" + open, "http://[::1]:" + port6 + "/", "[::1]:" + port6, ""},
		{"a name that we resolve", "socks5://" + open, "http://h.test:" + port + "/", "127.0.0.1:" + port, ""},
		{"a name that the proxy resolves", "socks5h://" + open, "http://h.test:" + port + "/", "h.test:" + port, ""},
		{"with its password", "socks5://me:s3cr3t@" + locked, "http://127.0.0.1:" + port + "/", "127.0.0.1:" + port, ""},
		{"a password that nobody asks for", "socks5://me:s3cr3t@" + open, "http://127.0.0.1:" + port + "/", "127.0.0.1:" + port, ""},
		{"without one", "socks5://" + locked, "http://127.0.0.1:" + port + "/", "", "the proxy wants a user and password"},
		{"with another", "socks5://me:wr0ng@" + locked, "http://127.0.0.1:" + port + "/", "", "the proxy refuses user or password"},
		{"a target that the proxy cannot reach", "socks5h://" + open, "http://refused.test/", "refused.test:80", "the proxy cannot connect: connection refused"},
		{"a proxy that speaks something else", "socks5://127.0.0.1:" + port, "http://127.0.0.1/", "", "the proxy wants a user and password"}, // it echoes
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := New(Options{Connections: loadgen.Connections{Proxy: parse(t, test.proxy)}, Resolver: dns})
			conn, _, err := originOf(t, n, test.url).Dial(t.Context(), 0, 0)
			if test.asked != "" {
				require.Equal(t, test.asked, <-asked)
			}
			if test.fails != "" {
				require.ErrorContains(t, err, test.fails)
				require.NotContains(t, err.Error(), "s3cr3t")
				return
			}
			require.NoError(t, err)
			defer conn.Close()
			echoes(t, conn)
		})
	}
}

// What does not answer behind a proxy is left out, but a proxy is not.
func TestPreflightThroughAProxy(t *testing.T) {
	port, _ := listen(t, "tcp", "127.0.0.1:0")
	dns := &names{}
	dns.set("h.test", "127.0.0.1", "127.0.0.2")
	socks := socksProxy(t, "", make(chan string, 100))
	n := New(Options{Connections: loadgen.Connections{Proxy: parse(t, "socks5://"+socks)}, Resolver: dns})
	o := originOf(t, n, "https://h.test:"+port+"/")
	require.NoError(t, n.Preflight(t.Context(), o))
	require.Equal(t, []string{"127.0.0.1:" + port}, o.Addresses())

	_, proxyPort, err := net.SplitHostPort(connectProxy(t, ""))
	require.NoError(t, err)
	n = New(Options{Connections: loadgen.Connections{Proxy: parse(t, "http://h.test:"+proxyPort)}, Resolver: dns})
	o = originOf(t, n, "https://127.0.0.1:"+port+"/")
	require.NoError(t, n.Preflight(t.Context(), o))
	require.Len(t, o.Addresses(), 2)
}

// Whatever a proxy says, the request ends with an error and its connection.
func TestProxiesThatAreNone(t *testing.T) {
	long := bytes.Repeat([]byte("HTTP/1.1 200 OK\r\nA: "), 2000)
	for name, says := range map[string]string{
		"nothing":                 "",
		"something else":          "SSH-2.0-OpenSSH\r\n\r\n",
		"a half answer":           "HTTP/1.1 200",
		"an endless one":          string(long),
		"more than it should":     "HTTP/1.1 200 OK\r\n\r\nhello",
		"a status that is none":   "HTTP/1.1 2x0 OK\r\n\r\n",
		"no method of SOCKS":      "\x05\xff",
		"a short reply of SOCKS":  "\x05\x00\x05\x00",
		"an address of no type":   "\x05\x00\x05\x00\x00\x09\x00\x00\x00\x00\x00\x00",
		"a reply of SOCKS4":       "\x05\x00\x04\x00\x00\x01\x00\x00\x00\x00\x00\x00",
		"a refusal of no meaning": "\x05\x00\x05\x63\x00\x01\x00\x00\x00\x00\x00\x00",
	} {
		t.Run(name, func(t *testing.T) {
			at := peer(t, func(c net.Conn) {
				_, _ = io.WriteString(c, says)
				_ = c.(*net.TCPConn).CloseWrite()
				_, _ = io.Copy(io.Discard, c)
			})
			for _, scheme := range []string{"http", "socks5"} {
				n := New(Options{Connections: loadgen.Connections{Proxy: parse(t, scheme+"://"+at)}})
				_, _, err := originOf(t, n, "https://127.0.0.1/").Dial(t.Context(), 0, 0)
				require.ErrorContains(t, err, "proxy "+scheme+"://"+at)
			}
		})
	}
}

// A proxy that is silent is given up with the request.
func TestASilentProxyIsGivenUp(t *testing.T) {
	at := peer(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	for _, scheme := range []string{"http", "socks5"} {
		n := New(Options{Connections: loadgen.Connections{Proxy: parse(t, scheme+"://"+at)}})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, _, err := originOf(t, n, "https://127.0.0.1/").Dial(ctx, 0, 0)
		cancel()
		require.ErrorIs(t, err, context.DeadlineExceeded)
	}
}

func FuzzProxyStatus(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 407 No\r\nA: b\r\n\r\nbody"))
	f.Add([]byte("HTTP/1.1 200"))
	f.Fuzz(func(t *testing.T, answer []byte) {
		status, err := proxyStatus(&script{r: bytes.NewReader(answer)})
		if err == nil && status != 0 {
			require.True(t, bytes.HasPrefix(answer, []byte("HTTP/1.")))
			require.Less(t, status, 1000)
		}
	})
}

func FuzzSocks(f *testing.F) {
	f.Add([]byte("\x05\x00\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50"), "h.test:80")
	f.Add([]byte("\x05\x02\x01\x00\x05\x00\x00\x03\x01a\x00\x50"), "[::1]:443")
	f.Fuzz(func(t *testing.T, answer []byte, destination string) {
		in := &script{r: bytes.NewReader(answer)}
		if err := socks5(nil)(in, destination); err == nil {
			require.Equal(t, byte(5), answer[0])
		}
	})
}

// script is a net.Conn whose peer has said all it will say.
type script struct {
	net.Conn
	r io.Reader
}

func (s *script) Write(b []byte) (int, error) { return len(b), nil }
func (s *script) Read(b []byte) (int, error)  { return s.r.Read(b) }
