package app

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const who = `{"email":"a@b.test","password":"secret"}`

// enter signs up and logs in, and returns the headers of the session.
func (b *bubble) enter(body string) []string {
	b.t.Helper()
	require.Equal(b.t, 201, b.ask("POST /signup", body).status)
	r := b.ask("POST /login", body)
	require.Equal(b.t, 200, r.status)
	return []string{"Cookie: " + r.header.Get("Set-Cookie"), "Authorization: Bearer " + r.field(b.t, "token").(string)}
}

func TestFromSignupToResponse(t *testing.T) {
	inTime(t, []string{"flow.polls=2"}, func(t *testing.T, b *bubble) {
		session := b.enter(who)
		require.Equal(t, 403, b.ask("POST /claude/requests", `{"prompt":"hello"}`, session...).status) // not linked yet
		require.Equal(t, 200, b.ask("POST /discord/link", `{"discord_id":"42"}`, session...).status)
		r := b.ask("POST /claude/requests", `{"prompt":"hello"}`, session...)
		require.Equal(t, 202, r.status)
		require.Equal(t, "r1", r.field(t, "id"))
		require.Equal(t, "/claude/requests/r1", r.header.Get("Location"))
		for range 2 {
			require.Equal(t, "{\"id\":\"r1\",\"state\":\"pending\"}\n", b.ask("GET /claude/requests/r1", "", session...).body)
		}
		for range 2 {
			require.Equal(t, "{\"id\":\"r1\",\"state\":\"done\",\"response\":\"response to: hello\"}\n", b.ask("GET /claude/requests/r1", "", session...).body)
		}
		require.Equal(t, FlowTruth{Signups: 1, Logins: 1, Links: 1, Requests: 1, Done: 1}, b.v.Truth().Flow)
	})
}

func TestWhoMayGoOn(t *testing.T) {
	inTime(t, []string{"flow.polls=0"}, func(t *testing.T, b *bubble) {
		mine := b.enter(who)
		other := b.enter(`{"email":"c@d.test","password":"secret"}`)
		b.ask("POST /discord/link", `{"discord_id":"42"}`, mine...)
		b.ask("POST /claude/requests", `{"prompt":"hello"}`, mine...)
		tests := []struct {
			name    string
			request string
			body    string
			headers []string
			want    int
		}{
			{"an email twice", "POST /signup", who, nil, 409},
			{"no password", "POST /signup", `{"email":"x"}`, nil, 400},
			{"no JSON", "POST /signup", `email=x`, nil, 400},
			{"a wrong password", "POST /login", `{"email":"a@b.test","password":"wrong"}`, nil, 401},
			{"an unknown email", "POST /login", `{"email":"nobody","password":"secret"}`, nil, 401},
			{"neither cookie nor token", "POST /discord/link", `{"discord_id":"1"}`, nil, 401},
			{"the cookie alone", "POST /discord/link", `{"discord_id":"1"}`, mine[:1], 401},
			{"the token alone", "POST /discord/link", `{"discord_id":"1"}`, mine[1:], 401},
			{"another's token", "POST /discord/link", `{"discord_id":"1"}`, []string{mine[0], other[1]}, 401},
			{"a token that is not Bearer", "POST /discord/link", `{"discord_id":"1"}`, []string{mine[0], "Authorization: Basic x"}, 401},
			{"no Discord id", "POST /discord/link", `{}`, mine, 400},
			{"no prompt", "POST /claude/requests", `{}`, mine, 400},
			{"another's request", "GET /claude/requests/r1", "", other, 404},
			{"no such request", "GET /claude/requests/r9", "", mine, 404},
			{"one's own request", "GET /claude/requests/r1", "", mine, 200},
			{"another method", "PUT /signup", who, nil, 405},
		}
		for _, test := range tests {
			require.Equal(t, test.want, b.ask(test.request, test.body, test.headers...).status, test.name)
		}
		require.EqualValues(t, 7, b.v.Truth().Flow.Unauthorized)
	})
}

func TestFlowFaults(t *testing.T) {
	inTime(t, []string{"!flow=wrong-answer", "flow.polls=0"}, func(t *testing.T, b *bubble) {
		session := b.enter(who)
		b.ask("POST /discord/link", `{"discord_id":"42"}`, session...)
		b.ask("POST /claude/requests", `{"prompt":"hello"}`, session...)
		require.Equal(t, "response to: something else", b.ask("GET /claude/requests/r1", "", session...).field(t, "response"))
	})
	inTime(t, []string{"!flow=never-done", "flow.polls=0"}, func(t *testing.T, b *bubble) {
		session := b.enter(who)
		b.ask("POST /discord/link", `{"discord_id":"42"}`, session...)
		b.ask("POST /claude/requests", `{"prompt":"hello"}`, session...)
		for range 50 {
			require.Equal(t, "pending", b.ask("GET /claude/requests/r1", "", session...).field(t, "state"))
		}
	})
	for step, request := range map[string]string{
		"signup": "POST /signup", "login": "POST /login", "link": "POST /discord/link", "request": "POST /claude/requests", "poll": "GET /claude/requests/r1",
	} {
		inTime(t, []string{"!flow=500", "flow.step=" + step}, func(t *testing.T, b *bubble) {
			require.Equal(t, 500, b.ask(request, "").status)
			require.Equal(t, FlowTruth{Failed: 1}, b.v.Truth().Flow)
		})
	}
}
