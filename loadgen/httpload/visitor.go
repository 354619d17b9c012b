package httpload

import (
	"bytes"
	"errors"
	"io"
	"time"

	"gonogo/loadgen"
	"gonogo/loadgen/coding"
	"gonogo/loadgen/session"
)

// A visitor is what a user has that goes through flows: memory for the requests that
// it writes, and what is kept of its answers.
type visitor struct {
	session *session.Session
	origin  *origin // of the request under way
	needs   loadgen.Needs
	looks   bool // somebody looks into the answer

	out, content, target []byte
	path                 []byte // of the request under way, within out or target
	spans                []span // where the values of its texts are in out
	signing              loadgen.Rendered

	head   []byte // header lines of the answer; of the memo, or in own
	own    []byte
	body   []byte
	length int64
	answer loadgen.Answer
}

var errNoUser = errors.New("it needs what a user knows, and there is none")

// write writes the request, unless Start has.
func (u *user) write(r *request) ([]byte, error) {
	switch {
	case u.visitor != nil && u.started != nil:
		return u.visitor.out, nil
	case u.visitor != nil:
		return r.template.write(u.visitor, r.origin, u.wall())
	case !r.spec.Varies():
		return r.bytes, nil // it is only for the cookies
	}
	return nil, errNoUser
}

// wall is the time of day.
func (u *user) wall() time.Time { return u.clock.Start().Add(u.clock.Now()) }

// settled is the request with what was sent in place of its texts: where a redirect
// asks for it, the same is sent again.
func (u *user) settled(r *request) *request {
	if u.visitor == nil || !r.spec.Varies() {
		return r
	}
	same := *r
	same.spec = Settled(r.spec, u.visitor.sent, u.visitor.content)
	return &same
}

// sent is the value of a header field that was written.
func (v *visitor) sent(field int) []byte {
	for _, s := range v.spans {
		if s.field == field {
			return v.out[s.from:s.to]
		}
	}
	return nil
}

// begin takes a request that is about to be sent.
func (v *visitor) begin(r *request) {
	v.origin, v.needs, v.looks = r.origin, r.needs, r.inspector != nil
	v.head, v.body, v.length = nil, v.body[:0], 0
	if r.template == nil {
		v.path = r.path
	}
}

// hears takes the head of an answer. One that is lasting may be kept as it is.
func (v *visitor) hears(u *user, raw []byte, lasting bool) {
	if u.head.cookies && u.client.options.Cookies {
		v.takeCookies(u, raw)
	}
	if !v.needs.Head {
		return
	}
	raw = raw[bytes.IndexByte(raw, '\n')+1:]
	if lasting {
		v.head = raw
		return
	}
	v.own = append(v.own[:0], raw...)
	v.head = v.own
}

func (v *visitor) takeCookies(u *user, raw []byte) {
	a := loadgen.Answer{Head: raw}
	now := u.wall()
	for line := range a.Fields("Set-Cookie") {
		v.session.Cookies.Take(line, v.origin.host, v.path, v.origin.secure, now)
	}
}

// Write keeps the next bytes of the body, as far as they are wanted.
func (v *visitor) Write(b []byte) (int, error) {
	v.length += int64(len(b))
	if room := v.needs.Body - len(v.body); room > 0 {
		v.body = append(v.body, b[:min(room, len(b))]...)
	}
	return len(b), nil
}

// keep reads the body to its end, and keeps what is wanted of it.
func (u *user) keep(call *loadgen.Call, s stream) error {
	v, h := u.visitor, u.head
	if h.coding == coding.Identity && !h.chunked && h.length >= 0 && h.length <= int64(u.in.end) {
		_, _ = v.Write(u.in.bytes[:h.length])
		return surplus(u.in.end - int(h.length))
	}
	if u.content == nil {
		u.content = &content{user: u}
	}
	c := u.content
	c.begin(call, s, h)
	how := h.coding
	if how == coding.Unknown {
		how = coding.Identity // whoever looks at it sees that
	}
	if !c.done {
		n, broken, err := u.client.bodies.Copy(v, how, c)
		if u.client.decoder != nil {
			call.Outcome.BytesDecoded += n
		}
		if broken {
			return malformed("%v", err)
		}
		if err != nil {
			return err
		}
	}
	return surplus(u.in.end - c.at)
}

// inspect lets somebody look into the answer.
func (u *user) inspect(call *loadgen.Call, r *request) error {
	v := u.visitor
	v.answer = loadgen.Answer{
		Status: u.head.status, Head: v.head, Body: v.body, Length: v.length,
		Service: call.Outcome.Service(),
	}
	return Inspect(r.inspector, &v.answer, v.session)
}

var _ io.Writer = (*visitor)(nil)
