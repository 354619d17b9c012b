package wsload

import (
	"errors"
	"fmt"
	"time"

	"gonogo/loadgen"
	"gonogo/loadgen/session"
)

// A Kind is what a Step does.
type Kind uint8

// The kinds of steps.
const (
	Connect   Kind = iota // opens a connection; one that is open already is ended before
	Send                  // sends a message; done when it is written
	Expect                // waits for a message that fits
	RoundTrip             // sends a message, and waits for one that fits and came after that
	Close                 // says farewell, and waits for that of the server
)

// String returns the word for it.
func (k Kind) String() string {
	if k <= Close {
		return [...]string{"connect", "send", "expect", "round trip", "close"}[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// A Step is what a step of the plan does over WebSocket.
//
// A user's connection lives from one step to the next, and from one iteration to the
// next, until it is closed or fails. The first step that needs a connection which
// failed meanwhile fails with it, so that no loss goes uncounted; the one after that
// opens it anew, by the Connect step, and says in its outcome how long that took.
// What a server has to hear on every connection belongs into the iteration.
type Step struct {
	Kind       Kind
	Connection int // whose connection it is: the plan's number of the Connect step. Of Connect: itself, whatever it says

	// Of Connect.
	Request      loadgen.Request // the handshake: its URL is of ws, wss, http or https, and its header goes along
	Subprotocols []string        // the server may pick one

	// Of Send and RoundTrip.
	Text   *session.Text // the message
	Binary bool          // it is not text

	// Of Expect and RoundTrip: which message fits, nil: any does. Messages that do not
	// fit are gone. Of Connect: it looks into the head of the answer.
	Inspector loadgen.Inspector
	Next      bool          // the next message has to fit; one that does not is a failure
	Within    time.Duration // the longest wait; 0: the plan's timeout

	// Of Close.
	Code   int // 0: 1000
	Reason string
}

// validate returns what is wrong with the step of that number.
func (s *Step) validate(all []*Step) error {
	switch s.Kind {
	case Connect:
		return nil
	case Send, RoundTrip:
		if s.Text == nil {
			return fmt.Errorf("%v: it has no message", s.Kind)
		}
	case Close:
		if s.Code != 0 && (s.Code < 1000 || s.Code > 4999 || s.Code >= 1004 && s.Code <= 1006 || s.Code >= 1015 && s.Code < 3000) {
			return fmt.Errorf("close: code %d: want 1000, 1001, 1003, 1007 to 1014, or 3000 to 4999", s.Code)
		}
		if len(s.Reason) > maxReason {
			return fmt.Errorf("close: the reason has %d bytes, want %d at most", len(s.Reason), maxReason)
		}
	case Expect:
	default:
		return errors.New("it is of no known kind")
	}
	if s.Connection < 0 || s.Connection >= len(all) || all[s.Connection] == nil || all[s.Connection].Kind != Connect {
		return fmt.Errorf("%v: step %d is none that connects", s.Kind, s.Connection)
	}
	return nil
}

// maxReason is what RFC 6455 leaves of a control frame.
const maxReason = 123

// receives tells whether the step wants a message.
func (s *Step) receives() bool { return s.Kind == Expect || s.Kind == RoundTrip }
