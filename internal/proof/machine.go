package main

import (
	"bufio"
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"gonogo/internal/proof/peers"
)

// A Machine is what the figures of a page were taken on, and with.
type Machine struct {
	Date     time.Time `json:"date"`
	CPU      string    `json:"cpu"`
	Cores    int       `json:"cores"`
	MemoryGB float64   `json:"memory_gb"`
	System   string    `json:"system"`
	Kernel   string    `json:"kernel"`
	Load     string    `json:"load"`  // the load average as the runs began
	Split    bool      `json:"split"` // servers and tools had cores of their own
	Versions []Version `json:"versions"`
}

// A Version says which build of a tool it was.
type Version struct {
	Tool    string `json:"tool"`
	Version string `json:"version"`
}

func (l *lab) machine(ctx context.Context) Machine {
	m := Machine{
		Date: time.Now().UTC(), CPU: field("/proc/cpuinfo", "model name"), Cores: runtime.NumCPU(),
		System: strings.Trim(field("/etc/os-release", "PRETTY_NAME"), `"`), Split: l.split,
	}
	if kib, err := strconv.ParseFloat(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB"), 64); err == nil {
		m.MemoryGB = kib / (1 << 20)
	}
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = strings.TrimSpace(string(text))
	}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load, _, _ = strings.Cut(string(text), " ")
	}
	for _, t := range peers.All() {
		if path := l.programs[t.Name]; path != "" {
			m.Versions = append(m.Versions, Version{t.Name, version(ctx, t.Name, path)})
		}
	}
	if path, err := exec.LookPath("nginx"); err == nil {
		m.Versions = append(m.Versions, Version{"nginx", version(ctx, "nginx", path)})
	}
	return m
}

// busy tells whether the machine had something else to do.
func (m Machine) busy() bool {
	load, err := strconv.ParseFloat(m.Load, 64)
	return err == nil && load > 0.5
}

// field is the value of the first line NAME: VALUE or NAME=VALUE of a file.
func field(file, name string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		i := strings.IndexAny(lines.Text(), ":=")
		if i > 0 && strings.TrimSpace(lines.Text()[:i]) == name {
			return strings.TrimSpace(lines.Text()[i+1:])
		}
	}
	return ""
}

// version asks gonogo itself, a Go binary for its module, and Debian for the rest.
func version(ctx context.Context, name, path string) string {
	if name == "gonogo" {
		text, err := exec.CommandContext(ctx, path, "version").Output()
		if err == nil {
			return strings.TrimPrefix(strings.TrimSpace(string(text)), "gonogo ")
		}
	}
	if info, err := buildinfo.ReadFile(path); err == nil && strings.HasPrefix(info.Main.Version, "v") {
		return fmt.Sprintf("%s (%s)", info.Main.Version, info.GoVersion)
	}
	owner, err := exec.CommandContext(ctx, "dpkg", "-S", path).Output()
	if err == nil {
		pack, _, _ := strings.Cut(string(owner), ":")
		text, err := exec.CommandContext(ctx, "dpkg-query", "-W", "-f", "${Version}", pack).Output()
		if err == nil {
			return fmt.Sprintf("%s (Debian's %s)", text, pack)
		}
	}
	return "unknown"
}
