package httpload

import (
	"bytes"
	"net"
	"net/url"
	"slices"
	"time"

	"gonogo/loadgen"
	"gonogo/loadgen/session"
	"gonogo/measure"
)

// This file is what a sibling needs that speaks another HTTP over the same sort
// of connections: the same clocks, classes and rules, under exported names.

// A StampedConn is a connection whose Read asks the kernel when the data came.
type StampedConn struct {
	net.Conn
	stamps *stampConn // nil where there are no stamps
}

// Stamped returns conn with receive stamps, where the platform has them.
func Stamped(conn net.Conn) StampedConn {
	return StampedConn{Conn: conn, stamps: newStampConn(conn)}
}

// Read implements net.Conn.
func (c *StampedConn) Read(buf []byte) (int, error) {
	if c.stamps == nil {
		return c.Conn.Read(buf)
	}
	return c.stamps.Read(buf)
}

// Received is the wall-clock instant, in nanoseconds, at which the kernel had
// what the last Read returned; 0 when it does not say.
func (c *StampedConn) Received() int64 {
	if c.stamps == nil {
		return 0
	}
	return c.stamps.last
}

// Stamps turn the kernel's receive stamps into instants of the run.
type Stamps struct{ clock stampClock }

// NewStamps returns Stamps for a run's clock.
func NewStamps(c loadgen.Clock) *Stamps { return &Stamps{stampClock{clock: c}} }

// Instant returns the stamp as an instant of the run, or false when it cannot be
// trusted. It was seen at read, and the request was sent at sent.
func (s *Stamps) Instant(stamp int64, sent, read time.Duration) (time.Duration, bool) {
	return s.clock.instant(stamp, sent, read)
}

// ErrTimeout ends a request that has no complete answer within its time.
func ErrTimeout() error { return errTimeout }

// ConnectError marks err as that of a connection that could not be opened.
func ConnectError(err error) error { return &connectError{err} }

// TLSError marks err as that of a handshake that failed.
func TLSError(err error) error { return &tlsError{err} }

// StatusError is an answer with a status that the step does not expect.
func StatusError(status int) error { return statusError(status) }

// Malformed is an answer that breaks its protocol.
func Malformed(format string, args ...any) error { return malformed(format, args...) }

// Ended says what the end of a connection means, which the kernel tells in many
// ways, when so many bytes of the answer had come.
func Ended(err error, got int64) error { return ended(err, got) }

// Classify gives a failure its class.
func Classify(err error) measure.Class { return classify(err) }

// Expects tells whether the status is one that the step calls ok.
func Expects(spec loadgen.Request, status int) bool {
	return (&request{spec: spec}).expects(status)
}

// Redirected returns the request that a redirect asks for and where it goes, or
// false where the answer is no redirect that can be followed.
func Redirected(spec loadgen.Request, from *url.URL, status int, location []byte) (loadgen.Request, *url.URL, bool) {
	return redirect(spec, from, head{status: status, location: location})
}

// HostField is what names the host in a request: without the port where it is
// the scheme's own.
func HostField(u *url.URL) string { return hostField(u) }

// TargetOf is path and query of u as a request has them.
func TargetOf(u *url.URL) string { return targetOf(u) }

// Unwritten is a request that could not be written.
func Unwritten(err error) error { return &writeError{err} }

// ErrNoUser is a request that is written with what a user knows, without a user.
func ErrNoUser() error { return errNoUser }

// Check returns an error when a value cannot stand in its header field. A target holds
// no space either.
func Check(value []byte, target bool) error {
	if !isClean(value, target) {
		return errBroken
	}
	return nil
}

// Settled is a request with what was sent in place of its texts: values says it of a
// header field, by its index.
func Settled(spec loadgen.Request, values func(field int) []byte, content []byte) loadgen.Request {
	spec.Header = slices.Clone(spec.Header)
	for i, f := range spec.Header {
		if f.Text != nil {
			spec.Header[i] = loadgen.Field{Name: f.Name, Value: string(values(i))}
		}
	}
	if spec.Content != nil {
		spec.Body = bytes.Clone(content)
	}
	spec.Content, spec.Target = nil, nil
	return spec
}

// Inspect lets somebody look into an answer. What is wrong with it is a CheckError.
func Inspect(by loadgen.Inspector, a *loadgen.Answer, s *session.Session) error {
	err := by.Inspect(a, s)
	if err != nil && !loadgen.IsCheck(err) {
		err = &loadgen.CheckError{What: err.Error()}
	}
	return err
}
