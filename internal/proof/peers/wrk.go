package peers

import (
	_ "embed" // the script
	"errors"
	"fmt"
	"regexp"
	"strconv"
)

//go:embed wrk.lua
var wrkScript string

func wrk() Tool {
	return Tool{Name: "wrk", Accepts: []int{0}, Plan: planWrk, Read: readWrk}
}

func planWrk(l Load) (Command, error) {
	c := Command{Mode: "closed", Files: map[string]string{"wrk.lua": wrkScript}}
	switch {
	case l.Rate > 0:
		c.Mode = fmt.Sprintf("closed: %d connections, as fast as it can", l.Users)
	case l.Think > 0: // a hook that is called for each request has its price
		c.Files["wrk.lua"] += fmt.Sprintf("\nfunction delay()\n  return %d\nend\n", l.Think.Milliseconds())
	}
	c.Args = []string{"-t1", "-c", strconv.Itoa(l.Users), "-d", l.seconds() + "s", "--timeout", "30s", "-s", "wrk.lua", l.URL}
	return c, noHTTP2(l)
}

var wrkLine = regexp.MustCompile(`(?m)^proof (\w+) (\d+)$`)

// readWrk reads the lines of the script. wrk fills in what it believes its
// connections missed before the script sees the latencies.
func readWrk(o Output) (Reading, error) {
	n := map[string]int64{}
	for _, m := range wrkLine.FindAllSubmatch(o.Stdout, -1) {
		n[string(m[1])] = count(m[2])
	}
	all := n["requests"] + n["broken"]
	if all == 0 {
		return Reading{}, errors.New("read wrk's output: it counts no request")
	}
	ms := func(name string) float64 { return float64(n[name]) / 1e3 }
	return Reading{
		Requests: all,
		Success:  share(n["requests"]-n["status"], all),
		Views:    []View{{Figures: told([4]float64{ms("p50"), ms("p90"), ms("p95"), ms("p99")})}},
	}, nil
}
