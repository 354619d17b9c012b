package soak

import (
	"os"

	"gonogo/internal/machine"
)

// A Process is who makes a run, so that another one that got its number later is
// not taken for it.
type Process struct {
	PID     int    `json:"pid"`
	Started string `json:"started"` // when, in the system's own words; "" where it does not tell
	Boot    string `json:"boot"`    // which start of the machine; "" where it does not tell
	Host    string `json:"host"`
}

// Self is this process.
func Self() Process {
	p := Process{PID: os.Getpid(), Boot: machine.BootID()}
	p.Started, _ = machine.StartOf(p.PID)
	p.Host, _ = os.Hostname() // unknown is ""
	return p
}

// Here tells whether the process is, or was, on this machine.
func (p Process) Here() bool {
	host, _ := os.Hostname()
	return p.Host == host
}

// Lives tells whether the process goes on, on this machine.
func (p Process) Lives() bool {
	if p.PID <= 0 || !p.Here() || p.Boot != machine.BootID() {
		return false
	}
	started, there := machine.StartOf(p.PID)
	return there && started == p.Started
}
