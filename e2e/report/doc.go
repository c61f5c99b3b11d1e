// Command report runs `go test -json` with the arguments it is given and tells what happened so that nobody has to search:
// a line for each finished package, the whole output of what failed, then the slowest tests, what tests measured
// (testing.T.Attr), every failure and every skipped test by name with its reason, and last the plain line
//
//	N passed, N failed, N skipped
//
// Tests and subtests are counted alike. A package that fails outside its tests (it does not build, TestMain fails) counts as one failure.
//
// The exit status is 1 when anything failed, when no test ran, when go test itself failed or its stream ended early,
// and, where the environment has CI=true, when a test was skipped: a machine that is made for the tests has no excuse.
package main
