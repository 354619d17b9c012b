package app

import (
	"fmt"
	"slices"
	"strings"
)

// A fault is a way in which an application misbehaves.
type fault string

const (
	limitOff        fault = "limit=off"
	limitEarly      fault = "limit=early"
	claudePass      fault = "claude=pass-429"
	claudeSlow      fault = "claude=slow-queue"
	poolNoFailover  fault = "pool=no-failover"
	poolSlowSwitch  fault = "pool=slow-switch"
	poolLateBreaker fault = "pool=late-breaker"
	webhookNever    fault = "webhook=never-processed"
	zapNoRetry      fault = "zap=no-retry"
	zapDuplicate    fault = "zap=duplicate"
	assetUncached   fault = "assets=uncached"
	assetPlain      fault = "assets=plain"
	assetSlow       fault = "assets=slow"
	pageSlow        fault = "pages=slow"
	pageSlowHome    fault = "pages=slow-home"
	pageFail        fault = "pages=500"
	flowNever       fault = "flow=never-done"
	flowWrong       fault = "flow=wrong-answer"
	flowFail        fault = "flow=500"
	socketSilent    fault = "ws=silent"
	eventsCut       fault = "events=cut"
)

type faultHelp struct {
	name fault
	help string
}

func everyFault() []faultHelp {
	return []faultHelp{
		{limitOff, "no request is ever refused"},
		{limitEarly, "429 from half of the requests on"},
		{claudePass, "no queue; beyond the quota 429 is passed on"},
		{claudeSlow, "what is queued waits claude.slow more"},
		{poolNoFailover, "503 where an account cannot serve"},
		{poolSlowSwitch, "going on to another account takes pool.slow"},
		{poolLateBreaker, "a breaker opens at the 7th failure, not the 5th"},
		{webhookNever, "what was delivered is never processed"},
		{zapNoRetry, "one attempt only: what fails is lost"},
		{zapDuplicate, "what was delivered is sent once more"},
		{assetUncached, "no ETag, no Cache-Control, never 304"},
		{assetPlain, "never compressed"},
		{assetSlow, "an asset takes asset.slow"},
		{pageSlow, "every page takes page.slow"},
		{pageSlowHome, "/ takes page.slow_home"},
		{pageFail, "every page answers 500"},
		{flowNever, "a request stays pending"},
		{flowWrong, "the response is another's"},
		{flowFail, "the step flow.step answers 500"},
		{socketSilent, "every second message has no echo"},
		{eventsCut, "the connection ends after half of the events"},
	}
}

func faultList() string {
	var out []string
	for _, f := range everyFault() {
		out = append(out, string(f.name))
	}
	return strings.Join(out, ", ")
}

// has tells whether a fault was asked for.
func (s *Settings) has(f fault) bool { return slices.Contains(s.faults, f) }

func (s *Settings) faultNames() []string {
	out := []string{}
	for _, f := range s.faults {
		out = append(out, string(f))
	}
	return out
}

// paths is what the server answers, and how while it is healthy.
const paths = `  GET /health                    200 and the uptime
  GET /health/ready, /health/live   200
  GET /limited                   200 for the first limit.requests of a client (its
                                 address, or X-Client) in a window, then 429
  GET, POST /api/claude/ask      200, the first 80% of a window's quota at once,
                                 the rest queued; X-Queue-Delay-Ms; 503 where the
                                 delay would pass claude.max_delay; never 429
  GET /api/claude/status         usage, quota, queue_length, cooldown_s
  GET, POST /api/manus/run       200 from one of five accounts; a spent or failing
                                 one gives way to the next in the same request
  GET /api/manus/status          active account, breakers, failures, quotas
  POST /api/manus/exhaust        ?account=1 (else the active one)
  POST /api/manus/fail           ?account=1&n=5: the next five calls fail
  POST /api/manus/reset          new quotas, closed breakers
  POST /webhooks, /webhooks/ID   200, or first failures for webhook.failing of ids
  GET /webhooks/ID, /webhooks/stats   attempts and deliveries; exactly once is 1
  POST /zap                      {id, data?, url?}: 202, then delivered with retries
                                 to /webhooks, or to a url of this machine
  GET /zap/ID                    pending, delivered or lost; attempts
  GET /assets/app.css, app.js, logo.png   ETag, Cache-Control, 304, gzip
  GET /, /about, /pricing        HTML with a form, a CSRF token and the assets
  POST /contact                  that form: 303 to /thanks, or 403
  POST /signup                   {email, password}: 201 {id}
  POST /login                    the same: 200 {token} and the cookie session
  POST /discord/link             {discord_id}: 200; Bearer token and cookie, or 401
  POST /claude/requests          {prompt}: 202 {id}; likewise
  GET /claude/requests/ID        pending flow.polls times, then done and
                                 "response to: PROMPT"; likewise
  GET /ws                        a WebSocket that echoes
  GET /events                    ?n=10&gap=100ms: server-sent events
  GET /truth, POST /truth/reset  what was really done
`

// Guide is the paths, settings and faults in words, for a command's help.
func Guide() string {
	var b strings.Builder
	b.WriteString("Paths of the applications:\n" + paths + "\nSettings of the applications, and their defaults:\n")
	var s Settings
	for _, one := range s.list() {
		fmt.Fprintf(&b, "  %-31s%s\n", one.name+"="+one.standard, one.help)
	}
	b.WriteString("\nFaults of the applications:\n")
	for _, f := range everyFault() {
		fmt.Fprintf(&b, "  %-31s%s\n", f.name, f.help)
	}
	return b.String()
}
