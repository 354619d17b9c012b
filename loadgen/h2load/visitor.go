package h2load

// This file is part of the hot path.

import (
	"io"
	"time"

	"gonogo/loadgen"
	"gonogo/loadgen/coding"
	"gonogo/loadgen/httpload"
	users "gonogo/loadgen/session"
)

// A visitor is what a user has that goes through flows: memory for the requests that
// it writes, and what is kept of its answers. The connection reads the former and
// fills the latter under the lane's lock, as long as the user's exchange lasts.
type visitor struct {
	session *users.Session

	block   []byte // the header that was written
	values  []byte // of its texts, one after the other
	ends    []int  // where each of them ends
	content []byte // the body, where it is a text
	payload []byte // the body, whatever it is
	lines   []byte // what is not yet encoded
	path    []byte // of the request under way
	signing loadgen.Rendered

	most    int    // bytes of the body that are wanted
	body    []byte // those
	head    []byte // header lines of the answer, if anybody wants them
	cookies bool   // some of them are Set-Cookie
	answer  loadgen.Answer
}

// prepare begins an exchange, for which it writes the request if that is not always
// the same.
func (u *user) prepare(r *request, step int) error {
	u.begin(r, step)
	v := u.visitor
	switch {
	case v == nil && r.frames == nil:
		return httpload.ErrNoUser()
	case v == nil:
		return nil
	}
	v.begin(r)
	if r.template == nil {
		return nil
	}
	err := r.template.write(v, u.wall())
	u.block, u.payload = v.block, v.payload
	return err
}

func (v *visitor) begin(r *request) {
	v.path, v.most = r.path, r.needs.Body
	v.body, v.head, v.cookies = v.body[:0], v.head[:0], false
}

// wall is the time of day.
func (u *user) wall() time.Time { return u.clock.Start().Add(u.clock.Now()) }

// looks tells whether somebody looks into the answer.
func (u *user) looks() bool { return u.visitor != nil && u.request.inspector != nil }

// settled is the request with what was sent in place of its texts: where a redirect
// asks for it, the same is sent again.
func (u *user) settled(r *request) loadgen.Request {
	if u.visitor == nil || !r.spec.Varies() {
		return r.spec
	}
	sent := func(field int) []byte { return r.template.sent(u.visitor, field) }
	return httpload.Settled(r.spec, sent, u.visitor.content)
}

// wants says what of the header of an answer to the user is kept.
func (u *user) wants() wants {
	if u == nil {
		return wants{}
	}
	return wants{
		location: u.request.spec.MaxRedirects > 0,
		lines:    u.visitor != nil && (u.request.needs.Head || u.client.options.Cookies),
	}
}

// hears keeps the header of the answer. The connection will use its memory again.
func (v *visitor) hears(r *request, h head) {
	if r.needs.Head || h.cookies {
		v.head, v.cookies = append(v.head[:0], h.lines...), h.cookies
	}
}

// takeCookies takes those that the answer brought, if it came.
func (u *user) takeCookies() {
	v, at := u.visitor, u.request.place
	if !v.cookies || !u.client.options.Cookies {
		return
	}
	a := loadgen.Answer{Head: v.head}
	now := u.wall()
	for line := range a.Fields("set-cookie") {
		v.session.Cookies.Take(line, at.host, v.path, at.secure, now)
	}
}

// Write keeps the next bytes of the body, as far as they are wanted.
func (v *visitor) Write(b []byte) (int, error) {
	if room := v.most - len(v.body); room > 0 {
		v.body = append(v.body, b[:min(room, len(b))]...)
	}
	return len(b), nil
}

// inspect lets somebody look into the answer.
func (u *user) inspect(call *loadgen.Call, r *request) error {
	v := u.visitor
	v.answer = loadgen.Answer{Status: u.status, Body: v.body, Length: u.decoded, Service: call.Outcome.Service()}
	if u.body.how == coding.Identity {
		v.answer.Length = u.got
	}
	if r.needs.Head {
		v.answer.Head = v.head
	}
	return httpload.Inspect(r.inspector, &v.answer, v.session)
}

var _ io.Writer = (*visitor)(nil)
