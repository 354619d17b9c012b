package peers

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
)

func hey() Tool {
	return Tool{Name: "hey", Accepts: []int{0}, Plan: planHey, Read: readHey}
}

func planHey(l Load) (Command, error) {
	c := Command{Mode: "closed", Args: []string{"-z", l.Length.String(), "-c", strconv.Itoa(l.Users), "-t", "30"}}
	switch {
	case l.Rate > 0:
		c.Args = append(c.Args, "-q", l.each())
		c.Mode = fmt.Sprintf("paced: %d connections, %s/s each", l.Users, l.each())
	case l.Think > 0:
		each := decimal(1 / l.Think.Seconds())
		c.Args = append(c.Args, "-q", each)
		c.Mode = fmt.Sprintf("paced: %s/s each, for want of think time", each)
	}
	c.Args = append(c.Args, l.URL)
	return c, noHTTP2(l)
}

var (
	heyQuantile = regexp.MustCompile(`(?m)^ +(50|90|95|99)%+ in ([0-9.]+) secs`)
	heyStatus   = regexp.MustCompile(`(?m)^ +\[(\d+)\]\t(\d+) responses`)
	heyError    = regexp.MustCompile(`(?m)^ +\[(\d+)\]\t[^0-9]`)
)

func readHey(o Output) (Reading, error) {
	at := map[string]float64{}
	for _, m := range heyQuantile.FindAllSubmatch(o.Stdout, -1) {
		seconds, err := strconv.ParseFloat(string(m[2]), 64)
		if err != nil {
			return Reading{}, fmt.Errorf("read hey's output: %w", err)
		}
		at[string(m[1])] = seconds * 1e3
	}
	var all, good int64
	for _, m := range heyStatus.FindAllSubmatch(o.Stdout, -1) {
		n := count(m[2])
		all += n
		if string(m[1]) == "200" {
			good += n
		}
	}
	for _, m := range heyError.FindAllSubmatch(o.Stdout, -1) {
		all += count(m[1])
	}
	if all == 0 {
		return Reading{}, errors.New("read hey's output: it counts no request")
	}
	f := Figures{}
	for i, p := range []string{"50", "90", "95", "99"} {
		f[i] = Value{Word: NotTold}
		if ms, ok := at[p]; ok {
			f[i] = Value{MS: ms}
		}
	}
	return Reading{Requests: all, Success: share(good, all), Views: []View{{Figures: f}}}, nil
}

// count reads digits that a regular expression has found. Too many of them are 0.
func count(digits []byte) int64 {
	n, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
