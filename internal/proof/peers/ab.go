package peers

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"time"
)

func ab() Tool {
	return Tool{Name: "ab", Accepts: []int{0}, Plan: planAB, Read: readAB}
}

func planAB(l Load) (Command, error) {
	// A time limit also limits the requests, unless -n follows it.
	enough := int(l.Length/time.Second) * 500_000
	c := Command{Mode: "closed", Args: []string{
		"-k", "-l", "-r", "-q", "-s", "30", "-c", strconv.Itoa(l.Users), "-t", l.seconds(), "-n", strconv.Itoa(enough), "-e", "ab.csv", l.URL,
	}}
	switch {
	case l.Rate > 0:
		c.Mode = fmt.Sprintf("closed: %d connections, as fast as it can", l.Users)
	case l.Think > 0:
		c.Mode = "closed, without think time"
	}
	return c, noHTTP2(l)
}

var (
	abCount    = regexp.MustCompile(`(?m)^(Complete requests|Failed requests|Non-2xx responses): +(\d+)`)
	abQuantile = regexp.MustCompile(`(?m)^(50|90|95|99),([0-9.]+)$`)
)

// readAB reads the percentiles from its CSV, since what it prints is whole milliseconds.
func readAB(o Output) (Reading, error) {
	n := map[string]int64{}
	for _, m := range abCount.FindAllSubmatch(o.Stdout, -1) {
		n[string(m[1])] = count(m[2])
	}
	all := n["Complete requests"]
	if all == 0 {
		return Reading{}, errors.New("read ab's output: it counts no request")
	}
	csv, err := fs.ReadFile(o.Files, "ab.csv")
	if err != nil {
		return Reading{}, fmt.Errorf("read ab's percentiles: %w", err)
	}
	found := abQuantile.FindAllSubmatch(csv, -1)
	if len(found) != len(Figures{}) {
		return Reading{}, fmt.Errorf("read ab's percentiles: want 50, 90, 95 and 99, got %d of them", len(found))
	}
	var ms [4]float64
	for i, m := range found {
		if ms[i], err = strconv.ParseFloat(string(m[2]), 64); err != nil {
			return Reading{}, fmt.Errorf("read ab's percentiles: %w", err)
		}
	}
	good := all - n["Failed requests"] - n["Non-2xx responses"]
	return Reading{Requests: all, Success: share(good, all), Views: []View{{Figures: told(ms)}}}, nil
}
