//go:build race

package environment

// raceDetector: the test binary needs more memory than a function has.
const raceDetector = true
