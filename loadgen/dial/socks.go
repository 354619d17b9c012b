package dial

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"strconv"
)

// What RFC 1928 and RFC 1929 number.
const (
	socksVersion   = 5
	passwordAuth   = 2
	passwordOK     = 0
	passwordNumber = 1
	socksConnect   = 1
	byIPv4         = 1
	byName         = 3
	byIPv6         = 4
)

// socks5 is the tunnel through a SOCKS5 proxy.
func socks5(user *url.Userinfo) tunnel {
	return func(conn net.Conn, destination string) error {
		if err := socksGreet(conn, user); err != nil {
			return err
		}
		request, err := socksRequest(destination)
		if err != nil {
			return err
		}
		if _, err := conn.Write(request); err != nil {
			return err
		}
		return socksReply(conn)
	}
}

// socksGreet agrees on a method, and proves who we are if the proxy wants that.
func socksGreet(conn net.Conn, user *url.Userinfo) error {
	methods := []byte{socksVersion, 1, 0}
	if user != nil {
		methods = []byte{socksVersion, 2, 0, passwordAuth}
	}
	if _, err := conn.Write(methods); err != nil {
		return err
	}
	var chosen [2]byte
	if _, err := io.ReadFull(conn, chosen[:]); err != nil {
		return fmt.Errorf("the proxy did not greet: %w", err)
	}
	switch {
	case chosen[0] != socksVersion:
		return fmt.Errorf("the proxy is no SOCKS5 proxy: its first byte is %d", chosen[0])
	case chosen[1] == 0:
		return nil
	case chosen[1] == passwordAuth && user != nil:
		return socksPassword(conn, user)
	}
	return errors.New("the proxy wants a user and password; put them in --proxy, as socks5://user:${env:NAME}@host:port")
}

func socksPassword(conn net.Conn, user *url.Userinfo) error {
	password, _ := user.Password()
	name := user.Username()
	if name == "" || len(name) > 255 || len(password) > 255 {
		return errors.New("user or password is empty or longer than 255 bytes")
	}
	say := append([]byte{passwordNumber, byte(len(name))}, name...)
	say = append(append(say, byte(len(password))), password...)
	if _, err := conn.Write(say); err != nil {
		return err
	}
	var answer [2]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		return fmt.Errorf("the proxy did not answer to the password: %w", err)
	}
	if answer[1] != passwordOK {
		return errors.New("the proxy refuses user or password")
	}
	return nil
}

// socksRequest asks for a connection to host:port.
func socksRequest(destination string) ([]byte, error) {
	host, portText, err := net.SplitHostPort(destination)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("port %q: %w", portText, err)
	}
	ask := []byte{socksVersion, socksConnect, 0}
	ip, err := netip.ParseAddr(host)
	switch {
	case err == nil && ip.Is4():
		ask = append(append(ask, byIPv4), ip.AsSlice()...)
	case err == nil:
		ask = append(append(ask, byIPv6), ip.WithZone("").AsSlice()...)
	case len(host) > 255:
		return nil, fmt.Errorf("the host name has %d bytes, and SOCKS5 takes 255", len(host))
	default:
		ask = append(append(ask, byName, byte(len(host))), host...)
	}
	return binary.BigEndian.AppendUint16(ask, uint16(port)), nil
}

// socksReply reads the proxy's reply, to its last byte.
func socksReply(conn net.Conn) error {
	var head [5]byte // with the first byte of the address
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return fmt.Errorf("the proxy did not reply: %w", err)
	}
	if head[0] != socksVersion {
		return fmt.Errorf("the proxy's reply is not of SOCKS5: its first byte is %d", head[0])
	}
	if head[1] != 0 {
		return fmt.Errorf("the proxy cannot connect: %s", socksRefusal(head[1]))
	}
	rest := 2 // the port
	switch head[3] {
	case byIPv4:
		rest += net.IPv4len - 1
	case byIPv6:
		rest += net.IPv6len - 1
	case byName:
		rest += int(head[4])
	default:
		return fmt.Errorf("the proxy's reply has an address of type %d", head[3])
	}
	if _, err := io.CopyN(io.Discard, conn, int64(rest)); err != nil {
		return fmt.Errorf("the proxy's reply ends early: %w", err)
	}
	return nil
}

func socksRefusal(code byte) string {
	words := []string{
		"", "general failure", "not allowed", "network unreachable", "host unreachable",
		"connection refused", "time to live expired", "command not supported", "address type not supported",
	}
	if int(code) < len(words) {
		return words[code]
	}
	return "reason " + strconv.Itoa(int(code))
}
