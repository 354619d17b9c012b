package machine

import (
	"bytes"
	"os"
	"strconv"
	"strings"
)

// StartOf returns when a process started, in ticks since the machine did, and
// whether there is one. One that has ended and was not waited for is none.
func StartOf(pid int) (started string, there bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", false
	}
	const state, start = 0, 19 // of what follows the name, which may hold anything
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) <= start || fields[state][0] == 'Z' || fields[state][0] == 'X' {
		return "", false
	}
	return string(fields[start]), true
}

// BootID names this start of the machine.
func BootID() string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
