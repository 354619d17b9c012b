package machine

import (
	"runtime"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
)

// files makes a Machine of files.
func files(of map[string]string) Machine {
	m := fstest.MapFS{}
	for name, text := range of {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return Machine{Files: m}
}

const (
	mountedV2 = "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
	mountedV1 = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n" +
		"32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n" +
		"33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
)

func TestCPUQuotaIsTheTightestOfAllGroupsAbove(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		want  float64
		none  bool
	}{
		{"no control groups", nil, 0, true},
		{
			"version 2, in a group of its own",
			map[string]string{
				"proc/self/mountinfo": mountedV2, "proc/self/cgroup": "0::/a/b\n",
				"sys/fs/cgroup/a/b/cpu.max": "150000 100000\n", "sys/fs/cgroup/a/cpu.max": "max 100000\n",
			},
			1.5, false,
		},
		{
			"version 2, the group above is tighter",
			map[string]string{
				"proc/self/mountinfo": mountedV2, "proc/self/cgroup": "0::/a/b\n",
				"sys/fs/cgroup/a/b/cpu.max": "150000 100000\n", "sys/fs/cgroup/a/cpu.max": "50000 100000\n",
			},
			0.5, false,
		},
		{
			"version 2, a container that sees itself as the root",
			map[string]string{
				"proc/self/mountinfo": mountedV2, "proc/self/cgroup": "0::/\n",
				"sys/fs/cgroup/cpu.max": "200000 100000\n",
			},
			2, false,
		},
		{
			"version 2, mounted from the container's own group",
			map[string]string{
				"proc/self/mountinfo":   "31 23 0:28 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
				"proc/self/cgroup":      "0::/docker/abc\n",
				"sys/fs/cgroup/cpu.max": "25000 100000\n",
			},
			0.25, false,
		},
		{
			"version 2, no limit",
			map[string]string{
				"proc/self/mountinfo": mountedV2, "proc/self/cgroup": "0::/a\n",
				"sys/fs/cgroup/a/cpu.max": "max 100000\n",
			},
			0, true,
		},
		{
			"version 1",
			map[string]string{
				"proc/self/mountinfo": mountedV1, "proc/self/cgroup": "4:memory:/x\n3:cpu,cpuacct:/x\n0::/\n",
				"sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us":  "75000\n",
				"sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us": "50000\n",
				"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us":    "-1\n",
				"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us":   "100000\n",
			},
			1.5, false,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, limited := files(test.files).cpuQuota()
			require.Equal(t, !test.none, limited)
			if limited {
				require.Equal(t, test.want, got)
			}
		})
	}
}

func TestCPUsAreNeverMoreThanGoUses(t *testing.T) {
	require.Equal(t, float64(min(runtime.NumCPU(), runtime.GOMAXPROCS(0))), files(nil).CPUs())
	limited := files(map[string]string{
		"proc/self/mountinfo": mountedV2, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "10000 100000\n",
	})
	require.Equal(t, 0.1, limited.CPUs())
}

func TestMemoryIsWhatIsLeftToTake(t *testing.T) {
	meminfo := "MemTotal:       16000 kB\nMemAvailable:    8000 kB\n"
	tests := []struct {
		name  string
		files map[string]string
		want  int64
	}{
		{"nothing is known", nil, Unknown},
		{"the machine's", map[string]string{"proc/meminfo": meminfo}, 8000 << 10},
		{"nonsense", map[string]string{"proc/meminfo": "MemAvailable: lots kB\n"}, Unknown},
		{
			"version 2: less what is used, but for what can be given back",
			map[string]string{
				"proc/meminfo": meminfo, "proc/self/mountinfo": mountedV2, "proc/self/cgroup": "0::/a\n",
				"sys/fs/cgroup/a/memory.max": "4096000\n", "sys/fs/cgroup/a/memory.current": "1000000\n",
				"sys/fs/cgroup/a/memory.stat": "anon 1\ninactive_file 400000\n",
			},
			4096000 - 600000,
		},
		{
			"version 2: no limit",
			map[string]string{
				"proc/meminfo": meminfo, "proc/self/mountinfo": mountedV2, "proc/self/cgroup": "0::/a\n",
				"sys/fs/cgroup/a/memory.max": "max\n", "sys/fs/cgroup/a/memory.current": "1000000\n",
			},
			8000 << 10,
		},
		{
			"version 1, above a group without a limit",
			map[string]string{
				"proc/meminfo": meminfo, "proc/self/mountinfo": mountedV1, "proc/self/cgroup": "4:memory:/x\n",
				"sys/fs/cgroup/memory/x/memory.limit_in_bytes": "9223372036854771712\n", "sys/fs/cgroup/memory/x/memory.usage_in_bytes": "5000\n",
				"sys/fs/cgroup/memory/memory.limit_in_bytes": "10000\n", "sys/fs/cgroup/memory/memory.usage_in_bytes": "9000\n",
			},
			1000,
		},
		{
			"more is used than allowed",
			map[string]string{
				"proc/meminfo": meminfo, "proc/self/mountinfo": mountedV2, "proc/self/cgroup": "0::/\n",
				"sys/fs/cgroup/memory.max": "1000\n", "sys/fs/cgroup/memory.current": "2000\n",
			},
			0,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, files(test.files).Memory())
		})
	}
}

func TestPorts(t *testing.T) {
	sockstat := "sockets: used 56\nTCP: inuse 29 orphan 0 tw 110 alloc 29 mem 0\nUDP: inuse 0 mem 0\n"
	p, ok := files(map[string]string{"proc/sys/net/ipv4/ip_local_port_range": "32768\t60999\n", "proc/net/sockstat": sockstat, "proc/sys/net/ipv4/tcp_tw_reuse": "2\n"}).Ports()
	require.True(t, ok)
	require.Equal(t, Ports{32768, 60999, 110, ReuseOnLoopback}, p)
	require.Equal(t, 28232, p.Count())
	for _, text := range []string{"", "1", "5 4", "a b", "1 70000"} {
		_, ok := files(map[string]string{"proc/sys/net/ipv4/ip_local_port_range": text}).Ports()
		require.False(t, ok, text)
	}
}

// On the machine at hand: what is read goes on in the right direction.
func TestThisMachine(t *testing.T) {
	var m Machine
	require.Positive(t, m.CPUs())
	read := SystemClocks()
	before, _ := read()
	used := m.Usage()
	for m.Usage().CPU == used.CPU && used.CPU != Unknown {
		runtime.Gosched()
	}
	after, _ := read()
	require.GreaterOrEqual(t, after.Mono, before.Mono)
	require.GreaterOrEqual(t, after.Boot, before.Boot)
	if runtime.GOOS == "linux" {
		require.Positive(t, used.CPU)
		require.Greater(t, used.RSS, int64(1<<20))
		require.Positive(t, m.Memory())
		_, ok := m.Ports()
		require.True(t, ok)
	}
}

func TestReadingsFarApartAreNotOfOneMoment(t *testing.T) {
	var now time.Duration
	mono := func() time.Duration { return now }
	slow := 2
	read := func() Clocks {
		c := Clocks{Mono: now}
		if slow > 0 {
			now += time.Second
			slow--
		}
		return c
	}
	c, ok := readSteady(read, mono)
	require.True(t, ok, "the third attempt was not interrupted")
	require.Equal(t, 2*time.Second, c.Mono)
	slow = 1000
	_, ok = readSteady(read, mono)
	require.False(t, ok)
}

func FuzzFiles(f *testing.F) {
	f.Add("0::/a/b\n", mountedV2, "150000 100000", "MemAvailable: 5 kB", "32768 60999", "TCP: inuse 29 tw 110")
	f.Add("3:cpu,memory:/x\n", mountedV1, "max 1", "", "1 1", "TCP: tw")
	f.Add("0::/../..\n", "1 2 3 / / rw - cgroup2 c rw\n", "-1 -1", "MemAvailable:", "", "")
	f.Fuzz(func(t *testing.T, cgroup, mountinfo, number, meminfo, ports, sockstat string) {
		m := files(map[string]string{
			"proc/self/cgroup": cgroup, "proc/self/mountinfo": mountinfo, "proc/meminfo": meminfo, "proc/self/statm": number,
			"proc/sys/net/ipv4/ip_local_port_range": ports, "proc/net/sockstat": sockstat,
			"sys/fs/cgroup/a/cpu.max": number, "sys/fs/cgroup/a/memory.max": number, "sys/fs/cgroup/a/memory.current": number,
			"sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us": number, "sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us": "100000",
		})
		require.Positive(t, m.CPUs())
		require.GreaterOrEqual(t, m.Memory(), int64(Unknown))
		require.GreaterOrEqual(t, m.Usage().RSS, int64(Unknown))
		if p, ok := m.Ports(); ok {
			require.Positive(t, p.Count())
			require.GreaterOrEqual(t, p.Waiting, 0)
		}
	})
}

func TestWhatIsSpentIsWork(t *testing.T) {
	var m Machine
	before := m.Usage().CPU
	n := 0
	spent := Spent(func() {
		for range 1 << 24 {
			n++
		}
	})
	require.Equal(t, 1<<24, n)
	require.Positive(t, spent)
	if before != Unknown {
		require.LessOrEqual(t, spent, m.Usage().CPU-before+20*time.Millisecond) // it is counted in slices
	}
	if runtime.GOOS == "linux" {
		waited := Spent(func() { time.Sleep(50 * time.Millisecond) })
		require.Less(t, waited, 40*time.Millisecond)
	}
}
