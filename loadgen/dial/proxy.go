package dial

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"
)

// behind leads the origin through the proxy, which host and port are asked of.
// An HTTP proxy and socks5h resolve the name themselves; for socks5 we do, and
// connections spread over the addresses.
func (o *Origin) behind(proxy *url.URL, host, port string) {
	at := o.network.place(proxy.Hostname(), proxyPort(proxy))
	o.place = at
	switch proxy.Scheme {
	case "socks5":
		o.place, o.via = o.network.place(host, port), at
		o.tunnel = socks5(proxy.User)
	case "socks5h":
		o.tunnel, o.asked = socks5(proxy.User), net.JoinHostPort(host, port)
	default:
		if o.Secure() {
			o.tunnel, o.asked = connectMethod(proxy.User), net.JoinHostPort(host, port)
		}
	}
}

func proxyPort(proxy *url.URL) string {
	switch {
	case proxy.Port() != "":
		return proxy.Port()
	case proxy.Scheme == "http":
		return "80"
	}
	return "1080"
}

// Forwarded tells whether requests go to a proxy that forwards them: they carry
// the whole URL then, and the credential, "" if there is none.
func (o *Origin) Forwarded() (credential string, ok bool) {
	proxy := o.network.options.Proxy
	if proxy == nil || proxy.Scheme != "http" || o.Secure() || o.socket != nil {
		return "", false
	}
	return basic(proxy.User), true
}

// basic returns the value of Proxy-Authorization, or "".
func basic(user *url.Userinfo) string {
	if user == nil {
		return ""
	}
	password, _ := user.Password()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password))
}

// past is a deadline that ends whatever waits.
var past = time.Unix(1, 0)

// through runs the tunnel, and ends it with ctx.
func through(ctx context.Context, conn net.Conn, t tunnel, destination string) error {
	watching := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(past) })
	err := t(conn, destination)
	if !watching() { // ctx has ended: the deadline is set, or is about to be
		return ctx.Err()
	}
	return err
}

// maxProxyHead is the longest answer to CONNECT that is read.
const maxProxyHead = 16 << 10

// connectMethod is the tunnel through an HTTP proxy.
func connectMethod(user *url.Userinfo) tunnel {
	return func(conn net.Conn, destination string) error {
		ask := "CONNECT " + destination + " HTTP/1.1\r\nHost: " + destination + "\r\nUser-Agent: gonogo\r\n"
		if credential := basic(user); credential != "" {
			ask += "Proxy-Authorization: " + credential + "\r\n"
		}
		if _, err := conn.Write([]byte(ask + "\r\n")); err != nil {
			return err
		}
		status, err := proxyStatus(conn)
		switch {
		case err != nil:
			return err
		case status == 407:
			return errors.New("the proxy answered 407; it wants a user and password in --proxy")
		case status < 200 || status > 299:
			return fmt.Errorf("the proxy answered %d", status)
		}
		return nil
	}
}

// proxyStatus reads the head of an answer to CONNECT, to its last byte: what
// follows belongs to the tunnel, in which the client speaks first.
func proxyStatus(conn net.Conn) (int, error) {
	buf, end := make([]byte, 512), 0
	for {
		n, err := conn.Read(buf[end:])
		end += n
		if i := bytes.Index(buf[:end], []byte("\r\n\r\n")); i >= 0 {
			if i+4 < end && statusOf(buf) < 300 {
				return 0, errors.New("the proxy sent more than its answer")
			}
			return statusOf(buf), nil
		}
		switch {
		case err != nil:
			return 0, fmt.Errorf("the proxy ended the connection: %w", err)
		case end >= maxProxyHead:
			return 0, fmt.Errorf("the proxy's answer is longer than %d bytes", maxProxyHead)
		case end == len(buf):
			buf = append(buf, make([]byte, len(buf))...)
		}
	}
}

// statusOf returns the status of "HTTP/1.x NNN", 0 where that is not what it says.
func statusOf(head []byte) int {
	if !bytes.HasPrefix(head, []byte("HTTP/1.")) || len(head) < len("HTTP/1.1 200") || head[8] != ' ' {
		return 0
	}
	status := 0
	for _, d := range head[9:12] {
		if d < '0' || d > '9' {
			return 0
		}
		status = status*10 + int(d-'0')
	}
	return status
}
