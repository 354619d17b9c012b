package measure

import "fmt"

// Class says how one request ended: OK, or why not.
type Class uint8

// The classes, in the order in which reports list them.
const (
	OK        Class = iota
	Status          // the answer's status was not one that the step expects
	Timeout         // no complete answer within the timeout
	Connect         // no connection: refused, unreachable, name not found
	TLS             // the handshake or a record failed
	Reset           // the peer ended the connection before the answer was complete
	Malformed       // the answer breaks the protocol
	Check           // the answer was well-formed and wrong
	Dropped         // never sent: the plan wanted it, the policy let it go
	Censored        // still open when the run ended
	Local           // our own limits: ports, descriptors, memory
	Classes         // how many there are
)

// String returns the word that reports and files use.
func (c Class) String() string {
	if c < Classes {
		return [...]string{
			"ok", "status", "timeout", "connect", "tls", "reset",
			"malformed", "check", "dropped", "censored", "local",
		}[c]
	}
	return fmt.Sprintf("class(%d)", uint8(c))
}

// Failed tells the classes that were sent and answered wrongly or not at all.
// A dropped or censored request is neither ok nor failed: it has its own column.
func (c Class) Failed() bool {
	return c != OK && c != Dropped && c != Censored
}

// Phase is the part of the plan in which a request was due.
type Phase uint8

// The phases, in the order in which a run goes through them. Nothing is due in
// Drain: it is the time in which what is still open may end. Setup and Teardown are
// beside the others, whenever they come.
const (
	Ramp Phase = iota
	WarmUp
	Measure
	Drain
	Setup    // of a user, before its first iteration
	Teardown // likewise, after its last
	Phases   // how many there are
)

// String returns the word that reports and files use.
func (p Phase) String() string {
	if p < Phases {
		return [...]string{"ramp", "warm-up", "measure", "drain", "setup", "teardown"}[p]
	}
	return fmt.Sprintf("phase(%d)", uint8(p))
}
