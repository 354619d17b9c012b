package dial

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
)

// names is a Resolver whose answers a test changes.
type names struct {
	mu    sync.Mutex
	hosts map[string][]string
	asked int
}

func (n *names) set(host string, ips ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.hosts == nil {
		n.hosts = map[string][]string{}
	}
	n.hosts[host] = ips
}

func (n *names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked++
	ips, ok := n.hosts[host]
	if !ok {
		return nil, errors.New("no such host")
	}
	var all []netip.Addr
	for _, ip := range ips {
		all = append(all, netip.MustParseAddr(ip))
	}
	return all, nil
}

// parse returns the URL.
func parse(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	require.NoError(t, err)
	return u
}

func originOf(t *testing.T, n *Network, raw string) *Origin {
	t.Helper()
	o, err := n.Origin(parse(t, raw))
	require.NoError(t, err)
	return o
}

// listen accepts connections at the address and closes those of the last test
// with it. What each peer's address was can be read from the channel.
func listen(t *testing.T, network, address string) (port string, peers <-chan string) {
	t.Helper()
	ln, err := net.Listen(network, address)
	require.NoError(t, err)
	seen := make(chan string, 1000)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			seen <- c.RemoteAddr().String()
			serving.Go(func() {
				_, _ = io.Copy(c, c)
				_ = c.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		serving.Wait()
	})
	if _, port, err = net.SplitHostPort(ln.Addr().String()); err != nil {
		port = ""
	}
	return port, seen
}

// dialled opens a connection and closes it with the test.
func dialled(t *testing.T, o *Origin, user, nth int) net.Conn {
	t.Helper()
	conn, _, err := o.Dial(t.Context(), user, nth)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// recorded is a Func that opens nothing and remembers where to.
type recorded struct {
	mu sync.Mutex
	to []string
}

func (r *recorded) dial(_ context.Context, network, address string) (net.Conn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.to = append(r.to, network+" "+address)
	a, _ := net.Pipe()
	return a, nil
}

func TestWhereConnectionsGo(t *testing.T) {
	dns := &names{}
	dns.set("h.test", "192.0.2.1")
	dns.set("other.test", "192.0.2.9")
	dns.set("six.test", "2001:db8::1")
	addr := func(text string) []netip.Addr { return []netip.Addr{netip.MustParseAddr(text)} }
	tests := []struct {
		name, url string
		way       loadgen.Connections
		want      string
	}{
		{"to what the name resolves to", "http://h.test/", loadgen.Connections{}, "tcp 192.0.2.1:80"},
		{"to the scheme's port", "https://h.test/", loadgen.Connections{}, "tcp 192.0.2.1:443"},
		{"to an address as it is", "http://192.0.2.7:81/", loadgen.Connections{}, "tcp 192.0.2.7:81"},
		{"to an address of IPv6", "http://[2001:db8::7]:81/", loadgen.Connections{}, "tcp [2001:db8::7]:81"},
		{"to one with a zone", "http://[fe80::7%25eth0]/", loadgen.Connections{}, "tcp [fe80::7%eth0]:80"},
		{"to a name of IPv6", "http://six.test/", loadgen.Connections{}, "tcp [2001:db8::1]:80"},
		{"to the address given for the host and port", "http://h.test/", loadgen.Connections{Resolve: []loadgen.Resolve{{Host: "H.test", Port: "80", Addresses: addr("192.0.2.5")}}}, "tcp 192.0.2.5:80"},
		{"not to one given for another port", "http://h.test/", loadgen.Connections{Resolve: []loadgen.Resolve{{Host: "h.test", Port: "81", Addresses: addr("192.0.2.5")}}}, "tcp 192.0.2.1:80"},
		{"to one given for any host", "http://nowhere.test/", loadgen.Connections{Resolve: []loadgen.Resolve{{Host: "*", Port: "80", Addresses: addr("::1")}}}, "tcp [::1]:80"},
		{"to another host", "http://h.test/", loadgen.Connections{ConnectTo: []loadgen.ConnectTo{{Host: "h.test", Port: "80", ToHost: "other.test", ToPort: "8080"}}}, "tcp 192.0.2.9:8080"},
		{"to another port of the same", "http://h.test/", loadgen.Connections{ConnectTo: []loadgen.ConnectTo{{ToPort: "8080"}}}, "tcp 192.0.2.1:8080"},
		{"the first that fits counts", "http://h.test/", loadgen.Connections{ConnectTo: []loadgen.ConnectTo{{Host: "x.test", ToPort: "1"}, {ToPort: "2"}, {ToPort: "3"}}}, "tcp 192.0.2.1:2"},
		{"what is given holds for the other host, too", "http://h.test/", loadgen.Connections{
			ConnectTo: []loadgen.ConnectTo{{ToHost: "new.test"}},
			Resolve:   []loadgen.Resolve{{Host: "new.test", Port: "80", Addresses: addr("192.0.2.6")}},
		}, "tcp 192.0.2.6:80"},
		{"to a socket whatever the host", "http://nowhere.test/", loadgen.Connections{UnixSocket: "/run/a.sock"}, "unix /run/a.sock"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := &recorded{}
			n := New(Options{Connections: test.way, Resolver: dns, Dial: r.dial})
			dialled(t, originOf(t, n, test.url), 0, 0)
			require.Equal(t, []string{test.want}, r.to)
		})
	}
}

func TestOriginRefuses(t *testing.T) {
	n := New(Options{})
	for raw, want := range map[string]string{"/a": "names no host", "ftp://h/": `scheme "ftp": want http or https`} {
		_, err := n.Origin(parse(t, raw))
		require.ErrorContains(t, err, want)
	}
	_, err := n.Origin(nil)
	require.ErrorContains(t, err, "names no host")
}

func TestUsersTakeTurns(t *testing.T) {
	list := func(n int) []*Address {
		all := make([]*Address, n)
		for i := range all {
			all[i] = &Address{}
		}
		return all
	}
	for _, size := range []struct{ addresses, sources int }{{1, 0}, {3, 0}, {1, 5}, {2, 2}, {3, 2}, {4, 6}, {5, 100}} {
		n := New(Options{Connections: loadgen.Connections{Sources: make([]netip.Addr, size.sources)}})
		all, sources := list(size.addresses), max(size.sources, 1)
		met := map[[2]int]int{}
		index := func(a *Address) int {
			for i := range all {
				if all[i] == a {
					return i
				}
			}
			return -1
		}
		for user := range size.addresses * sources {
			met[[2]int{index(n.pick(all, user, 0)), user % sources}]++
			if size.addresses > 1 {
				require.NotSame(t, n.pick(all, user, 0), n.pick(all, user, 1), "a user that connects again moves on")
			}
		}
		require.Len(t, met, size.addresses*sources, "every source meets every address: %v", size)
	}
}

func TestNamesAreLookedUpAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dns, r := &names{}, &recorded{}
		dns.set("h.test", "192.0.2.1")
		n := New(Options{Connections: loadgen.Connections{DNSEvery: 30 * time.Second}, Resolver: dns, Dial: r.dial})
		o := originOf(t, n, "http://h.test/")
		idle := originOf(t, n, "http://unused.test/")
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			n.KeepResolving(ctx)
		}()

		dialled(t, o, 0, 0)
		dns.set("h.test", "192.0.2.3", "192.0.2.2", "::ffff:192.0.2.2")
		time.Sleep(29 * time.Second)
		require.Equal(t, []string{"192.0.2.1:80"}, o.Addresses())
		time.Sleep(2 * time.Second)
		require.Equal(t, []string{"192.0.2.2:80", "192.0.2.3:80"}, o.Addresses())
		dns.set("h.test", "192.0.2.2", "192.0.2.3")
		time.Sleep(30 * time.Second)
		require.EqualValues(t, 1, n.Counts().Changes, "another order is no change")
		dialled(t, o, 0, 1)
		require.Equal(t, "tcp 192.0.2.3:80", r.to[1])

		dns.set("h.test") // an empty answer
		time.Sleep(29*time.Second + time.Second/2)
		require.Equal(t, []string{"192.0.2.2:80", "192.0.2.3:80"}, o.Addresses(), "what was known stays")
		c := n.Counts()
		require.Equal(t, [3]int64{4, 1, 1}, [3]int64{c.Lookups, c.LookupsFailed, c.Changes})
		require.Empty(t, idle.Addresses(), "nobody asked for it")
		cancel()
		<-done
	})
}

func TestNamesAreLookedUpOnceByDefault(t *testing.T) {
	New(Options{}).KeepResolving(t.Context()) // returns
}

// Whoever waits for a name server gives up with its own request.
func TestALookupEndsWithItsRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := New(Options{Resolver: silent{}})
		o := originOf(t, n, "http://h.test/")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var dialling sync.WaitGroup
		for user := range 2 {
			dialling.Go(func() {
				_, a, err := o.Dial(ctx, user, 0)
				if a != nil || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("want a deadline, got %v", err)
				}
			})
		}
		dialling.Wait()
		require.EqualValues(t, 2, n.Counts().Failed)
	})
}

type silent struct{}

func (silent) LookupNetIP(ctx context.Context, _, _ string) ([]netip.Addr, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestPreflightLeavesOutWhatDoesNotAnswer(t *testing.T) {
	port, _ := listen(t, "tcp", "127.0.0.1:0")
	dns := &names{}
	dns.set("h.test", "127.0.0.1", "127.0.0.2")
	dns.set("gone.test", "127.0.0.2", "127.0.0.3")
	n := New(Options{Resolver: dns})
	o := originOf(t, n, "http://h.test:"+port+"/")
	require.NoError(t, n.Preflight(t.Context(), o))
	require.Equal(t, []string{"127.0.0.1:" + port}, o.Addresses())
	o.place.refresh(t.Context())
	require.Equal(t, []string{"127.0.0.1:" + port}, o.Addresses(), "for the whole run")
	c := n.Counts()
	require.Zero(t, c.Opened, "preflight is not counted")
	require.Equal(t, "127.0.0.2:"+port, c.Addresses[1].Address)
	require.Contains(t, c.Addresses[1].LeftOut, "connection refused")

	err := n.Preflight(t.Context(), originOf(t, n, "http://gone.test:"+port+"/"), originOf(t, n, "http://nope.test/"))
	require.ErrorContains(t, err, "connect to 127.0.0.2:"+port+": ")
	require.ErrorContains(t, err, "connect to 127.0.0.3:"+port+": ")
	require.ErrorContains(t, err, "resolve nope.test: no such host")
}

func TestIPv6(t *testing.T) {
	port, peers := listen(t, "tcp", "[::1]:0")
	n := New(Options{Connections: loadgen.Connections{Sources: []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()}}})
	o := originOf(t, n, "http://[::1]:"+port+"/")
	require.NoError(t, n.Preflight(t.Context(), o))
	<-peers
	for user := range 2 { // also the user whose turn would be IPv4
		dialled(t, o, user, 0)
		peer, err := netip.ParseAddrPort(<-peers)
		require.NoError(t, err)
		require.Equal(t, netip.IPv6Loopback(), peer.Addr())
	}
	require.Equal(t, []string{"[::1]:" + port}, o.Addresses())
}

func TestSources(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has all of 127.0.0.0/8")
	}
	port, peers := listen(t, "tcp", "127.0.0.1:0")
	sources := []netip.Addr{netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.3")}
	n := New(Options{Connections: loadgen.Connections{Sources: sources}})
	o := originOf(t, n, "http://127.0.0.1:"+port+"/")
	require.NoError(t, n.Preflight(t.Context(), o))
	<-peers
	for user := range 4 {
		dialled(t, o, user, 0)
		peer, err := netip.ParseAddrPort(<-peers)
		require.NoError(t, err)
		require.Equal(t, sources[user%2], peer.Addr())
	}

	t.Run("that this machine does not have", func(t *testing.T) {
		n := New(Options{Connections: loadgen.Connections{Sources: []netip.Addr{netip.MustParseAddr("192.0.2.55")}}})
		err := n.Preflight(t.Context(), originOf(t, n, "http://127.0.0.1:"+port+"/"))
		require.ErrorContains(t, err, "source address 192.0.2.55: ")
		require.ErrorContains(t, err, "ip address add")
	})
	t.Run("of another family", func(t *testing.T) {
		n := New(Options{Connections: loadgen.Connections{Sources: sources}})
		err := n.Preflight(t.Context(), originOf(t, n, "http://[::1]:"+port+"/"))
		require.ErrorContains(t, err, "no source address is of the family of [::1]")
	})
	t.Run("names lose the addresses of another family", func(t *testing.T) {
		dns := &names{}
		dns.set("h.test", "::1", "127.0.0.1")
		n := New(Options{Connections: loadgen.Connections{Sources: sources}, Resolver: dns})
		o := originOf(t, n, "http://h.test:"+port+"/")
		require.NoError(t, n.Preflight(t.Context(), o))
		require.Equal(t, []string{"127.0.0.1:" + port}, o.Addresses())
	})
}

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	_, peers := listen(t, "unix", path)
	n := New(Options{Connections: loadgen.Connections{UnixSocket: path}})
	o := originOf(t, n, "http://h.test/")
	require.NoError(t, n.Preflight(t.Context(), o))
	<-peers
	dialled(t, o, 0, 0)
	require.Equal(t, []string{"unix:" + path}, o.Addresses())
	require.EqualValues(t, 1, n.Counts().Addresses[0].Opened)

	n = New(Options{Connections: loadgen.Connections{UnixSocket: path + "x"}})
	err := n.Preflight(t.Context(), originOf(t, n, "http://h.test/"))
	require.ErrorContains(t, err, "connect to unix:"+path+"x: ")
	require.ErrorContains(t, err, "no such file")
}

// A target that redirects to ever new hosts costs no more memory than this.
func TestWhatIsKeptByNameIsBounded(t *testing.T) {
	dns, r := &names{}, &recorded{}
	n := New(Options{Resolver: dns, Dial: r.dial})
	for i := range 2 * maxAddresses {
		ip := netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}).String()
		dialled(t, originOf(t, n, "http://"+ip+"/"), 0, 0)
	}
	require.LessOrEqual(t, len(n.origins), maxPlaces)
	require.LessOrEqual(t, len(n.places), maxPlaces)
	c := n.Counts()
	require.Len(t, c.Addresses, maxAddresses+1)
	require.Equal(t, AddressCounts{Opened: maxAddresses}, c.Addresses[maxAddresses], "the rest is counted as one")
}

// A name with more addresses than are counted apart does not change by being looked
// up again.
func TestManyAddressesAreNoChange(t *testing.T) {
	dns := &names{}
	var ips []string
	for i := range 2 * maxAddresses {
		ips = append(ips, netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}).String())
	}
	dns.set("h.test", ips...)
	n := New(Options{Resolver: dns})
	p := originOf(t, n, "http://h.test/").place
	for range 3 {
		all, err := p.lookup(t.Context(), true)
		require.NoError(t, err)
		require.Len(t, all, len(ips))
	}
	require.Zero(t, n.Counts().Changes)
	dns.set("h.test", append(ips[:len(ips)-1:len(ips)-1], "10.1.0.0")...)
	_, err := p.lookup(t.Context(), true)
	require.NoError(t, err)
	require.EqualValues(t, 1, n.Counts().Changes)
}

func TestAddressesAreCountedApart(t *testing.T) {
	dns, r := &names{}, &recorded{}
	dns.set("h.test", "192.0.2.1", "192.0.2.2")
	n := New(Options{Resolver: dns, Dial: r.dial})
	o := originOf(t, n, "http://h.test/")
	require.False(t, n.Several())
	_, first, err := o.Dial(t.Context(), 0, 0)
	require.NoError(t, err)
	require.True(t, n.Several())
	_, second, err := o.Dial(t.Context(), 1, 0)
	require.NoError(t, err)
	first.Add(3, 1)
	second.Served(time.Second)
	c := n.Counts().Addresses
	require.Equal(t, "192.0.2.1:80", c[0].Address)
	require.Equal(t, [4]int64{1, 0, 3, 1}, [4]int64{c[0].Opened, c[0].Failed, c[0].Requests, c[0].Errors})
	require.EqualValues(t, 1, c[1].Service.Count())
}
