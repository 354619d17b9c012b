//go:build !linux

package machine

import "time"

// Spent returns how long do ran: how long a processor worked for it is not known here.
func Spent(do func()) time.Duration {
	began := time.Now()
	do()
	return time.Since(began)
}
