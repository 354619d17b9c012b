package dial

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gonogo/loadgen"
)

// diary is a Resolver that knows TTLs and remembers when it was asked for what.
type diary struct {
	began time.Time
	ttl   map[string]time.Duration

	mu    sync.Mutex
	down  bool
	hangs string // the host for which it does not answer
	asked map[string][]time.Duration
}

func newDiary(ttl map[string]time.Duration) *diary {
	return &diary{began: time.Now(), ttl: ttl, asked: map[string][]time.Duration{}}
}

func (d *diary) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return nil, errors.New("asked for addresses without their TTL")
}

func (d *diary) LookupTTL(ctx context.Context, _, host string) ([]netip.Addr, time.Duration, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked[host] = append(d.asked[host], time.Since(d.began))
	switch {
	case d.hangs == host:
		d.mu.Unlock()
		<-ctx.Done()
		time.Sleep(time.Millisecond) // it has to wind up
		d.mu.Lock()
		return nil, 0, ctx.Err()
	case d.down:
		return nil, 0, errors.New("server misbehaving")
	}
	return []netip.Addr{netip.AddrFrom4([4]byte{192, 0, 2, 1})}, d.ttl[host], nil
}

func (d *diary) set(down bool, hangs string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.down, d.hangs = down, hangs
}

func (d *diary) at(host string) []time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]time.Duration(nil), d.asked[host]...)
}

// seconds are instants of so many seconds.
func seconds(all ...float64) []time.Duration {
	var out []time.Duration
	for _, s := range all {
		out = append(out, time.Duration(s*float64(time.Second)))
	}
	return out
}

// kept runs KeepResolving until the test ends.
func kept(t *testing.T, n *Network) {
	ctx, cancel := context.WithCancel(t.Context())
	var keeping sync.WaitGroup
	keeping.Go(func() { n.KeepResolving(ctx) })
	t.Cleanup(func() {
		cancel()
		keeping.Wait()
	})
}

func diaryNetwork(d *diary, every time.Duration) *Network {
	return New(Options{Connections: loadgen.Connections{DNSEvery: every}, Resolver: d, Dial: (&recorded{}).dial})
}

func TestWhenANameIsLookedUpAgain(t *testing.T) {
	const year = 365 * 24 * time.Hour
	tests := []struct {
		name       string
		ttl, every time.Duration
		want       []time.Duration
	}{
		{"when its TTL has passed", 5 * time.Second, 30 * time.Second, seconds(0, 5, 10, 15, 20)},
		{"not all the time where it has none", 0, 30 * time.Second, seconds(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22)},
		{"at the latest when the setting says so", time.Hour, 10 * time.Second, seconds(0, 10, 20)},
		{"however soon that is", 5 * time.Second, 8 * time.Second / 10, seconds(0, .8, 1.6, 2.4, 3.2, 4, 4.8, 5.6, 6.4, 7.2, 8, 8.8, 9.6, 10.4, 11.2, 12, 12.8, 13.6, 14.4, 15.2, 16, 16.8, 17.6, 18.4, 19.2, 20, 20.8, 21.6, 22.4)},
		{"however long it is", 136 * year, 10 * time.Second, seconds(0, 10, 20)},
		{"when the setting says so where no TTL is known", unknownTTL, 10 * time.Second, seconds(0, 10, 20)},
		{"whatever the setting", 5 * time.Second, 250 * year, seconds(0, 5, 10, 15, 20)},
		{"never", 5 * time.Second, 0, seconds(0)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDiary(map[string]time.Duration{"h.test": test.ttl})
				n := diaryNetwork(d, test.every)
				kept(t, n)
				dialled(t, originOf(t, n, "http://h.test/"), 0, 0)
				time.Sleep(22*time.Second + time.Second/2)
				require.Equal(t, test.want, d.at("h.test"))
			})
		})
	}
}

// A name server that is down is asked ever less often, and again when it is due as
// soon as it is back.
func TestLookupsThatFailAreTriedAgain(t *testing.T) {
	tests := []struct {
		name  string
		every time.Duration
		want  []time.Duration
	}{
		{"with a longest wait", time.Hour, seconds(0, 10, 11, 13, 17, 25, 41, 71, 101, 131, 141, 142, 144)},
		{"at the latest when the setting says so", 12 * time.Second, seconds(0, 10, 11, 13, 17, 25, 37, 49, 61, 73, 85, 97, 109, 121, 131, 141, 142, 144)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDiary(map[string]time.Duration{"h.test": 10 * time.Second})
				n := diaryNetwork(d, test.every)
				kept(t, n)
				o := originOf(t, n, "http://h.test/")
				dialled(t, o, 0, 0)
				d.set(true, "")
				time.Sleep(120*time.Second + time.Second/2)
				require.Equal(t, []string{"192.0.2.1:80"}, o.Addresses(), "what was known stays")
				c := n.Counts()
				require.Equal(t, c.Lookups-1, c.LookupsFailed)
				d.set(false, "")
				time.Sleep(15 * time.Second)
				d.set(true, "")
				time.Sleep(10 * time.Second)
				require.Equal(t, test.want, d.at("h.test"))
			})
		})
	}
}

func TestEachNameHasItsOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary(map[string]time.Duration{"early.test": 4 * time.Second, "slow.test": 3 * time.Second, "late.test": 5 * time.Second})
		n := diaryNetwork(d, time.Minute)
		dialled(t, originOf(t, n, "http://early.test/"), 0, 0) // as before a run
		dialled(t, originOf(t, n, "http://slow.test/"), 0, 0)
		d.set(false, "slow.test")
		time.Sleep(time.Second)
		kept(t, n)
		time.Sleep(time.Second)
		dialled(t, originOf(t, n, "http://late.test/"), 0, 0) // as where a redirect leads
		dialled(t, originOf(t, n, "http://192.0.2.7/"), 0, 0)
		time.Sleep(12*time.Second + time.Second/2)
		require.Equal(t, seconds(0, 4, 8, 12), d.at("early.test"))
		require.Equal(t, seconds(0, 3, 14.001), d.at("slow.test"), "given up after 10 s, tried again after 1")
		require.Equal(t, seconds(2, 7, 12), d.at("late.test"))
		require.Empty(t, d.at("192.0.2.7"))
	})
}

// The end of a run does not wait for a name server.
func TestKeepResolvingEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary(map[string]time.Duration{"h.test": time.Second})
		n := diaryNetwork(d, time.Minute)
		dialled(t, originOf(t, n, "http://h.test/"), 0, 0)
		d.set(false, "h.test")
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		n.KeepResolving(ctx)
		require.Equal(t, 2*time.Second+time.Millisecond, time.Since(d.began), "it waits for what it began")
		require.Equal(t, seconds(0, 1), d.at("h.test"))
	})
}

// A second KeepResolving, after the first has ended, finds the names as well.
func TestKeepResolvingMayComeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary(map[string]time.Duration{"h.test": time.Second})
		n := diaryNetwork(d, time.Minute)
		dialled(t, originOf(t, n, "http://h.test/"), 0, 0)
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second+time.Second/5)
			n.KeepResolving(ctx)
			cancel()
		}
		require.Equal(t, seconds(0, 1, 2), d.at("h.test"))
	})
}

// Names beyond those that are kept are not looked up behind anybody's back.
func TestNamesThatAreNotKeptAreLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary(map[string]time.Duration{"h.test": time.Second})
		n := diaryNetwork(d, time.Minute)
		for i := range maxPlaces {
			n.place(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}).String(), "80")
		}
		kept(t, n)
		dialled(t, originOf(t, n, "http://h.test/"), 0, 0)
		time.Sleep(time.Minute)
		require.Equal(t, seconds(0), d.at("h.test"))
	})
}
