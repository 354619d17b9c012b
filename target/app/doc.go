// Package app is applications whose behaviour is known in advance, for scenarios
// that need more of a server than package target's: state, sessions, queues,
// retries. Each is healthy unless one of its faults is asked for, and tells at
// /truth what it did. What it will do can be computed beforehand:
//
//	path                      healthy                                            faults
//	/limited                  N of a client and window get 200, then 429         limit=off, limit=early (N/2)
//	/api/claude/ask           request T+i of a window leaves i spacings after    claude=pass-429 (from Q+1 on),
//	                          T, number Q+1 when the next window opens;          claude=slow-queue
//	                          503 where that is beyond max_delay
//	/api/manus/run            a call that fails is made with the next account;   pool=no-failover, pool=slow-switch,
//	                          five failures in a row open an account's breaker   pool=late-breaker (seven)
//	/webhooks                 of n ids, the share failing refuses its first      webhook=never-processed
//	                          attempts; processed after a while
//	/zap                      delivered exactly once, after as many attempts     zap=no-retry, zap=duplicate
//	                          as the receiver refuses and one
//	/assets/...               200 with ETag, max-age, gzip; 304 when known       assets=uncached, =plain, =slow
//	/, /about, /pricing       HTML with a form; /contact takes its token         pages=slow, =slow-home, =500
//	/signup ... /claude/...   done at poll number polls+1, with the prompt       flow=never-done, =wrong-answer, =500
//	/ws, /events              each message echoed; n events                      ws=silent, events=cut
//
// All of it ages as target.Aging says, whose errors are spread evenly. Memory is
// bounded: 10,000 clients of the limit and 100,000 ids, users, sessions and
// requests each, of which the oldest are forgotten; 1,000 deliveries at a time;
// bodies of 64 KiB.
//
// Unlike package target it is served by net/http: it is for its answers, not for
// its speed. server.go has the paths and their life, answer.go what they have in
// common, settings.go and guide.go what can be asked for, truth.go the counts,
// store.go what bounds memory; and there is a file for each application.
package app
