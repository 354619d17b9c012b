package machine

import (
	"bytes"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A group is a directory of a control group that this process is in, and the
// version of its files.
type group struct {
	dir     string // below the root, without a leading slash
	version int
}

// groups are those that limit a resource, from this process's own up to the
// outermost one that can be seen. Each of them limits.
func (m Machine) groups(controller string) []group {
	var all []group
	for _, mount := range m.mounts() {
		own, ok := m.ownGroup(mount, controller)
		if !ok {
			continue
		}
		for dir := own; ; dir = path.Dir(dir) {
			all = append(all, group{dir, mount.version})
			if len(dir) <= len(mount.dir) {
				break
			}
		}
	}
	return all
}

// A mount is where control groups can be seen.
type mount struct {
	root, dir string
	version   int
	options   []string // version 1: the controllers are among them
}

// mounts reads lines such as
//
//	31 23 0:28 /root /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate
func (m Machine) mounts() []mount {
	var all []mount
	for line := range bytes.Lines(m.read("proc/self/mountinfo")) {
		before, after, found := strings.Cut(string(line), " - ")
		place, kind := strings.Fields(before), strings.Fields(after)
		if !found || len(place) < 5 || len(kind) < 3 {
			continue
		}
		version := map[string]int{"cgroup": 1, "cgroup2": 2}[kind[0]]
		dir := strings.TrimPrefix(path.Clean(place[4]), "/")
		if version == 0 || dir == "" {
			continue
		}
		all = append(all, mount{root: path.Clean(place[3]), dir: dir, version: version, options: strings.Split(kind[2], ",")})
	}
	return all
}

// ownGroup finds this process's own directory below a mount, in lines such as
//
//	4:cpu,cpuacct:/some/path     (version 1)
//	0::/some/path                (version 2)
func (m Machine) ownGroup(at mount, controller string) (dir string, ok bool) {
	if at.version == 1 && !slices.Contains(at.options, controller) {
		return "", false
	}
	for line := range bytes.Lines(m.read("proc/self/cgroup")) {
		parts := strings.SplitN(strings.TrimSpace(string(line)), ":", 3)
		if len(parts) != 3 {
			continue
		}
		if at.version == 2 && parts[0]+parts[1] == "0" ||
			at.version == 1 && slices.Contains(strings.Split(parts[1], ","), controller) {
			return path.Join(at.dir, at.below(path.Clean("/"+parts[2]))), true
		}
	}
	return "", false
}

// below is the part of a group's path that can be seen below the mount: a
// container often sees its own group as the root.
func (at mount) below(full string) string {
	rest, ok := strings.CutPrefix(full, strings.TrimSuffix(at.root, "/"))
	if !ok || rest != "" && rest[0] != '/' {
		return "/"
	}
	return rest
}

// cpuQuota is how many processors' time the control groups allow.
func (m Machine) cpuQuota() (cpus float64, limited bool) {
	least := math.Inf(1)
	for _, g := range m.groups("cpu") {
		quota, period := m.number(g.dir+"/cpu.cfs_quota_us"), m.number(g.dir+"/cpu.cfs_period_us")
		if g.version == 2 {
			quota, period = pair(m.fields(g.dir + "/cpu.max"))
		}
		if quota > 0 && period > 0 {
			least = min(least, float64(quota)/float64(period))
		}
	}
	return least, !math.IsInf(least, 1)
}

// pair reads "50000 100000"; "max 100000" has no first number.
func pair(fields []string) (first, second int64) {
	if len(fields) != 2 {
		return Unknown, Unknown
	}
	return integer(fields[0]), integer(fields[1])
}

// memoryLeft is how many bytes the control groups still allow. What they count
// as used and can give back, the least used pages of files, is not in the way.
func (m Machine) memoryLeft() (bytes int64, limited bool) {
	least := int64(math.MaxInt64)
	for _, g := range m.groups("memory") {
		limit, used, cache := "memory.max", "memory.current", "inactive_file"
		if g.version == 1 {
			limit, used, cache = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
		}
		most, taken := m.number(g.dir+"/"+limit), m.number(g.dir+"/"+used)
		const none = 1 << 60 // version 1 says so with a number that no machine has
		if most < 0 || most > none || taken < 0 {
			continue
		}
		taken -= min(max(m.stat(g.dir+"/memory.stat", cache), 0), taken)
		least = min(least, max(0, most-taken))
	}
	return least, least != math.MaxInt64
}

// stat is the number behind a name in a file of names and numbers.
func (m Machine) stat(file, name string) int64 {
	for line := range bytes.Lines(m.read(file)) {
		if fields := strings.Fields(string(line)); len(fields) == 2 && fields[0] == name {
			return integer(fields[1])
		}
	}
	return Unknown
}

// number is the one number in a file.
func (m Machine) number(file string) int64 {
	fields := m.fields(file)
	if len(fields) != 1 {
		return Unknown
	}
	return integer(fields[0])
}

func integer(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return Unknown
	}
	return n
}
