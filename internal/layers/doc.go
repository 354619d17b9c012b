// Package layers holds the architecture as a test: which of our packages may
// import which, what the pure ones must not touch, and how large a file or a
// function may grow.
//
// rules_test.go has the rules as data at its top, tree_test.go reads the
// sources, layers_test.go applies one to the other. There is no code outside the
// tests.
package layers
