package main

import "slices"

func limitTrials() []trial {
	limit := []string{"--set", "limit.health=yes"}
	return []trial{
		{name: "1000 a window", scenario: "helix-rate-limit", apps: limit, verdict: "GO"},
		{
			name: "a limit that is off", scenario: "helix-rate-limit", apps: slices.Concat(limit, []string{"--fault", "limit=off"}), verdict: "NO-GO",
			bad: map[string]string{"from 1001 on all are refused": "fail", "a refusal says when to come back": "fail"}, why: "HTTP 200",
		},
		{
			name: "a limit that comes early", scenario: "helix-rate-limit", apps: slices.Concat(limit, []string{"--fault", "limit=early"}), verdict: "NO-GO",
			bad: map[string]string{
				"the first 1000 are served": "fail", "none of them is refused": "fail",
				"from 1001 on all are refused": "inconclusive", "a refusal says when to come back": "inconclusive",
			}, why: "HTTP 429",
		},
	}
}

func cooldownTrials() []trial {
	flags := []string{"--stage", "1s:34", "--stage", "250ms:80", "--stage", "2s:0"} // and time to see the cooldown
	quota := []string{"--set", "claude.window=4s", "--set", "claude.spacing=20ms"}
	return []trial{
		{name: "a queue", scenario: "helix-claude-cooldown", flags: flags, apps: quota, verdict: "GO"},
		{
			name: "the upstream's 429 is passed on", scenario: "helix-claude-cooldown", flags: flags, apps: slices.Concat(quota, []string{"--fault", "claude=pass-429"}), verdict: "NO-GO",
			bad: map[string]string{
				"no 429 reaches a user": "fail", "queue delay": "fail", "all are answered": "fail",
				"the cooldown begins at 80 %": "inconclusive",
			}, why: "HTTP 429",
		},
		{
			name: "a queue that is slow", scenario: "helix-claude-cooldown", flags: flags, apps: slices.Concat(quota, []string{"--fault", "claude=slow-queue"}), verdict: "NO-GO",
			bad: map[string]string{"queue delay": "fail"},
		},
		{
			name: "a cooldown that begins early", scenario: "helix-claude-cooldown", flags: flags, apps: slices.Concat(quota, []string{"--set", "claude.threshold=20%"}), verdict: "NO-GO",
			bad: map[string]string{"the cooldown begins at 80 %": "fail"}, why: "check json usage",
		},
	}
}

func failoverTrials() []trial {
	soon := []string{"--set", "pool.half_open=1500ms"}
	spent := map[string]string{"calls succeed when a quota is spent": "fail", "the switch": "fail"}
	for _, name := range []string{
		"calls succeed afterwards", "the next account is active", "calls succeed while an account fails",
		"breaker closed at 4 failures", "breaker open at 5 failures", "breaker closes again",
	} {
		spent[name] = "inconclusive" // the first failure ends it all
	}
	return []trial{
		{name: "five accounts", scenario: "helix-manus-failover", apps: soon, verdict: "GO"},
		{
			name: "no failover", scenario: "helix-manus-failover", apps: slices.Concat(soon, []string{"--fault", "pool=no-failover"}), verdict: "NO-GO",
			bad: spent, why: "HTTP 503",
		},
		{
			name: "a switch of two seconds", scenario: "helix-manus-failover", apps: slices.Concat(soon, []string{"--fault", "pool=slow-switch"}),
			edit: []string{"- repeat: 4", "- repeat: 1", "is: '4'", "is: '1'", "n=5", "n=2"}, verdict: "NO-GO",
			bad: map[string]string{"the switch": "fail", "breaker open at 5 failures": "fail", "breaker closes again": "inconclusive"},
		},
		{
			name: "a breaker that opens at the seventh failure", scenario: "helix-manus-failover", apps: slices.Concat(soon, []string{"--fault", "pool=late-breaker"}), verdict: "NO-GO",
			bad: map[string]string{"breaker open at 5 failures": "fail", "breaker closes again": "inconclusive"}, why: `check json accounts.0.breaker: want "open"`,
		},
	}
}

func webhookTrials() []trial {
	flags := []string{"--duration", "3s", "--users", "8"}
	refuses := []string{"--set", "webhook.failing=20%", "--set", "zap.backoff=20ms"}
	silent := slices.Concat(refuses, []string{"--set", "webhook.mode=timeout", "--set", "zap.timeout=300ms"})
	const scenario = "helix-webhooks"
	return []trial{
		{name: "a receiver that answers 503 at first", scenario: scenario, flags: flags, apps: refuses, verdict: "GO"},
		{name: "a receiver that is silent at first", scenario: scenario, flags: flags, apps: silent, verdict: "GO"},
		{
			name: "no retry after a 503", scenario: scenario, flags: flags, apps: slices.Concat(refuses, []string{"--fault", "zap=no-retry"}), verdict: "NO-GO",
			bad: map[string]string{"webhooks arrive": "fail"}, why: `check json state: want "delivered", got "lost"`,
		},
		{
			name: "no retry after a timeout", scenario: scenario, flags: flags, apps: slices.Concat(silent, []string{"--fault", "zap=no-retry"}), verdict: "NO-GO",
			bad: map[string]string{"webhooks arrive": "fail"}, why: `check json state: want "delivered", got "lost"`,
		},
		{
			name: "each is sent twice", scenario: scenario, flags: flags, apps: slices.Concat(refuses, []string{"--fault", "zap=duplicate"}), verdict: "NO-GO",
			bad: map[string]string{"webhooks arrive": "fail", "exactly once": "fail"}, why: `check json deliveries: want "1", got "2"`,
		},
		{
			name: "to send one takes a second", scenario: scenario, flags: []string{"--duration", "8s", "--users", "8"}, apps: slices.Concat(refuses, []string{"--slow-start", "1s,1h", "--set", "zap.timeout=20s"}), verdict: "NO-GO",
			bad: map[string]string{"p95": "fail"},
		},
		{
			name: "a receiver that never fails shows nothing", scenario: scenario, flags: flags, edit: []string{"most: 200", "most: 5"}, verdict: "NO-GO",
			bad: map[string]string{"retries were needed": "fail"}, why: "check json failed_first",
		},
	}
}

func assetTrials() []trial {
	flags := []string{"--duration", "2s", "--users", "3"}
	const scenario = "helix-static-assets"
	return []trial{
		{name: "as they are to be", scenario: scenario, flags: flags, edit: []string{"< 100ms", "< 1s"}, verdict: "GO"},
		{
			name: "slow ones", scenario: scenario, flags: flags, apps: []string{"--fault", "assets=slow"}, verdict: "NO-GO",
			bad: map[string]string{"style sheet within 100 ms": "fail", "script within 100 ms": "fail", "image within 100 ms": "fail"},
		},
		{
			name: "no cache headers", scenario: scenario, flags: flags, edit: []string{"< 100ms", "< 1s"}, apps: []string{"--fault", "assets=uncached"}, verdict: "NO-GO",
			bad: map[string]string{"cache headers": "fail", "a second visit is answered with 304": "inconclusive"}, why: "header ETag",
		},
		{
			name: "none is compressed", scenario: scenario, flags: flags, edit: []string{"< 100ms", "< 1s"}, apps: []string{"--fault", "assets=plain"}, verdict: "NO-GO",
			bad: map[string]string{"gzip": "fail"}, why: "check header Content-Encoding",
		},
	}
}

func journeyTrials() []trial {
	flags := []string{"--duration", "2s", "--think-time", "100ms", "--users", "15"}
	impatient := func(most string) []string { return []string{most, "most: 2"} }
	const scenario, signUp, webhook, failover = "helix-journeys", "sign-up to response", "webhook to response", "failover to success"
	all := []trial{
		{name: "all three to their end", scenario: scenario, flags: flags, verdict: "GO"},
		{
			name: "a response that never comes", scenario: scenario, flags: flags, edit: impatient("most: 100"), apps: []string{"--fault", "flow=never-done"}, verdict: "NO-GO",
			bad: map[string]string{signUp: "fail"}, why: `check json state: want "done", got "pending"`,
		},
		{
			name: "the response to another prompt", scenario: scenario, flags: flags, apps: []string{"--fault", "flow=wrong-answer"}, verdict: "NO-GO",
			bad: map[string]string{signUp: "fail"}, why: `check json response: want it to contain "Say yes."`,
		},
		{
			name: "a webhook that is not processed", scenario: scenario, flags: flags, edit: impatient("most: 50"), apps: []string{"--fault", "webhook=never-processed"}, verdict: "NO-GO",
			bad: map[string]string{webhook: "fail"}, why: `check json state: want "processed", got "received"`,
		},
		{
			name: "no failover", scenario: scenario, flags: flags, apps: []string{"--fault", "pool=no-failover"}, verdict: "NO-GO",
			bad: map[string]string{failover: "fail", "failover within 1 s": "fail"}, why: "HTTP 503",
		},
		{
			name: "a failover of two seconds", scenario: scenario, flags: flags, apps: []string{"--fault", "pool=slow-switch"}, verdict: "NO-GO",
			bad: map[string]string{"failover within 1 s": "fail"},
		},
	}
	for _, step := range []string{"signup", "login", "link", "request", "poll"} {
		all = append(all, trial{
			name: "a failing " + step, scenario: scenario, flags: []string{"--duration", "1s", "--users", "20"},
			apps: []string{"--fault", "flow=500", "--set", "flow.step=" + step}, verdict: "NO-GO",
			bad: map[string]string{signUp: "fail"}, why: "HTTP 500",
		})
	}
	return all
}

func headroomTrials() []trial {
	flags := []string{"--forecast", "20"}
	short := []string{"[20s:1x, 20s:1.5x, 20s:2x, 20s:2.5x, 20s:3x]", "[1s:1x, 1s:2x, 1s:3x]", "every 20s", "every 1s"}
	healthy := append([]string{"< 200ms", "< 1s"}, short...)
	const scenario = "helix-headroom"
	return []trial{
		{name: "room for all", scenario: scenario, flags: flags, edit: healthy, verdict: "GO"},
		{
			name: "slower as it goes on", scenario: scenario, flags: flags, edit: short, apps: []string{"--drift", "1s/1s"}, verdict: "NO-GO",
			bad: map[string]string{"p95 at every step": "fail", "p95 of all": "fail"},
		},
		{
			name: "errors as it goes on", scenario: scenario, flags: flags, edit: healthy, apps: []string{"--error-growth", "10%/1s"}, verdict: "NO-GO",
			bad: map[string]string{"p95 at every step": "fail", "success at every step": "fail", "p95 of all": "fail"}, why: "HTTP 503",
		},
		{
			name: "a limit in the way", scenario: scenario, flags: flags, edit: healthy, apps: []string{"--set", "limit.health=yes", "--set", "limit.requests=5"}, verdict: "NO-GO",
			bad: map[string]string{"p95 at every step": "fail", "success at every step": "fail", "p95 of all": "fail"}, why: "HTTP 429",
		},
	}
}

func smokeTrials() []trial {
	flags := []string{"--duration", "2s", "--think-time", "10ms"}
	const scenario = "spek-smoke"
	return []trial{
		{name: "everything answers", scenario: scenario, flags: flags, verdict: "GO"},
		{
			name: "pages fail", scenario: scenario, flags: flags, apps: []string{"--fault", "pages=500"}, verdict: "NO-GO",
			bad: map[string]string{"home": "fail", "about": "fail", "pricing": "fail", "p95": "fail"}, why: "HTTP 500",
		},
		{
			name: "health has a limit", scenario: scenario, flags: flags, apps: []string{"--set", "limit.health=yes", "--set", "limit.requests=1"}, verdict: "NO-GO",
			bad: map[string]string{"health": "fail", "p95": "fail"}, why: "HTTP 429",
		},
		{
			name: "pages are slow", scenario: scenario, flags: slices.Concat(flags, []string{"--users", "10"}), apps: []string{"--fault", "pages=slow", "--set", "page.slow=1s"}, verdict: "NO-GO",
			bad: map[string]string{"p95": "fail"},
		},
	}
}

func pageTrials() []trial {
	flags := []string{"--duration", "2s", "--think-time", "100ms"}
	first := []string{"--duration", "5s", "--users", "15"} // enough for each page to be somebody's first
	const scenario, home, homePage, aboutPage, pricingPage = "spek-pages", "home within 2 s", "home page within 3 s", "about page within 3 s", "pricing page within 3 s"
	return []trial{
		{name: "pages as they are to be", scenario: scenario, flags: flags, verdict: "GO"},
		{
			name: "every page takes 3.5 s", scenario: scenario, flags: first, apps: []string{"--fault", "pages=slow"}, verdict: "NO-GO",
			bad: map[string]string{home: "fail", homePage: "fail", aboutPage: "fail", pricingPage: "fail"},
		},
		{
			name: "the home page takes 2.1 s", scenario: scenario, flags: first, apps: []string{"--fault", "pages=slow-home", "--set", "page.slow_home=2100ms"}, verdict: "NO-GO",
			bad: map[string]string{home: "fail"},
		},
		{
			name: "three assets of 1.1 s each make a page slow", scenario: scenario, flags: first, apps: []string{"--fault", "assets=slow", "--set", "asset.slow=1100ms"}, verdict: "NO-GO",
			bad: map[string]string{homePage: "fail", aboutPage: "fail", pricingPage: "fail"},
		},
		{
			name: "pages fail", scenario: scenario, flags: flags, apps: []string{"--fault", "pages=500"}, verdict: "NO-GO",
			bad: map[string]string{home: "fail", homePage: "fail", aboutPage: "fail", pricingPage: "fail", "success": "fail"}, why: "HTTP 500",
		},
	}
}

func canaryTrials() []trial {
	flags := []string{"--duration", "3s", "--rate", "50", "--abort-when", "error_rate > 90% for 3s"}
	const scenario = "spek-canary"
	return []trial{
		{name: "as good as can be", scenario: scenario, flags: flags, verdict: "GO"},
		{
			name: "a share of errors", scenario: scenario, flags: flags, apps: []string{"--error-growth", "10%/1s"}, verdict: "NO-GO",
			bad: map[string]string{"errors": "fail", "p99": "fail"}, why: "HTTP 503",
		},
		{
			name: "worse than what runs, though good enough", scenario: scenario, flags: []string{"--duration", "10s", "--by", "p50,success"}, beside: true,
			apps: []string{"--fault", "pages=slow", "--set", "page.slow=300ms"}, verdict: "NO-GO",
		},
		{
			name: "slow pages", scenario: scenario, flags: flags, apps: []string{"--fault", "pages=slow-home"}, verdict: "NO-GO",
			bad: map[string]string{"p99": "fail"},
		},
	}
}
