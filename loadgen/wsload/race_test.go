//go:build race

package wsload

// slack is what the race detector adds to the allocations of a message: pools forget.
const slack = 20.
